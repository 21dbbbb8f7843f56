/*-------------------------------------------------------------------------
 *
 * idgen_postgres.c
 *	  The provider whose coordination store is another PostgreSQL.
 *
 * A session keeps one connection, to the first of the store's servers that
 * takes writes, and sends one statement an operation (see
 * postgres_statements.c), except for takes (see postgres_take.c).  It connects again when the connection is lost, when
 * a server takes no writes any more, and when an operation takes too long or is
 * abandoned, as that is how to be rid of it.
 *
 * A statement's row comes before its commit.  So an operation is complete only
 * when the server is ready for the next one, and what has not come that far may
 * have been applied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include "fmgr.h"
#include "portability/instr_time.h"
#include "storage/fd.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "lease/lease_provider.h"
#include "postgres_address.h"
#include "postgres_answer.h"
#include "postgres_statements.h"
#include "postgres_take.h"
#include "resolver.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT const LeaseProvider *idgen_lease_provider(void);

/* How often an operation is tried that is in another one's way. */
#define MOST_RACES 10

typedef enum SessionState
{
	NOT_CONNECTED,
	RESOLVING,					/* the host's name */
	CONNECTING,
	BEGINNING,					/* the first statements have been sent */
	READY,						/* for a statement */
	ASKING,						/* the operation's statement has been sent */
} SessionState;

struct LeaseSession
{
	const char *pool;
	int			timeout_ms;
	PostgresAddress *address;
	int			host;			/* to which is connected */
	PGconn	   *connection;
	Resolver   *resolver;		/* RESOLVING */
	char		host_addresses[RESOLVER_TEXT_SIZE]; /* of the host, as libpq
													 * takes them ... */
	char		host_names[8192];	/* ... and its name, as often */
	SessionState state;
	bool		is_for_takes;	/* the connection has been set up for them */
	PostgresPollingStatusType polling;	/* CONNECTING: what for */
	bool		is_flushed;		/* BEGINNING, ASKING: nothing is left to be
								 * sent */

	const LeaseOperation *operation;	/* NULL: none is under way */
	int			untried_hosts;	/* before the operation is given up */
	int			races;			/* in which the operation has been */
	instr_time	attempt_start;	/* with the current host */
	instr_time	sending_start;	/* of the operation's statement */
	LeaseOutcome outcome;		/* ASKING: as far as known; LEASE_PENDING:
								 * nothing has come */
	bool		is_race;		/* ASKING: the statement failed, and may be
								 * repeated */
	bool		is_doubtful;	/* ASKING: the server warned of something */
	bool		is_read_only;	/* ASKING: the server takes no writes */
	PostgresTakes takes;		/* ASKING, LEASE_TAKE */
	LeaseAnswer answer;
	MemoryContext answer_context;	/* of the answer's workers */
};

static int64
ms_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return (int64) INSTR_TIME_GET_MILLISEC(now);
}

/*
 * The commit has been made, but a wait for a synchronous standby was canceled;
 * or there is another reason to look twice.  A server that runs out of
 * transaction IDs warns of it for long, and for each that it assigns.
 */
static void
receive_notice(void *argument, const PGresult *notice)
{
	LeaseSession *session = argument;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
	const char *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

	if (session->state != ASKING || severity == NULL || strcmp(severity, "WARNING") != 0 ||
		(function != NULL && strcmp(function, "GetNewTransactionId") == 0))
		return;
	session->is_doubtful = true;
	postgres_answer_add_error(&session->answer, message == NULL ? "warning without a message" : message);
}

/* Is an operation for a session whose functions are those of idgen's extension? */
static bool
is_about_segments(const LeaseOperation *operation)
{
	return operation->kind == LEASE_TAKE || operation->kind == LEASE_RETURN;
}

static void
disconnect(LeaseSession *session)
{
	if (session->connection != NULL)
	{
		PQfinish(session->connection);
		ReleaseExternalFD();
	}
	if (session->resolver != NULL)
		resolver_end(session->resolver);
	session->connection = NULL;
	session->resolver = NULL;
	session->state = NOT_CONNECTED;
}

static LeaseSession *
postgres_open(const LeaseAddress *address)
{
	LeaseSession *session = palloc0(sizeof(LeaseSession));

	session->pool = address->pool;
	session->timeout_ms = address->timeout_ms;
	session->address = postgres_address_read(address);
	session->answer_context = AllocSetContextCreate(CurrentMemoryContext, "idgen lease answer", ALLOCSET_DEFAULT_SIZES);
	return session;
}

