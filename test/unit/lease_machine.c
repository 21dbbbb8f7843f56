/*-------------------------------------------------------------------------
 *
 * lease_machine.c
 *	  Tests of lease_machine.h, in TAP: each step, and each answer to it.
 *
 * What may happen between servers is searched in test/simulator.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/lease_machine.h"
#include "bits/seeded_random.h"

#include "../simulator/model_store.h"
#include "tap.h"

#define LAYOUT "time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12"
#define OTHER_LAYOUT "time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12"

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

/* ------------------------------------------------------------------ helpers */

static void
fresh_nonce(char *nonce)
{
	static uint64 state = 1;
	uint8		random[16];
	uint64		words[2] = {seeded_word(&state), seeded_word(&state)};

	memcpy(random, words, sizeof(random));
	lease_nonce_write(random, nonce);
}

static void
write_pool(void)
{
	lease_pool_write(&pool, store.pool);
}

/* A new store with an empty pool of WORKERS workers from 1 on. */
static void
new_store(void)
{
	memset(stored, 0, sizeof(stored));
	memset(&pool, 0, sizeof(pool));
	store = (ModelStore)
	{
		.has_pool = true,.first_worker = 1,.worker_count = WORKERS,.workers = stored,
			.incarnation = 5,.tells_revision = true,.tells_incarnation = true,
	};
	fresh_nonce(pool.identity);
	pool.first_worker = 1;
	pool.last_worker = WORKERS;
	pool.reach_us = REACH;
	pool.incarnation = 5;
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	write_pool();
	now_us = NOW;
}

static Server
new_server(const char *holder)
{
	return (Server)
	{
		.terms =
		{
			.layout = LAYOUT,.holder = holder,.ttl_ms = TTL_MS,.reach_us = REACH,
				.drift_us = DRIFT,.doubt_us = DOUBT,.max_skew_us = 10 * S,
		},
			.needs =
		{
			.worker = true,.latest_start_us = PG_INT64_MAX
		},
	};
}

/* Let the machine begin its next operation. */
static bool
begin(Server *server)
{
	server->needs.now_us = now_us;
	fresh_nonce(server->needs.nonce);
	return lease_machine_next(&server->machine, &server->terms, &server->needs, &server->operation);
}

/* The operation reaches the store, and its answer the server if this is not UNKNOWN or UNREACHABLE. */
static void
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
static LeaseStep
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
static bool
claim(Server *server)
{
	for (int i = 0; i < 10 && !server->machine.is_held; i++)
		(void) step(server);
	return server->machine.is_held;
}

/* Raise the fence.  Returns the outcome for the machine. */
static LeaseStep
extend(Server *server, int64 wanted_us)
{
	LeaseStep	begun;

	server->needs.extension = true;
	server->needs.wanted_us = wanted_us;
	begun = step(server);
	server->needs.extension = false;
	return begun;
}

static LeaseStep
keep(Server *server)
{
	LeaseStep	begun;

	server->needs.keep = true;
	begun = step(server);
	server->needs.keep = false;
	return begun;
}

static LeaseStep
release(Server *server, int64 used_until_us)
{
	LeaseStep	begun;

	server->needs.release = true;
	server->needs.used_until_us = used_until_us;
	begun = step(server);
	server->needs.release = false;
	return begun;
}

static ModelWorker *
stored_worker(int worker)
{
	return &stored[worker - 1];
}

static LeaseRecord
stored_record(int worker)
{
	LeaseRecord record;

	if (!lease_record_read(stored_worker(worker)->record, &record))
		check(false, "a record is stored");
	return record;
}

/* Store a record of someone else's. */
static void
put_record(int worker, const char *holder, int64 epoch, int64 fence_us)
{
	LeaseRecord record = {.epoch = epoch,.fence_us = fence_us};

	fresh_nonce(record.nonce);
	strlcpy(record.holder, holder, LEASE_HOLDER_SIZE);
	lease_record_write(&record, stored_worker(worker)->record);
	stored_worker(worker)->has_record = true;
}

static void
hold_by_other(int worker)
{
	fresh_nonce(stored_worker(worker)->hold_nonce);
	stored_worker(worker)->hold_until_us = PG_INT64_MAX;
}

static void
expire_holds(void)
{
	for (int i = 0; i < WORKERS; i++)
		stored[i].hold_until_us = 0;
}

