/*-------------------------------------------------------------------------
 *
 * round_gathering.c
 *	  Tests of round_gathering.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/round_gathering.h"

#include "tap.h"

#define MS_NS INT64CONST(1000000)

static void
test_alone(void)
{
	RoundGathering gathering = {0};

	check(round_gathering_until(&gathering, 1, 5) == 0, "the first caller of all does not wait");
	for (int i = 0; i < 10; i++)
	{
		round_gathering_close(&gathering, 1);
		round_gathering_note_time(&gathering, 100 * MS_NS);
		check(round_gathering_until(&gathering, 1, i * 200 * MS_NS) == 0, "nor does one who has always been alone");
	}
}

static void
test_together(void)
{
	RoundGathering gathering = {0};
	int64		now = 1000 * MS_NS;

	round_gathering_close(&gathering, 64);
	round_gathering_note_time(&gathering, 100 * MS_NS);
	check(round_gathering_until(&gathering, 1, now) == now + 10 * MS_NS, "the first of many waits for a tenth of a round");
	check(round_gathering_until(&gathering, 40, now + 5 * MS_NS) == now + 10 * MS_NS, "from when the round could have begun");
	check(round_gathering_until(&gathering, 64, now + 6 * MS_NS) == 0, "when all have come, nobody waits");
	check(round_gathering_until(&gathering, 40, now + 10 * MS_NS) == 0, "nor when the time is over");
	round_gathering_close(&gathering, 40);
	check(round_gathering_until(&gathering, 1, now + 20 * MS_NS) == now + 30 * MS_NS, "the next round has a time of its own");
}

static void
test_fewer(void)
{
	RoundGathering gathering = {
		.most = 1024,
		.round_ns = 100 * MS_NS,
	};
	int			rounds = 0;

	while (round_gathering_until(&gathering, 1, 1) != 0)
	{
		round_gathering_close(&gathering, 1);
		rounds++;
	}
	check(rounds > 10 && rounds < 30, "who is alone after a thousand soon does not wait any more");
	check(gathering.most == 1, "and is as one who always was");
}

/* Two groups that come by turns: they are to be served together. */
static void
test_groups(void)
{
	RoundGathering gathering = {.round_ns = 100 * MS_NS};

	round_gathering_join(&gathering, 32);
	round_gathering_close(&gathering, 32);
	round_gathering_join(&gathering, 64);
	check(round_gathering_until(&gathering, 32, 1) == 1 + 10 * MS_NS, "one group waits for another, whose round has ended");
	round_gathering_leave(&gathering);
	check(round_gathering_until(&gathering, 1, 20 * MS_NS) == 30 * MS_NS, "who joins when all have left has the whole time");
}

static void
test_times(void)
{
	RoundGathering gathering = {
		.most = 64,
		.round_ns = 9 * MS_NS,
	};

	check(round_gathering_until(&gathering, 1, 1) == 0, "what is shorter than a millisecond is not waited");
	gathering.round_ns = 10000 * MS_NS;
	check(round_gathering_until(&gathering, 1, 1) == 1 + 20 * MS_NS, "nor is more than 20");
}

int
main(void)
{
	test_alone();
	test_together();
	test_fewer();
	test_groups();
	test_times();
	return done_testing();
}
