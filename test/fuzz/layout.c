/*-------------------------------------------------------------------------
 *
 * layout.c
 *	  What layout.h promises, for any valid layout and any numbers within the
 *	  ranges its callers keep to.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout.h"
#include "bits/layout_text.h"

#include "fuzz.h"

#define DAY_US (86400 * US_PER_S)
#define YEAR_10000_US INT64CONST(253402300800000000)

static const int most_bits[LAYOUT_FIELDS] = {
	[LAYOUT_TIME] = 63,
	[LAYOUT_SEQUENCE] = 31,
	[LAYOUT_DATACENTER] = 31,
	[LAYOUT_WORKER] = 31,
	[LAYOUT_SHARD] = 31,
	[LAYOUT_SLAB] = 62,
};

/* Widths of all fields but the time; together with that of the time at most 63 bits. */
static void
take_widths(Input *input, SnowflakeLayout *layout)
{
	int			left = 63 - layout->bits[LAYOUT_TIME];

	for (int field = LAYOUT_TIME + 1; field < LAYOUT_FIELDS; field++)
	{
		layout->bits[field] = take_upto(input, 1, Min(left, most_bits[field]));
		left -= layout->bits[field];
	}
}

/* The fields from high to low, in any order but that the sequence is below the time. */
static void
take_order(Input *input, int order[LAYOUT_FIELDS])
{
	int			time_at = 0,
				sequence_at = 0;

	for (int i = 0; i < LAYOUT_FIELDS; i++)
		order[i] = i;
	for (int i = 0; i < LAYOUT_FIELDS; i++)
	{
		int			from = i + take_upto(input, 1, LAYOUT_FIELDS - 1 - i);
		int			field = order[from];

		order[from] = order[i];
		order[i] = field;
		if (field == LAYOUT_TIME)
			time_at = i;
		if (field == LAYOUT_SEQUENCE)
			sequence_at = i;
	}
	if (sequence_at < time_at)
	{
		order[sequence_at] = LAYOUT_TIME;
		order[time_at] = LAYOUT_SEQUENCE;
	}
}

/* The place of each field, with unused bits anywhere, and the sign bit to the highest field or to none. */
static void
take_places(Input *input, SnowflakeLayout *layout)
{
	int			order[LAYOUT_FIELDS];
	bool		with_sign = take(input, 1) & 1;
	int			unused = 63;
	int			below = 63;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		unused -= layout->bits[field];
	take_order(input, order);
	for (int i = 0; i < LAYOUT_FIELDS; i++)
	{
		int			field = order[i];
		int			gap = take_upto(input, 1, unused);

		if (layout->bits[field] == 0)
			continue;
		unused -= gap;
		below -= gap + layout->bits[field];
		layout->shift[field] = below;
		if (with_sign && layout->shift[field] + layout->bits[field] == 63 && layout->bits[field] < most_bits[field])
			layout->bits[field]++;
	}
}

/* A tick of at most a day, in a unit that has a name, and an epoch of years 1970 to 9999, if they leave room for the time. */
static void
take_time_unit(Input *input, SnowflakeLayout *layout, int usable_bits)
{
	static const int64 units[] = {1, US_PER_MS, US_PER_S, 60 * US_PER_S};
	int64		longest_us = Min(DAY_US, PG_INT64_MAX >> usable_bits);
	int64		unit_us = units[take_upto(input, 1, lengthof(units) - 1)];
	int64		latest_us;

	if (unit_us > longest_us)
		unit_us = 1;
	layout->tick_us = unit_us * (1 + take_upto(input, 4, Min(longest_us / unit_us, 999999999) - 1));
	latest_us = Min(YEAR_10000_US - 1, PG_INT64_MAX - (layout->tick_us << usable_bits));
	layout->epoch_ticks = take_upto(input, 8, latest_us / layout->tick_us);
}

/* Any valid layout: one that is read from the words it is written in. */
static SnowflakeLayout
take_layout(Input *input)
{
	SnowflakeLayout layout = {0};
	SnowflakeLayout again;
	LayoutProblem problem;
	char		str[LAYOUT_TEXT_SIZE];
	int			usable_bits = 1 + take_upto(input, 1, 61);

	layout.bits[LAYOUT_TIME] = usable_bits;
	take_widths(input, &layout);
	take_places(input, &layout);
	take_time_unit(input, &layout, usable_bits);

	require(layout_usable_bits(&layout, LAYOUT_TIME) == usable_bits);
	memset(str, 'x', sizeof(str));
	layout_write(&layout, str, sizeof(str));
	require(strlen(str) < sizeof(str) - 1);
	require(layout_read(str, &again, &problem));
	require(layout_equal(&layout, &again));
	return layout;
}

