/*-------------------------------------------------------------------------
 *
 * layout_capacity.c
 *	  See layout_capacity.h.
 *
 * For us a layout ends when a bigint would turn negative, so what is left and what
 * is used are shares of the time until then.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "common/int.h"

#include "bits/layout_capacity.h"

/*
 * IDs that a node makes in a second in the long run, in whole ones: 0 where a tick
 * is longer than a second for each of its IDs.
 */
int64
layout_ids_per_second(const SnowflakeLayout *layout)
{
	/* At most 2^31 times a million. */
	return (int64) layout_tick_size(layout) * US_PER_S / layout->tick_us;
}

/* Nodes that a bigint which is not negative can tell apart: 1 .. 2^62, as the time has a bit, too. */
int64
layout_nodes(const SnowflakeLayout *layout)
{
	int			bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		if (layout_has(layout, field))
			bits += layout_usable_bits(layout, field);
	return INT64CONST(1) << bits;
}

/*
 * Start of a tick as any 64 bits may have it, in us since 1970.  Returns false if
 * that is beyond what an int64 can hold, in the year 294247.
 */
bool
layout_try_tick_start_us(const SnowflakeLayout *layout, uint64 ticks, int64 *unix_us)
{
	int64		sum;

	return ticks <= PG_INT64_MAX &&
		!pg_add_s64_overflow(layout->epoch_ticks, (int64) ticks, &sum) &&
		!pg_mul_s64_overflow(sum, layout->tick_us, unix_us);
}

/*
 * First moment past the time field as all 64 bits have it, the sign among them, in
 * us since 1970; NEVER_US if that is too far to tell.
 */
int64
layout_last_end_us(const SnowflakeLayout *layout)
{
	int64		unix_us;

	if (!layout_try_tick_start_us(layout, UINT64CONST(1) << layout->bits[LAYOUT_TIME], &unix_us))
		return NEVER_US;
	return unix_us;
}

/* Years from a moment in us since 1970 (not negative) to the end; 0 past it. */
double
layout_years_left(const SnowflakeLayout *layout, int64 now_us)
{
	int64		end_us = layout_end_us(layout);

	return now_us < end_us ? (double) (end_us - now_us) / YEAR_US : 0;
}

/* The share of the time that has passed at a moment in us since 1970 (not negative): 0 .. 1. */
double
layout_time_used(const SnowflakeLayout *layout, int64 now_us)
{
	int64		start_us = layout_tick_start_us(layout, 0);
	int64		end_us = layout_end_us(layout);

	if (now_us <= start_us)
		return 0;
	if (now_us >= end_us)
		return 1;
	return (double) (now_us - start_us) / (end_us - start_us);
}
