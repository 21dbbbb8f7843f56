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
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "generator/server_layout.h"
#include "snowflake/snowflake_bounds.h"
#include "snowflake/snowflake_layout.h"
#include "snowflake/time_zone.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_period);
PG_FUNCTION_INFO_V1(idgen_snowflake_period_own);
PG_FUNCTION_INFO_V1(idgen_snowflake_period_utc);
PG_FUNCTION_INFO_V1(idgen_snowflake_period_utc_own);

/* A unit of the calendar. */
typedef struct Period
{
	const char *name;
	int64		one_and_a_half; /* us; months have 30 days, quarters 90, years
								 * 365; 0 for an hour */
} Period;

typedef struct Span
{
	TimestampTz start;
	TimestampTz end;			/* not included */
} Span;

static const Period periods[] = {
	{"hour", 0},
	{"day", USECS_PER_DAY * 3 / 2},
	{"week", USECS_PER_DAY * 21 / 2},
	{"month", USECS_PER_DAY * 45},
	{"quarter", USECS_PER_DAY * 135},
	{"year", USECS_PER_DAY * 547},
};

/* Longer than any hour, even one during which the clock jumps. */
#define LONGEST_HOUR (3 * USECS_PER_HOUR)

static const Period *
period_by_name(text *name)
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

static void
check_period_timestamp(TimestampTz moment, const Period *period)
{
	if (!IS_VALID_TIMESTAMP(moment))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range"),
				moment < 0 ?
				errdetail("The %s that contains this time does not start within the range of timestamps.", period->name) :
				errdetail("The %s that contains this time does not end within the range of timestamps.", period->name));
}

/* The start, in local time, of the period that contains a local time. */
static Timestamp
period_start(const Period *period, Timestamp local)
{
	check_period_timestamp(local, period);
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_trunc,
												 PointerGetDatum(cstring_to_text(period->name)),
												 TimestampGetDatum(local)));
}

/* The start of the next period, in local time. */
static Timestamp
next_period_start(const Period *period, Timestamp start)
{
	Timestamp	in_next;

	if (pg_add_s64_overflow(start, period->one_and_a_half, &in_next))
		in_next = DT_NOEND;
	return period_start(period, in_next);
}

static Span
hour_around(TimestampTz moment, pg_tz *zone)
{
	Span		hour = {.end = moment - LONGEST_HOUR};

	do
	{
		hour.start = hour.end;
		hour.end = zone_next_hour(zone, hour.start);
	} while (hour.end <= moment);
	return hour;
}

/*
 * The period of one or more days that contains a moment.  A period starts when the
 * clock first shows a time in it, and ends when the clock first shows a time in the next
 * one, even if the clock then jumps back over midnight.  So if there are two midnights,
 * the first one counts, and each moment is in one period.
 *
 * The next period contains what the clock shows one and a half periods after the start.
 * This is right for all lengths of days and months, and needs only PostgreSQL's calendar.
 */
static Span
days_around(const Period *period, TimestampTz moment, pg_tz *zone)
{
	Timestamp	local = period_start(period, zone_clock_at(zone, moment));
	Span		days = {.end = zone_first_shows(zone, local)};

	do
	{
		days.start = days.end;
		local = next_period_start(period, local);
		days.end = zone_first_shows(zone, local);
	} while (days.end <= moment);
	return days;
}

/*
 * snowflake_period(period text, moment timestamptz, time_zone text,
 *					layout snowflake_layout,
 *					OUT starts_at timestamptz, OUT ends_at timestamptz,
 *					OUT from_id bigint, OUT to_id bigint)
 */
Datum
idgen_snowflake_period(PG_FUNCTION_ARGS)
{
	const Period *period = period_by_name(PG_GETARG_TEXT_PP(0));
	TimestampTz moment = PG_GETARG_TIMESTAMPTZ(1);
	pg_tz	   *zone = compat_find_zone(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(3);
	Span		span;
	TupleDesc	row_type;
	Datum		values[4];
	bool		nulls[4] = {false};

	snowflake_check_has_bounds(layout);
	check_period_timestamp(moment, period);
	span = period->one_and_a_half == 0 ? hour_around(moment, zone) : days_around(period, moment, zone);
	check_period_timestamp(span.start, period);
	check_period_timestamp(span.end, period);

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = TimestampTzGetDatum(span.start);
	values[1] = TimestampTzGetDatum(span.end);
	values[2] = Int64GetDatum(snowflake_first_id_at(layout, span.start));
	values[3] = Int64GetDatum(snowflake_first_id_at(layout, span.end));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

/* Call idgen_snowflake_period() with a time zone and a layout that are not arguments. */
static Datum
period_with_defaults(FunctionCallInfo fcinfo, Datum time_zone, const SnowflakeLayout *layout)
{
	LOCAL_FCINFO(call, 4);

	InitFunctionCallInfoData(*call, fcinfo->flinfo, 4, InvalidOid, fcinfo->context, fcinfo->resultinfo);
	call->args[0] = fcinfo->args[0];
	call->args[1] = fcinfo->args[1];
	call->args[2].value = time_zone;
	call->args[2].isnull = false;
	call->args[3].value = PointerGetDatum(layout);
	call->args[3].isnull = false;
	return idgen_snowflake_period(call);
}

/* snowflake_period(period text, moment timestamptz, time_zone text, OUT ...), in the server's layout */
Datum
idgen_snowflake_period_own(PG_FUNCTION_ARGS)
{
	return period_with_defaults(fcinfo, PG_GETARG_DATUM(2), server_layout());
}

/* snowflake_period(period text, moment timestamptz, layout snowflake_layout, OUT ...), in UTC */
Datum
idgen_snowflake_period_utc(PG_FUNCTION_ARGS)
{
	return period_with_defaults(fcinfo, CStringGetTextDatum("UTC"), PG_GETARG_LAYOUT_P(2));
}

/* snowflake_period(period text, moment timestamptz, OUT ...), in UTC and the server's layout */
Datum
idgen_snowflake_period_utc_own(PG_FUNCTION_ARGS)
{
	return period_with_defaults(fcinfo, CStringGetTextDatum("UTC"), server_layout());
}
