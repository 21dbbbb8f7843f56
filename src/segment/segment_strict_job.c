/*-------------------------------------------------------------------------
 *
 * segment_strict_job.c
 *	  How the agent serves rounds of strict numbers from roots elsewhere.
 *
 * A round is closed when a session can take for it at once, so that as many
 * processes as possible have joined, and not before those who usually come together
 * have come (see round_gathering.h).  There are several sessions with a root for
 * this, so that one round need not be over before the next one begins; but if takes
 * of one counter would compete, each of them has to end first.  Otherwise rounds would
 * fail time and again, as those that have just succeeded are ahead.
 *
 * A root that is a PostgreSQL passes a strict take on to its own root; so the
 * first of the roots that answers will do.  Numbers must be above all that had been
 * taken here when the round began.  If they are not, or the store is another one,
 * it may have gone back: then so many are skipped as for a chunk, by all rounds that
 * are under way (see segment_answer.c).
 *
 * That a root has not so many numbers, or no such counter, is an answer: the round ends,
 * and the root is asked for others as before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/clipped_text.h"
#include "engine/clock.h"
#include "engine/random.h"
#include "segment/segment_answer.h"
#include "segment/segment_desk.h"
#include "segment/segment_memory.h"
#include "segment/segment_refill.h"
#include "segment/segment_rounds.h"
#include "segment/segment_strict_job.h"

/* Sessions with one root, and rounds under way. */
#define LANES 3
#define MOST_JOBS 16

/* Takes for one round, if its numbers cannot be used. */
#define MOST_TAKES 5

typedef struct StrictJob
{
	SegmentRounds *rounds;		/* NULL: the job is free */
	SegmentPlace place;
	uint64		round;
	uint64		count;
	int64		floor;			/* numbers must be above it */
	int			root;
	int			takes;			/* from this root, so far */
	uint64		to_pass;		/* takes > 0: numbers that are taken in
								 * addition, and not used */
	RootWatch	asked;			/* of this root, when it was asked */
	char		refusal[LEASE_TAKE_ERROR_SIZE]; /* of the last root that has
												 * refused */
	bool		has_ended;		/* a root has not so many numbers */
	bool		has_refused[SEGMENT_MOST_ROOTS];
	bool		has_tried[SEGMENT_MOST_ROOTS];
	bool		is_under_way;
} StrictJob;

static StrictJob jobs[MOST_JOBS];

/* Errands of rounds have negative numbers of slots. */
static int
errand_slot(const StrictJob *job)
{
	return -1 - (int) (job - jobs);
}

bool
segment_strict_is_errand(const SegmentErrand *errand)
{
	return errand->slot < 0;
}

static StrictJob *
job_of(const SegmentErrand *errand)
{
	StrictJob  *job = &jobs[-1 - errand->slot];

	return job->is_under_way && (uint32) job->round == errand->request ? job : NULL;
}

static void
end_job(StrictJob *job, const int64 *first, const char *error)
{
	segment_rounds_end(job->rounds, job->place, job->round, first, error);
	memset(job, 0, sizeof(StrictJob));
}

/* No root is left to be asked.  Numbers have ended only if each of them says so. */
static void
give_up(StrictJob *job, const SegmentSlot *slot)
{
	int			silent = segment_answer_find_silent(job->has_refused, slot->roots.count);
	const char *error = silent < 0 ? "" : slot->states[silent].error;

	if (silent >= 0 && error[0] == '\0')
		error = "No root answers.";
	if (job->has_ended)
	{
		segment_rounds_refuse(job->rounds, job->place, job->round, error);
		memset(job, 0, sizeof(StrictJob));
	}
	else
		end_job(job, NULL, silent < 0 ? job->refusal : error);
}

/* Sessions have been closed. */
void
segment_strict_forget_all(void)
{
	for (int i = 0; i < MOST_JOBS; i++)
		jobs[i].is_under_way = false;
}

/* The first root that may be asked; -1 if there is none. */
static int
choose_root(const StrictJob *job, const SegmentSlot *slot, int64 now_ns)
{
	for (int i = 0; i < slot->roots.count; i++)
		if (!job->has_tried[i] && circuit_breaker_allows(&slot->states[i].breaker, now_ns))
			return i;
	return -1;
}

static bool
is_idle(const SegmentSession *session)
{
	return !session->is_busy && session->operation.take_count == 0;
}

/* Is another round's take from a counter under way, or about to be, with which ours would compete? */
static bool
would_compete(const char *address, const char *counter)
{
	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
	{
		const SegmentSession *session = segment_session_get(i);

		if (session->lane == 0 || strcmp(session->address, address) != 0 ||
			(session->store != NULL && !lease_store_takes_compete(session->store)))
			continue;
		for (int take = 0; take < session->operation.take_count; take++)
			if (strcmp(session->errands[take].counter, counter) == 0)
				return true;
	}
	return false;
}

