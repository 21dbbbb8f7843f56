/*-------------------------------------------------------------------------
 *
 * lease_machine.c
 *	  How a server comes to hold a worker ID, keeps it and gives it up.
 *
 * The IDs of a worker ID are unique because each of its holders issues between
 * the fence that it found and the fence that it has written, and because fences
 * are written by comparing the whole record:
 *
 *	A claim replaces the record's nonce and leaves its fence alone.  The
 *	holder's IDs begin at that fence.  Nonces never come twice, so no record has
 *	a text that it had before.
 *	An extension compares the record with what the holder last knew, and raises
 *	the fence.  The holder issues below it only after the store has confirmed
 *	it.  If the answer is lost, the record may have been changed: a record with
 *	our nonce and a fence that is not lower is our own work, and is adopted.
 *	A release closes the holder's limits first, and then lowers the fence to the
 *	end of its IDs.
 *	Every start claims anew.  So a clone, a restored backup or a promoted
 *	standby is just another holder.
 *
 * No clock is part of this.  A hold that expires decides who may try to claim,
 * never who may issue.
 *
 * All of this relies on the store's memory.  If the store has gone back to an
 * older state, only clocks can tell: then the pool gets a new identity, so that
 * nobody extends what the lost history may have given to another server, and a
 * floor beyond all that its holders may still issue.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/lease_choice.h"
#include "bits/lease_machine.h"

/* Of a reach, what the first extension after a pause takes. */
#define SHORT_REACH_DIVISOR 3

/* ------------------------------------------------------------------ what to do next */

static void
begin_write(LeaseMachine *machine, LeaseOperation *operation, int worker, const char *record)
{
	lease_record_write(&machine->new_record, machine->new_text);
	operation->kind = LEASE_WRITE;
	operation->worker = worker;
	operation->pool = machine->pool_text;
	operation->record = record;
	operation->new_record = machine->new_text;
	operation->hold = LEASE_HOLD_LEAVE;
	operation->hold_nonce = machine->new_record.nonce;
}

/*
 * Lower the fence to the end of the IDs that we have issued.  The new nonce
 * keeps the record from having a text that it had before.
 */
static void
begin_release(LeaseMachine *machine, const LeaseNeeds *needs, LeaseOperation *operation)
{
	int64		used_us = Max(needs->used_until_us, machine->claim_fence_us);

	machine->new_record = machine->record;
	machine->new_record.fence_us = Min(machine->record.fence_us, used_us);
	strlcpy(machine->new_record.nonce, needs->nonce, LEASE_NONCE_SIZE);
	begin_write(machine, operation, machine->worker, machine->record_text);
	operation->hold = LEASE_HOLD_DROP;
	operation->hold_nonce = machine->record.nonce;
	machine->step = LEASE_RELEASING;
}

/*
 * Has the pool's proposed layout, if there is one, to be acknowledged by our
 * record?  It has been compared with the pool's layout only, so a server that
 * still runs with the one before does not acknowledge it until it restarts.
 */
static bool
must_acknowledge(const LeaseMachine *machine, const LeaseTerms *terms)
{
	return machine->pool.proposed[0] != '\0' && machine->record.acknowledged != machine->pool.proposal &&
		strcmp(machine->pool.layout, terms->layout) == 0;
}

/*
 * Raise the fence.  The first extension after a pause is shorter, so that the
 * worker ID does not rest for long if this server dies.
 */
static void
begin_extension(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, LeaseOperation *operation)
{
	int64		reach_us = Min(terms->reach_us, machine->pool.reach_us);
	int64		from_us = Max(Max(needs->wanted_us, needs->now_us), machine->start_us);

	if (machine->record.fence_us <= from_us)
		reach_us /= SHORT_REACH_DIVISOR;
	machine->new_record = machine->record;
	machine->new_record.fence_us = Max(machine->record.fence_us, lease_add_time(from_us, reach_us));
	if (must_acknowledge(machine, terms))
		machine->new_record.acknowledged = machine->pool.proposal;
	begin_write(machine, operation, machine->worker, machine->record_text);
	machine->step = LEASE_EXTENDING;
}

