/*-------------------------------------------------------------------------
 *
 * layout_plan.c
 *	  See layout_plan.h.
 *
 * The proposals are all presets and three layouts computed for the demand.  They are
 * ordered by these criteria, the most important first:
 *
 *	- the number of demands missed;
 *	- the origin: idgen's own presets; then computed layouts, which waste no bits;
 *	  then the layouts of other systems, which are useful if IDs must look like theirs;
 *	- IDs of all nodes sort by time;
 *	- the sign bit is not used;
 *	- the shorter tick;
 *	- the later end.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/layout_capacity.h"
#include "bits/layout_plan.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"

/* Origins, the preferred one first. */
enum
{
	OURS,
	COMPUTED,
	OF_OTHERS,
};

/* A computed layout lasts this long if there are bits for it.  Further bits go to the sequence. */
#define LASTING_YEARS 1000

/* Lengths of a tick to try. */
static const TimeUnit ticks[] = {
	{"1 ms", US_PER_MS},
	{"10 ms", 10 * US_PER_MS},
	{"1 s", US_PER_S},
};

/* Bits that can number count things (1 .. 2^62). */
static int
bits_to_count(int64 count)
{
	int			bits = 0;

	while ((INT64CONST(1) << bits) < count)
		bits++;
	return bits;
}

static LayoutShortfalls
find_shortfalls(const SnowflakeLayout *layout, const LayoutDemand *demand, int64 now_us)
{
	LayoutShortfalls shortfalls = {
		.rate = layout_ids_per_second(layout) < demand->ids_per_second,
		.nodes = layout_nodes(layout) < demand->nodes,
		.no_date = layout_is_in_slabs(layout),
	};

	shortfalls.years = shortfalls.no_date || layout_end_us(layout) < now_us + demand->years * YEAR_US;
	if (shortfalls.years && !shortfalls.no_date)
	{
		shortfalls.negative = layout_turns_negative(layout);
		shortfalls.run_out = layout_end_us(layout) <= now_us;
	}
	return shortfalls;
}

static LayoutProposal
make_proposal(const SnowflakeLayout *layout, const LayoutDemand *demand, int64 now_us, int origin, int place)
{
	LayoutProposal proposal = {
		.layout = *layout,
		.shortfalls = find_shortfalls(layout, demand, now_us),
		.origin = origin,
		.place = place,
	};

	proposal.demands_missed = proposal.shortfalls.rate + proposal.shortfalls.nodes + proposal.shortfalls.years;
	return proposal;
}

/* The year of unix_us, us since 1970. */
static void
write_year(int64 unix_us, char *str, size_t size)
{
	layout_write_timestamp(unix_us, str, size);
	*strchr(str, '-') = '\0';
}

/*
 * Compute the layout with this tick that has just enough bits for a demand, counts from
 * the start of this year, and lasts as long as possible within LASTING_YEARS.  Returns
 * false if there is none.
 */
static bool
fit_layout_to_demand(const TimeUnit *tick, const LayoutDemand *demand, int64 now_us, SnowflakeLayout *layout)
{
	int			node = bits_to_count(demand->nodes);
	int64		per_second = US_PER_S / tick->us;
	int			sequence = bits_to_count((demand->ids_per_second + per_second - 1) / per_second);
	int			time = bits_to_count((Max(demand->years, LASTING_YEARS) + 1) * (YEAR_US / US_PER_S) * per_second);
	char		year[LAYOUT_TIMESTAMP_SIZE];
	char		str[LAYOUT_TEXT_SIZE];
	int			length;
	LayoutProblem problem;

	time = Min(time, 63 - node - sequence);
	sequence = 63 - node - time;
	write_year(now_us, year, sizeof(year));
	length = snprintf(str, sizeof(str), "time %d bits of %s since %s-01-01", time, tick->name, year);
	if (node > 0)
		length += snprintf(str + length, sizeof(str) - length, ", worker %d", node);
	if (sequence > 0)
		snprintf(str + length, sizeof(str) - length, ", sequence %d", sequence);
	return layout_read(str, layout, &problem);
}

/* For qsort(): negative if the first is better. */
static int
compare_proposals(const void *one, const void *other)
{
	const LayoutProposal *a = one;
	const LayoutProposal *b = other;
	int64		end_a = layout_end_us(&a->layout);
	int64		end_b = layout_end_us(&b->layout);

	if (a->demands_missed != b->demands_missed)
		return a->demands_missed - b->demands_missed;
	if (a->origin != b->origin)
		return a->origin - b->origin;
	if (layout_is_by_time(&a->layout) != layout_is_by_time(&b->layout))
		return layout_is_by_time(&b->layout) - layout_is_by_time(&a->layout);
	if (layout_turns_negative(&a->layout) != layout_turns_negative(&b->layout))
		return layout_turns_negative(&a->layout) - layout_turns_negative(&b->layout);
	if (a->layout.tick_us != b->layout.tick_us)
		return a->layout.tick_us < b->layout.tick_us ? -1 : 1;
	if (end_a != end_b)
		return end_a > end_b ? -1 : 1;
	return a->place - b->place;
}

/*
 * Propose layouts for a demand at now_us, us since 1970 (not negative, and now_us plus
 * MOST_YEARS must not overflow), the best first.  Fills at most LAYOUT_PROPOSALS
 * entries and returns their number.
 */
int
layout_plan(const LayoutDemand *demand, int64 now_us, LayoutProposal *proposals)
{
	int			count = 0;

	for (int i = 0; i < layout_preset_count; i++)
	{
		int			origin = layout_presets[i].usage.is_ours ? OURS : OF_OTHERS;

		proposals[count] = make_proposal(layout_by_preset_number(i), demand, now_us, origin, count);
		count++;
	}
	for (int i = 0; i < lengthof(ticks); i++)
	{
		SnowflakeLayout layout;

		if (!fit_layout_to_demand(&ticks[i], demand, now_us, &layout) || layout_preset_name(&layout) != NULL)
			continue;
		proposals[count] = make_proposal(&layout, demand, now_us, COMPUTED, count);
		count++;
	}
	qsort(proposals, count, sizeof(LayoutProposal), compare_proposals);
	return count;
}

/* The least ratio of what the layout has to what is demanded: below 1 if a demand is missed. */
double
layout_margin(const SnowflakeLayout *layout, const LayoutDemand *demand, int64 now_us)
{
	/* layout_ids_per_second() is rounded down, and can be 0. */
	double		rate = (double) layout_tick_size(layout) * US_PER_S / layout->tick_us / demand->ids_per_second;
	double		nodes = (double) layout_nodes(layout) / demand->nodes;
	double		years = layout_is_in_slabs(layout) ? 0 : layout_years_left(layout, now_us) / demand->years;

	return Min(Min(rate, nodes), years);
}
