/*-------------------------------------------------------------------------
 *
 * layout.h
 *	  How the 64 bits of a Snowflake ID are divided, and the arithmetic on them.
 *
 * A layout gives the place and the width of each field, the length of a tick and
 * the epoch.  A position is the place of an ID on its timeline,
 *
 *		tick << sequence bits | sequence
 *
 * so the position after the last sequence of a tick is sequence 0 of the next tick.
 * An ID is a position together with the fields of the node (datacenter, worker, shard,
 * slab), in the places that the layout gives them:
 *
 *		time 41, datacenter 5, worker 5, sequence 12	(default, twitter)
 *		time 39, sequence 8, worker 16					(sonyflake)
 *		slab 32, time 16, sequence 16					(hybrid)
 *
 * An ID issued by idgen is never negative as a bigint.  A layout that uses all 64 bits
 * ends for idgen when the sign bit would be set; IDs that have it set can be read.
 *
 * Everything here is arithmetic on its arguments: no fmgr, no shared memory, no
 * allocation, no errors raised.  Callers check the ranges that each function names.
 * The functions are inline because they are on the path of every ID.  layout_text.h
 * has layouts as text, layout_presets.h the presets.
 *
 * Source: the Twitter Snowflake announcement (2010), with a worker ID of 5 + 5 bits
 * and a sequence of 12.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_H
#define IDGEN_LAYOUT_H

#define NS_PER_US	INT64CONST(1000)
#define NS_PER_MS	INT64CONST(1000000)
#define NS_PER_S	INT64CONST(1000000000)
#define US_PER_MS	INT64CONST(1000)
#define US_PER_S	INT64CONST(1000000)

typedef enum LayoutField
{
	LAYOUT_TIME,
	LAYOUT_SEQUENCE,
	LAYOUT_DATACENTER,
	LAYOUT_WORKER,
	LAYOUT_SHARD,
	LAYOUT_SLAB,
} LayoutField;

#define LAYOUT_FIELDS (LAYOUT_SLAB + 1)

/* This field and those after it are the node: the same in all IDs of a generator. */
#define LAYOUT_FIRST_NODE_FIELD LAYOUT_DATACENTER

/*
 * The on-disk form of type snowflake_layout, so it must not change.  Two layouts are
 * the same if their bytes are the same.  Everything here relies on a layout being
 * valid, as layout_text.c defines it.
 */
typedef struct SnowflakeLayout
{
	int64		tick_us;		/* length of a tick */
	int64		epoch_ticks;	/* start of tick 0, in ticks since 1970 */
	uint8		bits[LAYOUT_FIELDS];	/* width of a field; 0 if the layout
										 * lacks it */
	uint8		shift[LAYOUT_FIELDS];	/* bits below the field; 0 if the
										 * layout lacks it */
	uint8		padding[4];		/* zero */
} SnowflakeLayout;

StaticAssertDecl(sizeof(SnowflakeLayout) == 32, "snowflake_layout has 32 bytes on disk");

typedef struct SnowflakeFields
{
	uint64		value[LAYOUT_FIELDS];	/* LAYOUT_TIME in ticks since the
										 * epoch */
} SnowflakeFields;

/*
 * The default of idgen.layout: 41 + 5 + 5 + 12 bits, milliseconds since
 * 2020-01-01 00:00 UTC.  Its time ends on 2089-09-06.
 */
static const SnowflakeLayout layout_default = {
	.tick_us = US_PER_MS,
	.epoch_ticks = INT64CONST(1577836800000),
	.bits = {41, 12, 5, 5},
	.shift = {22, 0, 17, 12},
};

/*
 * The layout of the timeline of 128-bit IDs (see unique_time.c): microseconds since
 * 1970, in 1024 parts.  Its time ends in 2255.
 */
static const SnowflakeLayout layout_unique_times = {
	.tick_us = 1,
	.bits = {
		[LAYOUT_TIME] = 53,
		[LAYOUT_SEQUENCE] = 10,
	},
	.shift = {[LAYOUT_TIME] = 10},
};

/*
 * The layout of the timeline of the hybrid logical clock, whose positions are its
 * values: milliseconds since 1970, and a count in each.  Its time ends in 6429.
 */
