/*-------------------------------------------------------------------------
 *
 * others_ids.h
 *	  Are there IDs of another node in the tables that this server issues IDs for?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_OTHERS_IDS_H
#define IDGEN_OTHERS_IDS_H

#include "bits/layout.h"

/* Where a column has IDs of another node, or is one of another server's. */
typedef struct OthersIds
{
	char	   *column;			/* with schema and table; NULL: there is none */
	bool		is_foreign;		/* the table is on another server */
	bool		is_one_node;	/* else: all that was read is of one node, by
								 * its times, too */
	uint64		datacenter;		/* then: which that is */
	uint64		worker;
} OthersIds;

extern OthersIds others_ids_find(const SnowflakeLayout *layout);

#endif							/* IDGEN_OTHERS_IDS_H */
