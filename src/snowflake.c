/*-------------------------------------------------------------------------
 *
 * snowflake.c
 *	  What SQL calls to make and read Snowflake IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "generator.h"
#include "id_batch.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_nextval);
PG_FUNCTION_INFO_V1(idgen_snowflake_nextvals);
PG_FUNCTION_INFO_V1(idgen_snowflake_next_block);
PG_FUNCTION_INFO_V1(idgen_snowflake_parse);
PG_FUNCTION_INFO_V1(idgen_snowflake_timestamp);

/* snowflake_nextval() */
Datum
idgen_snowflake_nextval(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(generator_next(generator_get_server("snowflake_nextval()")));
}

/* snowflake_nextvals(count integer) */
Datum
idgen_snowflake_nextvals(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(id_batch(generator_get_server("snowflake_nextvals()"), PG_GETARG_INT32(0)));
}

/* snowflake_next_block(size integer) */
Datum
idgen_snowflake_next_block(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(id_block(generator_get_server("snowflake_next_block()"), PG_GETARG_INT32(0)));
}

/* The fields of an ID of the default layout; ERROR if it cannot be one. */
static SnowflakeFields
parse_id(int64 id)
{
	if (id < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake ID out of range"),
				errdetail("The ID %lld is negative, but the sign bit of an ID is zero.", (long long) id));

	return layout_parse(&layout_default, id);
}

static TimestampTz
tick_timestamptz(uint64 tick)
{
	return clock_timestamptz(layout_tick_start_us(&layout_default, tick));
}

/*
 * The row type of the calling function's result, looked up once per call site.
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

/*
 * snowflake_parse(id bigint, OUT created_at timestamptz,
 *				   OUT datacenter_id integer, OUT worker_id integer,
 *				   OUT sequence integer)
 */
Datum
idgen_snowflake_parse(PG_FUNCTION_ARGS)
{
	SnowflakeFields fields = parse_id(PG_GETARG_INT64(0));
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = TimestampTzGetDatum(tick_timestamptz(fields.value[LAYOUT_TIME]));
	values[1] = Int32GetDatum(fields.value[LAYOUT_DATACENTER]);
	values[2] = Int32GetDatum(fields.value[LAYOUT_WORKER]);
	values[3] = Int32GetDatum(fields.value[LAYOUT_SEQUENCE]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(cached_result_type(fcinfo), values, nulls)));
}

/* snowflake_timestamp(id bigint) */
Datum
idgen_snowflake_timestamp(PG_FUNCTION_ARGS)
{
	SnowflakeFields fields = parse_id(PG_GETARG_INT64(0));

	PG_RETURN_TIMESTAMPTZ(tick_timestamptz(fields.value[LAYOUT_TIME]));
}
