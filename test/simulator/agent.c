/*-------------------------------------------------------------------------
 *
 * agent.c
 *	  The agent of a server: it drives the machine, and publishes what that holds.
 *
 * Before a worker is released, or another one is published, the agent closes the
 * limits: until = 0, no worker, then it counts the restart, then it reads the timeline
 * with an atomic operation, as reset.c does.  It may be suspended between any two of
 * these.  If the former worker remained to be seen after the count, an issuer could
 * read it, and then the limits of the next one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

#define RETRY_US (500 * US_PER_MS)
#define LONGEST_SUSPENSION_US (3 * US_PER_S)

#ifdef FAULT_RESUME
/* What a server and its clones remember of the last run, by their name. */
static LeaseMachine *remembered;

static LeaseMachine *
remembered_machine(const Server *server)
{
	if (remembered == NULL)
		remembered = calloc(options.servers, sizeof(LeaseMachine));
	return &remembered[atoi(server->holder + strlen("server-"))];
}
#endif

/* A new process: it knows nothing of what was before. */
void
start_server(Server *server)
{
	Shared		fresh = {
		.next = server->shared.next,
		.worker = NO_WORKER,
	};
	Issuer		idle = {.phase = ISSUER_READ_RESTARTS};

	counts.starts++;
	server->is_running = true;
	server->life++;
	server->phase = AGENT_DECIDE;
	server->paused_until_us = server->wake_us = server->keep_due_us = server->retry_us = 0;
	server->low_us = server->published = server->used_until_us = 0;
	server->must_release = false;
	server->is_promised = true;
	memset(&server->machine, 0, sizeof(LeaseMachine));
	server->shared = fresh;
	memset(fresh.next, 0, options.workers * sizeof(int64));
#ifdef FAULT_RESUME
	server->machine = *remembered_machine(server);
	server->machine.step = LEASE_AT_REST;
#endif
	for (int i = 0; i < ISSUERS; i++)
	{
		server->issuers[i] = idle;
		plan_issuer(server, i, now_us + random_upto(US_PER_S));
	}
	wake_agent(server, now_us + random_upto(100 * US_PER_MS));
}

/* Let the agent look what there is to do, at this time at the latest. */
void
wake_agent(Server *server, int64 at_us)
{
	if (server->wake_us > now_us && server->wake_us <= at_us)
		return;
	server->wake_us = at_us;
	plan_server_event(server, EVENT_AGENT, at_us);
}

/* ------------------------------------------------------------------ operations */

/* What the machine is to do now. */
static void
state_needs(Server *server)
{
	LeaseNeeds	needs = {
		.now_us = server_clock(server),
		.worker = true,
		.wanted_us = server->shared.asked_us,
		.extension = server->shared.asked_us > server->low_us,
		.keep = now_us >= server->keep_due_us,
		.release = server->must_release,
		.used_until_us = server->used_until_us,
		.latest_start_us = PG_INT64_MAX,
	};

	fresh_nonce(needs.nonce);
	server->needs = needs;
}

/* Extend again when half of the time up to the fence is used up. */
static void
plan_extension(Server *server)
{
	int64		from_us = Max(server->shared.asked_us, Max(server->needs.now_us, server->machine.start_us));
	int64		fence_us = server->machine.record.fence_us;

	server->low_us = fence_us <= from_us ? 0 : from_us + (fence_us - from_us) / 2;
}

#ifdef FAULT_PUBLISH_EARLY
static void
publish_early(Server *server, const LeaseOperation *operation)
{
	LeaseRecord record;

	if (server->machine.step == LEASE_EXTENDING && server->published == server->machine.claims &&
		lease_record_read(operation->new_record, &record))
		server->shared.until_us = record.fence_us;
}
#endif

/* Begin an operation if there is one to do. */
static bool
begin_operation(Server *server)
{
	LeaseOperation operation;

	if (now_us < server->retry_us)
		return false;
	state_needs(server);
	if (!lease_machine_next(&server->machine, &server->terms, &server->needs, &operation))
	{
		server->must_release = false;
		return false;
	}
#ifdef FAULT_PUBLISH_EARLY
	publish_early(server, &operation);
#endif
	send_request(server, &operation);
	server->phase = AGENT_WAIT;
	return true;
}

