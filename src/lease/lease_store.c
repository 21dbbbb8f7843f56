/*-------------------------------------------------------------------------
 *
 * lease_store.c
 *	  Sessions with the coordination store that idgen.lease_store names.
 *
 * The scheme of the setting names the provider, a module that is loaded when it
 * is needed.  An operation is done here from its start to its outcome; which
 * operations come in which order is decided by the caller.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "engine/lease_limit.h"
#include "lease/lease_secret.h"
#include "lease/lease_store.h"

ServerSetting lease_pool = {
	.name = "idgen.lease_pool",
	.str = LEASE_DEFAULT_POOL,
};
int			lease_ttl_ms = LEASE_DEFAULT_TTL_MS;
int			lease_reach_ms = LEASE_DEFAULT_REACH_MS;
int			lease_max_skew_ms = 10000;
bool		lease_accept_loss = false;

#define TIMEOUTS_IN_REACH 20

/* An operation that has not come to an end after this many timeouts is given up: a store may have many servers. */
#define MOST_TIMEOUTS 8

/* How often a wait looks whether the caller must stop. */
#define STOP_POLL_MS 100

/* The longest name of a pool. */
#define LONGEST_POOL_NAME 64

struct LeaseStore
{
	MemoryContext context;
	const LeaseProvider *provider;
	LeaseSession *session;
	LeaseAddress address;
};

/* How names of modules begin; the rest is that of the Debian package. */
#define MODULE_PREFIX "idgen_"

/* A scheme of addresses, and the module whose provider knows it. */
typedef struct StoreScheme
{
	const char *prefix;
	const char *module;
} StoreScheme;

static const StoreScheme schemes[] = {
	{"postgresql://", "idgen_postgres"},
	{"postgres://", "idgen_postgres"},
	{"etcd://", "idgen_etcd"},
	{"etcds://", "idgen_etcd"},
	{"redis://", "idgen_redis"},
	{"rediss://", "idgen_redis"},
	{"zookeeper://", "idgen_zookeeper"},
	{"teststore://", "idgen_teststore"},
};

static const StoreScheme *
find_scheme(const char *address)
{
	for (int i = 0; i < lengthof(schemes); i++)
		if (strncmp(address, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

/* Does a text contain what may be a password, in front of a host or as a parameter? */
bool
lease_store_has_password(const char *text)
{
	const char *scheme_end = strstr(text, "://");
	const char *authority = scheme_end == NULL ? text : scheme_end + 3;
	size_t		length = strcspn(authority, "/?");
	const char *at = memchr(authority, '@', length);
	const char *colon = memchr(authority, ':', length);

	return (at != NULL && colon != NULL && colon < at) || strstr(text, "password=") != NULL;
}

const char *
lease_store_objection(const char *text)
{
	if (text[0] == '\0')
		return NULL;
	if (find_scheme(text) == NULL || strchr(text, ' ') != NULL)
		return "It must begin with \"etcd://\", \"etcds://\", \"postgresql://\", \"zookeeper://\", \"redis://\" or \"rediss://\", and contain no space.";
	if (lease_store_has_password(text))
		return "It contains a password, which everyone who can read the configuration or the log would see. Put it into the file that \"idgen.lease_secret_file\" names.";
	return NULL;
}

const char *
lease_pool_objection(const char *text)
{
	static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	if (text[0] == '\0' || strlen(text) > LONGEST_POOL_NAME || text[strspn(text, allowed)] != '\0')
		return "It must be 1 to 64 letters, digits, \"_\" and \"-\".";
	return NULL;
}

/* ERROR INVALID_PARAMETER_VALUE if idgen.lease_store is invalid.  Its text is not shown: it may contain a password. */
void
lease_store_check(void)
{
	if (!setting_is_valid(&lease_store))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for parameter \"%s\"", lease_store.name),
				errdetail("%s", lease_store_objection(lease_store.str)),
				errhint("%s", setting_invalid_hint(&lease_store)));
	if (!setting_is_valid(&lease_pool))
		setting_report_invalid(&lease_pool, lease_pool_objection(lease_pool.str), NULL);
}

/* Why no session can be begun with the settings as they are: a sentence, or NULL. */
const char *
lease_settings_objection(void)
{
	if (!setting_is_valid(&lease_store))
		return lease_store_objection(lease_store.str);
	if (!setting_is_valid(&lease_pool))
		return "The name of the pool in \"idgen.lease_pool\" is invalid.";
	return NULL;
}

/* A callback of errors while a module is loaded: where it comes from, if it is not installed. */
static void
hint_at_package(void *arg)
{
	const char *module = arg;

	if (geterrcode() == ERRCODE_UNDEFINED_FILE)
		errhint("Install it; in Debian, it is in package \"postgresql-%d-idgen-%s\".", PG_VERSION_NUM / 10000, module + strlen(MODULE_PREFIX));
}

static const LeaseProvider *
load_provider(const char *address)
{
	const StoreScheme *scheme = find_scheme(address);
	ErrorContextCallback callback = {
		.previous = error_context_stack,
		.callback = hint_at_package,
		.arg = unconstify(char *, scheme->module),
	};
	LeaseProviderFunction get_provider;
	const LeaseProvider *provider;

	error_context_stack = &callback;
	get_provider = (LeaseProviderFunction) load_external_function(scheme->module, LEASE_PROVIDER_FUNCTION, true, NULL);
	error_context_stack = callback.previous;
	provider = get_provider();
	if (provider->version != LEASE_PROVIDER_VERSION)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("module \"%s\" is of another version of idgen", scheme->module),
				errdetail("Its interface has version %d, and this library needs version %d.",
						  provider->version, LEASE_PROVIDER_VERSION),
				errhint("Install modules and library of one version, and restart the server."));
	return provider;
}

