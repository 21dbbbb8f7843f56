/*-------------------------------------------------------------------------
 *
 * idgen_etcd.c
 *	  The provider of etcd, as a coordination store of leases.
 *
 * It speaks to the JSON gateway that etcd has since 3.4 at /v3.  An operation
 * is some requests to one endpoint:
 *
 *		version		is it an etcd that we can use?  Once, and after a failure.
 *		login		a token for the user, if there is a user and no token yet
 *		grant		LEASE_HOLD_TAKE: a lease of etcd, with which the hold vanishes
 *		main		the operation itself: etcd_pool.c, etcd_counter.c
 *		keepalive	LEASE_KEEP: keep the lease of etcd that the hold was found to have
 *		revoke		LEASE_HOLD_DROP: end that lease
 *
 * If an endpoint fails, the next one is asked from the beginning, until all
 * have been.  But a write that may have been applied is not sent again: a
 * second one would be refused because of the first, and that would be said to
 * be the outcome.  Takes are repeated: they take other numbers then.
 *
 * Only an answer that has been read whole and makes sense is an outcome.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "provider/etcd_counter.h"
#include "provider/etcd_http.h"
#include "provider/etcd_pool.h"
#include "provider/store_answer.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT const LeaseProvider *idgen_lease_provider(void);

/* How often takes are tried again because other sessions were faster. */
#define MOST_RACES 20

/* The oldest etcd that has all of this at /v3. */
#define OLDEST_MAJOR 3
#define OLDEST_MINOR 4

typedef enum EtcdStep
{
	STEP_VERSION,
	STEP_LOGIN,
	STEP_GRANT,
	STEP_MAIN,
	STEP_KEEPALIVE,
	STEP_REVOKE,
} EtcdStep;

struct LeaseSession
{
	LeaseAddress lease;
	EtcdAddress address;
	char	   *base;			/* the beginning of the keys of the pool */
	EtcdHttp   *http;
	MemoryContext context;		/* of the session */
	MemoryContext operation_context;	/* of what is read and written for an
										 * operation */
	EtcdCounters counters;

	int			endpoint;		/* the one that is asked */
	bool		is_checked[ETCD_MOST_ENDPOINTS];	/* its version will do */
	char	   *token;			/* NULL: none yet */
	bool		has_no_users;	/* etcd does not ask who we are */

	/* What follows is of the operation. */
	const LeaseOperation *operation;
	EtcdStep	step;
	bool		is_sent;		/* the request of the step is under way */
	StringInfoData request;
	EtcdResponse response;
	int			endpoints_left;
	int64		deadline_ms;	/* of the endpoint, by the monotonic clock */
	uint64		grant;			/* the lease of etcd: LEASE_HOLD_TAKE before,
								 * the others after main */
	bool		has_logged_in;	/* at this endpoint */
	bool		has_granted_anew;
	bool		has_kept_anew;
	int			races;			/* LEASE_TAKE: which others have won */
	bool		may_be_applied;
	EtcdVerdict verdict;		/* on the last answer */
	bool		is_declined;	/* the last answer says that the request has
								 * not been done, and will not be ... */
	bool		may_try_again;	/* ... for a reason that is gone now */
	LeaseAnswer answer;
};

static int64
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Note what went wrong at the endpoint. */
static void
note_error(LeaseSession *session, const char *error)
{
	snprintf(session->answer.error, LEASE_ERROR_SIZE, "etcd at %.100s: %s",
			 session->address.endpoints[session->endpoint], error);
	store_answer_clean_error(&session->answer);
}

/*
 * Call a function that may raise errors.  Returns false if it did, and notes
 * the error.
 */
static bool
guarded(void (*function) (LeaseSession *session), LeaseSession *session)
{
	MemoryContext context = MemoryContextSwitchTo(session->operation_context);
	volatile uint32 holdoff = InterruptHoldoffCount;
	volatile bool is_done = false;

	/* So that an error is one of ours, and not a cancellation. */
	HOLD_INTERRUPTS();
	PG_TRY();
	{
		function(session);
		is_done = true;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(session->operation_context);
		note_error(session, geterrcode() == ERRCODE_OUT_OF_MEMORY ? "out of memory" : "malformed answer");
		FlushErrorState();
	}
	PG_END_TRY();
	InterruptHoldoffCount = holdoff;
	MemoryContextSwitchTo(context);
	return is_done;
}

/* ---------------------------------------------------------------------- requests */

static bool
is_about_counters(const LeaseOperation *operation)
{
	return operation->kind == LEASE_TAKE || operation->kind == LEASE_RETURN || operation->kind == LEASE_MAKE_COUNTER;
}

static bool
takes_hold(const LeaseOperation *operation)
{
	return operation->kind == LEASE_WRITE && operation->hold == LEASE_HOLD_TAKE;
}

