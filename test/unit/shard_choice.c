/*-------------------------------------------------------------------------
 *
 * shard_choice.c
 *	  Tests of shard_choice.c, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "bits/seeded_random.h"
#include "bits/shard_choice.h"

#include "tap.h"

#define KEYS 200000
#define MOST_NODES 64

/* Guava publishes these, and those for 0 .. 19 and 100 shards, as those of the authors' own program. */
static void
test_published_jumps(void)
{
	static const struct
	{
		uint64		key;
		int32		shards;
		int32		shard;
	}			vectors[] = {
		{UINT64CONST(10863919174838991), 11, 6},
		{UINT64CONST(2016238256797177309), 11, 3},
		{UINT64CONST(1673758223894951030), 11, 5},
		{2, 100001, 80343},
		{2201, 100001, 22152},
		{2202, 100001, 15018},
	};
	static const int32 of_hundred[] = {0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83};
	int			wrong = 0;

	for (int i = 0; i < lengthof(vectors); i++)
		wrong += shard_jump(vectors[i].key, vectors[i].shards) != vectors[i].shard;
	for (int i = 0; i < lengthof(of_hundred); i++)
		wrong += shard_jump(i, 100) != of_hundred[i];
	is_number(wrong, 0, "published shards of keys");
	check(shard_mix(0) == UINT64CONST(0xe220a8397b1dcdaf), "the first number of SplitMix64");
}

#define MULTIPLIER UINT64CONST(2862933555777941757)

/* The loop of the paper. */
static int32
paper_jump(uint64 key, int32 shards)
{
	int64		shard = 0;
	int64		next = 0;

	while (next < shards)
	{
		shard = next;
		key = key * MULTIPLIER + 1;
		next = (int64) ((shard + 1) * ((double) (INT64CONST(1) << 31) / (double) ((key >> 33) + 1)));
	}
	return (int32) shard;
}

/*
 * A key whose first jump is to shard and whose second one has this divisor, found from
 * the end: numbers of the sequence can be computed backwards, too.
 */
static uint64
key_of_jump(int32 shard, uint64 divisor, uint64 *seed)
{
	uint64		inverse = MULTIPLIER;

	for (int i = 0; i < 5; i++)
		inverse *= 2 - MULTIPLIER * inverse;
	for (;;)
	{
		uint64		second = (divisor - 1) << 33 | seeded_word(seed) >> 31;
		uint64		first = (second - 1) * inverse;

		if ((UINT64CONST(1) << 31) / ((first >> 33) + 1) == shard)
			return (first - 1) * inverse;
	}
}

/*
 * What is computed in integers is what doubles give: for keys at random, and where the
 * exact product is just below a number to which doubles round it.
 */
static void
test_paper_jumps(void)
{
	static const int32 counts[] = {1, 2, 3, 16, 1000, 1024, 65537, 1000003, PG_INT32_MAX};
	uint64		seed = 1;
	int			wrong = 0;
	int			rounded = 0;

	for (int i = 0; i < KEYS * 5; i++)
	{
		uint64		key = seeded_word(&seed);

		wrong += shard_jump(key, counts[i % lengthof(counts)]) != paper_jump(key, counts[i % lengthof(counts)]);
	}
	is_number(wrong, 0, "jumps are those of the paper");
	wrong = 0;
	for (int shard = 1; shard < 50; shard++)
		for (int shift = 20; (uint64) (shard + 1) << shift <= UINT64CONST(1) << 31; shift++)
		{
			uint64		key = key_of_jump(shard, (uint64) (shard + 1) << shift, &seed);
			int32		target = 1 << (31 - shift);

			rounded += paper_jump(key, target + 1) == target && (shard + 1) * ((UINT64CONST(1) << 52) / (shard + 1)) != UINT64CONST(1) << 52;
			wrong += shard_jump(key, target + 1) != paper_jump(key, target + 1) || shard_jump(key, target) != paper_jump(key, target);
		}
	is_number(wrong, 0, "so are those whose product is rounded to a number of a shard");
	check(rounded > 100, "of which there are some");
}

/* Keys as a slow generator issues them: 1 ms apart or more, and the sequence is 0. */
static uint64
slow_key(int i)
{
	return (UINT64CONST(218139000000) + (uint64) i * 7) << 22;
}

