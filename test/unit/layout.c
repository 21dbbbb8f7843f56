/*-------------------------------------------------------------------------
 *
 * layout.c
 *	  Tests of layout.h, in TAP.
 *
 * The expected values were computed by hand from the definition of the format.
 * What others publish of their IDs is tested in layout_presets.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout.h"
#include "layout_presets.h"

#include "tap.h"

/* The bits of a node's fields that are all full. */
static uint64
full_node(const SnowflakeLayout *layout)
{
	uint64		bits = 0;

	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
		bits |= layout_put(layout, field, layout_max(layout, field));
	return bits;
}

/* The position an ID was made of. */
static uint64
position_of(const SnowflakeLayout *layout, int64 id)
{
	SnowflakeFields fields = layout_parse(layout, id);

	return layout_tick_position(layout, fields.value[LAYOUT_TIME]) | fields.value[LAYOUT_SEQUENCE];
}

static void
test_default_layout(void)
{
	const SnowflakeLayout *layout = &layout_default;
	uint64		last = layout_end(layout) - 1;
	SnowflakeFields fields;

	/* 2026-01-02 03:04:05.678 UTC, datacenter 21, worker 10, sequence 2730 */
	fields = layout_parse(layout, INT64CONST(189486245678) * 4194304 + 21 * 131072 + 10 * 4096 + 2730);
	is_number(layout_tick_start_us(layout, fields.value[LAYOUT_TIME]), INT64CONST(1767323045678000), "default: time");
	is_number(fields.value[LAYOUT_DATACENTER], 21, "default: datacenter");
	is_number(fields.value[LAYOUT_WORKER], 10, "default: worker");
	is_number(fields.value[LAYOUT_SEQUENCE], 2730, "default: sequence");
	is_number(fields.value[LAYOUT_SHARD] | fields.value[LAYOUT_SLAB], 0, "default: there are no others");

	is_number(full_node(layout), 31 * 131072 + 31 * 4096, "default: the last node");
	is_number(layout_compose(layout, last, full_node(layout)), PG_INT64_MAX,
			  "default: the last ID of the last node is the largest bigint");
	is_number(layout_tick_start_us(layout, layout_position_tick(layout, last)),
			  INT64CONST(3776860055551000), "default: the last tick is in 2089");
	is_number(layout_end_us(layout), INT64CONST(3776860055552000), "default: and ends where the time does");
	is_number(layout_compose(layout, 4095, 0) & 4095, 4095, "carry: before");
	is_number(layout_compose(layout, 4096, 0), 4194304, "carry: sequence overflow is the next tick");
}

static void
test_tick_at(void)
{
	const SnowflakeLayout *layout = &layout_default;

	is_number(layout_tick_at(layout, INT64CONST(1577836800000000000)), 0, "epoch is tick 0");
	is_number(layout_tick_at(layout, INT64CONST(1577836800000999999)), 0, "end of tick 0");
	is_number(layout_tick_at(layout, INT64CONST(1577836800001000000)), 1, "start of tick 1");
	is_number(layout_tick_at(layout, INT64CONST(1577836799999999999)), -1, "before the epoch");
	is_number(layout_tick_at(layout, 0), INT64CONST(-1577836800000), "1970");
}

static void
test_fit_in_tick(void)
{
	const SnowflakeLayout *layout = &layout_default;

	is_number(layout_fit_in_tick(layout, 8192, 4096), 8192, "a whole tick fits at its start");
	is_number(layout_fit_in_tick(layout, 8193, 4096), 12288, "and nowhere else");
	is_number(layout_fit_in_tick(layout, 8193, 4095), 8193, "up to the last sequence");
	is_number(layout_fit_in_tick(layout, 8194, 4095), 12288, "not past it");
	is_number(layout_fit_in_tick(layout, 12287, 1), 12287, "one position always fits");
}

/* A tick's IDs are between its bounds, and what lies outside the time field is below or above all IDs. */
static void
test_bounds(void)
{
	const SnowflakeLayout *layout = &layout_default;
	const SnowflakeLayout *seconds = layout_of_name("baidu");
	int64		epoch_us = layout_tick_start_us(layout, 0);
	int64		end = layout_end_tick(layout);

	is_number(layout_tick_at_us(layout, epoch_us), 0, "moment: the epoch");
	is_number(layout_tick_at_us(layout, epoch_us + 999), 0, "moment: end of tick 0");
	is_number(layout_tick_at_us(layout, epoch_us + 1000), 1, "moment: start of tick 1");
	is_number(layout_tick_at_us(layout, epoch_us - 1), -1, "moment: before the epoch");
	is_number(layout_tick_at_us(layout, -1), INT64CONST(-1577836800001), "moment: before 1970, rounded down");
	is_number(layout_tick_at_us(layout, -1000), INT64CONST(-1577836800001), "moment: a tick before 1970");

	is_number(layout_first_id_from(layout, 1), 4194304, "bounds: first ID of tick 1");
	is_number(layout_last_id_until(layout, 1), 8388607, "bounds: last ID of tick 1");
	is_number(layout_first_id_from(layout, 0), 0, "bounds: first ID of tick 0");
	is_number(layout_last_id_until(layout, 0), 4194303, "bounds: last ID of tick 0");
	is_number(layout_first_id_from(layout, -1), 0, "bounds: from before the epoch");
	is_number(layout_last_id_until(layout, -1), -1, "bounds: nothing until before the epoch");
	is_number(layout_first_id_from(layout, end - 1), PG_INT64_MAX - 4194303, "bounds: first ID of the last tick");
	is_number(layout_last_id_until(layout, end - 1), PG_INT64_MAX, "bounds: last ID of the last tick");
	is_number(layout_last_id_until(layout, end - 2), PG_INT64_MAX - 4194304, "bounds: last ID of the tick before");
	is_number(layout_first_id_from(layout, end), PG_INT64_MAX, "bounds: from past the end");
	is_number(layout_last_id_until(layout, end), PG_INT64_MAX, "bounds: until past the end");

	is_number(layout_tick_at_us(seconds, INT64CONST(1463673601999999)), 1, "moment: ticks of a second");
	is_number(layout_first_id_from(seconds, 1), INT64CONST(1) << 35, "bounds: ticks of a second");
}

/* Positions in order give IDs in order, whatever the node, and lose nothing. */
static void
test_order(const char *name)
{
	const SnowflakeLayout *layout = layout_of_name(name);
	uint64		node_bits = full_node(layout);
	uint64		size = layout_tick_size(layout);
	bool		increasing = true;
	bool		lossless = true;
	int64		previous = -1;

	for (uint64 position = 5 * size - Min(size, 300); position < 5 * size + 2 * Min(size, 4096); position++)
	{
		int64		id = layout_compose(layout, position, node_bits);

		increasing = increasing && id > previous;
		lossless = lossless && (id & node_bits) == node_bits && position_of(layout, id) == position;
		previous = id;
	}
	check(increasing, of("IDs increase with positions", name));
	check(lossless, of("positions can be read from IDs", name));
}

int
main(void)
{
	test_default_layout();
	test_tick_at();
	test_fit_in_tick();
	test_bounds();
	for (int i = 0; i < layout_preset_count; i++)
		test_order(layout_presets[i].name);
	return done_testing();
}
