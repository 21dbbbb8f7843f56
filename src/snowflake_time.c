/*-------------------------------------------------------------------------
 *
 * snowflake_time.c
 *	  Moments, ranges and periods of time as bounds on Snowflake IDs.
 *
 * An ID's time is the start of its tick.  So IDs whose time is at or before a
 * moment are those up to the last of the moment's tick, and all predicates on
 * time come down to "up to the last ID before" and "up to the last ID at or
 * before".  There is no such ID before the epoch: that is -1, so that nothing
 * is up to it and everything above it.
 *
 * The predicates themselves are SQL functions which the planner replaces by
 * their bodies; see idgen--0.1.sql.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_lower_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_upper_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_before);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_before_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_period);

/*
 * A moment in us since 1970.  The last 30 years that a timestamp can have, and
 * infinity, become the largest number; they are past the end of any layout.
 */
static int64
saturated_unix_us(TimestampTz moment)
{
	int64		unix_us;

	if (pg_add_s64_overflow(moment, clock_unix_us(0), &unix_us))
		return PG_INT64_MAX;
	return unix_us;
}

/* The last ID of the tick that a moment is in, -1 before the epoch. */
static int64
last_id_at(TimestampTz moment)
{
	int64		tick = layout_tick_at_us(&layout_default, saturated_unix_us(moment));

	return layout_last_id_until(&layout_default, tick);
}

/*
 * The last ID whose time is before a moment.  Times are whole microseconds, so
 * that is at or before the microsecond before it.
 */
static int64
last_id_before(TimestampTz moment)
{
	int64		tick = layout_tick_at_us(&layout_default, saturated_unix_us(moment) - 1);

	return layout_last_id_until(&layout_default, tick);
}

static int64
first_id_at(TimestampTz moment)
{
	int64		tick = layout_tick_at_us(&layout_default, saturated_unix_us(moment));

	return layout_first_id_from(&layout_default, tick);
}

/* snowflake_lower_bound(moment timestamptz) */
Datum
idgen_snowflake_lower_bound(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(first_id_at(PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_upper_bound(moment timestamptz) */
Datum
idgen_snowflake_upper_bound(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(last_id_at(PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_last_before(moment timestamptz) */
Datum
idgen_snowflake_last_before(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(last_id_before(PG_GETARG_TIMESTAMPTZ(0)));
}

/*
 * snowflake_last_before_range(range tstzrange)
 *
 * The last ID whose time is before all of a range; that of all IDs if the range
 * is empty, so that no ID is in it.
 */
Datum
idgen_snowflake_last_before_range(PG_FUNCTION_ARGS)
{
	RangeType  *range = PG_GETARG_RANGE_P(0);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(range_get_typcache(fcinfo, RangeTypeGetOid(range)), range, &lower, &upper, &empty);
	if (empty)
		PG_RETURN_INT64(layout_max_id(&layout_default));
	if (lower.infinite)
		PG_RETURN_INT64(-1);
	PG_RETURN_INT64(lower.inclusive ?
					last_id_before(DatumGetTimestampTz(lower.val)) :
					last_id_at(DatumGetTimestampTz(lower.val)));
}

/*
 * snowflake_last_in_range(range tstzrange)
 *
 * The last ID whose time is before the end of a range; -1 if the range is empty.
 */
Datum
idgen_snowflake_last_in_range(PG_FUNCTION_ARGS)
{
	RangeType  *range = PG_GETARG_RANGE_P(0);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(range_get_typcache(fcinfo, RangeTypeGetOid(range)), range, &lower, &upper, &empty);
	if (empty)
		PG_RETURN_INT64(-1);
	if (upper.infinite)
		PG_RETURN_INT64(layout_max_id(&layout_default));
	PG_RETURN_INT64(upper.inclusive ?
					last_id_at(DatumGetTimestampTz(upper.val)) :
					last_id_before(DatumGetTimestampTz(upper.val)));
}

/* Units of the calendar, and how much of the next one is skipped to be safely within it. */
typedef struct Period
{
	const char *name;
	int64		one_and_a_half; /* us; of a month of 30 days, a quarter of 90, a year of 365 */
} Period;

static const Period periods[] = {
	{"hour", USECS_PER_HOUR * 3 / 2},
	{"day", USECS_PER_DAY * 3 / 2},
	{"week", USECS_PER_DAY * 21 / 2},
	{"month", USECS_PER_DAY * 45},
	{"quarter", USECS_PER_DAY * 135},
	{"year", USECS_PER_DAY * 547},
};

static const Period *
find_period(text *name)
{
	char	   *wanted = text_to_cstring(name);

	for (int i = 0; i < lengthof(periods); i++)
		if (pg_strcasecmp(wanted, periods[i].name) == 0)
			return &periods[i];

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("period \"%s\" not recognized", wanted),
			errhint("Periods are \"hour\", \"day\", \"week\", \"month\", \"quarter\" and \"year\"."));
}

/* date_trunc(period, moment, time_zone), whose errors it raises. */
static TimestampTz
start_of_period(text *period, TimestampTz moment, text *time_zone)
{
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_trunc_zone,
												   PointerGetDatum(period),
												   TimestampTzGetDatum(moment),
												   PointerGetDatum(time_zone)));
}

/*
 * snowflake_period(period text, moment timestamptz, time_zone text,
 *					OUT starts_at timestamptz, OUT ends_at timestamptz,
 *					OUT from_id bigint, OUT to_id bigint)
 *
 * The end is found as the start of what lies one and a half periods on.  That
 * is right whatever days and months of different length come in between, and
 * takes no calendar but PostgreSQL's.
 */
Datum
idgen_snowflake_period(PG_FUNCTION_ARGS)
{
	text	   *name = PG_GETARG_TEXT_PP(0);
	TimestampTz moment = PG_GETARG_TIMESTAMPTZ(1);
	text	   *time_zone = PG_GETARG_TEXT_PP(2);
	const Period *period = find_period(name);
	TimestampTz start = start_of_period(name, moment, time_zone);
	TimestampTz next;
	TupleDesc	row_type;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (TIMESTAMP_NOT_FINITE(moment) ||
		pg_add_s64_overflow(start, period->one_and_a_half, &next) || !IS_VALID_TIMESTAMP(next))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"),
				errdetail("A period has a start and an end."));
	next = start_of_period(name, next, time_zone);

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = TimestampTzGetDatum(start);
	values[1] = TimestampTzGetDatum(next);
	values[2] = Int64GetDatum(first_id_at(start));
	values[3] = Int64GetDatum(first_id_at(next));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
