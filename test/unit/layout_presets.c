/*-------------------------------------------------------------------------
 *
 * layout_presets.c
 *	  Tests of layout_presets.c, in TAP: that each preset is what the system
 *	  publishes, and reads the IDs that it publishes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"

#include "tap.h"

/* What the systems publish, and when their time ends for a bigint, computed from that by other means. */
typedef struct Published
{
	const char *name;
	int64		tick_us;
	int64		epoch_ms;
	const char *end;
	uint8		bits[LAYOUT_FIELDS];	/* in the order of LayoutField */
	uint8		shift[LAYOUT_FIELDS];
} Published;

static const Published published[] = {
	{"default", 1000, INT64CONST(1577836800000), "2089-09-06 15:47:35.552", {41, 12, 5, 5}, {22, 0, 17, 12}},
	{"wide", 1000, INT64CONST(1577836800000), "2089-09-06 15:47:35.552", {41, 18, 0, 4}, {22, 0, 0, 18}},
	{"widest", 1000, INT64CONST(1577836800000), "2089-09-06 15:47:35.552", {41, 22}, {22, 0}},
	{"js53", 1000, INT64CONST(1577836800000), "2089-09-06 15:47:35.552", {41, 7, 0, 5}, {12, 0, 0, 7}},
	{"fleet", 1000, INT64CONST(1577836800000), "2089-09-06 15:47:35.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"twitter", 1000, INT64CONST(1288834974657), "2080-07-10 17:30:30.209", {41, 12, 5, 5}, {22, 0, 17, 12}},
	{"leaf", 1000, INT64CONST(1288834974657), "2080-07-10 17:30:30.209", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"clickhouse", 1000, 0, "2039-09-07 15:47:35.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"discord", 1000, INT64CONST(1420070400000), "2084-09-06 15:47:35.552", {42, 12, 5, 5}, {22, 0, 17, 12}},
	{"instagram", 1000, INT64CONST(1314220021721), "2046-06-27 17:00:49.497", {41, 10, 0, 0, 13}, {23, 0, 0, 0, 10}},
	{"tiktok", 1000000, 0, "2038-01-19 03:14:08", {32, 10, 0, 0, 22}, {32, 22}},
	{"weibo", 1000000, INT64CONST(515483463000), "71670-08-10 07:03:35", {41, 18, 4}, {22, 0, 18}},
	{"bilibili", 1000000, INT64CONST(1498838400000), "2085-07-18 19:14:08", {32, 20, 0, 0, 12}, {32, 0, 0, 0, 20}},
	{"sonyflake", 10000, INT64CONST(1409529600000), "2188-11-16 03:28:58.880", {39, 8, 0, 16}, {24, 16, 0, 0}},
	{"sonyflake2", 10000, INT64CONST(1735689600000), "2199-03-19 03:28:58.880", {39, 8, 0, 16}, {24, 16, 0, 0}},
	{"baidu", 1000000, INT64CONST(1463673600000), "2024-11-20 13:24:16", {28, 13, 0, 22}, {35, 0, 0, 13}},
	{"baidu29", 1000000, INT64CONST(1474300800000), "2033-09-24 10:48:32", {29, 13, 0, 21}, {34, 0, 0, 13}},
	{"mastodon", 1000, 0, "6429-10-17 02:45:55.328", {48, 16}, {16, 0}},
	{"pixelfed", 1000, INT64CONST(1549756800000), "2088-10-16 15:47:35.552", {41, 12, 5, 5}, {22, 0, 17, 12}},
	{"pgedge", 1000, INT64CONST(1672531200000), "2092-09-06 15:47:35.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"pgedge1", 1000, INT64CONST(1672531200000), "2092-09-06 15:47:35.552", {41, 12, 0, 10}, {22, 10, 0, 0}},
	{"timeshard", 1000, INT64CONST(1475796139634), "2034-03-09 21:19:13.522", {40, 14, 0, 0, 10}, {24, 0, 0, 0, 14}},
	{"cockroach", 10, INT64CONST(1420070400000), "2104-03-13 02:56:07.106560", {48, 0, 0, 15}, {15}},
	{"tso", 1000, 0, "3084-12-12 12:41:28.832", {46, 18}, {18, 0}},
	{"mysql", 1000000, 0, "2106-02-07 06:28:16", {32, 24, 0, 8}, {24, 0, 0, 56}},
	{"sentry", 1000000, INT64CONST(1650931200000), "2158-06-02 06:28:16", {32, 4, 5, 0, 12}, {16, 0, 48, 0, 4}},
	{"yitter", 1000, INT64CONST(1582136402000), "73376-10-30 14:34:47.248", {51, 6, 0, 6}, {12, 0, 0, 6}},
	{"shardingsphere", 1000, INT64CONST(1477958400000), "2086-07-08 15:47:35.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"seata", 1000, INT64CONST(1588435200000), "2090-01-07 07:47:35.552", {41, 12, 0, 10}, {12, 0, 0, 53}},
	{"hazelcast", 1000, INT64CONST(1514764800000), "2087-09-07 15:47:35.552", {41, 6, 0, 16}, {22, 16}},
	{"cosid", 1000, INT64CONST(1577203200000), "2089-08-30 07:47:35.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"influxdb", 1000, INT64CONST(1491696000000), "2086-12-14 15:47:35.552", {42, 12, 0, 10}, {22, 0, 0, 12}},
	{"pgdog", 1000, INT64CONST(1764184395000), "2095-08-03 11:00:50.552", {41, 12, 0, 10}, {22, 0, 0, 12}},
	{"hybrid", 1000000, 0, "1970-01-01 18:12:16", {16, 16, 0, 0, 0, 32}, {16, 0, 0, 0, 0, 32}},
};

static void
test_published_layouts(void)
{
	is_number(lengthof(published), layout_preset_count, "each preset is tested here");
	for (int i = 0; i < lengthof(published); i++)
	{
		const Published *p = &published[i];
		const SnowflakeLayout *layout = layout_by_name(p->name);
		char		end[LAYOUT_TIMESTAMP_SIZE];

		check(layout != NULL, of("there is such a preset", p->name));
		if (layout == NULL)
			continue;
		is_number(layout->tick_us, p->tick_us, of("tick", p->name));
		is_number(layout->epoch_ticks * layout->tick_us, p->epoch_ms * 1000, of("epoch", p->name));
		check(memcmp(layout->bits, p->bits, sizeof(p->bits)) == 0, of("bits", p->name));
		check(memcmp(layout->shift, p->shift, sizeof(p->shift)) == 0, of("places", p->name));
		layout_write_timestamp(layout_end_us(layout), end, sizeof(end));
		is_text(end, p->end, of("end", p->name));
	}
}

/* A preset is read from its words, is what these say after all, and is known by its name alone. */
static void
test_presets(void)
{
	for (int i = 0; i < layout_preset_count; i++)
	{
		const LayoutPreset *preset = &layout_presets[i];
		SnowflakeLayout layout,
					again;
		LayoutProblem problem;
		char		str[LAYOUT_TEXT_SIZE];

		check(layout_read(preset->specification, &layout, &problem), of("is valid", preset->name));
		check(layout_equal(&layout, layout_by_preset_number(i)), of("by its number", preset->name));
		check(layout_by_name(preset->name) == layout_by_preset_number(i), of("by its name", preset->name));
		is_text(layout_preset_name(&layout), preset->name, of("its name", preset->name));
		layout_write(&layout, str, sizeof(str));
		check(layout_read(str, &again, &problem), of("is written as can be read", preset->name));
		check(layout_equal(&layout, &again), of("and read back as it was", preset->name));
	}
}

static void
test_names(void)
{
	SnowflakeLayout layout = layout_default;

	check(layout_equal(&layout_default, layout_by_name("default")), "the default's constant is the preset");
	check(layout_by_name("Twitter") == layout_by_name("twitter"), "a name in any case");
	check(layout_by_name("") == NULL, "no name");
	check(layout_by_name("twitte") == NULL, "part of a name");
	check(layout_by_name(" twitter\t") == layout_by_name("twitter"), "a name with blanks around it");
	check(layout_by_name("twitter leaf") == NULL, "two names");
	check(layout_by_name(" ") == NULL, "blanks");
	layout.epoch_ticks++;
	check(layout_preset_name(&layout) == NULL, "a layout that has no name");
}

/* Published IDs with their published decoding: the fields must come out, and the ID again from the fields. */
typedef struct Vector
{
	const char *name;
	const char *layout;			/* a preset or words */
	int64		id;
	int64		unix_us;
	int64		values[LAYOUT_FIELDS];	/* in the order of LayoutField; that
										 * of the time is not looked at */
} Vector;

static const Vector vectors[] = {
	{"Discord's documented example", "discord",
	INT64CONST(175928847299117063), INT64CONST(1462015105796000), {0, 7, 1, 0}},
	{"a Twitter ID of 2022", "twitter",
	INT64CONST(1541815603606036480), INT64CONST(1656432460105000), {0, 0, 11, 26}},
	{"the same as another system has it", "leaf",
	INT64CONST(1541815603606036480), INT64CONST(1656432460105000), {0, 0, 0, 378}},
	{"an Instagram ID", "instagram",
	INT64CONST(2384288897814875714), INT64CONST(1598449407313000), {0, 578, 0, 0, 2675}},
	{"a CockroachDB ID", "cockroach",
	INT64CONST(235191684988928001), INT64CONST(1491845206210000), {0, 0, 0, 1}},
	{"a pgEdge ID of version 1.0", "pgedge1",
	INT64CONST(136169504773242881), INT64CONST(1704996539845000), {0, 0, 0, 1}},
	{"a pgEdge ID of version 1.2", "pgedge",
	INT64CONST(170505378935607296), INT64CONST(1713182850175000), {0, 0, 0, 1}},
	{"Baidu's documented example", "baidu29",
	INT64CONST(180363646902239241), INT64CONST(1484799346000000), {0, 9, 0, 4}},
	{"yitter's documented example", "yitter",
	INT64CONST(129053495681099), INT64CONST(1613643603094000), {0, 11, 0, 1}},
};

static void
test_published_ids(void)
{
	for (int i = 0; i < lengthof(vectors); i++)
	{
		const Vector *v = &vectors[i];
		const SnowflakeLayout *preset = layout_by_name(v->layout);
		SnowflakeLayout layout;
		LayoutProblem problem;
		SnowflakeFields fields;
		uint64		position;
		uint64		node_bits = 0;

		if (preset != NULL)
			layout = *preset;
		else
			check(layout_read(v->layout, &layout, &problem), of("layout", v->name));
		fields = layout_parse(&layout, v->id);
		is_number(layout_tick_start_us(&layout, fields.value[LAYOUT_TIME]), v->unix_us, of("time", v->name));
		for (int field = LAYOUT_TIME + 1; field < LAYOUT_FIELDS; field++)
			is_number(fields.value[field], v->values[field], of(layout_field_names[field], v->name));

		position = layout_tick_position(&layout, fields.value[LAYOUT_TIME]) | fields.value[LAYOUT_SEQUENCE];
		for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
			node_bits |= layout_put(&layout, field, fields.value[field]);
		is_number(layout_compose(&layout, position, node_bits), v->id, of("composed again", v->name));
	}
}

int
main(void)
{
	test_published_layouts();
	test_presets();
	test_names();
	test_published_ids();
	return done_testing();
}
