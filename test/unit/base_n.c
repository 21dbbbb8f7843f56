/*-------------------------------------------------------------------------
 *
 * base_n.c
 *	  Tests of base_n.c, in TAP.
 *
 * The expected texts are published vectors of the formats, or were computed by a
 * separate program.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "bits/base_n.h"

#include "tap.h"

static const BaseNEncoding *
text_encoding(const char *name)
{
	for (int i = 0; i < BASE_N_ENCODINGS; i++)
		if (strcmp(base_n_encodings[i].name, name) == 0)
			return &base_n_encodings[i];
	abort();
}

/* What a text of at most 63 bits is read as; minus the status, if it is none. */
static int64
read_text(const char *encoding, const char *str)
{
	uint64		value = 0;
	size_t		bad;
	BaseNStatus status = base_n_decode(text_encoding(encoding), str, strlen(str), &value, &bad);

	return status == BASE_N_OK ? (int64) value : -(int64) status;
}

/* Texts of numbers.  Of published ones the source is named; the others are computed from the definition. */
typedef struct TextVector
{
	const char *name;
	const char *encoding;
	uint64		value;
	const char *str;
} TextVector;

static const TextVector text_vectors[] = {
	{"Bitcoin's base58 of 61", "base58", 0x61, "111111111" "2g"},
	{"Bitcoin's base58 of 626262", "base58", 0x626262, "1111111" "a3gV"},
	{"Bitcoin's base58 of 10c8511e", "base58", 0x10c8511e, "111111" "Rt5zm"},
	{"Bitcoin's base58 of 572e4794", "base58", 0x572e4794, "11111" "3EFU7m"},
	{"Bitcoin's base58 of 516b6fcd0f", "base58", UINT64CONST(0x516b6fcd0f), "1111" "ABnLTmg"},
	{"base58 of 287fb4cd in draft-msporny-base58", "base58", 0x287fb4cd, "11111" "233QC4"},
	{"base32 of the time in the README of ULID", "base32", UINT64CONST(1469918176385), "0000" "1ARYZ6S41"},
	{"base32: 1 * 32^2 + 6 * 32 + 18", "base32", 1234, "0000000000" "16J"},
	{"base62: (35 * 62 + 36) * 62 + 61", "base62", (35 * 62 + 36) * 62 + 61, "00000000" "Zaz"},
	{"base62: 0", "base62", 0, "00000000000"},
	{"base58: 0", "base58", 0, "11111111111"},
	{"base32: 0", "base32", 0, "0000000000000"},
	{"hex: 0", "hex", 0, "0000000000000000"},
	{"base62: 2^63 - 1", "base62", PG_INT64_MAX, "AzL8n0Y58m7"},
	{"base58: 2^63 - 1", "base58", PG_INT64_MAX, "NQm6nKp8qFC"},
	{"base32: 2^63 - 1", "base32", PG_INT64_MAX, "7ZZZZZZZZZZZZ"},
	{"hex: 2^63 - 1", "hex", PG_INT64_MAX, "7fffffffffffffff"},
	{"base62: 2^64 - 1", "base62", PG_UINT64_MAX, "LygHa16AHYF"},
	{"base58: 2^64 - 1", "base58", PG_UINT64_MAX, "jpXCZedGfVQ"},
	{"base32: 2^64 - 1", "base32", PG_UINT64_MAX, "FZZZZZZZZZZZZ"},
	{"hex: 2^64 - 1", "hex", PG_UINT64_MAX, "ffffffffffffffff"},
};

static void
test_text_vectors(void)
{
	for (int i = 0; i < lengthof(text_vectors); i++)
	{
		const TextVector *v = &text_vectors[i];
		const BaseNEncoding *encoding = text_encoding(v->encoding);
		char		str[BASE_N_MAX_LENGTH];
		uint64		value;
		size_t		bad;

		base_n_encode(encoding, v->value, str);
		check(strlen(v->str) == encoding->length && memcmp(str, v->str, encoding->length) == 0, v->name);
		check(base_n_decode(encoding, v->str, encoding->length, &value, &bad) == BASE_N_OK &&
			  value == v->value, v->name);
	}
}

/* Texts of UUIDs, and of the least and the greatest. */
typedef struct UuidVector
{
	const char *name;
	const char *encoding;
	UuidBits	value;
	const char *str;
} UuidVector;

#define UUID_OF_RFC {UINT64CONST(0x017F22E279B07CC3), UINT64CONST(0x98C4DC0C0C07398F)}

