/*-------------------------------------------------------------------------
 *
 * segment_refill.c
 *	  Refilling the chunk of a segment from its root.
 *
 * One process at a time refills a segment.  It stores its PID in the entry, takes
 * a range from the root, which is durable then, and publishes it as the reserve
 * that follows the chunk; it holds no lock meanwhile.  A process may die at any of
 * these points:
 *
 *	before the root's WAL is flushed	the numbers may get lost from the root's
 *										memory, and no process has seen them;
 *	before the range is published		its numbers are never issued;
 *	after that							what is left of it is never issued.
 *
 * If it fails instead, the mark is cleared, and the next process refills.
 *
 * The range is published at once, and used when a synchronous standby, if there
 * is one, has it: so a process that refills early waits for nobody.
 *
 * How much is taken adapts to how long it lasts.  The aim is a refill in a
 * second: so what a crash loses is what is issued in two, and writing takes about
 * a thousandth of the time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"

#include "base/clipped_text.h"
#include "base/standbys.h"
#include "engine/clock.h"
#include "segment/segment_refill.h"

/* How long a refill should last. */
#define AIM_NS NS_PER_S

/* The step of a segment is at most this many times its first one, and at least its ... part. */
#define MOST_STEPS 16
#define LEAST_PART 4

/* However large the first step is, no later one is larger than this, or else it. */
#define LARGEST_STEP (UINT64CONST(1) << 24)

/* After an early refill that failed, or one for which there were no numbers, the next one waits. */
#define RETRY_NS NS_PER_S

/*
 * Set how much to take this time, after the last refill was begun this many ns
 * ago.  The caller has the entry's mutex.
 */
static void
adapt_step(SegmentEntry *entry, const SegmentSequence *sequence, int64 since_ns)
{
	uint64		first = segment_sequence_step(sequence);
	uint64		largest = Max(first, Min(first * MOST_STEPS, LARGEST_STEP));
	uint64		least = Max(first / LEAST_PART, 1);

	if (entry->step == 0)
		entry->step = first;
	else if (entry->has_waited || since_ns < AIM_NS / 2)
		entry->step = entry->step * 2;
	else if (since_ns > AIM_NS * 2)
		entry->step = entry->step / 2;
	entry->step = Min(Max(entry->step, least), largest);
}

/* Note that a refill begins, and what came before.  The caller has the entry's mutex. */
static void
note_beginning(SegmentEntry *entry, const SegmentSequence *sequence)
{
	int64		now = clock_monotonic_ns();
	int64		since_ns = now - entry->refilled_at;

	adapt_step(entry, sequence, since_ns);
	if (entry->refilled_at != 0 && since_ns > 0)
		entry->rate = (double) segment_memory_issued_since(entry) * NS_PER_S / since_ns;
	if (entry->began_at == 0)
		entry->began_at = now;
	entry->issued_before = entry->counts.issued;
	entry->refilled_at = now;
	entry->has_waited = false;
}

/* Is it for us to refill?  If so, we are the refiller.  The caller has the entry's mutex. */
static bool
become_refiller(SegmentEntry *entry)
{
	if (entry->refiller != 0 || entry->is_asked || entry->reserve.count > 0)
		return false;
	entry->refiller = MyProcPid;
	return true;
}

/* Become the refiller of a place in order to do something else; false if there is one. */
bool
segment_refill_begin(SegmentPlace place)
{
	SegmentEntry *entry = segment_memory_lock(place);
	bool		is_free;

	if (entry == NULL)
		return false;
	is_free = entry->refiller == 0 && !entry->is_asked;
	if (is_free)
		entry->refiller = MyProcPid;
	segment_memory_unlock(entry);
	return is_free;
}

/*
 * Stop being the refiller, if we are, and wake the processes that wait.  This
 * takes no lock that an ERROR may have left us with.
 */
