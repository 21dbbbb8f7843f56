/*-------------------------------------------------------------------------
 *
 * unique_time.h
 *	  Times that occur only once on this server, in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UNIQUE_TIME_H
#define IDGEN_UNIQUE_TIME_H

/* The rank distinguishes unique times with the same ns. */
#define UNIQUE_TIME_RANK_BITS 1

typedef struct UniqueTime
{
	int64		unix_ns;		/* since 1970 */
	uint32		rank;			/* below 2^UNIQUE_TIME_RANK_BITS */
} UniqueTime;

extern UniqueTime unique_time_next(const char *caller);
extern UniqueTime unique_time_horizon(const char *caller, bool all_databases);
extern bool unique_time_find_own(UniqueTime *from, UniqueTime *until);
extern UniqueTime unique_time_next_for_node(uint64 (*get_node) (void), uint64 *node, const char *caller);

#endif							/* IDGEN_UNIQUE_TIME_H */
