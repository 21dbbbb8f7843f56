/*-------------------------------------------------------------------------
 *
 * snowflake_text.c
 *	  Snowflake IDs as short text, for people and addresses.
 *
 * The encodings are in id_text.c.
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
	const IdTextEncoding *encoding = encoded_text_encoding(PG_GETARG_TEXT_PP(1));
	char		digits[ID_TEXT_MAX_LENGTH];

	if (id < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake ID out of range"),
				errdetail("The ID %lld is negative, but the sign bit of an ID is zero.", (long long) id));

	id_text_encode(encoding, id, digits);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(digits, encoding->length));
}

/* ERROR: what is wrong with a text, see encoded_text_report() */
static void
report(const IdTextEncoding *encoding, const char *encoded, IdTextStatus status, size_t bad)
{
	const EncodedType type = {.name = "snowflake",.value = "ID"};
	char		largest[ID_TEXT_MAX_LENGTH + 1] = "";

	id_text_encode(encoding, PG_INT64_MAX, largest);
	encoded_text_report(encoding, encoded, status, bad, type, largest);
}

/* snowflake_decode(encoded text, encoding text) */
Datum
idgen_snowflake_decode(PG_FUNCTION_ARGS)
{
	char	   *encoded = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const IdTextEncoding *encoding = encoded_text_encoding(PG_GETARG_TEXT_PP(1));
	uint64		value = 0;
	size_t		bad = 0;
	IdTextStatus status = id_text_decode(encoding, encoded, strlen(encoded), &value, &bad);

	if (value > PG_INT64_MAX)
		status = ID_TEXT_OVERFLOW;
	if (status != ID_TEXT_OK)
		report(encoding, encoded, status, bad);
	PG_RETURN_INT64((int64) value);
}
