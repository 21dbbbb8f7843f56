/*-------------------------------------------------------------------------
 *
 * snowflake_capacity.c
 *	  snowflake_capacity(), and the presets as rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bits/layout_capacity.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "engine/clock.h"
#include "generator/server_layout.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_capacity);
PG_FUNCTION_INFO_V1(idgen_snowflake_capacity_own);
PG_FUNCTION_INFO_V1(idgen_layout_presets);

/* IDs per second, exact if it is a decimal fraction. */
static Datum
exact_ids_per_second(const SnowflakeLayout *layout)
{
	Numeric		of_a_million_ticks = int64_to_numeric((int64) layout_tick_size(layout) * US_PER_S);
	Numeric		tick_us = int64_to_numeric(layout->tick_us);
	Datum		rate = DirectFunctionCall2(numeric_div, NumericGetDatum(of_a_million_ticks), NumericGetDatum(tick_us));

	return DirectFunctionCall1(numeric_trim_scale, rate);
}

/* number is 0 .. 2^62 / 10^decimals. */
static Datum
numeric_rounded_down(double number, int decimals)
{
	double		scaled = number;

	for (int i = 0; i < decimals; i++)
		scaled *= 10;
	return NumericGetDatum(int64_div_fast_to_numeric((int64) scaled, decimals));
}

/* us since 1970 as a timestamptz; infinity for NEVER_US. */
static Datum
unix_us_datum(int64 unix_us)
{
	if (unix_us == NEVER_US)
		return TimestampTzGetDatum(DT_NOEND);
	return TimestampTzGetDatum(clock_timestamptz(unix_us));
}

/* Five columns: when the time starts and ends, and how much of it is left. */
static void
set_time_columns(const SnowflakeLayout *layout, int64 now_us, Datum *values, bool *nulls)
{
	if (layout_is_in_slabs(layout))
	{
		memset(nulls, true, 5);
		return;
	}
	values[0] = unix_us_datum(layout_tick_start_us(layout, 0));
	values[1] = unix_us_datum(layout_last_end_us(layout));
	nulls[2] = !layout_turns_negative(layout);
	values[2] = unix_us_datum(layout_end_us(layout));
	values[3] = numeric_rounded_down(layout_years_left(layout, now_us), 1);
	values[4] = numeric_rounded_down(layout_time_used(layout, now_us), 4);
}

/* A row as of the start of the transaction, so that it is the same throughout a statement. */
static Datum
capacity_row(FunctionCallInfo fcinfo, const SnowflakeLayout *layout)
{
	int64		now_us = clock_unix_us(GetCurrentTransactionStartTimestamp());
	char		specification[LAYOUT_TEXT_SIZE];
	TupleDesc	row_type;
	Datum		values[10];
	bool		nulls[10] = {false};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	layout_write(layout, specification, sizeof(specification));
	values[0] = CStringGetTextDatum(specification);
	values[1] = clock_interval(layout->tick_us);
	values[2] = Int64GetDatum(layout_tick_size(layout));
	values[3] = exact_ids_per_second(layout);
	values[4] = Int64GetDatum(layout_nodes(layout));
	set_time_columns(layout, now_us, &values[5], &nulls[5]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

/*
 * snowflake_capacity(layout snowflake_layout, OUT specification text,
 *					  OUT tick interval, OUT ids_per_tick bigint,
 *					  OUT ids_per_second numeric, OUT nodes bigint,
 *					  OUT starts_at timestamptz, OUT ends_at timestamptz,
 *					  OUT negative_from timestamptz, OUT years_left numeric,
 *					  OUT time_used numeric)
 */
Datum
idgen_snowflake_capacity(PG_FUNCTION_ARGS)
{
	return capacity_row(fcinfo, PG_GETARG_LAYOUT_P(0));
}

/* snowflake_capacity(OUT ...), for the server's layout */
Datum
idgen_snowflake_capacity_own(PG_FUNCTION_ARGS)
{
	return capacity_row(fcinfo, server_layout());
}

/* snowflake_layout_presets(OUT name text, OUT used_by text, OUT layout snowflake_layout) */
Datum
idgen_layout_presets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < layout_preset_count; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(layout_presets[i].name);
		values[1] = CStringGetTextDatum(layout_presets[i].used_by);
		values[2] = PointerGetDatum(layout_by_preset_number(i));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
