/*-------------------------------------------------------------------------
 *
 * layout_overlap.h
 *	  Which numbers the IDs of a layout and a node can be, and whether IDs of two
 *	  layouts can be equal.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_OVERLAP_H
#define IDGEN_LAYOUT_OVERLAP_H

#include "bits/layout.h"

/* The IDs of a layout in which the fixed bits have this value. */
typedef struct IdNumbers
{
	SnowflakeLayout layout;
	uint64		fixed;			/* bits that are the same in all of these IDs */
	uint64		value;			/* their values; 0 in the other bits */
} IdNumbers;

/* The IDs of one node.  node_bits are its fields in their places. */
static inline IdNumbers
layout_node_numbers(const SnowflakeLayout *layout, uint64 node_bits)
{
	IdNumbers	numbers = {
		.layout = *layout,
		.fixed = layout_fixed_bits(layout),
		.value = node_bits,
	};

	return numbers;
}

extern SnowflakeLayout layout_widen_time(const SnowflakeLayout *layout, int time_bits);
extern bool layout_same_frame(const SnowflakeLayout *one, const SnowflakeLayout *other);
extern bool layout_keeps_apart(const SnowflakeLayout *one, const SnowflakeLayout *other);
extern bool layout_shares_timeline(const IdNumbers *one, const IdNumbers *other);
extern bool layout_may_be_equal(const IdNumbers *one, const IdNumbers *other);
extern bool layout_same_pace(const IdNumbers *one, const IdNumbers *other);
extern bool layout_all_above(const SnowflakeLayout *above, int64 from_us,
							 const SnowflakeLayout *below, int64 until_us);

#endif							/* IDGEN_LAYOUT_OVERLAP_H */