static const SnowflakeLayout layout_hlc = {
	.tick_us = US_PER_MS,
	.bits = {
		[LAYOUT_TIME] = 47,
		[LAYOUT_SEQUENCE] = 16,
	},
	.shift = {[LAYOUT_TIME] = 16},
};

static inline bool
layout_equal(const SnowflakeLayout *one, const SnowflakeLayout *other)
{
	return memcmp(one, other, sizeof(SnowflakeLayout)) == 0;
}

static inline bool
layout_has(const SnowflakeLayout *layout, LayoutField field)
{
	return layout->bits[field] > 0;
}

/* Does the sign bit belong to this field? */
static inline bool
layout_uses_sign(const SnowflakeLayout *layout, LayoutField field)
{
	return layout->shift[field] + layout->bits[field] == 64;
}

/* The bits of a field without the sign bit. */
static inline int
layout_usable_bits(const SnowflakeLayout *layout, LayoutField field)
{
	return layout->bits[field] - layout_uses_sign(layout, field);
}

/* Largest value of a field in an ID that is not negative. */
static inline uint64
layout_max(const SnowflakeLayout *layout, LayoutField field)
{
	return (UINT64CONST(1) << layout_usable_bits(layout, field)) - 1;
}

/* The value of a field in any 64 bits. */
static inline uint64
layout_get(const SnowflakeLayout *layout, LayoutField field, uint64 id)
{
	return (id >> layout->shift[field]) & ((UINT64CONST(1) << layout->bits[field]) - 1);
}

/* A field's value (0 .. layout_max) in its place. */
static inline uint64
layout_put(const SnowflakeLayout *layout, LayoutField field, uint64 value)
{
	return value << layout->shift[field];
}

static inline uint64
layout_used_bits(const SnowflakeLayout *layout)
{
	uint64		used = 0;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		used |= ((UINT64CONST(1) << layout->bits[field]) - 1) << layout->shift[field];
	return used;
}

/* Bits that are the same in all IDs of one node: the node's fields and unused bits. */
static inline uint64
layout_fixed_bits(const SnowflakeLayout *layout)
{
	return ~(((UINT64CONST(1) << layout->bits[LAYOUT_TIME]) - 1) << layout->shift[LAYOUT_TIME] |
			 ((UINT64CONST(1) << layout->bits[LAYOUT_SEQUENCE]) - 1) << layout->shift[LAYOUT_SEQUENCE]);
}

/* The set bits of a number that belong to no field; 0 for an ID of the layout. */
static inline uint64
layout_stray_bits(const SnowflakeLayout *layout, uint64 id)
{
	return id & ~layout_used_bits(layout);
}

/* Is the time the highest field, so that IDs of all nodes sort by time? */
static inline bool
layout_is_by_time(const SnowflakeLayout *layout)
{
	for (int field = 0; field < LAYOUT_FIELDS; field++)
		if (layout->shift[field] > layout->shift[LAYOUT_TIME])
			return false;
	return true;
}

static inline uint64
layout_tick_size(const SnowflakeLayout *layout)
{
	return UINT64CONST(1) << layout->bits[LAYOUT_SEQUENCE];
}

/* First tick past the end of the time field. */
static inline int64
layout_end_tick(const SnowflakeLayout *layout)
{
	return INT64CONST(1) << layout_usable_bits(layout, LAYOUT_TIME);
}

/* First position past the end of the time field; at most 2^63. */
static inline uint64
layout_end(const SnowflakeLayout *layout)
{
	return (uint64) layout_end_tick(layout) << layout->bits[LAYOUT_SEQUENCE];
}

/*
 * The tick at unix_ns, ns since 1970 (not negative).  It is negative before the
 * layout's epoch.
 */
static inline int64
layout_tick_at(const SnowflakeLayout *layout, int64 unix_ns)
{
	return (int64) ((uint64) unix_ns / (uint64) (layout->tick_us * NS_PER_US)) - layout->epoch_ticks;
}

/*
 * Start of a tick (0 .. 2^time bits), in us since 1970.  The time of a valid layout
 * ends before this overflows.
 */
static inline int64
layout_tick_start_us(const SnowflakeLayout *layout, int64 tick)
{
	return (layout->epoch_ticks + tick) * layout->tick_us;
}

/* End of the time field, in us since 1970. */
static inline int64
layout_end_us(const SnowflakeLayout *layout)
{
	return layout_tick_start_us(layout, layout_end_tick(layout));
}

