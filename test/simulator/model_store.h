/*-------------------------------------------------------------------------
 *
 * model_store.h
 *	  A coordination store as lease_operation.h describes it, in memory.
 *
 * It is linearizable, because each operation is a call of a function.  For tests of
 * what relies on a store; messages, and what befalls them, are theirs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_MODEL_STORE_H
#define IDGEN_MODEL_STORE_H

#include "bits/lease_operation.h"

typedef struct ModelWorker
{
	bool		has_record;
	char		record[LEASE_RECORD_SIZE];
	char		hold_nonce[LEASE_NONCE_SIZE];
	int64		hold_until_us;	/* 0: there is no hold */
} ModelWorker;

typedef struct ModelStore
{
	bool		has_pool;
	char		pool[LEASE_POOL_SIZE];
	int			first_worker;	/* of those that there is room for */
	int			worker_count;
	ModelWorker *workers;
	uint64		revision;		/* counts changes */
	uint64		incarnation;
	bool		tells_revision; /* in its answers */
	bool		tells_incarnation;
	int64		clock_us;		/* what its answers say; 0: nothing */
	int64		writes;			/* changes of records and pools, over all ... */
	int64		keeps;			/* ... and of holds alone */
} ModelStore;

/* Are two texts the same, where NULL stands for none? */
static inline bool
model_same(const char *expected, bool has_text, const char *text)
{
	return expected == NULL ? !has_text : has_text && strcmp(expected, text) == 0;
}

static inline bool
model_is_held(const ModelWorker *worker, int64 now_us)
{
	return worker->hold_until_us > now_us;
}

static inline void
model_tell_worker(const ModelStore *store, int number, int64 now_us, LeaseWorker *told)
{
	const ModelWorker *worker = &store->workers[number - store->first_worker];

	memset(told, 0, sizeof(LeaseWorker));
	told->worker = number;
	told->has_record = worker->has_record;
	told->is_held = model_is_held(worker, now_us);
	strlcpy(told->record, worker->record, LEASE_RECORD_SIZE);
	if (told->is_held)
		strlcpy(told->hold_nonce, worker->hold_nonce, LEASE_NONCE_SIZE);
}

/* Read all workers of which anything is stored, into the answer's workers, which have room for all. */
static inline void
model_read(const ModelStore *store, int64 now_us, LeaseAnswer *answer)
{
	answer->worker_count = 0;
	for (int i = 0; i < store->worker_count; i++)
		if (store->workers[i].has_record || model_is_held(&store->workers[i], now_us))
			model_tell_worker(store, store->first_worker + i, now_us, &answer->workers[answer->worker_count++]);
}

static inline void
model_change_hold(ModelWorker *worker, const LeaseOperation *operation, int64 now_us)
{
	switch (operation->hold)
	{
		case LEASE_HOLD_LEAVE:
			break;
		case LEASE_HOLD_TAKE:
			strlcpy(worker->hold_nonce, operation->hold_nonce, LEASE_NONCE_SIZE);
			worker->hold_until_us = now_us + operation->ttl_ms * US_PER_MS;
			break;
		case LEASE_HOLD_DROP:
			if (strcmp(worker->hold_nonce, operation->hold_nonce) == 0)
				worker->hold_until_us = 0;
			break;
	}
}

static inline bool
model_write(ModelStore *store, const LeaseOperation *operation, int64 now_us)
{
	ModelWorker *worker = &store->workers[operation->worker - store->first_worker];

	if (!model_same(operation->pool, store->has_pool, store->pool) ||
		!model_same(operation->record, worker->has_record, worker->record) ||
		(operation->hold == LEASE_HOLD_TAKE && model_is_held(worker, now_us)))
		return false;
	worker->has_record = true;
	strlcpy(worker->record, operation->new_record, LEASE_RECORD_SIZE);
	model_change_hold(worker, operation, now_us);
	return true;
}

static inline bool
model_keep(ModelStore *store, const LeaseOperation *operation, int64 now_us)
{
	ModelWorker *worker = &store->workers[operation->worker - store->first_worker];

	if (!model_is_held(worker, now_us) || strcmp(worker->hold_nonce, operation->hold_nonce) != 0)
		return false;
	worker->hold_until_us = now_us + operation->ttl_ms * US_PER_MS;
	return true;
}

static inline bool
model_write_pool(ModelStore *store, const LeaseOperation *operation)
{
	if (!model_same(operation->pool, store->has_pool, store->pool))
		return false;
	store->has_pool = true;
	strlcpy(store->pool, operation->new_pool, LEASE_POOL_SIZE);
	return true;
}

/* Does the operation name a worker?  Then its answers tell what is stored of it. */
static inline bool
model_names_worker(LeaseOperationKind kind)
{
	return kind == LEASE_WRITE || kind == LEASE_KEEP;
}

/* Do an operation.  For LEASE_READ, the answer's workers have room for all. */
static inline LeaseOutcome
model_store_do(ModelStore *store, const LeaseOperation *operation, int64 now_us, LeaseAnswer *answer)
{
	bool		applied = true;

	if (operation->kind == LEASE_READ)
		model_read(store, now_us, answer);
	else if (operation->kind == LEASE_WRITE)
		applied = model_write(store, operation, now_us);
	else if (operation->kind == LEASE_KEEP)
		applied = model_keep(store, operation, now_us);
	else if (operation->kind == LEASE_WRITE_POOL)
		applied = model_write_pool(store, operation);
	if (applied && operation->kind != LEASE_READ)
	{
		store->revision++;
		if (operation->kind == LEASE_KEEP)
			store->keeps++;
		else
			store->writes++;
	}
	if (model_names_worker(operation->kind))
		model_tell_worker(store, operation->worker, now_us, &answer->found);
	answer->has_pool = store->has_pool;
	strlcpy(answer->pool, store->pool, LEASE_POOL_SIZE);
	answer->revision = store->tells_revision ? store->revision : 0;
	answer->incarnation = store->tells_incarnation ? store->incarnation : 0;
	answer->store_clock_us = store->clock_us;
	return applied ? LEASE_APPLIED : LEASE_REFUSED;
}

#endif							/* IDGEN_MODEL_STORE_H */
