/*-------------------------------------------------------------------------
 *
 * window.c
 *	  How far the timeline may go: the one place that knows its limits.
 *
 * No position is taken that lies at or beyond the reservation, or past the end of
 * the layout's time field, or below where the reservation says that this life of
 * the server begins; and none is issued that lies more than idgen.max_drift beyond
 * the clock.
 *
 * It is always the position that is held against a limit, never the clock: after
 * a crash with the clock set back the timeline is far above the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "regression.h"
#include "window.h"

/* How far beyond the drift limit calls that wait may take positions, but for longer ticks. */
#define LONGEST_QUEUE_MS 100

ServerSetting window_max_drift = {.name = "idgen.max_drift",.value = 1000};

/* Read the clock. */
Moment
window_moment(void)
{
	Moment		moment;

	moment.restarts = pg_atomic_read_u32(&shmem_area()->limits.restarts);
	pg_read_barrier();
	moment.unix_ns = regression_clock_ns();
	return moment;
}

/* The first position of a tick, which may be before the epoch or past the end. */
static uint64
clamped_position(const SnowflakeLayout *layout, int64 tick)
{
	return layout_tick_position(layout, Max(0, Min(tick, layout_end_tick(layout))));
}

/* The first position of the first tick that begins at a time, in us since 1970, or after it. */
uint64
window_position_from(const SnowflakeLayout *layout, int64 us)
{
	return clamped_position(layout, layout_tick_at_us(layout, us - 1) + 1);
}

/* The first position of the tick that a limit, in us since 1970, lies in. */
static uint64
limit_position(const SnowflakeLayout *layout, pg_atomic_uint64 *limit, KnownLimit *known)
{
	uint64		limit_us = pg_atomic_read_u64(limit);

	if (known->limit_us != limit_us)
	{
		known->limit_us = limit_us;
		known->position = clamped_position(layout, layout_tick_at(layout, limit_us * NS_PER_US));
	}
	return known->position;
}

/*
 * patience_ns (0 ..) is how long the caller would wait.  The reservation is read
 * first: see reservation.c.
 */
Window
window_at(const SnowflakeLayout *layout, KnownLimits *known, Moment now, int64 patience_ns)
{
	Limits	   *limits = &shmem_area()->limits;
	int64		tick = layout_tick_at(layout, now.unix_ns);
	int64		last_tick = tick + window_drift_ticks(layout);
	int64		queue_ns = Min(Max(LONGEST_QUEUE_MS * NS_PER_MS, layout->tick_us * NS_PER_US), patience_ns);
	Window		window;

	window.restarts = now.restarts;
	window.reserved = limit_position(layout, &limits->reserved_us, &known->reserved);
	pg_read_barrier();
	window.floor = Max(limit_position(layout, &limits->start_us, &known->start),
					   clamped_position(layout, tick));
	window.ceiling = clamped_position(layout, last_tick + 1);
	window.queue_end = clamped_position(layout, last_tick + 1 + queue_ns / (layout->tick_us * NS_PER_US));
	return window;
}

/*
 * Is the clock so far before the end of the layout that IDs cannot have got there by
 * it?  Then it was ahead, or somebody has set where IDs begin.
 */
static bool
clock_was_ahead(const SnowflakeLayout *layout, int64 now_ns)
{
	return layout_tick_at(layout, now_ns) + window_drift_ticks(layout) < layout_end_tick(layout);
}

/* Time is used up only until the timelines are reset. */
static void
report_beyond_end(const SnowflakeLayout *layout, int64 now_us)
{
	int64		end_us = layout_end_us(layout);
	int64		start_us = pg_atomic_read_u64(&shmem_area()->limits.start_us);
	char	   *last_text = pstrdup(timestamptz_to_str(clock_timestamptz(end_us - 1)));
	char	   *next_text = pstrdup(timestamptz_to_str(clock_timestamptz(Max(start_us, end_us))));

	ereport(ERROR,
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("time field of the snowflake layout is used up"),
			errdetail("The layout's last moment is %s, and IDs would go on at %s, but the system clock is at %s.",
					  last_text, next_text, timestamptz_to_str(clock_timestamptz(now_us))),
			errhint("If the clock is right now, it was ahead before. To have IDs go on at the clock, use idgen_reset_timeline(force => true); what that gives up is in docs/reliability.md."));
}

/*
 * The position wanted lies past the end of the time field.  ERROR
 * PROGRAM_LIMIT_EXCEEDED.
 */
void
window_report_exhausted(const SnowflakeLayout *layout)
{
	int64		now_ns = clock_unix_ns();

	if (clock_was_ahead(layout, now_ns))
		report_beyond_end(layout, now_ns / NS_PER_US);
	ereport(ERROR,
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("time field of the snowflake layout is used up"),
			errdetail("The layout's last moment is %s.",
					  timestamptz_to_str(clock_timestamptz(layout_end_us(layout) - 1))),
			errhint("Check the system clock. If it is right, IDs of this layout have come to their end; the way to another layout is in docs/layouts.md."));
}