/* A session that can take for a round now; NULL if there is none. */
static SegmentSession *
find_session(const SegmentRoots *roots, int root)
{
	const char *address = segment_roots_address(roots, root);

	if (would_compete(address, roots->counter))
		return NULL;
	for (int lane = 1; lane <= LANES; lane++)
	{
		SegmentSession *session = segment_session_find(address, lane);

		if (session != NULL && is_idle(session))
			return session;
	}
	return NULL;
}

static void
assign(StrictJob *job, const SegmentSlot *slot, SegmentSession *session)
{
	const RootWatch *watch = &slot->states[job->root].watch;
	uint64		to_pass = Max(job->to_pass, root_watch_missing(watch));
	LeaseTake	take = {
		.counter = slot->roots.counter,
		.count = (int64) (job->count + Min(to_pass, (uint64) SEGMENT_MOST_NUMBERS - job->count)),
		.is_strict = true,
	};

	job->asked = *watch;
	job->is_under_way = segment_session_add(session, errand_slot(job), (uint32) job->round, &take);
}

/* Does another round take numbers that are to be skipped?  One has to. */
static bool
another_skips(const StrictJob *job, int root)
{
	for (int i = 0; i < MOST_JOBS; i++)
		if (&jobs[i] != job && jobs[i].is_under_way && jobs[i].rounds == job->rounds && jobs[i].root == root &&
			root_watch_missing(&jobs[i].asked) > 0)
			return true;
	return false;
}

/* Go on with a round that has been closed. */
static void
go_on(StrictJob *job, const SegmentSlot *slot, int64 now_ns)
{
	SegmentSession *session;
	int			root = job->takes > 0 ? job->root : choose_root(job, slot, now_ns);

	if (root < 0)
	{
		give_up(job, slot);
		return;
	}
	job->root = root;
	if (root_watch_missing(&slot->states[root].watch) > 0 && another_skips(job, root))
		return;
	session = find_session(&slot->roots, root);
	if (session != NULL)
		assign(job, slot, session);
}

/* What had been taken here, as far as the slot and the segment's chunk know. */
static int64
get_floor(SegmentPlace place, const SegmentSlot *slot)
{
	SegmentEntry *entry = segment_memory_lock(place);
	int64		floor = slot->floor;

	if (entry == NULL)
		return floor;
	if (entry->has_taken)
		floor = Max(floor, entry->last_taken);
	segment_memory_unlock(entry);
	return floor;
}

static StrictJob *
find_free_job(void)
{
	for (int i = 0; i < MOST_JOBS; i++)
		if (jobs[i].rounds == NULL)
			return &jobs[i];
	return NULL;
}

/*
 * Close the open round of a slot and begin with it, if a session is free and nobody
 * else is expected.  Returns when to look again if somebody is, or PG_INT64_MAX.
 */
static int64
begin_round(SegmentRounds *rounds, SegmentPlace place, const SegmentSlot *slot, int64 now_ns)
{
	StrictJob  *job = find_free_job();
	StrictJob	new = {.rounds = rounds};
	int			root = choose_root(&new, slot, now_ns);
	int64		open_until_ns;

	if (job == NULL || (root >= 0 && find_session(&slot->roots, root) == NULL))
		return PG_INT64_MAX;
	open_until_ns = segment_rounds_open_until(rounds);
	if (open_until_ns > 0)
		return open_until_ns;
	new.floor = get_floor(place, slot);
	if (segment_rounds_close(rounds, &new.place, &new.round, &new.count))
	{
		*job = new;
		go_on(job, slot, now_ns);
	}
	return PG_INT64_MAX;
}

/*
 * The roots of a round are not known, which cannot be while it has members: they hold
 * the slot.  If it were so, none should wait in vain.
 */
static void
fail_round(SegmentRounds *rounds)
{
	SegmentPlace place;
	uint64		round;
	uint64		count;

	if (segment_rounds_close(rounds, &place, &round, &count))
		segment_rounds_end(rounds, place, round, NULL, "The agent does not know the roots of the segment.");
}

/* Let sessions serve rounds.  Returns when to look again, at the latest. */
int64
segment_strict_assign_all(int64 now_ns)
{
	static SegmentSlot slot;
	SegmentPlace place;
	int64		due_ns = PG_INT64_MAX;

	for (int i = 0; i < MOST_JOBS; i++)
		if (jobs[i].rounds != NULL && !jobs[i].is_under_way)
		{
			if (segment_desk_copy(jobs[i].place, &slot))
				go_on(&jobs[i], &slot, now_ns);
			else
				end_job(&jobs[i], NULL, "All who waited have left.");
		}
	for (int i = 0; i < segment_rounds_capacity(); i++)
	{
		SegmentRounds *rounds = segment_rounds_get(i);

		if (!segment_rounds_are_wanted(rounds, &place))
			continue;
		if (segment_desk_copy(place, &slot))
			due_ns = Min(due_ns, begin_round(rounds, place, &slot, now_ns));
		else
			fail_round(rounds);
	}
	return due_ns;
}

