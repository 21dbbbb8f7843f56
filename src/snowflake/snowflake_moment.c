/*-------------------------------------------------------------------------
 *
 * snowflake_moment.c
 *	  See snowflake_moment.h.
 *
 * Here a moment that a layout does not have is an error.  Bounds on IDs, for which
 * it is none, are in snowflake_bounds.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "generator/layout_convert.h"
#include "snowflake/snowflake_moment.h"

/*
 * Start of a tick (any value of the time field).  ERROR if no timestamp reaches
 * it, as can be in an ID whose sign bit belongs to a very wide time.
 */
TimestampTz
snowflake_tick_start(const SnowflakeLayout *layout, uint64 tick)
{
	int64		since_1970;
	int64		unix_us;

	if (pg_add_s64_overflow(layout->epoch_ticks, (int64) tick, &since_1970) ||
		pg_mul_s64_overflow(since_1970, layout->tick_us, &unix_us))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"),
				errdetail("The ID's time lies further in the future than a timestamp can."));
	return clock_timestamptz(unix_us);
}

/*
 * Tick of a moment, rounded down.  ERROR if IDs that are not negative have no
 * such time.
 */
int64
snowflake_tick_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	TimestampTz first = snowflake_tick_start(layout, 0);
	TimestampTz last = clock_timestamptz(layout_end_us(layout)) - 1;

	/* Infinities are among what is too early or too late. */
	if (moment < first || moment > last)
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("time of snowflake ID out of range: \"%s\"", pstrdup(timestamptz_to_str(moment))),
				errdetail("The times of layout \"%s\" are from %s to %s.", layout_to_text(layout),
						  pstrdup(timestamptz_to_str(first)), pstrdup(timestamptz_to_str(last))));
	return layout_tick_at_us(layout, clock_unix_us(moment));
}
