/*-------------------------------------------------------------------------
 *
 * lease_server.h
 *	  A server with the machine of lease_machine.h and a store, for tests of the
 *	  machine: each step, and each answer to it.
 *
 * What may happen between servers is searched in test/simulator.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_SERVER_H
#define IDGEN_LEASE_SERVER_H

#include "bits/lease_machine.h"
#include "bits/seeded_random.h"

#include "../simulator/model_store.h"
#include "tap.h"

#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"
#define OTHER_LAYOUT "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12"
#define THIRD_LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 12, sequence 10"

#define S US_PER_S
#define NOW (INT64CONST(1795910400) * S)
#define TTL_MS 30000
#define REACH (60 * S)
#define DRIFT (1 * S)
#define DOUBT (61 * S)

#define WORKERS 4

static ModelStore store;
static ModelWorker stored[WORKERS];
static LeaseWorker told[WORKERS];
static LeasePool pool;
static int64 now_us;

/* One server. */
typedef struct Server
{
	LeaseTerms	terms;
	LeaseNeeds	needs;
	LeaseMachine machine;
	LeaseOperation operation;
} Server;

static inline void
fresh_nonce(char *nonce)
{
	static uint64 state = 1;
	uint8		random[16];
	uint64		words[2] = {seeded_word(&state), seeded_word(&state)};

	memcpy(random, words, sizeof(random));
	lease_nonce_write(random, nonce);
}

static inline void
write_pool(void)
{
	lease_pool_write(&pool, store.pool);
}

/* A new store with an empty pool of WORKERS workers from 1 on. */
static inline void
new_store(void)
{
	ModelStore	fresh = {
		.has_pool = true,
		.first_worker = 1,
		.worker_count = WORKERS,
		.workers = stored,
		.incarnation = 5,
		.tells_revision = true,
		.tells_incarnation = true,
	};

	memset(stored, 0, sizeof(stored));
	memset(&pool, 0, sizeof(pool));
	store = fresh;
	fresh_nonce(pool.identity);
	pool.first_worker = 1;
	pool.last_worker = WORKERS;
	pool.reach_us = REACH;
	pool.incarnation = 5;
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	write_pool();
	now_us = NOW;
}

static inline Server
new_server(const char *holder)
{
	Server		server = {
		.needs.worker = true,
		.needs.latest_start_us = PG_INT64_MAX,
	};
	LeaseTerms	terms = {
		.layout = LAYOUT,
		.holder = holder,
		.ttl_ms = TTL_MS,
		.reach_us = REACH,
		.drift_us = DRIFT,
		.doubt_us = DOUBT,
		.max_skew_us = 10 * S,
	};

	server.terms = terms;
	return server;
}

/* Let the machine begin its next operation. */
static inline bool
begin(Server *server)
{
	server->needs.now_us = now_us;
	fresh_nonce(server->needs.nonce);
	return lease_machine_next(&server->machine, &server->terms, &server->needs, &server->operation);
}

/* The operation reaches the store, and its answer the server if this is not UNKNOWN or UNREACHABLE. */
static inline void
finish(Server *server, LeaseOutcome outcome)
{
	LeaseAnswer answer = {.workers = told};

	if (outcome != LEASE_UNREACHABLE)
	{
		LeaseOutcome real = model_store_do(&store, &server->operation, now_us, &answer);

		if (outcome != LEASE_UNKNOWN)
			outcome = real;
	}
	lease_machine_answer(&server->machine, &server->terms, &server->needs, outcome, &answer);
}

/* The machine's next operation, with its answer.  Returns which it was. */
static inline LeaseStep
step(Server *server)
{
	LeaseStep	begun;

	if (!begin(server))
		return LEASE_AT_REST;
	begun = server->machine.step;
	finish(server, LEASE_PENDING);
	return begun;
}

/* Operations until a worker is held, at most 10. */
static inline bool
claim(Server *server)
{
	for (int i = 0; i < 10 && !server->machine.is_held; i++)
		(void) step(server);
	return server->machine.is_held;
}

/* Raise the fence.  Returns the outcome for the machine. */
static inline LeaseStep
extend(Server *server, int64 wanted_us)
{
	LeaseStep	begun;

	server->needs.extension = true;
	server->needs.wanted_us = wanted_us;
	begun = step(server);
	server->needs.extension = false;
	return begun;
}

static inline LeaseStep
keep(Server *server)
{
	LeaseStep	begun;

	server->needs.keep = true;
	begun = step(server);
	server->needs.keep = false;
	return begun;
}

static inline LeaseStep
release(Server *server, int64 used_until_us)
{
	LeaseStep	begun;

	server->needs.release = true;
	server->needs.used_until_us = used_until_us;
	begun = step(server);
	server->needs.release = false;
	return begun;
}

static inline ModelWorker *
stored_worker(int worker)
{
	return &stored[worker - 1];
}

static inline LeaseRecord
stored_record(int worker)
{
	LeaseRecord record;

	if (!lease_record_read(stored_worker(worker)->record, &record))
		check(false, "a record is stored");
	return record;
}

/* Store a record of someone else's. */
static inline void
put_record(int worker, const char *holder, int64 epoch, int64 fence_us)
{
	LeaseRecord record = {
		.epoch = epoch,
		.fence_us = fence_us,
	};

	fresh_nonce(record.nonce);
	strlcpy(record.holder, holder, LEASE_HOLDER_SIZE);
	lease_record_write(&record, stored_worker(worker)->record);
	stored_worker(worker)->has_record = true;
}

static inline void
hold_by_other(int worker)
{
	fresh_nonce(stored_worker(worker)->hold_nonce);
	stored_worker(worker)->hold_until_us = PG_INT64_MAX;
}

static inline void
expire_holds(void)
{
	for (int i = 0; i < WORKERS; i++)
		stored[i].hold_until_us = 0;
}

static inline void
is_lost(const Server *server, LeaseProblem problem, const char *name)
{
	check(!server->machine.is_held && !server->machine.is_attached, of("the worker is lost", name));
	is_number(server->machine.problem, problem, of("the problem", name));
}

#endif							/* IDGEN_LEASE_SERVER_H */
