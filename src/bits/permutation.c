/*-------------------------------------------------------------------------
 *
 * permutation.c
 *	  See permutation.h.
 *
 * A number is divided into halves of bits, which are changed in turn by a hash of
 * the other half: a Feistel network, which is a permutation whatever the hash is.
 * With 10 rounds and SipHash-2-4, which is a pseudorandom function as far as is
 * known, it cannot be told from a random permutation by those who lack the key.
 * 63 bits are 32 and 31, so the whole range is permuted in one go.  If the size of
 * a range is no power of 2, the network permutes up to twice as many numbers, and
 * is applied until the result is in the range ("cycle walking"): on average less
 * than twice.
 *
 * The subkey depends on all that distinguishes one permutation from another.  If
 * it depended on the key alone, ranges of similar sizes would be permuted alike.
 *
 * What is computed here never changes: published masks must remain readable.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/permutation.h"

#define ROUNDS 10

/*
 * The last byte of what is hashed for a subkey, so that no two of these messages are
 * the same.
 */
#define SUBKEY_LOW 0
#define SUBKEY_HIGH 1
#define PURPOSE 2

/* The number of bits of the numbers below size (1 .. 2^63). */
static int
bits_below(uint64 size)
{
	int			bits = 0;

	while (bits < 63 && UINT64CONST(1) << bits < size)
		bits++;
	return bits;
}

/* A number for what the permutation is used for, by which permutations of one key differ; 0 for no purpose. */
static uint64
tweak(SipKey key, const char *purpose, size_t length)
{
	SipState	state = siphash_begin(key);
	size_t		at = 0;

	if (length == 0)
		return 0;
	for (; length - at >= sizeof(uint64); at += sizeof(uint64))
		siphash_add_word(&state, siphash_read_word((const unsigned char *) purpose + at, sizeof(uint64)));
	siphash_add_word(&state, siphash_read_word((const unsigned char *) purpose + at, length - at));
	siphash_add_word(&state, (uint64) length << 8 | PURPOSE);
	return siphash_end(&state);
}

static uint64
half_subkey(const Permutation *permutation, SipKey key, uint64 tweak, int half)
{
	SipState	state = siphash_begin(key);

	siphash_add_word(&state, tweak);
	siphash_add_word(&state, (uint64) permutation->first);
	siphash_add_word(&state, permutation->size);
	siphash_add_word(&state, (uint64) permutation->high_bits << 16 | (uint64) permutation->low_bits << 8 | half);
	return siphash_end(&state);
}

/*
 * The permutation of the numbers first .. last, with 0 <= first <= last, by a key and
 * for a purpose.
 */
void
permutation_init(Permutation *permutation, SipKey key, const char *purpose, size_t purpose_length,
				 int64 first, int64 last)
{
	uint64		size = (uint64) last - first + 1;
	int			bits = bits_below(size);
	uint64		number = tweak(key, purpose, purpose_length);

	permutation->first = first;
	permutation->size = size;
	permutation->high_bits = (bits + 1) / 2;
	permutation->low_bits = bits / 2;
	permutation->subkey.low = half_subkey(permutation, key, number, SUBKEY_LOW);
	permutation->subkey.high = half_subkey(permutation, key, number, SUBKEY_HIGH);
}

/* What a half is changed by in a round, given the other half (below 2^32). */
static inline uint64
round_hash(const Permutation *permutation, int round, uint64 half)
{
	return siphash_short(permutation->subkey, half | (uint64) round << 32, SIPHASH_SHORT_BYTES);
}

static inline uint64
low_mask(int bits)
{
	return (UINT64CONST(1) << bits) - 1;
}

static uint64
mask_once(const Permutation *permutation, uint64 number)
{
	uint64		high = number >> permutation->low_bits;
	uint64		low = number & low_mask(permutation->low_bits);

	for (int round = 0; round < ROUNDS; round += 2)
	{
		low ^= round_hash(permutation, round, high) & low_mask(permutation->low_bits);
		high ^= round_hash(permutation, round + 1, low) & low_mask(permutation->high_bits);
	}
	return high << permutation->low_bits | low;
}

static uint64
unmask_once(const Permutation *permutation, uint64 number)
{
	uint64		high = number >> permutation->low_bits;
	uint64		low = number & low_mask(permutation->low_bits);

	for (int round = ROUNDS - 2; round >= 0; round -= 2)
	{
		high ^= round_hash(permutation, round + 1, low) & low_mask(permutation->high_bits);
		low ^= round_hash(permutation, round, high) & low_mask(permutation->low_bits);
	}
	return high << permutation->low_bits | low;
}

/* The number of the range that a number of the range becomes. */
int64
permutation_mask(const Permutation *permutation, int64 number)
{
	uint64		result = (uint64) (number - permutation->first);

	do
		result = mask_once(permutation, result);
	while (result >= permutation->size);
	return (int64) (result + permutation->first);
}

/* The number that became this number of the range. */
int64
permutation_unmask(const Permutation *permutation, int64 mask)
{
	uint64		result = (uint64) (mask - permutation->first);

	do
		result = unmask_once(permutation, result);
	while (result >= permutation->size);
	return (int64) (result + permutation->first);
}