static void
is_lost(const Server *server, LeaseProblem problem, const char *name)
{
	check(!server->machine.is_held && !server->machine.is_attached, of("the worker is lost", name));
	is_number(server->machine.problem, problem, of("the problem", name));
}

/* ------------------------------------------------------------------ claims */

static void
test_first_claim(void)
{
	Server		a = new_server("a");
	LeaseRecord record;

	new_store();
	is_number(step(&a), LEASE_READING, "the first step is to read");
	check(!a.machine.is_held, "nothing is held by that");
	is_number(step(&a), LEASE_CLAIMING, "the second step is to claim");
	check(a.machine.is_held && a.machine.is_attached, "a worker is held");
	check(a.machine.worker >= 1 && a.machine.worker <= WORKERS, "it is one of the pool");
	is_number(a.machine.start_us, 0, "a worker that was never used begins anywhere");
	record = stored_record(a.machine.worker);
	is_number(record.epoch, 1, "it is the first claim");
	is_number(record.fence_us, 0, "a claim leaves the fence alone");
	is_text(record.holder, "a", "the record tells whose it is");
	is_text(stored_worker(a.machine.worker)->hold_nonce, record.nonce, "the hold has the record's nonce");
	is_number(stored_worker(a.machine.worker)->hold_until_us, NOW + TTL_MS * US_PER_MS, "the hold lives for a TTL");
	is_number(step(&a), LEASE_AT_REST, "then there is nothing to do");
	is_number(a.machine.claims, 1, "one claim is counted");
}

static void
test_no_wish(void)
{
	Server		a = new_server("a");

	new_store();
	a.needs.worker = false;
	is_number(step(&a), LEASE_AT_REST, "without a wish there is nothing to do");
	a.needs.worker = a.needs.release = true;
	is_number(step(&a), LEASE_AT_REST, "while there is nothing to release, nothing is claimed");
}

/* Which of workers with these records is claimed, if all but 1 and 2 are held? */
static void
is_choice(const char *first, int64 first_fence, const char *second, int64 second_fence, int expected, const char *name)
{
	for (int i = 0; i < 8; i++)
	{
		Server		a = new_server("us, here");

		new_store();
		hold_by_other(3);
		hold_by_other(4);
		if (first != NULL)
			put_record(1, first, 1, first_fence);
		if (second != NULL)
			put_record(2, second, 1, second_fence);
		if (!claim(&a) || a.machine.worker != expected)
		{
			check(false, name);
			return;
		}
	}
	check(true, name);
}

static void
test_choice(void)
{
	is_choice("us,_here", NOW, NULL, 0, 1, "our last worker comes before one never used");
	is_choice("us,_here", NOW + DRIFT + 1, NULL, 0, 2, "our last worker is left if it rests");
	is_choice("them", NOW, NULL, 0, 2, "one never used comes before another's");
	is_choice("them", NOW, "us,_here", NOW + DRIFT, 2, "our last worker comes before another's");
	is_choice("them", NOW + DRIFT, "them", NOW + DRIFT + 1, 1, "a worker may begin a drift ahead");
}

/* All that start at one time do not try the same worker. */
static void
test_spread(void)
{
	int			chosen[WORKERS + 1] = {0};
	int			least = PG_INT32_MAX;

	for (int i = 0; i < 400; i++)
	{
		Server		a = new_server("a");

		new_store();
		(void) claim(&a);
		chosen[a.machine.worker]++;
	}
	for (int worker = 1; worker <= WORKERS; worker++)
		least = Min(least, chosen[worker]);
	check(least > 50, "servers spread over the workers");
}

/* A provider may tell workers in any order. */
static void
test_any_order(void)
{
	Server		a = new_server("a");
	LeaseAnswer answer = {.workers = told};
	LeaseWorker first;

	new_store();
	for (int worker = 1; worker <= WORKERS; worker++)
		put_record(worker, "them", 1, NOW + (worker == 1 ? 0 : REACH));
	(void) begin(&a);
	(void) model_store_do(&store, &a.operation, now_us, &answer);
	first = told[0];
	told[0] = told[WORKERS - 1];
	told[WORKERS - 1] = first;
	lease_machine_answer(&a.machine, &a.terms, &a.needs, LEASE_APPLIED, &answer);
	is_number(step(&a), LEASE_CLAIMING, "workers in another order: one is chosen");
	check(a.machine.is_held && a.machine.worker == 1, "workers in another order: it is the free one");
}