/* What follows from an answer, beside what the machine makes of it. */
static void
note_answer(Server *server, LeaseStep step, int64 claims, bool is_promised)
{
	const LeaseMachine *machine = &server->machine;

	if (machine->claims != claims)
	{
		counts.claims++;
		server->is_promised = is_promised;
		server->low_us = 0;
		server->used_until_us = 0;
		server->keep_due_us = now_us + options.ttl_us / 3;
	}
	else if (step == LEASE_EXTENDING || step == LEASE_RELEASING)
	{
		server->is_promised = server->is_promised && is_promised;
		plan_extension(server);
	}
	if (step == LEASE_KEEPING || step == LEASE_ATTACHING)
		server->keep_due_us = machine->is_attached ? now_us + options.ttl_us / 3 : now_us;
	if (step == LEASE_RELEASING && !machine->is_held)
	{
		counts.releases++;
		server->must_release = false;
	}
	if (machine->failures > 0 || machine->problem == LEASE_STORE_FAILED)
		server->retry_us = now_us + random_upto(RETRY_US);
	else if (!machine->is_held && machine->problem != LEASE_NO_PROBLEM && machine->problem != LEASE_TAKEN_OVER)
		server->retry_us = now_us + RETRY_US + random_upto(RETRY_US);
#ifdef FAULT_RESUME
	*remembered_machine(server) = *machine;
#endif
}

/* An operation has an outcome.  message is NULL if it was not answered in time. */
void
receive_answer(Server *server, Message *message, LeaseOutcome outcome)
{
	LeaseAnswer none = {.error = "timeout"};
	LeaseStep	step = server->machine.step;
	int64		claims = server->machine.claims;

	server->needs.now_us = server_clock(server);
	lease_machine_answer(&server->machine, &server->terms, &server->needs, outcome, message != NULL ? &message->answer : &none);
	server->phase = AGENT_DECIDE;
	note_answer(server, step, claims, message == NULL || message->is_promised);
	wake_agent(server, now_us);
}

/* ------------------------------------------------------------------ publishing */

/* The fence as published. */
static int64
published_fence(const Server *server)
{
#ifdef FAULT_FLAG
	return PG_INT64_MAX;
#else
	return server->machine.record.fence_us;
#endif
}

/* Decide what to do next; AGENT_WAIT: nothing but to wait for an answer or for time. */
static void
decide(Server *server)
{
	const LeaseMachine *machine = &server->machine;
	bool		is_ours = server->published != 0 && server->published == machine->claims && machine->is_held;
	bool		must_close = server->must_release || (machine->is_held && !is_ours);

#ifdef FAULT_RELEASE_OPEN
	if (is_ours && server->must_release && server->used_until_us == 0)
		server->used_until_us = server->shared.next[server->machine.worker] * TICK_US;
	must_close = machine->is_held && !is_ours;
#endif
#ifdef FAULT_FLAG
	must_close = must_close || !machine->is_held;
#endif
	if (server->published != 0 && must_close)
		server->phase = AGENT_CLOSE;
	else if (machine->is_held && server->published == 0 && !server->must_release)
		server->phase = AGENT_PUBLISH_WORKER;
	else if (is_ours && server->shared.until_us < published_fence(server))
		server->phase = AGENT_PUBLISH_UNTIL;
	else if (!begin_operation(server))
		wake_agent(server, Min(Max(server->retry_us, now_us) + options.ttl_us / 6, Max(server->keep_due_us, now_us + US_PER_MS)));
}

/* The limits are closed, and the restart is counted: how far have IDs got? */
static void
read_used(Server *server)
{
	if (server->published == server->machine.claims)
		server->used_until_us = server->shared.next[server->machine.worker] * TICK_US;
	server->published = 0;
}

static void
publish_until(Server *server)
{
	server->shared.until_us = published_fence(server);
	server->published = server->machine.claims;
}

/* One step of the agent. */
static void
step_agent(Server *server)
{
	AgentPhase	phase = server->phase;

	server->phase = phase + 1;
	switch (phase)
	{
		case AGENT_DECIDE:
			server->phase = AGENT_DECIDE;
			decide(server);
			break;
		case AGENT_CLOSE:
			server->shared.until_us = 0;
			break;
		case AGENT_FORGET:
#ifndef FAULT_NODE_LEFT
			server->shared.worker = NO_WORKER;
#endif
			break;
		case AGENT_COUNT:
#ifndef FAULT_NODE_APART
			server->shared.restarts++;
#endif
			break;
		case AGENT_READ_USED:
			read_used(server);
			server->phase = AGENT_DECIDE;
			break;
		case AGENT_PUBLISH_WORKER:
			server->shared.worker = server->machine.worker;
			break;
		case AGENT_PUBLISH_START:
			server->shared.start_us = server->machine.start_us;
			break;
		case AGENT_PUBLISH_UNTIL:
			publish_until(server);
			server->phase = AGENT_DECIDE;
			break;
		case AGENT_WAIT:
			server->phase = AGENT_WAIT;
			break;
	}
}

/* Do steps until there is nothing to do, or the agent is suspended. */
void
run_agent(Server *server)
{
	while (server->phase != AGENT_WAIT)
	{
		bool		was_deciding = server->phase == AGENT_DECIDE;

		if (options.faults && !was_deciding && chance(0.1))
		{
			server->paused_until_us = now_us + random_upto(LONGEST_SUSPENSION_US);
			wake_agent(server, server->paused_until_us);
			return;
		}
		step_agent(server);
		if (was_deciding && server->phase == AGENT_DECIDE)
			return;
	}
}
