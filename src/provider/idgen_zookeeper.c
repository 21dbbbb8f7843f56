/*-------------------------------------------------------------------------
 *
 * idgen_zookeeper.c
 *	  The provider of ZooKeeper, as a coordination store of leases.
 *
 * An operation looks at what it is about, and then, if that is as expected,
 * writes in one transaction: see zookeeper_pool.c.  If the transaction is
 * declined because something has changed in between, the operation looks again.
 *
 * Holds live as long as the session with ZooKeeper, which goes on when the
 * connection is lost, with any server.  The session's time is the TTL.  An
 * operation keeps the session alive; between operations, nobody calls the
 * client, so that LEASE_KEEP has to come before the time is over.
 *
 * What has been sent in a connection that is lost may have been applied.  A
 * write is then not sent again: a second one would be refused because of the
 * first, and that would be said to be the outcome.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

#include "provider/store_answer.h"
#include "provider/zookeeper_connection.h"
#include "provider/zookeeper_counter.h"
#include "provider/zookeeper_pool.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT const LeaseProvider *idgen_lease_provider(void);

/* How often an operation looks again. */
#define MOST_RACES 10

/* The time of a session until a hold is taken, and the shortest. */
#define DEFAULT_SESSION_MS 30000
#define SHORTEST_SESSION_MS 1000

typedef enum ZookeeperStep
{
	STEP_BEGIN,					/* nothing is under way */
	STEP_PREPARE,
	STEP_LOOK,
	STEP_READ,					/* LEASE_READ: all records and holds */
	STEP_WRITE,
} ZookeeperStep;

struct LeaseSession
{
	LeaseAddress lease;
	ZookeeperAddress address;
	ZookeeperPool pool;
	ZookeeperConnection connection;
	MemoryContext context;

	/* What follows is of the operation. */
	const LeaseOperation *operation;	/* NULL: none is under way */
	ZookeeperStep step;
	ZookeeperBatch *batch;		/* of the step; NULL: none is under way */
	ZookeeperBatch *look;		/* of STEP_LOOK, when another step follows */
	ZookeeperView view;			/* of it */
	bool		with_write;		/* STEP_LOOK is behind a write */
	ZookeeperTakes takes;		/* LEASE_TAKE, LEASE_MAKE_COUNTER */
	int			records;		/* STEP_READ: how many nodes are records */
	int			races;
	int			most_failures;	/* of the connection, before the operation is
								 * given up */
	int			failures;		/* when deadline_ms was set */
	int64		deadline_ms;	/* of the server, by the monotonic clock */
	bool		may_be_applied;
	LeaseAnswer answer;
};

static bool
takes_hold(const LeaseOperation *operation)
{
	return operation->kind == LEASE_WRITE && operation->hold == LEASE_HOLD_TAKE;
}

/* ---------------------------------------------------------------------- the end of operations */

static void
end_batches(LeaseSession *session)
{
	if (session->batch != NULL)
		zookeeper_batch_end(session->batch);
	if (session->look != NULL)
		zookeeper_batch_end(session->look);
	session->batch = NULL;
	session->look = NULL;
	session->step = STEP_BEGIN;
}

static LeaseOutcome
complete(LeaseSession *session, LeaseOutcome outcome)
{
	session->answer.error[0] = '\0';
	session->operation = NULL;
	end_batches(session);
	return outcome;
}

/* Complete an operation that has not been done, as far as known. */
static LeaseOutcome
fail(LeaseSession *session, const char *error)
{
	bool		may_be_applied = session->may_be_applied;

	memset(&session->answer, 0, offsetof(LeaseAnswer, error));
	session->answer.workers = NULL;
	complete(session, LEASE_UNREACHABLE);
	strlcpy(session->answer.error, error, LEASE_ERROR_SIZE);
	store_answer_clean_error(&session->answer);
	return may_be_applied ? LEASE_UNKNOWN : LEASE_UNREACHABLE;
}

/*
 * The servers do not answer.  The next operation begins with a new handle in the
 * same session, and asks for addresses anew.  A server whose data is older than
 * what a handle has seen lets only a new one in: a store that was wiped or
 * restored is thus found out by the operation after.
 */
static LeaseOutcome
fail_unanswered(LeaseSession *session)
{
	char		error[LEASE_ERROR_SIZE];

	strlcpy(error, zookeeper_failure[0] == '\0' ? "ZooKeeper does not answer" : zookeeper_failure, sizeof(error));
	zookeeper_connection_close(&session->connection);
	return fail(session, error);
}

