/*-------------------------------------------------------------------------
 *
 * uuid_gregorian.h
 *	  UUIDs that count time from 1582: versions 1 and 6.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_GREGORIAN_H
#define IDGEN_UUID_GREGORIAN_H

/* What the node of such UUIDs is. */
typedef enum UuidNodeKind
{
	UUID_NODE_RANDOM,			/* a random number of each session's own */
	UUID_NODE_SERVER,			/* the server's datacenter and worker */
} UuidNodeKind;

/* idgen.uuid_node, a UuidNodeKind */
extern int	uuid_node_kind;

#endif							/* IDGEN_UUID_GREGORIAN_H */
