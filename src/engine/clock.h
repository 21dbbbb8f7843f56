/*-------------------------------------------------------------------------
 *
 * clock.h
 *	  The wall clock, the clock that measures waits, and waiting.
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
 * The wall clock, ns since 1970.  It may step either way.  The kernel keeps it
 * between 1970 and 2262 (KTIME_MAX), so the product cannot overflow.
 */
static inline int64
clock_unix_ns(void)
{
	return clock_read_ns(CLOCK_REALTIME);
}

/*
 * The wall clock as of the kernel's last timer tick, 1 to 10 ms ago at most, in
 * ns since 1970.  This reads memory and not the hardware: a fifth of the price.
 * That nothing has changed since is all it is asked, so the exact clock serves
 * where there is no such one.
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

/* A clock that no one sets, ns from an arbitrary start: measures waits. */
static inline int64
clock_monotonic_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

/*
 * Order outlasts a clock that is set right by this, as for a leap second.  One that goes
 * back by more was wrong, and what random bits keep apart follows it.
 */
#define CLOCK_WRONG_NS (10 * NS_PER_S)

/* Is a moment still ahead of the clock, but not so far that the clock was wrong?  Both in ns since 1970. */
static inline bool
clock_soon_reaches(int64 now, int64 moment)
{
	return (uint64) (moment - now - 1) < CLOCK_WRONG_NS;
}

/* The start of PostgreSQL's count of time, 2000-01-01, in us since 1970. */
#define POSTGRES_EPOCH_UNIX_US ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* A moment in us since 1970 as PostgreSQL has it, in us since 2000. */
static inline TimestampTz
clock_timestamptz(int64 unix_us)
{
	return unix_us - POSTGRES_EPOCH_UNIX_US;
}

/* The reverse, for moments since 1970. */
static inline int64
clock_unix_us(TimestampTz moment)
{
	return moment + POSTGRES_EPOCH_UNIX_US;
}

extern Datum clock_interval(int64 us);
extern void clock_wait(int64 ns, uint32 wait_event);

#endif							/* IDGEN_CLOCK_H */
