/*-------------------------------------------------------------------------
 *
 * state.c
 *	  What two servers with one worker ID can do, and what can befall them.
 *
 * Requests may be applied late, lost or given up, answers too; a hold may expire at any
 * moment; clocks may say anything; a server may crash and start again.
 *
 * Two states that differ only in which server is which, in the order of requests or in
 * the values of nonces lead to the same; state_sort() makes one of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "state.h"

/* ------------------------------------------------------------------ nonces and order */

/* All nonces of a state. */
#define MOST_NONCES (2 + 3 * SERVERS + 5 * MOST_REQUESTS)

static int
list_nonces(State *state, uint8 **nonces)
{
	int			count = 0;

	nonces[count++] = &state->store.record.nonce;
	nonces[count++] = &state->store.hold_nonce;
	for (int i = 0; i < SERVERS; i++)
	{
		SmallMachine *machine = &state->servers[i].machine;

		nonces[count++] = &machine->record.nonce;
		nonces[count++] = &machine->old_record.nonce;
		nonces[count++] = &machine->new_record.nonce;
	}
	for (int i = 0; i < MOST_REQUESTS; i++)
	{
		Pending    *pending = &state->pending[i];

		nonces[count++] = &pending->request.record.nonce;
		nonces[count++] = &pending->request.new_record.nonce;
		nonces[count++] = &pending->request.hold_nonce;
		nonces[count++] = &pending->found.record.nonce;
		nonces[count++] = &pending->found.hold_nonce;
	}
	return count;
}

/* A nonce that nobody has. */
static uint8
fresh_nonce(State *state)
{
	uint8	   *nonces[MOST_NONCES];
	int			count = list_nonces(state, nonces);
	uint8		most = 0;

	for (int i = 0; i < count; i++)
		most = Max(most, *nonces[i]);
	return most + 1;
}

/* Number nonces in the order in which they are listed. */
static void
number_nonces(State *state)
{
	uint8	   *nonces[MOST_NONCES];
	int			count = list_nonces(state, nonces);
	uint8		numbers[MOST_NONCES + 2] = {0};
	uint8		last = 0;

	for (int i = 0; i < count; i++)
	{
		if (*nonces[i] == 0)
			continue;
		if (numbers[*nonces[i]] == 0)
			numbers[*nonces[i]] = ++last;
		*nonces[i] = numbers[*nonces[i]];
	}
}

/* The state with 1 for all nonces. */
static State
without_nonces(const State *state)
{
	State		blind = *state;
	uint8	   *nonces[MOST_NONCES];
	int			count = list_nonces(&blind, nonces);

	for (int i = 0; i < count; i++)
		*nonces[i] = *nonces[i] != 0;
	return blind;
}

static void
swap_servers(State *state)
{
	Server		first = state->servers[0];

	state->servers[0] = state->servers[1];
	state->servers[1] = first;
	for (int i = 0; i < MOST_REQUESTS; i++)
		if (state->pending[i].is_used && !state->pending[i].is_given_up)
			state->pending[i].server = 1 - state->pending[i].server;
}

static void
swap_pending(State *state, int one, int other)
{
	Pending		pending = state->pending[one];

	state->pending[one] = state->pending[other];
	state->pending[other] = pending;
}

/* Put servers and requests in an order that nonces have no part in, and then number these. */
void
state_sort(State *state)
{
	State		blind = without_nonces(state);

	if (memcmp(&blind.servers[0], &blind.servers[1], sizeof(Server)) > 0)
	{
		swap_servers(state);
		swap_servers(&blind);
	}
	for (int end = MOST_REQUESTS - 1; end > 0; end--)
		for (int i = 0; i < end; i++)
			if (memcmp(&blind.pending[i], &blind.pending[i + 1], sizeof(Pending)) > 0)
			{
				swap_pending(state, i, i + 1);
				swap_pending(&blind, i, i + 1);
			}
	number_nonces(state);
}

/* ------------------------------------------------------------------ what a server does */

/* Publish what the machine has had confirmed. */
static void
publish(Server *server)
{
	if (!server->machine.is_held)
		return;
	server->is_published = true;
	server->start = server->machine.start;
	server->until = server->machine.record.fence;
}

