/*-------------------------------------------------------------------------
 *
 * id_text.c
 *	  Writing and reading numbers as short text.  See id_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"

#include "base32.h"
#include "id_text.h"

#define DIGITS(text) .digits = (text), .base = sizeof(text) - 1

const IdTextEncoding id_text_encodings[ID_TEXT_ENCODINGS] = {
	{
		.name = "base62",
		DIGITS("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
		.length = 11,
		.look_alikes = "",
	},
	{
		.name = "base58",
		DIGITS("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
		.length = 11,
		.look_alikes = "",
	},
	{
		.name = "base32",
		DIGITS(BASE32_DIGITS),
		.length = 13,
		.fold = pg_ascii_toupper,
		.look_alikes = BASE32_LOOK_ALIKES,
		.hyphens = true,
	},
	{
		.name = "hex",
		DIGITS("0123456789abcdef"),
		.length = 16,
		.fold = pg_ascii_tolower,
		.look_alikes = "",
	},
};

/* Write encoding->length digits, and nothing after them. */
void
id_text_encode(const IdTextEncoding *encoding, uint64 value, char *text)
{
	for (int i = encoding->length; i-- > 0; value /= encoding->base)
		text[i] = encoding->digits[value % encoding->base];
}

/* What a character counts as a digit; -1 if it is none. */
static int
digit_value(const IdTextEncoding *encoding, char character)
{
	const char *digit;

	if (encoding->fold != NULL)
		character = encoding->fold(character);
	for (const char *pair = encoding->look_alikes; *pair != '\0'; pair += 2)
		if (character == pair[0])
			character = pair[1];
	digit = memchr(encoding->digits, character, encoding->base);
	return digit != NULL ? digit - encoding->digits : -1;
}

/*
 * Read a text of this many bytes, which may be any, from the left up to the first
 * thing that is wrong.  *value is set if nothing is, and *bad, an index into the
 * text, if that is a character: all before it are single bytes of ASCII.
 */
IdTextStatus
id_text_decode(const IdTextEncoding *encoding, const char *text, size_t length,
			   uint64 *value, size_t *bad)
{
	IdTextStatus status = ID_TEXT_EMPTY;
	uint64		sum = 0;

	for (size_t i = 0; i < length; i++)
	{
		int			digit;

		if (encoding->hyphens && text[i] == '-')
			continue;
		digit = digit_value(encoding, text[i]);
		if (digit < 0)
		{
			*bad = i;
			return ID_TEXT_BAD_CHARACTER;
		}
		if (pg_mul_u64_overflow(sum, encoding->base, &sum) ||
			pg_add_u64_overflow(sum, digit, &sum))
			return ID_TEXT_OVERFLOW;
		status = ID_TEXT_OK;
	}
	if (status == ID_TEXT_OK)
		*value = sum;
	return status;
}
