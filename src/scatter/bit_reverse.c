/*-------------------------------------------------------------------------
 *
 * bit_reverse.c
 *	  SQL functions that reverse the bits of a number.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "bits/bit_reverse.h"

PG_FUNCTION_INFO_V1(idgen_bit_reverse_int8);
PG_FUNCTION_INFO_V1(idgen_bit_reverse_int4);

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE if a number is negative. */
static void
check_not_negative(int64 number)
{
	if (number < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("number must not be negative: %lld", (long long) number));
}

/* bit_reverse(number bigint) */
Datum
idgen_bit_reverse_int8(PG_FUNCTION_ARGS)
{
	int64		number = PG_GETARG_INT64(0);

	check_not_negative(number);
	PG_RETURN_INT64(bit_reverse_63(number));
}

/* bit_reverse(number integer) */
Datum
idgen_bit_reverse_int4(PG_FUNCTION_ARGS)
{
	int32		number = PG_GETARG_INT32(0);

	check_not_negative(number);
	PG_RETURN_INT32(bit_reverse_31(number));
}
