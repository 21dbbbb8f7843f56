/*-------------------------------------------------------------------------
 *
 * planning.c
 *	  Tests of what a layout has room for, of plans, of pictures, and of which
 *	  layout an ID may be of, without a server, in TAP.
 *
 * Expected dates were computed from epochs and bits by other means; the IDs are
 * published ones.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout_capacity.h"
#include "bits/layout_picture.h"
#include "bits/layout_plan.h"
#include "bits/layout_guess.h"
#include "bits/layout_presets.h"
#include "bits/layout_text.h"

#include "tap.h"

/* 2026-11-21 12:00 UTC: the tests are of that moment, whenever they run. */
#define NOW_US (INT64CONST(1795262400) * US_PER_S)

/* A layout from its name or its words; they are known to be right. */
static SnowflakeLayout
layout_of(const char *str)
{
	const SnowflakeLayout *preset = layout_by_name(str);
	SnowflakeLayout layout;
	LayoutProblem problem;

	if (preset != NULL)
		return *preset;
	if (!layout_read(str, &layout, &problem))
		printf("Bail out! %s: %s\n", str, problem.detail);
	return layout;
}

typedef struct Room
{
	const char *layout;
	int64		ids_per_second;
	int64		nodes;
	int64		end_ms;			/* for a bigint */
	int64		last_end_ms;	/* of all 64 bits; -1: too far to tell */
} Room;

static const Room rooms[] = {
	{"default", 4096000, 1024, INT64CONST(3776860055552), INT64CONST(3776860055552)},
	{"widest", INT64CONST(4194304000), 1, INT64CONST(3776860055552), INT64CONST(3776860055552)},
	{"js53", 128000, 32, INT64CONST(3776860055552), INT64CONST(3776860055552)},
	{"twitter", 4096000, 1024, INT64CONST(3487858230209), INT64CONST(3487858230209)},
	{"discord", 4096000, 1024, INT64CONST(3619093655552), INT64CONST(5818116911104)},
	{"instagram", 1024000, 8192, INT64CONST(2413731649497), INT64CONST(3513243277273)},
	{"sonyflake", 25600, 65536, INT64CONST(6907087738880), INT64CONST(6907087738880)},
	{"baidu", 8192, 4194304, INT64CONST(1732109056000), INT64CONST(1732109056000)},
	{"timeshard", 16384000, 1024, INT64CONST(2025551953522), INT64CONST(2575307767410)},
	{"mastodon", 65536000, 1, INT64CONST(140737488355328), INT64CONST(281474976710656)},
	{"tso", 262144000, 1, INT64CONST(35184372088832), INT64CONST(70368744177664)},
	{"cockroach", 100000, 32768, INT64CONST(4234820167106), INT64CONST(4234820167106)},
	{"hybrid", 65536, INT64CONST(1) << 31, 65536000, 65536000},
	{"time 32 bits of 2 min since 2020-01-01, sequence 31", 17895697, 1, INT64CONST(516973912320000), INT64CONST(516973912320000)},
	{"time 10 bits of 1 min since 2020-01-01, unused 53", 0, 1, INT64CONST(1577898240000), INT64CONST(1577898240000)},
	{"time 32 bits of 1 us since 1970-01-01, sequence 31", INT64CONST(2147483648000000), 1, 4294967, 4294967},
	{"slab 62, time 1 bit of 1 s since 1970-01-01", 1, INT64CONST(1) << 62, 2000, 2000},
	{"time 63 bits of 1 us since 1970-01-01, sequence 1", 2000000, 1, INT64CONST(4611686018427387), -1},
};

