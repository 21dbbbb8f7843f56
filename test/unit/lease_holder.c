/*-------------------------------------------------------------------------
 *
 * lease_holder.c
 *	  Tests of lease_machine.h, in TAP: what a holder does, and how its pool can change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lease_server.h"

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
	strlcpy(pool.proposed, THIRD_LAYOUT, LAYOUT_TEXT_SIZE);
	pool.proposal = 2;
	write_pool();
	(void) extend(&a, NOW + 2 * S);
	(void) extend(&a, NOW + 2 * S);
	check(a.machine.is_held, "and when a third layout is proposed");
	is_number(stored_record(a.machine.worker).acknowledged, 1, "which it does not acknowledge before it has the second");
	pool.proposed[0] = '\0';
	strlcpy(pool.layout, LAYOUT, LAYOUT_TEXT_SIZE);
	pool.datacenter = 1;
	write_pool();
	(void) extend(&a, NOW + 2 * S);
	is_lost(&a, LEASE_OTHER_DATACENTER, "but not with another datacenter");
}

int
main(void)
{
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
	return done_testing();
}