static void
begin_keeping(LeaseMachine *machine, const LeaseTerms *terms, LeaseOperation *operation)
{
	operation->kind = LEASE_KEEP;
	operation->worker = machine->worker;
	operation->hold_nonce = machine->record.nonce;
	operation->ttl_ms = terms->ttl_ms;
	machine->step = LEASE_KEEPING;
}

/* Take the hold again; the record stays as it is. */
static void
begin_attaching(LeaseMachine *machine, const LeaseTerms *terms, LeaseOperation *operation)
{
	machine->new_record = machine->record;
	begin_write(machine, operation, machine->worker, machine->record_text);
	operation->hold = LEASE_HOLD_TAKE;
	operation->ttl_ms = terms->ttl_ms;
	machine->step = LEASE_ATTACHING;
}

/* Let claims begin beyond all that holders may issue by what the store has forgotten. */
static void
begin_doubting(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, LeaseOperation *operation)
{
	int64		ahead_us = lease_add_time(terms->doubt_us, machine->pool.reach_us);

	machine->new_pool = machine->pool;
	machine->new_pool.floor_us = Max(machine->pool.floor_us, lease_add_time(needs->now_us, ahead_us));
	machine->new_pool.incarnation = machine->incarnation;
	strlcpy(machine->new_pool.identity, needs->nonce, LEASE_NONCE_SIZE);
	lease_pool_write(&machine->new_pool, machine->new_pool_text);
	operation->kind = LEASE_WRITE_POOL;
	operation->pool = machine->pool_text;
	operation->new_pool = machine->new_pool_text;
	machine->step = LEASE_DOUBTING;
}

static void
begin_claim(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, LeaseOperation *operation)
{
	LeaseRecord *record = &machine->new_record;

	machine->has_choice = false;
	strlcpy(record->nonce, needs->nonce, LEASE_NONCE_SIZE);
	strlcpy(record->holder, terms->holder, LEASE_HOLDER_SIZE);
	record->epoch++;
	record->acknowledged = 0;
	begin_write(machine, operation, machine->claim_worker, machine->old_text[0] == '\0' ? NULL : machine->old_text);
	operation->hold = LEASE_HOLD_TAKE;
	operation->ttl_ms = terms->ttl_ms;
	machine->step = LEASE_CLAIMING;
}

static void
begin_reading(LeaseMachine *machine, LeaseOperation *operation, LeaseStep step)
{
	operation->kind = LEASE_READ;
	machine->step = step;
}

/* The next operation for a worker ID that is held.  False if there is nothing to do. */
static bool
next_of_holder(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, LeaseOperation *operation)
{
	if (needs->release)
		begin_release(machine, needs, operation);
	else if (needs->extension)
		begin_extension(machine, terms, needs, operation);
	else if (needs->keep && machine->is_attached)
		begin_keeping(machine, terms, operation);
	else if (needs->keep)
		begin_attaching(machine, terms, operation);
	else
		return false;
	return true;
}

/*
 * The next operation, if there is something to do; then lease_machine_answer()
 * must be told its outcome before the next call.  The operation points into the
 * machine.
 */
bool
lease_machine_next(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, LeaseOperation *operation)
{
	memset(operation, 0, sizeof(LeaseOperation));
	if (machine->step == LEASE_CHECKING)
		begin_reading(machine, operation, LEASE_CHECKING);
	else if (machine->is_held)
		return next_of_holder(machine, terms, needs, operation);
	else if (!needs->worker || needs->release)
		return false;
	else if (machine->is_in_doubt && machine->has_pool)
		begin_doubting(machine, terms, needs, operation);
	else if (machine->has_choice)
		begin_claim(machine, terms, needs, operation);
	else
		begin_reading(machine, operation, LEASE_READING);
	return true;
}

/* ------------------------------------------------------------------ what an answer means */

