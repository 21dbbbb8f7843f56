/*-------------------------------------------------------------------------
 *
 * reference_clock.h
 *	  The clock that the limit for bursts is held against: the wall clock, or one that
 *	  goes on where the wall clock has been, if that is behind.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_REFERENCE_CLOCK_H
#define IDGEN_REFERENCE_CLOCK_H

#include "base/setting.h"
#include "engine/clock.h"
#include "engine/shmem.h"

/* idgen.max_regression, in ms. */
#define REFERENCE_DEFAULT_MAX_REGRESSION 60000
extern ServerSetting reference_max_regression;

/* The highest clock is noted in steps of this, so that it is hardly ever written. */
#define REFERENCE_STEP_NS (10 * NS_PER_MS)

/* Both clocks at one time, in ns since 1970. */
typedef struct ClockPair
{
	int64		wall_ns;
	int64		reference_ns;	/* not below wall_ns */
} ClockPair;

/* How far the reference clock is ahead of the wall clock. */
typedef struct ReferenceLead
{
	int64		lead_us;		/* 0: not at all */
	int64		since_us;		/* since 1970, by the wall clock then */
	int64		left_us;		/* in how long it will have been worked off */
	bool		stands_still;	/* it is more than idgen.max_regression */
} ReferenceLead;

extern ClockPair reference_clock_adjust(uint64 highest_ns, uint64 wall_ns);
extern void reference_clock_start(uint64 start_us);
extern void reference_clock_reset(void);
extern int64 reference_clock_until(int64 due_ns);
extern ReferenceLead reference_clock_lead(void);
extern ReferenceLead reference_clock_lead_for(int64 lead_us);

/* Does the reference clock go by itself, by this offset? */
static inline bool
reference_clock_is_offset(uint64 offset)
{
	return (int64) offset > 0;
}

/*
 * Read both clocks.  The highest one seen is read first: it was noted by someone
 * whose clock had reached it, so a lower clock now has gone back, however long we were
 * interrupted.
 */
static inline ClockPair
reference_clock_read(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		highest = pg_atomic_read_u64(&limits->highest_clock_ns);
	uint64		now;

	pg_read_barrier();
	now = clock_unix_ns();

	/* unsigned: true both when it is below and when it is far above */
	if (unlikely(now - highest >= REFERENCE_STEP_NS ||
				 reference_clock_is_offset(pg_atomic_read_u64(&limits->reference_offset_ns))))
		return reference_clock_adjust(highest, now);
	return (ClockPair) {now, now};
}

#endif							/* IDGEN_REFERENCE_CLOCK_H */
