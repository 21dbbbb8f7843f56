/*-------------------------------------------------------------------------
 *
 * lease_operation.h
 *	  The operations of a coordination store, and its answers.
 *
 * For leases, lease_machine.c decides which to do.  A store can also be the
 * root of segments: it keeps counters, from which ranges of numbers are taken.
 * A provider does the operations (see lease_provider.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_OPERATION_H
#define IDGEN_LEASE_OPERATION_H

#include "bits/lease_record.h"

typedef enum LeaseOperationKind
{
	/* Create what the store needs before it can hold a pool, such as tables. */
	LEASE_PREPARE,

	/*
	 * Read the pool's record, and records and holds of all of its workers, at
	 * one time.
	 */
	LEASE_READ,

	/* If the pool's record is equal to pool, replace it with new_pool. */
	LEASE_WRITE_POOL,

	/*
	 * If the pool's record is equal to pool, the worker's to record, and the
	 * worker has no hold in the case of LEASE_HOLD_TAKE: replace the worker's
	 * record with new_record, and change its hold.
	 */
	LEASE_WRITE,

	/*
	 * If the worker's hold is hold_nonce, let it live for ttl_ms from now.
	 * The refusal tells the worker's hold and record.  A store that is gone
	 * or slow does no harm here.
	 */
	LEASE_KEEP,

	/*
	 * Take a range of numbers from each of some counters.  Each is taken or
	 * not on its own, and what was taken is never given to anybody else, even
	 * if nobody is told of it.  So this may be repeated without looking.
	 */
	LEASE_TAKE,

	/*
	 * Create a counter, unless it is there.  One that has vanished would
	 * begin anew, so LEASE_TAKE creates none.
	 */
	LEASE_MAKE_COUNTER,

	/*
	 * If nothing has been taken from a counter since the take that is named,
	 * let its next range begin where the return does: once at most.  So it
	 * must not be repeated if its outcome is LEASE_UNKNOWN.
	 */
	LEASE_RETURN,
} LeaseOperationKind;

/* How many kinds there are. */
#define LEASE_OPERATION_KINDS (LEASE_RETURN + 1)

/* The most counters of one LEASE_TAKE. */
#define LEASE_MOST_TAKES 16

/* A range that is wanted. */
typedef struct LeaseTake
{
	const char *counter;		/* no other take of the operation has this one */
	int64		count;			/* how many numbers; 1 .. */
	bool		is_strict;		/* they must be above all that had been taken
								 * anywhere before the take began */
	bool		is_free;		/* those that were given back will do, in any
								 * order; fewer than count, too ... */
	int64		least;			/* ... but not fewer than these */
	uint64		token;			/* a random number, not 0, which the counter
								 * keeps if it has none of its own */
} LeaseTake;

/* The last numbers of a take, which nobody has used. */
typedef struct LeaseReturn
{
	const char *counter;
	int64		first;
	int64		last;			/* of the take */
	uint64		token;			/* of the take; 0: it is not known */
	uint64		epoch;			/* as in LeaseTaken */
} LeaseReturn;

typedef enum LeaseHoldChange
{
	LEASE_HOLD_LEAVE,			/* leave it as it is, or its absence */
	LEASE_HOLD_TAKE,			/* there must be none; create it for ttl_ms */
	LEASE_HOLD_DROP,			/* delete it if it is hold_nonce */
} LeaseHoldChange;

typedef struct LeaseOperation
{
	LeaseOperationKind kind;
	int			worker;			/* LEASE_WRITE, LEASE_KEEP */
	const char *pool;			/* what the pool's record must be; NULL:
								 * absent */
	const char *new_pool;		/* LEASE_WRITE_POOL */
	const char *record;			/* what the worker's record must be; NULL:
								 * absent */
	const char *new_record;		/* LEASE_WRITE */
	LeaseHoldChange hold;		/* LEASE_WRITE */
	const char *hold_nonce;
	int			ttl_ms;
	LeaseTake	takes[LEASE_MOST_TAKES];	/* LEASE_TAKE */
	int			take_count;		/* 1 .. LEASE_MOST_TAKES */
	LeaseReturn returned;		/* LEASE_RETURN */
	const char *counter;		/* LEASE_MAKE_COUNTER: its name, a valid one */
	const char *counter_text;	/* ... and its record; see counter_record.h */
} LeaseOperation;

typedef enum LeaseOutcome
{
	LEASE_PENDING,				/* not complete yet */
	LEASE_APPLIED,				/* for LEASE_READ: read */
	LEASE_REFUSED,				/* a comparison failed, and nothing has
								 * changed, nor will */
	LEASE_UNKNOWN,				/* it may have been applied, or may be later */
	LEASE_UNREACHABLE,			/* it has not been applied, and will not be */
} LeaseOutcome;

/* What is stored of a worker. */
typedef struct LeaseWorker
{
	int			worker;
	bool		has_record;
	bool		is_held;
	char		record[LEASE_RECORD_SIZE];
	char		hold_nonce[LEASE_NONCE_SIZE];
} LeaseWorker;

/* Holds the error of a store, for people. */
#define LEASE_ERROR_SIZE 768

/* What became of a take. */
typedef enum LeaseTakeResult
{
	LEASE_NOT_TAKEN,			/* for the reason in error; or it is lost */
	LEASE_TAKEN,
	LEASE_NO_COUNTER,			/* there is no counter of that name */
	LEASE_EXHAUSTED,			/* there are not so many numbers left */
} LeaseTakeResult;

/* Holds the error of a take, for people. */
#define LEASE_TAKE_ERROR_SIZE 256

typedef struct LeaseTaken
{
	LeaseTakeResult result;
	int64		first;			/* LEASE_TAKEN: the least number of the range */
	uint64		identity;		/* of the counter, which is drawn when it is
								 * created; 0: unknown */
	uint64		token;			/* by which what is left can be given back; 0:
								 * it cannot */
	uint64		epoch;			/* of the root, by which what is left can get
								 * on its free list; 0: it cannot */
	bool		is_free;		/* the range had been given back before */
	int64		count;			/* is_free: numbers of the range */
	char		error[LEASE_TAKE_ERROR_SIZE];
} LeaseTaken;

/*
 * What a store answered.  LEASE_APPLIED after LEASE_READ: has_pool, pool,
 * workers and worker_count; after LEASE_TAKE, which is never refused: taken, in
 * the order of takes; after LEASE_RETURN: is_listed.
 * LEASE_REFUSED: has_pool and pool, and in found the worker of the operation,
 * all as they were when the comparison failed.
 * LEASE_UNKNOWN and LEASE_UNREACHABLE: error.  In all cases what is known of
 * the store.
 */
typedef struct LeaseAnswer
{
	bool		has_pool;
	char		pool[LEASE_POOL_SIZE];
	LeaseWorker found;
	LeaseWorker *workers;		/* in any order; belongs to the session, until
								 * its next operation */
	int			worker_count;
	LeaseTaken	taken[LEASE_MOST_TAKES];
	bool		is_listed;		/* what was returned waits for who takes it
								 * with is_free */

	/*
	 * Signs that the store may have lost data.  incarnation changes if the
	 * store has been set up anew, or restored, or has failed over to a member
	 * that may lack what was answered; 0: unknown.  revision never goes back
	 * as long as nothing is lost; 0: unknown.
	 */
	uint64		incarnation;
	uint64		revision;
	int64		store_clock_us; /* in us since 1970; 0: unknown */
	int64		store_clock_error_us;	/* how coarse that is */
	char		error[LEASE_ERROR_SIZE];
} LeaseAnswer;

#endif							/* IDGEN_LEASE_OPERATION_H */