static void
postgres_start(LeaseSession *session, const LeaseOperation *operation)
{
	if (session->operation != NULL)
		disconnect(session);
	session->operation = operation;
	session->untried_hosts = session->address->host_count;
	session->races = 0;
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	MemoryContextReset(session->answer_context);
	INSTR_TIME_SET_CURRENT(session->attempt_start);
}

/* The operation is complete.  What another server has said before does not matter if it succeeded. */
static LeaseOutcome
complete(LeaseSession *session, LeaseOutcome outcome)
{
	session->operation = NULL;
	if (outcome == LEASE_APPLIED || outcome == LEASE_REFUSED)
		session->answer.error[0] = '\0';
	return outcome;
}

/* Try the next server, if one is left. */
static LeaseOutcome
next_host(LeaseSession *session)
{
	disconnect(session);
	session->host = (session->host + 1) % session->address->host_count;
	INSTR_TIME_SET_CURRENT(session->attempt_start);
	if (session->untried_hosts > 0)
		return LEASE_PENDING;
	return complete(session, LEASE_UNREACHABLE);
}

/* The server cannot be used; message is libpq's if it is NULL. */
static LeaseOutcome
give_up_host(LeaseSession *session, const char *message)
{
	postgres_answer_add_error(&session->answer, message == NULL ? PQerrorMessage(session->connection) : message);
	return next_host(session);
}

/*
 * The connection is of no use any more.  What has been sent may have been
 * applied, unless there is nothing to apply.
 */
static LeaseOutcome
lose(LeaseSession *session, const char *message)
{
	if (session->state != ASKING || session->operation->kind == LEASE_READ)
		return give_up_host(session, message);
	postgres_answer_add_error(&session->answer, message == NULL ? PQerrorMessage(session->connection) : message);
	disconnect(session);
	return complete(session, LEASE_UNKNOWN);
}

static LeaseOutcome
connect_host(LeaseSession *session)
{
	const PostgresHost *host = &session->address->hosts[session->host];

	session->connection = PQconnectStartParams(host->names, host->values, false);
	if (session->connection == NULL)
		return give_up_host(session, "out of memory");
	ReserveExternalFD();
	session->state = CONNECTING;
	session->polling = PGRES_POLLING_WRITING;
	PQsetNoticeReceiver(session->connection, receive_notice, session);
	if (PQstatus(session->connection) == CONNECTION_BAD)
		return give_up_host(session, NULL);
	return LEASE_PENDING;
}

static LeaseOutcome
begin_connecting(LeaseSession *session)
{
	const PostgresHost *host = &session->address->hosts[session->host];

	session->untried_hosts--;
	if (host->to_resolve == NULL)
		return connect_host(session);
	session->resolver = resolver_start(host->to_resolve);
	if (session->resolver == NULL)
		return give_up_host(session, "could not start a thread to resolve a host name");
	session->state = RESOLVING;
	return LEASE_PENDING;
}

static LeaseOutcome
go_on_resolving(LeaseSession *session)
{
	PostgresHost *host = &session->address->hosts[session->host];
	int			count;

	if (!resolver_is_done(session->resolver))
		return LEASE_PENDING;
	count = resolver_addresses(session->resolver, session->host_addresses);
	if (count == 0)
	{
		char		message[1280];

		snprintf(message, sizeof(message), "could not translate host name \"%s\" to address: %s", host->to_resolve,
				 resolver_error(session->resolver));
		return give_up_host(session, message);
	}
	postgres_address_resolve(host, session->host_addresses, count, session->host_names, sizeof(session->host_names));
	resolver_end(session->resolver);
	session->resolver = NULL;
	return connect_host(session);
}

/* A statement is on its way if sent is true. */
static LeaseOutcome
begin_sending(LeaseSession *session, SessionState state, bool sent)
{
	session->state = state;
	session->is_flushed = false;
	session->outcome = LEASE_PENDING;
	session->is_race = false;
	session->is_doubtful = false;
	session->is_read_only = false;
	return sent ? LEASE_PENDING : lose(session, NULL);
}

static LeaseOutcome
send_beginning(LeaseSession *session)
{
	char		statement[2048];

	session->is_for_takes = is_about_segments(session->operation);
	statement_of_session(session->operation, session->timeout_ms, statement, sizeof(statement));
	return begin_sending(session, BEGINNING, PQsendQuery(session->connection, statement) == 1);
}

