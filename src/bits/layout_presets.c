/*-------------------------------------------------------------------------
 *
 * layout_presets.c
 *	  Presets: the layouts of idgen, and those of systems known for their IDs.
 *
 * Each is written as a user writes it.  If a system lets its users configure the
 * widths, the preset has its defaults.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"

/* Starts of years and days, in s since 1970. */
#define SINCE_2008 INT64CONST(1199145600)
#define SINCE_2010 INT64CONST(1262304000)
#define SINCE_2015 INT64CONST(1420070400)
#define SINCE_2016 INT64CONST(1451606400)
#define SINCE_2018 INT64CONST(1514764800)
#define SINCE_2026 INT64CONST(1767225600)
#define PGEDGE_NODE_ABOVE INT64CONST(1698710400)	/* 2023-10-31 */
#define PGDOG_UNIQUE_IDS INT64CONST(1775606400) /* 2026-04-08 */

static const char twitter_note[] =
	"Leaf, bwmarrin/snowflake and Hutool share Twitter's epoch and places of bits: all but the division of the node is right.";

static const char pgedge_note[] =
	"Version 1.2 of pgEdge's extension exchanged node and sequence: layout pgedge is from then on, pgedge1 before.";

/*
 * The habits come from each system's code and documentation or, if nothing is
 * published, from a comparison of IDs with their dates.  The rarities are guesses at
 * which IDs the users of a PostgreSQL server see.
 */
