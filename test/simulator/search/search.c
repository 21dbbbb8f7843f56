/*-------------------------------------------------------------------------
 *
 * search.c
 *	  All that can happen to two servers that want one worker ID, within bounds.
 *
 * The servers have the machine of lease_machine.c.  Requests may be applied late, lost
 * or given up, answers too; a hold may expire at any moment; clocks may say anything;
 * a server may crash and start again.  In each state that can be reached, no time may
 * be issued twice.  See ../README.md.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/lease_machine.h"

#include "../model_store.h"

#define SERVERS 2
#define REQUESTS 2				/* under way at a time */
#define TIMES 2					/* 0 .. TIMES - 1 may be issued */

#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"

/* An operation under way; texts are empty for what is absent. */
typedef struct Request
{
	bool		is_used;
	bool		is_applied;		/* the answer is under way */
	bool		is_given_up;	/* nobody waits for the answer */
	int			server;
	LeaseOperationKind kind;
	LeaseHoldChange hold;
	LeaseOutcome outcome;
	char		record[LEASE_RECORD_SIZE];
	char		new_record[LEASE_RECORD_SIZE];
	char		hold_nonce[LEASE_NONCE_SIZE];
	LeaseWorker found;
} Request;

typedef struct Server
{
	LeaseMachine machine;
	LeaseNeeds	needs;
	int64		published;		/* number of the claim; 0: none */
	int64		start_us;
	int64		until_us;
	int64		next_us;		/* the worker's timeline */
} Server;

typedef struct State
{
	Server		servers[SERVERS];
	Request		requests[REQUESTS];
	ModelWorker worker;
	int			starts;
	int			nonces;
	int			issued;			/* a bit for each time */
	bool		is_broken;		/* one was issued twice */
} State;

static int	most_starts = 3;
static int	most_nonces = 4;
static char pool_text[LEASE_POOL_SIZE];

static const LeaseTerms terms = {
	.layout = LAYOUT,.holder = "server",.ttl_ms = 1,.reach_us = 1,.drift_us = 100,.doubt_us = 100,.max_skew_us = 100,
};

/* ------------------------------------------------------------------ what a server does */

static bool
has_request(const State *state, int number)
{
	for (int i = 0; i < REQUESTS; i++)
		if (state->requests[i].is_used && state->requests[i].server == number && !state->requests[i].is_given_up)
			return true;
	return false;
}

/* Close the limits; then it is known how far IDs have got. */
static void
close_limits(Server *server)
{
	server->needs.used_until_us = server->next_us;
#ifndef FAULT_RELEASE_OPEN
	server->published = 0;
	server->until_us = 0;
#endif
}

static void
send_request(State *state, int number, const LeaseOperation *operation, Request *request)
{
	memset(request, 0, sizeof(Request));
	request->is_used = true;
	request->server = number;
	request->kind = operation->kind;
	request->hold = operation->hold;
	if (operation->record != NULL)
		strlcpy(request->record, operation->record, LEASE_RECORD_SIZE);
	if (operation->new_record != NULL)
		strlcpy(request->new_record, operation->new_record, LEASE_RECORD_SIZE);
	if (operation->hold_nonce != NULL)
		strlcpy(request->hold_nonce, operation->hold_nonce, LEASE_NONCE_SIZE);
}

/* Publish what the machine has had confirmed. */
static void
publish(Server *server)
{
	const LeaseMachine *machine = &server->machine;

	if (!machine->is_held)
		return;
	server->start_us = machine->start_us;
	server->published = machine->claims;
	server->until_us = machine->record.fence_us;
}

