/*-------------------------------------------------------------------------
 *
 * drift.c
 *	  See drift.h.
 *
 * The position is compared with a limit, never the clock: after a crash with
 * the clock set back, the timeline is far above the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/drift.h"
#include "engine/reference_clock.h"

ServerSetting drift_max = {
	.name = "idgen.max_drift",
	.value = DRIFT_DEFAULT_MAX,
};

ClockReading
drift_read_clocks(void)
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

/* The ticks that the clocks are in; they may be outside the layout's time. */
ClockTicks
drift_clock_ticks(const SnowflakeLayout *layout, ClockReading now)
{
	ClockTicks	ticks;

	ticks.wall = layout_tick_at(layout, now.wall_ns);
	ticks.reference = now.reference_ns == now.wall_ns ? ticks.wall : layout_tick_at(layout, now.reference_ns);
	return ticks;
}

/* The first position that may be issued: IDs have no times in the past. */
uint64
drift_floor(const SnowflakeLayout *layout, ClockTicks ticks)
{
	return layout_clamped_position(layout, ticks.wall);
}

/*
 * The first position that must not be issued: idgen.max_drift beyond the
 * reference clock, and further_ticks (0 ..) beyond that.
 */
uint64
drift_ceiling(const SnowflakeLayout *layout, ClockTicks ticks, int64 further_ticks)
{
	return layout_clamped_position(layout, ticks.reference + drift_ticks(layout) + 1 + further_ticks);
}
