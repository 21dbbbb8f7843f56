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

#include "bits/layout.h"
#include "bits/layout_presets.h"

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
	const SnowflakeLayout *seconds = layout_by_name("baidu");
	int64		epoch_us = layout_tick_start_us(layout, 0);
	int64		end = layout_end_tick(layout);

	is_number(layout_tick_at_us(layout, epoch_us), 0, "moment: the epoch");
	is_number(layout_tick_at_us(layout, epoch_us + 999), 0, "moment: end of tick 0");
	is_number(layout_tick_at_us(layout, epoch_us + 1000), 1, "moment: start of tick 1");
	is_number(layout_tick_at_us(layout, epoch_us - 1), -1, "moment: before the epoch");
	is_number(layout_position_from_us(layout, epoch_us - 1), 0, "position from: before the epoch");
	is_number(layout_position_from_us(layout, epoch_us), 0, "position from: the epoch");
	is_number(layout_position_from_us(layout, epoch_us + 1), 4096, "position from: the next tick");
	is_number(layout_position_from_us(layout, epoch_us + 1000), 4096, "position from: a tick");
	is_number(layout_position_from_us(layout, PG_INT64_MAX), layout_end(layout), "position from: past the end");
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

/* The sequence is above the worker, as in Sonyflake. */
static void
test_sequence_above_worker(void)
{
	const SnowflakeLayout *layout = layout_by_name("sonyflake");
	int64		epoch_ns = INT64CONST(1409529600000000000);

	check(layout_is_by_time(layout), "sonyflake: by time");
	is_number(layout_compose(layout, 3 * 256 + 2, 1), 3 * 16777216 + 2 * 65536 + 1, "sonyflake: composed");
	is_number(layout_compose(layout, layout_end(layout) - 1, full_node(layout)), PG_INT64_MAX, "sonyflake: last ID");
	is_number(layout_tick_at(layout, epoch_ns + INT64CONST(19999999)), 1, "sonyflake: end of tick 1");
	is_number(layout_tick_at_us(layout, INT64CONST(-10001)), INT64CONST(-140952960002), "sonyflake: before 1970");
	is_number(layout_fit_in_tick(layout, 257, 256), 512, "sonyflake: a block of a tick");
	is_number(layout_first_id_from(layout, 1), 16777216, "sonyflake: first ID of tick 1");
	is_number(layout_last_id_until(layout, 1), 2 * 16777216 - 1, "sonyflake: last ID of tick 1");
	is_number(layout_max_id(layout), PG_INT64_MAX, "sonyflake: 39 + 8 + 16 bits are 63");
	is_number(layout_last_id_until(layout, layout_end_tick(layout)), PG_INT64_MAX, "sonyflake: past the end");
}

/* The time has the sign bit, as in Discord's. */
static void
test_time_with_sign(void)
{
	const SnowflakeLayout *layout = layout_by_name("discord");
	int64		end = layout_end_tick(layout);

	check(layout_uses_sign(layout, LAYOUT_TIME), "discord: the time has the sign bit");
	is_number(layout_usable_bits(layout, LAYOUT_TIME), 41, "discord: usable bits");
	is_number(end, INT64CONST(1) << 41, "discord: end");
	is_number(layout_max(layout, LAYOUT_TIME), end - 1, "discord: largest time of a bigint");
	is_number(layout_get(layout, LAYOUT_TIME, PG_UINT64_MAX), 2 * end - 1, "discord: largest time of all");
	is_number(layout_get(layout, LAYOUT_TIME, UINT64CONST(1) << 63), end, "discord: the first negative ID's time");
	is_number(layout_max_id(layout), PG_INT64_MAX, "discord: the largest bigint is an ID");
	is_number(layout_compose(layout, layout_end(layout) - 1, full_node(layout)), PG_INT64_MAX, "discord: last ID");
	is_number(layout_first_id_from(layout, end - 1), PG_INT64_MAX - 4194303, "discord: first ID of the last tick");
	is_number(layout_first_id_from(layout, end), PG_INT64_MAX, "discord: from past the end");
	is_number(layout_last_id_until(layout, end - 1), PG_INT64_MAX, "discord: until the last tick");
	is_number(layout_used_bits(layout), -1, "discord: all bits are used");
}

