/*-------------------------------------------------------------------------
 *
 * others_ids.h
 *	  Are there IDs of another node in the tables for which this server issues
 *	  IDs?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_OTHERS_IDS_H
#define IDGEN_OTHERS_IDS_H

#include "bits/layout.h"

/* A column that has IDs of another node, or is on another server. */
typedef struct OthersIds
{
	char	   *column;			/* with schema and table; NULL: there is none */
	bool		is_foreign;		/* the table is on another server */
	bool		is_one_node;	/* else: all IDs seem to be of one node */
	uint64		datacenter;		/* then: that node */
	uint64		worker;
} OthersIds;

extern OthersIds others_ids_find(const SnowflakeLayout *layout);

#endif							/* IDGEN_OTHERS_IDS_H */