/* ZooKeeper has answered that it will not. */
static LeaseOutcome
fail_declined(LeaseSession *session, int result)
{
	char		error[LEASE_ERROR_SIZE];

	if (result == ZNONODE && session->address.path[0] != '\0')
		snprintf(error, sizeof(error), "ZooKeeper has no path \"%s\"", session->address.path);
	else if (result == ZNOAUTH)
		snprintf(error, sizeof(error), "ZooKeeper: the user has no right to do this below \"%s\"", session->pool.base);
	else
		snprintf(error, sizeof(error), "ZooKeeper: %s", zerror(result));
	return fail(session, error);
}

/* ---------------------------------------------------------------------- steps */

static LeaseOutcome
begin_again(LeaseSession *session)
{
	session->may_be_applied = false;
	end_batches(session);
	if (++session->races > MOST_RACES)
		return fail(session, "ZooKeeper: too many other changes at the same time");
	return LEASE_PENDING;
}

/* Send a batch, if there was the memory for it. */
static LeaseOutcome
begin_step(LeaseSession *session, ZookeeperStep step, ZookeeperBatch *batch)
{
	session->batch = batch;
	session->step = step;
	return batch == NULL ? fail(session, "out of memory") : LEASE_PENDING;
}

/*
 * Is the session of the time that a hold is to live for?  It is ended if it has
 * been begun for another time; a server may have made it shorter.
 */
static LeaseOutcome
check_session_time(LeaseSession *session, bool *must_connect)
{
	int			ttl_ms = session->operation->ttl_ms;
	int			wanted_ms = Max(ttl_ms, SHORTEST_SESSION_MS);
	int			given_ms = zoo_recv_timeout(session->connection.handle);
	char		error[LEASE_ERROR_SIZE];

	*must_connect = session->connection.session_ms != wanted_ms;
	if (*must_connect)
	{
		zookeeper_connection_end_session(&session->connection);
		session->connection.session_ms = wanted_ms;
		if (!zookeeper_connection_begin(&session->connection))
			return fail_unanswered(session);
		return LEASE_PENDING;
	}
	/* A hold is kept after a third of its TTL, and may come late. */
	if (given_ms >= wanted_ms / 3 * 2)
		return LEASE_PENDING;
	snprintf(error, sizeof(error), "ZooKeeper lets sessions live for %d ms (its maxSessionTimeout), too short for holds of %d ms",
			 given_ms, ttl_ms);
	return fail(session, error);
}

/* There is a connection: begin with what the operation begins with. */
static LeaseOutcome
begin(LeaseSession *session)
{
	zhandle_t  *handle = session->connection.handle;
	bool		must_connect = false;
	uint64		random;

	if (takes_hold(session->operation))
	{
		LeaseOutcome outcome = check_session_time(session, &must_connect);

		if (outcome != LEASE_PENDING || must_connect)
			return outcome;
	}
	if (zookeeper_counter_is_about(session->operation))
		return begin_step(session, STEP_LOOK,
						  zookeeper_counter_look(handle, &session->pool, &session->takes, session->operation));
	if (session->operation->kind != LEASE_PREPARE)
		return begin_step(session, STEP_LOOK,
						  zookeeper_pool_look(handle, &session->pool, session->operation, session->with_write));
	if (!pg_strong_random(&random, sizeof(random)))
		return fail(session, "could not generate random values");
	return begin_step(session, STEP_PREPARE, zookeeper_pool_prepare(handle, &session->pool, Max(random, 1)));
}

static LeaseOutcome
after_prepare(LeaseSession *session)
{
	const ZookeeperBatch *batch = session->batch;

	if (batch->requests[0].result == ZNONODE)
		return fail_declined(session, ZNONODE);
	if (!zookeeper_pool_is_prepared(batch, &session->answer))
		return fail(session, "ZooKeeper: the pool's nodes are there in part only");
	return complete(session, LEASE_APPLIED);
}

/* List the nodes to read. */
static LeaseOutcome
begin_read(LeaseSession *session)
{
	LeaseAnswer *answer = &session->answer;
	int			count = zookeeper_pool_list(&session->view, NULL, &session->records);

	if (answer->workers != NULL)
		pfree(answer->workers);
	answer->workers = MemoryContextAllocExtended(session->context, sizeof(LeaseWorker) * (count + 1),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO | MCXT_ALLOC_NO_OOM);
	if (answer->workers == NULL)
		return fail(session, "out of memory");
	answer->worker_count = zookeeper_pool_list(&session->view, answer->workers, &session->records);
	return begin_step(session, STEP_READ,
					  zookeeper_pool_read(session->connection.handle, &session->pool, answer->workers,
										  session->records, count));
}