static void
test_rooms(void)
{
	for (int i = 0; i < lengthof(rooms); i++)
	{
		const Room *room = &rooms[i];
		SnowflakeLayout layout = layout_of(room->layout);
		int64		last_end_us = layout_last_end_us(&layout);

		is_number(layout_ids_per_second(&layout), room->ids_per_second, of("IDs a second", room->layout));
		is_number(layout_nodes(&layout), room->nodes, of("nodes", room->layout));
		is_number(layout_end_us(&layout) / US_PER_MS, room->end_ms, of("end", room->layout));
		is_number(last_end_us == NEVER_US ? -1 : last_end_us / US_PER_MS, room->last_end_ms,
				  of("end of all 64 bits", room->layout));
	}
}

static void
test_time_left(void)
{
	SnowflakeLayout layout = layout_of("default");
	int64		start_us = layout_tick_start_us(&layout, 0);
	int64		end_us = layout_end_us(&layout);
	int64		unix_us;

	check(layout_time_used(&layout, 0) == 0, "time: none is used before the epoch");
	check(layout_time_used(&layout, start_us) == 0, "time: none is used at the epoch");
	check(layout_time_used(&layout, start_us + (end_us - start_us) / 4) == 0.25, "time: a quarter is used");
	check(layout_time_used(&layout, end_us) == 1, "time: all is used at the end");
	check(layout_time_used(&layout, PG_INT64_MAX) == 1, "time: all is used at the end of time");
	check(layout_years_left(&layout, end_us - 10 * YEAR_US) == 10, "time: ten years left");
	check(layout_years_left(&layout, end_us) == 0, "time: no years left at the end");
	check(layout_years_left(&layout, PG_INT64_MAX) == 0, "time: no years left at the end of time");

	layout = layout_of("time 63 bits of 1 us since 1970-01-01, sequence 1");
	check(layout_try_tick_start_us(&layout, PG_INT64_MAX, &unix_us) && unix_us == PG_INT64_MAX, "moment: the largest");
	check(!layout_try_tick_start_us(&layout, PG_UINT64_MAX, &unix_us), "moment: beyond the largest");
	layout = layout_of("time 30 bits of 1 min since 2020-01-01, unused 33");
	check(!layout_try_tick_start_us(&layout, UINT64CONST(1) << 62, &unix_us), "moment: where the product overflows");
	check(layout_try_tick_start_us(&layout, 1, &unix_us) && unix_us == INT64CONST(1577836860000000), "moment: a minute");
}

/* Published IDs, and what they are of. */
typedef struct Published
{
	uint64		id;
	const char *name;
	int			place;			/* how high it ranks, on servers of whatever
								 * layout, by now */
} Published;

/* Two have an ID that is as plausible in another system of the same bits. */
static const Published published[] = {
	{UINT64CONST(1541815603606036480), "twitter", 1},
	{UINT64CONST(175928847299117063), "discord", 2},
	{UINT64CONST(2384288897814875714), "instagram", 1},
	{UINT64CONST(235191684988928001), "cockroach", 1},
	{UINT64CONST(136169504773242881), "pgedge1", 1},
	{UINT64CONST(170505378935607296), "pgedge", 1},
	{UINT64CONST(129053495681099), "yitter", 1},
};

/* Candidates on a server whose own layout, if any, is given. */
static int
rank(uint64 id, const SnowflakeLayout *own, int64 now_us, LayoutCandidate *candidates)
{
	static OwnLayout owns[1];

	if (own == NULL)
		return layout_guess(id, NULL, 0, now_us, candidates);
	owns[0].layout = *own;
	return layout_guess(id, owns, 1, now_us, candidates);
}

/* The place of a preset among the candidates, from 1. */
static int
place_of(const char *name, uint64 id, const SnowflakeLayout *own, int64 now_us)
{
	LayoutCandidate *candidates = malloc(LAYOUT_CANDIDATES(1) * sizeof(LayoutCandidate));
	int			count = rank(id, own, now_us, candidates);
	int			place = 0;

	for (int i = 0; i < count; i++)
		if (candidates[i].preset != NULL && strcmp(candidates[i].preset->name, name) == 0)
			place = candidates[i].verdict == LAYOUT_FITS ? i + 1 : -(i + 1);
	free(candidates);
	return place;
}

