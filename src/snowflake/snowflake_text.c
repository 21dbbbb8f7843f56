/*-------------------------------------------------------------------------
 *
 * snowflake_text.c
 *	  SQL functions that encode Snowflake IDs as short text, as for addresses.
 *
 * base_n.c has the encodings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "base/encoded_text.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_encode);
PG_FUNCTION_INFO_V1(idgen_snowflake_decode);

/* snowflake_encode(id bigint, encoding text) */
Datum
idgen_snowflake_encode(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	const BaseNEncoding *encoding = encoded_text_encoding(PG_GETARG_TEXT_PP(1));
	char		digits[BASE_N_MAX_LENGTH];

	if (id < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake ID out of range"),
				errdetail("The ID %lld is negative, but the sign bit of an ID is zero.", (long long) id));

	base_n_encode(encoding, id, digits);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(digits, encoding->length));
}

/* snowflake_decode(encoded text, encoding text) */
Datum
idgen_snowflake_decode(PG_FUNCTION_ARGS)
{
	const EncodedType type = {
		.name = "snowflake",
		.value = "ID",
		.bits = 64,
		.largest = {0, PG_INT64_MAX},
	};

	PG_RETURN_INT64((int64) encoded_text_decode(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1), &type).low);
}
