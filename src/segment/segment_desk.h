/*-------------------------------------------------------------------------
 *
 * segment_desk.h
 *	  Where processes leave requests for ranges of roots elsewhere, and the agent
 *	  what it knows of these roots, in shared memory.
 *
 * The desk's lock guards all of its slots; it is held for copying only.  A slot is
 * of one place of a segment (see segment_memory.h), that is of one generation.  It
 * remains so, and what is known of the roots does, while something is wanted for it
 * or processes use it, for rounds (see segment_rounds.h); otherwise until it is the
 * one that was not used for longest, and another place needs one.  There are as many
 * as segments that are kept, if the server has reserved memory for them.
 *
 * A segment that comes back with another place, as its former one was needed for
 * others, finds there what was known of its roots: if one goes back meanwhile, that is
 * noticed.  After ALTER SEQUENCE, which gives the sequence another file, it begins anew.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_DESK_H
#define IDGEN_SEGMENT_DESK_H

#include "storage/lwlock.h"

#include "bits/circuit_breaker.h"
#include "bits/lease_operation.h"
#include "bits/root_watch.h"
#include "engine/agent_process.h"
#include "segment/segment_root.h"
#include "segment/segment_roots.h"

/* A root, as the agent has last seen it.  Times are monotonic, in ns. */
typedef struct SegmentRootState
{
	RootWatch	watch;
	uint64		revision;		/* of the last answer to a chunk; 0: unknown */
	int64		last;			/* number that was taken from it for a chunk,
								 * or PG_INT64_MIN ... */
	uint64		token;			/* ... and by what the root knows that take */
	CircuitBreaker breaker;
	char		error[LEASE_TAKE_ERROR_SIZE];	/* empty: it has given what
												 * was asked for */
} SegmentRootState;

typedef struct SegmentSlot
{
	SegmentPlace place;
	Oid			database;		/* of the segment, ... */
	Oid			sequence;
	Oid			file;			/* ... as in its entry */
	uint64		used;			/* desk->uses, when it was used last */
	pg_atomic_uint32 users;		/* processes that need it; incremented with
								 * the lock held, decremented without */
	SegmentRoots roots;
	int64		max;			/* of the sequence */
	uint64		first_step;		/* numbers of a chunk at first */
	bool		accepts_free;	/* numbers that were given back will do, if
								 * there are no others */

	/* What is requested. */
	uint32		requests;		/* counts them */
	bool		is_wanted;
	bool		is_early;
	uint64		least;
	uint64		most;
	int64		floor;			/* numbers must be above it */

	/* What the agent has found. */
	SegmentRootState states[SEGMENT_MOST_ROOTS];
	int			root;			/* the one that was used last ... */
	int64		root_since_ns;	/* ... since then */
	uint64		skipped;		/* numbers, as a root may have gone back */
} SegmentSlot;

typedef struct SegmentDesk
{
	LWLock		lock;
	AgentProcess process;
	int			capacity;
	int			count;			/* of slots that are in use, the first ones;
								 * it only grows */
	uint64		uses;			/* counts them */
	SegmentSlot slots[FLEXIBLE_ARRAY_MEMBER];
} SegmentDesk;

extern Size segment_desk_size(int segments);
extern void segment_desk_startup(int segments);
extern SegmentDesk *segment_desk(void);
extern int	segment_desk_count(void);
extern SegmentSlot *segment_desk_introduce(SegmentPlace place, const SegmentSequence *sequence);
extern void segment_desk_release(SegmentSlot *slot);
extern bool segment_desk_copy(SegmentPlace place, SegmentSlot *copy);
extern SegmentSlot *segment_desk_lock(SegmentPlace place);
extern bool segment_desk_are_siblings(const SegmentSlot *slot, const SegmentSlot *other);
extern void segment_desk_note_return(SegmentPlace place, int root, int64 first);
extern SegmentRootStatus segment_desk_take(const SegmentRequest *request, SegmentGrant *grant);
extern bool segment_root_is_other(const SegmentRootState *state, const LeaseTaken *taken, const LeaseAnswer *answer);
extern int64 segment_slot_skip(const SegmentSlot *slot);

#endif							/* IDGEN_SEGMENT_DESK_H */
