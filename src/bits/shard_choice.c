/*-------------------------------------------------------------------------
 *
 * shard_choice.c
 *	  See shard_choice.h.
 *
 * For numbered shards this is jump consistent hashing: when a shard is added after
 * the last one, only the keys that it gets move.  For nodes with names it is
 * rendezvous hashing: each node draws a number for the key, and the best one wins, so
 * when a node is added or removed, only the keys that it gets or had move.  A node of
 * weight w draws as if it were w nodes.
 *
 * What is computed here never changes, or rows would be looked for on the wrong node.
 * So it uses neither PostgreSQL's hash functions, which may change, nor logarithms of
 * the C library, which differ between machines in the last bit.
 *
 * No fmgr, no shared memory, no allocation.
 *
 * Sources: Lamping and Veach, "A fast, minimal memory, consistent hash algorithm"
 * (2014); Thaler and Ravishankar, "Using name-based mappings to increase hit rates"
 * (1998).  Keys are mixed by SplitMix64.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "port/pg_bitutils.h"

#include "bits/seeded_random.h"
#include "bits/shard_choice.h"
#include "bits/siphash.h"

/* The bits after the point of a logarithm. */
#define LOG_BITS 24

/*
 * A permutation of 64 bits in which each bit of the result depends on each bit of the
 * key: IDs that differ in their time alone, or in two bits of a sequence, are spread as
 * random numbers would be.
 */
uint64
shard_mix(uint64 key)
{
	return seeded_word(&key);
}

/* The same for a key that is not a number: SipHash-2-4 with a key of zeros. */
uint64
shard_hash(const unsigned char *bytes, size_t length)
{
	const SipKey zeros = {0, 0};

	return siphash_bytes(zeros, bytes, length);
}

/* Where a key jumps to from a shard, if more shards come; the divisor is 1 .. 2^31.  As in the paper. */
static inline int64
jump_in_doubles(int64 shard, int64 divisor)
{
	return (int64) ((shard + 1) * ((double) (INT64CONST(1) << 31) / (double) divisor));
}

#ifdef HAVE_INT128

/* A ratio of 2^31 to a divisor above this is below 2^11, so its 53 significant bits fit into RATIO_BITS and these. */
#define LEAST_EXACT_DIVISOR (INT64CONST(1) << 20)
#define RATIO_BITS 52

/*
 * The same in integers, in a third of the time: each jump has to await the one before,
 * while the divisions need not.
 *
 * The ratio is the double of the paper, exactly, and so is the product of 128 bits.  To
 * round it to a double changes its integer part only if that is below 2^31 and what
 * follows it is within 2^-23 of 1, or if it lies beyond all shards.
 */
static inline int64
jump(int64 shard, int64 divisor)
{
	const double numerator = (double) (INT64CONST(1) << 31) * (double) (INT64CONST(1) << RATIO_BITS);
	uint64		ratio;
	uint128		product;

	if (unlikely(divisor <= LEAST_EXACT_DIVISOR))
		return jump_in_doubles(shard, divisor);
	ratio = (uint64) (int64) (numerator / (double) divisor);
	product = (uint128) ((uint64) (shard + 1) << (64 - RATIO_BITS)) * ratio;
	if (unlikely((uint64) product >= PG_UINT64_MAX - (UINT64CONST(1) << (64 - 23))))
		return jump_in_doubles(shard, divisor);
	return (int64) (product >> 64);
}

#else
#define jump jump_in_doubles
#endif							/* HAVE_INT128 */

/* A key on its way: the shard that it has got to, and whether that is its own. */
typedef struct JumpWalk
{
	uint64		key;
	int64		shard;
	bool		has_arrived;
} JumpWalk;

/* Jump, unless there are not that many shards. */
static pg_attribute_always_inline void
walk_on(JumpWalk *walk, int32 shards)
{
	int64		next;

	walk->key = walk->key * UINT64CONST(2862933555777941757) + 1;
	next = jump(walk->shard, (int64) (walk->key >> 33) + 1);
	walk->has_arrived |= next >= shards;
	walk->shard = walk->has_arrived ? walk->shard : next;
}

/*
 * The shard (0 .. shards - 1) of a key that has been mixed.
 *
 * The jumps are defined in double precision, as in the paper: one division and one
 * multiplication, which IEEE 754 rounds the same everywhere.
 *
 * A processor cannot predict after how many jumps a key has arrived, and a wrong
 * prediction costs as much as several jumps.  So eight are made at a time: nearly
 * always enough for 16 shards, and as many as a key needs on average among 1,024.
 */
int32
shard_jump(uint64 key, int32 shards)
{
	JumpWalk	walk = {.key = key};

	do
	{
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
		walk_on(&walk, shards);
	} while (!walk.has_arrived);
	return (int32) walk.shard;
}

/*
 * -log2((hash + 1) / 2^64), rounded, in units of 2^-LOG_BITS; at least 1.  Each squaring
 * of the mantissa gives one more bit.  A larger hash never has a larger result.
 */
static uint64
minus_log2(uint64 hash)
{
	int			zeros = hash == 0 ? 63 : 63 - pg_leftmost_one_pos64(hash);
	uint64		mantissa = (hash == 0 ? UINT64CONST(1) << 63 : hash << zeros) >> 32;
	uint64		log = 0;

	for (int i = 0; i < LOG_BITS; i++)
	{
		uint64		square = mantissa * mantissa;
		bool		carry = square >> 63 != 0;

		log = log << 1 | carry;
		mantissa = square >> (carry ? 32 : 31);
	}
	return ((uint64) (zeros + 1) << LOG_BITS) - log;
}

/*
 * How well a node suits a key: the node that suits it best is the one that it belongs
 * to.  Both have been mixed or hashed; the weight is above 0.  Times after which events
 * of rate w happen are distributed as the distances are, so a node of weight w comes
 * first in proportion to w.
 */
ShardFit
shard_fit(uint64 key, uint64 node, double weight)
{
	ShardFit	fit;

	fit.hash = shard_mix(key ^ node);
	fit.distance = (double) minus_log2(fit.hash) / weight;
	return fit;
}
