/*-------------------------------------------------------------------------
 *
 * base_n.c
 *	  Write and read numbers as short text.  See base_n.h.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "common/int.h"

#include "bits/base32.h"
#include "bits/base_n.h"

#define DIGITS(str) .digits = (str), .base = sizeof(str) - 1

const BaseNEncoding base_n_encodings[BASE_N_ENCODINGS] = {
	{
		.name = "base62",
		DIGITS("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
		.length = 11,
		.length_128 = 22,
		.look_alikes = "",
	},
	{
		.name = "base58",
		DIGITS("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
		.length = 11,
		.length_128 = 22,
		.look_alikes = "",
	},
	{
		.name = "base32",
		DIGITS(BASE32_DIGITS),
		.length = 13,
		.length_128 = 26,
		.fold = pg_ascii_toupper,
		.look_alikes = BASE32_LOOK_ALIKES,
		.hyphens = true,
	},
	{
		.name = "hex",
		DIGITS("0123456789abcdef"),
		.length = 16,
		.length_128 = 32,
		.fold = pg_ascii_tolower,
		.look_alikes = "",
	},
};

/* Write encoding->length digits without a terminating zero byte. */
void
base_n_encode(const BaseNEncoding *encoding, uint64 value, char *str)
{
	for (int i = encoding->length; i-- > 0; value /= encoding->base)
		str[i] = encoding->digits[value % encoding->base];
}

/* The value of a digit; -1 if the character is not a digit. */
static int
digit_value(const BaseNEncoding *encoding, char character)
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

/* Divide *value by a base and return the remainder. */
static int
divide_128(UuidBits *value, int base)
{
	uint64		high = value->high;
	uint64		middle = high % base << 32 | value->low >> 32;
	uint64		low = middle % base << 32 | (value->low & PG_UINT32_MAX);

	value->high = high / base;
	value->low = middle / base << 32 | low / base;
	return low % base;
}

/* Write encoding->length_128 digits without a terminating zero byte. */
void
base_n_encode_128(const BaseNEncoding *encoding, UuidBits value, char *str)
{
	for (int i = encoding->length_128; i-- > 0;)
		str[i] = encoding->digits[divide_128(&value, encoding->base)];
}

/* Multiply by a base and add a digit.  Returns false, with *value undefined, if 128 bits overflow. */
static bool
append_digit(UuidBits *value, int base, int digit)
{
	uint64		low = (value->low & PG_UINT32_MAX) * base + digit;
	uint64		middle = (value->low >> 32) * base + (low >> 32);

	value->low = middle << 32 | (low & PG_UINT32_MAX);
	return !pg_mul_u64_overflow(value->high, base, &value->high) &&
		!pg_add_u64_overflow(value->high, middle >> 32, &value->high);
}

/*
 * Read any text of length bytes from the left, up to the first error.  Sets *value if
 * there is none.  Sets *bad to the index of a bad character; all characters before it
 * are single bytes of ASCII.  The value overflows if its high word exceeds most_high.
 */
static BaseNStatus
decode_digits(const BaseNEncoding *encoding, const char *str, size_t length, uint64 most_high,
			  UuidBits *value, size_t *bad)
{
	BaseNStatus status = BASE_N_EMPTY;
	UuidBits	sum = {0, 0};

	for (size_t i = 0; i < length; i++)
	{
		int			digit;

		if (encoding->hyphens && str[i] == '-')
			continue;
		digit = digit_value(encoding, str[i]);
		if (digit < 0)
		{
			*bad = i;
			return BASE_N_BAD_CHARACTER;
		}
		if (!append_digit(&sum, encoding->base, digit) || sum.high > most_high)
			return BASE_N_OVERFLOW;
		status = BASE_N_OK;
	}
	if (status == BASE_N_OK)
		*value = sum;
	return status;
}

/* Read a number of 64 bits, as decode_digits() says. */
BaseNStatus
base_n_decode(const BaseNEncoding *encoding, const char *str, size_t length,
			  uint64 *value, size_t *bad)
{
	UuidBits	bits;
	BaseNStatus status = decode_digits(encoding, str, length, 0, &bits, bad);

	if (status == BASE_N_OK)
		*value = bits.low;
	return status;
}

/* Read a number of 128 bits, as decode_digits() says. */
BaseNStatus
base_n_decode_128(const BaseNEncoding *encoding, const char *str, size_t length,
				  UuidBits *value, size_t *bad)
{
	return decode_digits(encoding, str, length, PG_UINT64_MAX, value, bad);
}