const LayoutPreset layout_presets[] = {
	{"default", "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12",
		"idgen",
		{.is_ours = true, .rarity = 4, .since_s = SINCE_2026}},
	{"wide", "time 41 bits of 1 ms since 2020-01-01, worker 4, sequence 18",
		"idgen: 16 nodes that make 262 million IDs a second each",
		{.is_ours = true, .rarity = 6, .since_s = SINCE_2026}},
	{"widest", "time 41 bits of 1 ms since 2020-01-01, sequence 22",
		"idgen: a single node that makes 4 thousand million IDs a second",
		{.is_ours = true, .rarity = 6, .since_s = SINCE_2026}},
	{"js53", "unused 11, time 41 bits of 1 ms since 2020-01-01, worker 5, sequence 7",
		"idgen: numbers that JavaScript holds exactly",
		{.is_ours = true, .rarity = 6, .since_s = SINCE_2026}},
	{"twitter", "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12",
		"Twitter, X",
		{.rarity = 0, .usual_nodes = 1 << 1 | 1 << 10 | 1 << 11, .sequence = SEQUENCE_FROM_START},
	twitter_note},
	{"leaf", "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, worker 10, sequence 12",
		"Meituan Leaf; bwmarrin/snowflake",
		{.rarity = 2},
	twitter_note},
	{"clickhouse", "time 41 bits of 1 ms since 1970-01-01, worker 10, sequence 12",
		"ClickHouse; LinkedIn; libraries that count from 1970",
		{.rarity = 2, .since_s = SINCE_2010, .sequence = SEQUENCE_FROM_START},
	"Among the libraries that count from 1970 if they are told no epoch are flake-idgen, and snowflake-id for Python."},
	{"discord", "time 42 bits of 1 ms since 2015-01-01, datacenter 5, worker 5, sequence 12",
		"Discord, whose worker is the datacenter here, and its process the worker",
		{.rarity = 0, .usual_nodes = 1 << 0 | 1 << 1 | 1 << 2}},
	{"instagram", "time 41 bits of 1 ms since 2011-08-24 21:07:01.721, shard 13, sequence 10",
		"Instagram",
		{.rarity = 1},
	"Instagram's sequence is of all milliseconds together and taken modulo 1024, so above 1024 IDs a millisecond and shard they repeat."},
	{"tiktok", "time 32 bits of 1 s since 1970-01-01, sequence 10, shard 22",
		"TikTok, Douyin and others of ByteDance",
		{.rarity = 1, .since_s = SINCE_2016, .nodes_at_random = true},
	"ByteDance publishes nothing of its IDs. That the time is in the highest 32 bits was found by comparing; what is the sequence here seems to be the millisecond."},
	{"weibo", "time 41 bits of 1 s since 1986-05-03 05:51:03, datacenter 4, sequence 18",
		"Weibo, whose IDC is the datacenter",
		{.rarity = 3, .since_s = SINCE_2010}},
	{"bilibili", "time 32 bits of 1 s since 2017-06-30 16:00:00, shard 12, sequence 20",
		"Bilibili, posts",
		{.rarity = 4, .since_s = SINCE_2018},
	"What Bilibili has below the time is not published."},
	{"sonyflake", "time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16",
		"Sonyflake, version 1",
		{.rarity = 3, .nodes_at_random = true, .sequence = SEQUENCE_FROM_START}},
	{"sonyflake2", "time 39 bits of 10 ms since 2025-01-01, sequence 8, worker 16",
		"Sonyflake, version 2",
		{.rarity = 5, .nodes_at_random = true, .sequence = SEQUENCE_FROM_START},
	"In Sonyflake 2 the bits of sequence and machine, the tick and the epoch can be configured: this is what it has when they are not."},
	{"baidu", "time 28 bits of 1 s since 2016-05-19 16:00:00, worker 22, sequence 13",
		"Baidu uid-generator",
		{.rarity = 5, .sequence = SEQUENCE_FROM_START},
	"The README of Baidu's generator configures another layout, baidu29."},
	{"baidu29", "time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13",
		"Baidu uid-generator, as its README configures it",
		{.rarity = 5, .sequence = SEQUENCE_FROM_START}},
	{"mastodon", "time 48 bits of 1 ms since 1970-01-01, sequence 16",
		"Mastodon, whose sequence is hidden by a hash",
		{.rarity = 1, .since_s = SINCE_2016},
	"Mastodon's own lower 16 bits are a hash plus a count, so the sequence says nothing there."},
	{"pixelfed", "time 41 bits of 1 ms since 2019-02-10, datacenter 5, worker 5, sequence 12",
		"Pixelfed",
		{.rarity = 4, .first_node = 1, .nodes_at_random = true},
	"Unless they are configured, Pixelfed draws datacenter and worker at random, from 1 to 31, for each ID."},
	{"pgedge", "time 41 bits of 1 ms since 2023-01-01, worker 10, sequence 12",
		"pgEdge snowflake, from version 1.2",
		{.rarity = 4, .since_s = PGEDGE_NODE_ABOVE, .first_node = 1, .sequence = SEQUENCE_FROM_START},
	pgedge_note},
	{"pgedge1", "time 41 bits of 1 ms since 2023-01-01, sequence 12, worker 10",
		"pgEdge snowflake, before version 1.2",
		{.rarity = 5, .first_node = 1, .sequence = SEQUENCE_FROM_START},
	pgedge_note},
	{"timeshard", "time 40 bits of 1 ms since 2016-10-06 23:22:19.634, shard 10, sequence 14",
		"ClickUp's pg-snowflake, without a cluster",
		{.rarity = 7},
	"With ClickUp's default of 5 bits of cluster, those are in place of the lowest bits of the time."},
	{"cockroach", "time 48 bits of 10 us since 2015-01-01, worker 15",
		"CockroachDB, unique_rowid()",
		{.rarity = 2},
	"CockroachDB combines time and node by XOR, so nodes from 32768 on change the time."},
	{"tso", "time 46 bits of 1 ms since 1970-01-01, sequence 18",
		"TiDB's timestamp oracle",
		{.rarity = 4, .since_s = SINCE_2015, .sequence = SEQUENCE_FROM_START}},
	{"mysql", "worker 8, time 32 bits of 1 s since 1970-01-01, sequence 24",
		"MySQL and MariaDB, UUID_SHORT()",
		{.rarity = 6, .since_s = SINCE_2008, .sequence = SEQUENCE_FROM_START},
	"The time is when the MySQL server started, and the worker its server_id modulo 256."},
	{"sentry", "unused 11, datacenter 5, time 32 bits of 1 s since 2022-04-26, shard 12, sequence 4",
		"Sentry, whose version is the datacenter here, and its region the shard",
		{.rarity = 3, .first_node = 16, .usual_nodes = 1 << 16, .sequence = SEQUENCE_FROM_START},
	"Sentry's version of the format is 16."},
	{"yitter", "time 51 bits of 1 ms since 2020-02-19 18:20:02, worker 6, sequence 6",
		"yitter IdGenerator",
		{.rarity = 5, .sequence = SEQUENCE_FROM_START, .first_sequence = 5},
	"Yitter for C# counts from 8 hours later than for all other languages."},
	{"shardingsphere", "time 41 bits of 1 ms since 2016-11-01, worker 10, sequence 12",
		"Apache ShardingSphere, on servers whose time zone is UTC",
		{.rarity = 6, .sequence = SEQUENCE_FROM_START},
	"ShardingSphere's epoch is midnight where its server is: in another time zone than UTC the time is off by the zone's offset."},
	{"seata", "worker 10, time 41 bits of 1 ms since 2020-05-02 16:00:00, sequence 12",
		"Apache Seata, from version 1.4",
		{.rarity = 6, .nodes_at_random = true},
	"Seata has the worker above the time, so IDs of different workers are not in order of time."},
	{"hazelcast", "time 41 bits of 1 ms since 2018-01-01, sequence 6, worker 16",
		"Hazelcast, FlakeIdGenerator",
		{.rarity = 6}},
	{"cosid", "time 41 bits of 1 ms since 2019-12-24 16:00:00, worker 10, sequence 12",
		"CosId",
		{.rarity = 6}},
	{"influxdb", "time 42 bits of 1 ms since 2017-04-09, worker 10, sequence 12",
		"InfluxDB",
		{.rarity = 6}},
	{"pgdog", "time 41 bits of 1 ms since 2025-11-26 19:13:15, worker 10, sequence 12",
		"PgDog",
		{.rarity = 9, .since_s = PGDOG_UNIQUE_IDS, .sequence = SEQUENCE_FROM_START}},
	{"hybrid", "slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16",
		"Snowflake in slabs: a central allocator hands out slabs, and seconds count within one",
		{.rarity = 24},
	"The time counts from when a slab was handed out, so an ID alone tells no date, and a server has to be given a slab before it makes IDs."},
};

