/*-------------------------------------------------------------------------
 *
 * window.c
 *	  The positions that may be issued now, from the clock up to the drift
 *	  limit.
 *
 * The position is compared with a limit, never the clock: after a crash with
 * the clock set back, the timeline is far above the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/reference_clock.h"
#include "engine/window.h"

ServerSetting window_max_drift = {
	.name = "idgen.max_drift",
	.value = WINDOW_DEFAULT_MAX_DRIFT,
};

ClockReading
window_read_clocks(void)
{
	ClockReading reading;
	ClockPair	clocks;

	reading.restarts = pg_atomic_read_u32(&shmem_area()->limits.restarts);
	pg_read_barrier();
	clocks = reference_clock_read();
	reading.wall_ns = clocks.wall_ns;
	reading.reference_ns = clocks.reference_ns;
	return reading;
}

/* The first position of a tick, which may be before the epoch or past the end of the layout. */
static uint64
clamped_position(const SnowflakeLayout *layout, int64 tick)
{
	return layout_tick_position(layout, Max(0, Min(tick, layout_end_tick(layout))));
}

/* The first position of the first tick that begins at or after a time, in us since 1970. */
uint64
window_position_from(const SnowflakeLayout *layout, int64 us)
{
	return clamped_position(layout, layout_tick_at_us(layout, us - 1) + 1);
}

/* The first position of the tick that a time, in us since 1970, lies in. */
uint64
window_time_position(const SnowflakeLayout *layout, uint64 us, KnownTime *known)
{
	if (known->us != us)
	{
		known->us = us;
		known->position = clamped_position(layout, layout_tick_at(layout, us * NS_PER_US));
	}
	return known->position;
}

/* The ticks that the clocks are in; they may be outside the layout's time. */
ClockTicks
window_ticks(const SnowflakeLayout *layout, ClockReading now)
{
	ClockTicks	ticks;

	ticks.wall = layout_tick_at(layout, now.wall_ns);
	ticks.reference = now.reference_ns == now.wall_ns ? ticks.wall : layout_tick_at(layout, now.reference_ns);
	return ticks;
}

/* The first position that may be issued: IDs have no times in the past. */
uint64
window_floor(const SnowflakeLayout *layout, ClockTicks ticks)
{
	return clamped_position(layout, ticks.wall);
}

/*
 * The first position that must not be issued: idgen.max_drift beyond the
 * reference clock, and further_ticks (0 ..) beyond that.
 */
uint64
window_ceiling(const SnowflakeLayout *layout, ClockTicks ticks, int64 further_ticks)
{
	return clamped_position(layout, ticks.reference + window_drift_ticks(layout) + 1 + further_ticks);
}
