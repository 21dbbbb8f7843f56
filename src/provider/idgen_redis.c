/*-------------------------------------------------------------------------
 *
 * idgen_redis.c
 *	  The provider of Redis, and of what speaks its protocol, as a coordination
 *	  store of leases.
 *
 * Redis is no consensus system.  With the wrong settings it loses what it has
 * confirmed when it crashes, and with any settings when a replica takes its
 * place.  So each operation first asks whether the settings are those that lose
 * least, unless idgen.lease_accept_loss says that loss is accepted.  What is
 * lost nevertheless is noticed by the incarnation: see redis_answer.c.
 *
 * A session keeps one connection, and sends on it:
 *
 *		AUTH, SELECT	once
 *		CONFIG GET		for each of the settings
 *		EVALSHA			the operation: see redis_scripts.c
 *		EVAL			the same, if Redis does not know the script
 *
 * It connects again when the connection is lost, and when an operation takes
 * too long or is abandoned.  A script that has been sent may have been run, even
 * if no answer has come.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "provider/redis_answer.h"
#include "provider/redis_connection.h"
#include "provider/redis_scripts.h"
#include "provider/redis_tls.h"
#include "provider/resolver.h"
#include "provider/store_answer.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT const LeaseProvider *idgen_lease_provider(void);

typedef enum SessionState
{
	NOT_CONNECTED,
	RESOLVING,					/* the host's name */
	READY,						/* for an operation */
	ASKING,						/* the step's commands have been sent */
} SessionState;

typedef enum RedisStep
{
	STEP_LOGIN,
	STEP_DATABASE,
	STEP_SETTINGS,
	STEP_MAIN,
} RedisStep;

struct LeaseSession
{
	LeaseAddress lease;
	RedisAddress address;
	RedisScripts scripts;
	RedisConnection connection;
	Resolver   *resolver;		/* RESOLVING */
	char		ips[RESOLVER_TEXT_SIZE];	/* of the host, with commas
											 * between them ... */
	const char *next_ip;		/* ... of which this one is next; NULL: none */
	SessionState state;

