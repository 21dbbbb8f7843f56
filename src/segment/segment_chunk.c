/*-------------------------------------------------------------------------
 *
 * segment_chunk.c
 *	  The chunk of a segment, which all sessions of this server share.
 *
 * The chunk is the range of numbers from entry->next on; the reserve is a range
 * above it that is there before the chunk ends.  A session takes its share from
 * the beginning of the chunk and gives back what it has not used, if nobody has
 * taken since.  All that, and each count, is done with the entry's mutex held:
 * so each number that was taken from the root is at each moment in one place, or
 * counted as issued or wasted.
 *
 * Ranges that the root gives increase.  So what is taken is above what was taken
 * before, but for what was given back in between.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/lsyscache.h"

#include "base/standbys.h"
#include "engine/clock.h"
#include "engine/wait.h"
#include "segment/segment_chunk.h"
#include "segment/segment_refill.h"

/* How long to wait at first for a standby to confirm. */
#define FIRST_POLL_NS NS_PER_MS

typedef enum ShareStatus
{
	SHARE_TAKEN,
	SHARE_TAKEN_LOW,			/* and the reserve should be refilled */
	SHARE_STALE,				/* the place is of another generation */
	SHARE_EMPTY,				/* there is not enough */
	SHARE_UNCONFIRMED,			/* there is, but standbys may not have it */
} ShareStatus;

/* Let the reserve follow the chunk, or replace it.  The caller has the entry's mutex. */
static void
use_reserve(SegmentEntry *entry)
{
	bool		follows = (uint64) entry->next + entry->left * (uint64) entry->increment == (uint64) entry->reserve.first;

	if (entry->left == 0 || !follows)
	{
		entry->counts.wasted += entry->left;
		entry->next = entry->chunk_first = entry->reserve.first;
		entry->left = 0;
	}
	entry->left += entry->reserve.count;
	entry->reserve.count = 0;
}

/* Take from the chunk, which has enough.  The caller has the entry's mutex. */
static ShareStatus
take_share(SegmentEntry *entry, uint64 most, SegmentShare *share)
{
	uint64		count = Min(most, entry->left);

	share->range.first = entry->next;
	share->range.count = count;
	share->drops = entry->drops;
	if (++entry->shares == 0)
		entry->shares = 1;
	share->number = entry->shares;
	entry->share_first = entry->next;
	entry->next = (int64) ((uint64) entry->next + count * (uint64) entry->increment);
	entry->left -= count;
	entry->counts.issued += count;
	return entry->left < entry->low && entry->reserve.count == 0 && entry->refiller == 0 && !entry->is_asked ?
		SHARE_TAKEN_LOW : SHARE_TAKEN;
}

static ShareStatus
try_take(SegmentPlace place, uint64 least, uint64 most, SegmentShare *share)
{
	SegmentEntry *entry = segment_memory_lock(place);
	ShareStatus status = SHARE_EMPTY;

	if (entry == NULL)
		return SHARE_STALE;
	if (entry->left < least && entry->reserve.count > 0)
	{
		if (!entry->reserve_is_confirmed)
			status = SHARE_UNCONFIRMED;
		else
			use_reserve(entry);
	}
	if (entry->left >= least)
		status = take_share(entry, most, share);
	segment_memory_unlock(entry);
	return status;
}

/* A call that has to wait, or may have to. */
typedef struct SegmentWait
{
	SegmentPlace place;
	const SegmentSequence *sequence;
	int64		since;			/* monotonic ns; 0 before the first wait */
	int64		poll_ns;
	bool		has_asked;		/* for more, or has seen that others do ... */
	uint32		refusals;		/* ... and so many had been refused before */
} SegmentWait;

/* Count the wait, once for a call.  Returns the rest of idgen.max_wait, in ns. */
static int64
begin_wait(SegmentWait *wait)
{
	SegmentEntry *entry;

	if (wait->since == 0)
	{
		wait->since = clock_monotonic_ns();
		wait->poll_ns = FIRST_POLL_NS;
		entry = segment_memory_lock(wait->place);
		if (entry != NULL)
		{
			entry->counts.waits++;
			entry->has_waited = true;
			segment_memory_unlock(entry);
		}
	}
	return wait->since + wait_max_ms * NS_PER_MS - clock_monotonic_ns();
}

