/*-------------------------------------------------------------------------
 *
 * typeid_text.c
 *	  Tests of typeid_text.c, in TAP.
 *
 * The texts that are valid and those that are not are those of the specification.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/typeid_text.h"

#include "tap.h"

#define ZEROS "00000000000000000000000000"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define LETTERS_63 LETTERS LETTERS "abcdefghijk"

static const struct
{
	const char *name;
	const char *typeid;
	const char *prefix;
	UuidBits	uuid;
}			valid[] = {
	{"nil", ZEROS, "", {0, 0}},
	{"one", "00000000000000000000000001", "", {0, 1}},
	{"ten", "0000000000000000000000000a", "", {0, 10}},
	{"sixteen", "0000000000000000000000000g", "", {0, 16}},
	{"thirty-two", "00000000000000000000000010", "", {0, 32}},
	{"max-valid", "7zzzzzzzzzzzzzzzzzzzzzzzzz", "", {PG_UINT64_MAX, PG_UINT64_MAX}},
	{"valid-alphabet", "prefix_0123456789abcdefghjkmnpqrs", "prefix", {UINT64CONST(0x0110c8531d0952d8), UINT64CONST(0xd73e1194e95b5f19)}},
	{"valid-uuidv7", "prefix_01h455vb4pex5vsknk084sn02q", "prefix", {UINT64CONST(0x01890a5dac96774b), UINT64CONST(0xbcceb302099a8057)}},
	{"prefix-underscore", "pre_fix_" ZEROS, "pre_fix", {0, 0}},
	{"user", "user_01h45ytscbebyvny4gc8cr8ma2", "user", {UINT64CONST(0x01890bed658b72fd), UINT64CONST(0xbaf8906219845142)}},
	{"several in a row", "my__type_" ZEROS, "my__type", {0, 0}},
	{"a letter", "a_" ZEROS, "a", {0, 0}},
	{"63 letters", LETTERS_63 "_" ZEROS, LETTERS_63, {0, 0}},
};

static const struct
{
	const char *name;
	const char *typeid;
	TypeidStatus status;
	int			bad;			/* -1: no character is */
}			invalid[] = {
	{"prefix-uppercase", "PREFIX_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 0},
	{"prefix-numeric", "12345_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 0},
	{"prefix-period", "pre.fix_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 3},
	{"prefix-non-ascii", "pr\303\251fix_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 2},
	{"prefix-spaces", "  prefix_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 0},
	{"prefix-64-chars", LETTERS_63 "l_" ZEROS, TYPEID_PREFIX_TOO_LONG, -1},
	{"separator-empty-prefix", "_" ZEROS, TYPEID_EMPTY_PREFIX, -1},
	{"separator-empty", "_", TYPEID_EMPTY_PREFIX, -1},
	{"suffix-short", "prefix_1234567890123456789012345", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"suffix-long", "prefix_123456789012345678901234567", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"suffix-spaces", "prefix_1234567890123456789012345 ", TYPEID_BAD_SUFFIX_CHARACTER, 32},
	{"suffix-uppercase", "prefix_0123456789ABCDEFGHJKMNPQRS", TYPEID_BAD_SUFFIX_CHARACTER, 17},
	{"suffix-hyphens", "prefix_123456789-123456789-123456", TYPEID_BAD_SUFFIX_CHARACTER, 16},
	{"suffix-wrong-alphabet", "prefix_ooooooiiiiiiuuuuuuulllllll", TYPEID_BAD_SUFFIX_CHARACTER, 7},
	{"suffix-ambiguous-crockford", "prefix_i23456789ol23456789oi23456", TYPEID_BAD_SUFFIX_CHARACTER, 7},
	{"suffix-hyphens-crockford", "prefix_123456789-0123456789-0123456", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"suffix-overflow", "prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz", TYPEID_OVERFLOW, -1},
	{"prefix-underscore-start", "_prefix_" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 0},
	{"prefix-underscore-end", "prefix__" ZEROS, TYPEID_BAD_PREFIX_CHARACTER, 6},
	{"empty", "", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"prefix-empty", "prefix_", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"a prefix alone", "prefix", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"only separators", "__", TYPEID_BAD_PREFIX_CHARACTER, 0},
	{"a line's end", ZEROS "\n", TYPEID_BAD_SUFFIX_LENGTH, -1},
	{"the hyphens of a UUID", "01890bed-658b-72fd-baf8-906219845142", TYPEID_BAD_SUFFIX_LENGTH, -1},
};

static void
test_valid(void)
{
	for (int i = 0; i < lengthof(valid); i++)
	{
		size_t		length = strlen(valid[i].prefix);
		char		str[TYPEID_MAX_LENGTH + 1];
		size_t		written;
		Typeid		typeid;
		size_t		bad = 42;

		memset(str, '!', sizeof(str));
		check(typeid_prefix_check(valid[i].prefix, length, &bad) == TYPEID_OK, of("its prefix is one", valid[i].name));
		written = typeid_write(valid[i].uuid, valid[i].prefix, length, str);
		check(str[written] == '!', of("nothing is written after it", valid[i].name));
		str[written] = '\0';
		is_text(str, valid[i].typeid, of("written", valid[i].name));
		check(typeid_read(valid[i].typeid, strlen(valid[i].typeid), &typeid, &bad) == TYPEID_OK &&
			  typeid.prefix_length == length && uuid_bits_equal(typeid.uuid, valid[i].uuid) && bad == 42,
			  of("read", valid[i].name));
	}
}

static void
test_invalid(void)
{
	for (int i = 0; i < lengthof(invalid); i++)
	{
		Typeid		typeid = {42, {43, 44}};
		size_t		bad = (size_t) -1;

		is_number(typeid_read(invalid[i].typeid, strlen(invalid[i].typeid), &typeid, &bad), invalid[i].status, invalid[i].name);
		is_number((int) bad, invalid[i].bad, of("where", invalid[i].name));
		check(typeid.prefix_length == 42 && typeid.uuid.high == 43 && typeid.uuid.low == 44,
			  of("nothing is set", invalid[i].name));
	}
}

/* Each byte at each place of a prefix and of a suffix. */
static void
test_bytes(void)
{
	int			in_prefix = 0;
	int			in_suffix = 0;

	for (int place = 0; place < 3 + 1 + ULID_TEXT_LENGTH; place++)
		for (int byte = 0; byte < 256; byte++)
		{
			char		str[] = "abc_" ZEROS;
			Typeid		typeid;
			size_t		bad;

			if (place == 3)
				continue;
			str[place] = byte;
			if (typeid_read(str, sizeof(str) - 1, &typeid, &bad) != TYPEID_OK)
				continue;
			if (place < 3)
				in_prefix++;
			else
				in_suffix++;
		}
	is_number(in_prefix, 26 + 27 + 26, "letters are read in a prefix, and \"_\" within it");
	is_number(in_suffix, 8 + (ULID_TEXT_LENGTH - 1) * 32, "32 digits are read in a suffix, and 8 in its first place");
}

int
main(void)
{
	test_valid();
	test_invalid();
	test_bytes();
	return done_testing();
}
