/*-------------------------------------------------------------------------
 *
 * window.h
 *	  Which positions may be issued at some moment, and times as positions.
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
 * The clocks, and how often the timelines had been restarted before we looked at
 * them: a restart may put right what a wrong clock has done, and must not be undone
 * by who still goes by that clock.
 */
typedef struct ClockReading
{
	int64		wall_ns;		/* the wall clock: IDs have no earlier times */
	int64		reference_ns;	/* the reference clock: and how far they may go beyond it */
	uint32		restarts;
} ClockReading;

/* The same in ticks of a layout. */
typedef struct ClockTicks
{
	int64		wall;
	int64		reference;
} ClockTicks;

/*
 * What may be issued at some moment, in whole ticks: positions from floor up to
 * ceiling, unless another limit is nearer; see limit.h.
 */
typedef struct IssueWindow
{
	uint64		floor;
	uint64		ceiling;
	uint64		end;			/* the first limit: no position is taken from there on */
	uint32		restarts;		/* of the timelines, before the limits were read */
} IssueWindow;

/* A time as it was last converted to a position; to divide takes longer than all the rest. */
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

/* Whole ticks that idgen.max_drift spans. */
static inline int64
window_drift_ticks(const SnowflakeLayout *layout)
{
	return window_max_drift.value * US_PER_MS / layout->tick_us;
}

#endif							/* IDGEN_WINDOW_H */
