/*-------------------------------------------------------------------------
 *
 * unique_time.h
 *	  Moments that come but once on this server, in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UNIQUE_TIME_H
#define IDGEN_UNIQUE_TIME_H

/* Moments that share a ns are told apart by their rank. */
#define UNIQUE_TIME_RANK_BITS 1

typedef struct UniqueTime
{
	int64		unix_ns;		/* since 1970 */
	uint32		rank;			/* below 2^UNIQUE_TIME_RANK_BITS */
} UniqueTime;

extern UniqueTime unique_time_next(const char *caller);
extern UniqueTime unique_time_next_for_node(uint64 node, const char *caller);

#endif							/* IDGEN_UNIQUE_TIME_H */
