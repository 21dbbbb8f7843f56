/*-------------------------------------------------------------------------
 *
 * uuid_node.h
 *	  The nodes of 128-bit IDs: which kind UUIDs of versions 1 and 6 have, and the
 *	  server's datacenter and worker as such a node.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_NODE_H
#define IDGEN_UUID_NODE_H

/* The node of UUIDs of versions 1 and 6. */
typedef enum UuidNodeKind
{
	UUID_NODE_RANDOM,			/* a random number for each session */
	UUID_NODE_SERVER,			/* the server's datacenter and worker */
} UuidNodeKind;

/* idgen.uuid_node, a UuidNodeKind */
extern int	uuid_node_kind;

/*
 * The server's node in 128-bit IDs: 8 bits of marks, then the datacenter and the worker.
 * The marks are UUID_NODE_MULTICAST in a UUID and 0 in an extended Snowflake.
 */
#define UUID_NODE_DATACENTER_BITS 16
#define UUID_NODE_WORKER_BITS 24
#define UUID_NODE_MARKS_SHIFT (UUID_NODE_DATACENTER_BITS + UUID_NODE_WORKER_BITS)

static inline int
uuid_node_datacenter(uint64 node)
{
	return node >> UUID_NODE_WORKER_BITS & ((1 << UUID_NODE_DATACENTER_BITS) - 1);
}

static inline int
uuid_node_worker(uint64 node)
{
	return node & ((1 << UUID_NODE_WORKER_BITS) - 1);
}

extern bool uuid_find_server_node(uint64 *node);
extern uint64 uuid_get_server_node(void);

#endif							/* IDGEN_UUID_NODE_H */
