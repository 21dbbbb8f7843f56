/*-------------------------------------------------------------------------
 *
 * typeid_text.c
 *	  See typeid_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/base32.h"
#include "bits/typeid_text.h"

static bool
is_prefix_letter(char character)
{
	return character >= 'a' && character <= 'z';
}

/*
 * Check a prefix, which may be empty.  For TYPEID_BAD_PREFIX_CHARACTER, sets *bad to the
 * index of the first bad character.
 */
TypeidStatus
typeid_prefix_check(const char *prefix, size_t length, size_t *bad)
{
	for (size_t i = 0; i < length; i++)
		if (!is_prefix_letter(prefix[i]) && (prefix[i] != '_' || i == 0 || i == length - 1))
		{
			*bad = i;
			return TYPEID_BAD_PREFIX_CHARACTER;
		}
	return length > TYPEID_PREFIX_MAX_LENGTH ? TYPEID_PREFIX_TOO_LONG : TYPEID_OK;
}

/*
 * Write the TypeID of a UUID with a checked prefix: at most TYPEID_MAX_LENGTH bytes,
 * without a terminating zero byte.  Returns their number.
 */
size_t
typeid_write(UuidBits uuid, const char *prefix, size_t length, char *str)
{
	char	   *suffix = str + length;

	memcpy(str, prefix, length);
	if (length > 0)
		*suffix++ = '_';
	ulid_text_write(uuid, suffix);
	for (int i = 0; i < ULID_TEXT_LENGTH; i++)
		suffix[i] = pg_ascii_tolower(suffix[i]);
	return suffix + ULID_TEXT_LENGTH - str;
}

/* Only as typeid_write() writes it; ulid_text_read() accepts more. */
static bool
is_suffix_digit(char character)
{
	return (character >= '0' && character <= '9') ||
		(is_prefix_letter(character) && strchr(BASE32_DIGITS, pg_ascii_toupper(character)) != NULL);
}

/* suffix has ULID_TEXT_LENGTH characters; *bad is an index into them. */
static TypeidStatus
read_suffix(const char *suffix, UuidBits *uuid, size_t *bad)
{
	for (size_t i = 0; i < ULID_TEXT_LENGTH; i++)
		if (!is_suffix_digit(suffix[i]))
		{
			*bad = i;
			return TYPEID_BAD_SUFFIX_CHARACTER;
		}
	return ulid_text_read(suffix, ULID_TEXT_LENGTH, uuid, bad) == ULID_TEXT_OK ? TYPEID_OK : TYPEID_OVERFLOW;
}

/* Index of the suffix: after the last "_". */
static size_t
suffix_start(const char *str, size_t length)
{
	while (length > 0 && str[length - 1] != '_')
		length--;
	return length;
}

/*
 * Read any text of length bytes: the prefix first, then the suffix.  Sets *typeid on
 * success, and *bad to the index of a bad character in the text.
 */
TypeidStatus
typeid_read(const char *str, size_t length, Typeid *typeid, size_t *bad)
{
	size_t		start = suffix_start(str, length);
	Typeid		read = {.prefix_length = start > 0 ? start - 1 : 0};
	TypeidStatus status = typeid_prefix_check(str, read.prefix_length, bad);

	if (status != TYPEID_OK)
		return status;
	if (start == 1)
		return TYPEID_EMPTY_PREFIX;
	if (length - start != ULID_TEXT_LENGTH)
		return TYPEID_BAD_SUFFIX_LENGTH;
	status = read_suffix(str + start, &read.uuid, bad);
	if (status == TYPEID_OK)
		*typeid = read;
	else if (status == TYPEID_BAD_SUFFIX_CHARACTER)
		*bad += start;
	return status;
}
