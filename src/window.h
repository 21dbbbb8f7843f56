/*-------------------------------------------------------------------------
 *
 * window.h
 *	  Which positions may be taken at some moment.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_WINDOW_H
#define IDGEN_WINDOW_H

#include "layout.h"
#include "setting.h"

/* idgen.max_drift, in ms. */
extern ServerSetting window_max_drift;

/*
 * The clock, and how often the timeline had been restarted before we looked at
 * it: a restart may put right what a wrong clock has done, and must not be undone
 * by who still goes by that clock.
 */
typedef struct Moment
{
	int64		unix_ns;
	uint32		restarts;
} Moment;

/*
 * What may be done at some moment, in whole ticks: positions from floor up to
 * ceiling may be issued; those from there up to queue_end may be taken, and
 * issued when their time comes.  None may be taken from reserved on.
 */
typedef struct Window
{
	uint64		floor;
	uint64		ceiling;
	uint64		queue_end;
	uint64		reserved;
	uint32		restarts;		/* of the timeline, before the limits were read */
} Window;

/* A limit as it was last converted to a position; to divide takes longer than all the rest. */
typedef struct KnownLimit
{
	uint64		limit_us;
	uint64		position;
} KnownLimit;

/* Those of one layout; zero at first. */
typedef struct KnownLimits
{
	KnownLimit	reserved;
	KnownLimit	start;
} KnownLimits;

extern Moment window_moment(void);
extern Window window_at(const SnowflakeLayout *layout, KnownLimits *known, Moment now, int64 patience_ns);
extern uint64 window_position_from(const SnowflakeLayout *layout, int64 us);
extern void window_report_exhausted(const SnowflakeLayout *layout);

/* Whole ticks that idgen.max_drift spans. */
static inline int64
window_drift_ticks(const SnowflakeLayout *layout)
{
	return window_max_drift.value * US_PER_MS / layout->tick_us;
}

#endif							/* IDGEN_WINDOW_H */
