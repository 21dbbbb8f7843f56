/*-------------------------------------------------------------------------
 *
 * layout_presets.c
 *	  The layouts that have names: ours, and those of the systems that are known
 *	  for their IDs.
 *
 * Each is written as a user would write it.  Where a system's own code leaves
 * widths to be configured, its defaults are the preset.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout_presets.h"
#include "layout_text.h"

const LayoutPreset layout_presets[] = {
	{"default", "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12",
	"idgen"},
	{"wide", "time 41 bits of 1 ms since 2020-01-01, worker 4, sequence 18",
	"idgen: 16 nodes that make 262 million IDs a second each"},
	{"widest", "time 41 bits of 1 ms since 2020-01-01, sequence 22",
	"idgen: a single node that makes 4 thousand million IDs a second"},
	{"js53", "unused 11, time 41 bits of 1 ms since 2020-01-01, worker 5, sequence 7",
	"idgen: numbers that JavaScript holds exactly"},
	{"twitter", "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12",
	"Twitter, X"},
	{"leaf", "time 41 bits of 1 ms since 2010-11-04 01:42:54.657, worker 10, sequence 12",
	"Meituan Leaf; bwmarrin/snowflake"},
	{"discord", "time 42 bits of 1 ms since 2015-01-01, datacenter 5, worker 5, sequence 12",
	"Discord, whose worker is the datacenter here, and its process the worker"},
	{"instagram", "time 41 bits of 1 ms since 2011-08-24 21:07:01.721, shard 13, sequence 10",
	"Instagram"},
	{"sonyflake", "time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16",
	"Sonyflake, version 1"},
	{"sonyflake2", "time 39 bits of 10 ms since 2025-01-01, sequence 8, worker 16",
	"Sonyflake, version 2"},
	{"baidu", "time 28 bits of 1 s since 2016-05-19 16:00:00, worker 22, sequence 13",
	"Baidu uid-generator"},
	{"mastodon", "time 48 bits of 1 ms since 1970-01-01, sequence 16",
	"Mastodon, whose sequence is hidden by a hash"},
	{"pgedge", "time 41 bits of 1 ms since 2023-01-01, worker 10, sequence 12",
	"pgEdge snowflake, from version 1.2"},
	{"pgedge1", "time 41 bits of 1 ms since 2023-01-01, sequence 12, worker 10",
	"pgEdge snowflake, before version 1.2"},
	{"timeshard", "time 40 bits of 1 ms since 2016-10-06 23:22:19.634, shard 10, sequence 14",
	"ClickUp's pg-snowflake, without a cluster"},
	{"cockroach", "time 48 bits of 10 us since 2015-01-01, worker 15",
	"CockroachDB, unique_rowid()"},
	{"tso", "time 46 bits of 1 ms since 1970-01-01, sequence 18",
	"TiDB's timestamp oracle"},
	{"yitter", "time 51 bits of 1 ms since 2020-02-19 18:20:02, worker 6, sequence 6",
	"yitter IdGenerator"},
	{"shardingsphere", "time 41 bits of 1 ms since 2016-11-01, worker 10, sequence 12",
	"Apache ShardingSphere, on servers whose time zone is UTC"},
	{"seata", "worker 10, time 41 bits of 1 ms since 2020-05-02 16:00:00, sequence 12",
	"Apache Seata, from version 1.4"},
	{"influxdb", "time 42 bits of 1 ms since 2017-04-09, worker 10, sequence 12",
	"InfluxDB"},
	{"pgdog", "time 41 bits of 1 ms since 2025-11-26 19:13:15, worker 10, sequence 12",
	"PgDog"},
	{"hybrid", "slab 32, time 16 bits of 1 s since 1970-01-01, sequence 16",
	"Snowflake in slabs: a central allocator hands out slabs, and seconds count within one"},
};

const int	layout_preset_count = lengthof(layout_presets);

/* The presets as they were read, by whoever asks first in this process. */
static SnowflakeLayout layouts[lengthof(layout_presets)];
static bool layouts_are_read = false;

/* The layout of a preset by its number (0 .. layout_preset_count - 1). */
const SnowflakeLayout *
layout_of_preset(int number)
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
 * The layout of a preset by its name, in whatever case and with blanks around it;
 * NULL if there is none.
 */
const SnowflakeLayout *
layout_of_name(const char *name)
{
	static const char blanks[] = " \t\n\r";
	size_t		length;

	name += strspn(name, blanks);
	length = strcspn(name, blanks);
	if (name[length + strspn(name + length, blanks)] != '\0')
		return NULL;
	for (int i = 0; i < lengthof(layout_presets); i++)
		if (strlen(layout_presets[i].name) == length && pg_strncasecmp(name, layout_presets[i].name, length) == 0)
			return layout_of_preset(i);
	return NULL;
}

/* The name of a layout; NULL if it is no preset. */
const char *
layout_name(const SnowflakeLayout *layout)
{
	for (int i = 0; i < lengthof(layout_presets); i++)
		if (layout_equal(layout, layout_of_preset(i)))
			return layout_presets[i].name;
	return NULL;
}
