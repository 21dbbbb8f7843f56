/*-------------------------------------------------------------------------
 *
 * segment_page.c
 *	  The local root: taking numbers from the page of a sequence.
 *
 * A sequence is a relation of one page with one row.  nextval() locks the page,
 * raises the last value in the row, and logs the row in WAL, some values ahead
 * and not in each call.  We do the same, with these differences:
 *
 *	- Any number of numbers is taken at once.
 *	- The row is logged as it is, with log_cnt = 0, and WAL is flushed before the
 *	  numbers are used.  So they do not come again after a crash, even if no
 *	  transaction that has seen one of them commits, and no others are skipped.
 *	- No transaction ID is needed, so this works in read-only transactions and in
 *	  parallel workers.
 *
 * Ordinary nextval() goes on from the row as it finds it, so it can be used
 * beside this: both lock the page.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/relation.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "common/int.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "segment/segment_page.h"

/* What PostgreSQL writes at the end of the page. */
#define SEQUENCE_MAGIC 0x1717

/* nextval() logs this many values ahead, and counts them down in log_cnt. */
#define VALUES_LOGGED_AHEAD 32

/* Steps of nextval() beside us after which a chunk is not worth keeping. */
#define MOST_STEPS_BESIDE 4096

/* The page of a sequence, pinned and locked. */
typedef struct SequencePage
{
	Relation	relation;
	Buffer		buffer;
	HeapTupleData tuple;
	Form_pg_sequence_data row;
} SequencePage;

static SequencePage
lock_page(const SegmentSequence *sequence, int mode)
{
	SequencePage page;
	Page		content;
	ItemId		item;

	page.relation = relation_open(sequence->oid, NoLock);
	page.buffer = ReadBuffer(page.relation, 0);
	LockBuffer(page.buffer, mode);
	content = BufferGetPage(page.buffer);
	if (*(uint32 *) PageGetSpecialPointer(content) != SEQUENCE_MAGIC)
		elog(ERROR, "bad magic number in sequence \"%s\"", RelationGetRelationName(page.relation));

	item = PageGetItemId(content, FirstOffsetNumber);
	Assert(ItemIdIsNormal(item));
	page.tuple.t_data = (HeapTupleHeader) PageGetItem(content, item);
	page.tuple.t_len = ItemIdGetLength(item);
	page.row = (Form_pg_sequence_data) GETSTRUCT(&page.tuple);
	return page;
}

static void
unlock_page(SequencePage *page)
{
	UnlockReleaseBuffer(page->buffer);
	relation_close(page->relation, NoLock);
}

/* Log the row as it is.  The caller is in a critical section, and has changed the row in it. */
static XLogRecPtr
log_row(SequencePage *page)
{
	xl_seq_rec	record = compat_sequence_record(page->relation);
	XLogRecPtr	lsn;

	XLogBeginInsert();
	XLogRegisterBuffer(0, page->buffer, REGBUF_WILL_INIT);
	XLogRegisterData((char *) &record, sizeof(record));
	XLogRegisterData((char *) page->tuple.t_data, page->tuple.t_len);
	lsn = XLogInsert(RM_SEQ_ID, XLOG_SEQ_LOG);
	PageSetLSN(BufferGetPage(page->buffer), lsn);
	return lsn;
}

/* Write the row; the WAL that does so, which is not flushed, or invalid if there is none. */
static XLogRecPtr
write_row(SequencePage *page, int64 last_value, bool is_called)
{
	XLogRecPtr	lsn = InvalidXLogRecPtr;

	START_CRIT_SECTION();
	MarkBufferDirty(page->buffer);
	page->row->last_value = last_value;
	page->row->is_called = is_called;
	page->row->log_cnt = 0;
	if (RelationNeedsWAL(page->relation))
		lsn = log_row(page);
	END_CRIT_SECTION();
	return lsn;
}

/* The number after value; false if there is none. */
static bool
next_number(const SegmentSequence *sequence, int64 value, int64 *next)
{
	return !pg_add_s64_overflow(value, sequence->increment, next) && *next <= sequence->max;
}

/*
 * The numbers that can be taken, at most most: those that nextval() would give,
 * but none up to last_taken, if numbers have been taken before.
 */
