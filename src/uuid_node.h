/*-------------------------------------------------------------------------
 *
 * uuid_node.h
 *	  The server's datacenter and worker in the 48 bits that 128-bit IDs have for a
 *	  node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_NODE_H
#define IDGEN_UUID_NODE_H

extern uint64 uuid_node_of_server(void);
extern uint64 uuid_node_unmarked(uint64 node);
extern int	uuid_node_datacenter(uint64 node);
extern int	uuid_node_worker(uint64 node);

#endif							/* IDGEN_UUID_NODE_H */