	/* What follows is of the operation. */
	const LeaseOperation *operation;	/* NULL: none is under way */
	RedisStep	step;
	bool		is_reused;		/* the connection is from an earlier operation */
	bool		is_text_needed; /* Redis does not know the script */
	bool		is_wrong;		/* the step has failed, with an error */
	int			settings_taken;
	LeaseOutcome outcome;		/* STEP_MAIN; LEASE_PENDING: send the text */
	instr_time	attempt_start;	/* with this connection */
	instr_time	sending_start;	/* of the operation's script */
	RedisCommand command;
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

/* Note what went wrong. */
static void
note_error(LeaseSession *session, const char *error)
{
	snprintf(session->answer.error, LEASE_ERROR_SIZE, "Redis at %.100s: %s", session->address.host.endpoint, error);
	store_answer_clean_error(&session->answer);
}

static void
disconnect(LeaseSession *session)
{
	redis_connection_close(&session->connection);
	if (session->resolver != NULL)
		resolver_end(session->resolver);
	session->resolver = NULL;
	session->state = NOT_CONNECTED;
}

/* ---------------------------------------------------------------------- replies */

/* The step has failed. */
static void
fail(LeaseSession *session, const char *error)
{
	if (!session->is_wrong)
		note_error(session, error);
	session->is_wrong = true;
}

static void
take_setting(LeaseSession *session, const redisReply *reply)
{
	char		message[LEASE_ERROR_SIZE];
	const char *objection = redis_answer_objection(reply, session->settings_taken++, message, sizeof(message));

	if (objection != NULL)
		fail(session, objection);
}

static void
take_answer(LeaseSession *session, const redisReply *reply)
{
	bool		may_send_text = !session->is_text_needed && redis_answer_is(reply, "NOSCRIPT");

	session->is_text_needed |= may_send_text;
	if (may_send_text)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
	{
		fail(session, reply->str);
		session->outcome = redis_answer_is_harmless(reply) ? LEASE_UNREACHABLE : LEASE_UNKNOWN;
		return;
	}
	session->outcome = redis_answer_read(reply, session->operation, session->answer_context, &session->answer);
	session->answer.found.worker = session->operation->worker;
	session->answer.store_clock_error_us = (ms_since(session->sending_start) + 1) * 1000;
	if (session->outcome == LEASE_PENDING)
	{
		fail(session, "malformed answer");
		session->outcome = LEASE_UNKNOWN;
	}
}

static void
take_reply(void *argument, const redisReply *reply)
{
	LeaseSession *session = argument;

	if (session->operation == NULL)
		return;
	if (session->step == STEP_MAIN)
		take_answer(session, reply);
	else if (session->step == STEP_SETTINGS)
		take_setting(session, reply);
	else if (reply->type != REDIS_REPLY_STATUS)
		fail(session, reply->type == REDIS_REPLY_ERROR ? reply->str : "malformed answer");
}

/* ---------------------------------------------------------------------- outcomes */

static bool
is_reading(const LeaseSession *session)
{
	LeaseOperationKind kind = session->operation->kind;

	return kind == LEASE_READ || kind == LEASE_PREPARE;
}

/* Of an answer that is no outcome, nothing but the error is of use. */
static LeaseOutcome
complete(LeaseSession *session, LeaseOutcome outcome)
{
	LeaseAnswer *answer = &session->answer;

	if (outcome == LEASE_UNKNOWN && is_reading(session))
		outcome = LEASE_UNREACHABLE;
	if (outcome == LEASE_APPLIED || outcome == LEASE_REFUSED)
		answer->error[0] = '\0';
	else
	{
		LeaseAnswer failure = {0};

		strlcpy(failure.error, answer->error, LEASE_ERROR_SIZE);
		*answer = failure;
	}
	session->operation = NULL;
	return outcome;
}

/*
 * The connection is of no use any more.  What has been sent may have been run;
 * otherwise there may be another connection.
 */
static LeaseOutcome
lose(LeaseSession *session, const char *error)
{
	bool		may_be_applied = session->state == ASKING && session->step == STEP_MAIN && !is_reading(session) &&
		session->connection.was_open;
	bool		may_try_again = session->is_reused || session->next_ip != NULL;

	note_error(session, error);
	disconnect(session);
	INSTR_TIME_SET_CURRENT(session->attempt_start);
	if (may_be_applied)
		return complete(session, LEASE_UNKNOWN);
	return may_try_again ? LEASE_PENDING : complete(session, LEASE_UNREACHABLE);
}

/* ---------------------------------------------------------------------- commands */

static bool
send_texts(LeaseSession *session, const char *first, const char *second, const char *third)
{
	const char *arguments[] = {first, second, third};

	return redis_connection_send(&session->connection, third == NULL ? 2 : 3, arguments);
}

static bool
send_settings(LeaseSession *session)
{
	bool		is_sent = true;
	const char *name;

	session->settings_taken = 0;
	for (int i = 0; is_sent && (name = redis_answer_setting(i)) != NULL; i++)
		is_sent = send_texts(session, "CONFIG", "GET", name);
	return is_sent;
}

static bool
send_login(LeaseSession *session)
{
	const char *password = session->lease.password == NULL ? "" : session->lease.password;

	if (session->lease.user == NULL)
		return send_texts(session, "AUTH", password, NULL);
	return send_texts(session, "AUTH", session->lease.user, password);
}

static bool
send_main(LeaseSession *session)
{
	INSTR_TIME_SET_CURRENT(session->sending_start);
	redis_scripts_call(&session->scripts, session->operation, session->lease.pool, session->is_text_needed,
					   &session->command);
	return redis_connection_send(&session->connection, session->command.count, session->command.arguments);
}

/* Does the step have to be done? */
static bool
is_needed(const LeaseSession *session, RedisStep step)
{
	if (step == STEP_LOGIN)
		return !session->is_reused && (session->lease.user != NULL || session->lease.password != NULL);
	if (step == STEP_DATABASE)
		return !session->is_reused && session->address.database != 0;
	/* A hold that is lost does no harm. */
	if (step == STEP_SETTINGS)
		return !session->lease.accept_loss && session->operation->kind != LEASE_KEEP;
	return true;
}

/* Begin a step, or the first one after it that is needed. */
static LeaseOutcome
begin_step(LeaseSession *session, RedisStep step)
{
	char		number[12];
	bool		is_sent;

	while (!is_needed(session, step))
		step++;
	session->state = ASKING;
	session->step = step;
	session->is_wrong = false;
	session->outcome = LEASE_PENDING;
	snprintf(number, sizeof(number), "%d", session->address.database);
	if (step == STEP_LOGIN)
		is_sent = send_login(session);
	else if (step == STEP_DATABASE)
		is_sent = send_texts(session, "SELECT", number, NULL);
	else if (step == STEP_SETTINGS)
		is_sent = send_settings(session);
	else
		is_sent = send_main(session);
	return is_sent ? LEASE_PENDING : lose(session, "out of memory");
}

/* All replies of the step have come. */
static LeaseOutcome
finish_step(LeaseSession *session)
{
	if (session->step == STEP_MAIN && session->outcome == LEASE_PENDING)
		return begin_step(session, STEP_MAIN);
	if (!session->is_wrong && session->step != STEP_MAIN)
		return begin_step(session, session->step + 1);

	/*
	 * A connection on which somebody else may have to log in, or that leads
	 * to a replica now, is not kept.
	 */
	if (session->is_wrong)
		disconnect(session);
	else
		session->state = READY;
	return complete(session, session->step == STEP_MAIN ? session->outcome : LEASE_UNREACHABLE);
}

/* ---------------------------------------------------------------------- connecting */

/* Connect to the next address of the host. */
static LeaseOutcome
connect_next(LeaseSession *session)
{
	char		ip[RESOLVER_TEXT_SIZE];
	size_t		length = strcspn(session->next_ip, ",");

	strlcpy(ip, session->next_ip, Min(length + 1, sizeof(ip)));
	session->next_ip = session->next_ip[length] == ',' ? session->next_ip + length + 1 : NULL;
	session->is_reused = false;
	if (!redis_connection_open(&session->connection, ip, &session->address))
		return lose(session, session->connection.error);
	return begin_step(session, STEP_LOGIN);
}

static LeaseOutcome
begin_connecting(LeaseSession *session)
{
	const char *host = session->address.host.name;

	session->is_reused = false;
	if (session->next_ip != NULL)
		return connect_next(session);
	if (resolver_is_needed(host))
	{
		session->resolver = resolver_start(host);
		if (session->resolver == NULL)
			return lose(session, "could not start a thread to resolve a host name");
		session->state = RESOLVING;
		return LEASE_PENDING;
	}
	strlcpy(session->ips, host, sizeof(session->ips));
	session->next_ip = session->ips;
	return connect_next(session);
}

static LeaseOutcome
go_on_resolving(LeaseSession *session)
{
	char		message[512];

	if (!resolver_is_done(session->resolver))
		return LEASE_PENDING;
	if (resolver_addresses(session->resolver, session->ips) == 0)
	{
		snprintf(message, sizeof(message), "could not resolve host name: %s", resolver_error(session->resolver));
		return lose(session, message);
	}
	session->next_ip = session->ips;
	resolver_end(session->resolver);
	session->resolver = NULL;
	return connect_next(session);
}

/* If Redis has closed the connection meanwhile, that is found before anything is sent. */
static LeaseOutcome
use_connection(LeaseSession *session)
{
	if (!redis_connection_is_idle(&session->connection))
	{
		disconnect(session);
		return LEASE_PENDING;
	}
	session->is_reused = true;
	return begin_step(session, STEP_LOGIN);
}

static LeaseOutcome
go_on_asking(LeaseSession *session)
{
	redis_connection_step(&session->connection);
	if (session->connection.context == NULL && session->connection.replies_left > 0)
		return lose(session, session->connection.error);
	if (session->connection.replies_left > 0)
		return LEASE_PENDING;
	return finish_step(session);
}

/* ---------------------------------------------------------------------- the provider */

static LeaseSession *
open_session(const LeaseAddress *lease)
{
	LeaseSession *session = palloc0(sizeof(LeaseSession));

	session->lease = *lease;
	redis_address_read(lease->store, &session->address);
	if (session->address.is_secure && !redis_tls_is_there())
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("this build has no TLS for Redis"),
				errdetail("The library hiredis that it was built with has no TLS."),
				errhint("Use \"redis://\", or build idgen with hiredis 1.0 or later."));
	if (lease->accept_loss)
		ereport(WARNING,
				errmsg("Redis may lose what it has confirmed"),
				errdetail("\"idgen.lease_accept_loss\" is on, so it is used whatever its settings. After a loss, IDs are unique only as far as clocks are right."));
	redis_scripts_prepare(&session->scripts);
	session->connection.take_reply = take_reply;
	session->connection.argument = session;
	session->answer_context = AllocSetContextCreate(CurrentMemoryContext, "idgen redis", ALLOCSET_DEFAULT_SIZES);
	return session;
}

