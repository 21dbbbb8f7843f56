/*-------------------------------------------------------------------------
 *
 * number_type.c
 *	  See number_type.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/compat.h"
#include "base/number_type.h"

/*
 * The input function of a type.
 *
 * As for int8, blanks around the number and a sign are allowed.  Prefixes and
 * underscores, which int8 accepts since PostgreSQL 16, are not.  As for int8, a number
 * out of range is reported as such, without a check of what follows it.
 */
Datum
number_type_in(FunctionCallInfo fcinfo, const char *str, const char *type)
{
	char	   *end;
	int64		value;
	bool		overflow;

	errno = 0;
	value = strtoi64(str, &end, 10);
	overflow = errno == ERANGE;
	if (end != str)
		while (isspace((unsigned char) *end))
			end++;

	if ((end == str || *end != '\0') && !overflow)
		ereturn(fcinfo->context, (Datum) 0,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for type %s: \"%s\"", type, str));
	if (overflow || value < 0)
		ereturn(fcinfo->context, (Datum) 0,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("value \"%s\" is out of range for type %s", str, type));
	PG_RETURN_INT64(value);
}

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE if the value is negative. */
Datum
number_type_datum(int64 value, const char *type)
{
	if (value < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("value \"%lld\" is out of range for type %s", (long long) value, type));
	return Int64GetDatum(value);
}