/* ERROR: the wait is over. */
static void
report_wait(const SegmentWait *wait, const char *detail, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no numbers of sequence \"%s\" are left on this server", get_rel_name(wait->sequence->oid)),
			errdetail("%s within \"idgen.max_wait\", which is %d ms.", detail, wait_max_ms),
			errhint("%s", hint));
}

/* ERROR: no root gives numbers. */
static void
report_unreachable(const SegmentWait *wait, const char *error)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no numbers of sequence \"%s\" are left on this server", get_rel_name(wait->sequence->oid)),
			errdetail("No numbers come from its root: %s", error));
}

/* Mark the reserve as confirmed, if it is the one that is confirmed up to lsn. */
static void
confirm_reserve(SegmentPlace place, XLogRecPtr lsn)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	if (entry->reserve.count > 0 && entry->reserve_lsn == lsn)
		entry->reserve_is_confirmed = true;
	segment_memory_unlock(entry);
}

/* Note on this server that a reserve from elsewhere is about to be used. */
static void
note_use(const SegmentWait *wait, SegmentRange reserve)
{
	const SegmentRoot *root = segment_root_of(wait->sequence);
	int64		last = (int64) ((uint64) reserve.first + (reserve.count - 1) * (uint64) wait->sequence->increment);
	XLogRecPtr	lsn = root->note_use != NULL ? root->note_use(wait->sequence, last) : InvalidXLogRecPtr;
	SegmentEntry *entry;

	if (XLogRecPtrIsInvalid(lsn))
	{
		confirm_reserve(wait->place, lsn);
		return;
	}
	XLogFlush(lsn);
	entry = segment_memory_lock(wait->place);
	if (entry == NULL)
		return;
	if (entry->reserve.count > 0 && entry->reserve.first == reserve.first)
		entry->reserve_lsn = entry->taken_lsn = lsn;
	segment_memory_unlock(entry);
}

/* Use the reserve if it is noted here and standbys have that, or wait for that for a while. */
static void
await_standby(SegmentWait *wait)
{
	SegmentEntry *entry = segment_memory_lock(wait->place);
	SegmentRange reserve;
	XLogRecPtr	lsn;
	int64		patience;

	if (entry == NULL)
		return;
	lsn = entry->reserve_lsn;
	reserve = entry->reserve;
	segment_memory_unlock(entry);
	if (reserve.count == 0)
		return;
	if (XLogRecPtrIsInvalid(lsn))
	{
		note_use(wait, reserve);
		return;
	}
	if (standbys_have(lsn))
	{
		confirm_reserve(wait->place, lsn);
		return;
	}
	patience = begin_wait(wait);
	if (patience <= 0)
		report_wait(wait, "No synchronous standby has confirmed that numbers were taken",
					"Find out why synchronous standbys do not follow, or change \"synchronous_standby_names\".");
	clock_wait(Min(patience, wait->poll_ns), segment_memory_wait_event());
	wait->poll_ns = Min(wait->poll_ns * 2, WAIT_LONGEST_POLL_NS);
}

/* Is there a refill to wait for? */
static bool
is_being_refilled(SegmentPlace place, int *refiller)
{
	SegmentEntry *entry = segment_memory_lock(place);
	bool		result;

	if (entry == NULL)
		return false;
	*refiller = entry->refiller;
	result = (entry->refiller != 0 || entry->is_asked) && entry->reserve.count == 0;
	segment_memory_unlock(entry);
	return result;
}

/* Wait for another process to refill, for a while. */
static void
await_refill(SegmentWait *wait, ConditionVariable *changed)
{
	int			refiller = 0;
	int64		patience;

	ConditionVariablePrepareToSleep(changed);
	if (is_being_refilled(wait->place, &refiller))
	{
		patience = begin_wait(wait);
		if (patience <= 0)
		{
			ConditionVariableCancelSleep();
			report_wait(wait, refiller == 0 ? "The segment's root has not answered" :
						psprintf("The process with PID %d has not taken more", refiller),
						refiller == 0 ? "Find out why the root does not answer." :
						"Find out what keeps it from flushing WAL, or raise \"idgen.max_wait\".");
		}
		(void) ConditionVariableTimedSleep(changed, (long) (patience / NS_PER_MS) + 1, segment_memory_wait_event());
	}
	ConditionVariableCancelSleep();
}

