/*-------------------------------------------------------------------------
 *
 * window.h
 *	  The positions that may be issued now, from the clock up to the drift
 *	  limit, and times as positions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_WINDOW_H
#define IDGEN_WINDOW_H

#include "base/setting.h"
#include "bits/layout.h"

/* idgen.max_drift, in ms. */
#define WINDOW_DEFAULT_MAX_DRIFT 1000
extern ServerSetting window_max_drift;

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

/*
 * The positions that may be issued now, in whole ticks: from floor up to, but
 * not including, ceiling, unless another limit is nearer; see limit.h.
 */
typedef struct IssueWindow
{
	uint64		floor;
	uint64		ceiling;
	uint64		end;			/* the nearest limit: no position from here on
								 * is taken */
	uint32		restarts;		/* of the timelines, before the limits were
								 * read */
} IssueWindow;

/* A time and its position as last converted; the division takes longer than everything else. */
typedef struct KnownTime
{
	uint64		us;
	uint64		position;
} KnownTime;

extern ClockReading window_read_clocks(void);
extern uint64 window_time_position(const SnowflakeLayout *layout, uint64 us, KnownTime *known);
extern ClockTicks window_ticks(const SnowflakeLayout *layout, ClockReading now);
extern uint64 window_ceiling(const SnowflakeLayout *layout, ClockTicks ticks, int64 further_ticks);
extern uint64 window_floor(const SnowflakeLayout *layout, ClockTicks ticks);
extern uint64 window_position_from(const SnowflakeLayout *layout, int64 us);

/* The whole ticks in idgen.max_drift. */
static inline int64
window_drift_ticks(const SnowflakeLayout *layout)
{
	return window_max_drift.value * US_PER_MS / layout->tick_us;
}

#endif							/* IDGEN_WINDOW_H */
