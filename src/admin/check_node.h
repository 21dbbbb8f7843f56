/*-------------------------------------------------------------------------
 *
 * check_node.h
 *	  What idgen_check() finds about the node of a server that is not alone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_NODE_H
#define IDGEN_CHECK_NODE_H

#include "nodes/execnodes.h"

#include "base/setting.h"
#include "bits/layout.h"

/* How this server's IDs can meet those of others. */
typedef struct Others
{
	const char *how;			/* a sentence about this server; NULL: nothing
								 * tells that there are any */
	bool		are_seen;		/* there are IDs in tables, perhaps of theirs */
	bool		is_one_node;	/* they are of this datacenter and worker */
	uint64		datacenter;
	uint64		worker;
} Others;

extern bool check_has_subscriptions(void);
extern Others check_node(ReturnSetInfo *result, const SnowflakeLayout *layout, const SnowflakeLayout *of_ids,
						 const ServerSetting *datacenter, const ServerSetting *worker);

#endif							/* IDGEN_CHECK_NODE_H */