/* Begin an operation, if another one can be under way. */
static bool
begin(State *state, int number, LeaseNeeds needs)
{
	Server	   *server = &state->servers[number];
	LeaseOperation operation;
	int			at = 0;

	while (at < REQUESTS && state->requests[at].is_used)
		at++;
	if (at == REQUESTS || has_request(state, number))
		return false;
	server->needs = needs;
	server->needs.worker = true;
	server->needs.latest_start_us = PG_INT64_MAX;
	snprintf(server->needs.nonce, LEASE_NONCE_SIZE, "%032x", state->nonces);
	if (needs.release)
		close_limits(server);
	if (!lease_machine_next(&server->machine, &terms, &server->needs, &operation))
		return false;
	if ((server->machine.step == LEASE_CLAIMING || server->machine.step == LEASE_RELEASING) &&
		state->nonces++ >= most_nonces)
		return false;
	/* The store forgets nothing here, so only a variant has a server doubt it. */
	if (operation.kind == LEASE_WRITE_POOL)
		return false;
	send_request(state, number, &operation, &state->requests[at]);
#ifdef FAULT_PUBLISH_EARLY
	if (server->machine.step == LEASE_EXTENDING && server->published == server->machine.claims)
		server->until_us = server->machine.new_record.fence_us;
#endif
	return true;
}

/* What a server that holds a worker may want. */
static bool
begin_as_holder(State *state, int number, LeaseNeeds needs)
{
	return state->servers[number].machine.is_held && begin(state, number, needs);
}

/* Issue a time, with this clock. */
static bool
issue(State *state, int number, int64 clock_us)
{
	Server	   *server = &state->servers[number];
	int64		time_us = Max(clock_us, Max(server->next_us, server->start_us));

	if (server->published == 0 || time_us >= server->until_us || time_us >= TIMES)
		return false;
	if ((state->issued & 1 << time_us) != 0)
		state->is_broken = true;
	state->issued |= 1 << time_us;
	server->next_us = time_us + 1;
	return true;
}

static void
give_up_requests(State *state, int number)
{
	for (int i = 0; i < REQUESTS; i++)
		if (state->requests[i].server == number)
			state->requests[i].is_given_up = true;
}

/* The server does not wait any longer. */
static bool
give_up(State *state, int number)
{
	Server	   *server = &state->servers[number];
	LeaseAnswer none = {.error = ""};

	if (!has_request(state, number))
		return false;
	give_up_requests(state, number);
	lease_machine_answer(&server->machine, &terms, &server->needs, LEASE_UNKNOWN, &none);
	publish(server);
	return true;
}

static bool
restart(State *state, int number)
{
	Server	   *server = &state->servers[number];

	if (state->starts >= most_starts)
		return false;
	state->starts++;
	give_up_requests(state, number);
#ifdef FAULT_RESUME
	server->machine.step = LEASE_AT_REST;
	server->next_us = 0;
	server->published = 0;
	publish(server);
#else
	memset(server, 0, sizeof(Server));
#endif
	return true;
}

#define SERVER_STEPS 9

static bool
step_server(State *state, int number, int step)
{
	switch (step)
	{
		case 0:
			return !state->servers[number].machine.is_held && begin(state, number, (LeaseNeeds) {.worker = true});
		case 1:
			return begin_as_holder(state, number, (LeaseNeeds) {.extension = true,.wanted_us = 1});
		case 2:
			return begin_as_holder(state, number, (LeaseNeeds) {.extension = true,.wanted_us = 2});
		case 3:
			return begin_as_holder(state, number, (LeaseNeeds) {.keep = true});
		case 4:
			return begin_as_holder(state, number, (LeaseNeeds) {.release = true});
		case 5:
			return issue(state, number, 0);
		case 6:
			return issue(state, number, 1);
		case 7:
			return give_up(state, number);
		default:
			return restart(state, number);
	}
}

/* ------------------------------------------------------------------ what a message does */

static ModelStore
store_of(State *state)
{
	ModelStore	store = {.has_pool = true,.first_worker = 1,.worker_count = 1,.workers = &state->worker};

	strlcpy(store.pool, pool_text, LEASE_POOL_SIZE);
	return store;
}

#ifdef FAULT_BLIND_PUT
static void
compare_nonce_only(const State *state, Request *request)
{
	LeaseRecord stored;
	LeaseRecord wanted;

	if (request->kind == LEASE_WRITE && request->hold == LEASE_HOLD_LEAVE &&
		lease_record_read(state->worker.record, &stored) && lease_record_read(request->new_record, &wanted) &&
		strcmp(stored.nonce, wanted.nonce) == 0)
		strlcpy(request->record, state->worker.record, LEASE_RECORD_SIZE);
}
#endif

