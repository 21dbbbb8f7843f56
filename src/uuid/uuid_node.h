/*-------------------------------------------------------------------------
 *
 * uuid_node.h
 *	  The server's datacenter and worker as the node of 128-bit IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_NODE_H
#define IDGEN_UUID_NODE_H

extern bool uuid_server_node_fits(void);
extern uint64 uuid_get_server_node(void);

#endif							/* IDGEN_UUID_NODE_H */
