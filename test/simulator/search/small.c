/*-------------------------------------------------------------------------
 *
 * small.c
 *	  The steps of lease_machine.c and of model_store.h, for machines, requests and
 *	  stores in a few bytes.
 *
 * Each step is done once by the real code, and its result is remembered.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "../model_store.h"
#include "bytes.h"
#include "small.h"

#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"
#define WORKER 1

static LeasePool pool;
static char pool_text[LEASE_POOL_SIZE];

/* Clocks decide nothing here: a worker never rests, and no clock is too far off. */
static const LeaseTerms terms = {
	.layout = LAYOUT,
	.holder = "server",
	.ttl_ms = 1,
	.reach_us = 1,
	.drift_us = 100,
	.doubt_us = 100,
	.max_skew_us = 100,
};

/* ------------------------------------------------------------------ to small ones, and back */

static void
write_nonce(int number, char *nonce)
{
	snprintf(nonce, LEASE_NONCE_SIZE, "%032x", number);
}

static uint8
small_nonce(const char *nonce)
{
	return strtoul(nonce, NULL, 16);
}

static SmallRecord
small_record(const LeaseRecord *record)
{
	SmallRecord small = {
		.nonce = small_nonce(record->nonce),
		.epoch = record->epoch,
		.fence = record->fence_us,
	};

	return small;
}

/* The record of a text; NULL or an empty text stands for none. */
static SmallRecord
read_record(const char *written)
{
	LeaseRecord record = {.epoch = 0};

	if (written != NULL && written[0] != '\0' && !lease_record_read(written, &record))
		abort();
	return small_record(&record);
}

/* Sets both to all zero if there is no record. */
static void
restore_record(SmallRecord small, LeaseRecord *record, char *written)
{
	memset(record, 0, sizeof(LeaseRecord));
	written[0] = '\0';
	if (small.nonce == 0)
		return;
	write_nonce(small.nonce, record->nonce);
	record->epoch = small.epoch;
	record->fence_us = small.fence;
	strlcpy(record->holder, terms.holder, LEASE_HOLDER_SIZE);
	lease_record_write(record, written);
}

/* Will the new record be looked at again? */
static bool
needs_new_record(const LeaseMachine *machine)
{
	return machine->has_choice || machine->step == LEASE_CLAIMING || machine->step == LEASE_CHECKING ||
		machine->step == LEASE_EXTENDING;
}

static SmallMachine
small_machine(const LeaseMachine *machine)
{
	SmallMachine small = {
		.is_held = machine->is_held,
		.is_attached = machine->is_attached,
		.has_pool = machine->has_pool,
		.is_in_doubt = machine->is_in_doubt,
		.has_choice = machine->has_choice,
		.step = machine->step,
	};

	if (machine->is_held)
	{
		small.start = machine->start_us;
		small.claim_fence = machine->claim_fence_us;
		small.record = small_record(&machine->record);
	}
	if (machine->has_choice)
		small.old_record = read_record(machine->old_text);
	if (needs_new_record(machine))
		small.new_record = small_record(&machine->new_record);
	return small;
}

static void
restore_machine(const SmallMachine *small, LeaseMachine *machine)
{
	LeaseRecord old_record;

	memset(machine, 0, sizeof(LeaseMachine));
	machine->is_held = small->is_held;
	machine->is_attached = small->is_attached;
	machine->has_pool = small->has_pool;
	machine->is_in_doubt = small->is_in_doubt;
	machine->has_choice = small->has_choice;
	machine->step = small->step;
	machine->start_us = small->start;
	machine->claim_fence_us = small->claim_fence;
	machine->worker = machine->claim_worker = WORKER;
	restore_record(small->record, &machine->record, machine->record_text);
	restore_record(small->old_record, &old_record, machine->old_text);
	restore_record(small->new_record, &machine->new_record, machine->new_text);
	if (small->has_pool)
	{
		machine->pool = pool;
		strlcpy(machine->pool_text, pool_text, LEASE_POOL_SIZE);
	}
}

static SmallRequest
small_request(const LeaseOperation *operation)
{
	SmallRequest small = {
		.kind = operation->kind,
		.hold = operation->hold,
		.record = read_record(operation->record),
		.new_record = read_record(operation->new_record),
	};

	if (operation->hold_nonce != NULL)
		small.hold_nonce = small_nonce(operation->hold_nonce);
	return small;
}

static void
restore_worker(const SmallStore *small, ModelWorker *worker)
{
	LeaseRecord record;

	memset(worker, 0, sizeof(ModelWorker));
	worker->has_record = small->record.nonce != 0;
	restore_record(small->record, &record, worker->record);
	if (small->is_held)
	{
		write_nonce(small->hold_nonce, worker->hold_nonce);
		worker->hold_until_us = 1;
	}
}

static SmallStore
small_store(const ModelWorker *worker)
{
	SmallStore	small = {
		.record = read_record(worker->record),
		.is_held = model_is_held(worker, 0),
	};

	if (small.is_held)
		small.hold_nonce = small_nonce(worker->hold_nonce);
	return small;
}

static ModelStore
store_of(ModelWorker *worker)
{
	ModelStore	store = {
		.has_pool = true,
		.first_worker = WORKER,
		.worker_count = 1,
		.workers = worker,
	};

	strlcpy(store.pool, pool_text, LEASE_POOL_SIZE);
	return store;
}

/* ------------------------------------------------------------------ the real steps */

/* A step, before or after it was done; what a step does not know is 0. */
typedef struct Call
{
	uint8		step;
	uint8		outcome;
	SmallNeeds	needs;
	SmallMachine machine;
	SmallRequest request;
	SmallStore	store;
} Call;

