/*-------------------------------------------------------------------------
 *
 * layout.c
 *	  A layout in words.  The arithmetic is in layout.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout.h"

/*
 * Write the fields from high to low with their widths, the length of a tick
 * and the epoch, as a person would say them.  128 bytes hold any layout.
 */
void
layout_describe(const SnowflakeLayout *layout, char *text, size_t size)
{
	snprintf(text, size,
			 "sign 1, time %d, datacenter %d, worker %d, sequence %d, tick %lld us, epoch %lld ms",
			 layout->time_bits, layout->datacenter_bits,
			 layout->worker_bits, layout->sequence_bits,
			 (long long) (layout->tick_ns / NS_PER_US),
			 (long long) (layout_tick_start_us(layout, 0) / 1000));
}
