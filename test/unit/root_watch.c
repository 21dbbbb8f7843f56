/*-------------------------------------------------------------------------
 *
 * root_watch.c
 *	  Tests of root_watch.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/root_watch.h"

#include "tap.h"

#define OLD 1
#define NEW 2
#define THIRD 3
#define COUNTER 7
#define SKIP 1000

static void
test_unchanged(void)
{
	RootWatch	watch = {0};

	check(!root_watch_is_other(&watch, OLD, COUNTER), "the first answer of all is of no other root");
	is_number(root_watch_first(&watch, -5, PG_INT64_MIN), -5, "all that comes can be used, also below zero");
	root_watch_note(&watch, OLD, COUNTER, 20);
	root_watch_note(&watch, OLD, COUNTER, 10);
	is_number(watch.highest, 20, "answers come in any order");
	check(!root_watch_is_other(&watch, 0, 0), "what an answer does not say is no other");
	check(root_watch_is_other(&watch, NEW, COUNTER) && root_watch_is_other(&watch, OLD, COUNTER + 1),
		  "another store is, and another counter");
	is_number(root_watch_first(&watch, 21, 30), 31, "a number is above the floor");
	is_number(root_watch_missing(&watch), 0, "and none is missing");
}

/* Three takes are under way when the root is replaced; their answers come in any order. */
static void
test_takes_under_way(void)
{
	RootWatch	watch = {0};
	RootWatch	asked;

	root_watch_note(&watch, OLD, COUNTER, 1);
	asked = watch;
	check(root_watch_is_other(&watch, NEW, COUNTER), "one answer shows the change");
	root_watch_note_change(&watch, NEW, COUNTER, 3, 3, SKIP);
	is_number(root_watch_first(&watch, 3, 1), 3 + SKIP, "its number is skipped");
	is_number(root_watch_missing(&watch), SKIP - 1, "and so many are to come before one can be used");
	check(!root_watch_is_other(&watch, NEW, COUNTER) && !root_watch_is_late(&watch, &asked, NEW, COUNTER),
		  "the other answers show none");
	is_number(root_watch_first(&watch, 2, 1), 3 + SKIP, "but the number of a take before it is not used");
	is_number(root_watch_first(&watch, 4, 1), 3 + SKIP, "nor is that of one after it");
	root_watch_note(&watch, NEW, COUNTER, 2);
	root_watch_note(&watch, NEW, COUNTER, 4);
	is_number(root_watch_missing(&watch), SKIP - 2, "what they have taken need not be taken again");
	is_number(root_watch_first(&watch, 5 + SKIP, 1), 5 + SKIP, "what is above can be used");
}

/* An answer of the root before comes after one of the root as it is. */
static void
test_late(void)
{
	RootWatch	watch = {0};
	RootWatch	asked;

	root_watch_note(&watch, OLD, COUNTER, 1);
	asked = watch;
	root_watch_note_change(&watch, NEW, COUNTER, 2, 2, SKIP);
	check(root_watch_is_late(&watch, &asked, OLD, COUNTER), "an answer of the root before is late");
	check(root_watch_is_late(&watch, &asked, THIRD, COUNTER), "as is one of a third root, that was asked before the change");
	asked = watch;
	check(!root_watch_is_late(&watch, &asked, OLD, COUNTER) && root_watch_is_other(&watch, OLD, COUNTER),
		  "but what is asked after the change shows another one");
	root_watch_note_change(&watch, OLD, COUNTER, 50, 50, SKIP);
	is_number(watch.least, 50 + SKIP, "from which so many are skipped, too");
	root_watch_note_change(&watch, THIRD, COUNTER, 10, 10, SKIP);
	is_number(watch.least, 50 + SKIP, "and what was not used before is not used later");
	is_number(root_watch_missing(&watch), 40 + SKIP - 1, "however far back the root goes");
	memset(&watch, 0, sizeof(watch));
	check(root_watch_is_late(&watch, &asked, NEW, COUNTER), "if what was known is forgotten, an answer is late");
}

static void
test_bounds(void)
{
	RootWatch	watch = {0};

	root_watch_note(&watch, OLD, COUNTER, PG_INT64_MIN);
	root_watch_note_change(&watch, NEW, COUNTER, PG_INT64_MAX - 1, PG_INT64_MAX - 1, SKIP);
	is_number(watch.least, PG_INT64_MAX, "numbers end");
	is_number(root_watch_first(&watch, 1, PG_INT64_MAX), PG_INT64_MAX, "also above the last of all");
	root_watch_note_change(&watch, THIRD, COUNTER, PG_INT64_MIN, PG_INT64_MIN, 0);
	check(root_watch_missing(&watch) == PG_UINT64_MAX - 1, "and more than half of all may be missing");
}

int
main(void)
{
	test_unchanged();
	test_takes_under_way();
	test_late();
	test_bounds();
	return done_testing();
}
