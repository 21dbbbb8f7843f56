/*-------------------------------------------------------------------------
 *
 * permutation.c
 *	  Tests of permutation.c and bit_reverse.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/bit_reverse.h"
#include "bits/permutation.h"
#include "bits/seeded_random.h"

#include "tap.h"

static const SipKey known_key = {UINT64CONST(0x0706050403020100), UINT64CONST(0x0f0e0d0c0b0a0908)};

static SipKey
next_key(uint64 *state)
{
	SipKey		key;

	key.low = seeded_word(state);
	key.high = seeded_word(state);
	return key;
}

static Permutation
make_permutation(SipKey key, const char *purpose, int64 first, int64 last)
{
	Permutation permutation;

	permutation_init(&permutation, key, purpose, strlen(purpose), first, last);
	return permutation;
}

/* Masks of 63 bits, computed by another program with the subkey given. */
static void
test_network(void)
{
	static const int64 vectors[][2] = {
		{0, INT64CONST(3635217362270217328)},
		{1, INT64CONST(7336341133827915935)},
		{INT64CONST(914934989173293072), INT64CONST(8047323734205140751)},
		{INT64CONST(914934989173293073), INT64CONST(3314583854875333855)},
		{PERMUTATION_MAX, INT64CONST(3364759556751607067)},
	};
	Permutation permutation = make_permutation(known_key, "", 0, PERMUTATION_MAX);
	char		name[64];

	is_number(permutation.high_bits * 100 + permutation.low_bits, 3231, "63 bits are 32 and 31");
	permutation.subkey = known_key;
	for (int i = 0; i < lengthof(vectors); i++)
	{
		snprintf(name, sizeof(name), "the mask of %lld", (long long) vectors[i][0]);
		is_number(permutation_mask(&permutation, vectors[i][0]), vectors[i][1], name);
		is_number(permutation_unmask(&permutation, vectors[i][1]), vectors[i][0], of("read", name));
	}
}

/* Published masks must remain readable, so these never change.  Another program, in Python, computes the same. */
static void
test_fixed(void)
{
	static const struct
	{
		const char *purpose;
		int64		first;
		int64		last;
		int64		number;
		int64		mask;
	}			vectors[] = {
		{"", 0, PERMUTATION_MAX, 0, INT64CONST(5331047154489165402)},
		{"", 0, PERMUTATION_MAX, INT64CONST(914934989173293072), INT64CONST(8175332019768553623)},
		{"orders", 0, PERMUTATION_MAX, INT64CONST(914934989173293072), INT64CONST(5972761939665855247)},
		{"a longer purpose", 0, PERMUTATION_MAX, INT64CONST(914934989173293072), INT64CONST(2572104248152887933)},
		{"", 0, 999999, 0, 770664},
		{"", 1, 1000000, 1, 191543},
		{"", 0, 999, 1, 135},
	};

	for (int i = 0; i < lengthof(vectors); i++)
	{
		Permutation permutation = make_permutation(known_key, vectors[i].purpose, vectors[i].first, vectors[i].last);
		char		name[64];

		snprintf(name, sizeof(name), "the mask of %lld in %lld .. %lld, \"%s\"", (long long) vectors[i].number,
				 (long long) vectors[i].first, (long long) vectors[i].last, vectors[i].purpose);
		is_number(permutation_mask(&permutation, vectors[i].number), vectors[i].mask, name);
	}
}

/* Is each number of the range the mask of exactly one? */
static bool
is_bijection(const Permutation *permutation)
{
	static bool seen[1100000];
	bool		is_right = true;

	memset(seen, 0, sizeof(seen));
	for (uint64 i = 0; i < permutation->size; i++)
	{
		int64		number = permutation->first + (int64) i;
		int64		mask = permutation_mask(permutation, number);
		uint64		place = (uint64) (mask - permutation->first);

		is_right &= place < permutation->size && !seen[place] && permutation_unmask(permutation, mask) == number;
		if (place < permutation->size)
			seen[place] = true;
	}
	return is_right;
}

static void
test_bijections(void)
{
	static const uint64 sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 10, 100, 1000, 1023, 1024, 1025, 4097, 65536, 65537, 1000003, 1048576};
	uint64		state = 42;
	bool		all = true;

	for (int i = 0; i < lengthof(sizes); i++)
	{
		int64		first = i % 2 == 0 ? 0 : (int64) (seeded_word(&state) >> 2);
		Permutation permutation = make_permutation(next_key(&state), "", first, first + (int64) sizes[i] - 1);
		char		name[64];

		snprintf(name, sizeof(name), "a range of %llu is permuted", (unsigned long long) sizes[i]);
		check(is_bijection(&permutation), name);
	}
	for (int i = 0; i < 300; i++)
	{
		Permutation permutation = make_permutation(next_key(&state), "", 0, (int64) (seeded_word(&state) % 300));

		all &= is_bijection(&permutation);
	}
	check(all, "so are 300 small ranges with keys at random");
}

