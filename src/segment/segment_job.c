/*-------------------------------------------------------------------------
 *
 * segment_job.c
 *	  What the agent does for a segment whose root is elsewhere, from a request to
 *	  its delivery.
 *
 * Roots are tried in their order, beginning with the one that was used last, and
 * with the first of all again after a minute.  One that has failed often is left
 * alone for a while: see circuit_breaker.h.  If nobody waits for the numbers, one
 * root is tried.
 *
 * Numbers of a range are used if they are above the request's floor.  If another
 * root has numbers that are lower, so many are taken from it that some are above.
 *
 * A root may have gone back, so that numbers come from it a second time: it was
 * restored, or has failed over to a server that lacked what had been answered, or
 * was set up anew.  It is noticed by the incarnation of the store, the identity of
 * the counter, or a revision or numbers that are lower than before.  Then so many
 * numbers are skipped as the segment's option says, and what is left of the
 * numbers from before is not used either.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "engine/clock.h"
#include "engine/random.h"
#include "segment/segment_job.h"

/* After this time the first root is tried again. */
#define BACK_NS (60 * NS_PER_S)

/* Takes from one root for one request, until one has numbers that can be used. */
#define MOST_TAKES 5

/* When the last root is asked as others do not answer, it is for this part of a step. */
#define EMERGENCY_PART 4

/* Parallel to the slots of the desk. */
static SegmentJob *jobs = NULL;

SegmentJob *
segment_job_get(int slot)
{
	if (jobs == NULL)
		jobs = MemoryContextAllocZero(TopMemoryContext, sizeof(SegmentJob) * segment_desk()->capacity);
	return &jobs[slot];
}

/* Sessions have been closed: begin with all requests again. */
void
segment_job_forget_all(void)
{
	for (int i = 0; i < segment_desk()->capacity; i++)
		memset(segment_job_get(i), 0, sizeof(SegmentJob));
}

/* Look at a slot; false if nothing is wanted.  A new request begins a new job, whatever is on its way for the former. */
bool
segment_job_begin(int slot, SegmentSlot *copy)
{
	SegmentDesk *desk = segment_desk();
	SegmentJob *job = segment_job_get(slot);
	bool		is_wanted;

	LWLockAcquire(&desk->lock, LW_SHARED);
	is_wanted = desk->slots[slot].is_wanted;
	if (is_wanted)
		*copy = desk->slots[slot];
	LWLockRelease(&desk->lock);
	if (!is_wanted)
		return false;
	if (job->request != copy->requests || job->place.generation != copy->place.generation)
	{
		memset(job, 0, sizeof(SegmentJob));
		job->place = copy->place;
		job->request = copy->requests;
		job->root = -1;
	}
	return true;
}

/* ---------------------------------------------------------------------- choosing a root */

/* The root to begin with. */
static int
first_choice(const SegmentSlot *slot, int64 now_ns)
{
	return now_ns - slot->root_since_ns >= BACK_NS ? 0 : slot->root;
}

/* The root (0 .. count - 1) that is tried at a time (0 .. count - 1). */
static int
root_of_turn(const SegmentSlot *slot, int first, int turn)
{
	if (turn == 0)
		return first;
	return turn <= first ? turn - 1 : turn;
}

/*
 * Choose job->root.  SEGMENT_JOB_WAIT: nothing can be asked before *retry_ns.
 */
SegmentJobNext
segment_job_choose_root(SegmentJob *job, const SegmentSlot *slot, int64 now_ns, int64 *retry_ns)
{
	int			first = first_choice(slot, now_ns);
	SegmentJobNext next = SEGMENT_JOB_GIVE_UP;

	if (job->root >= 0 && !job->has_tried[job->root])
		return SEGMENT_JOB_ASK;
	for (int turn = 0; turn < slot->roots.count; turn++)
	{
		int			root = root_of_turn(slot, first, turn);
		const CircuitBreaker *breaker = &slot->states[root].breaker;

		if (job->has_tried[root] || circuit_breaker_is_open(breaker, now_ns))
			continue;
		if (circuit_breaker_allows(breaker, now_ns))
		{
			job->root = root;
			job->takes = 0;
			job->to_pass = job->to_skip = 0;
			job->is_free = false;
			return SEGMENT_JOB_ASK;
		}
		*retry_ns = next == SEGMENT_JOB_WAIT ? Min(*retry_ns, breaker->retry_ns) : breaker->retry_ns;
		next = SEGMENT_JOB_WAIT;
		if (slot->is_early)
			return SEGMENT_JOB_GIVE_UP;
	}
	return next;
}

/* Does the last of the roots help out, as the first does not answer? */
static bool
is_emergency(const SegmentJob *job, const SegmentSlot *slot)
{
	return job->root > 0 && job->root == slot->roots.count - 1 && !slot->is_early;
}