static void
test_published_ids(void)
{
	SnowflakeLayout own = layout_of("default");

	for (int i = 0; i < lengthof(published); i++)
	{
		const Published *p = &published[i];

		is_number(place_of(p->name, p->id, NULL, NOW_US), p->place, of("a published ID", p->name));
		is_number(place_of(p->name, p->id, &own, NOW_US), p->place, of("a published ID, on a server of ours", p->name));
		check(place_of(p->name, p->id, &own, NOW_US + 5 * YEAR_US) > 0, of("a published ID, years from now", p->name));
	}
}

/* Fresh IDs of every preset, of a quiet node: the server's own always comes first. */
static void
test_own_ids(void)
{
	for (int i = 0; i < layout_preset_count; i++)
	{
		const SnowflakeLayout *layout = layout_by_preset_number(i);
		const char *name = layout_presets[i].name;
		uint64		id;

		if (layout_is_in_slabs(layout) || layout_end_us(layout) <= NOW_US)
			continue;
		id = layout_put(layout, LAYOUT_TIME, layout_tick_at_us(layout, NOW_US - 123457));
		if (layout_has(layout, LAYOUT_WORKER))
			id |= layout_put(layout, LAYOUT_WORKER, 1);
		if (layout_has(layout, LAYOUT_SEQUENCE))
			id |= layout_put(layout, LAYOUT_SEQUENCE, layout_presets[i].usage.first_sequence);
		is_number(place_of(name, id, layout, NOW_US), 1, of("an ID just made by a server", name));
	}
}

/* The numbers of fleet are those of default: which of them is likelier depends on what the server has. */
static void
test_same_numbers(void)
{
	SnowflakeLayout fleet = layout_of("fleet");
	SnowflakeLayout own = layout_of("default");
	bool		default_first = true;
	bool		fleet_first = true;

	for (int worker = 0; worker < 1024; worker++)
	{
		uint64		id = layout_put(&fleet, LAYOUT_TIME, layout_tick_at_us(&fleet, NOW_US - 123457)) |
			layout_put(&fleet, LAYOUT_WORKER, worker);

		default_first = default_first && place_of("default", id, &own, NOW_US) < place_of("fleet", id, &own, NOW_US) &&
			place_of("default", id, NULL, NOW_US) < place_of("fleet", id, NULL, NOW_US);

		/*
		 * Of the first worker of a datacenter, default is likelier all the
		 * same.
		 */
		fleet_first = fleet_first &&
			(worker % 32 == 0 || place_of("fleet", id, &fleet, NOW_US) < place_of("default", id, &fleet, NOW_US));
	}
	check(default_first, "two layouts with the same numbers: default, on its servers and anywhere else");
	check(fleet_first, "two layouts with the same numbers: fleet, on its servers");
}

static void
test_candidates(void)
{
	LayoutCandidate *candidates = malloc(LAYOUT_CANDIDATES(1) * sizeof(LayoutCandidate));
	SnowflakeLayout own = layout_of("time 41 bits of 1 ms since 2024-01-01, shard 12, sequence 10");
	int			count = rank(5, NULL, NOW_US, candidates);
	double		sum = 0;

	is_number(count, layout_preset_count + 2, "plausible: all presets and two others");
	for (int i = 0; i < count; i++)
		sum += candidates[i].chance;
	check(sum > 0.999 && sum < 1.001, "plausible: the chances are 1 in all");
	check(candidates[0].kind == CANDIDATE_COUNTER, "plausible: a small number counts");

	(void) rank(UINT64CONST(0x9E3779B97F4A7C15), NULL, NOW_US, candidates);
	check(candidates[0].kind == CANDIDATE_RANDOM, "plausible: what fits nowhere is random");

	count = rank(layout_put(&own, LAYOUT_TIME, layout_tick_at_us(&own, NOW_US)), &own, NOW_US, candidates);
	is_number(count, layout_preset_count + 3, "plausible: the server's own layout, too");
	check(candidates[0].own != NULL && layout_equal(candidates[0].layout, &own), "plausible: which comes first for IDs of the server");

	check(place_of("js53", UINT64CONST(1) << 60, NULL, NOW_US) < 0, "plausible: not with bits that are not used");
	check(place_of("mastodon", UINT64CONST(1) << 62, NULL, NOW_US) < 0, "plausible: not in the future");
	check(place_of("pgedge", UINT64CONST(170505378935607296), NULL, NOW_US) <
		  place_of("pgedge", UINT64CONST(170505378935607296) - 4096, NULL, NOW_US), "plausible: nodes of pgEdge begin at 1");
	free(candidates);
}