/* ERROR if, since the call began, the agent has been refused as many numbers in a row, or fewer, by all roots that answer. */
static void
check_refusal(SegmentWait *wait, uint64 least)
{
	SegmentEntry *entry = segment_memory_lock(wait->place);
	bool		is_refused;
	bool		is_end;
	char		error[SEGMENT_ERROR_SIZE];

	if (entry == NULL)
		return;
	is_refused = wait->has_asked && entry->refusals.count != wait->refusals && entry->refusals.last <= least;
	is_end = entry->refusals.is_end;
	strlcpy(error, entry->last_error, sizeof(error));
	wait->refusals = entry->refusals.count;
	wait->has_asked = true;
	segment_memory_unlock(entry);
	if (is_refused && is_end)
		segment_sequence_report_refused(wait->sequence, least);
	/* Without an error, the root has given numbers since: ask again. */
	if (is_refused && error[0] != '\0')
		report_unreachable(wait, error);
}

/* Refill the reserve, or wait for another process that does. */
static void
get_more(SegmentWait *wait, uint64 least, uint64 most)
{
	SegmentRootStatus status;

	check_refusal(wait, least);
	status = segment_refill(wait->place, wait->sequence, least, most);
	if (status == SEGMENT_ROOT_ENDED)
		segment_sequence_report_ended(wait->sequence, least);
	if (status == SEGMENT_ROOT_UNREACHABLE)
	{
		SegmentEntry entry;

		if (segment_memory_copy(wait->place.number, &entry) && entry.generation == wait->place.generation)
			report_unreachable(wait, entry.last_error);
	}
	await_refill(wait, segment_memory_changed(wait->place));
}

/*
 * Take least to most (1 ..) numbers in a row from the segment's chunk, which is
 * refilled first if it has not enough.  False if the place is of another
 * generation.  Errors: SEQUENCE_GENERATOR_LIMIT_EXCEEDED at the end of the
 * sequence; OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait; those of the
 * root, and what CHECK_FOR_INTERRUPTS raises.
 */
bool
segment_chunk_take(SegmentPlace place, const SegmentSequence *sequence, uint64 least, uint64 most,
				   SegmentShare *share)
{
	SegmentWait wait = {
		.place = place,
		.sequence = sequence,
	};

	for (;;)
	{
		switch (try_take(place, least, most, share))
		{
			case SHARE_TAKEN_LOW:
				segment_refill_early(place, sequence);
				return true;
			case SHARE_TAKEN:
				return true;
			case SHARE_STALE:
				return false;
			case SHARE_EMPTY:
				get_more(&wait, least, most);
				break;
			case SHARE_UNCONFIRMED:
				await_standby(&wait);
				break;
		}
		CHECK_FOR_INTERRUPTS();
	}
}

/* Remove numbers up to target from the beginning of a range, and count them as wasted. */
static SegmentRange
skip_in_range(SegmentEntry *entry, SegmentRange range, int64 target)
{
	uint64		skipped;

	if (range.count == 0 || range.first > target)
		return range;
	skipped = Min(range.count, ((uint64) target - (uint64) range.first) / (uint64) entry->increment + 1);
	range.first = (int64) ((uint64) range.first + skipped * (uint64) entry->increment);
	range.count -= skipped;
	entry->counts.wasted += skipped;
	return range;
}

/*
 * Pass numbers up to target.  If nothing is left then, the next refill takes numbers
 * above it; so one that is under way has to end before, as its numbers may be below.
 * SHARE_TAKEN: done.
 */