/* We no longer hold the worker ID.  What is below the confirmed fence remains ours. */
static void
drop(LeaseMachine *machine, LeaseProblem problem)
{
	machine->is_held = false;
	machine->is_attached = false;
	machine->has_choice = false;
	machine->problem = problem;
}

static void
begin_doubt(LeaseMachine *machine)
{
	drop(machine, LEASE_STORE_WENT_BACK);
	machine->is_in_doubt = true;
}

/* Is the store another incarnation than the one that the pool was made for, as far as is known? */
static bool
is_reborn(const LeasePool *pool, const LeaseAnswer *answer)
{
	return answer->incarnation != 0 && pool->incarnation != 0 && answer->incarnation != pool->incarnation;
}

/* Note what an answer tells of the store itself.  Returns whether the store has gone back. */
static bool
note_store(LeaseMachine *machine, const LeaseNeeds *needs, const LeaseAnswer *answer)
{
	bool		went_back = answer->revision != 0 && answer->revision < machine->revision;

	if (answer->incarnation != 0)
		machine->incarnation = answer->incarnation;
	if (answer->revision != 0)
		machine->revision = answer->revision;
	if (answer->store_clock_us != 0)
		machine->skew_us = answer->store_clock_us - needs->now_us;
	return went_back || (machine->has_pool && is_reborn(&machine->pool, answer));
}

/*
 * Note the pool as it is now.  Returns false, with a problem, if this server
 * cannot have a worker ID of it.
 */
static bool
join_pool(LeaseMachine *machine, const LeaseTerms *terms, const LeaseAnswer *answer)
{
	LeasePool	pool;

	machine->has_pool = false;
	machine->problem = LEASE_NO_POOL;
	if (!answer->has_pool)
		return false;
	machine->problem = LEASE_POOL_UNREADABLE;
	if (!lease_pool_read(answer->pool, &pool))
		return false;

	/*
	 * A new identity with a higher floor is how another server has dealt with
	 * a doubt.  Without that, the pool is from before the one that we knew,
	 * or was created anew in an empty store.
	 */
	if (strcmp(pool.identity, machine->pool.identity) != 0)
		machine->is_in_doubt = machine->pool.identity[0] != '\0' && pool.floor_us <= machine->pool.floor_us;
	machine->pool = pool;
	strlcpy(machine->pool_text, answer->pool, LEASE_POOL_SIZE);
	machine->has_pool = true;
	machine->problem = LEASE_OTHER_LAYOUT;
	if (strcmp(pool.layout, terms->layout) != 0)
		return false;
	machine->problem = LEASE_OTHER_DATACENTER;
	if (pool.datacenter != terms->datacenter)
		return false;
	machine->problem = LEASE_NO_PROBLEM;
	return true;
}

/*
 * The layout of the pool is not ours.  Has it been changed to one that our
 * record has acknowledged?  Then this server may go on until it restarts.
 */
static bool
is_acknowledged_change(const LeaseMachine *machine, const LeasePool *before)
{
	if (machine->problem != LEASE_OTHER_LAYOUT || machine->pool.datacenter != before->datacenter)
		return false;
	return strcmp(machine->pool.layout, before->layout) == 0 ||
		(machine->record.acknowledged == before->proposal && strcmp(machine->pool.layout, before->proposed) == 0);
}

/* The pool's record is not what we knew.  May our worker ID be kept? */
static void
follow_pool(LeaseMachine *machine, const LeaseTerms *terms, const LeaseAnswer *answer)
{
	LeasePool	before = machine->pool;

	if (!join_pool(machine, terms, answer) && !is_acknowledged_change(machine, &before))
		drop(machine, machine->problem);
	else if (strcmp(machine->pool.identity, before.identity) != 0)
		drop(machine, LEASE_STORE_WENT_BACK);
	else if (machine->worker < machine->pool.first_worker || machine->worker > machine->pool.last_worker)
		drop(machine, LEASE_OUT_OF_RANGE);
	else
		machine->problem = LEASE_NO_PROBLEM;
}