/* Close the limits; then it is known how far IDs have got. */
static void
close_limits(Server *server)
{
#ifndef FAULT_RELEASE_OPEN
	server->is_published = server->start = server->until = 0;
#endif
}

/* The request that a server waits for; -1: none. */
static int
find_pending(const State *state, int number)
{
	for (int i = 0; i < MOST_REQUESTS; i++)
		if (state->pending[i].is_used && !state->pending[i].is_given_up && state->pending[i].server == number)
			return i;
	return -1;
}

/* A free place for a request, if fewer than most are under way; -1: none. */
static int
find_place(const State *state, int most)
{
	int			place = -1;
	int			used = 0;

	for (int i = 0; i < MOST_REQUESTS; i++)
		if (state->pending[i].is_used)
			used++;
		else
			place = i;
	return used < most ? place : -1;
}

/* Begin an operation. */
static bool
begin(State *state, const Bounds *bounds, int number, SmallNeeds needs)
{
	Server	   *server = &state->servers[number];
	Pending		pending = {
		.is_used = true,
		.server = number,
	};
	int			place = find_place(state, bounds->requests);

	if (place < 0 || find_pending(state, number) >= 0)
		return false;
	if (needs.release)
		close_limits(server);
	needs.used_until = server->next;
	needs.nonce = fresh_nonce(state);
	if (!small_next(&server->machine, &needs, &pending.request))
		return false;
	if (pending.request.new_record.epoch > bounds->claims)
		return false;

	/*
	 * The store forgets nothing here, so only a variant has a server doubt
	 * it.
	 */
	if (pending.request.kind == LEASE_WRITE_POOL)
		return false;
	state->pending[place] = pending;
#ifdef FAULT_PUBLISH_EARLY
	if (server->machine.step == LEASE_EXTENDING)
		server->until = server->machine.new_record.fence;
#endif
	return true;
}

/* Issue a time, with this clock. */
static bool
issue(State *state, const Bounds *bounds, int number, int clock)
{
	Server	   *server = &state->servers[number];
	int			time = Max(clock, Max(server->next, server->start));

	if (!server->is_published || time >= server->until || time >= bounds->times)
		return false;
	if ((state->issued & 1 << time) != 0)
		state->is_broken = true;
	state->issued |= 1 << time;
	server->next = time + 1;
	return true;
}

/* Nobody waits for the answer any longer.  What only reads is over; what writes may be applied later. */
static void
forsake(Pending *pending)
{
	if (pending->is_applied || pending->request.kind != LEASE_WRITE)
		memset(pending, 0, sizeof(Pending));
	else
	{
		pending->is_given_up = true;
		pending->server = 0;
	}
}

static bool
give_up(State *state, int number)
{
	Server	   *server = &state->servers[number];
	SmallStore	nothing = {.is_held = false};
	int			place = find_pending(state, number);

	if (place < 0)
		return false;
	forsake(&state->pending[place]);
	small_answer(&server->machine, LEASE_UNKNOWN, &nothing);
	publish(server);
	return true;
}

/* Crash, and start again. */
static bool
restart(State *state, int number)
{
	Server	   *server = &state->servers[number];
	Server		fresh = {.next = 0};
	int			place = find_pending(state, number);

	if (place >= 0)
		forsake(&state->pending[place]);
#ifdef FAULT_RESUME
	fresh.machine = server->machine;
	fresh.machine.step = LEASE_AT_REST;
	publish(&fresh);
#endif
	*server = fresh;
	return true;
}

static bool
step_server(State *state, const Bounds *bounds, int number, int step)
{
	bool		is_held = state->servers[number].machine.is_held;
	SmallNeeds	needs = {
		.keep = step == STEP_KEEP,
		.release = step == STEP_RELEASE,
	};

	if (step == STEP_GIVE_UP)
		return give_up(state, number);
	if (step == STEP_RESTART)
		return restart(state, number);
	if (step >= STEP_ISSUE)
		return issue(state, bounds, number, step - STEP_ISSUE);
	if (step >= STEP_EXTEND)
		needs.wanted = 1 + step - STEP_EXTEND;
	if (needs.wanted > bounds->times)
		return false;
	return is_held == (step != STEP_CLAIM) && begin(state, bounds, number, needs);
}