void
segment_refill_end(int code, Datum place)
{
	SegmentEntry *entry = segment_memory_lock(*(SegmentPlace *) DatumGetPointer(place));
	bool		was_refiller;

	if (entry == NULL)
		return;
	was_refiller = entry->refiller == MyProcPid;
	if (was_refiller)
		entry->refiller = 0;
	segment_memory_unlock(entry);
	if (was_refiller)
		ConditionVariableBroadcast(&entry->changed);
}

/* Drop what is left of the chunk and the reserve.  The caller has the entry's mutex. */
void
segment_refill_drop(SegmentEntry *entry)
{
	entry->counts.wasted += entry->left + entry->reserve.count;
	entry->left = 0;
	entry->reserve.count = 0;
	entry->drops++;
	entry->shares++;
}

/* Publish what has been taken; it is lost if the place is of another generation. */
static void
publish(SegmentPlace place, const SegmentGrant *grant)
{
	bool		is_confirmed = !XLogRecPtrIsInvalid(grant->lsn) && standbys_have(grant->lsn);
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	if (grant->ends_former)
		segment_refill_drop(entry);
	entry->reserve = grant->range;
	entry->reserve_lsn = grant->lsn;
	entry->reserve_is_confirmed = is_confirmed;
	if (!grant->is_free)
		entry->last_taken = grant->range.first + (int64) (grant->range.count - 1) * entry->increment;
	entry->has_taken |= !grant->is_free;
	entry->range_first = grant->range.first;
	entry->range_count = grant->range.count;
	entry->range_epoch = grant->epoch;

	/*
	 * What says here how far a range from elsewhere has been used remains so
	 * until the next one is noted.
	 */
	if (!XLogRecPtrIsInvalid(grant->lsn))
		entry->taken_lsn = grant->lsn;
	entry->low = grant->range.count / 2;
	entry->counts.taken += grant->range.count;
	entry->counts.refills++;
	entry->last_error[0] = '\0';
	segment_memory_unlock(entry);
}

/* Note what the root has answered, if that is not a range. */
static void
note_answer(SegmentPlace place, SegmentRootStatus status)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	if (status != SEGMENT_ROOT_ASKED)
		entry->retry_at = clock_monotonic_ns() + RETRY_NS;
	segment_memory_unlock(entry);
}

/*
 * Become the refiller, if it is for us to refill, and fill in what to request.
 * is_early in it says whether only to look for a time when nobody waits.
 */
static bool
begin_request(SegmentRequest *request)
{
	SegmentEntry *entry = segment_memory_lock(request->place);
	bool		begins;

	if (entry == NULL)
		return false;
	begins = (!request->is_early || clock_monotonic_ns() >= entry->retry_at) && become_refiller(entry);
	if (begins)
	{
		note_beginning(entry, request->sequence);
		request->most = Max(request->least,
							Max(entry->step, Min(request->most, segment_sequence_step(request->sequence) * MOST_STEPS)));
		request->rest.first = entry->next;
		request->rest.count = entry->left;
		request->has_taken = entry->has_taken;
		request->last_taken = entry->last_taken;
	}
	segment_memory_unlock(entry);
	return begins;
}

/* Take from the root, as its refiller.  The reserve is empty. */
static SegmentRootStatus
request_range(const SegmentRequest *request)
{
	SegmentGrant grant = {.lsn = InvalidXLogRecPtr};
	SegmentRootStatus status = segment_root_of(request->sequence)->take(request, &grant);

	if (status == SEGMENT_ROOT_TAKEN)
		publish(request->place, &grant);
	else
		note_answer(request->place, status);
	return status;
}

static SegmentRootStatus
make_request(SegmentRequest *request)
{
	volatile SegmentRootStatus status = SEGMENT_ROOT_TAKEN;

	PG_ENSURE_ERROR_CLEANUP(segment_refill_end, PointerGetDatum(&request->place));
	{
		if (begin_request(request))
			status = request_range(request);
		segment_refill_end(0, PointerGetDatum(&request->place));
	}
	PG_END_ENSURE_ERROR_CLEANUP(segment_refill_end, PointerGetDatum(&request->place));
	return status;
}

