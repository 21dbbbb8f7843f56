/*-------------------------------------------------------------------------
 *
 * arithmetic.c
 *	  Tests of layout.c and uuid_bits.c without a server, in TAP.
 *
 * The expected values are published IDs with their published decoding, or were
 * computed by hand from the definition of the format.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout.h"
#include "uuid_bits.h"

static int	tests_run = 0;
static int	tests_failed = 0;

#define is_number(got, expected, ...) \
	check_number((int64) (got), (int64) (expected), __VA_ARGS__)

static void
check(bool ok, const char *name)
{
	tests_run++;
	tests_failed += !ok;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", tests_run, name);
}

static void
check_number(int64 got, int64 expected, const char *name)
{
	check(got == expected, name);
	if (got != expected)
		printf("# got %lld, expected %lld\n", (long long) got, (long long) expected);
}

/* Published IDs: the fields must come out, and the ID again from the fields. */
typedef struct Vector
{
	const char *name;
	SnowflakeLayout layout;
	int64		id;
	int64		unix_ms;
	int64		node;
	int64		sequence;
} Vector;

#define MS_LAYOUT(datacenter, worker, sequence, epoch_ms) \
	{41, datacenter, worker, sequence, NS_PER_MS, INT64CONST(epoch_ms)}

static const Vector vectors[] = {
	{"Discord's documented example", MS_LAYOUT(5, 5, 12, 1420070400000),
	INT64CONST(175928847299117063), INT64CONST(1462015105796), 32, 7},
	{"a Twitter ID of 2022", MS_LAYOUT(5, 5, 12, 1288834974657),
	INT64CONST(1541815603606036480), INT64CONST(1656432460105), 378, 0},
	{"an Instagram ID", MS_LAYOUT(0, 13, 10, 1314220021721),
	INT64CONST(2384288897814875714), INT64CONST(1598449407313), 2675, 578},
	{"a pgEdge ID", MS_LAYOUT(0, 10, 12, 1672531200000),
	INT64CONST(170505378935607296), INT64CONST(1713182850175), 1, 0},
	{"Baidu's documented example", {29, 0, 21, 13, NS_PER_S, 1474300800},
	INT64CONST(180363646902239241), INT64CONST(1484799346000), 4, 9},
};

static void
test_published_ids(void)
{
	for (int i = 0; i < lengthof(vectors); i++)
	{
		const Vector *v = &vectors[i];
		SnowflakeFields fields = layout_parse(&v->layout, v->id);
		uint64		position = layout_tick_position(&v->layout, fields.tick) | fields.sequence;
		uint64		node_bits = layout_node_bits(&v->layout, fields.datacenter, fields.worker);

		is_number(layout_tick_start_us(&v->layout, fields.tick), v->unix_ms * 1000, v->name);
		is_number(fields.datacenter << v->layout.worker_bits | fields.worker, v->node, v->name);
		is_number(fields.sequence, v->sequence, v->name);
		is_number(layout_compose(&v->layout, position, node_bits), v->id, v->name);
	}
}

static void
test_default_layout(void)
{
	const SnowflakeLayout *layout = &layout_default;
	uint64		last = layout_end(layout) - 1;
	SnowflakeFields fields;

	/* 2026-01-02 03:04:05.678 UTC, datacenter 21, worker 10, sequence 2730 */
	fields = layout_parse(layout, INT64CONST(189486245678) * 4194304 + 21 * 131072 + 10 * 4096 + 2730);
	is_number(layout_tick_start_us(layout, fields.tick), INT64CONST(1767323045678000), "default: time");
	is_number(fields.datacenter, 21, "default: datacenter");
	is_number(fields.worker, 10, "default: worker");
	is_number(fields.sequence, 2730, "default: sequence");

	is_number(layout_compose(layout, last, layout_node_bits(layout, 31, 31)), PG_INT64_MAX,
			  "default: the last ID of the last node is the largest bigint");
	is_number(layout_tick_start_us(layout, layout_position_tick(layout, last)),
			  INT64CONST(3776860055551000), "default: the last tick is in 2089");
	is_number(layout_compose(layout, 4095, 0) & 4095, 4095, "carry: before");
	is_number(layout_compose(layout, 4096, 0), 4194304, "carry: sequence overflow is the next tick");

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
	static const SnowflakeLayout seconds = {29, 0, 21, 13, NS_PER_S, 1474300800};
	static const SnowflakeLayout narrow = {39, 0, 16, 8, 10 * NS_PER_MS, 0};
	int64		epoch_us = layout_tick_start_us(layout, 0);
	int64		end = INT64CONST(1) << layout->time_bits;

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

	is_number(layout_tick_at_us(&seconds, INT64CONST(1474300801999999)), 1, "moment: ticks of a second");
	is_number(layout_first_id_from(&seconds, 1), INT64CONST(1) << 34, "bounds: ticks of a second");
	is_number(layout_max_id(&narrow), PG_INT64_MAX, "bounds: 39 + 16 + 8 bits are 63");
	is_number(layout_tick_at_us(&narrow, -10001), -2, "moment: ticks of 10 ms");
}