const int	layout_preset_count = lengthof(layout_presets);

/* The presets as they were read on first use in this process. */
static SnowflakeLayout layouts[lengthof(layout_presets)];
static bool layouts_are_read = false;

/* number is an index into layout_presets. */
const SnowflakeLayout *
layout_by_preset_number(int number)
{
	LayoutProblem problem;

	if (!layouts_are_read)
	{
		for (int i = 0; i < lengthof(layout_presets); i++)
			(void) layout_read(layout_presets[i].specification, &layouts[i], &problem);
		layouts_are_read = true;
	}
	return &layouts[number];
}

/*
 * Finds a preset by its name, in any case and with blanks around it.  Returns NULL if
 * there is none.
 */
const SnowflakeLayout *
layout_by_name(const char *name)
{
	static const char blanks[] = " \t\n\r";
	size_t		length;

	name += strspn(name, blanks);
	length = strcspn(name, blanks);
	if (name[length + strspn(name + length, blanks)] != '\0')
		return NULL;
	for (int i = 0; i < lengthof(layout_presets); i++)
		if (strlen(layout_presets[i].name) == length && pg_strncasecmp(name, layout_presets[i].name, length) == 0)
			return layout_by_preset_number(i);
	return NULL;
}

/* Returns NULL if the layout is not a preset. */
const LayoutPreset *
layout_find_preset(const SnowflakeLayout *layout)
{
	for (int i = 0; i < lengthof(layout_presets); i++)
		if (layout_equal(layout, layout_by_preset_number(i)))
			return &layout_presets[i];
	return NULL;
}

/* Returns NULL if the layout is not a preset. */
const char *
layout_preset_name(const SnowflakeLayout *layout)
{
	const LayoutPreset *preset = layout_find_preset(layout);

	return preset != NULL ? preset->name : NULL;
}
