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
 * Is this a prefix?  It may be empty.  *bad, an index into it, is set if a character is
 * what is wrong: the first that is.
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
 * Write the TypeID of a UUID with a prefix that was checked, TYPEID_MAX_LENGTH bytes
 * at most, and nothing after them.  Returns how many.
 */
size_t
typeid_write(UuidBits uuid, const char *prefix, size_t length, char *text)
{
	char	   *suffix = text + length;

	memcpy(text, prefix, length);
	if (length > 0)
		*suffix++ = '_';
	ulid_text_write(uuid, suffix);
	for (int i = 0; i < ULID_TEXT_LENGTH; i++)
		suffix[i] = pg_ascii_tolower(suffix[i]);
	return suffix + ULID_TEXT_LENGTH - text;
}

/* Is it a digit as it is written?  A ULID's reader knows other ways, too. */
static bool
is_suffix_digit(char character)
{
	return (character >= '0' && character <= '9') ||
		(is_prefix_letter(character) && strchr(BASE32_DIGITS, pg_ascii_toupper(character)) != NULL);
}

/* Read ULID_TEXT_LENGTH characters; *bad is an index into them. */
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

/* Bytes before the suffix: up to and with the last "_". */
static size_t
suffix_start(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] != '_')
		length--;
	return length;
}

/*
 * Read a text of so many bytes, which may be any: the prefix first, then the suffix.
 * *typeid is set if nothing is wrong, and *bad, an index into the text, if a character
 * is.
 */
TypeidStatus
typeid_read(const char *text, size_t length, Typeid *typeid, size_t *bad)
{
	size_t		start = suffix_start(text, length);
	Typeid		read = {.prefix_length = start > 0 ? start - 1 : 0};
	TypeidStatus status = typeid_prefix_check(text, read.prefix_length, bad);

	if (status != TYPEID_OK)
		return status;
	if (start == 1)
		return TYPEID_EMPTY_PREFIX;
	if (length - start != ULID_TEXT_LENGTH)
		return TYPEID_BAD_SUFFIX_LENGTH;
	status = read_suffix(text + start, &read.uuid, bad);
	if (status == TYPEID_OK)
		*typeid = read;
	else if (status == TYPEID_BAD_SUFFIX_CHARACTER)
		*bad += start;
	return status;
}
