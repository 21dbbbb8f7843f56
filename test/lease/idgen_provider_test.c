/*-------------------------------------------------------------------------
 *
 * idgen_provider_test.c
 *	  Providers of coordination stores, called from SQL by the tests.
 *
 * A backend has some sessions with stores, each of which does one operation at
 * a time.  test/t/IdgenTest/Provider.pm declares the functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "lease/lease_provider.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(provider_open);
PG_FUNCTION_INFO_V1(provider_start);
PG_FUNCTION_INFO_V1(provider_finish);
PG_FUNCTION_INFO_V1(provider_memory);
PG_FUNCTION_INFO_V1(provider_close);

/* A session with a store, with the operation that is under way. */
typedef struct TestSession
{
	const LeaseProvider *provider;
	LeaseSession *lease;
	LeaseAddress address;
	MemoryContext context;		/* of what the provider allocates */
	MemoryContext operation_context;
	LeaseOperation operation;
	LeaseAnswer answer;
	instr_time	start;
} TestSession;

static TestSession *sessions[32];

/* Takes of all sessions of this process are told apart by their tokens. */
static uint64 tokens = 0;

static const char *const kind_names[] = {
	[LEASE_PREPARE] = "prepare",
	[LEASE_READ] = "read",
	[LEASE_WRITE_POOL] = "write_pool",
	[LEASE_WRITE] = "write",
	[LEASE_KEEP] = "keep",
	[LEASE_TAKE] = "take",
	[LEASE_MAKE_COUNTER] = "make_counter",
	[LEASE_RETURN] = "return",
};

static const char *const take_names[] = {
	[LEASE_NOT_TAKEN] = "not taken",
	[LEASE_TAKEN] = "taken",
	[LEASE_NO_COUNTER] = "no counter",
	[LEASE_EXHAUSTED] = "exhausted",
};

static const char *const hold_names[] = {
	[LEASE_HOLD_LEAVE] = "leave",
	[LEASE_HOLD_TAKE] = "take",
	[LEASE_HOLD_DROP] = "drop",
};

static const char *const outcome_names[] = {
	[LEASE_PENDING] = "pending",
	[LEASE_APPLIED] = "applied",
	[LEASE_REFUSED] = "refused",
	[LEASE_UNKNOWN] = "unknown",
	[LEASE_UNREACHABLE] = "unreachable",
};

/* The name's place in a list. */
static int
find_name(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	elog(ERROR, "no \"%s\"", name);
}

/* A text argument, or NULL. */
static char *
text_argument(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

static TestSession *
session_argument(FunctionCallInfo fcinfo)
{
	int			number = PG_GETARG_INT32(0);

	if (number < 0 || number >= lengthof(sessions) || sessions[number] == NULL)
		elog(ERROR, "no session %d", number);
	return sessions[number];
}

/* The provider in a module's file, or in the one of that name where the server's are. */
static const LeaseProvider *
load_provider(const char *file)
{
	LeaseProviderFunction function = (LeaseProviderFunction)
		load_external_function(file, LEASE_PROVIDER_FUNCTION, true, NULL);
	const LeaseProvider *provider = function();

	if (provider->version != LEASE_PROVIDER_VERSION)
		elog(ERROR, "version %d of a provider, and not %d", provider->version, LEASE_PROVIDER_VERSION);
	return provider;
}

/* (module, store, pool, user, password, timeout_ms, accept_loss): the number of a new session. */
Datum
provider_open(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "provider test", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	TestSession *session = palloc0(sizeof(TestSession));
	int			number = 0;

	while (sessions[number] != NULL)
		if (++number == lengthof(sessions))
			elog(ERROR, "too many sessions");
	session->context = context;
	session->address.store = text_argument(fcinfo, 1);
	session->address.pool = text_argument(fcinfo, 2);
	session->address.user = text_argument(fcinfo, 3);
	session->address.password = text_argument(fcinfo, 4);
	session->address.application = "idgen test";
	session->address.timeout_ms = PG_GETARG_INT32(5);
	session->address.accept_loss = PG_GETARG_BOOL(6);
	session->operation_context = AllocSetContextCreate(context, "operation", ALLOCSET_DEFAULT_SIZES);
	session->provider = load_provider(text_argument(fcinfo, 0));
	session->lease = session->provider->open(&session->address);
	MemoryContextSwitchTo(old_context);
	sessions[number] = session;
	PG_RETURN_INT32(number);
}

/* Fill in takes: an array of counters, and one of counts. */
static void
read_takes(FunctionCallInfo fcinfo, LeaseOperation *operation)
{
	Datum	   *counters;
	Datum	   *counts;
	int			count;

	if (operation->kind != LEASE_TAKE)
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(10), TEXTOID, -1, false, TYPALIGN_INT, &counters, NULL, &operation->take_count);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(11), INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &counts, NULL,
					  &count);
	if (count != operation->take_count || count > LEASE_MOST_TAKES)
		elog(ERROR, "wrong number of takes");
	for (int i = 0; i < count; i++)
	{
		operation->takes[i].counter = TextDatumGetCString(counters[i]);
		operation->takes[i].count = DatumGetInt64(counts[i]);
		operation->takes[i].token = ++tokens;
	}
}