static SegmentRange
free_numbers(const SegmentSequence *sequence, Form_pg_sequence_data row, const int64 *last_taken, uint64 most)
{
	SegmentRange range = {.first = row->last_value};
	int64		after_taken;

	if (row->is_called ? !next_number(sequence, row->last_value, &range.first) : row->last_value > sequence->max)
		return range;
	if (last_taken != NULL && range.first <= *last_taken)
	{
		if (!next_number(sequence, *last_taken, &after_taken))
			return range;
		range.first = after_taken;
	}
	range.count = Min(((uint64) sequence->max - (uint64) range.first) / (uint64) sequence->increment, most - 1) + 1;
	return range;
}

static int64
last_of_range(const SegmentSequence *sequence, SegmentRange range)
{
	return range.first + (int64) (range.count - 1) * sequence->increment;
}

/*
 * Has anything but nextval() changed the row, since numbers up to last_taken
 * were taken?  setval() logs the row, as we do, so log_cnt is 0 after it.
 * After nextval(), log_cnt says how many of the values that were logged ahead are
 * left, which must fit the last value.  It does not after a checkpoint, and the
 * answer is yes at every 33rd value: then numbers are lost, but none
 * repeats.  It fits by chance if values that setval() has set are continued by
 * nextval(), about one time in 33, if they are near.
 */
static bool
row_has_changed(const SegmentSequence *sequence, Form_pg_sequence_data row, int64 last_taken)
{
	uint64		moved = (uint64) row->last_value - (uint64) last_taken;
	uint64		steps = moved / (uint64) sequence->increment;
	uint64		logged = VALUES_LOGGED_AHEAD + 1;

	if (!row->is_called)
		return moved != (uint64) sequence->increment;
	if (moved == 0)
		return false;
	if (row->last_value < last_taken || moved % (uint64) sequence->increment != 0 || sequence->cache != 1)
		return true;
	return steps > MOST_STEPS_BESIDE || steps % logged == 0 || (uint64) row->log_cnt != logged - steps % logged;
}

/* Are the numbers of a grant enough for a request, with what is left of the chunk, if they follow that? */
static bool
is_enough(const SegmentRequest *request, const SegmentGrant *grant)
{
	const SegmentRange *rest = &request->rest;
	uint64		end_of_rest = (uint64) rest->first + rest->count * (uint64) request->sequence->increment;
	uint64		count = grant->range.count;

	if (count > 0 && rest->count > 0 && !grant->ends_former && end_of_rest == (uint64) grant->range.first)
		count += rest->count;
	return count >= request->least;
}

/* Take numbers from the page.  false, without a change, if there are not enough.  WAL is not flushed. */
static bool
take_from_page(const SegmentRequest *request, SegmentGrant *grant)
{
	const SegmentSequence *sequence = request->sequence;
	const int64 *last_taken = request->has_taken ? &request->last_taken : NULL;
	SequencePage page = lock_page(sequence, BUFFER_LOCK_EXCLUSIVE);
	bool		takes;

	grant->ends_former = last_taken != NULL && row_has_changed(sequence, page.row, *last_taken);
	grant->range = free_numbers(sequence, page.row, last_taken, request->most);
	takes = grant->range.count > 0 && is_enough(request, grant);
	if (takes)
		grant->lsn = write_row(&page, last_of_range(sequence, grant->range), true);
	unlock_page(&page);
	return takes;
}

/* See SegmentRoot. */
static SegmentRootStatus
take(const SegmentRequest *request, SegmentGrant *grant)
{
	if (!take_from_page(request, grant))
		return SEGMENT_ROOT_ENDED;
	XLogFlush(grant->lsn);
	return SEGMENT_ROOT_TAKEN;
}

static bool
has_changed(const SegmentSequence *sequence, int64 last_taken)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_SHARE);
	bool		result = row_has_changed(sequence, page.row, last_taken);

	unlock_page(&page);
	return result;
}

/*
 * Set the next number, if the page's last value is from first to last, and the WAL at
 * lsn was the last to write it; false, without a change, if it is not so.
 *
 * Values alone do not show that nobody has taken anything: setval() and nextval()
 * can bring a value back.  Each of them logs the row, when it does, so the page
 * then has another LSN.  WAL need not be flushed: if it gets lost, so do the
 * numbers that are given back, which is a gap.
 */
static bool
lower(const SegmentSequence *sequence, int64 next, int64 first, int64 last, XLogRecPtr lsn)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_EXCLUSIVE);
	bool		is_last = PageGetLSN(BufferGetPage(page.buffer)) == lsn && page.row->is_called &&
		page.row->last_value >= first && page.row->last_value <= last;

	if (is_last)
		(void) write_row(&page, next, false);
	unlock_page(&page);
	return is_last;
}