/* First position of a tick (0 .. end of the time field). */
static inline uint64
layout_tick_position(const SnowflakeLayout *layout, int64 tick)
{
	return (uint64) tick << layout->bits[LAYOUT_SEQUENCE];
}

/*
 * The first position of a tick that may be before the epoch, or past the end of the time
 * field: then it is that of tick 0, or the end.
 */
static inline uint64
layout_clamped_position(const SnowflakeLayout *layout, int64 tick)
{
	return layout_tick_position(layout, Max(0, Min(tick, layout_end_tick(layout))));
}

static inline uint64
layout_position_tick(const SnowflakeLayout *layout, uint64 position)
{
	return position >> layout->bits[LAYOUT_SEQUENCE];
}

static inline uint64
layout_position_sequence(const SnowflakeLayout *layout, uint64 position)
{
	return position & (layout_tick_size(layout) - 1);
}

/* End of the tick of a position, in us since 1970. */
static inline int64
layout_position_end_us(const SnowflakeLayout *layout, uint64 position)
{
	return layout_tick_start_us(layout, layout_position_tick(layout, position) + 1);
}

/*
 * The first position at or after position from which size positions (1 ..
 * layout_tick_size) lie within one tick.
 */
static inline uint64
layout_fit_in_tick(const SnowflakeLayout *layout, uint64 position, uint64 size)
{
	uint64		tick_size = layout_tick_size(layout);
	uint64		sequence = layout_position_sequence(layout, position);

	return sequence + size <= tick_size ? position : position - sequence + tick_size;
}

/* The ID of a position (below layout_end).  node_bits are the fields of the node in their places. */
static inline int64
layout_compose(const SnowflakeLayout *layout, uint64 position, uint64 node_bits)
{
	return (int64) (layout_put(layout, LAYOUT_TIME, layout_position_tick(layout, position)) |
					layout_put(layout, LAYOUT_SEQUENCE, layout_position_sequence(layout, position)) |
					node_bits);
}

/* The fields of any 64 bits. */
static inline SnowflakeFields
layout_parse(const SnowflakeLayout *layout, uint64 id)
{
	SnowflakeFields fields;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		fields.value[field] = layout_get(layout, field, id);
	return fields;
}

/*
 * The tick at unix_us, us since 1970 (at least -2^62 - 1), rounded down.  It is negative
 * before the layout's epoch, and can be past the end of the time field.
 */
static inline int64
layout_tick_at_us(const SnowflakeLayout *layout, int64 unix_us)
{
	int64		ticks = unix_us / layout->tick_us;

	return ticks - (unix_us % layout->tick_us < 0) - layout->epoch_ticks;
}

/* The first position of the first tick that begins at or after a time, in us since 1970. */
static inline uint64
layout_position_from_us(const SnowflakeLayout *layout, int64 unix_us)
{
	return layout_clamped_position(layout, layout_tick_at_us(layout, unix_us - 1) + 1);
}

/*
 * Bounds, for layouts that are by time.  They count all numbers from the first one of a
 * tick up to the first one of the next tick as IDs of the tick, whatever the other
 * fields and unused bits are.
 */

/* Largest number in any tick. */
static inline int64
layout_max_id(const SnowflakeLayout *layout)
{
	return (int64) (((uint64) layout_end_tick(layout) << layout->shift[LAYOUT_TIME]) - 1);
}

/*
 * Smallest ID whose tick is at least tick, which may be any number.  Past the end of the
 * time field it is the largest ID of all.
 */
static inline int64
layout_first_id_from(const SnowflakeLayout *layout, int64 tick)
{
	if (tick < 0)
		return 0;
	if (tick >= layout_end_tick(layout))
		return layout_max_id(layout);
	return (int64) layout_put(layout, LAYOUT_TIME, tick);
}

/*
 * Largest ID whose tick is at most tick, which may be any number except the largest
 * int64.  Before the epoch it is -1, which is below all IDs.
 */
static inline int64
layout_last_id_until(const SnowflakeLayout *layout, int64 tick)
{
	if (tick < 0)
		return -1;
	if (tick + 1 >= layout_end_tick(layout))
		return layout_max_id(layout);
	return layout_first_id_from(layout, tick + 1) - 1;
}

#endif							/* IDGEN_LAYOUT_H */
