/*-------------------------------------------------------------------------
 *
 * snowflake_text.c
 *	  Snowflake IDs as short text, for people and addresses.
 *
 * The encodings are in id_text.c.  Text comes from outside, so of what is wrong
 * with it a message shows no more than its beginning, and whole characters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "id_text.h"
#include "shown.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_encode);
PG_FUNCTION_INFO_V1(idgen_snowflake_decode);

/* ERROR if there is none of this name, in either case */
static const IdTextEncoding *
find_encoding(text *name)
{
	char	   *wanted = text_to_cstring(name);

	for (int i = 0; i < ID_TEXT_ENCODINGS; i++)
		if (pg_strcasecmp(wanted, id_text_encodings[i].name) == 0)
			return &id_text_encodings[i];

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("encoding \"%s\" not recognized", shown(wanted)),
			errhint("Encodings are \"base62\", \"base58\", \"base32\" and \"hex\"."));
}

/* snowflake_encode(id bigint, encoding text) */
Datum
idgen_snowflake_encode(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	const IdTextEncoding *encoding = find_encoding(PG_GETARG_TEXT_PP(1));
	char		digits[ID_TEXT_MAX_LENGTH];

	if (id < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake ID out of range"),
				errdetail("The ID %lld is negative, but the sign bit of an ID is zero.", (long long) id));

	id_text_encode(encoding, id, digits);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(digits, encoding->length));
}

/* ERROR: what is wrong with the text is that it has no digit, or a character that is none */
static void
report_invalid(const IdTextEncoding *encoding, const char *encoded, IdTextStatus status, size_t bad)
{
	const char *character = encoded + bad;

	/* All before it is ASCII, so an index into bytes is one into characters. */
	ereport(ERROR,
			errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			errmsg("invalid input syntax for type %s: \"%s\"", "snowflake", shown(encoded)),
			status == ID_TEXT_EMPTY ? errdetail("There is no digit in it.") :
			errdetail("The character \"%.*s\" at position %zu is not a digit of %s.",
					  pg_mbcharcliplen(character, strlen(character), 1), character,
					  bad + 1, encoding->name),
			errhint("The digits of %s are \"%s\".", encoding->name, encoding->digits));
}

/* ERROR: the text is more than an ID can be */
static void
report_out_of_range(const IdTextEncoding *encoding, const char *encoded)
{
	char		largest[ID_TEXT_MAX_LENGTH];

	id_text_encode(encoding, PG_INT64_MAX, largest);
	ereport(ERROR,
			errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("value \"%s\" is out of range for type %s", shown(encoded), "snowflake"),
			errdetail("The largest ID in %s is \"%.*s\".", encoding->name, encoding->length, largest));
}

/* snowflake_decode(encoded text, encoding text) */
Datum
idgen_snowflake_decode(PG_FUNCTION_ARGS)
{
	char	   *encoded = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const IdTextEncoding *encoding = find_encoding(PG_GETARG_TEXT_PP(1));
	uint64		value = 0;
	size_t		bad = 0;
	IdTextStatus status = id_text_decode(encoding, encoded, strlen(encoded), &value, &bad);

	if (status == ID_TEXT_EMPTY || status == ID_TEXT_BAD_CHARACTER)
		report_invalid(encoding, encoded, status, bad);
	if (status == ID_TEXT_OVERFLOW || value > PG_INT64_MAX)
		report_out_of_range(encoding, encoded);
	PG_RETURN_INT64((int64) value);
}
