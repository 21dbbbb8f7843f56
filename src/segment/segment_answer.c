/*-------------------------------------------------------------------------
 *
 * segment_answer.c
 *	  What an answer of a root says of it, whoever asked: a chunk's job or a round's.
 *
 * The agent compares each answer with what it knows of the root at the time when it
 * uses the numbers, in one go with noting it: so it does not matter which of
 * several takes under way is the first to show that a root may have gone back.  See
 * root_watch.h.  Nobody but the agent notes answers; the desk's lock is for those who
 * read them, and for segment_desk_note_return().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "segment/segment_answer.h"
#include "segment/segment_memory.h"
#include "segment/segment_refill.h"

/* Does it say nothing of the root as it is now?  It is not to be noted, nor its numbers used. */
bool
segment_answer_is_late(const SegmentRootState *state, const RootWatch *asked, const LeaseTaken *taken,
					   const LeaseAnswer *answer)
{
	return root_watch_is_late(&state->watch, asked, answer->incarnation, taken->identity);
}

/* No chunk has taken from a root as it is. */
static void
forget_chunk(SegmentRootState *state)
{
	state->revision = 0;
	state->last = PG_INT64_MIN;
	state->token = 0;
}

/*
 * A root may have gone back: the segment's other slots must know.  Its next numbers may
 * be above all that these have seen of it, so they would not notice.  What is left there
 * of the numbers from before is dropped.  The caller holds the desk's lock.
 */
static void
note_in_siblings(const SegmentSlot *slot, int root, const LeaseTaken *taken, const LeaseAnswer *answer, int64 last,
				 int64 skip)
{
	SegmentDesk *desk = segment_desk();

	for (int i = 0; i < desk->count; i++)
	{
		SegmentSlot *other = &desk->slots[i];
		SegmentEntry *entry;

		if (!segment_desk_are_siblings(slot, other))
			continue;
		root_watch_note_change(&other->states[root].watch, answer->incarnation, taken->identity, taken->first, last, skip);
		forget_chunk(&other->states[root]);
		entry = segment_memory_lock(other->place);
		if (entry == NULL)
			continue;
		segment_refill_drop(entry);
		segment_memory_unlock(entry);
	}
}

/*
 * Note an answer with numbers up to last.  has_gone_back: the numbers show that the
 * root may have gone back, if nothing else does.  The caller holds the desk's lock.
 */
SegmentSkip
segment_answer_note(SegmentSlot *slot, int root, const LeaseTaken *taken, const LeaseAnswer *answer, int64 last,
					bool has_gone_back)
{
	SegmentRootState *state = &slot->states[root];
	SegmentSkip skip = {.root = root};
	bool		was_known = state->watch.is_known;

	if (has_gone_back || segment_root_is_other(state, taken, answer))
	{
		skip.numbers = segment_slot_skip(slot);
		slot->skipped += skip.numbers;
		root_watch_note_change(&state->watch, answer->incarnation, taken->identity, taken->first, last, skip.numbers);
		note_in_siblings(slot, root, taken, answer, last, skip.numbers);
	}
	else
		root_watch_note(&state->watch, answer->incarnation, taken->identity, last);
	if (!was_known || skip.numbers > 0)
		forget_chunk(state);
	state->error[0] = '\0';
	circuit_breaker_succeed(&state->breaker);
	return skip;
}

void
segment_answer_report_skip(SegmentSkip skip, const char *counter)
{
	if (skip.numbers > 0)
		ereport(WARNING,
				errmsg("root %d of the segment of \"%s\" may have gone back", skip.root + 1, counter),
				errdetail("It was restored or set up anew, or another server has taken its place: %lld numbers are skipped.",
						  (long long) skip.numbers),
				errhint("If it may have lost more than that, raise the sequence at the root above all numbers in use."));
}

/* Has the root answered that it does not have what was asked for?  It has not failed then. */
bool
segment_answer_is_refusal(const LeaseTaken *taken)
{
	return taken->result == LEASE_NO_COUNTER || taken->result == LEASE_EXHAUSTED;
}

/*
 * The first of so many roots that has not refused what was asked for, and may have it,
 * as it does not answer; -1 if all have.
 */
int
segment_answer_find_silent(const bool *has_refused, int roots)
{
	for (int i = 0; i < roots; i++)
		if (!has_refused[i])
			return i;
	return -1;
}

/* Why a take that was answered has no range. */
const char *
segment_answer_why(const LeaseTaken *taken)
{
	switch (taken->result)
	{
		case LEASE_NO_COUNTER:
			return SEGMENT_NO_COUNTER;
		case LEASE_EXHAUSTED:
			return SEGMENT_NO_MORE_NUMBERS;
		case LEASE_TAKEN:
			return "the root gave an answer of another form";
		default:
			return taken->error;
	}
}

/* Note a refusal.  The caller holds the desk's lock. */
void
segment_answer_note_refusal(SegmentRootState *state, const LeaseTaken *taken)
{
	circuit_breaker_succeed(&state->breaker);
	strlcpy(state->error, segment_answer_why(taken), sizeof(state->error));
}