static void
test_none_free(void)
{
	Server		a = new_server("a");

	new_store();
	for (int worker = 1; worker <= WORKERS; worker++)
		hold_by_other(worker);
	(void) step(&a);
	is_lost(&a, LEASE_NONE_FREE, "all are held");
	is_number(step(&a), LEASE_READING, "all are held: it reads again");
	expire_holds();
	for (int worker = 1; worker <= WORKERS; worker++)
		put_record(worker, "them", 1, NOW + REACH + worker);
	(void) step(&a);
	is_lost(&a, LEASE_ALL_REST, "all rest");
	is_number(a.machine.problem_us, NOW + REACH + 1 - DRIFT, "all rest: until when");
	now_us = a.machine.problem_us;
	check(claim(&a), "then one is claimed");
	is_number(a.machine.worker, 1, "it is the first that has rested");
	is_number(a.machine.start_us, NOW + REACH + 1, "its IDs begin at its fence");
}

static void
test_latest_start(void)
{
	Server		a = new_server("a");

	new_store();
	for (int worker = 1; worker <= WORKERS; worker++)
		put_record(worker, "them", 1, NOW - worker * S);
	a.needs.latest_start_us = NOW - WORKERS * S;
	check(claim(&a), "a worker with an early fence is claimed");
	is_number(a.machine.worker, WORKERS, "it is one whose IDs can begin early enough");
}

static void
test_hostile_records(void)
{
	Server		a = new_server("a");

	new_store();
	for (int worker = 1; worker <= WORKERS; worker++)
		put_record(worker, "them", 1, NOW);
	strlcpy(stored_worker(1)->record, "idgen-lease/2 something=else", LEASE_RECORD_SIZE);
	stored_worker(2)->record[0] = '\0';
	put_record(3, "them", PG_INT64_MAX - 1, PG_INT64_MAX);
	check(claim(&a), "records that cannot be read are left alone");
	is_number(a.machine.worker, 4, "the one that can be is claimed");
}

static void
test_refused_claim(void)
{
	Server		a = new_server("a");
	Server		b = new_server("b");

	new_store();
	for (int worker = 2; worker <= WORKERS; worker++)
		hold_by_other(worker);
	(void) step(&a);
	(void) step(&b);
	is_number(step(&b), LEASE_CLAIMING, "b claims first");
	is_number(step(&a), LEASE_CLAIMING, "a claims the same worker");
	check(b.machine.is_held && !a.machine.is_held, "only one of them holds it");
	is_number(step(&a), LEASE_READING, "then a reads again");
	expire_holds();
	(void) step(&a);
	(void) step(&a);
	check(a.machine.is_held && a.machine.worker != b.machine.worker, "a claims another");
}

static void
test_unknown_claim(void)
{
	Server		a = new_server("a");

	new_store();
	(void) step(&a);
	(void) begin(&a);
	finish(&a, LEASE_UNKNOWN);
	is_lost(&a, LEASE_STORE_FAILED, "a claim without an answer");
	is_number(a.machine.failures, 1, "the failure is counted");
	is_number(step(&a), LEASE_CHECKING, "it is looked up");
	check(a.machine.is_held && a.machine.is_attached, "it was applied, and the worker is held");
	is_number(a.machine.failures, 0, "the store has answered");
	is_number(extend(&a, now_us), LEASE_EXTENDING, "the worker can be used");
	is_number(stored_record(a.machine.worker).fence_us, now_us + REACH / 3, "its fence is raised");
}

static void
test_lost_claim(void)
{
	Server		a = new_server("a");
	LeaseOperation late;
	char		late_record[LEASE_RECORD_SIZE];
	LeaseAnswer answer = {.workers = told};

	new_store();
	hold_by_other(3);
	hold_by_other(4);
	(void) step(&a);
	(void) begin(&a);
	late = a.operation;
	strlcpy(late_record, late.new_record, LEASE_RECORD_SIZE);
	lease_machine_answer(&a.machine, &a.terms, &a.needs, LEASE_UNKNOWN, &answer);
	(void) begin(&a);
	finish(&a, LEASE_UNREACHABLE);
	is_number(step(&a), LEASE_CHECKING, "a check that fails is repeated");
	check(!a.machine.is_held, "a claim that is not there is abandoned");
	late.new_record = late_record;
	late.hold_nonce = "00000000000000000000000000000000";
	late.pool = store.pool;
	(void) model_store_do(&store, &late, now_us, &answer);
	check(claim(&a), "another worker is claimed");
	check(a.machine.worker != late.worker, "it is not the one of the late claim");
}