static LeaseOutcome
after_look_at_counters(LeaseSession *session)
{
	const LeaseOperation *operation = session->operation;

	zookeeper_counter_see(session->batch, &session->takes, operation, &session->answer);
	if (session->takes.marker[0] == '\0')
		return fail(session, "ZooKeeper has nothing prepared for the pool");
	if (session->takes.is_refused)
		return complete(session, LEASE_REFUSED);
	if (operation->kind == LEASE_TAKE && zookeeper_counter_is_done(&session->takes, operation))
		return complete(session, LEASE_APPLIED);
	end_batches(session);
	return begin_step(session, STEP_WRITE,
					  zookeeper_counter_write(session->connection.handle, &session->pool, &session->takes, operation));
}

static LeaseOutcome
after_write_of_counters(LeaseSession *session)
{
	bool		is_done = zookeeper_counter_take(session->batch, &session->takes, session->operation, &session->answer);

	/* Other sessions were faster too often: each take tells its result. */
	if (is_done || (session->operation->kind == LEASE_TAKE && session->races >= MOST_RACES))
		return complete(session, LEASE_APPLIED);
	return begin_again(session);
}

static LeaseOutcome
after_look(LeaseSession *session)
{
	const LeaseOperation *operation = session->operation;
	zhandle_t  *handle = session->connection.handle;

	if (zookeeper_counter_is_about(operation))
		return after_look_at_counters(session);

	session->look = session->batch;
	session->batch = NULL;
	zookeeper_pool_view(session->look, operation, session->with_write, &session->view);
	zookeeper_pool_answer(&session->view, operation, &session->answer);
	if (operation->kind == LEASE_READ)
		return begin_read(session);
	switch (zookeeper_pool_judge(&session->view, operation, zoo_client_id(handle)->client_id))
	{
		case ZOOKEEPER_IS_DONE:
			return complete(session, LEASE_APPLIED);
		case ZOOKEEPER_IS_REFUSED:
			if (session->with_write)
				return complete(session, LEASE_REFUSED);
			session->with_write = true;
			end_batches(session);
			return LEASE_PENDING;
		case ZOOKEEPER_IS_UNCLEAR:
			return begin_again(session);
		case ZOOKEEPER_IS_NOT_PREPARED:
			return fail(session, "ZooKeeper has nothing prepared for the pool");
		case ZOOKEEPER_MUST_WRITE:
			break;
	}
	return begin_step(session, STEP_WRITE, zookeeper_pool_write(handle, &session->pool, &session->view, operation));
}

static LeaseOutcome
after_read(LeaseSession *session)
{
	if (!zookeeper_pool_take_workers(session->batch, session->view.pool, session->records, &session->answer))
		return begin_again(session);
	return complete(session, LEASE_APPLIED);
}

static LeaseOutcome
after_write(LeaseSession *session)
{
	if (zookeeper_counter_is_about(session->operation))
		return after_write_of_counters(session);
	if (session->batch->requests[0].result != ZOK)
		return begin_again(session);
	zookeeper_pool_note_change(&session->batch->requests[0].stat, true, &session->answer);
	return complete(session, LEASE_APPLIED);
}

/* All requests of the step have been answered, or lost. */
static LeaseOutcome
after_step(LeaseSession *session)
{
	ZookeeperStep step = session->step;
	int			result = zookeeper_batch_result(session->batch);

	if (!zookeeper_is_answer(result))
	{
		bool		is_write = step == STEP_WRITE || step == STEP_PREPARE;

		end_batches(session);
		session->may_be_applied |= is_write;
		return step == STEP_WRITE ? fail_unanswered(session) : LEASE_PENDING;
	}
	if (result != ZOK)
		return fail_declined(session, result);
	switch (step)
	{
		case STEP_PREPARE:
			return after_prepare(session);
		case STEP_LOOK:
			return after_look(session);
		case STEP_READ:
			return after_read(session);
		case STEP_WRITE:
			return after_write(session);
		case STEP_BEGIN:
			break;
	}
	return fail(session, "ZooKeeper: answer without a question");
}

/* ---------------------------------------------------------------------- time */

/* Each server gets its time. */
static void
begin_server(LeaseSession *session)
{
	session->failures = session->connection.failures;
	session->deadline_ms = zookeeper_now_ms() + session->lease.timeout_ms;
}