/* Fill in a return: of a counter, and an array of first, last and token. */
static void
read_return(FunctionCallInfo fcinfo, LeaseOperation *operation)
{
	Datum	   *values;
	int			count;

	if (operation->kind != LEASE_RETURN)
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(11), INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, NULL,
					  &count);
	if (count != 3)
		elog(ERROR, "a return has a first number, a last one and a token");
	operation->returned.counter = operation->counter;
	operation->returned.first = DatumGetInt64(values[0]);
	operation->returned.last = DatumGetInt64(values[1]);
	operation->returned.token = (uint64) DatumGetInt64(values[2]);
}

/*
 * (session, kind, worker, pool, new_pool, record, new_record, hold, hold_nonce,
 * ttl_ms, counters, counts, counter, counter_text): start an operation, and
 * abandon the one that is under way.
 */
Datum
provider_start(PG_FUNCTION_ARGS)
{
	TestSession *session = session_argument(fcinfo);
	MemoryContext old_context;

	MemoryContextReset(session->operation_context);
	old_context = MemoryContextSwitchTo(session->operation_context);
	session->operation = (LeaseOperation)
	{
		.kind = find_name(text_argument(fcinfo, 1), kind_names, lengthof(kind_names)),
			.worker = PG_GETARG_INT32(2),
			.pool = text_argument(fcinfo, 3),
			.new_pool = text_argument(fcinfo, 4),
			.record = text_argument(fcinfo, 5),
			.new_record = text_argument(fcinfo, 6),
			.hold = find_name(text_argument(fcinfo, 7), hold_names, lengthof(hold_names)),
			.hold_nonce = text_argument(fcinfo, 8),
			.ttl_ms = PG_GETARG_INT32(9),
			.counter = text_argument(fcinfo, 12),
			.counter_text = text_argument(fcinfo, 13),
	};
	read_takes(fcinfo, &session->operation);
	read_return(fcinfo, &session->operation);
	MemoryContextSwitchTo(old_context);
	memset(&session->answer, 0, sizeof(LeaseAnswer));
	INSTR_TIME_SET_CURRENT(session->start);
	session->provider->start(session->lease, &session->operation);
	PG_RETURN_VOID();
}

static double
ms_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_MILLISEC(now);
}

/* Wait for the sockets of a session, no longer than its provider wants, nor than longest_ms. */
static void
wait_for_sockets(TestSession *session, double longest_ms)
{
	LeaseSocket sockets[LEASE_MOST_SOCKETS];
	int64		timeout_ms;
	int			count = session->provider->sockets(session->lease, sockets, &timeout_ms);
	WaitEventSet *set = compat_create_wait_set(count + 2);
	WaitEvent	event;

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < count; i++)
		AddWaitEventToSet(set, sockets[i].events, sockets[i].socket, NULL, NULL);
	WaitEventSetWait(set, (long) Max(0, Min(timeout_ms, longest_ms)), &event, 1, PG_WAIT_EXTENSION);
	FreeWaitEventSet(set);
	ResetLatch(MyLatch);
}

static Datum
text_or_null(const char *text, bool is_there, bool *is_null)
{
	*is_null = !is_there;
	return is_there ? CStringGetTextDatum(text) : (Datum) 0;
}

