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

/* Does it say nothing of the root as it is now?  It is not to be noted, nor its numbers used. */
bool
segment_answer_is_late(const SegmentRootState *state, const RootWatch *asked, const LeaseTaken *taken,
					   const LeaseAnswer *answer)
{
	return root_watch_is_late(&state->watch, asked, answer->incarnation, taken->identity);
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
	}
	else
		root_watch_note(&state->watch, answer->incarnation, taken->identity, last);
	if (!was_known || skip.numbers > 0)
	{
		/* No chunk has taken from the root as it is. */
		state->revision = 0;
		state->last = PG_INT64_MIN;
		state->token = 0;
	}
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
			return "the root has no such counter";
		case LEASE_EXHAUSTED:
			return "the root has no more numbers";
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
