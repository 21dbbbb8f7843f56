/*-------------------------------------------------------------------------
 *
 * uuid_text.c
 *	  SQL functions that encode UUIDs as short text and as TypeIDs.
 *
 * base_n.c has the encodings, typeid_text.c the text of a TypeID.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "base/clipped_text.h"
#include "base/encoded_text.h"
#include "bits/typeid_text.h"
#include "uuid/uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_uuid_encode);
PG_FUNCTION_INFO_V1(idgen_uuid_decode);
PG_FUNCTION_INFO_V1(idgen_uuid_encode_typeid);
PG_FUNCTION_INFO_V1(idgen_uuid_decode_typeid);
PG_FUNCTION_INFO_V1(idgen_uuid_decode_typeid_of);
PG_FUNCTION_INFO_V1(idgen_uuid_typeid_prefix);

/* uuid_encode(id uuid, encoding text) */
Datum
idgen_uuid_encode(PG_FUNCTION_ARGS)
{
	const BaseNEncoding *encoding = encoded_text_encoding(PG_GETARG_TEXT_PP(1));
	char		digits[BASE_N_MAX_LENGTH_128];

	base_n_encode_128(encoding, PG_GETARG_UUID_BITS(0), digits);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(digits, encoding->length_128));
}

/* uuid_decode(encoded text, encoding text) */
Datum
idgen_uuid_decode(PG_FUNCTION_ARGS)
{
	const EncodedType type = {
		.name = "uuid",
		.value = "UUID",
		.bits = 128,
		.largest = uuid_max,
	};

	return uuid_datum(encoded_text_decode(PG_GETARG_TEXT_PP(0), PG_GETARG_TEXT_PP(1), &type));
}

/* The number, from 1, of the character that begins at a byte. */
static int
character_position(const char *str, size_t byte)
{
	return pg_mbstrlen_with_len(str, byte) + 1;
}

/* For ereport(): what is wrong with a TypeID or its prefix.  bad is the index of a bad character. */
static int
typeid_detail(TypeidStatus status, const char *str, size_t length, size_t bad)
{
	switch (status)
	{
		case TYPEID_BAD_PREFIX_CHARACTER:
			return errdetail("A prefix has letters from \"a\" to \"z\", and \"_\" between them; at position %d there is \"%.*s\".",
							 character_position(str, bad), pg_mbcharcliplen(str + bad, length - bad, 1), str + bad);
		case TYPEID_PREFIX_TOO_LONG:
			return errdetail("A prefix has at most %d characters.", TYPEID_PREFIX_MAX_LENGTH);
		case TYPEID_EMPTY_PREFIX:
			return errdetail("Without a prefix there is no \"_\" before the suffix.");
		case TYPEID_BAD_SUFFIX_LENGTH:
			return errdetail("The suffix of a TypeID, after its last \"_\" if it has one, has %d characters.", ULID_TEXT_LENGTH);
		case TYPEID_BAD_SUFFIX_CHARACTER:
			return errdetail("The character \"%.*s\" at position %d is not a digit of base32 in lower case.",
							 pg_mbcharcliplen(str + bad, length - bad, 1), str + bad, character_position(str, bad));
		case TYPEID_OVERFLOW:
			return errdetail("The first character of the suffix is at most \"7\", so that it has 128 bits.");
		case TYPEID_OK:
			break;
	}
	return 0;
}

/* uuid_encode_typeid(id uuid, prefix text) */
Datum
idgen_uuid_encode_typeid(PG_FUNCTION_ARGS)
{
	text	   *argument = PG_GETARG_TEXT_PP(1);
	const char *prefix = VARDATA_ANY(argument);
	size_t		length = VARSIZE_ANY_EXHDR(argument);
	char		written[TYPEID_MAX_LENGTH];
	size_t		bad = 0;
	TypeidStatus status = typeid_prefix_check(prefix, length, &bad);

	if (status != TYPEID_OK)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid prefix of a TypeID: \"%s\"", clip_text(text_to_cstring(argument))),
				typeid_detail(status, prefix, length, bad));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(written, typeid_write(PG_GETARG_UUID_BITS(0), prefix, length, written)));
}

/* ERROR INVALID_TEXT_REPRESENTATION if the argument is not a TypeID. */
static Typeid
read_typeid_argument(text *argument)
{
	const char *given = VARDATA_ANY(argument);
	size_t		length = VARSIZE_ANY_EXHDR(argument);
	Typeid		typeid;
	size_t		bad = 0;
	TypeidStatus status = typeid_read(given, length, &typeid, &bad);

	if (status != TYPEID_OK)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid input syntax for a TypeID: \"%s\"", clip_text(text_to_cstring(argument))),
				typeid_detail(status, given, length, bad));
	return typeid;
}

/* uuid_decode_typeid(typeid text) */
Datum
idgen_uuid_decode_typeid(PG_FUNCTION_ARGS)
{
	return uuid_datum(read_typeid_argument(PG_GETARG_TEXT_PP(0)).uuid);
}

/* uuid_decode_typeid(typeid text, prefix text) */
Datum
idgen_uuid_decode_typeid_of(PG_FUNCTION_ARGS)
{
	text	   *argument = PG_GETARG_TEXT_PP(0);
	text	   *prefix = PG_GETARG_TEXT_PP(1);
	Typeid		typeid = read_typeid_argument(argument);

	if (typeid.prefix_length != VARSIZE_ANY_EXHDR(prefix) ||
		memcmp(VARDATA_ANY(argument), VARDATA_ANY(prefix), typeid.prefix_length) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("TypeID is not of type \"%s\"", clip_text(text_to_cstring(prefix))),
				errdetail("Its prefix is \"%.*s\".", (int) typeid.prefix_length, VARDATA_ANY(argument)));
	return uuid_datum(typeid.uuid);
}

/* uuid_typeid_prefix(typeid text) */
Datum
idgen_uuid_typeid_prefix(PG_FUNCTION_ARGS)
{
	text	   *argument = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(VARDATA_ANY(argument), read_typeid_argument(argument).prefix_length));
}