/* Positions in order give IDs in order, whatever the node, and lose nothing. */
static void
test_order(void)
{
	const SnowflakeLayout *layout = &layout_default;
	bool		increasing = true;
	bool		lossless = true;
	int64		previous = -1;

	for (uint64 position = 5 * 4096 - 300; position < 9 * 4096; position++)
	{
		int64		id = layout_compose(layout, position, layout_node_bits(layout, 31, 31));
		SnowflakeFields fields = layout_parse(layout, id);

		increasing = increasing && id > previous;
		lossless = lossless && fields.datacenter == 31 && fields.worker == 31 &&
			layout_tick_position(layout, fields.tick) + fields.sequence == position;
		previous = id;
	}
	check(increasing, "IDs increase with positions");
	check(lossless, "positions can be read from IDs");
}

static void
test_uuidv7(void)
{
	/* RFC 9562, appendix A.6; a fraction of 0xCC3 begins at 797,607.4 ns */
	static const unsigned char example[16] = {
		0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C, 0xC3,
		0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F,
	};
	static const unsigned char smallest[16] = {[6] = 0x70,[8] = 0x80};
	unsigned char largest[16];
	unsigned char uuid[16];
	bool		distinct = true;

	uuid_bits_v7(uuid, INT64CONST(1645557742000), 797608, UINT64CONST(0x18C4DC0C0C07398F));
	check(memcmp(uuid, example, 16) == 0, "uuidv7: the example of RFC 9562");

	uuid_bits_v7(uuid, 0, 0, 0);
	check(memcmp(uuid, smallest, 16) == 0, "uuidv7: all fields zero");

	memset(largest, 0xFF, sizeof(largest));
	largest[6] = 0x7F;
	largest[8] = 0xBF;
	uuid_bits_v7(uuid, UUID_END_MS - 1, 999999, PG_UINT64_MAX);
	check(memcmp(uuid, largest, 16) == 0, "uuidv7: all fields full, version and variant intact");

	/* Every step of UUID_FRACTION_NS must show in the fraction. */
	for (uint32 ns = 0; ns + UUID_FRACTION_NS < 1000000; ns++)
	{
		unsigned char later[16];

		uuid_bits_v7(uuid, 1, ns, 0);
		uuid_bits_v7(later, 1, ns + UUID_FRACTION_NS, 0);
		distinct = distinct && memcmp(uuid, later, 16) < 0;
	}
	check(distinct, "uuidv7: UUID_FRACTION_NS apart means a later fraction");
}

static void
test_describe(void)
{
	static const SnowflakeLayout widest = {62, 31, 31, 62, NS_PER_S, INT64CONST(-9000000000000)};
	char		text[128];

	layout_describe(&layout_default, text, sizeof(text));
	check(strcmp(text, "sign 1, time 41, datacenter 5, worker 5, sequence 12, tick 1000 us, epoch 1577836800000 ms") == 0,
		  "describe: the default layout");
	layout_describe(&widest, text, sizeof(text));
	check(strlen(text) < sizeof(text) - 1, "describe: 128 bytes hold any layout");
}

int
main(void)
{
	test_published_ids();
	test_default_layout();
	test_fit_in_tick();
	test_bounds();
	test_order();
	test_uuidv7();
	test_describe();
	printf("1..%d\n", tests_run);
	return tests_failed > 0;
}
