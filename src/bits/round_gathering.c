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
 * The time until which the round is kept open that so many members (1 ..) have
 * joined; 0 if it can be closed now.
 */
int64
round_gathering_until(RoundGathering *gathering, int members, int64 now_ns)
{
	int64		wait_ns = Min(gathering->round_ns / PART, LONGEST_NS);

	if (members >= gathering->largest || wait_ns < SHORTEST_NS)
		return 0;
	if (gathering->until_ns == 0)
		gathering->until_ns = now_ns + wait_ns;
	return now_ns < gathering->until_ns ? gathering->until_ns : 0;
}

/* A round has been closed with so many members.  A larger one is forgotten by and by. */
void
round_gathering_close(RoundGathering *gathering, int members)
{
	gathering->until_ns = 0;
	gathering->largest = Max(members, gathering->largest - (gathering->largest + 3) / 4);
}