/* How many numbers to take. */
int64
segment_job_count(const SegmentJob *job, const SegmentSlot *slot)
{
	const SegmentRootState *state = &slot->states[job->root];
	uint64		count = slot->most;

	/*
	 * Its numbers were above the maximum, and are of no use: see with few of
	 * them whether they still are.
	 */
	if (state->is_known && state->last >= slot->max && !job->is_free)
		count = slot->least;
	if (is_emergency(job, slot))
		count = Min(count, Max(slot->least, slot->first_step / EMERGENCY_PART));
	count = Min(Max(count, 1), (uint64) SEGMENT_MOST_NUMBERS);
	return (int64) Min(count + job->to_pass, (uint64) SEGMENT_MOST_NUMBERS);
}

/* ---------------------------------------------------------------------- failures */

/* The slot of an errand, if its request is still the present one, with the desk's lock held exclusively; or NULL. */
static SegmentSlot *
lock_slot(const SegmentErrand *errand)
{
	SegmentDesk *desk = segment_desk();
	SegmentJob *job = segment_job_get(errand->slot);
	SegmentSlot *slot = &desk->slots[errand->slot];

	if (job->request != errand->request || !job->is_under_way)
		return NULL;
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	job->is_under_way = false;
	if (slot->requests == errand->request && slot->place.generation == job->place.generation && slot->is_wanted)
		return slot;
	LWLockRelease(&desk->lock);
	return NULL;
}

static void
unlock_slot(void)
{
	LWLockRelease(&segment_desk()->lock);
}

/* End a request without numbers. */
void
segment_job_give_up(int number, const SegmentSlot *copy)
{
	SegmentDesk *desk = segment_desk();
	SegmentSlot *slot = &desk->slots[number];
	const SegmentJob *job = segment_job_get(number);
	int			root = job->root >= 0 ? job->root : 0;

	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	if (slot->requests == copy->requests)
		slot->is_wanted = false;
	LWLockRelease(&desk->lock);
	segment_chunk_fail(copy->place, copy->states[root].error);
}

/* A root has failed to give numbers. */
void
segment_job_fail(const SegmentErrand *errand, const char *error)
{
	SegmentJob *job = segment_job_get(errand->slot);
	uint32		noise = (uint32) random_word(); /* may raise, so it is before
												 * the lock */
	SegmentSlot *slot = lock_slot(errand);
	SegmentRootState *state;
	int64		now_ns = clock_monotonic_ns();
	int			failures;

	if (slot == NULL)
		return;
	state = &slot->states[job->root];
	circuit_breaker_fail(&state->breaker, now_ns, noise);
	failures = state->breaker.failures;
	strlcpy(state->error, error, sizeof(state->error));
	job->has_tried[job->root] = true;
	if (slot->is_early)
		memset(job->has_tried, true, sizeof(job->has_tried));
	if (job->root == 0)
		slot->root_since_ns = now_ns;
	unlock_slot();
	if (failures == 1 || failures == CIRCUIT_FAILURES)
		ereport(LOG,
				errmsg("could not take numbers of \"%s\" from root %d of its segment", errand->counter, job->root + 1),
				errdetail("%s", error));
}

/* ---------------------------------------------------------------------- ranges */

/* Is what a root says now not what came after what it had said before? */
static bool
has_gone_back(const SegmentRootState *state, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	return segment_root_is_other(state, taken, answer) ||
		(state->is_known &&
		 ((answer->revision != 0 && answer->revision < state->revision) || taken->first <= state->last));
}

static void
note_answer(SegmentRootState *state, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	state->is_known = true;
	if (answer->incarnation != 0)
		state->incarnation = answer->incarnation;
	if (taken->identity != 0)
		state->identity = taken->identity;
	state->revision = answer->revision;
	state->error[0] = '\0';
	circuit_breaker_succeed(&state->breaker);
}

/*
 * Set the first number of a range that may be used, and whether there is one.  If
 * not, job says how many to take in addition.
 */
static bool
find_first(SegmentJob *job, const SegmentSlot *slot, int64 last, int64 *first)
{
	int64		skipped = (int64) Min(job->to_skip, (uint64) (last - *first + 1));

	*first += skipped;
	job->to_skip -= skipped;
	if (*first <= slot->floor)
		*first = Min(slot->floor, last) + 1;
	if (*first <= last && job->to_skip == 0)
		return true;
	job->to_pass = job->to_skip;
	if (slot->floor > last)
		job->to_pass = Max(job->to_pass, (uint64) slot->floor - (uint64) last);
	return false;
}

/* The range has numbers to use: the request is served. */
static void
serve(SegmentSlot *slot, const SegmentJob *job)
{
	int64		now_ns = clock_monotonic_ns();

	slot->is_wanted = false;
	if (slot->root != job->root || job->root == 0)
		slot->root_since_ns = now_ns;
	slot->root = job->root;
}

