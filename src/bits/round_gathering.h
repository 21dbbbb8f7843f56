/*-------------------------------------------------------------------------
 *
 * round_gathering.h
 *	  How long a round is kept open for others to join it.
 *
 * Callers whom one round has served call again at about the same time.  If the
 * first of them had a round of its own, the others would wait until that is over,
 * and all would take twice as long as a round does.  So a round is kept open for a
 * tenth of that, unless as many wait, in it or in one under way, as have of late.  A
 * caller who has been alone does not wait.
 *
 * Times are in ns, by a clock that does not go back.  No fmgr, no shared memory,
 * no allocation, no errors raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ROUND_GATHERING_H
#define IDGEN_ROUND_GATHERING_H

/* All zero: nothing is known. */
typedef struct RoundGathering
{
	int			most;			/* callers that have waited at once of late */
	int64		round_ns;		/* how long the last took */
	int64		until_ns;		/* the present one is kept open; 0: nobody has
								 * joined it */
} RoundGathering;

extern int64 round_gathering_until(RoundGathering *gathering, int waiting, int64 now_ns);
extern void round_gathering_close(RoundGathering *gathering, int waiting);
extern void round_gathering_join(RoundGathering *gathering, int waiting);
extern void round_gathering_leave(RoundGathering *gathering);

static inline void
round_gathering_note_time(RoundGathering *gathering, int64 round_ns)
{
	gathering->round_ns = round_ns;
}

#endif							/* IDGEN_ROUND_GATHERING_H */