static void
test_unreachable_claim(void)
{
	Server		a = new_server("a");

	new_store();
	(void) step(&a);
	(void) begin(&a);
	finish(&a, LEASE_UNREACHABLE);
	is_number(step(&a), LEASE_READING, "a claim that was not sent is not looked up");
}

/* ------------------------------------------------------------------ pools */

static void
test_pools(void)
{
	Server		a = new_server("a");

	new_store();
	store.has_pool = false;
	(void) step(&a);
	is_lost(&a, LEASE_NO_POOL, "no pool");
	store.has_pool = true;
	strlcpy(store.pool, "idgen-pool/2 something=else", LEASE_POOL_SIZE);
	(void) step(&a);
	is_lost(&a, LEASE_POOL_UNREADABLE, "a pool of another version");
	strlcpy(pool.layout, OTHER_LAYOUT, LAYOUT_TEXT_SIZE);
	write_pool();
	(void) step(&a);
	is_lost(&a, LEASE_OTHER_LAYOUT, "a pool of another layout");
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	pool.datacenter = 1;
	write_pool();
	(void) step(&a);
	is_lost(&a, LEASE_OTHER_DATACENTER, "a pool of another datacenter");
	pool.datacenter = 0;
	write_pool();
	check(claim(&a), "the right pool");
}

static void
test_floor(void)
{
	Server		a = new_server("a");

	new_store();
	pool.floor_us = NOW + 30 * S;
	write_pool();
	(void) step(&a);
	is_lost(&a, LEASE_ALL_REST, "below the floor");
	now_us = NOW + 30 * S - DRIFT;
	check(claim(&a), "at the floor, less a drift");
	is_number(a.machine.start_us, NOW + 30 * S, "IDs begin at the floor");
	is_number(stored_record(a.machine.worker).fence_us, 0, "the fence is left alone there, too");
	(void) extend(&a, 0);
	is_number(a.machine.record.fence_us, NOW + 30 * S + REACH / 3, "the first extension counts from there");
}

static void
test_skew(void)
{
	Server		a = new_server("a");

	new_store();
	store.clock_us = NOW + 11 * S;
	(void) step(&a);
	is_lost(&a, LEASE_CLOCK_SKEW, "the store's clock is ahead");
	is_number(a.machine.problem_us, NOW + 11 * S, "what it shows");
	is_number(a.machine.skew_us, 11 * S, "by how much");
	store.clock_us = NOW - 11 * S;
	(void) step(&a);
	is_lost(&a, LEASE_CLOCK_SKEW, "the store's clock is behind");
	store.clock_us = NOW - 10 * S;
	check(claim(&a), "the store's clock is not far behind");
	store.clock_us = NOW + 86400 * S;
	is_number(extend(&a, now_us), LEASE_EXTENDING, "a holder goes on whatever the store's clock shows");
	check(a.machine.is_held && a.machine.record.fence_us > NOW, "and its fence is raised");
}

/* ------------------------------------------------------------------ extensions */

static void
test_extension(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	is_number(a.machine.record.fence_us, NOW + REACH / 3, "the first extension is a third of the reach");
	(void) extend(&a, NOW + 10 * S);
	is_number(a.machine.record.fence_us, NOW + 10 * S + REACH, "further ones are the whole");
	(void) extend(&a, NOW);
	is_number(a.machine.record.fence_us, NOW + 10 * S + REACH, "a fence does not go back");
	now_us = NOW + 1000 * S;
	(void) extend(&a, 0);
	is_number(a.machine.record.fence_us, now_us + REACH / 3, "after a pause it is a third again");
	is_number(stored_record(a.machine.worker).fence_us, a.machine.record.fence_us, "the store has the same");
	is_text(stored_worker(a.machine.worker)->record, a.machine.record_text, "the machine knows the record's text");
	now_us = PG_INT64_MAX - S;
	(void) extend(&a, PG_INT64_MAX);
	is_number(a.machine.record.fence_us, PG_INT64_MAX, "the sum of times does not overflow");
}

