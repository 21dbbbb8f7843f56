/*-------------------------------------------------------------------------
 *
 * guesses.c
 *	  How often the first guess at a published ID is right, in TAP; docs/planning.md
 *	  states it.
 *
 * published_ids.csv has a line for each ID: its format, the ID, when it was created,
 * where the source says so, and the source.  The formats are those that the sources
 * name, or whose IDs they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/layout_capacity.h"
#include "bits/layout_guess.h"
#include "bits/layout_text.h"

#include "tap.h"

#define PUBLISHED "test/unit/published_ids.csv"
#define STATED "docs/planning.md"

/* 2026-11-21 12:00 UTC: the guesses are of that moment, whenever they are made. */
#define NOW_US (INT64CONST(1795262400) * US_PER_S)

#define LONGEST_LINE 300

typedef struct Tally
{
	int			ids;
	int			first;			/* right at the first guess */
	int			in_three;		/* among the first three */
	int			formats;
	char		last_format[LONGEST_LINE];
} Tally;

/* How a candidate's layout dates an ID must be what the source says, to the second, and one for rounding. */
static void
check_date(const char *format, uint64 id, const char *created)
{
	const SnowflakeLayout *layout = layout_by_name(format);
	char		str[LONGEST_LINE];
	SnowflakeLayout since;
	LayoutProblem problem;
	int64		at_us = 0;

	if (*created == '\0')
		return;
	snprintf(str, sizeof(str), "time 40 bits of 1 s since %s, sequence 23", created);
	if (!layout_read(str, &since, &problem) || !layout_try_tick_start_us(layout, layout_get(layout, LAYOUT_TIME, id), &at_us))
		printf("Bail out! %s: %s\n", created, problem.detail);
	check(llabs(at_us / US_PER_S - since.epoch_ticks) <= 1, of("the published time", created));
}

/* The place of a format among the candidates, from 1. */
static int
place_of(const char *format, const LayoutCandidate *candidates, int count)
{
	for (int i = 0; i < count; i++)
		if (candidates[i].preset != NULL && strcmp(candidates[i].preset->name, format) == 0)
			return i + 1;
	return count;
}

static void
tally(Tally *tally, const char *format, uint64 id)
{
	OwnLayout	own = {layout_default};
	LayoutCandidate *candidates = malloc(LAYOUT_CANDIDATES(1) * sizeof(LayoutCandidate));
	int			count = layout_guess(id, &own, 1, NOW_US, candidates);
	int			place = place_of(format, candidates, count);

	tally->ids++;
	tally->first += place == 1;
	tally->in_three += place <= 3;
	if (strcmp(tally->last_format, format) != 0)
		tally->formats++;
	snprintf(tally->last_format, sizeof(tally->last_format), "%s", format);
	if (place > 1)
		printf("# %s %llu: %.0f %% %s, and itself %.0f %%\n", format, (unsigned long long) id,
			   candidates[0].chance * 100, candidates[0].preset != NULL ? candidates[0].preset->name : "-",
			   candidates[place - 1].chance * 100);
	free(candidates);
}

static Tally
tally_published(void)
{
	Tally		all = {0};
	FILE	   *file = fopen(PUBLISHED, "r");
	char		line[LONGEST_LINE];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
	{
		char	   *rest = line;
		char	   *format = strsep(&rest, ",");
		char	   *id = strsep(&rest, ",");
		char	   *created = strsep(&rest, ",");

		if (created == NULL || layout_by_name(format) == NULL)
			printf("Bail out! %s: no such format\n", line);
		check_date(format, strtou64(id, NULL, 10), created);
		tally(&all, format, strtou64(id, NULL, 10));
	}
	if (file != NULL)
		fclose(file);
	return all;
}

static bool
is_stated(const char *statement)
{
	FILE	   *file = fopen(STATED, "r");
	char		line[4 * LONGEST_LINE];
	bool		found = false;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		found = found || strstr(line, statement) != NULL;
	if (file != NULL)
		fclose(file);
	return found;
}

/* IDs of every preset at every tenth of its time until now: none is all but certain where epochs differ. */
static void
test_certainty(void)
{
	LayoutCandidate *candidates = malloc(LAYOUT_CANDIDATES(1) * sizeof(LayoutCandidate));
	double		highest = 0;

	for (int i = 0; i < layout_preset_count * 10; i++)
	{
		OwnLayout	own = {*layout_by_preset_number(i / 10)};
		int64		start_us = layout_tick_start_us(&own.layout, 0);
		int64		at_us = start_us + (NOW_US - start_us) / 10 * (i % 10 + 1) - US_PER_S;
		uint64		id = layout_put(&own.layout, LAYOUT_TIME, layout_tick_at_us(&own.layout, at_us));
		bool		is_alone = true;

		for (int k = 0; k < layout_preset_count; k++)
			is_alone = is_alone && (k == i / 10 || layout_by_preset_number(k)->tick_us != own.layout.tick_us ||
									memcmp(layout_by_preset_number(k)->bits, own.layout.bits, sizeof(own.layout.bits)) != 0 ||
									memcmp(layout_by_preset_number(k)->shift, own.layout.shift, sizeof(own.layout.shift)) != 0);
		(void) layout_guess(id, &own, i % 2, NOW_US, candidates);
		if (!is_alone && candidates[0].layout != NULL && layout_equal(candidates[0].layout, &own.layout))
			highest = Max(highest, candidates[0].chance);
	}
	printf("# at most %.3f\n", highest);
	check(highest > 0.5 && highest <= 0.9, "never above 90 % where presets differ in the epoch alone");
	free(candidates);
}

int
main(void)
{
	Tally		all = tally_published();
	char		statement[LONGEST_LINE];

	check(all.ids >= 60, "there are 60 published IDs and more");
	snprintf(statement, sizeof(statement),
			 "Of %d published IDs of %d formats, the first guess is right for %d %%, and one of the first three for %d %%.",
			 all.ids, all.formats, all.first * 100 / all.ids, all.in_three * 100 / all.ids);
	printf("# %s\n", statement);
	check(is_stated(statement), "the documentation states how many guesses are right");
	test_certainty();
	return done_testing();
}
