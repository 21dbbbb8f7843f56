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

#include "base/encoded_text.h"
#include "base/clipped_text.h"

/*
 * Find an encoding by name, in upper or lower case.  ERROR
 * INVALID_PARAMETER_VALUE if there is none.
 */
const IdTextEncoding *
encoded_text_encoding(text *name)
{
	char	   *wanted = text_to_cstring(name);

	for (int i = 0; i < ID_TEXT_ENCODINGS; i++)
		if (pg_strcasecmp(wanted, id_text_encodings[i].name) == 0)
			return &id_text_encodings[i];

	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("encoding \"%s\" not recognized", clip_text(wanted)),
			errhint("Encodings are \"base62\", \"base58\", \"base32\" and \"hex\"."));
}

/* ERROR: the text has no digit, or a character that is not one. */
static void
report_invalid(const IdTextEncoding *encoding, const char *encoded, IdTextStatus status, size_t bad,
			   EncodedType type)
{
	const char *character = encoded + bad;

	/* The text before it is ASCII, so its index in bytes is its index in characters. */
	ereport(ERROR,
			errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			errmsg("invalid input syntax for type %s: \"%s\"", type.name, clip_text(encoded)),
			status == ID_TEXT_EMPTY ? errdetail("The text contains no digit.") :
			errdetail("The character \"%.*s\" at position %zu is not a digit of %s.",
					  pg_mbcharcliplen(character, strlen(character), 1), character,
					  bad + 1, encoding->name),
			errhint("The digits of %s are \"%s\".", encoding->name, encoding->digits));
}

/*
 * Raise the error for a text whose status is not ID_TEXT_OK; bad is the index
 * of an invalid character.  ERROR INVALID_TEXT_REPRESENTATION, or
 * NUMERIC_VALUE_OUT_OF_RANGE if the value is too large.
 */
void
encoded_text_report(const IdTextEncoding *encoding, const char *encoded, IdTextStatus status, size_t bad,
					EncodedType type, const char *largest)
{
	if (status != ID_TEXT_OVERFLOW)
		report_invalid(encoding, encoded, status, bad, type);

	ereport(ERROR,
			errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("value \"%s\" is out of range for type %s", clip_text(encoded), type.name),
			errdetail("The largest %s in %s is \"%s\".", type.value, encoding->name, largest));
}