static void
test_shorter_reach(void)
{
	Server		a = new_server("a");

	new_store();
	a.terms.reach_us = 10 * REACH;
	(void) claim(&a);
	(void) extend(&a, NOW);
	is_number(a.machine.record.fence_us, NOW + REACH / 3, "the pool's reach is the most");
}

static void
test_late_extension(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	a.needs.extension = true;
	(void) begin(&a);
	finish(&a, LEASE_UNKNOWN);
	a.needs.extension = false;
	check(a.machine.is_held, "an extension without an answer: still held");
	is_number(a.machine.record.fence_us, 0, "an extension without an answer does not count");
	now_us += S;
	is_number(extend(&a, now_us), LEASE_EXTENDING, "it is tried again");
	check(a.machine.is_held && a.machine.is_attached, "our own late extension is no loss");
	is_number(a.machine.record.fence_us, NOW + REACH / 3, "its fence is adopted");
	is_number(a.machine.problem, LEASE_NO_PROBLEM, "and the problem is over");
	(void) extend(&a, now_us);
	is_number(a.machine.record.fence_us, now_us + REACH, "the next one is applied");
}

static void
test_taken_over(void)
{
	Server		a = new_server("a");
	Server		b = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	expire_holds();
	now_us = NOW + 1000 * S;
	check(claim(&b) && b.machine.worker == a.machine.worker, "the clone takes the worker over");
	is_number(b.machine.start_us, NOW + REACH / 3, "the clone begins at the fence");
	(void) extend(&a, now_us);
	is_lost(&a, LEASE_TAKEN_OVER, "after a clone has claimed it");
	is_number(a.machine.record.fence_us, NOW + REACH / 3, "what is below the fence remains the first one's");
	check(!a.machine.is_in_doubt, "that is no reason to doubt the store");
	check(claim(&a) && a.machine.worker != b.machine.worker, "the first one claims another");
}

/* Taken over and released, so that the fence is low again and the epoch is one more. */
static void
test_taken_over_and_released(void)
{
	Server		a = new_server("a");
	Server		b = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	expire_holds();
	now_us = NOW + 1000 * S;
	(void) claim(&b);
	(void) extend(&b, now_us);
	(void) release(&b, now_us + 1);
	(void) extend(&a, now_us);
	is_lost(&a, LEASE_TAKEN_OVER, "after a clone has claimed and released it");
	check(!a.machine.is_in_doubt, "that is no reason to doubt the store, either");
}

static void
test_keeping(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	now_us += 10 * S;
	is_number(keep(&a), LEASE_KEEPING, "a hold is kept");
	is_number(stored_worker(a.machine.worker)->hold_until_us, now_us + TTL_MS * US_PER_MS, "it lives for another TTL");
	expire_holds();
	(void) keep(&a);
	check(a.machine.is_held && !a.machine.is_attached, "without the hold, the worker is still held");
	is_number(keep(&a), LEASE_ATTACHING, "the hold is taken again");
	check(a.machine.is_attached, "it is there again");
	is_text(stored_worker(a.machine.worker)->hold_nonce, a.machine.record.nonce, "it has our nonce");
	is_number(stored_record(a.machine.worker).epoch, 1, "that was no claim");
	expire_holds();
	hold_by_other(a.machine.worker);
	(void) keep(&a);
	(void) keep(&a);
	check(a.machine.is_held && !a.machine.is_attached, "a hold of another's is not taken away");
	a.needs.keep = true;
	(void) begin(&a);
	finish(&a, LEASE_UNKNOWN);
	check(a.machine.is_held, "no answer to that does no harm");
}

/* ------------------------------------------------------------------ releases */

static void
test_release(void)
{
	Server		a = new_server("a");
	LeaseRecord before;
	LeaseRecord after;

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	before = stored_record(a.machine.worker);
	is_number(release(&a, NOW + DRIFT / 2), LEASE_RELEASING, "a worker is released");
	is_lost(&a, LEASE_NO_PROBLEM, "after a release");
	after = stored_record(a.machine.worker);
	is_number(after.fence_us, NOW + DRIFT / 2, "the fence is the end of its IDs");
	is_number(after.epoch, before.epoch, "that was no claim");
	check(strcmp(after.nonce, before.nonce) != 0, "the nonce is a new one");
	is_number(stored_worker(a.machine.worker)->hold_until_us, 0, "the hold is gone");
	check(claim(&a), "a worker can be claimed at once");
	is_number(a.machine.start_us, NOW + DRIFT / 2, "it is the same one");
}