/* An address, in the current memory context. */
static LeaseAddress
make_address(const char *store, const char *pool, const LeaseSecret *secret, int timeout_ms)
{
	LeaseAddress address = {
		.store = pstrdup(store),
		.pool = pstrdup(pool),
		.user = secret->user,
		.password = secret->password,
		.application = "idgen",
		.timeout_ms = timeout_ms,
		.accept_loss = lease_accept_loss,
	};

	return address;
}

/* The ERROR that is being handled, as a text, if it is one of a session's beginning; any other is raised again. */
static const char *
describe_refusal(void)
{
	ErrorData  *error = CopyErrorData();

	if (error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE && error->sqlerrcode != ERRCODE_UNDEFINED_FILE &&
		error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		PG_RE_THROW();
	FlushErrorState();
	if (error->sqlerrcode == ERRCODE_UNDEFINED_FILE && error->hint != NULL)
		return psprintf("%s. %s", error->message, error->hint);
	return error->detail ? psprintf("%s. %s", error->message, error->detail) : psprintf("%s.", error->message);
}

/* Why no session could be begun with a store at a valid address, as a text, or NULL.  The store is not connected to. */
const char *
lease_store_try(const char *store, const char *pool)
{
	MemoryContext before = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(before, "idgen lease address", ALLOCSET_DEFAULT_SIZES);
	LeaseSecret no_secret = {NULL};
	const char *volatile objection = NULL;

	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		LeaseAddress address = make_address(store, pool, &no_secret, LEASE_LONGEST_TIMEOUT_MS);
		const LeaseProvider *provider = load_provider(store);

		provider->close(provider->open(&address));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		objection = describe_refusal();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	MemoryContextDelete(context);
	return objection;
}

/*
 * Begin a session with any store.  Errors: INVALID_PARAMETER_VALUE if the address
 * is invalid; UNDEFINED_FILE if the module is not installed; those of
 * lease_secret_read().
 */
LeaseStore *
lease_store_open_at(const char *address, const char *pool, const char *secret_file, int timeout_ms)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "idgen lease store", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	LeaseStore *store = palloc0(sizeof(LeaseStore));
	LeaseSecret secret;

	PG_TRY();
	{
		store->context = context;
		store->provider = load_provider(address);
		secret = lease_secret_read(secret_file);
		store->address = make_address(address, pool, &secret, timeout_ms);
		store->session = store->provider->open(&store->address);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(before);
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	return store;
}

/*
 * What the agent waits for one server of the store, in ms (1 ..): so little that
 * it can ask others before its lease ends.
 */
int
lease_store_agent_timeout(void)
{
	return Min(LEASE_LONGEST_TIMEOUT_MS, Max(lease_reach_ms / TIMEOUTS_IN_REACH, 1));
}

/*
 * Begin a session with the store of leases, whose operations wait timeout_ms
 * (1 ..) for one server of it.  Errors: those of lease_store_open_at(), also if a
 * setting is invalid.
 */
LeaseStore *
lease_store_open(int timeout_ms)
{
	lease_store_check();
	return lease_store_open_at(lease_store.str, lease_pool.str, lease_secret_file, timeout_ms);
}

/* Write what the ERROR that is being handled says, and forget it.  context is that of before the error. */
void
lease_store_note_error(MemoryContext context, char *str, size_t size)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	snprintf(str, size, "%s%s%s%s%s", error->message,
			 error->detail == NULL ? "" : ": ", error->detail == NULL ? "" : error->detail,
			 error->hint == NULL ? "" : ". ", error->hint == NULL ? "" : error->hint);
	FreeErrorData(error);
}

