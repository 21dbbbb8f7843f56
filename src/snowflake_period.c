/*-------------------------------------------------------------------------
 *
 * snowflake_period.c
 *	  Hours, days, months ... of the calendar as bounds on Snowflake IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "id_bounds.h"
#include "snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_period);

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
 * The start of the period that a moment is in.  Where clocks are put back over
 * midnight, date_trunc() takes the second midnight for the start of the day, so
 * what comes before that belongs to the day before.
 */
static TimestampTz
start_of_own_period(text *name, const Period *period, TimestampTz moment, text *time_zone)
{
	TimestampTz start = start_of_period(name, moment, time_zone);

	if (start > moment)
		start = start_of_period(name, start - period->one_and_a_half / 3, time_zone);
	return start;
}

/*
 * snowflake_period(period text, moment timestamptz, time_zone text,
 *					layout snowflake_layout,
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
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(3);
	const Period *period = find_period(name);
	TimestampTz start = 0;
	TimestampTz next = 0;
	bool		finite = !TIMESTAMP_NOT_FINITE(moment);
	TupleDesc	row_type;
	Datum		values[4];
	bool		nulls[4] = {false};

	ensure_by_time(layout);
	if (finite)
		start = start_of_own_period(name, period, moment, time_zone);
	if (!finite || pg_add_s64_overflow(start, period->one_and_a_half, &next) || !IS_VALID_TIMESTAMP(next))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"),
				errdetail("The %s of this moment does not end within the range of timestamps.", period->name));
	next = start_of_period(name, next, time_zone);

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = TimestampTzGetDatum(start);
	values[1] = TimestampTzGetDatum(next);
	values[2] = Int64GetDatum(first_id_at(layout, start));
	values[3] = Int64GetDatum(first_id_at(layout, next));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
