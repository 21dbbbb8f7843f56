/*-------------------------------------------------------------------------
 *
 * segment_rounds.h
 *	  Rounds in which processes that wait for numbers of a root are served
 *	  together.
 *
 * A process joins the open round of a segment.  Whoever serves it closes it, and
 * only then takes numbers from the root: so they are above all that had been taken
 * when any of the processes joined.  Meanwhile the next round is open.
 *
 * The mutex of a segment's rounds guards all of them, and users, place, is_remote and
 * leader; place changes only while there are no users, with the table's lock held, too.
 *
 * Rounds are in a ring.  One whose numbers are being taken keeps its place there.  One
 * that is over keeps it until each process that joined it has left, but not for longer
 * than a while: a process that is stopped must not stop the others.  A process that finds
 * another round in the place of its own, by the number of the round, does not know its
 * numbers: they are lost, and it joins again.  So no number is returned twice: those of a
 * round are given to it once, by whoever has closed it; each member has its own offset in
 * them; and a member reads the first of them, with the mutex held, only of the round that
 * it has joined, whose number no other round of the slot ever has.
 *
 * If there are not as many numbers as the members of a round want together, each of
 * them asks again alone, so that who wants few gets them, and who is refused is told
 * of his own number.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_ROUNDS_H
#define IDGEN_SEGMENT_ROUNDS_H

#include "storage/condition_variable.h"
#include "storage/spin.h"

#include "bits/lease_operation.h"
#include "bits/round_gathering.h"
#include "segment/segment_root.h"

typedef enum SegmentRoundState
{
	SEGMENT_ROUND_OPEN,
	SEGMENT_ROUND_CLOSED,		/* its numbers are being taken */
	SEGMENT_ROUND_DONE,
	SEGMENT_ROUND_FAILED,
	SEGMENT_ROUND_LOST,			/* we were late, and another round has its
								 * place */
	SEGMENT_ROUND_REFUSED,		/* there are not so many numbers: members may
								 * get theirs alone */
} SegmentRoundState;

typedef struct SegmentRound
{
	uint64		number;
	SegmentRoundState state;	/* never SEGMENT_ROUND_LOST */
	int			members;		/* that have joined and not left */
	uint64		count;			/* numbers that they want */
	int64		first;			/* DONE: the first of them */
	int64		closed_ns;		/* monotonic: when it was closed ... */
	int64		ended_ns;		/* ... and when it was over */
	bool		is_single;		/* nobody else may join */
	char		error[LEASE_TAKE_ERROR_SIZE];	/* FAILED: why */
} SegmentRound;

/* Rounds of one segment: the open one, those under way, and those that processes have yet to leave. */
#define SEGMENT_MOST_ROUNDS 8

typedef struct SegmentRounds
{
	slock_t		mutex;
	SegmentPlace place;			/* generation 0: not in use */
	bool		is_remote;		/* the agent serves them */
	int			users;			/* members of all rounds */
	int			leader;			/* PID of the member that serves a round; 0:
								 * none, or the agent does */
	uint64		open;			/* number of the open round, which only grows;
								 * its place in rounds is the rest */
	SegmentRound rounds[SEGMENT_MOST_ROUNDS];
	RoundGathering gathering;	/* of rounds that the agent serves */
	int64		single_until_ns;	/* monotonic: the next round is for who
									 * wants to be alone in it */
	ConditionVariable changed;
} SegmentRounds;

/* What has become of a wish to join a round. */
typedef enum SegmentJoin
{
	SEGMENT_JOIN_DONE,
	SEGMENT_JOIN_NO_SLOT,		/* too many segments have rounds */
	SEGMENT_JOIN_FULL,			/* the round has as many numbers as can be
								 * taken at once, or somebody wants to be
								 * alone */
} SegmentJoin;

/* A process in a round. */
typedef struct SegmentMember
{
	SegmentRounds *rounds;
	uint64		round;
	uint64		offset;			/* of its numbers in those of the round */
} SegmentMember;

/* What has become of a round. */
typedef struct SegmentRoundEnd
{
	SegmentRoundState state;
	int64		first;			/* DONE: the first number */
	uint64		count;			/* that all members wanted */
	char		error[LEASE_TAKE_ERROR_SIZE];	/* FAILED: why */
} SegmentRoundEnd;

extern Size segment_rounds_size(int segments);
extern void segment_rounds_startup(int segments);
extern SegmentJoin segment_rounds_join(SegmentPlace place, bool is_remote, uint64 count, bool is_single,
									   SegmentMember *member);
extern bool segment_rounds_leave(const SegmentMember *member);
extern SegmentRoundState segment_rounds_look(const SegmentMember *member, SegmentRoundEnd *end);
extern bool segment_rounds_close(SegmentRounds *rounds, SegmentPlace *place, uint64 *round, uint64 *count);
extern void segment_rounds_end(SegmentRounds *rounds, SegmentPlace place, uint64 round, const int64 *first,
							   const char *error);
extern void segment_rounds_refuse(SegmentRounds *rounds, SegmentPlace place, uint64 number, const char *error);
extern bool segment_rounds_lead(const SegmentMember *member, int64 *until_ns);
extern void segment_rounds_end_leading(SegmentRounds *rounds);
extern bool segment_rounds_are_wanted(SegmentRounds *rounds, SegmentPlace *place);
extern int64 segment_rounds_open_until(SegmentRounds *rounds);
extern void segment_rounds_fail_closed(const char *error);
extern int	segment_rounds_capacity(void);
extern SegmentRounds *segment_rounds_get(int number);

#endif							/* IDGEN_SEGMENT_ROUNDS_H */
