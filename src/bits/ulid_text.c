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
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16, ['G'] = 17, ['H'] = 18,
	['J'] = 19, ['K'] = 20, ['M'] = 21, ['N'] = 22, ['P'] = 23, ['Q'] = 24, ['R'] = 25, ['S'] = 26,
	['T'] = 27, ['V'] = 28, ['W'] = 29, ['X'] = 30, ['Y'] = 31, ['Z'] = 32,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['g'] = 17, ['h'] = 18,
	['j'] = 19, ['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24, ['r'] = 25, ['s'] = 26,
	['t'] = 27, ['v'] = 28, ['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32,
	['I'] = 2, ['i'] = 2, ['L'] = 2, ['l'] = 2, ['O'] = 1, ['o'] = 1,
};

/* Write ULID_TEXT_LENGTH digits without a terminating zero byte. */
void
ulid_text_write(UuidBits ulid, char *text)
{
	/* The last 12 digits are in the low word, the first 13 in the high word above its last bit. */
	uint64		low = ulid.low;
	uint64		high = ulid.high >> 1;

	for (int i = ULID_TEXT_LENGTH - 1; i > 13; i--, low >>= DIGIT_BITS)
		text[i] = digits[low & 31];
	/* The digit between has the last bit of the high word and the first 4 bits of the low word. */
	text[13] = digits[low | (ulid.high & 1) << 4];
	for (int i = 12; i >= 0; i--, high >>= DIGIT_BITS)
		text[i] = digits[high & 31];
}

/*
 * Read any text of length bytes from the left, up to the first error.  Sets *ulid if
 * there is none.  Sets *bad to the index of a bad character; all characters before it
 * are single bytes of ASCII.
 */
UlidTextStatus
ulid_text_read(const char *text, size_t length, UuidBits *ulid, size_t *bad)
{
	UuidBits	bits = {0, 0};

	for (size_t i = 0; i < Min(length, ULID_TEXT_LENGTH); i++)
	{
		uint8		value = digit_plus_one[(unsigned char) text[i]];

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
	if (digit_plus_one[(unsigned char) text[0]] > 8)
		return ULID_TEXT_OVERFLOW;
	*ulid = bits;
	return ULID_TEXT_OK;
}
