/*-------------------------------------------------------------------------
 *
 * round_gathering.c
 *	  How long a round is kept open for others to join it.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/round_gathering.h"

#define NS_PER_MS INT64CONST(1000000)

/* Which part of the time of a round is waited, and the longest. */
#define PART 10
#define LONGEST_NS (20 * NS_PER_MS)

/* What waits can be no shorter than; less is not waited. */
#define SHORTEST_NS NS_PER_MS

/*
 * The time until which the open round is kept open when so many callers (1 ..) wait
 * in it and in those under way; 0 if it can be closed now.
 */
int64
round_gathering_until(RoundGathering *gathering, int waiting, int64 now_ns)
{
	int64		wait_ns = Min(gathering->round_ns / PART, LONGEST_NS);

	if (waiting >= gathering->most || wait_ns < SHORTEST_NS)
		return 0;
	if (gathering->until_ns == 0)
		gathering->until_ns = now_ns + wait_ns;
	return now_ns < gathering->until_ns ? gathering->until_ns : 0;
}

/* A caller has joined, and so many wait now. */
void
round_gathering_join(RoundGathering *gathering, int waiting)
{
	gathering->most = Max(gathering->most, waiting);
}

/* The last caller has left the open round. */
void
round_gathering_leave(RoundGathering *gathering)
{
	gathering->until_ns = 0;
}

/* A round has been closed when so many waited.  That there have been more is forgotten by and by. */
void
round_gathering_close(RoundGathering *gathering, int waiting)
{
	gathering->until_ns = 0;
	gathering->most = Max(waiting, gathering->most - (gathering->most + 3) / 4);
}
