/*-------------------------------------------------------------------------
 *
 * lease_choice.h
 *	  Choosing a worker ID to claim.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_CHOICE_H
#define IDGEN_LEASE_CHOICE_H

#include "bits/lease_needs.h"
#include "bits/lease_operation.h"

typedef struct LeaseChoice
{
	int			worker;
	LeaseRecord record;			/* all zero if there is none yet */
	char		record_text[LEASE_RECORD_SIZE]; /* empty if there is none yet */

	/*
	 * If none can be claimed: when the first one that rests can be;
	 * PG_INT64_MAX if none rests.
	 */
	int64		first_rested_us;
} LeaseChoice;

/* Sum of two times, at most PG_INT64_MAX; both are 0 or above. */
static inline int64
lease_add_time(int64 us, int64 more_us)
{
	return us > PG_INT64_MAX - more_us ? PG_INT64_MAX : us + more_us;
}

/* Where IDs of a worker ID with this fence begin, for the next holder. */
static inline int64
lease_start_us(const LeasePool *pool, int64 fence_us)
{
	return Max(fence_us, pool->floor_us);
}

extern void lease_sort_workers(const LeaseAnswer *answer);
extern bool lease_choose(const LeasePool *pool, const LeaseTerms *terms, const LeaseNeeds *needs,
						 const LeaseAnswer *answer, LeaseChoice *choice);

#endif							/* IDGEN_LEASE_CHOICE_H */