static void
test_release_limits(void)
{
	Server		a = new_server("a");

	new_store();
	for (int worker = 1; worker <= WORKERS; worker++)
		put_record(worker, "them", 1, NOW - 5 * S);
	(void) claim(&a);
	(void) release(&a, 0);
	is_number(stored_record(a.machine.worker).fence_us, NOW - 5 * S, "unused, it keeps the fence of the claim");
	(void) claim(&a);
	(void) extend(&a, NOW);
	(void) release(&a, PG_INT64_MAX);
	is_number(stored_record(a.machine.worker).fence_us, NOW + REACH / 3, "no release raises the fence");
}

static void
test_release_after_late_extension(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	a.needs.extension = true;
	(void) begin(&a);
	finish(&a, LEASE_UNKNOWN);
	a.needs.extension = false;
	(void) release(&a, NOW);
	check(a.machine.is_held, "the late extension is adopted first");
	(void) release(&a, NOW);
	is_lost(&a, LEASE_NO_PROBLEM, "then it is released");
	is_number(stored_record(a.machine.worker).fence_us, NOW, "with the fence at the end of its IDs");
}

static void
test_release_unanswered(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	a.needs.release = true;
	(void) begin(&a);
	finish(&a, LEASE_UNREACHABLE);
	is_lost(&a, LEASE_STORE_FAILED, "a release that is not answered");
	is_number(step(&a), LEASE_AT_REST, "it is not tried again");
	is_number(stored_record(a.machine.worker).fence_us, NOW + REACH / 3, "the worker rests until its fence");
}

static void
test_release_taken_over(void)
{
	Server		a = new_server("a");
	Server		b = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	expire_holds();
	now_us = NOW + 1000 * S;
	(void) claim(&b);
	(void) release(&a, NOW);
	is_lost(&a, LEASE_TAKEN_OVER, "a release after a clone has claimed");
	is_text(stored_worker(b.machine.worker)->record, b.machine.record_text, "the clone's record is not touched");
}

/* ------------------------------------------------------------------ pools that change */

static void
test_widened(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	pool.first_worker = 0;
	write_pool();
	(void) extend(&a, NOW + S);
	check(a.machine.is_held && a.machine.record.fence_us == NOW + REACH / 3, "a changed pool refuses one extension");
	(void) extend(&a, NOW + S);
	is_number(a.machine.record.fence_us, NOW + S + REACH, "the next one is applied");
}

static void
test_narrowed(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	pool.first_worker = pool.last_worker = a.machine.worker % WORKERS + 1;
	write_pool();
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_OUT_OF_RANGE, "the pool has been narrowed");
	check(claim(&a) && a.machine.worker == pool.first_worker, "one that is left is claimed");
}

static void
test_pool_gone(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	store.has_pool = false;
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_NO_POOL, "the pool is gone");
	fresh_nonce(pool.identity);
	write_pool();
	store.has_pool = true;
	memset(stored, 0, sizeof(stored));
	is_number(step(&a), LEASE_READING, "a pool was created anew");
	is_lost(&a, LEASE_STORE_WENT_BACK, "a pool was created anew, without a floor");
	is_number(step(&a), LEASE_DOUBTING, "its floor is raised");
	(void) lease_pool_read(store.pool, &pool);
	is_number(pool.floor_us, NOW + DOUBT + REACH, "beyond all that may still be issued");
	(void) step(&a);
	is_lost(&a, LEASE_ALL_REST, "until the floor");
	now_us = a.machine.problem_us;
	check(claim(&a) && a.machine.start_us == NOW + DOUBT + REACH, "then a worker is claimed, from the floor on");
}

static void
test_other_layout(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	strlcpy(pool.layout, OTHER_LAYOUT, LAYOUT_TEXT_SIZE);
	write_pool();
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_OTHER_LAYOUT, "the layout has been changed without asking");
}

