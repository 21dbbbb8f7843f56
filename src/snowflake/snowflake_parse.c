/*-------------------------------------------------------------------------
 *
 * snowflake_parse.c
 *	  SQL functions that take Snowflake IDs apart.
 *
 * An ID is the 64 bits of a bigint.  If a layout uses all of them, a negative number is
 * an ID, too, and is read as unsigned.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "generator/server_layout.h"
#include "snowflake/snowflake_layout.h"
#include "snowflake/snowflake_time.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_parse);
PG_FUNCTION_INFO_V1(idgen_snowflake_parse_own);

/*
 * The row type of the result, looked up once per call site.
 */
static TupleDesc
cached_result_type(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);
		TupleDesc	row_type;

		if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		flinfo->fn_extra = BlessTupleDesc(row_type);
		MemoryContextSwitchTo(old);
	}
	return flinfo->fn_extra;
}

/* The fields in the order of the columns of snowflake_parse().  All except the slab fit an integer. */
static const LayoutField columns[LAYOUT_FIELDS] = {
	LAYOUT_TIME, LAYOUT_DATACENTER, LAYOUT_WORKER, LAYOUT_SEQUENCE, LAYOUT_SHARD, LAYOUT_SLAB
};

static Datum
get_column_value(const SnowflakeLayout *layout, LayoutField field, uint64 value)
{
	if (field == LAYOUT_TIME)
		return TimestampTzGetDatum(snowflake_tick_start(layout, value));
	if (field == LAYOUT_SLAB)
		return Int64GetDatum(value);
	return Int32GetDatum(value);
}

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE if a number cannot be an ID of the layout. */
static Datum
parse_in_layout(FunctionCallInfo fcinfo, int64 id, const SnowflakeLayout *layout)
{
	Datum		values[LAYOUT_FIELDS];
	bool		nulls[LAYOUT_FIELDS];

	snowflake_check_id(layout, id);
	for (int i = 0; i < LAYOUT_FIELDS; i++)
	{
		LayoutField field = columns[i];

		nulls[i] = !layout_has(layout, field);
		values[i] = get_column_value(layout, field, layout_get(layout, field, (uint64) id));
	}
	return HeapTupleGetDatum(heap_form_tuple(cached_result_type(fcinfo), values, nulls));
}

/*
 * snowflake_parse(id bigint, layout snowflake_layout,
 *				   OUT created_at timestamptz,
 *				   OUT datacenter_id integer, OUT worker_id integer,
 *				   OUT sequence integer, OUT shard_id integer, OUT slab_id bigint)
 */
Datum
idgen_snowflake_parse(PG_FUNCTION_ARGS)
{
	return parse_in_layout(fcinfo, PG_GETARG_INT64(0), PG_GETARG_LAYOUT_P(1));
}

/* snowflake_parse(id bigint, OUT ...), in the server's layout; also raises the errors of server_layout() */
Datum
idgen_snowflake_parse_own(PG_FUNCTION_ARGS)
{
	return parse_in_layout(fcinfo, PG_GETARG_INT64(0), server_layout());
}
