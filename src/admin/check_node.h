/*-------------------------------------------------------------------------
 *
 * check_node.h
 *	  What idgen_check() finds about the node if there are other servers.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_NODE_H
#define IDGEN_CHECK_NODE_H

#include "nodes/execnodes.h"

#include "base/setting.h"
#include "bits/layout.h"

/* A sign that other servers could issue the same IDs. */
typedef struct Others
{
	const char *how;			/* a sentence; NULL: no sign of others */
	bool		are_seen;		/* tables contain IDs that may be of others */
	bool		is_one_node;	/* they are of this datacenter and worker */
	uint64		datacenter;
	uint64		worker;
} Others;

extern bool check_has_subscriptions(void);
extern Others check_node(ReturnSetInfo *result, const SnowflakeLayout *layout, const SnowflakeLayout *of_ids,
						 const ServerSetting *datacenter, const ServerSetting *worker);

#endif							/* IDGEN_CHECK_NODE_H */
