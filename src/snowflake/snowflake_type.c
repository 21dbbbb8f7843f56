/*-------------------------------------------------------------------------
 *
 * snowflake_type.c
 *	  The type snowflake: how it differs from int8.
 *
 * A snowflake is stored and sent as an int8 that is not negative, and casts to int8
 * implicitly without a function.  So it uses the operators, index support, statistics
 * and output of int8, as varchar uses those of text.  Its own functions are for input
 * and casts to it, which reject negative numbers.  Only the cast from int8 does not,
 * because it has no function either.
 *
 * snowflake_time.c has its casts to times.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/number_type.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_in);
PG_FUNCTION_INFO_V1(idgen_snowflake_recv);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_int4);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_int2);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_numeric);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_float8);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_float4);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_jsonb);

#define TYPE_NAME "snowflake"

/* snowflake_in(text cstring) */
Datum
idgen_snowflake_in(PG_FUNCTION_ARGS)
{
	return number_type_in(fcinfo, PG_GETARG_CSTRING(0), TYPE_NAME);
}

static Datum
snowflake_from_int64(int64 value)
{
	return number_type_datum(value, TYPE_NAME);
}

/* snowflake_recv(message internal) */
Datum
idgen_snowflake_recv(PG_FUNCTION_ARGS)
{
	return snowflake_from_int64(pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0)));
}

/* snowflake(integer) */
Datum
idgen_snowflake_from_int4(PG_FUNCTION_ARGS)
{
	return snowflake_from_int64(PG_GETARG_INT32(0));
}

/* snowflake(smallint) */
Datum
idgen_snowflake_from_int2(PG_FUNCTION_ARGS)
{
	return snowflake_from_int64(PG_GETARG_INT16(0));
}

/* Also raises the errors of to_int8. */
static Datum
snowflake_by_way_of_int8(PGFunction to_int8, Datum value)
{
	return snowflake_from_int64(DatumGetInt64(DirectFunctionCall1(to_int8, value)));
}

/* snowflake(numeric) */
Datum
idgen_snowflake_from_numeric(PG_FUNCTION_ARGS)
{
	return snowflake_by_way_of_int8(numeric_int8, PG_GETARG_DATUM(0));
}

/* float8_to_snowflake(float8) */
Datum
idgen_snowflake_from_float8(PG_FUNCTION_ARGS)
{
	return snowflake_by_way_of_int8(dtoi8, PG_GETARG_DATUM(0));
}

/* float4_to_snowflake(float4) */
Datum
idgen_snowflake_from_float4(PG_FUNCTION_ARGS)
{
	return snowflake_by_way_of_int8(ftoi8, PG_GETARG_DATUM(0));
}

/*
 * jsonb_to_snowflake(jsonb)
 *
 * Reads a string as text, and casts other values to bigint.  A JSON null becomes NULL, as
 * for bigint since PostgreSQL 18.
 */
Datum
idgen_snowflake_from_jsonb(PG_FUNCTION_ARGS)
{
	JsonbValue	value;
	bool		is_scalar = JsonbExtractScalar(&PG_GETARG_JSONB_P(0)->root, &value);

	if (is_scalar && value.type == jbvNull)
		PG_RETURN_NULL();
	if (is_scalar && value.type == jbvString)
		return DirectFunctionCall1(idgen_snowflake_in,
								   CStringGetDatum(pnstrdup(value.val.string.val, value.val.string.len)));
	return snowflake_by_way_of_int8(jsonb_int8, PG_GETARG_DATUM(0));
}
