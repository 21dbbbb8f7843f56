/*-------------------------------------------------------------------------
 *
 * layout_capacity.h
 *	  How many IDs a layout can issue, and for how long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_CAPACITY_H
#define IDGEN_LAYOUT_CAPACITY_H

#include "bits/layout.h"

/* The mean length of a year of the Gregorian calendar. */
#define YEAR_US (31556952 * US_PER_S)

/* Later than any time that fits us since 1970. */
#define NEVER_US PG_INT64_MAX

/*
 * Does the time count within a slab?  Then it restarts with each slab, and an ID alone
 * has no date.
 */
static inline bool
layout_is_in_slabs(const SnowflakeLayout *layout)
{
	return layout_has(layout, LAYOUT_SLAB) && layout->shift[LAYOUT_SLAB] > layout->shift[LAYOUT_TIME];
}

/* Is the sign bit part of the time, so that IDs turn negative before it ends? */
static inline bool
layout_turns_negative(const SnowflakeLayout *layout)
{
	return layout_uses_sign(layout, LAYOUT_TIME);
}

extern int64 layout_ids_per_second(const SnowflakeLayout *layout);
extern int64 layout_nodes(const SnowflakeLayout *layout);
extern bool layout_try_tick_start_us(const SnowflakeLayout *layout, uint64 ticks, int64 *unix_us);
extern int64 layout_last_end_us(const SnowflakeLayout *layout);
extern double layout_years_left(const SnowflakeLayout *layout, int64 now_us);
extern double layout_time_used(const SnowflakeLayout *layout, int64 now_us);

#endif							/* IDGEN_LAYOUT_CAPACITY_H */