/* ------------------------------------------------------------------ what befalls a message, and a hold */

#ifdef FAULT_BLIND_PUT
static void
compare_nonce_only(const State *state, SmallRequest *request)
{
	if (request->hold == LEASE_HOLD_LEAVE && state->store.record.nonce == request->new_record.nonce)
		request->record = state->store.record;
}
#endif

static bool
apply(State *state, Pending *pending)
{
	if (!pending->is_used || pending->is_applied)
		return false;
#ifdef FAULT_BLIND_PUT
	if (pending->request.kind == LEASE_WRITE)
		compare_nonce_only(state, &pending->request);
#endif
	pending->outcome = small_apply(&state->store, &pending->request);
	pending->found = state->store;
	pending->is_applied = true;
	memset(&pending->request, 0, sizeof(SmallRequest));
	if (pending->is_given_up)
		memset(pending, 0, sizeof(Pending));
	return true;
}

static bool
deliver_answer(State *state, Pending *pending)
{
	Server	   *server = &state->servers[pending->server];

	if (!pending->is_applied)
		return false;
	small_answer(&server->machine, pending->outcome, &pending->found);
	memset(pending, 0, sizeof(Pending));
	publish(server);
	return true;
}

/*
 * A request is lost after it was given up: whoever waits for it cannot tell, and
 * for an answer that is lost, giving up is all.
 */
static bool
lose(Pending *pending)
{
	if (!pending->is_given_up)
		return false;
	memset(pending, 0, sizeof(Pending));
	return true;
}

static bool
step_message(State *state, Pending *pending, int step)
{
	if (step == STEP_APPLY)
		return apply(state, pending);
	return step == STEP_DELIVER ? deliver_answer(state, pending) : lose(pending);
}

static bool
expire_hold(State *state)
{
	if (!state->store.is_held)
		return false;
	state->store.is_held = state->store.hold_nonce = 0;
	return true;
}

/* ------------------------------------------------------------------ all steps */

/* Take one of all steps.  Returns false if it is not possible in this state. */
bool
state_take_step(State *state, const Bounds *bounds, int step)
{
	if (step < SERVERS * SERVER_STEPS)
		return step_server(state, bounds, step / SERVER_STEPS, step % SERVER_STEPS);
	step -= SERVERS * SERVER_STEPS;
	if (step < MOST_REQUESTS * MESSAGE_STEPS)
		return step_message(state, &state->pending[step / MESSAGE_STEPS], step % MESSAGE_STEPS);
	return expire_hold(state);
}

static const char *
step_name(int step)
{
	static const char *const message_steps[] = {"apply", "answer", "lose"};
	static const char *const server_steps[] = {"claim", "keep", "release", "give up", "restart"};

	if (step >= SERVERS * SERVER_STEPS + MOST_REQUESTS * MESSAGE_STEPS)
		return "expire";
	if (step >= SERVERS * SERVER_STEPS)
		return message_steps[(step - SERVERS * SERVER_STEPS) % MESSAGE_STEPS];
	step %= SERVER_STEPS;
	return step >= STEP_ISSUE ? "issue" : step >= STEP_EXTEND ? "extend" : server_steps[step];
}

/* A line for people: a step, and the state after it.  A record is nonce/epoch/fence. */
void
state_print(const State *state, int step)
{
	const SmallRecord *record = &state->store.record;

	printf("# %-8s store %d/%d/%d%s", step_name(step), record->nonce, record->epoch, record->fence,
		   state->store.is_held ? " held" : "");
	for (int i = 0; i < SERVERS; i++)
	{
		const Server *server = &state->servers[i];

		record = &server->machine.record;
		printf(", server %d/%d/%d from %d until %d, next %d", record->nonce, record->epoch, record->fence,
			   server->start, server->until, server->next);
	}
	printf("\n");
}
