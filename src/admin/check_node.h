/*-------------------------------------------------------------------------
 *
 * check_node.h
 *	  What idgen_check() finds about the node of a server, if there are other servers.
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
	const char *how;			/* continues "This server"; NULL if there is no sign of others */
	bool		are_seen;		/* there are IDs of this datacenter and worker */
	uint64		datacenter;
	uint64		worker;
} Others;

extern bool check_has_subscriptions(void);
extern Others check_node(ReturnSetInfo *result, const SnowflakeLayout *layout, const ServerSetting *datacenter,
						 const ServerSetting *worker);

#endif							/* IDGEN_CHECK_NODE_H */
