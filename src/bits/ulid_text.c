/*-------------------------------------------------------------------------
 *
 * ulid_text.c
 *	  See ulid_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/base32.h"
#include "bits/ulid_text.h"

#define DIGIT_BITS 5

static const char digits[] = BASE32_DIGITS;

/* The value of a digit plus 1, in either case; 0 if the character is not a digit. */
static const uint8 digit_plus_one[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0,
	0, 11, 12, 13, 14, 15, 16, 17, 18, 2, 19, 20, 2, 21, 22, 1,
	23, 24, 25, 26, 27, 0, 28, 29, 30, 31, 32, 0, 0, 0, 0, 0,
	0, 11, 12, 13, 14, 15, 16, 17, 18, 2, 19, 20, 2, 21, 22, 1,
	23, 24, 25, 26, 27, 0, 28, 29, 30, 31, 32, 0, 0, 0, 0, 0,
};

/* Write ULID_TEXT_LENGTH digits without a terminating zero byte. */
void
ulid_text_write(UuidBits ulid, char *str)
{
	/*
	 * The last 12 digits are in the low word, the first 13 in the high word
	 * above its last bit.
	 */
	uint64		low = ulid.low;
	uint64		high = ulid.high >> 1;

	for (int i = ULID_TEXT_LENGTH - 1; i > 13; i--, low >>= DIGIT_BITS)
		str[i] = digits[low & 31];

	/*
	 * The digit between has the last bit of the high word and the first 4
	 * bits of the low word.
	 */
	str[13] = digits[low | (ulid.high & 1) << 4];
	for (int i = 12; i >= 0; i--, high >>= DIGIT_BITS)
		str[i] = digits[high & 31];
}

/*
 * Read any text of length bytes from the left, up to the first error.  Sets *ulid if
 * there is none.  Sets *bad to the index of a bad character; all characters before it
 * are single bytes of ASCII.
 */
UlidTextStatus
ulid_text_read(const char *str, size_t length, UuidBits *ulid, size_t *bad)
{
	UuidBits	bits = {0, 0};

	for (size_t i = 0; i < Min(length, ULID_TEXT_LENGTH); i++)
	{
		uint8		value = digit_plus_one[(unsigned char) str[i]];

		if (value == 0)
		{
			*bad = i;
			return ULID_TEXT_BAD_CHARACTER;
		}
		bits.high = bits.high << DIGIT_BITS | bits.low >> (64 - DIGIT_BITS);
		bits.low = bits.low << DIGIT_BITS | (value - 1);
	}
	if (length != ULID_TEXT_LENGTH)
		return ULID_TEXT_WRONG_LENGTH;
	if (digit_plus_one[(unsigned char) str[0]] > 8)
		return ULID_TEXT_OVERFLOW;
	*ulid = bits;
	return ULID_TEXT_OK;
}