static const UuidVector uuid_vectors[] = {
	{"base58 of 398073a0-2859-4ff4-94ff-662a70cb15a0", "base58", {UINT64CONST(0x398073a028594ff4), UINT64CONST(0x94ff662a70cb15a0)}, "86qJ3nXSvhBPUbmdaMwUeb"},
	{"base32 of a ULID's specification", "base32", {UINT64CONST(0x01563e3ab5d3d676), UINT64CONST(0x4c61efb99302bd5b)}, "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
	{"base62 of RFC 9562's version 7", "base62", UUID_OF_RFC, "02p5oQZoHTv0zeY5yG21K3"},
	{"base58 of RFC 9562's version 7", "base58", UUID_OF_RFC, "1BihbxwwQ4NZZpKRH9JDCz"},
	{"base32 of RFC 9562's version 7", "base32", UUID_OF_RFC, "01FWHE4YDGFK1SHH6W1G60EECF"},
	{"hex of RFC 9562's version 7", "hex", UUID_OF_RFC, "017f22e279b07cc398c4dc0c0c07398f"},
	{"base62 of 0", "base62", {0, 0}, "0000000000000000000000"},
	{"base58 of 0", "base58", {0, 0}, "1111111111111111111111"},
	{"base62 of 2^64", "base62", {1, 0}, "00000000000LygHa16AHYG"},
	{"base58 of 2^64", "base58", {1, 0}, "11111111111jpXCZedGfVR"},
	{"base62 of 2^128 - 1", "base62", {PG_UINT64_MAX, PG_UINT64_MAX}, "7n42DGM5Tflk9n8mt7Fhc7"},
	{"base58 of 2^128 - 1", "base58", {PG_UINT64_MAX, PG_UINT64_MAX}, "YcVfxkQb6JRzqk5kF2tNLv"},
	{"base32 of 2^128 - 1", "base32", {PG_UINT64_MAX, PG_UINT64_MAX}, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
	{"hex of 2^128 - 1", "hex", {PG_UINT64_MAX, PG_UINT64_MAX}, "ffffffffffffffffffffffffffffffff"},
};

static BaseNStatus
read_uuid(const char *encoding, const char *str, UuidBits *value)
{
	size_t		bad;

	return base_n_decode_128(text_encoding(encoding), str, strlen(str), value, &bad);
}

static void
test_uuid_vectors(void)
{
	for (int i = 0; i < lengthof(uuid_vectors); i++)
	{
		const UuidVector *v = &uuid_vectors[i];
		const BaseNEncoding *encoding = text_encoding(v->encoding);
		char		str[BASE_N_MAX_LENGTH_128 + 1] = "";
		UuidBits	value;

		base_n_encode_128(encoding, v->value, str);
		is_text(str, v->str, v->name);
		is_number(strlen(str), encoding->length_128, of("length", v->name));
		check(read_uuid(v->encoding, v->str, &value) == BASE_N_OK && uuid_bits_equal(value, v->value), of("read", v->name));
	}
}

static void
test_uuid_reading(void)
{
	UuidBits	value = {42, 43};

	is_number(read_uuid("base62", "7n42DGM5Tflk9n8mt7Fhc8", &value), BASE_N_OVERFLOW, "128 bits: 2^128, base62");
	is_number(read_uuid("base58", "YcVfxkQb6JRzqk5kF2tNLw", &value), BASE_N_OVERFLOW, "128 bits: 2^128, base58");
	is_number(read_uuid("base32", "80000000000000000000000000", &value), BASE_N_OVERFLOW, "128 bits: 2^128, base32");
	is_number(read_uuid("hex", "100000000000000000000000000000000", &value), BASE_N_OVERFLOW, "128 bits: 2^128, hex");
	is_number(read_uuid("base58", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", &value), BASE_N_OVERFLOW, "128 bits: far more");
	is_number(read_uuid("hex", "", &value), BASE_N_EMPTY, "128 bits: empty");
	is_number(read_uuid("hex", "398073a0-2859-4ff4-94ff-662a70cb15a0", &value), BASE_N_BAD_CHARACTER, "128 bits: no hyphens in hex");
	check(value.high == 42 && value.low == 43, "128 bits: a value is left alone then");
	check(read_uuid("base58", "2", &value) == BASE_N_OK && value.high == 0 && value.low == 1, "128 bits: zeros may be missing");
	check(read_uuid("base32", "7zzz-zzzz-zzzz-zzzz-zzzz-zzzz-zz", &value) == BASE_N_OK && uuid_bits_equal(value, uuid_max),
		  "128 bits: Crockford's liberties");
}

/* Neither can a digit be missing, nor one be in the way of the order of bytes. */
static void
test_text_encodings(void)
{
	for (int i = 0; i < BASE_N_ENCODINGS; i++)
	{
		const BaseNEncoding *encoding = &base_n_encodings[i];
		uint64		left = PG_UINT64_MAX;
		int			digits = 0;
		bool		ascending = true;

		for (; left > 0; left /= encoding->base)
			digits++;
		for (int d = 1; d < encoding->base; d++)
			ascending = ascending && encoding->digits[d - 1] < encoding->digits[d];
		is_number(encoding->length, digits, encoding->name);
		check(encoding->length <= BASE_N_MAX_LENGTH && encoding->length_128 <= BASE_N_MAX_LENGTH_128,
			  "text: the buffers hold it");
		is_number(encoding->length_128, ceil(128 / log2(encoding->base)), of("128 bits", encoding->name));
		is_number(strlen(encoding->digits), encoding->base, "text: a digit for each value");
		check(ascending, "text: digits ascend");
	}
}

/* The value of each byte as a text of its own, as the encoding's publication has it. */
static void
test_text_bytes(void)
{
	static const struct
	{
		const char *name;
		const char *readings;	/* for each value, what is read as it */
	}			expected[] = {
		{"base62", "0 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P Q R S T U V W X Y Z "
		"a b c d e f g h i j k l m n o p q r s t u v w x y z"},
		{"base58", "1 2 3 4 5 6 7 8 9 A B C D E F G H J K L M N P Q R S T U V W X Y Z "
		"a b c d e f g h i j k m n o p q r s t u v w x y z"},
		{"base32", "0Oo 1IiLl 2 3 4 5 6 7 8 9 Aa Bb Cc Dd Ee Ff Gg Hh Jj Kk Mm Nn Pp Qq Rr Ss Tt Vv Ww Xx Yy Zz"},
		{"hex", "0 1 2 3 4 5 6 7 8 9 Aa Bb Cc Dd Ee Ff"},
	};

	for (int i = 0; i < lengthof(expected); i++)
	{
		int			values[256];
		bool		as_expected = true;
		int			value = 0;

		for (int byte = 0; byte < 256; byte++)
			values[byte] = -BASE_N_BAD_CHARACTER;
		if (text_encoding(expected[i].name)->hyphens)
			values['-'] = -BASE_N_EMPTY;
		for (const char *c = expected[i].readings; *c != '\0'; c++)
			if (*c == ' ')
				value++;
			else
				values[(unsigned char) *c] = value;

		for (int byte = 1; byte < 256; byte++)
		{
			char		character[] = {byte, '\0'};

			as_expected = as_expected && read_text(expected[i].name, character) == values[byte];
		}
		check(as_expected, expected[i].name);
	}
}

static void
test_text_reading(void)
{
	uint64		value = 42;
	size_t		bad = 42;

	is_number(read_text("base62", ""), -BASE_N_EMPTY, "text: empty");
	is_number(read_text("base32", "--"), -BASE_N_EMPTY, "text: hyphens alone");
	is_number(read_text("base32", "-01arYZ-6-s4i-"), INT64CONST(1469918176385), "text: Crockford's liberties");
	is_number(read_text("base32", "U"), -BASE_N_BAD_CHARACTER, "text: U is not among them");
	is_number(read_text("hex", "0x1f"), -BASE_N_BAD_CHARACTER, "text: no prefix");
	is_number(read_text("hex", "1-f"), -BASE_N_BAD_CHARACTER, "text: hyphens in base32 alone");
	is_number(read_text("base58", "233QC4"), 0x287fb4cd, "text: zeros may be missing");
	is_number(read_text("hex", "00000000000000000000000000000000000000ff"), 255, "text: zeros beyond all length");

	is_number(read_text("base62", "LygHa16AHYG"), -BASE_N_OVERFLOW, "text: 2^64, base62");
	is_number(read_text("base58", "jpXCZedGfVR"), -BASE_N_OVERFLOW, "text: 2^64, base58");
	is_number(read_text("base32", "G000000000000"), -BASE_N_OVERFLOW, "text: 2^64, base32");
	is_number(read_text("hex", "10000000000000000"), -BASE_N_OVERFLOW, "text: 2^64, hex");
	is_number(read_text("base58", "3SEo3LWLoPntC"), -BASE_N_OVERFLOW, "text: Bitcoin's bf4f89001e670274dd");

	is_number(base_n_decode(text_encoding("hex"), "12g", 2, &value, &bad), BASE_N_OK, "text: no further than told");
	is_number(value, 0x12, "text: and its value");
	is_number(base_n_decode(text_encoding("hex"), "12g", 3, &value, &bad), BASE_N_BAD_CHARACTER, "text: bad character");
	is_number(bad, 2, "text: and where");
	is_number(base_n_decode(text_encoding("hex"), "1\0", 2, &value, &bad), BASE_N_BAD_CHARACTER, "text: NUL is one");
	is_number(value, 0x12, "text: a value is left alone then");
}

int
main(void)
{
	test_text_vectors();
	test_uuid_vectors();
	test_text_encodings();
	test_text_bytes();
	test_text_reading();
	test_uuid_reading();
	return done_testing();
}
