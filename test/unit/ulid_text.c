/*-------------------------------------------------------------------------
 *
 * ulid_text.c
 *	  Tests of ulid_text.c, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/base32.h"
#include "bits/ulid_text.h"

#include "tap.h"

#define SMALLEST "00000000000000000000000000"
#define LARGEST "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"

/* The text of a ULID, which lasts until the next but one. */
static const char *
written(UuidBits ulid)
{
	static char texts[2][ULID_TEXT_LENGTH + 2];
	static int	next = 0;
	char	   *str = texts[next++ % 2];

	str[ULID_TEXT_LENGTH] = '!';
	ulid_text_write(ulid, str);
	if (str[ULID_TEXT_LENGTH] != '!')
		abort();
	str[ULID_TEXT_LENGTH] = '\0';
	return str;
}

static bool
reads_as(const char *str, UuidBits ulid)
{
	UuidBits	got = {42, 42};
	size_t		bad = 42;

	return ulid_text_read(str, strlen(str), &got, &bad) == ULID_TEXT_OK && uuid_bits_equal(got, ulid) && bad == 42;
}

/* What is wrong with a text: the status, and where if it is a character.  Nothing else is set. */
static bool
is_refused(const char *str, size_t length, UlidTextStatus expected, size_t expected_bad)
{
	UuidBits	got = {42, 43};
	size_t		bad = 42;

	return ulid_text_read(str, length, &got, &bad) == expected && got.high == 42 && got.low == 43 &&
		bad == (expected == ULID_TEXT_BAD_CHARACTER ? expected_bad : 42);
}

/* Published texts, and sums of powers of 32. */
static const struct
{
	const char *str;
	UuidBits	bits;
	const char *source;
}			vectors[] = {
	{"01ARZ3NDEKTSV4RRFFQ69G5FAV", {UINT64CONST(0x01563e3ab5d3d676), UINT64CONST(0x4c61efb99302bd5b)}, "the specification"},
	{"01BX5ZZKBKACTAV9WEVGEMMVRZ", {UINT64CONST(0x015f4bffcd735334), UINT64CONST(0xada78edc1d4a6f1f)}, "the specification, monotonic"},
	{"01BX5ZZKBKACTAV9WEVGEMMVS0", {UINT64CONST(0x015f4bffcd735334), UINT64CONST(0xada78edc1d4a6f20)}, "the specification, one more"},
	{"01GV5PA9EQG7D82Q3Y4PKBZSYV", {UINT64CONST(0x0186cb6525d781da), UINT64CONST(0x815c7e25a6bfe7db)}, "a ULID and its UUID"},
	{SMALLEST, {0, 0}, "the least"},
	{LARGEST, {PG_UINT64_MAX, PG_UINT64_MAX}, "the greatest"},
	{"00000000000000000000000001", {0, 1}, "1"},
	{"000000000000000000000000ZZ", {0, 1023}, "two digits"},
	{"0000000000000FZZZZZZZZZZZZ", {0, PG_UINT64_MAX}, "the low word"},
	{"0000000000000G000000000000", {1, 0}, "one more"},
	{"7ZZZZZZZZZZZZG000000000000", {PG_UINT64_MAX, 0}, "the high word"},
	{"7ZZZZZZZZZ0000000000000000", {UINT64CONST(0xffffffffffff0000), 0}, "the last time"},
};

static void
test_vectors(void)
{
	for (int i = 0; i < lengthof(vectors); i++)
	{
		is_text(written(vectors[i].bits), vectors[i].str, of("written", vectors[i].source));
		check(reads_as(vectors[i].str, vectors[i].bits), of("read", vectors[i].source));
	}
	is_number(strlen(BASE32_DIGITS), 32, "there are 32 digits");
}

/* The digit that a byte stands for by base32.h; -1: none. */
static int
digit_of(int byte)
{
	static const char look_alikes[] = BASE32_LOOK_ALIKES;
	int			upper = byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte;
	const char *digit;

	for (int i = 0; i < strlen(look_alikes); i += 2)
		if (upper == look_alikes[i])
			upper = look_alikes[i + 1];
	digit = upper == '\0' ? NULL : strchr(BASE32_DIGITS, upper);
	return digit == NULL ? -1 : (int) (digit - BASE32_DIGITS);
}

/* Is a byte that is no digit told, at its place, before what is wrong after it: another one, or the length? */
static bool
is_told_first(char byte, int place)
{
	char		str[ULID_TEXT_LENGTH + 1] = SMALLEST;

	str[ULID_TEXT_LENGTH - 1] = '!';
	str[place] = byte;
	if (!is_refused(str, ULID_TEXT_LENGTH, ULID_TEXT_BAD_CHARACTER, place) ||
		!is_refused(str, place + 1, ULID_TEXT_BAD_CHARACTER, place))
		return false;
	str[0] = place > 0 ? 'Z' : byte;
	return is_refused(str, ULID_TEXT_LENGTH, ULID_TEXT_BAD_CHARACTER, place);
}

