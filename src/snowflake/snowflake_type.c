/*-------------------------------------------------------------------------
 *
 * snowflake_type.c
 *	  The type snowflake: what differs from int8.
 *
 * A snowflake is stored and sent as an int8 that is not negative, and casts to
 * one implicitly without a function.  So everything int8 has, operators, index
 * support, statistics, is used as it is, as varchar uses that of text; and
 * output is that of int8.  Left to us are the ways in, which keep negative
 * numbers out.  The one that cannot is the cast from int8, which has no function
 * either.
 *
 * Times are in snowflake_time.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "base/compat.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_in);
PG_FUNCTION_INFO_V1(idgen_snowflake_recv);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_int4);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_int2);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_numeric);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_float8);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_float4);
PG_FUNCTION_INFO_V1(idgen_snowflake_from_jsonb);

/*
 * snowflake_in(text cstring)
 *
 * Blanks around and a sign are fine as for int8; prefixes and underscores, which
 * int8 takes from PostgreSQL 16 on, are not.  As for int8, what follows too many
 * digits does not matter.
 */
Datum
idgen_snowflake_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	char	   *end;
	int64		value;
	bool		overflow;

	errno = 0;
	value = strtoi64(text, &end, 10);
	overflow = errno == ERANGE;
	if (end != text)
		while (isspace((unsigned char) *end))
			end++;

	if ((end == text || *end != '\0') && !overflow)
		ereturn(fcinfo->context, (Datum) 0,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for type %s: \"%s\"", "snowflake", text));
	if (overflow || value < 0)
		ereturn(fcinfo->context, (Datum) 0,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("value \"%s\" is out of range for type %s", text, "snowflake"));
	PG_RETURN_INT64(value);
}

/* The value as a snowflake; ERROR if it is negative. */
static Datum
snowflake_from_int64(int64 value)
{
	if (value < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("value \"%lld\" is out of range for type %s", (long long) value, "snowflake"));
	return Int64GetDatum(value);
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

/* As a function makes a bigint of a value, whose errors it raises, too. */
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
 * jsonb_to_snowflake(jsonb): a string as text is read, all else as it becomes a bigint; a null
 * is NULL, as for bigint from PostgreSQL 18 on
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