/* Has the process that asks a root elsewhere just found that it has no numbers for the sequence? */
static bool
has_ended(SegmentPlace place)
{
	SegmentEntry *entry = segment_memory_lock(place);
	bool		result;

	if (entry == NULL)
		return false;
	result = entry->is_ended && entry->reserve.count == 0 && clock_monotonic_ns() < entry->retry_at;
	segment_memory_unlock(entry);
	return result;
}

/*
 * Refill the reserve, if nobody else does, for a caller that needs least
 * numbers in a row and wants most.  SEGMENT_ROOT_TAKEN: look again, whoever did
 * it.  Errors: those of the root.
 */
SegmentRootStatus
segment_refill(SegmentPlace place, const SegmentSequence *sequence, uint64 least, uint64 most)
{
	SegmentRequest request = {
		.sequence = sequence,
		.place = place,
		.least = least,
		.most = most,
	};

	return has_ended(place) ? SEGMENT_ROOT_ENDED : make_request(&request);
}

/*
 * The chunk is low: refill the reserve, if nobody else does.  If we hold an
 * LWLock of PostgreSQL, for whatever reason, nothing is done.
 */
void
segment_refill_early(SegmentPlace place, const SegmentSequence *sequence)
{
	SegmentRequest request = {
		.sequence = sequence,
		.place = place,
		.least = 1,
		.most = 1,
		.is_early = true,
	};

	if (INTERRUPTS_CAN_BE_PROCESSED())
		(void) make_request(&request);
}

/* Another process is about to be asked, and may deliver at once. */
void
segment_chunk_ask(SegmentPlace place)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	entry->is_asked = true;
	segment_memory_unlock(entry);
}

/* The refiller has taken a range that is issued at once, and not from the chunk. */
void
segment_refill_note_strict(SegmentPlace place, const SegmentGrant *grant)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	if (grant->ends_former)
		segment_refill_drop(entry);
	entry->has_taken = true;
	entry->last_taken = grant->range.first + (int64) (grant->range.count - 1) * entry->increment;
	entry->taken_lsn = grant->lsn;
	entry->counts.taken += grant->range.count;
	entry->counts.issued += grant->range.count;
	segment_memory_unlock(entry);
}

/* Stop waiting for another process to deliver. */
static void
end_asking(SegmentPlace place, bool is_ended, const char *error)
{
	SegmentEntry *entry;
	char		clipped[SEGMENT_ERROR_SIZE] = "";

	if (error != NULL)
		clip_into(clipped, sizeof(clipped), error);
	entry = segment_memory_lock(place);
	if (entry == NULL)
		return;
	entry->is_asked = false;
	entry->is_ended = is_ended;
	if (error != NULL)
	{
		entry->retry_at = clock_monotonic_ns() + RETRY_NS;
		strlcpy(entry->last_error, clipped, SEGMENT_ERROR_SIZE);
	}
	segment_memory_unlock(entry);
	ConditionVariableBroadcast(&entry->changed);
}

/* See segment_root.h. */
void
segment_chunk_deliver(SegmentPlace place, const SegmentGrant *grant)
{
	SegmentEntry *entry = segment_memory_lock(place);
	bool		is_expected;

	if (entry == NULL)
		return;
	is_expected = entry->is_asked && entry->reserve.count == 0;
	segment_memory_unlock(entry);
	if (is_expected)
		publish(place, grant);
	end_asking(place, false, NULL);
}

void
segment_chunk_fail(SegmentPlace place, const char *error)
{
	end_asking(place, false, error);
}

void
segment_chunk_end(SegmentPlace place)
{
	end_asking(place, true, "The numbers of the root are above the maximum value of the sequence.");
}

/* See segment_root.h.  That there are not so many numbers is no error of those who want fewer. */
void
segment_chunk_refuse(SegmentPlace place, uint64 refused, bool is_end, const char *error)
{
	SegmentEntry *entry = segment_memory_lock(place);

	if (entry == NULL)
		return;
	entry->refusals.count++;
	entry->refusals.last = refused;
	entry->refusals.is_end = is_end;
	segment_memory_unlock(entry);
	end_asking(place, false, is_end && refused > 1 ? NULL : error);
}
