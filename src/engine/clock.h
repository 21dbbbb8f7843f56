/*-------------------------------------------------------------------------
 *
 * clock.h
 *	  The wall clock, the clock that measures waits, and interruptible waits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CLOCK_H
#define IDGEN_CLOCK_H

#include <time.h>

#include "datatype/timestamp.h"

#include "bits/layout.h"

static inline int64
clock_read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64) now.tv_sec * NS_PER_S + now.tv_nsec;
}

/*
 * The wall clock, in ns since 1970.  It may step in either direction.  The
 * kernel keeps it between 1970 and 2262 (KTIME_MAX), so the product cannot
 * overflow.
 */
static inline int64
clock_unix_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

/*
 * The wall clock as of the kernel's last timer tick, at most 1 to 10 ms ago, in
 * ns since 1970.  It is read from memory, not from the hardware, at a fifth of
 * the cost.  Callers only test whether it has changed, so the exact clock
 * serves where there is no coarse one.
 */
static inline int64
clock_coarse_ns(void)
{
#ifdef CLOCK_REALTIME_COARSE
	return clock_read_ns(CLOCK_REALTIME_COARSE);
#else
	return clock_read_ns(CLOCK_REALTIME);
#endif
}

/* A clock that cannot be set, in ns from an arbitrary start.  It measures waits. */
static inline int64
clock_monotonic_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

/*
 * If the clock is set back by less than this, it was corrected, as for a leap
 * second, and IDs stay in order.  If it is set back by more, it was wrong, and
 * IDs that are unique by random bits follow it.
 */
#define CLOCK_WRONG_NS (10 * NS_PER_S)

/* Is time ahead of the clock, but by no more than CLOCK_WRONG_NS?  Both are in ns since 1970. */
static inline bool
clock_soon_reaches(int64 now, int64 time)
{
	return (uint64) (time - now - 1) < CLOCK_WRONG_NS;
}

/* The epoch of PostgreSQL's timestamps, 2000-01-01, in us since 1970. */
#define POSTGRES_EPOCH_UNIX_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* Convert us since 1970 to a timestamp. */
static inline TimestampTz
clock_timestamptz(int64 unix_us)
{
	return unix_us - POSTGRES_EPOCH_UNIX_US;
}

/* Convert a timestamp, not before 1970, to us since 1970. */
static inline int64
clock_unix_us(TimestampTz time)
{
	return time + POSTGRES_EPOCH_UNIX_US;
}

extern Datum clock_interval(int64 us);
extern void clock_wait(int64 ns, uint32 wait_event);

#endif							/* IDGEN_CLOCK_H */
