/*-------------------------------------------------------------------------
 *
 * layout_overlap.c
 *	  See layout_overlap.h.
 *
 * An ID space is a set of numbers.  The width of the time and the names of the fields
 * do not matter for which numbers are issued when.
 *
 * An ID grows by 2^(shift of the time) each tick.  Two layouts with the same pace and
 * the same start reach equal numbers at the same time or never.  Other layouts reach
 * them at different times.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/layout_overlap.h"

/*
 * Do positions mean the same time and sequence in both layouts, and does each bit of a
 * position have the same place in the ID?  Then one timeline can serve both.
 */
bool
layout_same_frame(const SnowflakeLayout *one, const SnowflakeLayout *other)
{
	return one->tick_us == other->tick_us &&
		one->epoch_ticks == other->epoch_ticks &&
		one->shift[LAYOUT_TIME] == other->shift[LAYOUT_TIME] &&
		one->shift[LAYOUT_SEQUENCE] == other->shift[LAYOUT_SEQUENCE] &&
		one->bits[LAYOUT_SEQUENCE] == other->bits[LAYOUT_SEQUENCE];
}

/*
 * The layout with its time widened to time_bits, if it has fewer.  The wider time takes
 * bits from the fields of the node above it; the caller knows that these are 0.
 */
SnowflakeLayout
layout_widen_time(const SnowflakeLayout *layout, int time_bits)
{
	SnowflakeLayout wide = *layout;
	int			end = layout->shift[LAYOUT_TIME] + time_bits;

	if (time_bits <= layout->bits[LAYOUT_TIME])
		return wide;
	wide.bits[LAYOUT_TIME] = time_bits;
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		int			lost = end - layout->shift[field];

		if (lost <= 0 || layout->shift[field] < layout->shift[LAYOUT_TIME])
			continue;
		wide.bits[field] = Max(layout->bits[field] - lost, 0);
		wide.shift[field] = wide.bits[field] == 0 ? 0 : end;
	}
	return wide;
}

static uint64
time_bit_mask(const SnowflakeLayout *layout)
{
	return ((UINT64CONST(1) << layout->bits[LAYOUT_TIME]) - 1) << layout->shift[LAYOUT_TIME];
}

static uint64
node_bit_mask(const SnowflakeLayout *layout)
{
	return layout_used_bits(layout) & layout_fixed_bits(layout);
}

/*
 * Do IDs of the two layouts differ whenever their nodes do?  In one frame they do,
 * unless the time of one layout overlaps the node of the other.
 */
bool
layout_keeps_apart(const SnowflakeLayout *one, const SnowflakeLayout *other)
{
	return layout_same_frame(one, other) &&
		(time_bit_mask(one) & node_bit_mask(other)) == 0 &&
		(time_bit_mask(other) & node_bit_mask(one)) == 0;
}

/* Do the two nodes have the same numbers at the same times, so that they need one timeline? */
bool
layout_shares_timeline(const IdNumbers *one, const IdNumbers *other)
{
	return one->value == other->value && layout_same_frame(&one->layout, &other->layout);
}

bool
layout_may_be_equal(const IdNumbers *one, const IdNumbers *other)
{
	return ((one->value ^ other->value) & one->fixed & other->fixed) == 0;
}

static int
time_field_end(const SnowflakeLayout *layout)
{
	return layout->shift[LAYOUT_TIME] + layout->bits[LAYOUT_TIME];
}

/* Is tick_us / 2^(shift of the time) the same? */
static bool
has_same_rate(const SnowflakeLayout *one, const SnowflakeLayout *other)
{
	const SnowflakeLayout *low = one->shift[LAYOUT_TIME] < other->shift[LAYOUT_TIME] ? one : other;
	const SnowflakeLayout *high = low == one ? other : one;
	int			distance = high->shift[LAYOUT_TIME] - low->shift[LAYOUT_TIME];

	return (high->tick_us >> distance) == low->tick_us &&
		(low->tick_us << distance) == high->tick_us;
}

/*
 * Given that IDs of the two can be equal, do they reach equal numbers at the same time
 * only?  They do if the rates agree, and the fixed bits above the narrower time agree
 * with the distance of the epochs: usually both are 0.
 */
bool
layout_same_pace(const IdNumbers *one, const IdNumbers *other)
{
	const IdNumbers *narrow = time_field_end(&one->layout) <= time_field_end(&other->layout) ? one : other;
	const IdNumbers *wide = narrow == one ? other : one;
	int			end = time_field_end(&narrow->layout);
	uint64		above = end == 64 ? 0 : time_bit_mask(&wide->layout) >> end << end;
	int64		distance_us = layout_tick_start_us(&narrow->layout, 0) - layout_tick_start_us(&wide->layout, 0);
	uint64		lives;
	int64		life_us;

	if (!has_same_rate(&one->layout, &other->layout) || (above & ~narrow->fixed) != 0)
		return false;
	if ((narrow->value & above) == 0)
		return distance_us == 0;

	/*
	 * Each time that the narrower time wraps around, the bits above it in the
	 * wider time go up by 1.
	 */
	lives = (narrow->value & above) >> end;
	life_us = narrow->layout.tick_us << narrow->layout.bits[LAYOUT_TIME];
	return distance_us > 0 && distance_us % life_us == 0 && distance_us / life_us == (int64) lives;
}

/*
 * Is every ID that layout above issues from from_us on greater than every ID that layout
 * below issues until until_us?  Times are in us since 1970.  Always false unless the
 * time is the highest field of both.
 */
bool
layout_all_above(const SnowflakeLayout *above, int64 from_us,
				 const SnowflakeLayout *below, int64 until_us)
{
	int64		first_tick = layout_tick_at_us(above, from_us);
	int64		last_tick = layout_tick_at_us(below, until_us);

	if (!layout_is_by_time(above) || !layout_is_by_time(below) || first_tick < 0)
		return false;
	return layout_first_id_from(above, first_tick) > layout_last_id_until(below, last_tick);
}
