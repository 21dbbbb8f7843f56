/*-------------------------------------------------------------------------
 *
 * uuid_bits.c
 *	  Tests of uuid_bits.c, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/ulid_text.h"
#include "bits/id128_bounds.h"
#include "bits/ulid_bits.h"
#include "bits/uuid_bits.h"

#include "tap.h"

/* 2022-02-22 19:22:22, the time in the appendix */
#define MS_2022 INT64CONST(1645557742000)

/* A UUID as text, which lasts until the next but three. */
static const char *
text_of(UuidBits uuid)
{
	static char texts[4][37];
	static int	next = 0;
	char	   *str = texts[next++ % 4];
	unsigned char bytes[UUID_BYTES];
	int			length = 0;

	uuid_bits_write(uuid, bytes);
	for (int i = 0; i < UUID_BYTES; i++)
		length += sprintf(str + length, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
	return str;
}

static UuidBits
uuid_of(const char *str)
{
	unsigned char bytes[UUID_BYTES];
	unsigned int byte;

	for (int i = 0; i < UUID_BYTES; i++)
	{
		str += *str == '-';
		if (sscanf(str, "%2x", &byte) != 1)
			abort();
		bytes[i] = byte;
		str += 2;
	}
	return uuid_bits_read(bytes);
}

static bool
is_below(UuidBits one, UuidBits other)
{
	unsigned char bytes[2][UUID_BYTES];

	uuid_bits_write(one, bytes[0]);
	uuid_bits_write(other, bytes[1]);
	return memcmp(bytes[0], bytes[1], UUID_BYTES) < 0;
}

/* RFC 9562, appendices A and B, and the other UUIDs that it names.  -1: of no version, or without a time. */
static const struct
{
	const char *uuid;
	UuidVariant variant;
	int			version;
	int64		unix_us;
}			examples[] = {
	{"c232ab00-9414-11ec-b3c8-9f6bdeced846", UUID_VARIANT_RFC, 1, MS_2022 * 1000},
	{"5df41881-3aed-3515-88a7-2f4a814cf09e", UUID_VARIANT_RFC, 3, -1},
	{"919108f7-52d1-4320-9bac-f847db4148a8", UUID_VARIANT_RFC, 4, -1},
	{"2ed6657d-e927-568b-95e1-2665a8aea6a2", UUID_VARIANT_RFC, 5, -1},
	{"1ec9414c-232a-6b00-b3c8-9f6bdeced846", UUID_VARIANT_RFC, 6, MS_2022 * 1000},
	{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", UUID_VARIANT_RFC, 7, MS_2022 * 1000},
	{"2489e9ad-2ee2-8e00-8ec9-32d5f69181c0", UUID_VARIANT_RFC, 8, -1},
	{"5c146b14-3c52-8afd-938a-375d0df1fbf6", UUID_VARIANT_RFC, 8, -1},
	{"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", UUID_VARIANT_RFC, 1, INT64CONST(854991792216875)},
	{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", UUID_VARIANT_RFC, 1, INT64CONST(886630433151182)},
	{"00000000-0000-0000-0000-000000000000", UUID_VARIANT_NCS, -1, -1},
	{"ffffffff-ffff-ffff-ffff-ffffffffffff", UUID_VARIANT_FUTURE, -1, -1},
};

static void
test_examples(void)
{
	for (int i = 0; i < lengthof(examples); i++)
	{
		const char *str = examples[i].uuid;
		UuidBits	uuid = uuid_of(str);
		int64		unix_us = -1;
		bool		has_time = uuid_time_us(uuid, false, &unix_us);

		is_text(text_of(uuid), str, of("read and written again", str));
		is_number(uuid_variant(uuid), examples[i].variant, of("variant", str));
		is_number(uuid_version(uuid), examples[i].version, of("version", str));
		check(has_time == (examples[i].unix_us != -1), of("has a time or none", str));
		is_number(unix_us, examples[i].unix_us, of("its time, or nothing was set", str));
	}
	check(uuid_bits_equal(uuid_nil, uuid_of("00000000-0000-0000-0000-000000000000")), "nil");
	check(uuid_bits_equal(uuid_max, uuid_of("ffffffff-ffff-ffff-ffff-ffffffffffff")), "max");
	check(!uuid_bits_equal(uuid_nil, uuid_of("00000000-0000-0000-0000-000000000001")) &&
		  !uuid_bits_equal(uuid_nil, uuid_of("00000000-0000-0001-0000-000000000000")), "equal is all 128 bits");
}

/* Section 4.1, table 1: by the four highest bits of the ninth byte. */
static void
test_variants_and_versions(void)
{
	const UuidVariant variants[16] = {
		[8] = UUID_VARIANT_RFC,
		[9] = UUID_VARIANT_RFC,
		[10] = UUID_VARIANT_RFC,
		[11] = UUID_VARIANT_RFC,
		[12] = UUID_VARIANT_MICROSOFT,
		[13] = UUID_VARIANT_MICROSOFT,
		[14] = UUID_VARIANT_FUTURE,
		[15] = UUID_VARIANT_FUTURE,
	};
	bool		variant_read = true;
	bool		version_read = true;
	bool		stamped = true;

	for (int variant = 0; variant < 16; variant++)
		for (int version = 0; version < 16; version++)
			for (int others = 0; others < 2; others++)
			{
				unsigned char bytes[UUID_BYTES];
				UuidBits	uuid;
				UuidBits	changed;

				memset(bytes, others * 0xFF, sizeof(bytes));
				bytes[6] = version << 4 | (others * 0xF);
				bytes[8] = variant << 4 | (others * 0xF);
				uuid = uuid_bits_read(bytes);
				variant_read = variant_read && uuid_variant(uuid) == variants[variant];
				version_read = version_read &&
					uuid_version(uuid) == (variants[variant] == UUID_VARIANT_RFC ? version : -1);

				changed = uuid_stamp(uuid, 15 - version);
				stamped = stamped && uuid_version(changed) == 15 - version;
				changed.high ^= uuid.high;
				changed.low ^= uuid.low;
				stamped = stamped && (changed.high & ~UINT64CONST(0xF000)) == 0 &&
					(changed.low & ~(UINT64CONST(3) << 62)) == 0;
			}
	check(variant_read, "each variant is read");
	check(version_read, "each version is read, of RFC 9562's variant alone");
	check(stamped, "a version and the variant are put into their places, and nothing else changes");
}

/* Is each bit of each field alone read where it was put? */
static bool
gregorian_bits_are_read(int version)
{
	bool		same = true;

	for (int bit = 0; bit < 60; bit++)
	{
		UuidGregorian one = {INT64CONST(1) << bit, 1 << bit % 14, UINT64CONST(1) << bit % 48};
		UuidGregorian got = uuid_get_gregorian(uuid_make_gregorian(version, one));

		same = same && got.ticks == one.ticks && got.clock_sequence == one.clock_sequence && got.node == one.node;
	}
	return same;
}

/* Appendices A.1 and A.5 have the same fields. */
static void
test_gregorian(void)
{
	static const char *const rfc_example[] = {
		[1] = "c232ab00-9414-11ec-b3c8-9f6bdeced846",
		[6] = "1ec9414c-232a-6b00-b3c8-9f6bdeced846",
	};
	static const char *const full[] = {
		[1] = "ffffffff-ffff-1fff-bfff-ffffffffffff",
		[6] = "ffffffff-ffff-6fff-bfff-ffffffffffff",
	};
	static const char *const empty[] = {
		[1] = "00000000-0000-1000-8000-000000000000",
		[6] = "00000000-0000-6000-8000-000000000000",
	};

	/* Each digit another, to show where it goes */
	static const char *const digits[] = {
		[1] = "89abcdef-4567-1123-8765-fedcba987654",
		[6] = "12345678-9abc-6def-8765-fedcba987654",
	};
	const UuidGregorian parts = {INT64CONST(138648505420000000), 13256, UINT64CONST(0x9F6BDECED846)};
	const UuidGregorian none = {0};
	const UuidGregorian most = {(INT64CONST(1) << 60) - 1, 16383, UINT64CONST(0xFFFFFFFFFFFF)};
	const UuidGregorian ordered = {INT64CONST(0x123456789abcdef), 0x0765, UINT64CONST(0xfedcba987654)};

	for (int version = 1; version <= 6; version += 5)
	{
		const char *example = rfc_example[version];
		UuidGregorian read = uuid_get_gregorian(uuid_of(example));

		is_number(read.ticks, parts.ticks, of("time", example));
		is_number(read.clock_sequence, parts.clock_sequence, of("clock_seq", example));
		is_number(read.node, parts.node, of("node", example));
		is_text(text_of(uuid_make_gregorian(version, parts)), example, of("made of its fields", example));
		is_text(text_of(uuid_make_gregorian(version, most)), full[version], of("all fields full", full[version]));
		is_text(text_of(uuid_make_gregorian(version, none)), empty[version], of("all fields zero", empty[version]));
		is_text(text_of(uuid_make_gregorian(version, ordered)), digits[version], of("each digit in its place", digits[version]));
		check(gregorian_bits_are_read(version), of("each bit of each field", example));
	}
	is_text(text_of(uuid_make_gregorian(6, uuid_get_gregorian(uuid_of(rfc_example[1])))), rfc_example[6], "version 1 to 6");
	is_text(text_of(uuid_make_gregorian(1, uuid_get_gregorian(uuid_of(rfc_example[6])))), rfc_example[1], "version 6 to 1");
	is_text(text_of(uuid_make_gregorian(1, uuid_get_gregorian(uuid_of(digits[6])))), digits[1], "version 6 to 1, digit by digit");
}

static void
test_uuidv7(void)
{
	/* RFC 9562, appendix A.6; a fraction of 0xCC3 begins at 797,607.4 ns */
	bool		distinct = true;

	is_text(text_of(uuid_make_v7(MS_2022, uuid_fraction(797608), UINT64CONST(0x18C4DC0C0C07398F))),
			"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "uuidv7: the example of RFC 9562");
	is_number(uuid_ms(uuid_of("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")), MS_2022, "uuidv7: its milliseconds");
	is_text(text_of(uuid_make_v7(0, 0, 0)), "00000000-0000-7000-8000-000000000000", "uuidv7: all fields zero");
	is_text(text_of(uuid_make_v7(UUID_END_MS - 1, uuid_fraction(999999), PG_UINT64_MAX)),
			"ffffffff-ffff-7fff-bfff-ffffffffffff", "uuidv7: all fields full, version and variant intact");
	/* pg_uuidv7 */
	is_text(text_of(uuid_make_v7(INT64CONST(1672633600637), 0, 0)), "018570bb-4a7d-7000-8000-000000000000",
			"uuidv7: the least of 2023-01-02 04:26:40.637");

	/* Every step of UUID_FRACTION_NS must show in the fraction. */
	for (uint32 ns = 0; ns + UUID_FRACTION_NS < 1000000; ns++)
		distinct = distinct && uuid_fraction(ns) < uuid_fraction(ns + UUID_FRACTION_NS);
	check(distinct, "uuidv7: UUID_FRACTION_NS apart means a later fraction");
}

/* The time of a UUID; PG_INT64_MIN if it has none. */
static int64
time_of(UuidBits uuid, bool with_fraction)
{
	int64		unix_us;

	return uuid_time_us(uuid, with_fraction, &unix_us) ? unix_us : PG_INT64_MIN;
}

static void
test_times(void)
{
	/* 100 ns since 1970, and the us it is in, which is at or before it */
	static const struct
	{
		int64		ticks;
		int64		unix_us;
	}			moments[] = {
		{-UUID_GREGORIAN_TICKS_TO_1970, INT64CONST(-12219292800000000)},
		{-11, -2}, {-10, -1}, {-9, -1}, {-1, -1}, {0, 0}, {1, 0}, {9, 0}, {10, 1},
		{(INT64CONST(1) << 60) - 1 - UUID_GREGORIAN_TICKS_TO_1970, INT64CONST(103072857660684697)},
	};
	bool		as_drawn = true;

	for (int i = 0; i < lengthof(moments); i++)
		for (int version = 1; version <= 6; version += 5)
		{
			UuidGregorian parts = {moments[i].ticks + UUID_GREGORIAN_TICKS_TO_1970, 16383, UINT64CONST(0xFFFFFFFFFFFF)};
			UuidBits	uuid = uuid_make_gregorian(version, parts);

			is_number(time_of(uuid, false), moments[i].unix_us, of("time", text_of(uuid)));
			is_number(time_of(uuid, true), moments[i].unix_us, of("time, with the fraction that it has not", text_of(uuid)));
		}

	is_number(time_of(uuid_of("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), true), MS_2022 * 1000 + 797, "version 7 with a fraction");
	for (int fraction = 0; fraction < UUID_FRACTIONS; fraction++)
	{
		UuidBits	uuid = uuid_make_v7(1, fraction, PG_UINT64_MAX);

		as_drawn = as_drawn && time_of(uuid, true) == 1000 + fraction * 1000 / 4096 && time_of(uuid, false) == 1000;
	}
	check(as_drawn, "each fraction is read if asked for");
	is_number(time_of(uuid_make_v7(UUID_END_MS - 1, 4095, 0), true), INT64CONST(281474976710655999), "the last time of version 7");
	for (int version = 0; version < 16; version++)
		if (version != 1 && version != 6 && version != 7)
			is_number(time_of(uuid_stamp(uuid_max, version), true), PG_INT64_MIN, of("has no time", text_of(uuid_stamp(uuid_max, version))));
}

/* The us since 1970 in a value of an order, read in another way than it was made. */
static int64
order_time(Id128Order order, UuidBits value)
{
	switch (order)
	{
		case ID128_ORDER_V6:
		case ID128_ORDER_V7:
			return time_of(value, false);
		case ID128_ORDER_ULID:
			return (int64) (value.high >> 16) * 1000;
		case ID128_ORDER_EXTENDED:
			break;
	}
	return (int64) (value.high / 1000);
}

/* What is just below a value, and just above; there must be something. */
static UuidBits
neighbour(UuidBits value, bool above)
{
	value.high += above ? value.low == PG_UINT64_MAX : -(value.low == 0);
	value.low += above ? 1 : -1;
	return value;
}

static const struct
{
	const char *name;
	Id128Order	order;
	int64		tick_us;
	int64		first_tick;
	int64		last_tick;
	const char *least;			/* of 2022-02-22 19:22:22 */
	const char *greatest;
	const char *least_of_all;
	const char *greatest_of_all;
}			orders[] = {

	{"version 6", ID128_ORDER_V6, 1, INT64CONST(-12219292800000000), INT64CONST(103072857660684697),
		"1ec9414c-232a-6b00-8000-000000000000", "1ec9414c-232a-6b09-bfff-ffffffffffff",
	"00000000-0000-6000-8000-000000000000", "ffffffff-ffff-6fff-bfff-ffffffffffff"},
	{"version 7", ID128_ORDER_V7, 1000, 0, INT64CONST(281474976710655),
		"017f22e2-79b0-7000-8000-000000000000", "017f22e2-79b0-7fff-bfff-ffffffffffff",
	"00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"},
	{"ULID", ID128_ORDER_ULID, 1000, 0, INT64CONST(281474976710655),
		"017f22e2-79b0-0000-0000-000000000000", "017f22e2-79b0-ffff-ffff-ffffffffffff",
	"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	{"extended Snowflake", ID128_ORDER_EXTENDED, 1, 0, INT64CONST(18446744073709551),
		"16d6320c-3d4d-cc00-0000-000000000000", "16d6320c-3d4d-cfe7-ffff-ffffffffffff",
	"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
};

static void
test_orders(void)
{
	for (int i = 0; i < lengthof(orders); i++)
	{
		const char *name = orders[i].name;
		Id128Order	order = orders[i].order;
		int64		first = id128_first_tick(order);
		int64		last = id128_last_tick(order);
		int64		tick_2022 = MS_2022 * 1000 / orders[i].tick_us;
		int64		starts[] = {first, -500, tick_2022 - 500, last - 999};
		bool		in_tick = true;
		bool		apart = true;
		bool		ascending = true;

		is_number(id128_tick_us(order), orders[i].tick_us, of("tick", name));
		is_number(first, orders[i].first_tick, of("first tick", name));
		is_number(last, orders[i].last_tick, of("last tick", name));
		is_text(text_of(id128_least(order, tick_2022)), orders[i].least, of("least of a tick", name));
		is_text(text_of(id128_greatest(order, tick_2022)), orders[i].greatest, of("greatest of a tick", name));
		is_text(text_of(id128_least(order, first)), orders[i].least_of_all, of("least of all", name));
		is_text(text_of(id128_greatest(order, last)), orders[i].greatest_of_all, of("greatest of all", name));

		for (int s = 0; s < lengthof(starts); s++)
			for (int64 tick = Max(starts[s], first); tick < starts[s] + 1000; tick++)
			{
				UuidBits	least = id128_least(order, tick);
				UuidBits	greatest = id128_greatest(order, tick);

				in_tick = in_tick && order_time(order, least) == tick * orders[i].tick_us &&
					order_time(order, greatest) == tick * orders[i].tick_us;
				ascending = ascending && is_below(least, greatest);
				if (tick < last)
					apart = apart && is_below(greatest, id128_least(order, tick + 1));
				/* Where all bits count, nothing is between two ticks. */
				if ((order == ID128_ORDER_ULID || order == ID128_ORDER_EXTENDED) && tick < last)
					apart = apart && uuid_bits_equal(neighbour(greatest, true), id128_least(order, tick + 1)) &&
						uuid_bits_equal(neighbour(id128_least(order, tick + 1), false), greatest);
			}
		check(in_tick, of("least and greatest of a tick have its time", name));
		check(ascending, of("the least is below the greatest", name));
		check(apart, of("a tick is below the next", name));
	}
}

static UuidBits
ulid_of(const char *str)
{
	UuidBits	ulid;
	size_t		bad;

	if (ulid_text_read(str, strlen(str), &ulid, &bad) != ULID_TEXT_OK)
		abort();
	return ulid;
}

/* The examples of the ULID specification, section "Monotonicity". */
static void
test_specified_steps(void)
{
	static const char *const increasing[] = {
		"01BX5ZZKBKACTAV9WEVGEMMVRZ", "01BX5ZZKBKACTAV9WEVGEMMVS0", "01BX5ZZKBKACTAV9WEVGEMMVS1",
	};
	static const char *const overflowing[] = {
		"01BX5ZZKBKZZZZZZZZZZZZZZZX", "01BX5ZZKBKZZZZZZZZZZZZZZZY", "01BX5ZZKBKZZZZZZZZZZZZZZZZ",
	};
	UuidBits	ulid = ulid_of(increasing[0]);
	UuidBits	last = ulid_of(overflowing[0]);

	for (int i = 1; i < lengthof(increasing); i++)
		check(ulid_add(&ulid, 1) && uuid_bits_equal(ulid, ulid_of(increasing[i])), of("is its predecessor + 1", increasing[i]));
	for (int i = 1; i < lengthof(overflowing); i++)
		check(ulid_add(&last, 1) && uuid_bits_equal(last, ulid_of(overflowing[i])), of("is its predecessor + 1", overflowing[i]));
	check(!ulid_add(&last, 1), "after the last ULID of a millisecond, it fails");
	check(uuid_bits_equal(last, ulid_of("01BX5ZZKBKZZZZZZZZZZZZZZZZ")), "... and the time does not change");
}

/* Steps of any size, beside the sum in 80 bits by halves of words. */
static void
test_steps(void)
{
	static const uint64 words[] = {0, 1, 0xFFFF, UINT64CONST(1) << 32, UINT64CONST(1) << 56, UINT64CONST(1) << 63, PG_UINT64_MAX - 1, PG_UINT64_MAX};
	static const uint64 highs[] = {0, 1, 0xFFFE, 0xFFFF, UINT64CONST(0x123456789ABC0000), UINT64CONST(0x123456789ABCFFFF)};
	bool		right = true;

	for (int h = 0; h < lengthof(highs); h++)
		for (int l = 0; l < lengthof(words); l++)
			for (int step = 0; step < lengthof(words); step++)
			{
				UuidBits	before = {highs[h], words[l]};
				UuidBits	after = before;
				uint64		low = (before.low & PG_UINT32_MAX) + (words[step] & PG_UINT32_MAX);
				uint64		middle = (before.low >> 32) + (words[step] >> 32) + (low >> 32);
				uint64		random_high = (before.high & 0xFFFF) + (middle >> 32);
				bool		fits = random_high <= 0xFFFF;
				UuidBits	sum = {(before.high & ~UINT64CONST(0xFFFF)) | random_high, middle << 32 | (low & PG_UINT32_MAX)};

				right = right && ulid_add(&after, words[step]) == fits && uuid_bits_equal(after, fits ? sum : before);
			}
	check(right, "a step is added to the 80 random bits, if it has room there");
}

int
main(void)
{
	test_examples();
	test_variants_and_versions();
	test_gregorian();
	test_uuidv7();
	test_times();
	test_orders();
	test_specified_steps();
	test_steps();
	return done_testing();
}