/* Could the request of the step do what the operation is to do?  Giving back begins with one that reads. */
static bool
can_apply(const LeaseSession *session)
{
	LeaseOperationKind kind = session->operation->kind;

	if (session->step != STEP_MAIN || (kind == LEASE_RETURN && session->counters.wanted[0][0] == '\0'))
		return session->step == STEP_KEEPALIVE;
	return kind == LEASE_WRITE || kind == LEASE_WRITE_POOL || is_about_counters(session->operation);
}

static void
write_login(LeaseSession *session, StringInfo json)
{
	appendStringInfoString(json, "{\"name\":");
	escape_json(json, session->lease.user);
	appendStringInfoString(json, ",\"password\":");
	escape_json(json, session->lease.password == NULL ? "" : session->lease.password);
	appendStringInfoChar(json, '}');
}

/* Write the request of the step, and return its path. */
static const char *
write_request(LeaseSession *session, StringInfo json)
{
	switch (session->step)
	{
		case STEP_VERSION:
			return "/version";
		case STEP_LOGIN:
			write_login(session, json);
			return "/v3/auth/authenticate";
		case STEP_GRANT:
			/* etcd makes more of less than its shortest. */
			appendStringInfo(json, "{\"TTL\":\"%d\"}", Max((session->operation->ttl_ms + 999) / 1000, 1));
			return "/v3/lease/grant";
		case STEP_MAIN:
			if (is_about_counters(session->operation))
				return etcd_counter_request(&session->counters, session->base, session->operation, &session->answer, json);
			return etcd_pool_request(session->base, session->operation, session->grant, json);
		case STEP_KEEPALIVE:
		case STEP_REVOKE:
			appendStringInfo(json, "{\"ID\":\"" UINT64_FORMAT "\"}", session->grant);
			return session->step == STEP_KEEPALIVE ? "/v3/lease/keepalive" : "/v3/lease/revoke";
	}
	elog(ERROR, "unrecognized step: %d", (int) session->step);
}

static void
send_request(LeaseSession *session)
{
	EtcdRequest request = {0};

	initStringInfo(&session->request);
	request.path = write_request(session, &session->request);
	request.endpoint = session->address.endpoints[session->endpoint];
	request.body = session->step == STEP_VERSION ? NULL : session->request.data;
	request.token = session->step == STEP_VERSION || session->step == STEP_LOGIN ? NULL : session->token;
	request.may_repeat = !can_apply(session);
	request.timeout_ms = session->deadline_ms - now_ms();
	etcd_http_send(session->http, &request);
	session->is_sent = true;
}

/* The step that comes first, of those that are necessary. */
static LeaseOutcome
begin_requests(LeaseSession *session)
{
	if (!session->is_checked[session->endpoint])
		session->step = STEP_VERSION;
	else if (session->lease.user != NULL && session->token == NULL && !session->has_no_users)
		session->step = STEP_LOGIN;
	else if (takes_hold(session->operation) && session->grant == 0)
		session->step = STEP_GRANT;
	else
		session->step = STEP_MAIN;
	return LEASE_PENDING;
}

static LeaseOutcome
begin_endpoint(LeaseSession *session)
{
	session->deadline_ms = now_ms() + session->lease.timeout_ms;
	session->has_logged_in = false;
	return begin_requests(session);
}

static void
forget_token(LeaseSession *session)
{
	if (session->token == NULL)
		return;
	explicit_bzero(session->token, strlen(session->token));
	pfree(session->token);
	session->token = NULL;
}

/* ---------------------------------------------------------------------- reading answers */

static void
read_version(LeaseSession *session, const JsonbContainer *root)
{
	char	   *version = etcd_string(root, "etcdserver");
	int			major;
	int			minor;

	if (version == NULL || sscanf(version, "%d.%d", &major, &minor) != 2)
		return;
	if (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR))
		session->verdict = ETCD_APPLIED;
	else
		note_error(session, psprintf("version %s is too old, leases need etcd %d.%d or later",
									 version, OLDEST_MAJOR, OLDEST_MINOR));
}

static void
read_token(LeaseSession *session, const JsonbContainer *root)
{
	char	   *token = etcd_string(root, "token");

	/* It is put into a header. */
	if (token == NULL || token[0] == '\0' || strpbrk(token, "\r\n") != NULL)
		return;
	forget_token(session);
	session->token = MemoryContextStrdup(session->context, token);
	explicit_bzero(token, strlen(token));
	session->has_logged_in = true;
	session->verdict = ETCD_APPLIED;
}

static void
read_grant(LeaseSession *session, const JsonbContainer *root)
{
	session->grant = etcd_number(root, "ID");
	if (session->grant != 0)
		session->verdict = ETCD_APPLIED;
}

