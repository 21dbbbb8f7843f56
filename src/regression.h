/*-------------------------------------------------------------------------
 *
 * regression.h
 *	  Reading the wall clock, and noticing when it has gone back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REGRESSION_H
#define IDGEN_REGRESSION_H

#include "clock.h"
#include "shmem.h"

/* The highest clock is noted in steps of this, so that it is hardly ever written. */
#define REGRESSION_STEP_NS (10 * NS_PER_MS)

extern void regression_note(uint64 highest_ns, uint64 now_ns);
extern void regression_forget(void);

/*
 * The wall clock, ns since 1970.  The highest one seen is read first: it was
 * noted by someone whose clock had reached it, so a lower clock now has gone
 * back, however long we were interrupted.
 */
static inline int64
regression_clock_ns(void)
{
	uint64		highest = pg_atomic_read_u64(&shmem_area()->limits.highest_clock_ns);
	uint64		now;

	pg_read_barrier();
	now = clock_unix_ns();
	/* unsigned: true both when it is below and when it is far above */
	if (unlikely(now - highest >= REGRESSION_STEP_NS))
		regression_note(highest, now);
	return now;
}

/* Is the clock lower than it has been? */
static inline bool
regression_is_on(void)
{
	return pg_atomic_read_u32(&shmem_area()->limits.clock_went_back) != 0;
}

#endif							/* IDGEN_REGRESSION_H */
