/*-------------------------------------------------------------------------
 *
 * snowflake_text.c
 *	  Snowflake IDs as short text, for people and addresses.
 *
 * The encodings are in base_n.c.
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

/* ERROR: what is wrong with a text, see encoded_text_report() */
static void
report(const BaseNEncoding *encoding, const char *encoded, BaseNStatus status, size_t bad)
{
	const EncodedType type = {.name = "snowflake",.value = "ID"};
	char		largest[BASE_N_MAX_LENGTH + 1] = "";

	base_n_encode(encoding, PG_INT64_MAX, largest);
	encoded_text_report(encoding, encoded, status, bad, type, largest);
}

/* snowflake_decode(encoded text, encoding text) */
Datum
idgen_snowflake_decode(PG_FUNCTION_ARGS)
{
	char	   *encoded = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const BaseNEncoding *encoding = encoded_text_encoding(PG_GETARG_TEXT_PP(1));
	uint64		value = 0;
	size_t		bad = 0;
	BaseNStatus status = base_n_decode(encoding, encoded, strlen(encoded), &value, &bad);

	if (value > PG_INT64_MAX)
		status = BASE_N_OVERFLOW;
	if (status != BASE_N_OK)
		report(encoding, encoded, status, bad);
	PG_RETURN_INT64((int64) value);
}
