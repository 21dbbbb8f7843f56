/*-------------------------------------------------------------------------
 *
 * layout_capacity.c
 *	  See layout_capacity.h.
 *
 * For idgen a layout ends when IDs would turn negative, so time left and time used are
 * shares of the time until then.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "common/int.h"

#include "bits/layout_capacity.h"

/*
 * IDs that a node can issue per second in the long run, rounded down.  0 if a tick has
 * more seconds than positions.
 */
int64
layout_ids_per_second(const SnowflakeLayout *layout)
{
	/* At most 2^31 times a million. */
	return (int64) layout_tick_size(layout) * US_PER_S / layout->tick_us;
}

/* Nodes of IDs that are not negative: 1 .. 2^62, since the time has at least one bit. */
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
 * Start of any tick, in us since 1970.  Returns false if an int64 cannot hold it, from
 * the year 294247 on.
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
 * End of the time field including the sign bit, in us since 1970; NEVER_US if an int64
 * cannot hold it.
 */
int64
layout_last_end_us(const SnowflakeLayout *layout)
{
	int64		unix_us;

	if (!layout_try_tick_start_us(layout, UINT64CONST(1) << layout->bits[LAYOUT_TIME], &unix_us))
		return NEVER_US;
	return unix_us;
}

/* Years from now_us, us since 1970 (not negative), to the end of the layout; 0 past it. */
double
layout_years_left(const SnowflakeLayout *layout, int64 now_us)
{
	int64		end_us = layout_end_us(layout);

	return now_us < end_us ? (double) (end_us - now_us) / YEAR_US : 0;
}

/* The share of the time that has passed at now_us, us since 1970 (not negative): 0 .. 1. */
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
