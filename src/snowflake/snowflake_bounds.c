/*-------------------------------------------------------------------------
 *
 * snowflake_bounds.c
 *	  See snowflake_bounds.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "planner/time_range.h"
#include "snowflake/snowflake_bounds.h"

/* The tick at us microseconds before a moment. */
static int64
tick_us_before(const SnowflakeLayout *layout, TimestampTz moment, int64 us)
{
	return layout_tick_at_us(layout, clamped_unix_us(moment) - us);
}

/*
 * ERROR FEATURE_NOT_SUPPORTED unless IDs of the layout increase with their time.  Because
 * of this error, its callers are not leakproof.
 */
void
snowflake_check_has_bounds(const SnowflakeLayout *layout)
{
	if (!layout_is_by_time(layout))
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("snowflake layout has no bounds on IDs"),
				errdetail("The time is not the highest field of this layout, so the IDs of a time do not lie between two numbers."),
				errhint("Use snowflake_created_in(), or compare snowflake_timestamp(), which can use an index on that expression."));
}

/*
 * The first ID of the tick of a moment: 0 before the epoch, and the largest ID past the
 * end of the layout.
 */
int64
snowflake_first_id_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	return layout_first_id_from(layout, tick_us_before(layout, moment, 0));
}

/*
 * The first ID with a time at or after a moment: 0 before the epoch.  Past the end of the
 * layout it is the largest ID, although its time is before the moment.
 */
int64
snowflake_first_id_from(const SnowflakeLayout *layout, TimestampTz moment)
{
	/* The last ID before the moment. */
	int64		last = layout_last_id_until(layout, tick_us_before(layout, moment, 1));

	return last < layout_max_id(layout) ? last + 1 : last;
}

/* The last ID with a time at or before a moment: the last one of its tick. */
int64
snowflake_last_id_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	return layout_last_id_until(layout, tick_us_before(layout, moment, 0));
}