/* No number may break the arithmetic: every bit alone, and all but it. */
static void
test_any_bits(void)
{
	LayoutCandidate *candidates = malloc(LAYOUT_CANDIDATES(1) * sizeof(LayoutCandidate));
	bool		sound = true;

	for (int bit = 0; bit < 64; bit++)
	{
		for (int inverted = 0; inverted < 2; inverted++)
		{
			uint64		id = (UINT64CONST(1) << bit) ^ (inverted ? PG_UINT64_MAX : 0);
			int			count = rank(id, layout_by_preset_number(bit % layout_preset_count), NOW_US, candidates);

			for (int i = 0; i < count; i++)
				sound = sound && candidates[i].chance >= 0 && candidates[i].chance <= 1 &&
					candidates[i].surprise >= 0 && (i == 0 || candidates[i].chance <= candidates[i - 1].chance);
		}
	}
	check(sound, "plausible: chances of any bits are in order");
	free(candidates);
}

static LayoutProposal *
plan(int64 ids_per_second, int nodes, int years, int *count)
{
	LayoutProposal *proposals = malloc(LAYOUT_PROPOSALS * sizeof(LayoutProposal));
	LayoutDemand demand = {ids_per_second, nodes, years};

	*count = layout_plan(&demand, NOW_US, proposals);
	return proposals;
}

typedef struct Best
{
	int64		ids_per_second;
	int			nodes;
	int			years;
	const char *layout;
} Best;

static const Best bests[] = {
	{1, 1, 1, "default"},
	{4096000, 1024, 62, "default"},
	{4096001, 1024, 62, "time 31 bits of 1 s since 2026-01-01, worker 10, sequence 22"},
	{4096000, 1025, 62, "default"}, /* nothing suits */
	{4096000, 16, 63, "time 45 bits of 1 ms since 2026-01-01, worker 4, sequence 14"},
	{100000000, 16, 20, "wide"},
	{1000000000, 1, 20, "widest"},
	{1000000, 1000, 100, "time 43 bits of 1 ms since 2026-01-01, worker 10, sequence 10"},
	{25600, 65536, 100, "time 42 bits of 1 ms since 2026-01-01, worker 16, sequence 5"},
	{1000, 10000000, 10, "time 39 bits of 1 ms since 2026-01-01, worker 24"},
};

static void
test_best_layouts(void)
{
	for (int i = 0; i < lengthof(bests); i++)
	{
		int			count;
		LayoutProposal *proposals = plan(bests[i].ids_per_second, bests[i].nodes, bests[i].years, &count);
		const char *name = layout_preset_name(&proposals[0].layout);
		char		str[LAYOUT_TEXT_SIZE];

		layout_write(&proposals[0].layout, str, sizeof(str));
		is_text(name != NULL ? name : str, bests[i].layout, of("is the best layout", bests[i].layout));
		free(proposals);
	}
}