/*
 * A change of our own record was refused: whose is it now?  Our nonce with a
 * fence that is not lower is an extension of ours whose answer was lost.  A
 * claim after ours has a higher epoch; a record of another nonce without that is
 * from before our claim, so the store has gone back.
 */
static void
follow_record(LeaseMachine *machine, const LeaseWorker *found)
{
	LeaseRecord record;

	if (!found->has_record)
		begin_doubt(machine);
	else if (!lease_record_read(found->record, &record) || record.epoch > machine->record.epoch)
		drop(machine, LEASE_TAKEN_OVER);
	else if (strcmp(record.nonce, machine->record.nonce) != 0 || record.fence_us < machine->record.fence_us)
		begin_doubt(machine);
	else
	{
		machine->record = record;
		strlcpy(machine->record_text, found->record, LEASE_RECORD_SIZE);
		machine->is_attached = found->is_held && strcmp(found->hold_nonce, record.nonce) == 0;
		machine->problem = LEASE_NO_PROBLEM;
	}
}

/* A holder's operation was refused. */
static void
follow_refusal(LeaseMachine *machine, const LeaseTerms *terms, const LeaseAnswer *answer)
{
	if (!answer->has_pool || strcmp(answer->pool, machine->pool_text) != 0)
		follow_pool(machine, terms, answer);
	if (machine->is_held)
		follow_record(machine, &answer->found);
}

/* ------------------------------------------------------------------ reading */

/* Choose a worker ID to claim. */
static void
choose(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, const LeaseAnswer *answer)
{
	LeaseChoice choice;

	machine->has_choice = lease_choose(&machine->pool, terms, needs, answer, &choice);
	if (!machine->has_choice)
	{
		machine->problem = choice.first_rested_us == PG_INT64_MAX ? LEASE_NONE_FREE : LEASE_ALL_REST;
		machine->problem_us = choice.first_rested_us;
		return;
	}
	machine->claim_worker = choice.worker;
	machine->new_record = choice.record;
	strlcpy(machine->old_text, choice.record_text, LEASE_RECORD_SIZE);
}

/* Is the store's clock too far from ours for a claim? */
static bool
is_skewed(LeaseMachine *machine, const LeaseTerms *terms, const LeaseAnswer *answer)
{
	int64		skew_us = machine->skew_us < 0 ? -machine->skew_us : machine->skew_us;

	if (answer->store_clock_us == 0 || skew_us - answer->store_clock_error_us <= terms->max_skew_us)
		return false;
	machine->problem = LEASE_CLOCK_SKEW;
	machine->problem_us = answer->store_clock_us;
	return true;
}

static void
finish_reading(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs, const LeaseAnswer *answer)
{
	machine->has_choice = false;
	if (!join_pool(machine, terms, answer) || is_skewed(machine, terms, answer))
		return;
	if (is_reborn(&machine->pool, answer))
		machine->is_in_doubt = true;
	if (machine->is_in_doubt)
		machine->problem = LEASE_STORE_WENT_BACK;
	else
		choose(machine, terms, needs, answer);
}

/* ------------------------------------------------------------------ claims */

/* The claim that is under way has been applied. */
static void
become_holder(LeaseMachine *machine)
{
	machine->is_held = true;
	machine->is_attached = true;
	machine->worker = machine->claim_worker;
	machine->record = machine->new_record;
	strlcpy(machine->record_text, machine->new_text, LEASE_RECORD_SIZE);
	machine->claim_fence_us = machine->record.fence_us;
	machine->start_us = lease_start_us(&machine->pool, machine->record.fence_us);
	machine->claims++;
	machine->problem = LEASE_NO_PROBLEM;
}

/* Find out whether the claim was applied.  If it was not, it is abandoned with its nonce. */
static void
finish_checking(LeaseMachine *machine, const LeaseAnswer *answer)
{
	machine->step = LEASE_AT_REST;
	if (!answer->has_pool || strcmp(answer->pool, machine->pool_text) != 0)
		return;
	for (int i = 0; i < answer->worker_count; i++)
		if (answer->workers[i].worker == machine->claim_worker && answer->workers[i].has_record &&
			strcmp(answer->workers[i].record, machine->new_text) == 0)
			become_holder(machine);
}