static ShareStatus
try_pass(SegmentPlace place, int64 target)
{
	SegmentEntry *entry = segment_memory_lock(place);
	SegmentRange chunk;
	ShareStatus status = SHARE_TAKEN;

	if (entry == NULL)
		return SHARE_STALE;
	chunk.first = entry->next;
	chunk.count = entry->left;
	chunk = skip_in_range(entry, chunk, target);
	entry->shares++;
	entry->next = chunk.first;
	entry->left = chunk.count;
	entry->reserve = skip_in_range(entry, entry->reserve, target);
	/* Shares that others still have are below. */
	entry->drops++;
	if (chunk.count == 0 && entry->reserve.count == 0)
	{
		if (entry->refiller != 0 || entry->is_asked)
			status = SHARE_EMPTY;
		else
		{
			entry->has_taken = true;
			entry->last_taken = Max(entry->last_taken, target);
		}
	}
	segment_memory_unlock(entry);
	return status;
}

/*
 * Issue no number up to target any more, which is a number of the sequence.  A
 * process that draws at the same time may still get one.  False if the place is of
 * another generation.  Errors: OBJECT_NOT_IN_PREREQUISITE_STATE after
 * idgen.max_wait, and what CHECK_FOR_INTERRUPTS raises.
 */
bool
segment_chunk_pass(SegmentPlace place, const SegmentSequence *sequence, int64 target)
{
	SegmentWait wait = {
		.place = place,
		.sequence = sequence,
	};
	ShareStatus status;

	while ((status = try_pass(place, target)) == SHARE_EMPTY)
	{
		await_refill(&wait, segment_memory_changed(place));
		CHECK_FOR_INTERRUPTS();
	}
	return status == SHARE_TAKEN;
}

/*
 * The number before the first one that may be drawn next, in *last.  False if that is
 * not known here: the segment's root says.
 */
bool
segment_chunk_last(SegmentPlace place, int64 *last)
{
	SegmentEntry *entry = segment_memory_lock(place);
	bool		is_known;

	if (entry == NULL)
		return false;
	is_known = entry->has_taken;
	if (entry->left > 0)
		*last = entry->next - entry->increment;
	else if (entry->reserve.count > 0)
		*last = entry->reserve.first - entry->increment;
	else
		*last = entry->last_taken;
	segment_memory_unlock(entry);
	return is_known;
}

/*
 * Give back what is left of a share.  It goes to the chunk, if nobody has taken
 * since, or is lost.  It waits for nothing and does not raise.
 */
void
segment_chunk_put_back(SegmentPlace place, const SegmentShare *share)
{
	SegmentEntry *entry;
	uint64		end;

	if (share->range.count == 0 || (entry = segment_memory_lock(place)) == NULL)
		return;
	end = (uint64) share->range.first + share->range.count * (uint64) entry->increment;
	entry->counts.issued_most = Max(entry->counts.issued_most, entry->counts.issued);
	entry->counts.issued -= share->range.count;
	if (entry->drops == share->drops && (uint64) entry->next == end)
	{
		entry->next = share->range.first;
		entry->left += share->range.count;
	}
	else
		entry->counts.wasted += share->range.count;
	segment_memory_unlock(entry);
}

/*
 * If others have changed the root, drop what is left of what was taken from it.
 * A refill changes the root before it publishes the range, so if there is one
 * meanwhile, nothing can be said.  False if the place is of another generation;
 * otherwise *drops is how often chunks have been dropped.  Called once in a
 * transaction.
 */
bool
segment_chunk_check(SegmentPlace place, const SegmentSequence *sequence, uint32 *drops)
{
	const SegmentRoot *root = segment_root_of(sequence);
	SegmentEntry *entry = segment_memory_lock(place);
	bool		is_known;
	uint64		refills;
	int64		last_taken;
	bool		has_changed;

	if (entry == NULL)
		return false;
	is_known = entry->has_taken && entry->refiller == 0 && (entry->left > 0 || entry->reserve.count > 0);
	refills = entry->counts.refills;
	last_taken = entry->last_taken;
	*drops = entry->drops;
	segment_memory_unlock(entry);
	if (!is_known || root->has_changed == NULL)
		return true;

	has_changed = root->has_changed(sequence, last_taken);
	entry = segment_memory_lock(place);
	if (entry == NULL)
		return false;
	if (has_changed && entry->refiller == 0 && entry->counts.refills == refills && entry->last_taken == last_taken)
		segment_refill_drop(entry);
	*drops = entry->drops;
	segment_memory_unlock(entry);
	return true;
}