static void
deliver(const SegmentJob *job, int64 first, int64 last, int64 max, uint64 epoch)
{
	SegmentGrant grant = {
		.lsn = InvalidXLogRecPtr,
		.ends_former = job->ends_former,
		.is_free = job->is_free,
		.epoch = epoch,
	};

	if (first > max)
	{
		segment_chunk_end(job->place);
		return;
	}
	grant.range.first = first;
	grant.range.count = (uint64) (Min(last, max) - first) + 1;
	segment_chunk_deliver(job->place, &grant);
}

static void
report_skip(const SegmentErrand *errand, int root, int64 skip)
{
	ereport(WARNING,
			errmsg("root %d of the segment of \"%s\" may have gone back", root + 1, errand->counter),
			errdetail("It was restored or set up anew, or another server has taken its place: %lld numbers are skipped.",
					  (long long) skip),
			errhint("If it may have lost more than that, raise the sequence at the root above all numbers in use."));
}

/* Why a take that was answered has no range. */
static const char *
why_not_taken(const LeaseTaken *taken)
{
	switch (taken->result)
	{
		case LEASE_NO_COUNTER:
			return "the root has no such counter";
		case LEASE_EXHAUSTED:
			return "the root has no more numbers";
		default:
			return taken->error;
	}
}

/* Numbers that were given back are below those that have been used; so what is skipped is not found among them. */
static bool
may_ask_for_free(const SegmentJob *job, const SegmentErrand *errand, const LeaseTaken *taken)
{
	static SegmentSlot slot;

	return taken->result == LEASE_EXHAUSTED && job->request == errand->request && job->is_under_way && !job->is_free &&
		job->to_skip == 0 && job->to_pass == 0 &&
		segment_desk_copy(job->place, &slot) && slot.accepts_free;
}

/*
 * A root has answered with numbers that had been given back.  If it may have gone back,
 * others may have them, and they are lost.
 */
static void
take_free(const SegmentErrand *errand, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	SegmentJob *job = segment_job_get(errand->slot);
	SegmentSlot *slot = lock_slot(errand);
	SegmentRootState *state;
	bool		is_usable;
	int64		max;

	if (slot == NULL)
		return;
	state = &slot->states[job->root];
	is_usable = !segment_root_is_other(state, taken, answer) && answer->revision >= state->revision;
	note_answer(state, taken, answer);
	if (is_usable)
		serve(slot, job);
	max = slot->max;
	unlock_slot();
	if (is_usable)
		deliver(job, taken->first, taken->first + taken->count - 1, max, taken->epoch);
	else
	{
		job->is_under_way = true;
		segment_job_fail(errand, "it may have gone back, so that others may have the numbers of its free list");
	}
}

/* Are the numbers of an answer less than the last of all? */
static bool
is_in_bounds(const LeaseTaken *taken, int64 count)
{
	return taken->first <= PG_INT64_MAX - count;
}

/* A root has answered with its next numbers. */
static void
take_next(const SegmentErrand *errand, const LeaseTake *take, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	SegmentJob *job = segment_job_get(errand->slot);
	int64		first = taken->first;
	int64		last = taken->first + take->count - 1;
	SegmentSlot *slot = lock_slot(errand);
	int64		skip = 0;
	int64		max;
	bool		is_usable;

	if (slot == NULL)
		return;
	if (has_gone_back(&slot->states[job->root], taken, answer))
	{
		skip = segment_slot_skip(slot);
		slot->skipped += skip;
		job->to_skip = skip;
		job->ends_former = true;
	}
	note_answer(&slot->states[job->root], taken, answer);
	slot->states[job->root].last = last;
	slot->states[job->root].token = taken->token;
	is_usable = find_first(job, slot, last, &first);
	if (is_usable)
		serve(slot, job);
	max = slot->max;
	unlock_slot();
	if (skip > 0)
		report_skip(errand, job->root, skip);
	if (is_usable)
		deliver(job, first, last, max, taken->epoch);
	else if (++job->takes >= MOST_TAKES)
	{
		job->is_under_way = true;
		segment_job_fail(errand, "its numbers are far below those that have been used here");
	}
}

/* A root has answered. */
void
segment_job_take(const SegmentErrand *errand, const LeaseTake *take, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	SegmentJob *job = segment_job_get(errand->slot);

	if (may_ask_for_free(job, errand, taken))
	{
		job->is_free = true;
		job->is_under_way = false;
	}
	else if (taken->result != LEASE_TAKEN)
		segment_job_fail(errand, why_not_taken(taken));
	else if (!is_in_bounds(taken, taken->is_free ? taken->count : take->count))
		segment_job_fail(errand, "the root gave an answer of another form");
	else if (taken->is_free)
		take_free(errand, taken, answer);
	else
		take_next(errand, take, taken, answer);
}
