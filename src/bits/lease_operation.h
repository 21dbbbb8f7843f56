/*-------------------------------------------------------------------------
 *
 * lease_operation.h
 *	  The operations of a coordination store, and its answers.
 *
 * lease_machine.c decides which to do; a provider does them (see
 * lease_provider.h).
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
} LeaseOperationKind;

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

/*
 * What a store answered.  LEASE_APPLIED after LEASE_READ: has_pool, pool,
 * workers and worker_count.  LEASE_REFUSED: has_pool and pool, and in found the
 * worker of the operation, all as they were when the comparison failed.
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
