/*-------------------------------------------------------------------------
 *
 * lease_pool.h
 *	  Reading and changing the pool of worker IDs, on behalf of an administrator.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_POOL_H
#define IDGEN_LEASE_POOL_H

#include "bits/lease_operation.h"

/* What the store has: texts and the pool that they say.  Workers are in the current memory context. */
typedef struct LeasePoolState
{
	bool		exists;
	LeasePool	pool;
	LeaseAnswer answer;
} LeasePoolState;

/*
 * Changes a pool, or raises an error if that is not allowed.  pool is the
 * present one, or all zero.
 */
typedef void (*LeasePoolChange) (const LeasePoolState *state, LeasePool *pool, void *argument);

extern void lease_pool_look(LeasePoolState *state);
extern void lease_pool_change(LeasePoolChange change, void *argument);

#endif							/* IDGEN_LEASE_POOL_H */