static void
test_acknowledged_layout(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	strlcpy(pool.proposed, OTHER_LAYOUT, LAYOUT_TEXT_SIZE);
	pool.proposal = 1;
	write_pool();
	(void) extend(&a, NOW);
	(void) extend(&a, NOW);
	is_number(stored_record(a.machine.worker).acknowledged, 1, "a proposed layout is acknowledged by an extension");
	strlcpy(pool.layout, OTHER_LAYOUT, LAYOUT_TEXT_SIZE);
	pool.proposed[0] = '\0';
	write_pool();
	(void) extend(&a, NOW + S);
	(void) extend(&a, NOW + S);
	check(a.machine.is_held, "the holder goes on when it has been committed");
	is_number(a.machine.record.fence_us, NOW + S + REACH, "its fence is raised");
	pool.last_worker++;
	write_pool();
	(void) extend(&a, NOW + 2 * S);
	check(a.machine.is_held, "and when the pool changes after that");
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	pool.datacenter = 1;
	write_pool();
	(void) extend(&a, NOW + 2 * S);
	is_lost(&a, LEASE_OTHER_DATACENTER, "but not with another datacenter");
}

/* ------------------------------------------------------------------ a store that has gone back */

/* What was stored at a moment. */
typedef struct Snapshot
{
	ModelStore	store;
	ModelWorker stored[WORKERS];
} Snapshot;

static Snapshot
snapshot(void)
{
	Snapshot	taken = {.store = store};

	memcpy(taken.stored, stored, sizeof(stored));
	return taken;
}

static void
restore(const Snapshot *taken)
{
	store = taken->store;
	memcpy(stored, taken->stored, sizeof(stored));
}

/* The server is in doubt: it raises the floor, and claims from there on. */
static void
is_doubt(Server *server, const char *name)
{
	LeasePool	raised;

	check(!server->machine.is_held && server->machine.is_in_doubt, of("the server is in doubt", name));
	for (int i = 0; i < 4 && server->machine.is_in_doubt; i++)
		(void) step(server);
	check(!server->machine.is_in_doubt, of("the doubt is dealt with", name));
	check(lease_pool_read(store.pool, &raised), of("the pool can be read", name));
	is_number(raised.floor_us, now_us + DOUBT + REACH, of("the floor is raised", name));
	check(strcmp(raised.identity, pool.identity) != 0, of("the pool has a new identity", name));
	now_us = raised.floor_us;
	expire_holds();
	check(claim(server), of("at the floor, a worker is claimed", name));
	check(server->machine.start_us >= raised.floor_us, of("IDs begin at the floor", name));
}

/* A store that tells nothing of itself. */
static void
new_silent_store(void)
{
	new_store();
	store.tells_revision = store.tells_incarnation = false;
}

static void
test_lower_fence(void)
{
	Server		a = new_server("a");
	Snapshot	taken;

	new_silent_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	taken = snapshot();
	(void) extend(&a, NOW + 10 * S);
	restore(&taken);
	(void) extend(&a, NOW + 20 * S);
	is_lost(&a, LEASE_STORE_WENT_BACK, "our nonce with a lower fence");
	is_doubt(&a, "our nonce with a lower fence");
}

static void
test_absent_record(void)
{
	Server		a = new_server("a");
	Snapshot	taken;

	new_silent_store();
	taken = snapshot();
	(void) claim(&a);
	restore(&taken);
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_STORE_WENT_BACK, "no record of our worker");
	is_doubt(&a, "no record of our worker");
}

/* The record is of the holder before us: its epoch is lower than ours. */
static void
test_former_holder(void)
{
	Server		a = new_server("a");
	Server		b = new_server("a");
	Snapshot	taken;

	new_silent_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	taken = snapshot();
	now_us += 100 * S;
	check(claim(&b) && b.machine.worker == a.machine.worker, "a second server takes over");
	(void) extend(&b, now_us);
	restore(&taken);
	(void) extend(&b, now_us);
	is_lost(&b, LEASE_STORE_WENT_BACK, "the record of the holder before us");
	is_doubt(&b, "the record of the holder before us");
}

/* The pool is from before an earlier doubt was dealt with. */
static void
test_former_identity(void)
{
	Server		a = new_server("a");
	Snapshot	taken;

	new_silent_store();
	taken = snapshot();
	fresh_nonce(pool.identity);
	pool.floor_us = NOW - 100 * S;
	write_pool();
	(void) claim(&a);
	(void) extend(&a, NOW);
	restore(&taken);
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_STORE_WENT_BACK, "a pool from before the last doubt");
	is_doubt(&a, "a pool from before the last doubt");
}

