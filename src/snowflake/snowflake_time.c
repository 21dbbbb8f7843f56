/*-------------------------------------------------------------------------
 *
 * snowflake_time.c
 *	  The time of a Snowflake ID, as a timestamptz and as a calendar shows it.
 *
 * The casts to timestamp and date, date_trunc() and date_part() do what PostgreSQL
 * does with the timestamptz of the ID, and raise the same errors.  The time of an ID
 * is the start of its tick.
 *
 * Here a timestamp that a layout cannot hold is an error.  For bounds on IDs it is
 * not; see snowflake_bounds.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "snowflake/snowflake_layout.h"
#include "snowflake/snowflake_time.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_timestamp);
PG_FUNCTION_INFO_V1(idgen_snowflake_to_timestamp);
PG_FUNCTION_INFO_V1(idgen_snowflake_to_date);
PG_FUNCTION_INFO_V1(idgen_snowflake_date_trunc);
PG_FUNCTION_INFO_V1(idgen_snowflake_date_part);

/*
 * Start of a tick, which is any value of the time field.  ERROR
 * DATETIME_VALUE_OUT_OF_RANGE if it is past the range of timestamps, which is possible if
 * the sign bit belongs to a very wide time.
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
				errdetail("The time of the ID is later than a timestamp can be."));
	return clock_timestamptz(unix_us);
}

/*
 * The tick at a moment.  ERROR DATETIME_VALUE_OUT_OF_RANGE if IDs that are not negative
 * cannot have this time.
 */
int64
snowflake_tick_at(const SnowflakeLayout *layout, TimestampTz moment)
{
	TimestampTz first = snowflake_tick_start(layout, 0);
	TimestampTz last = clock_timestamptz(layout_end_us(layout)) - 1;

	/* This includes infinity. */
	if (moment < first || moment > last)
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("time of snowflake ID out of range: \"%s\"", pstrdup(timestamptz_to_str(moment))),
				errdetail("The times of layout \"%s\" are from %s to %s.", layout_to_text(layout),
						  pstrdup(timestamptz_to_str(first)), pstrdup(timestamptz_to_str(last))));
	return layout_tick_at_us(layout, clock_unix_us(moment));
}

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE if a number cannot be an ID of a layout. */
void
snowflake_check_id(const SnowflakeLayout *layout, int64 id)
{
	uint64		stray_bits = layout_stray_bits(layout, (uint64) id);

	if (stray_bits != 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake ID out of range"),
				errdetail("The ID %lld has the bits 0x%llX set, which layout \"%s\" does not use.",
						  (long long) id, (unsigned long long) stray_bits, layout_to_text(layout)),
				errhint("Use snowflake_inspect(%lld) to see which layouts the ID can have.", (long long) id));
}

/*
 * The time of an ID: the start of its tick.  ERROR NUMERIC_VALUE_OUT_OF_RANGE if it
 * cannot be an ID of the layout, DATETIME_VALUE_OUT_OF_RANGE if its time is past the
 * range of timestamps.
 */
static TimestampTz
snowflake_get_time(const SnowflakeLayout *layout, int64 id)
{
	snowflake_check_id(layout, id);
	return snowflake_tick_start(layout, layout_get(layout, LAYOUT_TIME, (uint64) id));
}

/* snowflake_timestamp(id bigint, layout snowflake_layout) */
Datum
idgen_snowflake_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(snowflake_get_time(PG_GETARG_LAYOUT_P(1), PG_GETARG_INT64(0)));
}

static Datum
snowflake_timestamptz(Datum id)
{
	return TimestampTzGetDatum(snowflake_get_time(server_layout(), DatumGetInt64(id)));
}

/* snowflake_to_timestamp(snowflake) */
Datum
idgen_snowflake_to_timestamp(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(timestamptz_timestamp, snowflake_timestamptz(PG_GETARG_DATUM(0)));
}

/* snowflake_to_date(snowflake) */
Datum
idgen_snowflake_to_date(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(timestamptz_date, snowflake_timestamptz(PG_GETARG_DATUM(0)));
}

/* date_trunc(field text, id snowflake) */
Datum
idgen_snowflake_date_trunc(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall2(timestamptz_trunc, PG_GETARG_DATUM(0), snowflake_timestamptz(PG_GETARG_DATUM(1)));
}

/* date_part(field text, id snowflake); never NULL, as the time of an ID is finite */
Datum
idgen_snowflake_date_part(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall2(timestamptz_part, PG_GETARG_DATUM(0), snowflake_timestamptz(PG_GETARG_DATUM(1)));
}