/* To keep what has expired is no error for etcd, but leaves it without a TTL. */
static void
read_keepalive(LeaseSession *session, const JsonbContainer *root)
{
	const JsonbContainer *result = etcd_object(root, "result");

	if (etcd_number(result, "ID") != session->grant)
		return;
	session->verdict = etcd_number(result, "TTL") > 0 ? ETCD_APPLIED : ETCD_REFUSED;
}

/* Drop what etcd has declined to take, if that can have been out of date. */
static void
drop_out_of_date(LeaseSession *session, const char *text)
{
	if (strstr(text, "requested lease not found") != NULL)
	{
		session->may_try_again = session->step == STEP_MAIN && !session->has_granted_anew;
		session->has_granted_anew = true;
		session->grant = 0;
	}
	else if (strstr(text, "authentication is not enabled") != NULL)
	{
		session->may_try_again = !session->has_logged_in;
		session->has_logged_in = true;
		session->has_no_users = true;
	}
	else if (session->response.status == 401 || strstr(text, "user name is empty") != NULL ||
			 strstr(text, "invalid auth token") != NULL || strstr(text, "revision in header is old") != NULL)
	{
		session->may_try_again = session->lease.user != NULL && !session->has_logged_in;
		session->has_no_users = false;
		forget_token(session);
	}
}

/* Read the answer to the operation itself. */
static void
read_main(LeaseSession *session, const JsonbContainer *root)
{
	if (!is_about_counters(session->operation))
		session->verdict = etcd_pool_answer(session->base, session->operation, root, &session->answer, &session->grant);
	else if (etcd_pool_read_header(root, &session->answer))
		session->verdict = etcd_counter_answer(&session->counters, session->operation, root, &session->answer);
}

static void
read_error(LeaseSession *session, const JsonbContainer *root)
{
	const char *text = etcd_error(root);

	if (text == NULL)
		return;
	note_error(session, text);
	session->is_declined = etcd_is_complaint(session->response.status);
	if (session->is_declined)
		drop_out_of_date(session, text);
}

/* Read the answer to the request of the step, for a verdict. */
static void
read_answer(LeaseSession *session)
{
	const JsonbContainer *root = etcd_parse(session->response.body);

	if (session->response.status != 200 || (root != NULL && etcd_error(root) != NULL))
		read_error(session, root);
	else if (session->step == STEP_VERSION)
		read_version(session, root);
	else if (session->step == STEP_LOGIN)
		read_token(session, root);
	else if (session->step == STEP_GRANT)
		read_grant(session, root);
	else if (session->step == STEP_MAIN)
		read_main(session, root);
	else if (session->step == STEP_KEEPALIVE)
		read_keepalive(session, root);
	else
		session->verdict = ETCD_APPLIED;
}

/* ---------------------------------------------------------------------- what comes next */

static LeaseOutcome
complete(LeaseSession *session, LeaseOutcome outcome)
{
	if (outcome == LEASE_APPLIED || outcome == LEASE_REFUSED)
		session->answer.error[0] = '\0';
	session->operation = NULL;
	return outcome;
}

/* Of what was answered, only the error and the clock are of use. */
static LeaseOutcome
complete_failure(LeaseSession *session)
{
	LeaseAnswer *answer = &session->answer;

	answer->has_pool = false;
	answer->worker_count = 0;
	answer->incarnation = 0;
	answer->revision = 0;
	memset(&answer->found, 0, sizeof(LeaseWorker));

	/* An etcd that has been restored may leave a token of before unanswered. */
	if (!session->is_declined)
		forget_token(session);
	return complete(session, session->may_be_applied ? LEASE_UNKNOWN : LEASE_UNREACHABLE);
}

/* The operation itself has been answered. */
static LeaseOutcome
after_main(LeaseSession *session)
{
	if (session->verdict == ETCD_REFUSED)
		return complete(session, LEASE_REFUSED);
	if ((session->operation->kind == LEASE_TAKE || session->operation->kind == LEASE_RETURN) &&
		!etcd_counter_is_done(&session->counters, session->operation))
		return session->races++ < MOST_RACES ? LEASE_PENDING : complete(session, LEASE_APPLIED);
	if (session->grant == 0)
		return complete(session, LEASE_APPLIED);
	session->step = session->operation->kind == LEASE_KEEP ? STEP_KEEPALIVE : STEP_REVOKE;
	return LEASE_PENDING;
}

/* The next step, after one that was answered as it should be. */
static LeaseOutcome
after_answer(LeaseSession *session)
{
	switch (session->step)
	{
		case STEP_VERSION:
			session->is_checked[session->endpoint] = true;
			return begin_requests(session);
		case STEP_LOGIN:
		case STEP_GRANT:
			return begin_requests(session);
		case STEP_MAIN:
			return after_main(session);
		case STEP_KEEPALIVE:
			if (session->verdict == ETCD_APPLIED)
				return complete(session, LEASE_APPLIED);
			/* It has expired since, so that the hold is gone. */
			if (session->has_kept_anew)
				return complete_failure(session);
			session->has_kept_anew = true;
			session->step = STEP_MAIN;
			return LEASE_PENDING;
		case STEP_REVOKE:
			return complete(session, LEASE_APPLIED);
	}
	return complete_failure(session);
}