typedef enum CallStep
{
	CALL_NEXT,
	CALL_ANSWER,
	CALL_APPLY,
} CallStep;

/* The outcome is whether there is a request. */
static void
call_next(Call *call)
{
	LeaseMachine machine;
	LeaseOperation operation;
	LeaseNeeds	needs = {
		.worker = true,
		.extension = call->needs.wanted != 0,
		.wanted_us = call->needs.wanted,
		.keep = call->needs.keep,
		.release = call->needs.release,
		.used_until_us = call->needs.used_until,
		.latest_start_us = PG_INT64_MAX,
	};

	write_nonce(call->needs.nonce, needs.nonce);
	restore_machine(&call->machine, &machine);
	call->outcome = lease_machine_next(&machine, &terms, &needs, &operation);
	if (call->outcome)
		call->request = small_request(&operation);
	call->machine = small_machine(&machine);
}

static void
call_answer(Call *call)
{
	LeaseMachine machine;
	ModelWorker worker;
	ModelStore	store = store_of(&worker);
	LeaseWorker read;
	LeaseAnswer answer = {
		.has_pool = true,
		.workers = &read,
	};
	LeaseNeeds	needs = {
		.worker = true,
		.latest_start_us = PG_INT64_MAX,
	};

	write_nonce(call->needs.nonce, needs.nonce);
	restore_machine(&call->machine, &machine);
	restore_worker(&call->store, &worker);
	strlcpy(answer.pool, pool_text, LEASE_POOL_SIZE);
	model_read(&store, 0, &answer);
	model_tell_worker(&store, WORKER, 0, &answer.found);
	lease_machine_answer(&machine, &terms, &needs, call->outcome, &answer);
	call->machine = small_machine(&machine);
}

static void
call_apply(Call *call)
{
	const SmallRequest *request = &call->request;
	ModelWorker worker;
	ModelStore	store = store_of(&worker);
	LeaseWorker read;
	LeaseAnswer answer = {.workers = &read};
	LeaseRecord unused;
	char		record[LEASE_RECORD_SIZE];
	char		new_record[LEASE_RECORD_SIZE];
	char		hold_nonce[LEASE_NONCE_SIZE];
	LeaseOperation operation = {
		.kind = request->kind,
		.worker = WORKER,
		.pool = pool_text,
		.record = request->record.nonce == 0 ? NULL : record,
		.new_record = new_record,
		.hold = request->hold,
		.hold_nonce = hold_nonce,
		.ttl_ms = 1,
	};

	restore_worker(&call->store, &worker);
	restore_record(request->record, &unused, record);
	restore_record(request->new_record, &unused, new_record);
	write_nonce(request->hold_nonce, hold_nonce);
	call->outcome = model_store_do(&store, &operation, 0, &answer);
	call->store = small_store(&worker);
}

/* ------------------------------------------------------------------ what was done before */

typedef struct Done
{
	bool		is_used;
	Call		before;
	Call		after;
} Done;

static Done *done;
static uint64 done_room = UINT64CONST(1) << 12;
static uint64 done_count;

static Done *
find_done(const Call *call)
{
	uint64		at = bytes_hash(call, sizeof(Call)) & (done_room - 1);

	while (done[at].is_used && memcmp(&done[at].before, call, sizeof(Call)) != 0)
		at = (at + 1) & (done_room - 1);
	return &done[at];
}

static void
grow_done(void)
{
	Done	   *before = done;
	uint64		room_before = done_room;

	done_room *= 2;
	done = calloc(done_room, sizeof(Done));
	for (uint64 i = 0; i < room_before; i++)
		if (before[i].is_used)
			*find_done(&before[i].before) = before[i];
	free(before);
}

static const Call *
do_call(const Call *call)
{
	Done	   *found = find_done(call);

	if (found->is_used)
		return &found->after;
	if (++done_count * 2 >= done_room)
	{
		grow_done();
		found = find_done(call);
	}
	found->is_used = true;
	found->before = found->after = *call;
	if (call->step == CALL_NEXT)
		call_next(&found->after);
	else if (call->step == CALL_ANSWER)
		call_answer(&found->after);
	else
		call_apply(&found->after);
	return &found->after;
}

/* ------------------------------------------------------------------ the steps */

/* Make the pool that all use. */
void
small_begin(void)
{
	pool.first_worker = pool.last_worker = WORKER;
	pool.reach_us = terms.reach_us;
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	write_nonce(1, pool.identity);
	lease_pool_write(&pool, pool_text);
	done = calloc(done_room, sizeof(Done));
}

/* lease_machine_next() */
bool
small_next(SmallMachine *machine, const SmallNeeds *needs, SmallRequest *request)
{
	Call		call = {
		.step = CALL_NEXT,
		.machine = *machine,
		.needs = *needs,
	};
	const Call *after = do_call(&call);

	*machine = after->machine;
	*request = after->request;
	return after->outcome;
}

/* lease_machine_answer() */
void
small_answer(SmallMachine *machine, LeaseOutcome outcome, const SmallStore *found)
{
	Call		call = {
		.step = CALL_ANSWER,
		.machine = *machine,
		.outcome = outcome,
		.store = *found,
	};

	*machine = do_call(&call)->machine;
}

/* model_store_do() */
LeaseOutcome
small_apply(SmallStore *store, const SmallRequest *request)
{
	Call		call = {
		.step = CALL_APPLY,
		.store = *store,
		.request = *request,
	};
	const Call *after = do_call(&call);

	*store = after->store;
	return after->outcome;
}
