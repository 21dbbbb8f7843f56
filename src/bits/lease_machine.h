/*-------------------------------------------------------------------------
 *
 * lease_machine.h
 *	  How a server comes to hold a worker ID, keeps it and gives it up.
 *
 * The machine asks for operations of a coordination store, one at a time, and
 * is told the answers.  It knows no clock, no store and no memory but its own:
 * times, random bits and wishes are given to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_MACHINE_H
#define IDGEN_LEASE_MACHINE_H

#include "bits/lease_needs.h"
#include "bits/lease_operation.h"

/* The operation under way. */
typedef enum LeaseStep
{
	LEASE_AT_REST,
	LEASE_READING,				/* to choose a worker ID */
	LEASE_CLAIMING,
	LEASE_CHECKING,				/* reading, because it is not known whether a
								 * claim was applied */
	LEASE_EXTENDING,
	LEASE_KEEPING,
	LEASE_ATTACHING,			/* taking the hold again, after it has expired */
	LEASE_RELEASING,
	LEASE_DOUBTING,				/* raising the floor of the pool */
} LeaseStep;

/* Why the last operation did not lead to what is wanted. */
typedef enum LeaseProblem
{
	LEASE_NO_PROBLEM,
	LEASE_STORE_FAILED,			/* the answer says why */
	LEASE_NO_POOL,				/* the store has no such pool */
	LEASE_POOL_UNREADABLE,		/* the pool's record has another format */
	LEASE_OTHER_LAYOUT,			/* than the pool's */
	LEASE_OTHER_DATACENTER,
	LEASE_CLOCK_SKEW,			/* problem_us is the store's clock */
	LEASE_NONE_FREE,			/* all worker IDs are held */
	LEASE_ALL_REST,				/* free ones rest; problem_us is the time when
								 * the first one can be claimed */
	LEASE_TAKEN_OVER,			/* another server has claimed our worker ID */
	LEASE_STORE_WENT_BACK,		/* the store has lost data */
	LEASE_OUT_OF_RANGE,			/* the pool no longer has our worker ID */
} LeaseProblem;

typedef struct LeaseMachine
{
	/* The worker ID that is held. */
	bool		is_held;
	bool		is_attached;	/* we have its hold, as far as we know */
	int			worker;
	int64		start_us;		/* its IDs begin here */
	int64		claim_fence_us; /* the fence that the claim found */
	LeaseRecord record;			/* as confirmed by the store; its fence may be
								 * relied on ... */
	char		record_text[LEASE_RECORD_SIZE]; /* ... and its text is what
												 * the next change compares */

	/* The pool, as last read. */
	bool		has_pool;
	LeasePool	pool;
	char		pool_text[LEASE_POOL_SIZE];
	bool		is_in_doubt;	/* the store may have lost data, and the pool
								 * does not say so yet */
	uint64		incarnation;	/* of the store, when it answered last; 0:
								 * unknown */
	uint64		revision;		/* the highest seen; 0: unknown */

	/* The operation under way. */
	LeaseStep	step;
	int			claim_worker;
	LeaseRecord new_record;
	char		old_text[LEASE_RECORD_SIZE];	/* a claim compares this,
												 * unless it is empty */
	char		new_text[LEASE_RECORD_SIZE];
	LeasePool	new_pool;
	char		new_pool_text[LEASE_POOL_SIZE];

	bool		has_choice;		/* claim_worker, old_text and new_record are
								 * the next claim */
	LeaseProblem problem;
	int64		problem_us;
	int64		skew_us;		/* the store's clock less ours, when last
								 * known */
	int64		claims;			/* that were applied */
	int64		failures;		/* operations in a row that the store did not
								 * answer */
} LeaseMachine;

extern bool lease_machine_next(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs,
							   LeaseOperation *operation);
extern void lease_machine_answer(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs,
								 LeaseOutcome outcome, const LeaseAnswer *answer);

#endif							/* IDGEN_LEASE_MACHINE_H */