/* Also the next operation begins there. */
static LeaseOutcome
next_endpoint(LeaseSession *session)
{
	session->is_checked[session->endpoint] = false;
	session->endpoint = (session->endpoint + 1) % session->address.endpoint_count;
	session->endpoints_left--;
	return session->endpoints_left == 0 ? complete_failure(session) : begin_endpoint(session);
}

/* The next step, after one that has failed. */
static LeaseOutcome
after_failure(LeaseSession *session)
{
	bool		is_lost = can_apply(session) && session->response.was_sent && !session->is_declined;

	/* What it was about has been done. */
	if (session->step == STEP_REVOKE)
		return complete(session, LEASE_APPLIED);
	if (session->is_declined)
		return session->may_try_again ? begin_requests(session) : complete_failure(session);
	if (is_lost)
		session->may_be_applied = true;
	if (is_lost && session->step == STEP_MAIN && session->operation->kind != LEASE_TAKE)
		session->endpoints_left = 1;
	return next_endpoint(session);
}

/* The next step, after the request of this one is complete. */
static LeaseOutcome
after_response(LeaseSession *session)
{
	const EtcdResponse *response = &session->response;

	session->verdict = ETCD_MALFORMED;
	session->is_declined = false;
	session->may_try_again = false;
	if (response->clock_us != 0)
	{
		session->answer.store_clock_us = response->clock_us;
		session->answer.store_clock_error_us = 1000000;
	}
	if (response->status == 0)
	{
		note_error(session, response->error);
		return after_failure(session);
	}
	note_error(session, response->status == 200 ? "malformed answer" : "answer that is not etcd's");
	if (guarded(read_answer, session) && session->verdict != ETCD_MALFORMED)
		return after_answer(session);
	return after_failure(session);
}

/* ---------------------------------------------------------------------- the provider */

static LeaseSession *
open_session(const LeaseAddress *lease)
{
	LeaseSession *session = palloc0(sizeof(LeaseSession));
	uint32		random = 0;

	session->lease = *lease;
	etcd_address_read(lease->store, &session->address);
	session->base = psprintf("%s/%s", session->address.prefix, lease->pool);
	session->context = CurrentMemoryContext;
	session->operation_context = AllocSetContextCreate(CurrentMemoryContext, "idgen etcd", ALLOCSET_DEFAULT_SIZES);
	/* Otherwise all servers would begin with the first. */
	if (!pg_strong_random(&random, sizeof(random)))
		random = MyProcPid;
	session->endpoint = random % session->address.endpoint_count;
	session->http = etcd_http_create(&session->address);
	return session;
}

static void
start_operation(LeaseSession *session, const LeaseOperation *operation)
{
	etcd_http_cancel(session->http);
	MemoryContextReset(session->operation_context);
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	session->operation = operation;
	session->is_sent = false;
	session->grant = 0;
	session->has_granted_anew = false;
	session->has_kept_anew = false;
	session->races = 0;
	session->may_be_applied = false;
	if (operation->kind == LEASE_TAKE || operation->kind == LEASE_RETURN)
		etcd_counter_begin(&session->counters, operation, &session->answer);
	session->endpoints_left = session->address.endpoint_count;
	begin_endpoint(session);
}

static int
session_sockets(LeaseSession *session, LeaseSocket *sockets, int64 *timeout_ms)
{
	if (session->operation != NULL && session->is_sent)
		return etcd_http_sockets(session->http, sockets, timeout_ms);
	*timeout_ms = session->operation == NULL ? 60000 : 0;
	return 0;
}

static LeaseOutcome
step_session(LeaseSession *session, LeaseAnswer *answer)
{
	LeaseOutcome outcome = session->operation == NULL ? LEASE_UNREACHABLE : LEASE_PENDING;

	while (outcome == LEASE_PENDING)
	{
		if (!session->is_sent && !guarded(send_request, session))
		{
			outcome = complete_failure(session);
			break;
		}
		if (!etcd_http_step(session->http, &session->response))
			return LEASE_PENDING;
		session->is_sent = false;
		if (session->step == STEP_LOGIN)
			explicit_bzero(session->request.data, session->request.len);
		outcome = after_response(session);
	}
	*answer = session->answer;
	return outcome;
}

static void
close_session(LeaseSession *session)
{
	forget_token(session);
	etcd_http_destroy(session->http);
	MemoryContextDelete(session->operation_context);
}

static const LeaseProvider provider = {
	.version = LEASE_PROVIDER_VERSION,
	.name = "etcd",
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