/* The slab is above the time, and has the sign bit. */
static void
test_slab_above_time(void)
{
	const SnowflakeLayout *layout = layout_by_name("hybrid");
	SnowflakeFields fields = layout_parse(layout, UINT64CONST(0xFFFFFFFE00030004));

	check(!layout_is_by_time(layout), "hybrid: not by time");
	check(!layout_uses_sign(layout, LAYOUT_TIME), "hybrid: the time has not the sign bit");
	check(layout_uses_sign(layout, LAYOUT_SLAB), "hybrid: the slab has it");
	is_number(layout_max(layout, LAYOUT_SLAB), PG_INT32_MAX, "hybrid: largest slab of a bigint");
	is_number(layout_end(layout), INT64CONST(1) << 32, "hybrid: positions of a slab");
	is_number(fields.value[LAYOUT_SLAB], INT64CONST(0xFFFFFFFE), "hybrid: a slab with the sign bit");
	is_number(fields.value[LAYOUT_TIME], 3, "hybrid: time");
	is_number(fields.value[LAYOUT_SEQUENCE], 4, "hybrid: sequence");
	is_number(layout_compose(layout, 3 * 65536 + 4, layout_put(layout, LAYOUT_SLAB, 7)),
			  INT64CONST(7) << 32 | 3 << 16 | 4, "hybrid: composed");
}

/* The worker is above the time, without the sign bit. */
static void
test_worker_above_time(void)
{
	const SnowflakeLayout *layout = layout_by_name("seata");
	uint64		worker = layout_put(layout, LAYOUT_WORKER, 1023);

	check(!layout_is_by_time(layout), "seata: not by time");
	is_number(layout_max(layout, LAYOUT_WORKER), 1023, "seata: largest worker");
	is_number(worker, INT64CONST(1023) << 53, "seata: its place");
	is_number(layout_compose(layout, layout_end(layout) - 1, worker), PG_INT64_MAX, "seata: last ID");
	is_number(layout_compose(layout, 4096, 0), 4096, "seata: the tick follows the sequence");
}

/* Bits that belong to no field are in no ID, but do not keep a number out of the bounds. */
static void
test_unused_bits(void)
{
	const SnowflakeLayout *js53 = layout_by_name("js53");
	SnowflakeLayout layout = layout_default;
	int64		id;

	is_number(layout_max_id(js53), (INT64CONST(1) << 53) - 1, "js53: largest ID");
	is_number(layout_used_bits(js53), layout_max_id(js53), "js53: used bits");
	is_number(layout_compose(js53, layout_end(js53) - 1, full_node(js53)), layout_max_id(js53), "js53: last ID");
	is_number(layout_first_id_from(js53, PG_INT64_MAX), layout_max_id(js53), "js53: from past the end");

	/* time 41, unused 10, sequence 12 */
	layout.bits[LAYOUT_DATACENTER] = layout.bits[LAYOUT_WORKER] = 0;
	layout.shift[LAYOUT_DATACENTER] = layout.shift[LAYOUT_WORKER] = 0;
	id = layout_compose(&layout, 3 * 4096 - 1, 0);
	is_number(id, 2 * 4194304 + 4095, "unused bits: last position of tick 2");
	is_number(position_of(&layout, id | 1023 << 12), 3 * 4096 - 1, "unused bits: parsed whatever they are");
	is_number(layout_last_id_until(&layout, 2), 3 * 4194304 - 1, "unused bits: last ID of tick 2");
	is_number(layout_used_bits(&layout), PG_INT64_MAX - 1023 * 4096, "unused bits: used bits");
}

/* Positions in order give IDs in order, whatever the node, and lose nothing. */
static void
test_order(const char *name)
{
	const SnowflakeLayout *layout = layout_by_name(name);
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
	test_sequence_above_worker();
	test_time_with_sign();
	test_slab_above_time();
	test_worker_above_time();
	test_unused_bits();
	for (int i = 0; i < layout_preset_count; i++)
		test_order(layout_presets[i].name);
	return done_testing();
}