static void
give_back(const SegmentGiving *giving, volatile SegmentReturn *fate)
{
	int64		last = last_of_range(giving->sequence, giving->range);

	if (lower(giving->sequence, giving->range.first, last, last, giving->taken_lsn))
		*fate = SEGMENT_RETURN_DONE;
}

const SegmentRoot segment_root_local = {
	.name = "local",
	.take = take,
	.has_changed = has_changed,
	.give_back = give_back,
};

/* The last number that the page says is taken. */
int64
segment_page_last(const SegmentSequence *sequence)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_SHARE);
	int64		last = page.row->last_value;

	if (!page.row->is_called && last > PG_INT64_MIN)
		last--;
	unlock_page(&page);
	return last;
}

/* Raise the page to last, as far as it goes.  With is_written, write it also if it says so already. */
static XLogRecPtr
raise_page(const SegmentSequence *sequence, int64 last, bool is_written)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_EXCLUSIVE);
	XLogRecPtr	lsn;

	if ((page.row->last_value < last || (page.row->last_value == last && !page.row->is_called)) && last <= sequence->max)
		(void) write_row(&page, last, true);
	else if (is_written)
		(void) write_row(&page, page.row->last_value, page.row->is_called);
	lsn = PageGetLSN(BufferGetPage(page.buffer));
	unlock_page(&page);
	return lsn;
}

/*
 * Numbers up to last, of a root elsewhere, are about to be used: let the page say
 * so, as far as it goes.  Returns the WAL that says it, which is not flushed: without
 * it, a segment that is moved to another root after a crash would repeat them.
 */
XLogRecPtr
segment_page_raise(const SegmentSequence *sequence, int64 last)
{
	return raise_page(sequence, last, false);
}

/*
 * The same for strict numbers.  They may be of a range that is being given back, which
 * the page says has been used; so they give it another LSN, and it is not lowered.
 */
XLogRecPtr
segment_page_note_strict(const SegmentSequence *sequence, int64 last)
{
	return raise_page(sequence, last, true);
}

/*
 * A range from elsewhere has been given back: let the page no longer say that numbers
 * of it were used, if what said so, at lsn, was the last to write it.
 */
void
segment_page_lower(const SegmentSequence *sequence, SegmentRange range, XLogRecPtr lsn)
{
	(void) lower(sequence, range.first, range.first, last_of_range(sequence, range), lsn);
}

/* Was the WAL at lsn the last to write the page? */
bool
segment_page_is_at(const SegmentSequence *sequence, XLogRecPtr lsn)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_SHARE);
	bool		result = PageGetLSN(BufferGetPage(page.buffer)) == lsn;

	unlock_page(&page);
	return result;
}

/*
 * Take least to most numbers of a file that the current transaction has created.
 * If it rolls back, or a crash does that, they go with the file, so WAL
 * need not be flushed.  There may be none: wal_level = minimal.  But a parallel
 * worker does not know whether the file is new.  False if there are fewer numbers.
 */
bool
segment_page_take_private(const SegmentSequence *sequence, uint64 least, uint64 most, SegmentRange *range)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_EXCLUSIVE);
	XLogRecPtr	lsn = InvalidXLogRecPtr;

	*range = free_numbers(sequence, page.row, NULL, most);
	if (range->count >= least)
		lsn = write_row(&page, last_of_range(sequence, *range), true);
	unlock_page(&page);
	if (!XLogRecPtrIsInvalid(lsn) && IsParallelWorker())
		XLogFlush(lsn);
	return range->count >= least;
}

/* Pass numbers up to target, which is one of them, of such a file. */
void
segment_page_pass_private(const SegmentSequence *sequence, int64 target)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_EXCLUSIVE);
	XLogRecPtr	lsn = InvalidXLogRecPtr;

	if (page.row->last_value <= target)
		lsn = write_row(&page, target, true);
	unlock_page(&page);
	if (!XLogRecPtrIsInvalid(lsn) && IsParallelWorker())
		XLogFlush(lsn);
}

/* The last number that has been taken from the sequence, in *last; false if none has been. */
bool
segment_page_state(const SegmentSequence *sequence, int64 *last)
{
	SequencePage page = lock_page(sequence, BUFFER_LOCK_SHARE);
	bool		is_called = page.row->is_called;

	*last = page.row->last_value;
	unlock_page(&page);
	return is_called;
}
