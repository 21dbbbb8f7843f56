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

/* A column with IDs of another node, or of a foreign table. */
typedef struct OthersIds
{
	char	   *column;			/* with schema and table; NULL if none was found */
	bool		is_foreign;		/* a column of a foreign table */
	uint64		datacenter;		/* otherwise, of an ID in it */
	uint64		worker;
} OthersIds;

extern OthersIds others_ids_find(const SnowflakeLayout *layout, uint64 own_node_bits);

#endif							/* IDGEN_OTHERS_IDS_H */
