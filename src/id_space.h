/*-------------------------------------------------------------------------
 *
 * id_space.h
 *	  Which timeline makes the IDs of a layout and a node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ID_SPACE_H
#define IDGEN_ID_SPACE_H

#include "shmem.h"

extern uint32 id_space_node_number(const SnowflakeLayout *layout, uint64 node_bits);
extern void id_space_mark_node(uint64 node_bits);
extern Timeline *id_space_timeline(const SnowflakeLayout *layout, uint64 node_bits,
								   bool has_own_node, uint64 server_node_bits);

#endif							/* IDGEN_ID_SPACE_H */
