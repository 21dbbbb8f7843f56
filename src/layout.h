/*-------------------------------------------------------------------------
 *
 * layout.h
 *	  How the 64 bits of a Snowflake ID are divided, and the arithmetic on them.
 *
 * A layout names the width of each field, the length of a tick and the epoch.
 * A position is the place of an ID on its timeline,
 *
 *		tick << sequence_bits | sequence
 *
 * so position + 1 after the last sequence of a tick is sequence 0 of the next
 * tick.  An ID is a position with the node (datacenter and worker) put between
 * tick and sequence, below a sign bit that is always zero:
 *
 *		0 | tick | datacenter | worker | sequence
 *
 * Everything here is arithmetic on its arguments: no fmgr, no shared memory, no
 * allocation, no errors raised.  Callers check ranges first; each function says
 * which.  The functions are inline so that a layout known to the compiler folds
 * into constants on the hot path.
 *
 * Source: the Twitter Snowflake announcement (2010), which has a worker ID
 * of 5 + 5 bits and a sequence of 12.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_H
#define IDGEN_LAYOUT_H

#define NS_PER_US	INT64CONST(1000)
#define NS_PER_MS	INT64CONST(1000000)
#define NS_PER_S	INT64CONST(1000000000)

typedef struct SnowflakeLayout
{
	int			time_bits;		/* 1 .. 62 */
	int			datacenter_bits;
	int			worker_bits;
	int			sequence_bits;
	int64		tick_ns;		/* length of a tick, ns: whole microseconds */
	int64		epoch_ticks;	/* start of tick 0, in ticks since 1970 */
} SnowflakeLayout;

/* The fields of one ID. */
typedef struct SnowflakeFields
{
	uint64		tick;			/* ticks since the layout's epoch */
	uint32		datacenter;
	uint32		worker;
	uint32		sequence;
} SnowflakeFields;

/*
 * The layout of IDs made by this version: 41 + 5 + 5 + 12 bits, milliseconds
 * since 2020-01-01 00:00 UTC.  Its time ends on 2089-09-06.
 */
static const SnowflakeLayout layout_default = {
	.time_bits = 41,
	.datacenter_bits = 5,
	.worker_bits = 5,
	.sequence_bits = 12,
	.tick_ns = NS_PER_MS,
	.epoch_ticks = INT64CONST(1577836800000),
};

/* Positions in one tick. */
static inline uint64
layout_tick_size(const SnowflakeLayout *layout)
{
	return UINT64CONST(1) << layout->sequence_bits;
}

/* First position past the end of the time field. */
static inline uint64
layout_end(const SnowflakeLayout *layout)
{
	return UINT64CONST(1) << (layout->time_bits + layout->sequence_bits);
}

/* Largest value of the datacenter and of the worker field. */
static inline uint32
layout_max_datacenter(const SnowflakeLayout *layout)
{
	return (UINT32_C(1) << layout->datacenter_bits) - 1;
}

static inline uint32
layout_max_worker(const SnowflakeLayout *layout)
{
	return (UINT32_C(1) << layout->worker_bits) - 1;
}

/*
 * Tick at a moment in ns since 1970 (not negative); negative before the
 * layout's epoch.
 */
static inline int64
layout_tick_at(const SnowflakeLayout *layout, int64 unix_ns)
{
	return (int64) ((uint64) unix_ns / (uint64) layout->tick_ns) - layout->epoch_ticks;
}

/* Start of a tick, in us since 1970. */
static inline int64
layout_tick_start_us(const SnowflakeLayout *layout, int64 tick)
{
	return (layout->epoch_ticks + tick) * (layout->tick_ns / NS_PER_US);
}

/* First position of a tick (0 .. end of the time field). */
static inline uint64
layout_tick_position(const SnowflakeLayout *layout, int64 tick)
{
	return (uint64) tick << layout->sequence_bits;
}

