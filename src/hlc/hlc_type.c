/*-------------------------------------------------------------------------
 *
 * hlc_type.c
 *	  The type hlc: a value of a hybrid logical clock.
 *
 * Like snowflake, it is an int8 that is not negative, with the operators, indexes and
 * output of int8.  Its text is the number; it is also read as a time and a count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/timestamp.h"

#include "base/number_type.h"
#include "bits/hlc_text.h"
#include "bits/layout.h"
#include "engine/clock.h"
#include "planner/time_range.h"

PG_FUNCTION_INFO_V1(idgen_hlc_in);
PG_FUNCTION_INFO_V1(idgen_hlc_recv);
PG_FUNCTION_INFO_V1(idgen_hlc_timestamp);
PG_FUNCTION_INFO_V1(idgen_hlc_logical);
PG_FUNCTION_INFO_V1(idgen_hlc_make);
PG_FUNCTION_INFO_V1(idgen_hlc_lower_bound);
PG_FUNCTION_INFO_V1(idgen_hlc_upper_bound);

#define TYPE_NAME "hlc"

/* hlc_in(text cstring) */
Datum
idgen_hlc_in(PG_FUNCTION_ARGS)
{
	const char *str = PG_GETARG_CSTRING(0);
	int64		value;

	if (hlc_text_read(str, &value))
		PG_RETURN_INT64(value);
	return number_type_in(fcinfo, str, TYPE_NAME);
}

/* hlc_recv(message internal) */
Datum
idgen_hlc_recv(PG_FUNCTION_ARGS)
{
	return number_type_datum(pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0)), TYPE_NAME);
}

/* The argument, which may be a negative number that was cast.  ERROR NUMERIC_VALUE_OUT_OF_RANGE. */
static uint64
get_hlc_argument(FunctionCallInfo fcinfo)
{
	return DatumGetInt64(number_type_datum(PG_GETARG_INT64(0), TYPE_NAME));
}

/* hlc_timestamp(value hlc) */
Datum
idgen_hlc_timestamp(PG_FUNCTION_ARGS)
{
	int64		tick = layout_position_tick(&layout_hlc, get_hlc_argument(fcinfo));

	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(layout_tick_start_us(&layout_hlc, tick)));
}

/* hlc_logical(value hlc) */
Datum
idgen_hlc_logical(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(layout_position_sequence(&layout_hlc, get_hlc_argument(fcinfo)));
}

/* The tick of a moment, which may be outside the layout's time. */
static int64
get_tick(TimestampTz moment)
{
	return layout_tick_at_us(&layout_hlc, clamped_unix_us(moment));
}

/* hlc_make(moment timestamptz, logical integer) */
Datum
idgen_hlc_make(PG_FUNCTION_ARGS)
{
	TimestampTz moment = PG_GETARG_TIMESTAMPTZ(0);
	int32		logical = PG_GETARG_INT32(1);
	int64		tick = get_tick(moment);

	if (TIMESTAMP_NOT_FINITE(moment) || tick < 0 || tick >= layout_end_tick(&layout_hlc))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("time of %s out of range: \"%s\"", TYPE_NAME, timestamptz_to_str(moment)));
	if (logical < 0 || logical > (int32) layout_max(&layout_hlc, LAYOUT_SEQUENCE))
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("logical count of %s must be between 0 and %d: %d", TYPE_NAME,
					   (int) layout_max(&layout_hlc, LAYOUT_SEQUENCE), logical));
	PG_RETURN_INT64((int64) layout_tick_position(&layout_hlc, tick) + logical);
}

/* hlc_lower_bound(moment timestamptz) */
Datum
idgen_hlc_lower_bound(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(layout_first_id_from(&layout_hlc, get_tick(PG_GETARG_TIMESTAMPTZ(0))));
}

/* hlc_upper_bound(moment timestamptz) */
Datum
idgen_hlc_upper_bound(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(layout_last_id_until(&layout_hlc, get_tick(PG_GETARG_TIMESTAMPTZ(0))));
}
