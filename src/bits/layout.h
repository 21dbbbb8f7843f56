/*-------------------------------------------------------------------------
 *
 * layout.h
 *	  How the 64 bits of a Snowflake ID are divided, and the arithmetic on them.
 *
 * A layout names the place and the width of each field, the length of a tick and
 * the epoch.  A position is the place of an ID on its timeline,
 *
 *		tick << sequence bits | sequence
 *
 * so position + 1 after the last sequence of a tick is sequence 0 of the next
 * tick.  An ID is a position with the fields that tell nodes apart (datacenter,
 * worker, shard, slab) put around it, wherever the layout has them:
 *
 *		time 41, datacenter 5, worker 5, sequence 12	(default, twitter)
 *		time 39, sequence 8, worker 16					(sonyflake)
 *		slab 32, time 16, sequence 16					(hybrid)
 *
 * As a bigint an ID is never negative.  A layout that uses all 64 bits ends, for
 * us, when the sign bit turns on; the ID's parts can still be read then.
 *
 * Everything here is arithmetic on its arguments: no fmgr, no shared memory, no
 * allocation, no errors raised.  Callers check ranges first; each function says
 * which.  The functions are inline so that a layout known to the compiler folds
 * into constants.  Layouts as text are in layout_text.h, known ones in
 * layout_presets.h.
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

/* From here on the fields are the node's: the same in all IDs of a generator. */
#define LAYOUT_FIRST_NODE_FIELD LAYOUT_DATACENTER

/*
 * The values of columns of type snowflake_layout have this form, so it must not
 * change.  Two layouts are the same if their bytes are.  layout_text.c says which
 * are valid; all here rely on it.
 */
typedef struct SnowflakeLayout
{
	int64		tick_us;		/* length of a tick */
	int64		epoch_ticks;	/* start of tick 0, in ticks since 1970 */
	uint8		bits[LAYOUT_FIELDS];	/* width of a field; 0: there is none */
	uint8		shift[LAYOUT_FIELDS];	/* bits below it; 0 where there is none */
	uint8		padding[4];		/* zero */
} SnowflakeLayout;

StaticAssertDecl(sizeof(SnowflakeLayout) == 32, "snowflake_layout has 32 bytes on disk");

/* What the fields of an ID hold. */
typedef struct SnowflakeFields
{
	uint64		value[LAYOUT_FIELDS];	/* that of the time in ticks since the epoch */
} SnowflakeFields;

/*
 * The layout of servers that set no other: 41 + 5 + 5 + 12 bits, milliseconds
 * since 2020-01-01 00:00 UTC.  Its time ends on 2089-09-06.
 */
static const SnowflakeLayout layout_default = {
	.tick_us = US_PER_MS,
	.epoch_ticks = INT64CONST(1577836800000),
	.bits = {41, 12, 5, 5},
	.shift = {22, 0, 17, 12},
};

/*
 * That of moments which come once on a server (see unique_time.c): microseconds
 * since 1970, in 1024 parts.  Its time ends in 2255.
 */
static const SnowflakeLayout layout_unique_times = {
	.tick_us = 1,
	.bits = {[LAYOUT_TIME] = 53,[LAYOUT_SEQUENCE] = 10},
	.shift = {[LAYOUT_TIME] = 10},
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

/* Does an ID's sign bit belong to a field? */
static inline bool
layout_uses_sign(const SnowflakeLayout *layout, LayoutField field)
{
	return layout->shift[field] + layout->bits[field] == 64;
}

/* The bits of a field that a bigint which is not negative can have. */
static inline int
layout_usable_bits(const SnowflakeLayout *layout, LayoutField field)
{
	return layout->bits[field] - layout_uses_sign(layout, field);
}

/* Largest value of a field in a bigint that is not negative. */
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

/* All bits that belong to fields. */
static inline uint64
layout_used_bits(const SnowflakeLayout *layout)
{
	uint64		used = 0;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		used |= ((UINT64CONST(1) << layout->bits[field]) - 1) << layout->shift[field];
	return used;
}

/* Bits that are the same in all IDs of one node: those of the node's fields, and unused ones. */
static inline uint64
layout_fixed_bits(const SnowflakeLayout *layout)
{
	return ~(((UINT64CONST(1) << layout->bits[LAYOUT_TIME]) - 1) << layout->shift[LAYOUT_TIME] |
			 ((UINT64CONST(1) << layout->bits[LAYOUT_SEQUENCE]) - 1) << layout->shift[LAYOUT_SEQUENCE]);
}

/* Bits of a number that belong to no field: 0 in IDs of the layout. */
static inline uint64
layout_stray_bits(const SnowflakeLayout *layout, uint64 id)
{
	return id & ~layout_used_bits(layout);
}

/* Is the time above all other fields, so that IDs sort by it across nodes? */
static inline bool
layout_is_by_time(const SnowflakeLayout *layout)
{
	for (int field = 0; field < LAYOUT_FIELDS; field++)
		if (layout->shift[field] > layout->shift[LAYOUT_TIME])
			return false;
	return true;
}

/* Positions in one tick. */
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
 * Tick at a moment in ns since 1970 (not negative); negative before the
 * layout's epoch.
 */
static inline int64
layout_tick_at(const SnowflakeLayout *layout, int64 unix_ns)
{
	return (int64) ((uint64) unix_ns / (uint64) (layout->tick_us * NS_PER_US)) - layout->epoch_ticks;
}

/*
 * Start of a tick (0 .. 2^time bits), in us since 1970.  A valid layout's time
 * ends before that overflows.
 */
static inline int64
layout_tick_start_us(const SnowflakeLayout *layout, int64 tick)
{
	return (layout->epoch_ticks + tick) * layout->tick_us;
}

/* First moment past the end of the time field, in us since 1970. */
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

/* Tick of a position. */
static inline uint64
layout_position_tick(const SnowflakeLayout *layout, uint64 position)
{
	return position >> layout->bits[LAYOUT_SEQUENCE];
}

/* Sequence of a position. */
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
 * First position, not below the one given, from which size positions (1 ..
 * layout_tick_size) lie within one tick.
 */
static inline uint64
layout_fit_in_tick(const SnowflakeLayout *layout, uint64 position, uint64 size)
{
	uint64		tick_size = layout_tick_size(layout);
	uint64		sequence = layout_position_sequence(layout, position);

	return sequence + size <= tick_size ? position : position - sequence + tick_size;
}

/* The ID of a position (below layout_end) on a node, whose fields are in their places. */
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
 * Tick at a moment in us since 1970 (from -2^62 - 1 on), rounded down; negative
 * before the layout's epoch, and past the end of the time field, too.
 */
static inline int64
layout_tick_at_us(const SnowflakeLayout *layout, int64 unix_us)
{
	int64		ticks = unix_us / layout->tick_us;

	return ticks - (unix_us % layout->tick_us < 0) - layout->epoch_ticks;
}

/*
 * The bounds of layouts that are by time.  They count all numbers from one
 * tick's first to the next one's as IDs of it, whatever the bits between and
 * below the fields are.
 */

/* Largest number that is in any tick. */
static inline int64
layout_max_id(const SnowflakeLayout *layout)
{
	return (int64) (((uint64) layout_end_tick(layout) << layout->shift[LAYOUT_TIME]) - 1);
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
	if (tick >= layout_end_tick(layout))
		return layout_max_id(layout);
	return (int64) layout_put(layout, LAYOUT_TIME, tick);
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
	if (tick + 1 >= layout_end_tick(layout))
		return layout_max_id(layout);
	return layout_first_id_from(layout, tick + 1) - 1;
}

#endif							/* IDGEN_LAYOUT_H */
