/*-------------------------------------------------------------------------
 *
 * layout_habits.c
 *	  See layout_habits.h.
 *
 * How sequences start, which nodes there are and what else is peculiar was read in
 * the systems' own code and documentation.  How rare an ID is, is a guess at what
 * the users of a PostgreSQL server come across, and no more than that.
 *
 * No fmgr, no shared memory, no allocation.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "layout_habits.h"

/* The starts of years, and of two days. */
#define SINCE_2015 INT64CONST(1420070400)
#define SINCE_2016 INT64CONST(1451606400)
#define SINCE_2026 INT64CONST(1767225600)
#define PGEDGE_NODE_ABOVE INT64CONST(1698710400)	/* 2023-10-31 */
#define PGDOG_UNIQUE_IDS INT64CONST(1775606400) /* 2026-04-08 */

static const char *const twitter_note =
	"Leaf, bwmarrin/snowflake and Hutool share Twitter's epoch and places of bits: all but the division of the node is right.";

static const char *const pgedge_note =
	"Version 1.2 of pgEdge's extension exchanged node and sequence: layout pgedge is from then on, pgedge1 before.";

static const LayoutHabits habits[] = {
	{.name = "default", .is_ours = true, .rarity = 4, .since_s = SINCE_2026},
	{.name = "wide", .is_ours = true, .rarity = 6, .since_s = SINCE_2026},
	{.name = "widest", .is_ours = true, .rarity = 6, .since_s = SINCE_2026},
	{.name = "js53", .is_ours = true, .rarity = 6, .since_s = SINCE_2026},
	{.name = "twitter", .rarity = 1, .sequence = SEQUENCE_FROM_START, .note = twitter_note},
	{.name = "leaf", .rarity = 2, .note = twitter_note},
	{.name = "discord", .rarity = 1},
	{.name = "instagram", .rarity = 2,
	.note = "Instagram's sequence is of all milliseconds together and taken modulo 1024, so above 1024 IDs a millisecond and shard they repeat."},
	{.name = "sonyflake", .rarity = 3, .nodes_at_random = true, .sequence = SEQUENCE_FROM_START},
	{.name = "sonyflake2", .rarity = 4, .nodes_at_random = true, .sequence = SEQUENCE_FROM_START,
	.note = "In Sonyflake 2 the bits of sequence and machine, the tick and the epoch can be configured: this is what it has when they are not."},
	{.name = "baidu", .rarity = 4, .sequence = SEQUENCE_FROM_START,
	.note = "The example configuration of Baidu's README is another: time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13."},
	{.name = "mastodon", .rarity = 2, .since_s = SINCE_2016,
	.note = "Mastodon's own lower 16 bits are a hash plus a count, so the sequence says nothing there."},
	{.name = "pgedge", .rarity = 3, .since_s = PGEDGE_NODE_ABOVE, .first_node = 1, .sequence = SEQUENCE_FROM_START,
	.note = pgedge_note},
	{.name = "pgedge1", .rarity = 4, .first_node = 1, .sequence = SEQUENCE_FROM_START, .note = pgedge_note},
	{.name = "timeshard", .rarity = 5,
	.note = "With ClickUp's default of 5 bits of cluster, those are in place of the lowest bits of the time."},
	{.name = "cockroach", .rarity = 1,
	.note = "CockroachDB combines time and node by XOR, so nodes from 32768 on change the time."},
	{.name = "tso", .rarity = 4, .since_s = SINCE_2015},
	{.name = "yitter", .rarity = 4, .sequence = SEQUENCE_FROM_START, .first_sequence = 5,
	.note = "Yitter for C# counts from 8 hours later than for all other languages."},
	{.name = "shardingsphere", .rarity = 5, .sequence = SEQUENCE_FROM_START,
	.note = "ShardingSphere's epoch is midnight where its server is: in another time zone than UTC the time is off by the zone's offset."},
	{.name = "seata", .rarity = 5, .nodes_at_random = true,
	.note = "Seata has the worker above the time, so IDs of different workers are not in order of time."},
	{.name = "influxdb", .rarity = 5},
	{.name = "pgdog", .rarity = 4, .since_s = PGDOG_UNIQUE_IDS, .sequence = SEQUENCE_FROM_START},
	{.name = "hybrid", .rarity = 24,
	.note = "The time counts from when a slab was handed out, so an ID alone tells no date, and a server has to be given a slab before it makes IDs."},
};

static const LayoutHabits of_others = {.name = NULL};

/* The habits of a preset by its name; what can be said of any layout where there is none, or name is NULL. */
const LayoutHabits *
layout_habits(const char *name)
{
	for (int i = 0; name != NULL && i < lengthof(habits); i++)
		if (strcmp(habits[i].name, name) == 0)
			return &habits[i];
	return &of_others;
}
