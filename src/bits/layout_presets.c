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

static const char twitter_note[] = "Leaf, bwmarrin/snowflake and Hutool have Twitter's epoch, time and sequence, but may divide the node differently.";

static const char pgedge_note[] = "Version 1.2 of pgEdge's extension exchanged node and sequence: its layout is pgedge, and that of earlier versions is pgedge1.";

/*
 * The usage comes from each system's code and documentation or, if nothing is
 * published, from a comparison of IDs with their dates.  The rarities are guesses at
 * which IDs the users of a PostgreSQL server see.
 */
const LayoutPreset layout_presets[] = {
	{
		.name = "default",
		.specification = "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12",
		.used_by = "idgen",
		.usage.is_ours = true,
		.usage.rarity = 4,
		.usage.since_s = SINCE_2026,
	},
	{
		.name = "wide",
		.specification = "time 41 bits of 1 ms since 2020-01-01, worker 4, sequence 18",
		.used_by = "idgen: 16 nodes that each issue 262 million IDs a second",
		.usage.is_ours = true,
		.usage.rarity = 6,
		.usage.since_s = SINCE_2026,
	},
	{
		.name = "widest",
		.specification = "time 41 bits of 1 ms since 2020-01-01, sequence 22",
		.used_by = "idgen: one node that issues 4,194 million IDs a second",
		.usage.is_ours = true,
		.usage.rarity = 6,
		.usage.since_s = SINCE_2026,
	},
	{
		.name = "js53",
		.specification = "unused 11, time 41 bits of 1 ms since 2020-01-01, worker 5, sequence 7",
		.used_by = "idgen: IDs that JavaScript's numbers hold exactly",
		.usage.is_ours = true,
		.usage.rarity = 6,
		.usage.since_s = SINCE_2026,
	},
	{
		.name = "fleet",
		.specification = "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12",
		.used_by = "idgen: 1,024 workers in one field, as a pool of leased worker IDs can have",
		.usage.is_ours = true,
		.usage.rarity = 7,
		.usage.since_s = SINCE_2026,
		.note = "The numbers are those of default: the worker here is the datacenter of default times 32, plus its worker.",
	},
	{
		.name = "twitter",
		.specification = "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12",
		.used_by = "Twitter, X",
		.usage.rarity = 0,
		.usage.usual_nodes = 1 << 1 | 1 << 10 | 1 << 11,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = twitter_note,
	},
	{
		.name = "leaf",
		.specification = "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, worker 10, sequence 12",
		.used_by = "Meituan Leaf; bwmarrin/snowflake",
		.usage.rarity = 2,
		.note = twitter_note,
	},
	{
		.name = "clickhouse",
		.specification = "time 41 bits of 1 ms since 1970-01-01, worker 10, sequence 12",
		.used_by = "ClickHouse; LinkedIn; libraries that count from 1970",
		.usage.rarity = 2,
		.usage.since_s = SINCE_2010,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "Many libraries count from 1970 if no epoch is configured, such as flake-idgen, and snowflake-id for Python.",
	},
	{
		.name = "discord",
		.specification = "time 42 bits of 1 ms since 2015-01-01, datacenter 5, worker 5, sequence 12",
		.used_by = "Discord, whose worker is the datacenter here, and its process the worker",
		.usage.rarity = 0,
		.usage.usual_nodes = 1 << 0 | 1 << 1 | 1 << 2,
	},
	{
		.name = "instagram",
		.specification = "time 41 bits of 1 ms since 2011-08-24 21:07:01.721, shard 13, sequence 10",
		.used_by = "Instagram",
		.usage.rarity = 1,
		.note = "Instagram's sequence continues from one millisecond to the next, modulo 1024, so IDs repeat if a shard issues more than 1024 in a millisecond.",
	},
	{
		.name = "tiktok",
		.specification = "time 32 bits of 1 s since 1970-01-01, sequence 10, shard 22",
		.used_by = "TikTok, Douyin and other services of ByteDance",
		.usage.rarity = 1,
		.usage.since_s = SINCE_2016,
		.usage.nodes_at_random = true,
		.note = "ByteDance publishes nothing about its IDs. Comparing IDs with dates showed that the time is in the highest 32 bits; what is the sequence here seems to be the millisecond.",
	},
	{
		.name = "weibo",
		.specification = "time 41 bits of 1 s since 1986-05-03 05:51:03, datacenter 4, sequence 18",
		.used_by = "Weibo, whose IDC is the datacenter",
		.usage.rarity = 3,
		.usage.since_s = SINCE_2010,
	},
	{
		.name = "bilibili",
		.specification = "time 32 bits of 1 s since 2017-06-30 16:00:00, shard 12, sequence 20",
		.used_by = "Bilibili, posts",
		.usage.rarity = 4,
		.usage.since_s = SINCE_2018,
		.note = "Bilibili does not publish what the bits below the time mean.",
	},
	{
		.name = "sonyflake",
		.specification = "time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16",
		.used_by = "Sonyflake, version 1",
		.usage.rarity = 3,
		.usage.nodes_at_random = true,
		.usage.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "sonyflake2",
		.specification = "time 39 bits of 10 ms since 2025-01-01, sequence 8, worker 16",
		.used_by = "Sonyflake, version 2",
		.usage.rarity = 5,
		.usage.nodes_at_random = true,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "In Sonyflake 2 the bits of sequence and machine, the tick and the epoch can be configured; this layout has the defaults.",
	},
	{
		.name = "baidu",
		.specification = "time 28 bits of 1 s since 2016-05-19 16:00:00, worker 22, sequence 13",
		.used_by = "Baidu uid-generator",
		.usage.rarity = 5,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "The README of Baidu's generator configures another layout, baidu29.",
	},
	{
		.name = "baidu29",
		.specification = "time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13",
		.used_by = "Baidu uid-generator, as its README configures it",
		.usage.rarity = 5,
		.usage.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "mastodon",
		.specification = "time 48 bits of 1 ms since 1970-01-01, sequence 16",
		.used_by = "Mastodon, whose sequence is hidden by a hash",
		.usage.rarity = 1,
		.usage.since_s = SINCE_2016,
		.note = "The low 16 bits of Mastodon's own IDs are a hash plus a count, so their sequence has no meaning.",
	},
	{
		.name = "pixelfed",
		.specification = "time 41 bits of 1 ms since 2019-02-10, datacenter 5, worker 5, sequence 12",
		.used_by = "Pixelfed",
		.usage.rarity = 4,
		.usage.first_node = 1,
		.usage.nodes_at_random = true,
		.note = "Unless they are configured, Pixelfed uses a random datacenter and worker, from 1 to 31, for each ID.",
	},
	{
		.name = "pgedge",
		.specification = "time 41 bits of 1 ms since 2023-01-01, worker 10, sequence 12",
		.used_by = "pgEdge snowflake, from version 1.2",
		.usage.rarity = 4,
		.usage.since_s = PGEDGE_NODE_ABOVE,
		.usage.first_node = 1,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = pgedge_note,
	},
	{
		.name = "pgedge1",
		.specification = "time 41 bits of 1 ms since 2023-01-01, sequence 12, worker 10",
		.used_by = "pgEdge snowflake, before version 1.2",
		.usage.rarity = 5,
		.usage.first_node = 1,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = pgedge_note,
	},
	{
		.name = "timeshard",
		.specification = "time 40 bits of 1 ms since 2016-10-06 23:22:19.634, shard 10, sequence 14",
		.used_by = "ClickUp's pg-snowflake, without a cluster",
		.usage.rarity = 7,
		.note = "With ClickUp's default of 5 bits for the cluster, these take the place of the lowest bits of the time.",
	},
	{
		.name = "cockroach",
		.specification = "time 48 bits of 10 us since 2015-01-01, worker 15",
		.used_by = "CockroachDB, unique_rowid()",
		.usage.rarity = 2,
		.note = "CockroachDB combines time and node by XOR, so nodes from 32768 on change the time.",
	},
	{
		.name = "tso",
		.specification = "time 46 bits of 1 ms since 1970-01-01, sequence 18",
		.used_by = "TiDB's timestamp oracle",
		.usage.rarity = 4,
		.usage.since_s = SINCE_2015,
		.usage.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "mysql",
		.specification = "worker 8, time 32 bits of 1 s since 1970-01-01, sequence 24",
		.used_by = "MySQL and MariaDB, UUID_SHORT()",
		.usage.rarity = 6,
		.usage.since_s = SINCE_2008,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "The time is the start of the MySQL server, and the worker is its server_id modulo 256.",
	},
	{
		.name = "sentry",
		.specification = "unused 11, datacenter 5, time 32 bits of 1 s since 2022-04-26, shard 12, sequence 4",
		.used_by = "Sentry, whose version is the datacenter here, and its region the shard",
		.usage.rarity = 3,
		.usage.first_node = 16,
		.usage.usual_nodes = 1 << 16,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "Sentry's version of the format is 16.",
	},
	{
		.name = "yitter",
		.specification = "time 51 bits of 1 ms since 2020-02-19 18:20:02, worker 6, sequence 6",
		.used_by = "yitter IdGenerator",
		.usage.rarity = 5,
		.usage.sequence = SEQUENCE_FROM_START,
		.usage.first_sequence = 5,
		.note = "Yitter's epoch for C# is 8 hours later than for all other languages.",
	},
	{
		.name = "shardingsphere",
		.specification = "time 41 bits of 1 ms since 2016-11-01, worker 10, sequence 12",
		.used_by = "Apache ShardingSphere, on servers whose time zone is UTC",
		.usage.rarity = 6,
		.usage.sequence = SEQUENCE_FROM_START,
		.note = "ShardingSphere's epoch is midnight in the time zone of its server. If that is not UTC, the time shown is off by the zone's offset.",
	},
	{
		.name = "seata",
		.specification = "worker 10, time 41 bits of 1 ms since 2020-05-02 16:00:00, sequence 12",
		.used_by = "Apache Seata, from version 1.4",
		.usage.rarity = 6,
		.usage.nodes_at_random = true,
		.note = "Seata has the worker above the time, so IDs of different workers are not in order of time.",
	},
	{
		.name = "hazelcast",
		.specification = "time 41 bits of 1 ms since 2018-01-01, sequence 6, worker 16",
		.used_by = "Hazelcast, FlakeIdGenerator",
		.usage.rarity = 6,
	},
	{
		.name = "cosid",
		.specification = "time 41 bits of 1 ms since 2019-12-24 16:00:00, worker 10, sequence 12",
		.used_by = "CosId",
		.usage.rarity = 6,
	},
	{
		.name = "influxdb",
		.specification = "time 42 bits of 1 ms since 2017-04-09, worker 10, sequence 12",
		.used_by = "InfluxDB",
		.usage.rarity = 6,
	},
	{
		.name = "pgdog",
		.specification = "time 41 bits of 1 ms since 2025-11-26 19:13:15, worker 10, sequence 12",
		.used_by = "PgDog",
		.usage.rarity = 9,
		.usage.since_s = PGDOG_UNIQUE_IDS,
		.usage.sequence = SEQUENCE_FROM_START,
	},
	{
		.name = "hybrid",
		.specification = "slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16",
		.used_by = "Snowflake in slabs: a central allocator hands out slabs, and seconds count within one",
		.usage.rarity = 24,
		.note = "The time counts from the time at which a slab was handed out, so an ID alone shows no date, and a server needs a slab before it can issue IDs.",
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