static void
test_digits(void)
{
	bool		digits_written = true;
	bool		digits_read = true;
	bool		others_refused = true;
	bool		first_wrong_told = true;
	int			readable = 0;

	for (int place = 0; place < ULID_TEXT_LENGTH; place++)
	{
		int			shift = 5 * (ULID_TEXT_LENGTH - 1 - place);

		for (int byte = 0; byte < 256; byte++)
		{
			char		str[ULID_TEXT_LENGTH + 1] = SMALLEST;
			int			digit = digit_of(byte);
			unsigned __int128 value = (unsigned __int128) Max(digit, 0) << shift;
			UuidBits	bits = {(uint64) (value >> 64), (uint64) value};

			str[place] = byte;
			if (digit < 0)
			{
				others_refused = others_refused && is_refused(str, ULID_TEXT_LENGTH, ULID_TEXT_BAD_CHARACTER, place);
				first_wrong_told = first_wrong_told && is_told_first(byte, place);
			}
			else if (place == 0 && digit > 7)
				others_refused = others_refused && is_refused(str, ULID_TEXT_LENGTH, ULID_TEXT_OVERFLOW, 0);
			else
			{
				digits_read = digits_read && reads_as(str, bits);
				str[place] = BASE32_DIGITS[digit];
				digits_written = digits_written && strcmp(written(bits), str) == 0;
				readable++;
			}
		}
	}
	check(digits_written, "each digit is written at each place");
	check(digits_read, "each digit and what looks like it is read at each place, in either case");
	check(others_refused, "each other byte is refused at each place, and so is a first digit above 7");
	check(first_wrong_told, "what is wrong first is told, with its place");

	/*
	 * 10 digits, 22 letters in two cases, I, L and O in two cases; in the
	 * first place 8 digits and what looks like them
	 */
	is_number(readable, (ULID_TEXT_LENGTH - 1) * (10 + 44 + 6) + 8 + 6, "so many bytes are read");
}

static void
test_lengths(void)
{
	bool		ok = true;

	for (int length = 0; length <= 60; length++)
	{
		char		str[61];

		memset(str, 'Z', sizeof(str));
		str[0] = '7';
		if (length != ULID_TEXT_LENGTH)
			ok = ok && is_refused(str, length, ULID_TEXT_WRONG_LENGTH, 0);

		/*
		 * The length is told before the overflow, and a character before the
		 * length only within a ULID's.
		 */
		str[0] = '8';
		ok = ok && is_refused(str, length, length == ULID_TEXT_LENGTH ? ULID_TEXT_OVERFLOW : ULID_TEXT_WRONG_LENGTH, 0);
		str[ULID_TEXT_LENGTH] = '!';
		if (length != ULID_TEXT_LENGTH)
			ok = ok && is_refused(str, length, ULID_TEXT_WRONG_LENGTH, 0);
	}
	check(ok, "every length from 0 to 60 but 26 is refused");
	check(is_refused("01ARZ3NDEKTSV4RRFFQ69G5FAV", 25, ULID_TEXT_WRONG_LENGTH, 0), "no further is read than told");
	check(is_refused("01ARZ3NDEKTSV4RRFFQ69G5FA\0", 26, ULID_TEXT_BAD_CHARACTER, 25), "a byte of zero is no digit");
	check(is_refused(" 01ARZ3NDEKTSV4RRFFQ69G5FAV", 27, ULID_TEXT_BAD_CHARACTER, 0), "a blank is no digit");
}

/* The next of a fixed sequence of numbers that look random: xorshift64*. */
static uint64
any_number(void)
{
	static uint64 state = 42;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64CONST(0x2545F4914F6CDD1D);
}

static void
test_round_trips(void)
{
	UuidBits	last = {0, 0};
	bool		same = true;
	bool		in_order = true;

	for (int i = 0; i < 400000; i++)
	{
		UuidBits	bits = {any_number(), any_number()};
		unsigned char bytes[2][UUID_BYTES];
		int			order;
		int			text_order;

		/*
		 * Every other one has few bits set, or few clear, or differs from the
		 * last in a few.
		 */
		if (i % 2 == 0)
		{
			bits.high = i % 4 ? UINT64CONST(1) << bits.high % 64 : last.high;
			bits.low = last.low ^ UINT64CONST(1) << bits.low % 64;
		}
		if (i % 7 == 0)
			bits = uuid_bits_make(~bits.high, ~bits.low);

		same = same && reads_as(written(bits), bits);
		uuid_bits_write(last, bytes[0]);
		uuid_bits_write(bits, bytes[1]);
		order = memcmp(bytes[0], bytes[1], UUID_BYTES);
		text_order = strcmp(written(last), written(bits));
		in_order = in_order && (order < 0) == (text_order < 0) && (order > 0) == (text_order > 0);
		last = bits;
	}
	check(same, "what was written is read");
	check(in_order, "texts are in the order of the bytes");
}

int
main(void)
{
	test_vectors();
	test_digits();
	test_lengths();
	test_round_trips();
	return done_testing();
}