static LeaseOutcome
send_operation(LeaseSession *session)
{
	Statement	statement;

	INSTR_TIME_SET_CURRENT(session->sending_start);
	if (session->operation->kind == LEASE_TAKE)
		return begin_sending(session, ASKING, postgres_take_send(&session->takes, session->connection, session->operation));
	if (session->operation->kind == LEASE_RETURN)
		return begin_sending(session, ASKING, postgres_take_send_return(session->connection, &session->operation->returned));
	statement_of_operation(session->operation, session->pool, &statement);
	return begin_sending(session, ASKING,
						 PQsendQueryParams(session->connection, statement.text, statement.count, NULL,
										   statement.parameters, NULL, NULL, 0) == 1);
}

/* The events to wait for. */
static uint32
wanted_events(const LeaseSession *session)
{
	if (session->state == CONNECTING)
		return session->polling == PGRES_POLLING_READING ? WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE;
	return WL_SOCKET_READABLE | (session->is_flushed ? 0 : WL_SOCKET_WRITEABLE);
}

/* libpq takes a socket for connected if it is asked to go on before the socket is ready. */
static bool
is_socket_ready(const LeaseSession *session)
{
	uint32		events = wanted_events(session);
	struct pollfd poll_fd = {
		.fd = PQsocket(session->connection),
		.events = ((events & WL_SOCKET_READABLE) ? POLLIN : 0) | ((events & WL_SOCKET_WRITEABLE) ? POLLOUT : 0),
	};

	return poll(&poll_fd, 1, 0) > 0;
}

static LeaseOutcome
go_on_connecting(LeaseSession *session)
{
	if (!is_socket_ready(session))
		return LEASE_PENDING;
	session->polling = PQconnectPoll(session->connection);
	if (session->polling == PGRES_POLLING_FAILED)
		return give_up_host(session, NULL);
	if (session->polling != PGRES_POLLING_OK)
		return LEASE_PENDING;
	if (PQsetnonblocking(session->connection, 1) != 0)
		return give_up_host(session, NULL);
	return send_beginning(session);
}

/* Note what a result says of the outcome; an error after a row comes from the commit. */
static void
digest(LeaseSession *session, const PGresult *result)
{
	bool		is_error = PQresultStatus(result) == PGRES_FATAL_ERROR;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (session->outcome == LEASE_PENDING && session->operation->kind == LEASE_RETURN &&
		!(is_error && postgres_answer_ended_session(result)))
	{
		session->is_read_only = is_error && postgres_answer_is_read_only(result);
		session->outcome = postgres_take_read_return(result, &session->answer);
	}
	else if (!is_error && session->outcome == LEASE_PENDING)
		session->outcome = postgres_answer_read(result, session->operation->kind, session->answer_context, &session->answer);
	else if (is_error && session->outcome == LEASE_PENDING && !postgres_answer_ended_session(result))
	{
		session->is_race = postgres_answer_is_race(result, session->operation->kind);
		session->is_read_only = postgres_answer_is_read_only(result);
		if (!session->is_race || session->races >= MOST_RACES)
			session->outcome = postgres_answer_read_error(result, session->operation, &session->answer);
	}
	else
	{
		session->outcome = LEASE_UNKNOWN;
		if (message != NULL)
			postgres_answer_add_error(&session->answer, message);
	}
}

/* Note what a result says of the takes; there is none between two of them.  Returns whether all have ended. */
static bool
digest_take(LeaseSession *session, const PGresult *result)
{
	if (result != NULL)
		postgres_take_read(&session->takes, result, session->operation, &session->answer);
	if (session->takes.ended < session->operation->take_count)
		return false;
	session->outcome = LEASE_APPLIED;
	session->is_read_only = session->takes.is_read_only;
	return PQexitPipelineMode(session->connection) == 1;
}

/* The server has answered all of the operation's statement. */
static LeaseOutcome
finish_asking(LeaseSession *session)
{
	session->state = READY;
	if (PQstatus(session->connection) != CONNECTION_OK)
	{
		session->state = ASKING;
		return lose(session, NULL);
	}
	if (session->is_read_only)
		return next_host(session);
	if (session->is_race && session->races++ < MOST_RACES)
		return send_operation(session);
	if (session->answer.store_clock_us != 0)
		session->answer.store_clock_error_us = (ms_since(session->sending_start) + 1) * 1000;
	if (session->outcome == LEASE_PENDING || session->is_doubtful)
		session->outcome = LEASE_UNKNOWN;
	return complete(session, session->outcome);
}

/* The server has answered all of the first statements. */
static LeaseOutcome
finish_beginning(LeaseSession *session)
{
	if (PQstatus(session->connection) != CONNECTION_OK)
		return give_up_host(session, NULL);
	if (session->outcome != LEASE_PENDING)
		return next_host(session);
	return send_operation(session);
}