/* Whatever is asked for: what suits comes first, and suits; nothing overflows. */
static void
test_any_demands(void)
{
	static const int64 rates[] = {1, 2, 999, 1000, 1001, 4096001, INT64CONST(1) << 31, MOST_IDS_PER_SECOND};
	static const int nodes[] = {1, 2, 1024, 1025, PG_INT32_MAX};
	static const int years[] = {1, 70, 1000, MOST_YEARS};
	bool		ordered = true;
	bool		enough = true;

	for (int i = 0; i < lengthof(rates) * lengthof(nodes) * lengthof(years); i++)
	{
		LayoutDemand demand = {
			rates[i % lengthof(rates)],
			nodes[i / lengthof(rates) % lengthof(nodes)],
			years[i / lengthof(rates) / lengthof(nodes)],
		};
		int			count;
		LayoutProposal *proposals = plan(demand.ids_per_second, demand.nodes, demand.years, &count);

		for (int k = 0; k < count; k++)
		{
			double		margin = layout_margin(&proposals[k].layout, &demand, NOW_US);

			ordered = ordered && (k == 0 || proposals[k].demands_missed >= proposals[k - 1].demands_missed);
			enough = enough && (margin >= 1) == (proposals[k].demands_missed == 0);
		}
		free(proposals);
	}
	check(ordered, "plan: any demands come in order");
	check(enough, "plan: the margin is at least 1 where a layout suits, for any demands");
}

static const LayoutProposal *
proposal_of(const char *name, const LayoutProposal *proposals, int count)
{
	for (int i = 0; i < count; i++)
		if (layout_equal(&proposals[i].layout, layout_by_name(name)))
			return &proposals[i];
	return NULL;
}

static void
test_shortfalls(void)
{
	int			count;
	LayoutProposal *proposals = plan(1000000, 100, 30, &count);
	const LayoutProposal *found;

	found = proposal_of("default", proposals, count);
	check(found->demands_missed == 0, "plan: default suits");
	found = proposal_of("js53", proposals, count);
	check(found->shortfalls.rate && found->shortfalls.nodes && !found->shortfalls.years,
		  "plan: js53 misses rate and nodes");
	found = proposal_of("baidu", proposals, count);
	check(found->shortfalls.years && found->shortfalls.run_out && !found->shortfalls.negative,
		  "plan: the time of baidu ran out");
	found = proposal_of("instagram", proposals, count);
	check(found->shortfalls.negative && !found->shortfalls.run_out && found->demands_missed == 1,
		  "plan: IDs of instagram turn negative");
	found = proposal_of("hybrid", proposals, count);
	check(found->shortfalls.no_date && found->shortfalls.years && !found->shortfalls.run_out,
		  "plan: the time of hybrid counts within a slab");
	free(proposals);
}

typedef struct Drawn
{
	const char *layout;
	uint64		id;
	const char *picture;
} Drawn;

