/*-------------------------------------------------------------------------
 *
 * reference_clock.h
 *	  The clock to which the drift limit is relative: the wall clock, or while
 *	  that is behind, a clock that continues from where the wall clock has been.
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

/* highest_clock_ns is stored in steps of this, so that it is rarely written. */
#define REFERENCE_STEP_NS (10 * NS_PER_MS)

/* Both clocks, read together, in ns since 1970. */
typedef struct ClockPair
{
	int64		wall_ns;
	int64		reference_ns;	/* not below wall_ns */
} ClockPair;

static inline ClockPair
clock_pair(int64 wall_ns, int64 reference_ns)
{
	ClockPair	pair = {wall_ns, reference_ns};

	return pair;
}

/* How far the reference clock is ahead of the wall clock. */
typedef struct ReferenceLead
{
	int64		lead_us;		/* 0: not ahead */
	int64		since_us;		/* since 1970, by the wall clock at that time */
	int64		left_us;		/* time until it is 0 */
	bool		stands_still;	/* the lead is more than idgen.max_regression */
} ReferenceLead;

extern ClockPair reference_clock_adjust(uint64 highest_ns, uint64 wall_ns);
extern void reference_clock_start(uint64 start_us);
extern void reference_clock_reset(void);
extern int64 reference_clock_until(int64 due_ns);
extern ReferenceLead reference_clock_lead(void);
extern ReferenceLead reference_clock_lead_for(int64 lead_us);

/* Is this an offset, so that the reference clock runs by itself? */
static inline bool
reference_clock_is_offset(uint64 offset)
{
	return (int64) offset > 0;
}

/*
 * Read both clocks.  The highest clock so far is read first: it was stored by a
 * process whose clock had reached it, so if the clock is lower now, it has been
 * set back, however long we were interrupted in between.
 */
static inline ClockPair
reference_clock_read(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		highest = pg_atomic_read_u64(&limits->highest_clock_ns);
	uint64		now;

	pg_read_barrier();
	now = clock_unix_ns();

	/* Unsigned: true both when now is below highest and when it is far above. */
	if (unlikely(now - highest >= REFERENCE_STEP_NS ||
				 reference_clock_is_offset(pg_atomic_read_u64(&limits->reference_offset_ns))))
		return reference_clock_adjust(highest, now);
	return clock_pair(now, now);
}

#endif							/* IDGEN_REFERENCE_CLOCK_H */
