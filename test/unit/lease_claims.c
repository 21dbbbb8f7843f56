/*-------------------------------------------------------------------------
 *
 * lease_claims.c
 *	  Tests of lease_machine.h, in TAP: choosing a worker ID, and claims.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lease_server.h"

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
	return done_testing();
}