/* The fields of any node, in their places. */
static uint64
take_node(Input *input, const SnowflakeLayout *layout)
{
	uint64		bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		uint64		max = layout_max(layout, field);
		uint64		value = take_upto(input, field == LAYOUT_SLAB ? 8 : 4, max);

		require(layout_get(layout, field, layout_put(layout, field, value)) == value);
		bits |= layout_put(layout, field, value);
	}
	return bits;
}

static uint64
last_node(const SnowflakeLayout *layout)
{
	uint64		bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		bits |= layout_put(layout, field, layout_max(layout, field));
	return bits;
}

/* The position in an ID's fields. */
static uint64
fields_position(const SnowflakeLayout *layout, const SnowflakeFields *fields)
{
	return layout_tick_position(layout, fields->value[LAYOUT_TIME]) | fields->value[LAYOUT_SEQUENCE];
}

/* No bit of a field lies where another has its own, and all lie within 64. */
static void
check_fields_are_apart(const SnowflakeLayout *layout)
{
	uint64		seen = 0;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
	{
		uint64		own = layout_put(layout, field, (UINT64CONST(1) << layout->bits[field]) - 1);

		require((seen & own) == 0);
		require(layout->shift[field] + layout->bits[field] <= 64);
		require(layout_has(layout, field) || layout->shift[field] == 0);
		require(layout_uses_sign(layout, field) == (own >> 63 == 1));
		require(layout_max(layout, field) << layout->shift[field] == (own & PG_INT64_MAX));
		seen |= own;
	}
	require(seen == layout_used_bits(layout));
}

/* What was composed is what it was made of, and nothing else. */
static void
check_compose_and_parse(const SnowflakeLayout *layout, uint64 position, uint64 node_bits)
{
	int64		id = layout_compose(layout, position, node_bits);
	SnowflakeFields fields = layout_parse(layout, id);

	require(id >= 0);
	require((id & ~layout_used_bits(layout)) == 0);
	require((layout_compose(layout, position, 0) & node_bits) == 0);
	require(fields_position(layout, &fields) == position);
	require(fields.value[LAYOUT_TIME] == layout_position_tick(layout, position));
	require(fields.value[LAYOUT_SEQUENCE] == layout_position_sequence(layout, position));
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		require(fields.value[field] == layout_get(layout, field, node_bits));
}

/* Of any 64 bits, those that are used come out as they went in. */
static void
check_parse_and_compose(const SnowflakeLayout *layout, uint64 id)
{
	SnowflakeFields fields = layout_parse(layout, id);
	uint64		again = 0;

	for (int field = 0; field < LAYOUT_FIELDS; field++)
		again |= layout_put(layout, field, fields.value[field]);
	require(again == (id & layout_used_bits(layout)));

	if ((int64) id >= 0)
	{
		require(fields_position(layout, &fields) < layout_end(layout));
		for (int field = 0; field < LAYOUT_FIELDS; field++)
			require(fields.value[field] <= layout_max(layout, field));
	}
}

/* IDs of one node are in the order of their positions; of any two, if the ticks differ and the layout is by time. */
static void
check_order(const SnowflakeLayout *layout, const uint64 position[2], const uint64 node_bits[2])
{
	int			lower = position[0] <= position[1] ? 0 : 1;
	uint64		low = position[lower];
	uint64		high = position[!lower];

	for (int i = 0; i < 2; i++)
	{
		int64		low_id = layout_compose(layout, low, node_bits[i]);
		int64		high_id = layout_compose(layout, high, node_bits[i]);

		require(low == high ? low_id == high_id : low_id < high_id);
	}
	if (layout_is_by_time(layout) && layout_position_tick(layout, low) < layout_position_tick(layout, high))
		require(layout_compose(layout, low, node_bits[lower]) < layout_compose(layout, high, node_bits[!lower]));
}

/* A block lies in one tick, as early as can be, and its IDs follow one another. */
static void
check_fit_in_tick(const SnowflakeLayout *layout, uint64 position, uint64 size, uint64 node_bits)
{
	uint64		start = layout_fit_in_tick(layout, position, size);
	uint64		last = start + size - 1;
	uint64		tick = layout_position_tick(layout, position);

	require(start >= position && start <= layout_end(layout));
	require(layout_position_tick(layout, start) == layout_position_tick(layout, last));
	if (start != position)
	{
		require(start == layout_tick_position(layout, tick + 1));
		require(layout_position_tick(layout, position + size - 1) > tick);
	}
	if (start < layout_end(layout))
		require((uint64) (layout_compose(layout, last, node_bits) - layout_compose(layout, start, node_bits)) ==
				(size - 1) << layout->shift[LAYOUT_SEQUENCE]);
}