/* Tick of a position. */
static inline uint64
layout_position_tick(const SnowflakeLayout *layout, uint64 position)
{
	return position >> layout->sequence_bits;
}

/* End of the tick of a position, in us since 1970. */
static inline int64
layout_position_end_us(const SnowflakeLayout *layout, uint64 position)
{
	return layout_tick_start_us(layout, layout_position_tick(layout, position) + 1);
}

/*
 * First position, not below the one given, from which size positions (1 ..
 * layout_tick_size) lie within one tick.
 */
static inline uint64
layout_fit_in_tick(const SnowflakeLayout *layout, uint64 position, uint64 size)
{
	uint64		tick_size = layout_tick_size(layout);
	uint64		sequence = position & (tick_size - 1);

	return sequence + size <= tick_size ? position : position - sequence + tick_size;
}

/*
 * The node's bits in their place in the ID; datacenter and worker within
 * their fields.
 */
static inline uint64
layout_node_bits(const SnowflakeLayout *layout, uint32 datacenter, uint32 worker)
{
	return ((uint64) datacenter << layout->worker_bits | worker) << layout->sequence_bits;
}

/* The ID of a position (below layout_end) on a node. */
static inline int64
layout_compose(const SnowflakeLayout *layout, uint64 position, uint64 node_bits)
{
	int			node_width = layout->datacenter_bits + layout->worker_bits;
	uint64		sequence = position & (layout_tick_size(layout) - 1);

	return (int64) ((position - sequence) << node_width | node_bits | sequence);
}

/* The fields of an ID (not negative). */
static inline SnowflakeFields
layout_parse(const SnowflakeLayout *layout, int64 id)
{
	SnowflakeFields fields;
	uint64		rest = (uint64) id;

	fields.sequence = (uint32) (rest & (layout_tick_size(layout) - 1));
	rest >>= layout->sequence_bits;
	fields.worker = (uint32) rest & layout_max_worker(layout);
	rest >>= layout->worker_bits;
	fields.datacenter = (uint32) rest & layout_max_datacenter(layout);
	fields.tick = rest >> layout->datacenter_bits;
	return fields;
}

/* Largest ID that the layout's bits can hold. */
static inline int64
layout_max_id(const SnowflakeLayout *layout)
{
	int			node_width = layout->datacenter_bits + layout->worker_bits;

	return (int64) ((layout_end(layout) << node_width) - 1);
}

/*
 * Tick at a moment in us since 1970 (from -2^62 - 1 on), rounded down; negative
 * before the layout's epoch, and past the end of the time field, too.
 */
static inline int64
layout_tick_at_us(const SnowflakeLayout *layout, int64 unix_us)
{
	int64		tick_us = layout->tick_ns / NS_PER_US;
	int64		ticks = unix_us / tick_us;

	return ticks - (unix_us % tick_us < 0) - layout->epoch_ticks;
}

/*
 * Smallest ID of the ticks from the one numbered tick (any) on, if there is
 * such an ID; past the end of the time field, the largest of all.
 */
static inline int64
layout_first_id_from(const SnowflakeLayout *layout, int64 tick)
{
	if (tick < 0)
		return 0;
	if (tick >> layout->time_bits != 0)
		return layout_max_id(layout);
	return layout_compose(layout, layout_tick_position(layout, tick), 0);
}

/*
 * Largest ID of the ticks up to the one numbered tick (any, but the largest
 * int64); -1, which is below all IDs, where that lies before the epoch.
 */
static inline int64
layout_last_id_until(const SnowflakeLayout *layout, int64 tick)
{
	if (tick < 0)
		return -1;
	if ((tick + 1) >> layout->time_bits != 0)
		return layout_max_id(layout);
	return layout_first_id_from(layout, tick + 1) - 1;
}

extern void layout_describe(const SnowflakeLayout *layout, char *text, size_t size);

#endif							/* IDGEN_LAYOUT_H */
