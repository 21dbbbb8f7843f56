/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  The drift, idgen.max_drift, and the positions between the wall clock and
 *	  the end of the drift.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_DRIFT_H
#define IDGEN_DRIFT_H

#include "base/setting.h"
#include "bits/layout.h"

/* idgen.max_drift, in ms. */
#define DRIFT_DEFAULT_MAX 1000
extern ServerSetting drift_max;

/*
 * The clocks, and the number of restarts of the timelines before the clocks
 * were read.  A restart may correct what a wrong clock has done, and must not
 * be undone by a process that still uses a reading of that clock.
 */
typedef struct ClockReading
{
	int64		wall_ns;		/* the wall clock: IDs have no earlier times */
	int64		reference_ns;	/* the reference clock: idgen.max_drift counts
								 * from it */
	uint32		restarts;
} ClockReading;

/* A reading of the clocks in ticks of a layout. */
typedef struct ClockTicks
{
	int64		wall;
	int64		reference;
} ClockTicks;

extern ClockReading drift_read_clocks(void);
extern ClockTicks drift_clock_ticks(const SnowflakeLayout *layout, ClockReading now);
extern uint64 drift_ceiling(const SnowflakeLayout *layout, ClockTicks ticks, int64 further_ticks);
extern uint64 drift_floor(const SnowflakeLayout *layout, ClockTicks ticks);

/* The whole ticks in idgen.max_drift. */
static inline int64
drift_ticks(const SnowflakeLayout *layout)
{
	return drift_max.value * US_PER_MS / layout->tick_us;
}

#endif							/* IDGEN_DRIFT_H */
