/*-------------------------------------------------------------------------
 *
 * encoded_text.c
 *	  Short text as an argument of SQL functions: its encoding, and errors in
 *	  it.
 *
 * The text comes from outside, so a message shows no more than its beginning,
 * and whole characters.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/clipped_text.h"
#include "base/encoded_text.h"

/*
 * Find an encoding by name, in upper or lower case.  ERROR
 * INVALID_PARAMETER_VALUE if there is none.
 */
const BaseNEncoding *
encoded_text_encoding(text *name)
{
	char	   *wanted = text_to_cstring(name);

	for (int i = 0; i < BASE_N_ENCODINGS; i++)
		if (pg_strcasecmp(wanted, base_n_encodings[i].name) == 0)
			return &base_n_encodings[i];

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("encoding \"%s\" not recognized", clip_text(wanted)),
			errhint("Encodings are \"base62\", \"base58\", \"base32\" and \"hex\"."));
}

/* ERROR: the text has no digit, or a character that is not one. */
pg_noreturn static void
report_invalid(const BaseNEncoding *encoding, const char *encoded, BaseNStatus status, size_t bad,
			   const EncodedType *type)
{
	const char *character = encoded + bad;

	/*
	 * The text before it is ASCII, so its index in bytes is its index in
	 * characters.
	 */
	ereport(ERROR,
			errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			errmsg("invalid input syntax for type %s: \"%s\"", type->name, clip_text(encoded)),
			status == BASE_N_EMPTY ? errdetail("The text contains no digit.") :
			errdetail("The character \"%.*s\" at position %zu is not a digit of %s.",
					  pg_mbcharcliplen(character, strlen(character), 1), character,
					  bad + 1, encoding->name),
			errhint("The digits of %s are \"%s\".", encoding->name, encoding->digits));
}

/* ERROR NUMERIC_VALUE_OUT_OF_RANGE: the text is larger than the largest value of the type. */
pg_noreturn static void
report_too_large(const BaseNEncoding *encoding, const char *encoded, const EncodedType *type)
{
	char		largest[BASE_N_MAX_LENGTH_128 + 1] = "";

	if (type->bits == 64)
		base_n_encode(encoding, type->largest.low, largest);
	else
		base_n_encode_128(encoding, type->largest, largest);
	ereport(ERROR,
			errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("value \"%s\" is out of range for type %s", clip_text(encoded), type->name),
			errdetail("The largest %s in %s is \"%s\".", type->value, encoding->name, largest));
}

/*
 * The value of a text in an encoding.  ERROR INVALID_PARAMETER_VALUE if there is no such
 * encoding, INVALID_TEXT_REPRESENTATION if the text is not in it, and
 * NUMERIC_VALUE_OUT_OF_RANGE if the value is larger than those of the type.
 */
UuidBits
encoded_text_decode(text *argument, text *encoding_name, const EncodedType *type)
{
	char	   *encoded = text_to_cstring(argument);
	const BaseNEncoding *encoding = encoded_text_encoding(encoding_name);
	UuidBits	value = {0, 0};
	size_t		bad = 0;
	BaseNStatus status = type->bits == 64 ?
		base_n_decode(encoding, encoded, strlen(encoded), &value.low, &bad) :
		base_n_decode_128(encoding, encoded, strlen(encoded), &value, &bad);

	if (status == BASE_N_EMPTY || status == BASE_N_BAD_CHARACTER)
		report_invalid(encoding, encoded, status, bad, type);
	if (status == BASE_N_OVERFLOW || value.high > type->largest.high ||
		(value.high == type->largest.high && value.low > type->largest.low))
		report_too_large(encoding, encoded, type);
	return value;
}