/* A moment lies in its tick. */
static void
check_moment(const SnowflakeLayout *layout, int64 unix_ns)
{
	int64		tick = layout_tick_at(layout, unix_ns);
	int64		unix_us = unix_ns / NS_PER_US;

	require(layout_tick_start_us(layout, tick) <= unix_us);
	require(layout_tick_start_us(layout, tick + 1) > unix_us);
	require(layout_tick_at(layout, layout_tick_start_us(layout, tick) * NS_PER_US) == tick);
	require(layout_tick_at_us(layout, unix_us) == tick);
}

/* A moment of any sign lies in its tick. */
static void
check_moment_us(const SnowflakeLayout *layout, int64 unix_us)
{
	int64		ticks = layout_tick_at_us(layout, unix_us) + layout->epoch_ticks;

	require(ticks * layout->tick_us <= unix_us);
	require(unix_us - ticks * layout->tick_us < layout->tick_us);
}

/* A position's tick begins and ends where the clock passes, before the layout's end. */
static void
check_tick(const SnowflakeLayout *layout, uint64 position)
{
	int64		tick = layout_position_tick(layout, position);
	int64		start_us = layout_tick_start_us(layout, tick);
	int64		end_us = layout_position_end_us(layout, position);

	require(end_us - start_us == layout->tick_us);
	require(start_us >= 0 && end_us <= layout_end_us(layout));
	require(layout_tick_at_us(layout, start_us) == tick);
	require(layout_tick_at_us(layout, end_us - 1) == tick);
	require(layout_tick_at_us(layout, end_us) == tick + 1);
	if (end_us <= PG_INT64_MAX / NS_PER_US)
	{
		require(layout_tick_at(layout, start_us * NS_PER_US) == tick);
		require(layout_tick_at(layout, end_us * NS_PER_US - 1) == tick);
		require(layout_tick_at(layout, end_us * NS_PER_US) == tick + 1);
	}
}

/* An ID is between the bounds of its own tick, and on the right side of those of any other. */
static void
check_bounds(const SnowflakeLayout *layout, int64 id, int64 tick)
{
	int64		own = layout_get(layout, LAYOUT_TIME, id);
	int64		first = layout_first_id_from(layout, tick);
	int64		last = layout_last_id_until(layout, tick);

	require(id <= layout_max_id(layout));
	require(first >= 0 && first <= layout_max_id(layout));
	require(last >= -1 && last <= layout_max_id(layout));
	require((id <= last) == (own <= tick));
	if (tick < layout_end_tick(layout))
		require((id >= first) == (own >= tick));
	require(layout_first_id_from(layout, own) <= id && id <= layout_last_id_until(layout, own));
}

/* The last ID of the last node has all usable bits on. */
static void
check_last_id(const SnowflakeLayout *layout)
{
	int64		last = layout_compose(layout, layout_end(layout) - 1, last_node(layout));

	require(last == (int64) (layout_used_bits(layout) & PG_INT64_MAX));
	if (layout_is_by_time(layout))
		require(last == (int64) (layout_max_id(layout) & layout_used_bits(layout)));
}

void
check_layout(Input *input)
{
	SnowflakeLayout layout = take_layout(input);
	uint64		node_bits[2];
	uint64		position[2];
	uint64		id;
	int64		tick;

	check_fields_are_apart(&layout);
	check_last_id(&layout);
	for (int i = 0; i < 2; i++)
	{
		node_bits[i] = take_node(input, &layout);
		position[i] = take_upto(input, 8, layout_end(&layout) - 1);
		check_compose_and_parse(&layout, position[i], node_bits[i]);
		check_tick(&layout, position[i]);
	}
	check_order(&layout, position, node_bits);
	check_fit_in_tick(&layout, position[0],
					  1 + take_upto(input, 4, layout_tick_size(&layout) - 1), node_bits[0]);
	id = take(input, 8);
	check_parse_and_compose(&layout, id);
	tick = (int64) take(input, 8) >> 1;
	if (layout_is_by_time(&layout))
		check_bounds(&layout, id & layout_max_id(&layout), tick);
	check_moment(&layout, take_upto(input, 8, PG_INT64_MAX));
	check_moment_us(&layout, (int64) take(input, 8) >> 1);
}
