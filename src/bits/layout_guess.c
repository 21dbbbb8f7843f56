/*-------------------------------------------------------------------------
 *
 * layout_guess.c
 *	  See layout_guess.h.
 *
 * Each candidate layout gets a surprise: the number of bits needed to describe the ID
 * to someone who knows the layout.  It is the sum of
 *
 *	- the time: one tick of all since the epoch, or since the system began.  Because
 *	  systems grow, fewer IDs are from their first days: an ID from a quarter of the
 *	  age is half as likely as one from the end.  So a time close to the epoch is a
 *	  great surprise, and small numbers are close to every epoch.
 *	- the node and the sequence: small numbers are likelier than large ones.  No node
 *	  is more surprising than a random one, unless its field is too wide for random
 *	  nodes.  If the sequence restarts with each tick, a high one needs a burst.
 *	- the rarity of the layout.
 *
 * One bit of difference in surprise is a factor of two in chance.  Two more
 * candidates, a number of a sequence and a random number, keep other numbers from
 * passing as snowflake IDs.  Only a time in the future and set bits that the layout
 * does not use make a layout impossible.
 *
 * If systems are known that differ only in the epoch, another system with an epoch
 * of its own is likely to exist.  It gets the chance above MOST_CERTAIN.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include <math.h>

#include "port/pg_bitutils.h"

#include "bits/layout_capacity.h"
#include "bits/layout_guess.h"

/* In fields up to this width nodes may be random, in any system; in wider fields they are counted up. */
#define MOST_RANDOM_NODE_BITS 13

/* How far ahead of this server's clock an ID may be. */
#define AHEAD_US (86400 * US_PER_S)

/* Rarities of the two candidates that are not layouts. */
#define COUNTER_RARITY 1
#define RANDOM_RARITY 8

/* Surprise at something that a system does not do by itself. */
#define BEFORE_SYSTEM_BITS 8
#define BELOW_FIRST_BITS 10
#define UNUSUAL_NODE_BITS 1

/* A time is near the epoch in the first 32nd of the time since then. */
#define NEAR_EPOCH_BITS 5

/* A sequence is high if it needs this much more than a random one. */
#define HIGH_SEQUENCE_BITS 2

/* Bits of a number if small ones are likelier: twice its own bits, plus one. */
static double
bits_of_number(double number)
{
	return 2 * log2(number + 1) + 1;
}

/* The same if a random number is as likely as a small one. */
static double
bits_of_any(double number, int width)
{
	return Min(bits_of_number(number), width) + 1;
}

/* The same for a number of any size: its bits, and those of their count. */
static double
bits_of_counter(double number)
{
	double		bits = log2(number + 1);

	return bits + bits_of_number(bits);
}

/* Bits of a time that has passed and is not before the epoch. */
static double
bits_of_time(const SnowflakeLayout *layout, const LayoutUsage *usage, int64 at_us, int64 now_us,
			 LayoutDoubts *doubts)
{
	int64		epoch_us = layout_tick_start_us(layout, 0);
	int64		since_us = Max(epoch_us, usage->since_s * US_PER_S);
	int64		until_us = Max(Min(now_us, layout_last_end_us(layout)), since_us + AHEAD_US);
	double		bits = log2((double) (until_us - since_us) / layout->tick_us);
	double		growth;

	doubts->before_system = at_us < since_us;
	if (doubts->before_system)
	{
		bits += BEFORE_SYSTEM_BITS;
		since_us = epoch_us;
	}
	growth = log2((double) (until_us - since_us) / ((double) (at_us - since_us) + layout->tick_us));
	doubts->near_epoch = growth >= NEAR_EPOCH_BITS;
	return Max(bits, 0) + Max(growth, 0) / 2;
}

static double
bits_of_node(const LayoutUsage *usage, uint64 node, int width)
{
	if (usage->nodes_at_random)
		return width;
	if (width > MOST_RANDOM_NODE_BITS)
		return bits_of_number(node);
	return bits_of_any(node, width);
}

