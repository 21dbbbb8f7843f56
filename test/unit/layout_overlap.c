/*-------------------------------------------------------------------------
 *
 * layout_overlap.c
 *	  Tests of layout_overlap.h, in TAP.
 *
 * The predicates are held against brute force: all IDs that two small layouts can
 * issue, and when.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout_overlap.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"

#include "tap.h"

#define PAIRS 100000
#define BITS 8					/* of the numbers of small layouts */
#define NUMBERS (1 << BITS)

static uint64 random_state = 20261129;

/* 0 .. below - 1, by splitmix64 */
static uint64
random_below(uint64 below)
{
	uint64		z = (random_state += UINT64CONST(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return (z ^ (z >> 31)) % below;
}

/* When a number is issued, in us: from first until end; nothing if first is not below end. */
typedef struct Span
{
	int64		first;
	int64		end;
} Span;

/* A layout and a node; of its numbers, when each is issued. */
typedef struct Small
{
	IdNumbers	numbers;
	Span		issued[NUMBERS];
} Small;

/* Put a field at a random place among those that are free. */
static void
place_field(SnowflakeLayout *layout, LayoutField field, int bits, uint64 *taken)
{
	uint64		mask = (UINT64CONST(1) << bits) - 1;

	for (int tries = 0; tries < 20; tries++)
	{
		int			shift = random_below(BITS - bits + 1);

		if ((*taken & mask << shift) != 0)
			continue;
		*taken |= mask << shift;
		layout->bits[field] = bits;
		layout->shift[field] = bits == 0 ? 0 : shift;
		return;
	}
}

static SnowflakeLayout
random_layout(void)
{
	SnowflakeLayout layout = {.tick_us = 1 << random_below(4)};
	uint64		taken = 0;

	if (random_below(4) == 0)
		layout.tick_us = 1 + random_below(12);
	layout.epoch_ticks = random_below(3) == 0 ? random_below(33) : random_below(2) * (16 / layout.tick_us);
	place_field(&layout, LAYOUT_TIME, 2 + random_below(4), &taken);
	place_field(&layout, LAYOUT_SEQUENCE, random_below(4), &taken);
	place_field(&layout, LAYOUT_WORKER, random_below(3), &taken);
	place_field(&layout, LAYOUT_SHARD, random_below(2), &taken);
	return layout;
}

static void
issue_all(Small *small)
{
	const SnowflakeLayout *layout = &small->numbers.layout;

	memset(small->issued, 0, sizeof(small->issued));
	for (uint64 position = 0; position < layout_end(layout); position++)
	{
		Span	   *span = &small->issued[layout_compose(layout, position, small->numbers.value)];

		span->first = layout_tick_start_us(layout, layout_position_tick(layout, position));
		span->end = layout_position_end_us(layout, position);
	}
}

static void
choose(Small *small)
{
	SnowflakeLayout layout = random_layout();
	uint64		node = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		node |= layout_put(&layout, field, random_below(layout_max(&layout, field) + 1));
	small->numbers = layout_node_numbers(&layout, node);
	issue_all(small);
}

/* A second one that has much in common with the first. */
static void
choose_like(Small *small, const Small *first)
{
	SnowflakeLayout layout = first->numbers.layout;
	uint64		node = first->numbers.value;
	int			change = random_below(6);

	if (change == 0 && layout.bits[LAYOUT_TIME] > 2)
		layout.bits[LAYOUT_TIME]--;
	else if (change == 1 && layout.bits[LAYOUT_SEQUENCE] > 1)
		layout.bits[LAYOUT_SEQUENCE]--;
	else if (change == 2)
		layout.epoch_ticks += random_below(2) << random_below(6);
	else if (change == 3 && layout.bits[LAYOUT_TIME] > 2 && layout.tick_us % 2 == 0 && layout.shift[LAYOUT_TIME] > 0 &&
			 (layout_used_bits(&layout) >> (layout.shift[LAYOUT_TIME] - 1) & 1) == 0)
	{
		layout.tick_us /= 2;
		layout.epoch_ticks *= 2;
		layout.shift[LAYOUT_TIME]--;
	}
	else if (change == 4 && layout.bits[LAYOUT_TIME] > 3)
	{
		/* The highest bit of the time becomes a shard, if there is none. */
		if (layout.bits[LAYOUT_SHARD] == 0)
		{
			layout.bits[LAYOUT_TIME]--;
			layout.bits[LAYOUT_SHARD] = 1;
			layout.shift[LAYOUT_SHARD] = layout.shift[LAYOUT_TIME] + layout.bits[LAYOUT_TIME];
			if (random_below(2) == 0)
			{
				node |= layout_put(&layout, LAYOUT_SHARD, 1);
				layout.epoch_ticks += layout_end_tick(&layout);
			}
		}
	}
	else if (layout.bits[LAYOUT_WORKER] > 0)
		node ^= layout_put(&layout, LAYOUT_WORKER, random_below(2));
	small->numbers = layout_node_numbers(&layout, node);
	issue_all(small);
}

/* What brute force says of two. */
typedef struct Truth
{
	bool		may_be_equal;
	bool		at_other_times;
	bool		share_timeline;
} Truth;

static bool
is_issued(Span span)
{
	return span.first < span.end;
}

static Truth
brute_force(const Small *one, const Small *other)
{
	const SnowflakeLayout *layout = &one->numbers.layout;
	const SnowflakeLayout *other_layout = &other->numbers.layout;
	uint64		end = Min(layout_end(layout), layout_end(other_layout));
	Truth		truth = {.share_timeline = true};

	for (int number = 0; number < NUMBERS; number++)
	{
		Span		a = one->issued[number];
		Span		b = other->issued[number];

		if (!is_issued(a) || !is_issued(b))
			continue;
		truth.may_be_equal = true;
		if (a.end <= b.first || b.end <= a.first)
			truth.at_other_times = true;
	}
	for (uint64 position = 0; position < end; position++)
		if (layout_compose(layout, position, one->numbers.value) != layout_compose(other_layout, position, other->numbers.value) ||
			layout_tick_start_us(layout, layout_position_tick(layout, position)) !=
			layout_tick_start_us(other_layout, layout_position_tick(other_layout, position)) ||
			layout_position_end_us(layout, position) != layout_position_end_us(other_layout, position))
			truth.share_timeline = false;
	return truth;
}

static void
describe(const Small *small)
{
	const SnowflakeLayout *layout = &small->numbers.layout;

	printf("# tick %lld epoch %lld time %d@%d sequence %d@%d worker %d@%d shard %d@%d node %llx\n",
		   (long long) layout->tick_us, (long long) layout->epoch_ticks,
		   layout->bits[0], layout->shift[0], layout->bits[1], layout->shift[1],
		   layout->bits[LAYOUT_WORKER], layout->shift[LAYOUT_WORKER],
		   layout->bits[LAYOUT_SHARD], layout->shift[LAYOUT_SHARD], (unsigned long long) small->numbers.value);
}

/* How many of the pairs had which property, to see that the test tells something. */
typedef struct Seen
{
	int			wrong_equal;
	int			wrong_pace;
	int			crossing_only;
	int			wrong_timeline;
	int			wrong_apart;
	int			wrong_wide;
	int			equal;
	int			same_pace;
	int			same_timeline;
} Seen;

/* Are all IDs that two issue from one timeline of the layout that stands for both? */
static bool
is_wide_enough(const Small *one, const Small *other)
{
	SnowflakeLayout wide = layout_widen_time(&one->numbers.layout, other->numbers.layout.bits[LAYOUT_TIME]);
	int			bits = 0;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		bits += wide.bits[field];
	for (int number = 0; number < NUMBERS; number++)
		if ((is_issued(one->issued[number]) || is_issued(other->issued[number])) &&
			(number & layout_fixed_bits(&wide)) != one->numbers.value)
			return false;
	return bits == __builtin_popcountll(layout_used_bits(&wide));
}

static void
compare(const Small *one, const Small *other, Seen *seen)
{
	Truth		truth = brute_force(one, other);
	bool		may_be_equal = layout_may_be_equal(&one->numbers, &other->numbers);
	bool		same_pace = layout_same_pace(&one->numbers, &other->numbers);
	bool		share = layout_shares_timeline(&one->numbers, &other->numbers);

	if (may_be_equal != truth.may_be_equal)
		seen->wrong_equal++;

	/*
	 * Where times are this short, layouts of different pace may meet in
	 * passing only.
	 */
	if (truth.may_be_equal && same_pace && truth.at_other_times)
	{
		seen->wrong_pace++;
		describe(one);
		describe(other);
	}
	if (truth.may_be_equal && !same_pace && !truth.at_other_times)
		seen->crossing_only++;
	if (layout_keeps_apart(&one->numbers.layout, &other->numbers.layout) && !share && truth.may_be_equal)
		seen->wrong_apart++;
	if (share != truth.share_timeline)
	{
		seen->wrong_timeline++;
		describe(one);
		describe(other);
	}
	if (share && !(is_wide_enough(one, other) && is_wide_enough(other, one)))
	{
		seen->wrong_wide++;
		describe(one);
		describe(other);
	}
	seen->equal += truth.may_be_equal;
	seen->same_pace += truth.may_be_equal && same_pace;
	seen->same_timeline += share;
}

static void
test_brute_force(void)
{
	static Small one,
				other;
	Seen		seen = {0};

	for (int i = 0; i < PAIRS; i++)
	{
		choose(&one);
		if (random_below(2) == 0)
			choose(&other);
		else
			choose_like(&other, &one);
		compare(&one, &other, &seen);
	}
	printf("# of %d pairs %d can be equal, %d of these at the same time, %d share a timeline, %d cross\n",
		   PAIRS, seen.equal, seen.same_pace, seen.same_timeline, seen.crossing_only);
	is_number(seen.wrong_equal, 0, "small layouts: can numbers be equal?");
	is_number(seen.wrong_pace, 0, "small layouts: those of one pace are equal at the same time only");
	is_number(seen.wrong_apart, 0, "small layouts: where nodes keep IDs apart, other nodes have other IDs");
	is_number(seen.wrong_timeline, 0, "small layouts: can one timeline serve both?");
	is_number(seen.wrong_wide, 0, "small layouts: all IDs of one timeline are of its widest layout");
	check(seen.equal > PAIRS / 10 && seen.same_pace > PAIRS / 100 && seen.same_timeline > PAIRS / 100,
		  "small layouts: there are pairs of each kind");
	check(seen.crossing_only < seen.equal / 10, "small layouts: few meet in passing only");
}

static IdNumbers
numbers_of(const char *str, int datacenter, int worker)
{
	const SnowflakeLayout *preset = layout_by_name(str);
	SnowflakeLayout layout;
	LayoutProblem problem;

	if (preset != NULL)
		layout = *preset;
	else if (!layout_read(str, &layout, &problem))
		printf("# %s: %s\n", str, problem.detail);
	return layout_node_numbers(&layout, layout_put(&layout, LAYOUT_DATACENTER, datacenter) |
							   layout_put(&layout, LAYOUT_WORKER, worker));
}

static void
is_pair(IdNumbers one, IdNumbers other, bool may_be_equal, bool same_pace, bool share, const char *name)
{
	check(layout_may_be_equal(&one, &other) == may_be_equal &&
		  layout_may_be_equal(&other, &one) == may_be_equal &&
		  (!may_be_equal || (layout_same_pace(&one, &other) == same_pace &&
							 layout_same_pace(&other, &one) == same_pace)) &&
		  layout_shares_timeline(&one, &other) == share &&
		  layout_shares_timeline(&other, &one) == share, name);
}

static void
test_known_pairs(void)
{
	IdNumbers	any_node = numbers_of("default", 0, 0);

	any_node.fixed &= ~(layout_put(&any_node.layout, LAYOUT_DATACENTER, 31) | layout_put(&any_node.layout, LAYOUT_WORKER, 31));
	is_pair(numbers_of("js53", 0, 3),
			numbers_of("unused 9, time 42 bits of 1 ms since 2020-01-01, worker 5, sequence 7", 0, 3),
			true, true, true, "more bits for the time: one timeline");
	is_pair(numbers_of("default", 2, 3),
			numbers_of("time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12", 0, 67),
			true, true, true, "one field in place of two: one timeline");
	is_pair(numbers_of("default", 2, 3), numbers_of("default", 2, 4), false, false, false, "two nodes never meet");
	is_pair(numbers_of("default", 0, 0),
			numbers_of("time 42 bits of 500 us since 2020-01-01, worker 9, sequence 12", 0, 0),
			true, true, false, "half a tick one place lower: at the same time");
	is_pair(numbers_of("default", 1, 0),
			numbers_of("time 42 bits of 500 us since 2020-01-01, worker 9, sequence 12", 0, 0),
			false, false, false, "half a tick, and another node");
	is_pair(numbers_of("default", 0, 0), numbers_of("wide", 0, 0), true, true, false, "a wider sequence: at the same time");
	is_pair(numbers_of("default", 0, 0), numbers_of("widest", 0, 0), true, true, false, "a sequence in place of nodes");
	is_pair(numbers_of("default", 0, 0), numbers_of("twitter", 0, 0), true, false, false, "another epoch: at other times");
	is_pair(numbers_of("default", 0, 1), numbers_of("twitter", 0, 2), false, false, false, "another epoch and node: never");
	is_pair(numbers_of("default", 0, 0),
			numbers_of("time 39 bits of 10 ms since 1990-01-01, datacenter 5, worker 5, sequence 14", 0, 0),
			true, false, false, "slower ticks: at other times");
	is_pair(any_node, numbers_of("default", 3, 7), true, true, false, "a node that can be any");
}

static void
test_all_above(void)
{
	IdNumbers	slow = numbers_of("time 39 bits of 10 ms since 1990-01-01, datacenter 5, worker 5, sequence 14", 0, 0);
	int64		in_2026 = INT64CONST(1795910400) * US_PER_S;
	int64		in_2041 = INT64CONST(2240611200) * US_PER_S;
	int64		day = INT64CONST(86400) * US_PER_S;

	check(layout_all_above(&slow.layout, in_2026, &layout_default, in_2026 + day), "slower ticks are above in 2026");
	check(!layout_all_above(&slow.layout, in_2041, &layout_default, in_2041 + day), "slower ticks are not above in 2041");
	check(!layout_all_above(&layout_default, in_2026, &slow.layout, in_2026), "the way back is not above");
	check(!layout_all_above(&layout_default, in_2026, layout_by_name("seata"), in_2026), "the node is above the time");
	check(!layout_all_above(&layout_default, 0, &slow.layout, in_2026), "before the epoch");
}

int
main(void)
{
	test_brute_force();
	test_known_pairs();
	test_all_above();
	return done_testing();
}
