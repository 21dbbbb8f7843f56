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
 * numbers are skipped as the segment's option says, by whatever answers they come
 * (see segment_answer.c), and what is left of the numbers from before is not used
 * either.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/clipped_text.h"
#include "engine/clock.h"
#include "engine/random.h"
#include "segment/segment_answer.h"
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
			job->to_pass = 0;
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
	uint64		to_pass = Max(job->to_pass, root_watch_missing(&state->watch));

	/*
	 * Its numbers were above the maximum, and are of no use: see with few of
	 * them whether they still are.
	 */
	if (state->watch.is_known && state->last >= slot->max && !job->is_free)
		count = slot->least;
	if (is_emergency(job, slot))
		count = Min(count, Max(slot->least, slot->first_step / EMERGENCY_PART));
	count = Min(Max(count, 1), (uint64) SEGMENT_MOST_NUMBERS);
	return (int64) (count + Min(to_pass, (uint64) SEGMENT_MOST_NUMBERS - count));
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

/*
 * Have the roots that answer refused a request for which somebody waits, and are the
 * others left alone?  Then to ask again is in vain for now.
 */
static bool
is_refused_by_all(const SegmentJob *job, const SegmentSlot *slot, int64 now_ns)
{
	if (slot->is_early || !job->is_refused)
		return false;
	for (int i = 0; i < slot->roots.count; i++)
		if (!job->has_refused[i] && !circuit_breaker_is_open(&slot->states[i].breaker, now_ns))
			return false;
	return true;
}

/*
 * End a request without numbers.  An early one has asked one root only, so that those
 * who wait by now ask again; and numbers have ended only if each root says so.
 */
void
segment_job_give_up(int number, const SegmentSlot *copy)
{
	SegmentDesk *desk = segment_desk();
	SegmentSlot *slot = &desk->slots[number];
	const SegmentJob *job = segment_job_get(number);
	int			silent = segment_answer_find_silent(job->has_refused, copy->roots.count);
	bool		is_other = !copy->is_early && job->is_refused && silent >= 0;
	const char *error = copy->states[is_other ? silent : Max(job->root, 0)].error;

	/* A round of strict numbers may have had an answer since. */
	if (error[0] == '\0')
		error = "No root has given as many numbers.";
	LWLockAcquire(&desk->lock, LW_EXCLUSIVE);
	if (slot->requests == copy->requests)
		slot->is_wanted = false;
	LWLockRelease(&desk->lock);
	if (is_refused_by_all(job, copy, clock_monotonic_ns()))
		segment_chunk_refuse(copy->place, job->has_ended ? Max(copy->least, 1) : 0, job->has_ended && silent < 0, error);
	else
		segment_chunk_fail(copy->place, error);
}

/* A root has not given numbers, and is not asked again for this request.  The caller holds the desk's lock. */
static void
end_trying(SegmentJob *job, SegmentSlot *slot)
{
	job->has_tried[job->root] = true;
	if (slot->is_early)
		memset(job->has_tried, true, sizeof(job->has_tried));
	if (job->root == 0)
		slot->root_since_ns = clock_monotonic_ns();
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
	int			failures;

	if (slot == NULL)
		return;
	state = &slot->states[job->root];
	circuit_breaker_fail(&state->breaker, clock_monotonic_ns(), noise);
	failures = state->breaker.failures;
	clip_into(state->error, sizeof(state->error), error);
	end_trying(job, slot);
	unlock_slot();
	if (failures == 1 || failures == CIRCUIT_FAILURES)
		ereport(LOG,
				errmsg("could not take numbers of \"%s\" from root %d of its segment", errand->counter, job->root + 1),
				errdetail("%s", error));
}

/*
 * A root has answered that it does not have what was requested.  That is the end of
 * the request, unless another root has it; others may request less.
 */
static void
refuse(const SegmentErrand *errand, const LeaseTaken *taken)
{
	SegmentJob *job = segment_job_get(errand->slot);
	SegmentSlot *slot = lock_slot(errand);

	if (slot == NULL)
		return;
	segment_answer_note_refusal(&slot->states[job->root], taken);
	job->is_refused = job->has_refused[job->root] = true;
	job->has_ended |= taken->result == LEASE_EXHAUSTED;
	end_trying(job, slot);
	unlock_slot();
}

