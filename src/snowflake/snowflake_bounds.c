/*-------------------------------------------------------------------------
 *
 * snowflake_bounds.c
 *	  See snowflake_bounds.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "snowflake/snowflake_bounds.h"
#include "planner/time_range.h"

/* The tick of the microsecond that lies so many before a moment. */
static int64
tick_us_before(const SnowflakeLayout *layout, TimestampTz moment, int64 us)
{
	return layout_tick_at_us(layout, clamped_unix_us(moment) - us);
}

/*
 * ERROR FEATURE_NOT_SUPPORTED unless IDs of a layout increase with their time.  So no
 * function that calls this is leakproof.
 */
void
snowflake_check_has_bounds(const SnowflakeLayout *layout)
{
	if (!layout_is_by_time(layout))
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("snowflake layout has no bounds on IDs"),
				errdetail("The time is not the highest field of this layout, so the IDs of a time do not lie between two numbers."),
				errhint("Use snowflake_created_in(), or compare snowflake_timestamp() itself, which an index on that expression can serve."));
}

/*
 * The first ID of the tick that a moment is in: 0 before the epoch, and past the
 * end of the layout the largest ID, as there is nothing above it.
 */
int64
snowflake_first_id_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	return layout_first_id_from(layout, tick_us_before(layout, moment, 0));
}

/*
 * The first ID whose time is at or after a moment: 0 before the epoch, and past
 * the end of the layout the largest ID, though its time is not.
 */
int64
snowflake_first_id_from(const SnowflakeLayout *layout, TimestampTz moment)
{
	int64		last = snowflake_last_id_before(layout, moment);

	return last < layout_max_id(layout) ? last + 1 : last;
}

/* The last ID whose time is at or before a moment, which is in the moment's tick. */
int64
snowflake_last_id_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	return layout_last_id_until(layout, tick_us_before(layout, moment, 0));
}

/*
 * The last ID whose time is before a moment: as times are whole microseconds,
 * at or before the microsecond before it.
 */
int64
snowflake_last_id_before(const SnowflakeLayout *layout, TimestampTz moment)
{
	return layout_last_id_until(layout, tick_us_before(layout, moment, 1));
}