static void
test_inverses(void)
{
	uint64		state = 43;
	int			wrong = 0;
	int			wrong_range = 0;

	for (int i = 0; i < 1000000; i++)
	{
		static Permutation permutation;
		int64		number = (int64) (seeded_word(&state) >> 1);
		int64		mask;

		if (i % 1000 == 0)
			permutation = make_permutation(next_key(&state), "", 0, PERMUTATION_MAX);
		mask = permutation_mask(&permutation, number);
		wrong += mask < 0 || permutation_unmask(&permutation, mask) != number;
	}
	is_number(wrong, 0, "the masks of a million numbers of 63 bits are read");
	for (int i = 0; i < 100000; i++)
	{
		int64		first = (int64) (seeded_word(&state) >> 1);
		int64		last = first + (int64) (seeded_word(&state) % ((uint64) (PERMUTATION_MAX - first) + 1));
		int64		number = first + (int64) (seeded_word(&state) % ((uint64) (last - first) + 1));
		Permutation permutation = make_permutation(next_key(&state), "", first, last);
		int64		mask = permutation_mask(&permutation, number);

		wrong_range += mask < first || mask > last || permutation_unmask(&permutation, mask) != number;
	}
	is_number(wrong_range, 0, "and those of a hundred thousand ranges at random");
}

/* How many masks of their first 900 numbers two permutations have in common, relative to the first. */
static int
count_equal(Permutation one, Permutation other)
{
	int			equal = 0;

	for (int i = 0; i < 900; i++)
		equal += permutation_mask(&one, one.first + i) - one.first == permutation_mask(&other, other.first + i) - other.first;
	return equal;
}

/* All that a permutation is made of distinguishes it. */
static void
test_separation(void)
{
	Permutation base = make_permutation(known_key, "", 0, 999);
	SipKey		other_key = {known_key.low ^ 1, known_key.high};

	check(count_equal(base, make_permutation(known_key, "", 0, 899)) < 10, "ranges of 1000 and of 900 are permuted differently");
	check(count_equal(base, make_permutation(known_key, "", 1, 1000)) < 10, "so are ranges of one size in other places");
	check(count_equal(base, make_permutation(known_key, "orders", 0, 999)) < 10, "and one range for other purposes");
	check(count_equal(base, make_permutation(other_key, "", 0, 999)) < 10, "and with other keys");
	is_number(count_equal(base, base), 900, "and one permutation as itself");
}

/* Changing one bit of a number changes each bit of the mask in half of the cases. */
static void
test_avalanche(void)
{
	Permutation permutation = make_permutation(known_key, "", 0, PERMUTATION_MAX);
	uint64		state = 44;
	int			least = PG_INT32_MAX;
	int			most = 0;

	for (int bit = 0; bit < 63; bit++)
	{
		int			changes[63] = {0};

		for (int i = 0; i < 1000; i++)
		{
			int64		number = (int64) (seeded_word(&state) >> 1);
			uint64		difference = (uint64) (permutation_mask(&permutation, number) ^
											   permutation_mask(&permutation, number ^ INT64CONST(1) << bit));

			for (int other = 0; other < 63; other++)
				changes[other] += difference >> other & 1;
		}
		for (int other = 0; other < 63; other++)
		{
			least = Min(least, changes[other]);
			most = Max(most, changes[other]);
		}
	}
	/* five and a half standard deviations */
	check(least > 413 && most < 587, "each bit of a number changes each bit of the mask half of the times");
}

static void
test_bit_reverse(void)
{
	uint64		state = 45;
	bool		is_inverse = true;

	is_number(bit_reverse_63(101), INT64CONST(5980780305148018688), "Spanner's 101");
	is_number(bit_reverse_63(3), INT64CONST(6917529027641081856), "Spanner's 3");
	is_number(bit_reverse_63(0), 0, "0 of 63 bits");
	is_number(bit_reverse_63(PG_INT64_MAX), PG_INT64_MAX, "the largest of 63 bits");
	is_number(bit_reverse_31(1), 1 << 30, "1 of 31 bits");
	is_number(bit_reverse_31(101), 1392508928, "101 of 31 bits");
	is_number(bit_reverse_31(PG_INT32_MAX), PG_INT32_MAX, "the largest of 31 bits");
	for (int i = 0; i < 100000; i++)
	{
		int64		number = (int64) (seeded_word(&state) >> 1);
		int32		small = (int32) (number >> 32);

		is_inverse &= bit_reverse_63(bit_reverse_63(number)) == number && bit_reverse_31(bit_reverse_31(small)) == small;
	}
	check(is_inverse, "reversed twice, a number is itself");
}

int
main(void)
{
	test_bit_reverse();
	test_network();
	test_fixed();
	test_bijections();
	test_inverses();
	test_separation();
	test_avalanche();
	return done_testing();
}
