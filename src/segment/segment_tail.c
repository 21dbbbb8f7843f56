/*-------------------------------------------------------------------------
 *
 * segment_tail.c
 *	  Giving back the end of a range that nobody has used: to the root that this
 *	  server has it from, and to the chunk here that another server has it from.
 *
 * Who gives back closes the range for itself first.  Nothing on disk brings it back
 * to him, so if he fails then, or does not hear what has become of it, it is lost, or
 * the root's.
 *
 * Who takes back compares what says that nothing has been taken since, and not only
 * where the range ends: others may have taken, and given back, what comes after it.
 * For a sequence that is its page's LSN, and for a chunk the number of its last share,
 * which begins at random, so that none of a former chunk fits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/ipc.h"
#include "utils/lsyscache.h"

#include "segment/segment_page.h"
#include "segment/segment_refill.h"
#include "segment/segment_tail.h"

/* ---------------------------------------------------------------------- to the root */

/*
 * Remove from the entry what can be given back: what is left of the range that
 * was taken last, with that of the chunk before it, if it follows and the root takes
 * it back, too.
 */
static SegmentRange
close_tail(SegmentEntry *entry, bool is_newest_only)
{
	SegmentRange tail = {
		.first = entry->next,
		.count = entry->left,
	};
	uint64		kept = 0;

	entry->shares++;
	if (entry->left == 0 ||
		(entry->reserve.count > 0 && (uint64) entry->next + entry->left * (uint64) entry->increment != (uint64) entry->reserve.first))
	{
		tail = entry->reserve;
		kept = entry->left;
	}
	else
	{
		tail.count += entry->reserve.count;
		if (is_newest_only && tail.first < entry->range_first)
			kept = Min(((uint64) entry->range_first - (uint64) tail.first) / (uint64) entry->increment, tail.count);
		tail.first = (int64) ((uint64) tail.first + kept * (uint64) entry->increment);
		tail.count -= kept;
	}
	entry->left = kept;
	entry->reserve.count = 0;
	return tail;
}

/* The epoch of a tail, if it is of the range that was taken last; 0 otherwise, as it is not known. */
static uint64
epoch_of(const SegmentEntry *entry, SegmentRange tail)
{
	uint64		before = ((uint64) tail.first - (uint64) entry->range_first) / (uint64) entry->increment;

	return tail.first >= entry->range_first && before + tail.count <= entry->range_count ? entry->range_epoch : 0;
}

/*
 * Note what has become of a tail that was closed.  If it is still ours, it is the
 * reserve, whatever it was before, unless what was here has been dropped meanwhile.
 */
static void
note_return(const SegmentGiving *giving, SegmentReturn fate)
{
	SegmentEntry *entry = segment_memory_lock(giving->place);
	SegmentRange tail = giving->range;

	if (entry == NULL)
		return;
	if (fate == SEGMENT_RETURN_DONE)
	{
		int64		last = (int64) ((uint64) tail.first + (tail.count - 1) * (uint64) entry->increment);

		entry->counts.returned += tail.count;
		if (entry->last_taken == last)
			entry->last_taken = (int64) ((uint64) tail.first - (uint64) entry->increment);
	}
	else if (fate == SEGMENT_RETURN_UNKNOWN || entry->drops != giving->drops)
		entry->counts.wasted += tail.count;
	else
	{
		entry->reserve = tail;
		entry->reserve_is_confirmed = false;
		entry->reserve_lsn = giving->sequence->options.roots == 0 ? entry->taken_lsn : InvalidXLogRecPtr;
	}
	segment_memory_unlock(entry);
}

/* Give back a tail that was closed.  Whatever is raised, it is noted where it is. */
static uint64
give_back(const SegmentGiving *giving, const SegmentRoot *root)
{
	volatile SegmentReturn fate = SEGMENT_RETURN_KEPT;

	PG_TRY();
	{
		root->give_back(giving, &fate);
	}
	PG_FINALLY();
	{
		note_return(giving, fate);
	}
	PG_END_TRY();
	return fate == SEGMENT_RETURN_DONE ? giving->range.count : 0;
}

static uint64
return_tail(SegmentPlace place, const SegmentSequence *sequence, const SegmentRoot *root)
{
	SegmentEntry *entry = segment_memory_lock(place);
	SegmentGiving giving = {
		.sequence = sequence,
		.place = place,
	};

	if (entry == NULL)
		return 0;
	giving.range = close_tail(entry, root->returns_newest);
	giving.epoch = epoch_of(entry, giving.range);
	giving.taken_lsn = entry->taken_lsn;
	giving.drops = entry->drops;
	segment_memory_unlock(entry);
	return giving.range.count == 0 ? 0 : give_back(&giving, root);
}

/*
 * Give what is left here back to the root, if nobody has taken from it since.
 * Returns how many numbers were given back.
 * Errors: OBJECT_IN_USE while the segment is refilled; those of the root.
 */
uint64
segment_tail_return(SegmentPlace place, const SegmentSequence *sequence)
{
	const SegmentRoot *root = segment_root_of(sequence);
	uint64		count = 0;

	if (!segment_refill_begin(place))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("segment \"%s\" is being refilled", get_rel_name(sequence->oid)),
				errhint("Try again."));
	PG_ENSURE_ERROR_CLEANUP(segment_refill_end, PointerGetDatum(&place));
	{
		count = return_tail(place, sequence, root);
		segment_refill_end(0, PointerGetDatum(&place));
	}
	PG_END_ENSURE_ERROR_CLEANUP(segment_refill_end, PointerGetDatum(&place));
	return count;
}

/* ---------------------------------------------------------------------- from another server */

/*
 * Is what is given back the end of the last share that was taken from the chunk?  Then
 * nobody has taken since.  The caller has the entry's mutex.
 */
static bool
is_last_share(const SegmentEntry *entry, SegmentRange range, uint64 number)
{
	uint64		end = (uint64) range.first + range.count * (uint64) entry->increment;

	return number != 0 && entry->shares == number && (uint64) entry->next == end && range.first >= entry->share_first;
}

/*
 * Take back the end of a range that was handed on as the share of a number, which
 * nobody has used; false, without a change, if it is not the last share of the
 * chunk.  If the root is the sequence, its page must not have been written by others
 * either.
 */
bool
segment_tail_take_back(SegmentPlace place, const SegmentSequence *sequence, SegmentRange range, uint64 number)
{
	SegmentEntry *entry = segment_memory_lock(place);
	XLogRecPtr	lsn;
	bool		is_last;

	if (entry == NULL)
		return false;
	is_last = is_last_share(entry, range, number);
	lsn = entry->taken_lsn;
	segment_memory_unlock(entry);
	if (!is_last || (sequence->options.roots == 0 && !segment_page_is_at(sequence, lsn)) ||
		(entry = segment_memory_lock(place)) == NULL)
		return false;
	is_last = is_last_share(entry, range, number);
	if (is_last)
	{
		entry->next = range.first;
		entry->left += range.count;
		entry->counts.issued_most = Max(entry->counts.issued_most, entry->counts.issued);
		entry->counts.issued -= range.count;
		/* A request that comes a second time finds another share. */
		entry->shares++;
	}
	segment_memory_unlock(entry);
	return is_last;
}