/* ---------------------------------------------------------------------- ranges */

/* Are a store's numbers not above all that had come from it before it was asked, also strict ones? */
static bool
is_below_asked(const SegmentJob *job, const SegmentSlot *slot, const LeaseTaken *taken)
{
	return job->asked.is_known && job->asked.changes == slot->states[job->root].watch.changes &&
		taken->first <= job->asked.highest && !segment_roots_is_postgres(&slot->roots, job->root);
}

/* Are a root's numbers, or its revision, not what came after those of the last chunk? */
static bool
is_lower(const SegmentJob *job, const SegmentSlot *slot, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	const SegmentRootState *state = &slot->states[job->root];

	return state->watch.is_known &&
		((answer->revision != 0 && answer->revision < state->revision) || taken->first <= state->last ||
		 is_below_asked(job, slot, taken));
}

/*
 * Set the first number of a range that may be used, and whether there is one.  If
 * not, job says how many to take in addition.
 */
static bool
find_first(SegmentJob *job, const SegmentSlot *slot, int64 last, int64 *first)
{
	*first = root_watch_first(&slot->states[job->root].watch, *first, slot->floor);
	if (*first <= last)
		return true;
	job->to_pass = (uint64) *first - (uint64) last - 1;
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

/*
 * Numbers that were given back are below those that have been used; so what is skipped
 * is not found among them.  Nor is a root asked that may have gone back: what it gave
 * would be lost.
 */
static bool
may_ask_for_free(const SegmentJob *job, const SegmentErrand *errand, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	static SegmentSlot slot;

	return taken->result == LEASE_EXHAUSTED && job->request == errand->request && job->is_under_way && !job->is_free &&
		job->to_pass == 0 &&
		segment_desk_copy(job->place, &slot) && slot.accepts_free &&
		root_watch_missing(&slot.states[job->root].watch) == 0 &&
		!segment_root_is_other(&slot.states[job->root], taken, answer);
}

/*
 * A root has answered with numbers that had been given back.  If it may have gone back,
 * others may have them, and they are lost.  That is not noted then: they do not say
 * from where on to skip, so the next answer with others has to show it.
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
	is_usable = !segment_answer_is_late(state, &job->asked, taken, answer) &&
		!segment_root_is_other(state, taken, answer) && answer->revision >= state->revision &&
		root_watch_first(&state->watch, taken->first, PG_INT64_MIN) == taken->first;
	if (is_usable)
	{
		(void) segment_answer_note(slot, job->root, taken, answer, taken->first + taken->count - 1, false);
		state->revision = answer->revision;
		serve(slot, job);
	}
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
	SegmentRootState *state;
	SegmentSkip skip = {0};
	int64		max;
	bool		is_usable;

	if (slot == NULL)
		return;
	state = &slot->states[job->root];
	is_usable = !segment_answer_is_late(state, &job->asked, taken, answer);
	if (is_usable)
	{
		skip = segment_answer_note(slot, job->root, taken, answer, last, is_lower(job, slot, taken, answer));
		job->ends_former |= skip.numbers > 0;
		state->revision = answer->revision;
		state->last = last;
		state->token = taken->token;
		is_usable = find_first(job, slot, last, &first);
	}
	if (is_usable)
		serve(slot, job);
	max = slot->max;
	unlock_slot();
	segment_answer_report_skip(skip, errand->counter);
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

	if (may_ask_for_free(job, errand, taken, answer))
	{
		job->is_free = true;
		job->is_under_way = false;
	}
	else if (segment_answer_is_refusal(taken))
		refuse(errand, taken);
	else if (taken->result != LEASE_TAKEN)
		segment_job_fail(errand, segment_answer_why(taken));
	else if (!is_in_bounds(taken, taken->is_free ? taken->count : take->count))
		segment_job_fail(errand, "the root gave an answer of another form");
	else if (taken->is_free)
		take_free(errand, taken, answer);
	else
		take_next(errand, take, taken, answer);
}
