/*-------------------------------------------------------------------------
 *
 * lease_pool.c
 *	  Reading and changing the pool of worker IDs, on behalf of an administrator.
 *
 * The session's own process talks to the store here, with a session of its own:
 * so errors reach the administrator, and the agent is not kept from extending
 * the lease.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "engine/lease_limit.h"
#include "lease/lease_pool.h"
#include "lease/lease_store.h"

static bool
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
	return false;
}

/* ERROR CONNECTION_FAILURE if the store did not answer. */
static void
check_answered(LeaseOutcome outcome, const LeaseAnswer *answer)
{
	if (outcome == LEASE_UNKNOWN)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("coordination store has not confirmed the change"),
				errdetail("%s", answer->error),
				errhint("The change may have been made. See idgen_lease_workers()."));
	if (outcome == LEASE_UNREACHABLE)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("could not reach the coordination store"),
				errdetail("%s", answer->error));
}

/* Read the pool.  Errors: CONNECTION_FAILURE; OBJECT_NOT_IN_PREREQUISITE_STATE if its record has another version. */
static void
read_pool(LeaseStore *store, LeasePoolState *state)
{
	LeaseOperation operation = {.kind = LEASE_READ};
	LeaseOutcome outcome = lease_store_do(store, &operation, &state->answer, check_interrupts);

	if (outcome == LEASE_UNKNOWN)
		outcome = LEASE_UNREACHABLE;
	check_answered(outcome, &state->answer);
	state->exists = state->answer.has_pool;
	memset(&state->pool, 0, sizeof(LeasePool));
	if (state->exists && !lease_pool_read(state->answer.pool, &state->pool))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("record of pool \"%s\" was written by another version of idgen", lease_pool.str),
				errdetail("The record is \"%s\".", state->answer.pool));
}

/* Keep what belongs to the session. */
static void
copy_workers(LeasePoolState *state)
{
	Size		size = state->answer.worker_count * sizeof(LeaseWorker);
	LeaseWorker *workers = palloc(Max(size, 1));

	if (size > 0)
		memcpy(workers, state->answer.workers, size);
	state->answer.workers = workers;
}

static void
prepare_store(LeaseStore *store, LeaseAnswer *answer)
{
	LeaseOperation operation = {.kind = LEASE_PREPARE};

	check_answered(lease_store_do(store, &operation, answer, check_interrupts), answer);
}

/* Write the pool, if it is still as in state; returns whether it was. */
static bool
write_pool(LeaseStore *store, LeasePoolState *state, const LeasePool *pool)
{
	char		old_text[LEASE_POOL_SIZE];
	char		new_text[LEASE_POOL_SIZE];
	LeaseOperation operation = {
		.kind = LEASE_WRITE_POOL,
		.pool = state->exists ? old_text : NULL,
		.new_pool = new_text,
	};
	LeaseOutcome outcome;

	strlcpy(old_text, state->answer.pool, sizeof(old_text));
	lease_pool_write(pool, new_text);
	outcome = lease_store_do(store, &operation, &state->answer, check_interrupts);
	check_answered(outcome, &state->answer);
	return outcome == LEASE_APPLIED;
}

static void
change_in_session(LeaseStore *store, LeasePoolState *state, LeasePoolChange change, void *argument)
{
	LeasePool	pool;

	prepare_store(store, &state->answer);
	do
	{
		read_pool(store, state);
		pool = state->pool;
		change(state, &pool, argument);
	} while (!write_pool(store, state, &pool));
}

/* ERROR OBJECT_NOT_IN_PREREQUISITE_STATE unless worker IDs are leased. */
static void
check_configured(void)
{
	lease_store_check();
	if (!lease_is_configured())
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no coordination store is configured"),
				errhint("Set \"idgen.lease_store\" in postgresql.conf or with ALTER SYSTEM, and reload the configuration."));
}

/* Read, and change unless change is NULL.  The session ends in any case. */
static void
with_session(LeasePoolState *state, LeasePoolChange change, void *argument)
{
	LeaseStore *store;

	check_configured();
	store = lease_store_open(LEASE_LONGEST_TIMEOUT_MS);
	PG_TRY();
	{
		if (change != NULL)
			change_in_session(store, state, change, argument);
		else
		{
			read_pool(store, state);
			copy_workers(state);
		}
	}
	PG_FINALLY();
	{
		lease_store_close(store);
	}
	PG_END_TRY();
}

/*
 * Read the pool that idgen.lease_pool names.  Errors:
 * OBJECT_NOT_IN_PREREQUISITE_STATE without a store, CONNECTION_FAILURE, those
 * of lease_store_open(), and what CHECK_FOR_INTERRUPTS raises.
 */
void
lease_pool_look(LeasePoolState *state)
{
	with_session(state, NULL, NULL);
}

/* Change the pool.  Errors as above, and those of change. */
void
lease_pool_change(LeasePoolChange change, void *argument)
{
	LeasePoolState *state = palloc(sizeof(LeasePoolState));

	with_session(state, change, argument);
	pfree(state);
	lease_wake_agent();
}