/* The same, and it is a revision that tells. */
static void
test_former_identity_by_revision(void)
{
	Server		a = new_server("a");
	Snapshot	taken;

	new_store();
	store.tells_incarnation = false;
	taken = snapshot();
	fresh_nonce(pool.identity);
	pool.floor_us = NOW - 100 * S;
	write_pool();
	(void) claim(&a);
	(void) extend(&a, NOW);
	restore(&taken);
	(void) keep(&a);
	is_lost(&a, LEASE_STORE_WENT_BACK, "a lower revision and a former pool");
	is_doubt(&a, "a lower revision and a former pool");
}

static void
test_revision(void)
{
	Server		a = new_server("a");
	Server		b = new_server("b");
	Snapshot	taken;

	new_store();
	store.tells_incarnation = false;
	(void) claim(&a);
	taken = snapshot();
	(void) claim(&b);
	(void) keep(&a);
	for (int i = 0; i < 10; i++)
		(void) keep(&b);
	restore(&taken);
	(void) keep(&a);
	is_lost(&a, LEASE_STORE_WENT_BACK, "a lower revision");
	is_doubt(&a, "a lower revision");
	(void) extend(&b, now_us);
	is_lost(&b, LEASE_STORE_WENT_BACK, "a lower revision, for the second server");
	is_number(step(&b), LEASE_DOUBTING, "the second server would raise the floor");
	check(!b.machine.is_in_doubt, "but it has been raised");
	check(claim(&b) && b.machine.worker != a.machine.worker, "and it claims a worker, too");
}

static void
test_incarnation(void)
{
	Server		a = new_server("a");
	Server		b = new_server("b");

	new_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	store.incarnation = 6;
	is_number(step(&b), LEASE_READING, "a newcomer reads");
	is_lost(&b, LEASE_STORE_WENT_BACK, "another incarnation, for a newcomer");
	(void) keep(&a);
	is_lost(&a, LEASE_STORE_WENT_BACK, "another incarnation");
	is_doubt(&a, "another incarnation");
	(void) lease_pool_read(store.pool, &pool);
	is_number(pool.incarnation, 6, "the pool knows the new one");
	check(claim(&b), "the newcomer can claim, too");
}

static void
test_doubt_unanswered(void)
{
	Server		a = new_server("a");

	new_store();
	(void) claim(&a);
	store.incarnation = 6;
	(void) keep(&a);
	(void) begin(&a);
	finish(&a, LEASE_UNKNOWN);
	check(a.machine.is_in_doubt, "without an answer, the doubt remains");
	is_number(step(&a), LEASE_DOUBTING, "it is tried again");
	check(!a.machine.is_in_doubt, "our own work counts as another's");
	(void) step(&a);
	is_lost(&a, LEASE_ALL_REST, "the floor has been raised once");
}

static void
test_identity_replaced(void)
{
	Server		a = new_server("a");

	new_silent_store();
	(void) claim(&a);
	(void) extend(&a, NOW);
	fresh_nonce(pool.identity);
	pool.floor_us = NOW + DOUBT;
	write_pool();
	(void) extend(&a, NOW);
	is_lost(&a, LEASE_STORE_WENT_BACK, "another has raised the floor");
	check(!a.machine.is_in_doubt, "then there is no doubt any more");
}

int
main(void)
{
	test_first_claim();
	test_no_wish();
	test_choice();
	test_spread();
	test_any_order();
	test_none_free();
	test_latest_start();
	test_hostile_records();
	test_refused_claim();
	test_unknown_claim();
	test_lost_claim();
	test_unreachable_claim();
	test_pools();
	test_floor();
	test_skew();
	test_extension();
	test_shorter_reach();
	test_late_extension();
	test_taken_over();
	test_taken_over_and_released();
	test_keeping();
	test_release();
	test_release_limits();
	test_release_after_late_extension();
	test_release_unanswered();
	test_release_taken_over();
	test_widened();
	test_narrowed();
	test_pool_gone();
	test_other_layout();
	test_acknowledged_layout();
	test_lower_fence();
	test_absent_record();
	test_former_holder();
	test_former_identity();
	test_former_identity_by_revision();
	test_revision();
	test_incarnation();
	test_doubt_unanswered();
	test_identity_replaced();
	return done_testing();
}