/* The highest field of the node usually has one of the usual values of the system. */
static double
bits_of_first_node(const LayoutUsage *usage, uint64 node, int width)
{
	if (usage->usual_nodes == 0)
		return bits_of_node(usage, node, width);
	if (node < 32 && (usage->usual_nodes & (UINT32_C(1) << node)) != 0)
		return log2(pg_popcount32(usage->usual_nodes));
	return bits_of_node(usage, node, width) + UNUSUAL_NODE_BITS;
}

static double
bits_of_nodes(const SnowflakeLayout *layout, const LayoutUsage *usage, const SnowflakeFields *fields,
			  LayoutDoubts *doubts)
{
	double		bits = 0;
	uint64		highest = 0;
	bool		is_first = true;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		uint64		node = fields->value[field];

		if (!layout_has(layout, field))
			continue;
		bits += is_first ? bits_of_first_node(usage, node, layout->bits[field]) :
			bits_of_node(usage, node, layout->bits[field]);
		highest = Max(highest, node);
		is_first = false;
	}
	doubts->node_too_low = highest < usage->first_node;
	return bits + (doubts->node_too_low ? BELOW_FIRST_BITS : 0);
}

static double
bits_of_sequence(const SnowflakeLayout *layout, const LayoutUsage *usage, uint64 sequence,
				 LayoutDoubts *doubts)
{
	double		bits;

	doubts->sequence_too_low = sequence < usage->first_sequence;
	if (doubts->sequence_too_low)
		return BELOW_FIRST_BITS;
	if (usage->sequence == SEQUENCE_FROM_ANYWHERE)
		return bits_of_any(sequence, layout->bits[LAYOUT_SEQUENCE]);
	bits = bits_of_number(sequence - usage->first_sequence);
	doubts->sequence_high = bits > layout->bits[LAYOUT_SEQUENCE] + HIGH_SEQUENCE_BITS;
	return bits;
}

/* Has the time of an ID passed?  If so, sets at_us to it, in us since 1970. */
static bool
is_time_past(const SnowflakeLayout *layout, uint64 ticks, int64 now_us, int64 *at_us)
{
	if (!layout_try_tick_start_us(layout, ticks, at_us) || *at_us > now_us + AHEAD_US)
		return false;
	*at_us = Min(*at_us, now_us);
	return true;
}

/* A server of idgen with another system's layout does not have that system's usage. */
static const LayoutUsage *
get_usage(const LayoutCandidate *candidate)
{
	static const LayoutUsage of_others = {0};

	if (candidate->preset == NULL || (candidate->own != NULL && !candidate->preset->usage.is_ours))
		return &of_others;
	return &candidate->preset->usage;
}

/* Set the verdict, the doubts and the surprise of a candidate. */
static void
weigh_candidate(LayoutCandidate *candidate, uint64 id, int64 now_us)
{
	const SnowflakeLayout *layout = candidate->layout;
	const LayoutUsage *usage = get_usage(candidate);
	SnowflakeFields fields = layout_parse(layout, id);
	LayoutDoubts *doubts = &candidate->doubts;
	int64		at_us = 0;

	if (layout_stray_bits(layout, id) != 0)
		candidate->verdict = LAYOUT_STRAY_BITS;
	else if (!layout_is_in_slabs(layout) && !is_time_past(layout, fields.value[LAYOUT_TIME], now_us, &at_us))
		candidate->verdict = LAYOUT_IN_FUTURE;
	if (candidate->verdict != LAYOUT_FITS)
		return;

	candidate->surprise = candidate->own != NULL ? 0 : usage->rarity;
	candidate->surprise += layout_is_in_slabs(layout) ? layout->bits[LAYOUT_TIME] :
		bits_of_time(layout, usage, at_us, now_us, doubts);
	candidate->surprise += bits_of_nodes(layout, usage, &fields, doubts);
	candidate->surprise += bits_of_sequence(layout, usage, fields.value[LAYOUT_SEQUENCE], doubts);
}

static const OwnLayout *
find_own_layout(const SnowflakeLayout *layout, const OwnLayout *own, int own_count)
{
	for (int i = 0; i < own_count; i++)
		if (layout_equal(layout, &own[i].layout))
			return &own[i];
	return NULL;
}

