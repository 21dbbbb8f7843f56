/*-------------------------------------------------------------------------
 *
 * snowflake_plan.c
 *	  snowflake_plan(): layouts for a demand, with reasons.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bits/layout_capacity.h"
#include "bits/layout_plan.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "engine/clock.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_plan);

static void
append_separator(StringInfo str)
{
	if (str->len > 0)
		appendStringInfoString(str, "; ");
}

/* number must not be negative. */
static char *
format_thousands(int64 number)
{
	if (number < 1000)
		return psprintf("%d", (int) number);
	return psprintf("%s,%03d", format_thousands(number / 1000), (int) (number % 1000));
}

/* The day in UTC of us since 1970. */
static char *
format_day(int64 unix_us)
{
	char		str[LAYOUT_TIMESTAMP_SIZE];

	layout_write_timestamp(unix_us - unix_us % USECS_PER_DAY, str, sizeof(str));
	return pstrdup(str);
}

static void
append_missed_rate(StringInfo reason, const SnowflakeLayout *layout, const LayoutDemand *demand)
{
	int64		rate = layout_ids_per_second(layout);

	append_separator(reason);
	appendStringInfo(reason, "issues %s a second, but %s are requested",
					 rate == 0 ? "less than 1 ID" : rate == 1 ? "1 ID" : psprintf("%s IDs", format_thousands(rate)),
					 format_thousands(demand->ids_per_second));
}

static void
append_missed_nodes(StringInfo reason, const SnowflakeLayout *layout, const LayoutDemand *demand)
{
	int64		nodes = layout_nodes(layout);

	append_separator(reason);
	appendStringInfo(reason, "has %s %s, but %s are requested", format_thousands(nodes),
					 nodes == 1 ? "node" : "nodes", format_thousands(demand->nodes));
}

static void
append_missed_years(StringInfo reason, const SnowflakeLayout *layout, const LayoutShortfalls *shortfalls)
{
	append_separator(reason);
	if (shortfalls->no_date)
		appendStringInfoString(reason, "has no end of its own, because the time counts within a slab");
	else if (shortfalls->negative)
		appendStringInfo(reason, "%s negative on %s", shortfalls->run_out ? "turned" : "turns",
						 format_day(layout_end_us(layout)));
	else
		appendStringInfo(reason, shortfalls->run_out ? "the time ran out on %s" : "ends on %s",
						 format_day(layout_end_us(layout)));
}

/* Why a proposal does not suit, or NULL. */
static const char *
get_reason(const LayoutProposal *proposal, const LayoutDemand *demand)
{
	StringInfoData reason;

	if (proposal->demands_missed == 0)
		return NULL;
	initStringInfo(&reason);
	if (proposal->shortfalls.rate)
		append_missed_rate(&reason, &proposal->layout, demand);
	if (proposal->shortfalls.nodes)
		append_missed_nodes(&reason, &proposal->layout, demand);
	if (proposal->shortfalls.years)
		append_missed_years(&reason, &proposal->layout, &proposal->shortfalls);
	return reason.data;
}

/* The note of a layout, whether it suits or not, or NULL. */
static const char *
get_note(const LayoutProposal *proposal)
{
	const SnowflakeLayout *layout = &proposal->layout;
	const LayoutPreset *preset = layout_find_preset(layout);
	const char *note = preset != NULL ? preset->note : NULL;
	int64		last_end_us = layout_last_end_us(layout);

	if (!layout_turns_negative(layout) || proposal->shortfalls.negative)
		return note;
	return psprintf("Turns negative on %s, though 64 bits last until %s.%s%s", format_day(layout_end_us(layout)),
					last_end_us == NEVER_US ? "after the year 294246" : format_day(last_end_us),
					note ? " " : "", note ? note : "");
}

static Datum
text_or_null(const char *str, bool *null)
{
	*null = str == NULL;
	return *null ? (Datum) 0 : CStringGetTextDatum(str);
}

/* Rounded down, so that 1.00 is never shown for less than what is demanded. */
static Datum
numeric_with_two_decimals(double number)
{
	return NumericGetDatum(int64_div_fast_to_numeric((int64) (number * 100), 2));
}

static void
put_plan_row(ReturnSetInfo *result, int rank, LayoutProposal *proposal, const LayoutDemand *demand, int64 now_us)
{
	const SnowflakeLayout *layout = &proposal->layout;
	Datum		values[9];
	bool		nulls[9] = {false};

	values[0] = Int32GetDatum(rank);
	values[1] = PointerGetDatum(layout);
	values[2] = BoolGetDatum(proposal->demands_missed == 0);
	values[3] = numeric_with_two_decimals(layout_margin(layout, demand, now_us));
	values[4] = Int64GetDatum(layout_ids_per_second(layout));
	values[5] = Int64GetDatum(layout_nodes(layout));
	nulls[6] = layout_is_in_slabs(layout);
	values[6] = TimestampTzGetDatum(clock_timestamptz(layout_end_us(layout)));
	values[7] = text_or_null(get_reason(proposal, demand), &nulls[7]);
	values[8] = text_or_null(get_note(proposal), &nulls[8]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
check_plan_argument(const char *name, int64 value, int64 most)
{
	if (value < 1 || value > most)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s must be between 1 and %lld", name, (long long) most),
				errdetail("The requested value is %lld.", (long long) value));
}

/* Clamped to the range of int64; NaN becomes the largest int64. */
static int64
numeric_to_int64_ceiling(Numeric number)
{
	Datum		most = NumericGetDatum(int64_to_numeric(PG_INT64_MAX));
	Datum		least = NumericGetDatum(int64_to_numeric(PG_INT64_MIN));
	Datum		clamped = DirectFunctionCall2(numeric_larger, least,
											  DirectFunctionCall2(numeric_smaller, most, NumericGetDatum(number)));

	return DatumGetInt64(DirectFunctionCall1(numeric_int8, DirectFunctionCall1(numeric_ceil, clamped)));
}

/*
 * snowflake_plan(ids_per_second numeric, nodes integer, years integer,
 *				  OUT rank integer, OUT layout snowflake_layout, OUT suits boolean,
 *				  OUT margin numeric, OUT makes_per_second bigint,
 *				  OUT has_nodes bigint, OUT lasts_until timestamptz,
 *				  OUT reason text, OUT note text)
 */
Datum
idgen_snowflake_plan(PG_FUNCTION_ARGS)
{
	int64		ids_per_second = numeric_to_int64_ceiling(PG_GETARG_NUMERIC(0));
	LayoutDemand demand;
	int64		now_us = clock_unix_us(GetCurrentTransactionStartTimestamp());
	LayoutProposal *proposals = palloc(LAYOUT_PROPOSALS * sizeof(LayoutProposal));
	int			count;

	check_plan_argument("ids_per_second", ids_per_second, MOST_IDS_PER_SECOND);
	check_plan_argument("nodes", PG_GETARG_INT32(1), PG_INT32_MAX);
	check_plan_argument("years", PG_GETARG_INT32(2), MOST_YEARS);
	demand.ids_per_second = ids_per_second;
	demand.nodes = PG_GETARG_INT32(1);
	demand.years = PG_GETARG_INT32(2);

	InitMaterializedSRF(fcinfo, 0);
	count = layout_plan(&demand, now_us, proposals);
	for (int i = 0; i < count; i++)
		put_plan_row((ReturnSetInfo *) fcinfo->resultinfo, i + 1, &proposals[i], &demand, now_us);
	return (Datum) 0;
}