static void
start_operation(LeaseSession *session, const LeaseOperation *operation)
{
	if (session->operation != NULL)
		disconnect(session);
	session->operation = operation;
	session->is_text_needed = false;
	session->is_reused = false;
	session->next_ip = NULL;
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	MemoryContextReset(session->answer_context);
	INSTR_TIME_SET_CURRENT(session->attempt_start);
}

static int
session_sockets(LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms)
{
	*timeout_ms = session->operation == NULL ? PG_INT32_MAX : 0;
	if (session->operation == NULL || session->state == NOT_CONNECTED || session->state == READY)
		return 0;
	*timeout_ms = Max(session->lease.timeout_ms - ms_since(session->attempt_start), 0);
	sockets[0].socket = session->state == RESOLVING ? resolver_socket(session->resolver) :
		redis_connection_socket(&session->connection);
	sockets[0].events = session->state == RESOLVING ? WL_SOCKET_READABLE : session->connection.events;
	return sockets[0].events == 0 ? 0 : 1;
}

static LeaseOutcome
advance(LeaseSession *session)
{
	switch (session->state)
	{
		case NOT_CONNECTED:
			return begin_connecting(session);
		case RESOLVING:
			return go_on_resolving(session);
		case READY:
			return use_connection(session);
		case ASKING:
			return go_on_asking(session);
	}
	return LEASE_PENDING;
}

static LeaseOutcome
step_session(LeaseSession *session, LeaseAnswer *answer)
{
	LeaseOutcome outcome = LEASE_PENDING;

	if (session->operation == NULL)
		return LEASE_UNREACHABLE;

	/* From state to state, as far as that takes no time. */
	for (;;)
	{
		SessionState state = session->state;
		RedisStep	step = session->step;

		outcome = advance(session);
		if (outcome == LEASE_PENDING && session->state != NOT_CONNECTED && ms_since(session->attempt_start) >= session->lease.timeout_ms)
			outcome = lose(session, "no answer in time");
		if (outcome != LEASE_PENDING || (state == session->state && step == session->step && state != NOT_CONNECTED))
			break;
	}
	if (outcome != LEASE_PENDING)
		*answer = session->answer;
	return outcome;
}

static void
close_session(LeaseSession *session)
{
	disconnect(session);
	MemoryContextDelete(session->answer_context);
}

const LeaseProvider *
idgen_lease_provider(void)
{
	static const LeaseProvider provider = {
		.version = LEASE_PROVIDER_VERSION,
		.name = "Redis",
		.open = open_session,
		.start = start_operation,
		.sockets = session_sockets,
		.step = step_session,
		.close = close_session,
	};

	return &provider;
}