/* An array of (worker, record, hold's nonce). */
static Datum
workers_array(const LeaseAnswer *answer)
{
	Datum	   *values = palloc(sizeof(Datum) * (3 * answer->worker_count + 1));
	bool	   *nulls = palloc(sizeof(bool) * (3 * answer->worker_count + 1));
	int			sizes[] = {answer->worker_count, 3};
	int			lower_bounds[] = {1, 1};

	if (answer->worker_count == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	for (int i = 0; i < answer->worker_count; i++)
	{
		const LeaseWorker *worker = &answer->workers[i];

		values[3 * i] = text_or_null(psprintf("%d", worker->worker), true, &nulls[3 * i]);
		values[3 * i + 1] = text_or_null(worker->record, worker->has_record, &nulls[3 * i + 1]);
		values[3 * i + 2] = text_or_null(worker->hold_nonce, worker->is_held, &nulls[3 * i + 2]);
	}
	return PointerGetDatum(construct_md_array(values, nulls, 2, sizes, lower_bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

/* An array of (result, first, identity, error, token). */
static Datum
taken_array(const LeaseOperation *operation, const LeaseAnswer *answer)
{
	Datum		values[5 * LEASE_MOST_TAKES];
	int			sizes[] = {operation->take_count, 5};
	int			lower_bounds[] = {1, 1};

	if (operation->take_count == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	for (int i = 0; i < operation->take_count; i++)
	{
		const LeaseTaken *taken = &answer->taken[i];

		values[5 * i] = CStringGetTextDatum(take_names[taken->result]);
		values[5 * i + 1] = CStringGetTextDatum(psprintf(INT64_FORMAT, taken->first));
		values[5 * i + 2] = CStringGetTextDatum(psprintf(UINT64_FORMAT, taken->identity));
		values[5 * i + 3] = CStringGetTextDatum(taken->error);
		values[5 * i + 4] = CStringGetTextDatum(psprintf(UINT64_FORMAT, taken->token));
	}
	return PointerGetDatum(construct_md_array(values, NULL, 2, sizes, lower_bounds, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * (session, patience_ms): wait until the operation is complete, at most that
 * long, and return its outcome and the answer.
 */
Datum
provider_finish(PG_FUNCTION_ARGS)
{
	TestSession *session = session_argument(fcinfo);
	LeaseAnswer *answer = &session->answer;
	instr_time	start;
	LeaseOutcome outcome;
	TupleDesc	row_type;
	Datum		values[13];
	bool		nulls[13] = {false};

	INSTR_TIME_SET_CURRENT(start);
	while ((outcome = session->provider->step(session->lease, answer)) == LEASE_PENDING)
	{
		double		longest_ms = PG_GETARG_INT32(1) - ms_since(start);

		CHECK_FOR_INTERRUPTS();
		if (longest_ms <= 0)
			break;
		wait_for_sockets(session, longest_ms);
	}
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(outcome_names[outcome]);
	values[1] = Float8GetDatum(ms_since(session->start));
	values[2] = text_or_null(answer->pool, answer->has_pool, &nulls[2]);
	values[3] = text_or_null(answer->found.record, answer->found.has_record, &nulls[3]);
	values[4] = text_or_null(answer->found.hold_nonce, answer->found.is_held, &nulls[4]);
	values[5] = Int32GetDatum(answer->found.worker);
	values[6] = workers_array(answer);
	values[7] = CStringGetTextDatum(psprintf(UINT64_FORMAT, answer->incarnation));
	values[8] = CStringGetTextDatum(psprintf(UINT64_FORMAT, answer->revision));
	values[9] = Int64GetDatum(answer->store_clock_us);
	values[10] = Int64GetDatum(answer->store_clock_error_us);
	values[11] = CStringGetTextDatum(answer->error);
	values[12] = taken_array(&session->operation, answer);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

/* (session): the bytes of PostgreSQL's memory that its provider has. */
Datum
provider_memory(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(MemoryContextMemAllocated(session_argument(fcinfo)->context, true));
}

Datum
provider_close(PG_FUNCTION_ARGS)
{
	TestSession *session = session_argument(fcinfo);

	session->provider->close(session->lease);
	sessions[PG_GETARG_INT32(0)] = NULL;
	MemoryContextDelete(session->context);
	PG_RETURN_VOID();
}
