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

/* What a command waits for one server of the store: on a busy machine, more than the agent can. */
#define ADMINISTRATOR_TIMEOUT_MS 5000

/* How often an operation is done whose outcome is not known. */
#define MOST_ATTEMPTS 3

static bool
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
	return false;
}

/* ERROR CONNECTION_FAILURE if the store did not answer, or not with what was asked for. */
static void
check_answered(LeaseOutcome outcome, const LeaseAnswer *answer)
{
	if (outcome == LEASE_UNKNOWN)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("coordination store has not confirmed the change"),
				errdetail("%s", answer->error),
				errhint("The change may have been made. You can repeat the command: if it has been made, this does no harm."));
	if (outcome == LEASE_UNREACHABLE)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("could not use the coordination store"),
				errdetail("%s", answer->error));
}

/*
 * Do an operation, again if its outcome is not known: each of those here may be
 * repeated.  A write that has been applied is refused then.
 */
static LeaseOutcome
do_operation(LeaseStore *store, const LeaseOperation *operation, LeaseAnswer *answer)
{
	LeaseOutcome outcome = LEASE_UNKNOWN;
	bool		is_known = true;

	for (int attempt = 0; attempt < MOST_ATTEMPTS && outcome == LEASE_UNKNOWN; attempt++)
	{
		outcome = lease_store_do(store, operation, answer, check_interrupts);
		if (outcome == LEASE_UNREACHABLE && !is_known)
			return LEASE_UNKNOWN;
		is_known = outcome != LEASE_UNKNOWN;
	}
	return outcome;
}

/*
 * Read the pool.  may_have_changed: a write has been done whose outcome is not
 * known.  Errors: CONNECTION_FAILURE; OBJECT_NOT_IN_PREREQUISITE_STATE if the
 * pool's record has another version.
 */
static void
read_pool(LeaseStore *store, LeasePoolState *state, bool may_have_changed)
{
	LeaseOperation operation = {.kind = LEASE_READ};
	LeaseOutcome outcome = do_operation(store, &operation, &state->answer);

	if (outcome == LEASE_UNKNOWN || outcome == LEASE_UNREACHABLE)
		outcome = may_have_changed ? LEASE_UNKNOWN : LEASE_UNREACHABLE;
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

	check_answered(do_operation(store, &operation, answer), answer);
}

/* Write the pool as new_text, if it is still as in state; returns whether it was. */
static bool
write_pool(LeaseStore *store, LeasePoolState *state, const char *new_text)
{
	char		old_text[LEASE_POOL_SIZE];
	LeaseOperation operation = {
		.kind = LEASE_WRITE_POOL,
		.pool = state->exists ? old_text : NULL,
		.new_pool = new_text,
	};
	LeaseOutcome outcome;

	strlcpy(old_text, state->answer.pool, sizeof(old_text));
	outcome = do_operation(store, &operation, &state->answer);
	check_answered(outcome, &state->answer);
	return outcome == LEASE_APPLIED;
}

/* A write that is refused may have been applied before, by an attempt of which nothing was heard. */
static void
change_in_session(LeaseStore *store, LeasePoolState *state, LeasePoolChange change, void *argument)
{
	char		written[LEASE_POOL_SIZE] = "";
	LeasePool	pool;

	prepare_store(store, &state->answer);
	do
	{
		read_pool(store, state, written[0] != '\0');
		if (state->exists && strcmp(state->answer.pool, written) == 0)
			return;
		pool = state->pool;
		change(state, &pool, argument);
		lease_pool_write(&pool, written);
	} while (!write_pool(store, state, written));
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
	store = lease_store_open(ADMINISTRATOR_TIMEOUT_MS);
	PG_TRY();
	{
		if (change != NULL)
			change_in_session(store, state, change, argument);
		else
		{
			read_pool(store, state, false);
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