/* The server has not answered in time. */
static void
give_up_server(LeaseSession *session)
{
	ZookeeperConnection *connection = &session->connection;
	int			failures = connection->failures;

	if (connection->handle != NULL && connection->socket >= 0)
		zookeeper_connection_cut(connection);
	snprintf(zookeeper_failure, sizeof(zookeeper_failure), "ZooKeeper at %s: no answer within %d ms",
			 connection->handle == NULL ? session->address.hosts[0].endpoint : zoo_get_current_server(connection->handle),
			 session->lease.timeout_ms);
	connection->failures = Max(connection->failures, failures + 1);
}

/* The session has expired, which a server had to answer to tell: begin with a new one, and all servers. */
static LeaseOutcome
begin_session(LeaseSession *session)
{
	zookeeper_connection_end_session(&session->connection);
	session->most_failures = session->connection.failures + session->address.host_count;
	begin_server(session);
	return zookeeper_connection_begin(&session->connection) ? LEASE_PENDING : fail_unanswered(session);
}

/* Go on without waiting, as far as possible at once.  Sets *has_advanced if it is to be called again. */
static LeaseOutcome
advance(LeaseSession *session, bool *has_advanced)
{
	ZookeeperConnection *connection = &session->connection;
	bool		is_late = zookeeper_now_ms() >= session->deadline_ms;

	zookeeper_connection_advance(connection, is_late);
	*has_advanced = true;
	if (session->batch != NULL && session->batch->pending == 0)
		return after_step(session);
	if (connection->is_refused)
		return fail_declined(session, ZNOAUTH);
	if (connection->is_expired)
		return begin_session(session);
	if (connection->failures >= session->most_failures && session->batch == NULL)
		return fail_unanswered(session);
	if (connection->failures != session->failures)
		begin_server(session);
	else if (is_late)
		give_up_server(session);
	else if (session->batch == NULL && connection->is_connected)
		return begin(session);
	else
		*has_advanced = false;
	return LEASE_PENDING;
}

/* ---------------------------------------------------------------------- the provider */

static LeaseSession *
open_session(const LeaseAddress *lease)
{
	LeaseSession *session = palloc0(sizeof(LeaseSession));

	session->lease = *lease;
	session->context = CurrentMemoryContext;
	zookeeper_address_read(lease->store, &session->address);
	zookeeper_pool_init(&session->pool, &session->address, lease);
	session->connection.address = &session->address;
	session->connection.user = lease->user;
	session->connection.password = lease->password;
	session->connection.session_ms = DEFAULT_SESSION_MS;
	session->connection.socket = -1;
	return session;
}

/*
 * A connection that has been idle may turn out to be closed, which says nothing
 * about its server.
 */
static void
start_operation(LeaseSession *session, const LeaseOperation *operation)
{
	bool		was_connected = session->connection.is_connected;

	end_batches(session);
	if (session->answer.workers != NULL)
		pfree(session->answer.workers);
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	session->operation = operation;
	session->with_write = operation->kind == LEASE_READ;
	session->races = 0;
	session->may_be_applied = false;
	zookeeper_counter_begin(&session->takes, operation, &session->answer);
	zookeeper_failure[0] = '\0';
	if (!zookeeper_connection_begin(&session->connection))
		session->connection.failures += session->address.host_count;
	session->most_failures = session->connection.failures + session->address.host_count + (was_connected ? 1 : 0);
	begin_server(session);
}

static int
session_sockets(LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms)
{
	*timeout_ms = 60000;
	if (session->operation == NULL)
		return 0;
	*timeout_ms = Max(0, session->deadline_ms - zookeeper_now_ms());
	return zookeeper_connection_sockets(&session->connection, sockets, timeout_ms);
}

static LeaseOutcome
step_session(LeaseSession *session, LeaseAnswer *answer)
{
	LeaseOutcome outcome = session->operation == NULL ? LEASE_UNREACHABLE : LEASE_PENDING;
	bool		has_advanced = true;

	while (outcome == LEASE_PENDING && has_advanced)
		outcome = advance(session, &has_advanced);
	*answer = session->answer;
	return outcome;
}

static void
close_session(LeaseSession *session)
{
	end_batches(session);
	zookeeper_connection_end_session(&session->connection);
}

static const LeaseProvider provider = {
	.version = LEASE_PROVIDER_VERSION,
	.name = "ZooKeeper",
	.takes_compete = true,
	.open = open_session,
	.start = start_operation,
	.sockets = session_sockets,
	.step = step_session,
	.close = close_session,
};

const LeaseProvider *
idgen_lease_provider(void)
{
	return &provider;
}