/* Insert a candidate into the ranking, after its equals. */
static void
insert_candidate(LayoutCandidate *candidates, int count, LayoutCandidate candidate)
{
	int			place = count;

	while (place > 0 && (candidates[place - 1].verdict > candidate.verdict ||
						 (candidates[place - 1].verdict == candidate.verdict &&
						  candidates[place - 1].surprise > candidate.surprise)))
	{
		candidates[place] = candidates[place - 1];
		place--;
	}
	candidates[place] = candidate;
}

/* Turn surprises into chances. */
static void
set_chances(LayoutCandidate *candidates, int count)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
	{
		if (candidates[i].verdict == LAYOUT_FITS)
			candidates[i].chance = exp2(candidates[0].surprise - candidates[i].surprise);
		sum += candidates[i].chance;
	}
	for (int i = 0; i < count; i++)
		candidates[i].chance /= sum;
}

/* Is there a preset with the same tick and place of the time, but another epoch? */
static bool
has_other_epochs(const SnowflakeLayout *layout)
{
	for (int i = 0; i < layout_preset_count; i++)
	{
		const SnowflakeLayout *other = layout_by_preset_number(i);

		if (other->tick_us == layout->tick_us && other->shift[LAYOUT_TIME] == layout->shift[LAYOUT_TIME] &&
			other->epoch_ticks != layout->epoch_ticks)
			return true;
	}
	return false;
}

/* Add CANDIDATE_OTHER_EPOCH with the chance above MOST_CERTAIN, if it applies.  Returns the number of candidates. */
static int
allow_for_other_epochs(LayoutCandidate *candidates, int count)
{
	LayoutCandidate other = {
		.kind = CANDIDATE_OTHER_EPOCH,
		.surprise = candidates[0].surprise,
	};
	int			place = 1;

	if (candidates[0].kind != CANDIDATE_LAYOUT || candidates[0].chance <= MOST_CERTAIN ||
		!has_other_epochs(candidates[0].layout))
		return count;
	other.chance = candidates[0].chance - MOST_CERTAIN;
	other.surprise += log2(MOST_CERTAIN / other.chance);
	candidates[0].chance = MOST_CERTAIN;
	while (place < count && candidates[place].chance > other.chance)
		place++;
	memmove(&candidates[place + 1], &candidates[place], (count - place) * sizeof(LayoutCandidate));
	candidates[place] = other;
	return count + 1;
}

/*
 * Rank what any 64 bits may be at now_us, us since 1970 (not negative, and not within a
 * day of the largest), the most plausible candidate first.  own has each layout of IDs
 * of this database once.  Fills at most LAYOUT_CANDIDATES(own_count) entries and returns
 * their number.
 */
int
layout_guess(uint64 id, const OwnLayout *own, int own_count, int64 now_us, LayoutCandidate *candidates)
{
	LayoutCandidate counter = {.kind = CANDIDATE_COUNTER};
	LayoutCandidate drawn = {.kind = CANDIDATE_RANDOM};
	int			count = 0;

	for (int i = 0; i < own_count; i++)
	{
		LayoutCandidate candidate = {
			.layout = &own[i].layout,
			.own = &own[i],
		};

		if (layout_find_preset(candidate.layout) != NULL)
			continue;
		weigh_candidate(&candidate, id, now_us);
		insert_candidate(candidates, count++, candidate);
	}
	for (int i = 0; i < layout_preset_count; i++)
	{
		LayoutCandidate candidate = {
			.layout = layout_by_preset_number(i),
			.preset = &layout_presets[i],
		};

		candidate.own = find_own_layout(candidate.layout, own, own_count);
		weigh_candidate(&candidate, id, now_us);
		insert_candidate(candidates, count++, candidate);
	}
	counter.surprise = bits_of_counter(id) + COUNTER_RARITY;
	insert_candidate(candidates, count++, counter);
	drawn.surprise = 64 + RANDOM_RARITY;
	insert_candidate(candidates, count++, drawn);
	set_chances(candidates, count);
	return allow_for_other_epochs(candidates, count);
}