/* The name of the provider, for messages. */
const char *
lease_store_name(const LeaseStore *store)
{
	return store->provider->name;
}

/* See LeaseProvider. */
bool
lease_store_takes_compete(const LeaseStore *store)
{
	return store->provider->takes_compete;
}

void
lease_store_close(LeaseStore *store)
{
	store->provider->close(store->session);
	MemoryContextDelete(store->context);
}

/*
 * For callers that wait for several sessions: see LeaseProvider.  Each advances
 * its operation in the session's memory context.
 */
void
lease_store_start(LeaseStore *store, const LeaseOperation *operation)
{
	MemoryContext before = MemoryContextSwitchTo(store->context);

	store->provider->start(store->session, operation);
	MemoryContextSwitchTo(before);
}

int
lease_store_sockets(LeaseStore *store, LeaseSocket *sockets, int64 *timeout_ms)
{
	return store->provider->sockets(store->session, sockets, timeout_ms);
}

LeaseOutcome
lease_store_step(LeaseStore *store, LeaseAnswer *answer)
{
	MemoryContext before = MemoryContextSwitchTo(store->context);
	LeaseOutcome outcome = store->provider->step(store->session, answer);

	MemoryContextSwitchTo(before);
	return outcome;
}

/* Wait for what the provider waits for, at most timeout_ms (0 ..). */
static void
wait_for_store(LeaseStore *store, int64 timeout_ms)
{
	static uint32 wait_event = 0;
	LeaseSocket sockets[LEASE_MOST_SOCKETS];
	WaitEventSet *set = compat_create_wait_set(LEASE_MOST_SOCKETS + 2);
	WaitEvent	event;
	int64		provider_ms = timeout_ms;
	int			count = store->provider->sockets(store->session, sockets, &provider_ms);

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < count; i++)
		AddWaitEventToSet(set, sockets[i].events, sockets[i].socket, NULL, NULL);
	(void) WaitEventSetWait(set, Max(0, Min(timeout_ms, provider_ms)), &event, 1,
							compat_wait_event(&wait_event, "IdgenLeaseStore"));
	FreeWaitEventSet(set);
}

/*
 * Do an operation.  must_stop, which may be NULL, is asked now and then, and
 * processes interrupts as its caller needs; if it returns true, the operation
 * is abandoned, and its outcome is LEASE_UNKNOWN.  The latch is reset.
 */
LeaseOutcome
lease_store_do(LeaseStore *store, const LeaseOperation *operation, LeaseAnswer *answer, bool (*must_stop) (void))
{
	int64		deadline_ns = clock_monotonic_ns() + MOST_TIMEOUTS * store->address.timeout_ms * NS_PER_MS;
	MemoryContext before = MemoryContextSwitchTo(store->context);
	LeaseOutcome outcome;

	memset(answer, 0, sizeof(LeaseAnswer));
	store->provider->start(store->session, operation);
	while ((outcome = store->provider->step(store->session, answer)) == LEASE_PENDING)
	{
		int64		left_ms = (deadline_ns - clock_monotonic_ns()) / NS_PER_MS;

		if (left_ms <= 0 || (must_stop != NULL && must_stop()))
		{
			strlcpy(answer->error, "The store has not answered in time.", sizeof(answer->error));
			outcome = LEASE_UNKNOWN;
			break;
		}
		wait_for_store(store, Min(left_ms, STOP_POLL_MS));
		ResetLatch(MyLatch);
	}
	MemoryContextSwitchTo(before);
	return outcome;
}