static const Drawn drawn[] = {
	{"discord", UINT64CONST(175928847299117063),
		"63                                         21    16    11\n"
		"000000100111000100000110010110101100000100 00001 00000 000000000111\n"
		"|                                          |     |     sequence 7 (0 .. 4095)\n"
		"|                                          |     worker 0 (0 .. 31)\n"
		"|                                          datacenter 1 (0 .. 31)\n"
	"time 41944705796 x 1 ms since 2015-01-01: 2016-04-30 11:18:25.796 UTC"},
	{"seata", UINT64CONST(1),
		"63 62         52                                        11\n"
		"0  0000000000 00000000000000000000000000000000000000000 000000000001\n"
		"|  |          |                                         sequence 1 (0 .. 4095)\n"
		"|  |          time 0 x 1 ms since 2020-05-02 16:00:00: 2020-05-02 16:00:00 UTC\n"
		"|  worker 0 (0 .. 1023)\n"
	"sign"},
	{"hybrid", UINT64CONST(0xFFFFFFFF00010002),
		"63                               31               15\n"
		"11111111111111111111111111111111 0000000000000001 0000000000000010\n"
		"|                                |                sequence 2 (0 .. 65535)\n"
		"|                                time 1 x 1 s within the slab\n"
	"slab 4294967295 (0 .. 4294967295)"},
	{"js53", UINT64CONST(175928847299117063),
		"63          52                                        11    6\n"
		"00000010011 10001000001100101101011000001000000100000 00000 0000111\n"
		"|           |                                         |     sequence 7 (0 .. 127)\n"
		"|           |                                         worker 0 (0 .. 31)\n"
		"|           time 1169936879648 x 1 ms since 2020-01-01: 2057-01-26 22:27:59.648 UTC\n"
	"unused, which should be 0 but is 19"},
	{"time 43 bits of 1 s since 1970-01-01, sequence 20", (UINT64CONST(1) << 63) - 1,
		"63 62                                          19\n"
		"0  1111111111111111111111111111111111111111111 11111111111111111111\n"
		"|  |                                           sequence 1048575 (0 .. 1048575)\n"
		"|  time 8796093022207 x 1 s since 1970-01-01: 280707-02-04 04:50:07 UTC\n"
	"sign"},
	{"time 44 bits of 1 s since 1970-01-01, sequence 20", PG_UINT64_MAX - 1,
		"63                                           19\n"
		"11111111111111111111111111111111111111111111 11111111111111111110\n"
		"|                                            sequence 1048574 (0 .. 1048575)\n"
	"time 17592186044415 x 1 s since 1970-01-01: after the year 294246"},
	{"slab 1, unused 1, shard 1, unused 1, datacenter 1, unused 1, time 10 bits of 1 min since 1970-01-01, unused 1, worker 1, unused 1, sequence 1, unused 44",
		PG_UINT64_MAX,
		"63 62 61 60 59 58 57         47 46 45 44 43\n"
		"1  1  1  1  1  1  1111111111 1  1  1  1  11111111111111111111111111111111111111111111\n"
		"|  |  |  |  |  |  |          |  |  |  |  unused, which should be 0 but is 17592186044415\n"
		"|  |  |  |  |  |  |          |  |  |  sequence 1 (0 .. 1)\n"
		"|  |  |  |  |  |  |          |  |  unused, which should be 0 but is 1\n"
		"|  |  |  |  |  |  |          |  worker 1 (0 .. 1)\n"
		"|  |  |  |  |  |  |          unused, which should be 0 but is 1\n"
		"|  |  |  |  |  |  time 1023 x 1 min within the slab\n"
		"|  |  |  |  |  unused, which should be 0 but is 1\n"
		"|  |  |  |  datacenter 1 (0 .. 1)\n"
		"|  |  |  unused, which should be 0 but is 1\n"
		"|  |  shard 1 (0 .. 1)\n"
		"|  unused, which should be 0 but is 1\n"
	"slab 1 (0 .. 1)"},
};

static void
test_pictures(void)
{
	char		picture[LAYOUT_PICTURE_SIZE];
	bool		fits = true;

	for (int i = 0; i < lengthof(drawn); i++)
	{
		SnowflakeLayout layout = layout_of(drawn[i].layout);

		layout_draw_picture(&layout, drawn[i].id, picture, sizeof(picture));
		is_text(picture, drawn[i].picture, of("picture", drawn[i].layout));
	}
	for (int i = 0; i < layout_preset_count; i++)
	{
		layout_draw_picture(layout_by_preset_number(i), PG_UINT64_MAX, picture, sizeof(picture));
		fits = fits && strlen(picture) < LAYOUT_PICTURE_SIZE / 2;
	}
	check(fits, "picture: there is room for any");
}

int
main(void)
{
	test_rooms();
	test_time_left();
	test_published_ids();
	test_own_ids();
	test_same_numbers();
	test_candidates();
	test_any_bits();
	test_best_layouts();
	test_any_demands();
	test_shortfalls();
	test_pictures();
	return done_testing();
}
