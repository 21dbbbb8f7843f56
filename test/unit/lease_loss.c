/*-------------------------------------------------------------------------
 *
 * lease_loss.c
 *	  Tests of lease_machine.h, in TAP: a store that has gone back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lease_server.h"

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