/* ---------------------------------------------------------------------- answers */

/* A root has not given numbers, and is not asked again for this round. */
static void
end_trying(StrictJob *job)
{
	job->is_under_way = false;
	job->takes = 0;
	job->to_pass = 0;
	job->has_tried[job->root] = true;
}

/* A root has failed to give numbers for a round. */
void
segment_strict_fail(const SegmentErrand *errand, const char *error)
{
	StrictJob  *job = job_of(errand);
	uint32		noise = (uint32) random_word(); /* may raise, so it is before
												 * the lock */
	SegmentSlot *slot;

	if (job == NULL)
		return;
	end_trying(job);
	slot = segment_desk_lock(job->place);
	if (slot == NULL)
		return;
	circuit_breaker_fail(&slot->states[job->root].breaker, clock_monotonic_ns(), noise);
	clip_into(slot->states[job->root].error, LEASE_TAKE_ERROR_SIZE, error);
	LWLockRelease(&segment_desk()->lock);
}

/* What is left of the numbers from before may be given to others. */
static void
drop_chunk(SegmentPlace place)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	segment_refill_drop(entry);
	segment_memory_unlock(entry);
}

/* A root has answered that it does not have what was asked for. */
static void
refuse(StrictJob *job, const LeaseTaken *taken)
{
	SegmentSlot *slot;

	end_trying(job);
	strlcpy(job->refusal, segment_answer_why(taken), sizeof(job->refusal));
	job->has_refused[job->root] = true;
	job->has_ended |= taken->result == LEASE_EXHAUSTED;
	slot = segment_desk_lock(job->place);
	if (slot == NULL)
		return;
	segment_answer_note_refusal(&slot->states[job->root], taken);
	LWLockRelease(&segment_desk()->lock);
}

/*
 * Are a root's numbers not above those that it had given, and that had been taken here,
 * before it was asked?  What it gives after having been found below does not show that
 * once more, whichever round has found it: if it has gone back again, what is asked for
 * from now on shows that.
 */
static bool
is_lower(const StrictJob *job, const SegmentSlot *slot, const LeaseTaken *taken)
{
	return job->asked.changes == slot->states[job->root].watch.changes &&
		((job->takes == 0 && taken->first <= job->floor) ||
		 (job->asked.is_known && taken->first <= job->asked.highest));
}

/*
 * Find the first number for a round in those of an answer, from first to last.  It is
 * above all that had come from the root when it was asked, also if the root had gone back
 * since.  The caller holds the desk's lock.
 */
static bool
find_first(StrictJob *job, SegmentSlot *slot, int64 last, int64 *first)
{
	int64		floor = job->asked.is_known ? Max(job->floor, job->asked.highest) : job->floor;

	*first = root_watch_first(&slot->states[job->root].watch, *first, floor);
	if (*first <= last && (uint64) last - (uint64) *first >= job->count - 1)
	{
		slot->floor = Max(slot->floor, *first + (int64) job->count - 1);
		return true;
	}
	job->to_pass = *first > last ? (uint64) *first - (uint64) last - 1 : 0;
	return false;
}

/* A root has answered with numbers for a round. */
static void
take_numbers(StrictJob *job, const SegmentErrand *errand, int64 count, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	SegmentSlot *slot = segment_desk_lock(job->place);
	int64		first = taken->first;
	int64		last = taken->first + count - 1;
	SegmentSkip skip = {0};
	bool		is_usable;

	job->is_under_way = false;
	if (slot == NULL)
		return;
	is_usable = !segment_answer_is_late(&slot->states[job->root], &job->asked, taken, answer);
	if (is_usable)
	{
		skip = segment_answer_note(slot, job->root, taken, answer, last, is_lower(job, slot, taken));
		is_usable = find_first(job, slot, last, &first);
	}
	LWLockRelease(&segment_desk()->lock);
	if (skip.numbers > 0)
		drop_chunk(job->place);
	segment_answer_report_skip(skip, errand->counter);
	if (is_usable)
		end_job(job, &first, NULL);
	else if (++job->takes >= MOST_TAKES)
		end_job(job, NULL, "Its numbers are far below those that have been used here.");
}

/* A root has answered for a round. */
void
segment_strict_take(const SegmentErrand *errand, const LeaseTake *take, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	StrictJob  *job = job_of(errand);

	if (job == NULL)
		return;
	if (segment_answer_is_refusal(taken))
		refuse(job, taken);
	else if (taken->result != LEASE_TAKEN || taken->first > PG_INT64_MAX - take->count)
		segment_strict_fail(errand, segment_answer_why(taken));
	else
		take_numbers(job, errand, take->count, taken, answer);
}