/* ------------------------------------------------------------------ answers */

/* The store has confirmed what the holder wrote. */
static void
confirm(LeaseMachine *machine)
{
	machine->record = machine->new_record;
	strlcpy(machine->record_text, machine->new_text, LEASE_RECORD_SIZE);
	machine->problem = LEASE_NO_PROBLEM;
}

static void
finish_applied(LeaseMachine *machine, LeaseStep step, const LeaseTerms *terms, const LeaseNeeds *needs,
			   const LeaseAnswer *answer)
{
	switch (step)
	{
		case LEASE_READING:
			finish_reading(machine, terms, needs, answer);
			break;
		case LEASE_CHECKING:
			finish_checking(machine, answer);
			break;
		case LEASE_CLAIMING:
			become_holder(machine);
			break;
		case LEASE_EXTENDING:
			confirm(machine);
			break;
		case LEASE_KEEPING:
			machine->problem = LEASE_NO_PROBLEM;
			break;
		case LEASE_ATTACHING:
			machine->is_attached = true;
			machine->problem = LEASE_NO_PROBLEM;
			break;
		case LEASE_RELEASING:
			drop(machine, LEASE_NO_PROBLEM);
			break;
		case LEASE_DOUBTING:
			machine->pool = machine->new_pool;
			strlcpy(machine->pool_text, machine->new_pool_text, LEASE_POOL_SIZE);
			machine->is_in_doubt = false;
			break;
		case LEASE_AT_REST:
			break;
	}
}

static void
finish_refused(LeaseMachine *machine, LeaseStep step, const LeaseTerms *terms, const LeaseAnswer *answer)
{
	switch (step)
	{
		case LEASE_EXTENDING:
		case LEASE_KEEPING:
		case LEASE_ATTACHING:
		case LEASE_RELEASING:
			follow_refusal(machine, terms, answer);
			break;
		case LEASE_DOUBTING:
			(void) join_pool(machine, terms, answer);
			break;
		case LEASE_CLAIMING:
		case LEASE_READING:
		case LEASE_CHECKING:
		case LEASE_AT_REST:
			break;
	}
}

/*
 * The store did not answer, or not in time.  Only a claim has to be looked up:
 * what a holder tries again is compared with the record, and tells by itself.
 */
static void
finish_unanswered(LeaseMachine *machine, LeaseStep step, LeaseOutcome outcome)
{
	machine->failures++;
	machine->problem = LEASE_STORE_FAILED;
	if (step == LEASE_CHECKING || (step == LEASE_CLAIMING && outcome == LEASE_UNKNOWN))
		machine->step = LEASE_CHECKING;
	else if (step == LEASE_RELEASING)
		drop(machine, LEASE_STORE_FAILED);
}

/*
 * The outcome of the operation that lease_machine_next() asked for; needs are
 * those of that call, with the time of now.
 */
void
lease_machine_answer(LeaseMachine *machine, const LeaseTerms *terms, const LeaseNeeds *needs,
					 LeaseOutcome outcome, const LeaseAnswer *answer)
{
	LeaseStep	step = machine->step;
	bool		went_back;

	machine->step = LEASE_AT_REST;
	if (outcome == LEASE_UNKNOWN || outcome == LEASE_UNREACHABLE)
	{
		finish_unanswered(machine, step, outcome);
		return;
	}
	machine->failures = 0;

	/* An answer of a store that has gone back proves nothing. */
	went_back = note_store(machine, needs, answer);
	if (went_back && step != LEASE_DOUBTING)
		begin_doubt(machine);
	if (went_back && step != LEASE_READING && step != LEASE_DOUBTING)
		return;
	if (outcome == LEASE_APPLIED)
		finish_applied(machine, step, terms, needs, answer);
	else
		finish_refused(machine, step, terms, answer);
}
