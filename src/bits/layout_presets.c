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

static const char twitter_note[] = "Leaf, bwmarrin/snowflake and Hutool share Twitter's epoch and places of bits: all but the division of the node is right.";

static const char pgedge_note[] = "Version 1.2 of pgEdge's extension exchanged node and sequence: layout pgedge is from then on, pgedge1 before.";

/*
 * The habits come from each system's code and documentation or, if nothing is
 * published, from a comparison of IDs with their dates.  The rarities are guesses at
 * which IDs the users of a PostgreSQL server see.
 */
const LayoutPreset layout_presets[] = {
	{
		.name = "default",
		.specification = "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12",
		.used_by = "idgen",
		.habits.is_ours = true,
		.habits.rarity = 4,
		.habits.since_s = SINCE_2026,
	},
	{
		.name = "wide",
		.specification = "time 41 bits of 1 ms since 2020-01-01, worker 4, sequence 18",
		.used_by = "idgen: 16 nodes that make 262 million IDs a second each",
		.habits.is_ours = true,
		.habits.rarity = 6,
		.habits.since_s = SINCE_2026,
	},
	{
		.name = "widest",
		.specification = "time 41 bits of 1 ms since 2020-01-01, sequence 22",
		.used_by = "idgen: a single node that makes 4 thousand million IDs a second",
		.habits.is_ours = true,
		.habits.rarity = 6,
		.habits.since_s = SINCE_2026,
	},
	{
		.name = "js53",
		.specification = "unused 11, time 41 bits of 1 ms since 2020-01-01, worker 5, sequence 7",
		.used_by = "idgen: numbers that JavaScript holds exactly",
		.habits.is_ours = true,
		.habits.rarity = 6,
		.habits.since_s = SINCE_2026,
	},
	{
		.name = "fleet",
		.specification = "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12",
		.used_by = "idgen: 1,024 workers in one field, as a pool of leased worker IDs can have",
		.habits.is_ours = true,
		.habits.rarity = 7,
		.habits.since_s = SINCE_2026,
		.note = "The numbers are those of default: the worker here is the datacenter of default times 32, plus its worker.",
	},
	{
		.name = "twitter",
		.specification = "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12",
		.used_by = "Twitter, X",
		.habits.rarity = 0,
		.habits.usual_nodes = 1 << 1 | 1 << 10 | 1 << 11,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = twitter_note,
	},
	{
		.name = "leaf",
		.specification = "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, worker 10, sequence 12",
		.used_by = "Meituan Leaf; bwmarrin/snowflake",
		.habits.rarity = 2,
		.note = twitter_note,
	},
	{
		.name = "clickhouse",
		.specification = "time 41 bits of 1 ms since 1970-01-01, worker 10, sequence 12",
		.used_by = "ClickHouse; LinkedIn; libraries that count from 1970",
		.habits.rarity = 2,
		.habits.since_s = SINCE_2010,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "Among the libraries that count from 1970 if they are told no epoch are flake-idgen, and snowflake-id for Python.",
	},
	{
		.name = "discord",
		.specification = "time 42 bits of 1 ms since 2015-01-01, datacenter 5, worker 5, sequence 12",
		.used_by = "Discord, whose worker is the datacenter here, and its process the worker",
		.habits.rarity = 0,
		.habits.usual_nodes = 1 << 0 | 1 << 1 | 1 << 2,
	},
	{
		.name = "instagram",
		.specification = "time 41 bits of 1 ms since 2011-08-24 21:07:01.721, shard 13, sequence 10",
		.used_by = "Instagram",
		.habits.rarity = 1,
		.note = "Instagram's sequence is of all milliseconds together and taken modulo 1024, so above 1024 IDs a millisecond and shard they repeat.",
	},
	{
		.name = "tiktok",
		.specification = "time 32 bits of 1 s since 1970-01-01, sequence 10, shard 22",
		.used_by = "TikTok, Douyin and others of ByteDance",
		.habits.rarity = 1,
		.habits.since_s = SINCE_2016,
		.habits.nodes_at_random = true,
		.note = "ByteDance publishes nothing of its IDs. That the time is in the highest 32 bits was found by comparing; what is the sequence here seems to be the millisecond.",
	},
	{
		.name = "weibo",
		.specification = "time 41 bits of 1 s since 1986-05-03 05:51:03, datacenter 4, sequence 18",
		.used_by = "Weibo, whose IDC is the datacenter",
		.habits.rarity = 3,
		.habits.since_s = SINCE_2010,
	},
	{
		.name = "bilibili",
		.specification = "time 32 bits of 1 s since 2017-06-30 16:00:00, shard 12, sequence 20",
		.used_by = "Bilibili, posts",
		.habits.rarity = 4,
		.habits.since_s = SINCE_2018,
		.note = "What Bilibili has below the time is not published.",
	},
	{
		.name = "sonyflake",
		.specification = "time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16",
		.used_by = "Sonyflake, version 1",
		.habits.rarity = 3,
		.habits.nodes_at_random = true,
		.habits.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "sonyflake2",
		.specification = "time 39 bits of 10 ms since 2025-01-01, sequence 8, worker 16",
		.used_by = "Sonyflake, version 2",
		.habits.rarity = 5,
		.habits.nodes_at_random = true,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "In Sonyflake 2 the bits of sequence and machine, the tick and the epoch can be configured: this is what it has when they are not.",
	},
	{
		.name = "baidu",
		.specification = "time 28 bits of 1 s since 2016-05-19 16:00:00, worker 22, sequence 13",
		.used_by = "Baidu uid-generator",
		.habits.rarity = 5,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "The README of Baidu's generator configures another layout, baidu29.",
	},
	{
		.name = "baidu29",
		.specification = "time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13",
		.used_by = "Baidu uid-generator, as its README configures it",
		.habits.rarity = 5,
		.habits.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "mastodon",
		.specification = "time 48 bits of 1 ms since 1970-01-01, sequence 16",
		.used_by = "Mastodon, whose sequence is hidden by a hash",
		.habits.rarity = 1,
		.habits.since_s = SINCE_2016,
		.note = "Mastodon's own lower 16 bits are a hash plus a count, so the sequence says nothing there.",
	},
	{
		.name = "pixelfed",
		.specification = "time 41 bits of 1 ms since 2019-02-10, datacenter 5, worker 5, sequence 12",
		.used_by = "Pixelfed",
		.habits.rarity = 4,
		.habits.first_node = 1,
		.habits.nodes_at_random = true,
		.note = "Unless they are configured, Pixelfed draws datacenter and worker at random, from 1 to 31, for each ID.",
	},
	{
		.name = "pgedge",
		.specification = "time 41 bits of 1 ms since 2023-01-01, worker 10, sequence 12",
		.used_by = "pgEdge snowflake, from version 1.2",
		.habits.rarity = 4,
		.habits.since_s = PGEDGE_NODE_ABOVE,
		.habits.first_node = 1,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = pgedge_note,
	},
	{
		.name = "pgedge1",
		.specification = "time 41 bits of 1 ms since 2023-01-01, sequence 12, worker 10",
		.used_by = "pgEdge snowflake, before version 1.2",
		.habits.rarity = 5,
		.habits.first_node = 1,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = pgedge_note,
	},
	{
		.name = "timeshard",
		.specification = "time 40 bits of 1 ms since 2016-10-06 23:22:19.634, shard 10, sequence 14",
		.used_by = "ClickUp's pg-snowflake, without a cluster",
		.habits.rarity = 7,
		.note = "With ClickUp's default of 5 bits of cluster, those are in place of the lowest bits of the time.",
	},
	{
		.name = "cockroach",
		.specification = "time 48 bits of 10 us since 2015-01-01, worker 15",
		.used_by = "CockroachDB, unique_rowid()",
		.habits.rarity = 2,
		.note = "CockroachDB combines time and node by XOR, so nodes from 32768 on change the time.",
	},
	{
		.name = "tso",
		.specification = "time 46 bits of 1 ms since 1970-01-01, sequence 18",
		.used_by = "TiDB's timestamp oracle",
		.habits.rarity = 4,
		.habits.since_s = SINCE_2015,
		.habits.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "mysql",
		.specification = "worker 8, time 32 bits of 1 s since 1970-01-01, sequence 24",
		.used_by = "MySQL and MariaDB, UUID_SHORT()",
		.habits.rarity = 6,
		.habits.since_s = SINCE_2008,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "The time is when the MySQL server started, and the worker its server_id modulo 256.",
	},
	{
		.name = "sentry",
		.specification = "unused 11, datacenter 5, time 32 bits of 1 s since 2022-04-26, shard 12, sequence 4",
		.used_by = "Sentry, whose version is the datacenter here, and its region the shard",
		.habits.rarity = 3,
		.habits.first_node = 16,
		.habits.usual_nodes = 1 << 16,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "Sentry's version of the format is 16.",
	},
	{
		.name = "yitter",
		.specification = "time 51 bits of 1 ms since 2020-02-19 18:20:02, worker 6, sequence 6",
		.used_by = "yitter IdGenerator",
		.habits.rarity = 5,
		.habits.sequence = SEQUENCE_FROM_START,
		.habits.first_sequence = 5,
		.note = "Yitter for C# counts from 8 hours later than for all other languages.",
	},
	{
		.name = "shardingsphere",
		.specification = "time 41 bits of 1 ms since 2016-11-01, worker 10, sequence 12",
		.used_by = "Apache ShardingSphere, on servers whose time zone is UTC",
		.habits.rarity = 6,
		.habits.sequence = SEQUENCE_FROM_START,
		.note = "ShardingSphere's epoch is midnight where its server is: in another time zone than UTC the time is off by the zone's offset.",
	},
	{
		.name = "seata",
		.specification = "worker 10, time 41 bits of 1 ms since 2020-05-02 16:00:00, sequence 12",
		.used_by = "Apache Seata, from version 1.4",
		.habits.rarity = 6,
		.habits.nodes_at_random = true,
		.note = "Seata has the worker above the time, so IDs of different workers are not in order of time.",
	},
	{
		.name = "hazelcast",
		.specification = "time 41 bits of 1 ms since 2018-01-01, sequence 6, worker 16",
		.used_by = "Hazelcast, FlakeIdGenerator",
		.habits.rarity = 6,
	},
	{
		.name = "cosid",
		.specification = "time 41 bits of 1 ms since 2019-12-24 16:00:00, worker 10, sequence 12",
		.used_by = "CosId",
		.habits.rarity = 6,
	},
	{
		.name = "influxdb",
		.specification = "time 42 bits of 1 ms since 2017-04-09, worker 10, sequence 12",
		.used_by = "InfluxDB",
		.habits.rarity = 6,
	},
	{
		.name = "pgdog",
		.specification = "time 41 bits of 1 ms since 2025-11-26 19:13:15, worker 10, sequence 12",
		.used_by = "PgDog",
		.habits.rarity = 9,
		.habits.since_s = PGDOG_UNIQUE_IDS,
		.habits.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "hybrid",
		.specification = "slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16",
		.used_by = "Snowflake in slabs: a central allocator hands out slabs, and seconds count within one",
		.habits.rarity = 24,
		.note = "The time counts from when a slab was handed out, so an ID alone tells no date, and a server has to be given a slab before it makes IDs.",
	},
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
