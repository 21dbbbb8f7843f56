/*-------------------------------------------------------------------------
 *
 * uuid_node.c
 *	  See uuid_node.h.
 *
 *		marks 8 | datacenter 16 | worker 24
 *
 * The marks are those of a node in a UUID, among them the multicast bit, and no part
 * of the server's node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "generator.h"
#include "uuid_node.h"

static const SnowflakeLayout node_layout = {
	.tick_us = 1,
	.bits = {[LAYOUT_DATACENTER] = 16,[LAYOUT_WORKER] = 24},
	.shift = {[LAYOUT_DATACENTER] = 24},
};

/*
 * The process must be attached to the timeline, which has the settings checked.  ERROR
 * INVALID_PARAMETER_VALUE if datacenter or worker are larger than their bits.
 */
uint64
uuid_node_of_server(void)
{
	return generator_server_node_bits(&node_layout);
}

/* Without the marks. */
uint64
uuid_node_unmarked(uint64 node)
{
	return node & layout_used_bits(&node_layout);
}

int
uuid_node_datacenter(uint64 node)
{
	return layout_get(&node_layout, LAYOUT_DATACENTER, node);
}

int
uuid_node_worker(uint64 node)
{
	return layout_get(&node_layout, LAYOUT_WORKER, node);
}