static bool
is_success(const PGresult *result)
{
	return PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
}

/* Read what has come. */
static LeaseOutcome
go_on_reading(LeaseSession *session)
{
	if (!session->is_flushed)
	{
		int			rest = PQflush(session->connection);

		if (rest < 0)
			return lose(session, NULL);
		session->is_flushed = rest == 0;
	}
	if (PQconsumeInput(session->connection) == 0)
		return lose(session, NULL);
	while (PQisBusy(session->connection) == 0)
	{
		PGresult   *result = PQgetResult(session->connection);
		bool		is_end = result == NULL;

		if (session->state == ASKING && session->operation->kind == LEASE_TAKE)
		{
			if (is_end && PQstatus(session->connection) != CONNECTION_OK)
				return lose(session, NULL);
			is_end = digest_take(session, result);
		}
		else if (session->state == ASKING && !is_end)
			digest(session, result);
		else if (!is_end && !is_success(result))
		{
			session->outcome = LEASE_UNREACHABLE;
			postgres_answer_add_error(&session->answer, PQresultErrorMessage(result));
		}
		PQclear(result);
		if (is_end)
			return session->state == ASKING ? finish_asking(session) : finish_beginning(session);
	}
	return LEASE_PENDING;
}

/*
 * Use a connection again.  If the server has closed it meanwhile, perhaps after
 * some last words, that is found before anything is sent.
 */
static LeaseOutcome
use_connection(LeaseSession *session)
{
	bool		is_open = session->is_for_takes == is_about_segments(session->operation);

	session->is_flushed = true;
	while (is_open && is_socket_ready(session))
		is_open = PQconsumeInput(session->connection) != 0 && PQstatus(session->connection) == CONNECTION_OK;
	if (!is_open)
	{
		disconnect(session);
		return LEASE_PENDING;
	}
	session->untried_hosts--;
	return send_operation(session);
}

/* One step of the operation. */
static LeaseOutcome
advance(LeaseSession *session)
{
	switch (session->state)
	{
		case NOT_CONNECTED:
			return begin_connecting(session);
		case RESOLVING:
			return go_on_resolving(session);
		case CONNECTING:
			return go_on_connecting(session);
		case READY:
			return use_connection(session);
		default:
			return go_on_reading(session);
	}
}

static LeaseOutcome
postgres_step(LeaseSession *session, LeaseAnswer *answer)
{
	LeaseOutcome outcome = LEASE_PENDING;

	if (session->operation == NULL)
		return LEASE_PENDING;

	/*
	 * From state to state, and from server to server, as far as that takes no
	 * time.
	 */
	for (;;)
	{
		SessionState state = session->state;
		int			untried_hosts = session->untried_hosts;

		outcome = advance(session);
		if (outcome == LEASE_PENDING && session->state != NOT_CONNECTED && ms_since(session->attempt_start) >= session->timeout_ms)
			outcome = lose(session, "no answer in time");
		if (outcome != LEASE_PENDING || (state == session->state && untried_hosts == session->untried_hosts))
			break;
	}
	if (outcome != LEASE_PENDING)
		*answer = session->answer;
	return outcome;
}

static int
postgres_sockets(LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms)
{
	bool		is_waiting = session->operation != NULL && session->state != NOT_CONNECTED && session->state != READY;

	*timeout_ms = session->operation == NULL ? PG_INT32_MAX : 0;
	if (!is_waiting)
		return 0;
	*timeout_ms = Max(session->timeout_ms - ms_since(session->attempt_start), 0);
	if (session->state == RESOLVING)
	{
		sockets[0] = (LeaseSocket)
		{
			resolver_socket(session->resolver), WL_SOCKET_READABLE
		};
		return 1;
	}
	sockets[0].socket = PQsocket(session->connection);
	sockets[0].events = wanted_events(session);
	return sockets[0].socket == PGINVALID_SOCKET ? 0 : 1;
}

static void
postgres_close(LeaseSession *session)
{
	disconnect(session);
	MemoryContextDelete(session->answer_context);
}

const LeaseProvider *
idgen_lease_provider(void)
{
	static const LeaseProvider provider = {
		.version = LEASE_PROVIDER_VERSION,
		.name = "PostgreSQL",
		.open = postgres_open,
		.start = postgres_start,
		.sockets = postgres_sockets,
		.step = postgres_step,
		.close = postgres_close,
	};

	return &provider;
}