/* Keys move to the new shard alone, as many as it is to have, and the load is even. */
static void
test_growth(void)
{
	bool		only_to_new = true;
	double		worst_move = 0;
	double		worst_load = 0;

	for (int shards = 1; shards <= 16; shards++)
	{
		int			moved = 0;
		int			load[17] = {0};

		for (int i = 0; i < KEYS; i++)
		{
			int32		before = shard_jump(shard_mix(slow_key(i)), shards);
			int32		after = shard_jump(shard_mix(slow_key(i)), shards + 1);

			moved += before != after;
			only_to_new &= before == after || after == shards;
			load[after]++;
		}
		worst_move = Max(worst_move, fabs((double) moved / KEYS - 1.0 / (shards + 1)));
		for (int shard = 0; shard <= shards; shard++)
			worst_load = Max(worst_load, fabs((double) load[shard] * (shards + 1) / KEYS - 1));
	}
	check(only_to_new, "a new shard takes keys from the others, and no others move");
	check(worst_move < 0.01, "as many as it is to have, to one percent of all");
	check(worst_load < 0.05, "loads are within five percent");
	printf("# moved: within %.4f; load: within %.4f\n", worst_move, worst_load);
}

/* The node that suits a key best; a weight of 0 is no node. */
static int
best_node(uint64 key, const uint64 *nodes, const double *weights, int count)
{
	ShardFit	best = {INFINITY, 0};
	int			found = -1;

	for (int i = 0; i < count; i++)
	{
		ShardFit	fit;

		if (weights[i] == 0)
			continue;
		fit = shard_fit(key, nodes[i], weights[i]);
		if (found < 0 || shard_fits_better(fit, best))
		{
			best = fit;
			found = i;
		}
	}
	return found;
}

/* When a node goes, its keys alone move; loads are as weights are. */
static void
test_nodes(void)
{
	uint64		nodes[8];
	double		weights[8] = {1, 1, 2, 4, 0.5, 1, 1, 3};
	double		without[8];
	double		total = 0;
	int			load[8] = {0};
	bool		only_its_own = true;
	double		worst = 0;

	for (int i = 0; i < 8; i++)
	{
		char		name[16];

		snprintf(name, sizeof(name), "node%d", i);
		nodes[i] = shard_hash((unsigned char *) name, strlen(name));
		total += weights[i];
	}
	memcpy(without, weights, sizeof(weights));
	without[3] = 0;
	for (int i = 0; i < KEYS; i++)
	{
		int			node = best_node(shard_mix(slow_key(i)), nodes, weights, 8);

		load[node]++;
		only_its_own &= node == 3 || best_node(shard_mix(slow_key(i)), nodes, without, 8) == node;
	}
	check(only_its_own, "when a node goes, only its own keys move");
	for (int i = 0; i < 8; i++)
		worst = Max(worst, fabs(load[i] / (KEYS * weights[i] / total) - 1));
	check(worst < 0.05, "nodes are loaded by their weights, within five percent");
	printf("# load: within %.4f of the weights\n", worst);
}

/* With equal weights the largest hash wins, so weights of 1 are no weights. */
static void
test_equal_weights(void)
{
	uint64		state = 1;
	bool		is_largest = true;
	double		error = 0;

	for (int i = 0; i < 100000; i++)
	{
		uint64		key = seeded_word(&state);
		uint64		node = seeded_word(&state);
		ShardFit	one = shard_fit(key, node, 1);
		ShardFit	other = shard_fit(key, node + 1, 1);

		is_largest &= shard_fits_better(one, other) == (one.hash > other.hash);
		error = Max(error, fabs(one.distance / (1 << 24) + log2(((double) one.hash + 1) / 18446744073709551616.0)));
	}
	check(is_largest, "of two nodes of one weight, the larger hash wins");
	check(error < 1e-6, "distances are logarithms");
}

/* Rows are looked for on the node that they were put on, so these never change.  Another program, in Python, computes the same. */
static void
test_fixed(void)
{
	static const double weights[] = {1, 2, 0.5};
	uint64		nodes[3];

	nodes[0] = shard_hash((const unsigned char *) "a", 1);
	nodes[1] = shard_hash((const unsigned char *) "b", 1);
	nodes[2] = shard_hash((const unsigned char *) "c", 1);
	is_number(shard_jump(shard_mix(42), 16), 0, "the shard of 42 among 16");
	is_number(shard_jump(shard_mix(INT64CONST(914934989173293072)), 1024), 380, "the shard of a snowflake among 1024");
	is_number(shard_jump(shard_mix(PG_UINT64_MAX), PG_INT32_MAX), 1764683126, "the shard of -1 among all that there can be");
	is_number(shard_jump(shard_hash((const unsigned char *) "alice", 5), 16), 1, "the shard of a text");
	is_number(best_node(shard_mix(42), nodes, weights, 3) * 16 + best_node(shard_mix(43), nodes, weights, 3) * 4 +
			  best_node(shard_mix(44), nodes, weights, 3), 5, "the nodes of three keys");
	is_number(shard_jump(shard_mix(42), 1), 0, "there is one shard");
}

int
main(void)
{
	test_published_jumps();
	test_paper_jumps();
	test_growth();
	test_nodes();
	test_equal_weights();
	test_fixed();
	return done_testing();
}