static bool
apply_request(State *state, Request *request)
{
	ModelStore	store = store_of(state);
	LeaseWorker read;
	LeaseAnswer answer = {.workers = &read};
	LeaseOperation operation = {
		.kind = request->kind,.worker = 1,.pool = pool_text,.hold = request->hold,
		.record = request->record[0] == '\0' ? NULL : request->record,
		.new_record = request->new_record,.hold_nonce = request->hold_nonce,.ttl_ms = 1,
	};

	if (!request->is_used || request->is_applied)
		return false;
#ifdef FAULT_BLIND_PUT
	compare_nonce_only(state, request);
#endif
	request->outcome = model_store_do(&store, &operation, 0, &answer);
	model_tell_worker(&store, 1, 0, &request->found);
	request->is_applied = true;
	if (request->is_given_up)
		request->is_used = false;
	return true;
}

static bool
deliver_answer(State *state, Request *request)
{
	Server	   *server = &state->servers[request->server];
	LeaseAnswer answer = {.has_pool = true,.workers = &request->found};

	if (!request->is_used || !request->is_applied || request->is_given_up)
		return false;
	strlcpy(answer.pool, pool_text, LEASE_POOL_SIZE);
	answer.found = request->found;
	answer.worker_count = request->found.has_record || request->found.is_held ? 1 : 0;
	lease_machine_answer(&server->machine, &terms, &server->needs, request->outcome, &answer);
	request->is_used = false;
	publish(server);
	return true;
}

/* A request is lost whose server does not wait for it, as if it were late for ever; or an answer is. */
static bool
lose(Request *request)
{
	if (!request->is_used || !request->is_given_up)
		return false;
	request->is_used = false;
	return true;
}

#define REQUEST_STEPS 3

static bool
step_request(State *state, Request *request, int step)
{
	return step == 0 ? apply_request(state, request) : step == 1 ? deliver_answer(state, request) : lose(request);
}

static bool
expire_hold(State *state)
{
	if (state->worker.hold_until_us == 0)
		return false;
	state->worker.hold_until_us = 0;
	return true;
}

#define STEPS (SERVERS * SERVER_STEPS + REQUESTS * REQUEST_STEPS + 1)

/* One of all steps; false if it is not possible in this state. */
static bool
take_step(State *state, int step)
{
	if (step < SERVERS * SERVER_STEPS)
		return step_server(state, step / SERVER_STEPS, step % SERVER_STEPS);
	step -= SERVERS * SERVER_STEPS;
	if (step < REQUESTS * REQUEST_STEPS)
		return step_request(state, &state->requests[step / REQUEST_STEPS], step % REQUEST_STEPS);
	return expire_hold(state);
}

/* ------------------------------------------------------------------ states that were seen */

static uint64 *seen;
static uint64 seen_room = UINT64CONST(1) << 20;
static uint64 seen_count;

static uint64
mix(uint64 hash, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ byte[i]) * UINT64CONST(0x100000001B3);
	return hash ^ hash >> 29;
}

static uint64
mix_text(uint64 hash, const char *text)
{
	return mix(hash, text, strlen(text) + 1);
}

static uint64
hash_server(uint64 hash, const Server *server)
{
	const LeaseMachine *machine = &server->machine;
	int64		numbers[] = {
		machine->is_held, machine->is_attached, machine->start_us, machine->claim_fence_us, machine->has_pool, machine->step,
		machine->has_choice, server->published == machine->claims, server->published != 0, server->start_us, server->until_us,
		server->next_us, server->needs.used_until_us,
	};

	hash = mix(hash, numbers, sizeof(numbers));
	if (machine->is_held)
		hash = mix_text(hash, machine->record_text);
	if (machine->has_choice || machine->step == LEASE_CLAIMING || machine->step == LEASE_CHECKING)
		hash = mix_text(hash, machine->old_text);
	if (machine->step != LEASE_AT_REST && machine->step != LEASE_READING)
		hash = mix_text(hash, machine->new_text);
	return hash;
}

static uint64
hash_request(uint64 hash, const Request *request)
{
	int64		numbers[] = {
		request->is_applied, request->is_given_up, request->server, request->kind, request->hold, request->outcome,
		request->found.is_held,
	};

	if (!request->is_used)
		return mix_text(hash, "none");
	hash = mix(hash, numbers, sizeof(numbers));
	hash = mix_text(mix_text(hash, request->record), request->new_record);
	return mix_text(mix_text(mix_text(hash, request->hold_nonce), request->found.record), request->found.hold_nonce);
}

static uint64
hash_state(const State *state)
{
	int64		numbers[] = {state->starts, state->nonces, state->issued, state->worker.hold_until_us != 0};
	uint64		hash = mix(UINT64CONST(0xCBF29CE484222325), numbers, sizeof(numbers));

	hash = mix_text(hash, state->worker.record);
	if (state->worker.hold_until_us != 0)
		hash = mix_text(hash, state->worker.hold_nonce);
	for (int i = 0; i < SERVERS; i++)
		hash = hash_server(hash, &state->servers[i]);
	/* Requests have no order. */
	return hash ^ (hash_request(hash, &state->requests[0]) + hash_request(hash, &state->requests[1]));
}

static uint64 *
find_seen(uint64 hash)
{
	uint64		at = hash >> 7 & (seen_room - 1);

	while (seen[at] != 0 && seen[at] != hash)
		at = (at + 1) & (seen_room - 1);
	return &seen[at];
}

static void
grow_seen(void)
{
	uint64	   *before = seen;
	uint64		room_before = seen_room;

	seen_room *= 2;
	seen = calloc(seen_room, sizeof(uint64));
	for (uint64 i = 0; i < room_before; i++)
		if (before[i] != 0)
			*find_seen(before[i]) = before[i];
	free(before);
}

/* Note a state.  Returns whether it is new. */
static bool
note_state(const State *state)
{
	uint64		hash = hash_state(state) | 1;
	uint64	   *place;

	if (seen_count * 2 >= seen_room)
		grow_seen();
	place = find_seen(hash);
	if (*place != 0)
		return false;
	*place = hash;
	seen_count++;
	return true;
}

/* ------------------------------------------------------------------ the search */

/* A state on the way to the present one, and the step to try next. */
typedef struct Visit
{
	State		state;
	int			step;
} Visit;

/* Visit all states, depth first.  Returns false, with the way to it on stdout, if one is broken. */
static bool
search(int most_depth)
{
	Visit	   *visits = calloc(most_depth + 1, sizeof(Visit));
	int			depth = 0;
	int			deepest = 0;

	(void) note_state(&visits[0].state);
	while (depth >= 0)
	{
		Visit	   *visit = &visits[depth];
		Visit	   *next = visit + 1;

		if (visit->step == STEPS)
		{
			depth--;
			continue;
		}
		next->state = visit->state;
		if (!take_step(&next->state, visit->step++) || !note_state(&next->state))
			continue;
		if (next->state.is_broken || depth + 1 == most_depth)
		{
			printf("# %s after %d steps\n", next->state.is_broken ? "a time is issued twice" : "too deep", depth + 1);
			return false;
		}
		next->step = 0;
		depth++;
		deepest = Max(deepest, depth);
	}
	printf("# depth %d\n", deepest);
	return true;
}

int
main(int argc, char **argv)
{
	LeasePool	pool = {.first_worker = 1,.last_worker = 1,.reach_us = 1,.identity = "0123456789abcdef0123456789abcdef"};
	bool		holds;

	if (argc > 1)
		most_starts = atoi(argv[1]);
	if (argc > 2)
		most_nonces = atoi(argv[2]);
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	lease_pool_write(&pool, pool_text);
	seen = calloc(seen_room, sizeof(uint64));
	holds = search(20000);
	printf("# %llu states\n%s 1 - no time is issued twice\n1..1\n", (unsigned long long) seen_count, holds ? "ok" : "not ok");
	return !holds;
}
