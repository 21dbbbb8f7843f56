/*-------------------------------------------------------------------------
 *
 * segment.c
 *	  Segments as a process uses them: when they are ready, and its shares.
 *
 * A process takes a share of the segment's chunk and draws from it.  As with
 * snowflakes, a share serves one message of the client, usually a statement, and
 * one transaction: then what is left is given back.  So each number of a message
 * is above each number of any message, in any session of this server, that had
 * completed before it arrived.  With SEGMENT_ORDER_SESSION a process keeps its
 * share, which costs less, and only its own numbers increase.  Within a statement,
 * shares double.
 *
 * Parallel workers have shares of their own.  As in chunk.c, one that exits
 * increments a counter of its leader, which then leaves its share.
 *
 * A segment is made ready once in a transaction, which locks its sequence, looks
 * at its definition if PostgreSQL has told us that it changed, and at its root.
 *
 * A file that the current transaction has created (is_private) is drawn from
 * without a chunk, as no other session sees it.  If the numbers are from another
 * server, nothing is drawn while there is such a file: what it says of the numbers
 * in use would go with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "engine/shmem.h"
#include "engine/statement_end.h"
#include "segment/segment.h"
#include "segment/segment_page.h"
#include "segment/segment_table.h"
#include "segment/segment_tail.h"

/* A busy backend takes a share once in this many calls. */
#define LARGEST_SHARE 64

pg_atomic_uint32 *segment_stale = NULL;

static HTAB *segments = NULL;

/* The segments whose shares are of the current statement, and those that are ready for this transaction. */
static Segment *segments_of_statement = NULL;
static Segment *segments_in_transaction = NULL;

/* Give back what is left of a share, or lose it, if it is of a file of the transaction. */
static void
put_share_back(Segment *segment)
{
	if (segment->place.generation != 0 && segment->share.range.count > 0)
		segment_chunk_put_back(segment->place, &segment->share);
	segment->share.range.count = 0;
}

static void
end_shares_of_statement(bool is_ours)
{
	for (; segments_of_statement != NULL; segments_of_statement = segments_of_statement->next_of_statement)
	{
		if (is_ours)
			put_share_back(segments_of_statement);
		segments_of_statement->share.range.count = 0;
		segments_of_statement->is_of_statement = false;
	}
}

/* The locks end with the transaction, so the next one makes segments ready again. */
static void
end_transaction_segments(void)
{
	for (; segments_in_transaction != NULL; segments_in_transaction = segments_in_transaction->next_in_transaction)
	{
		segments_in_transaction->is_ready = false;
		segments_in_transaction->is_locked = false;
	}
}

/* What we keep is our parent's. */
static void
forget_in_copy(void)
{
	HASH_SEQ_STATUS scan;
	Segment    *segment;

	hash_seq_init(&scan, segments);
	while ((segment = hash_seq_search(&scan)) != NULL)
		segment->share.range.count = 0;
}

static void
forget_shares(StatementEnd end)
{
	end_shares_of_statement(end != PROCESS_IS_COPY);
	if (end == TRANSACTION_ENDS)
		end_transaction_segments();
	if (end == PROCESS_IS_COPY)
		forget_in_copy();
}

/* Give back shares that are kept for the session. */
static void
leave(int code, Datum arg)
{
	HASH_SEQ_STATUS scan;
	Segment    *segment;

	hash_seq_init(&scan, segments);
	while ((segment = hash_seq_search(&scan)) != NULL)
		put_share_back(segment);
	pg_write_barrier();
	shmem_tell_leader();
}

/* A sequence has changed, or any may have, if relation is invalid. */
static void
note_relation_change(Datum arg, Oid relation)
{
	HASH_SEQ_STATUS scan;
	Segment    *segment;

	if (OidIsValid(relation))
	{
		segment = hash_search(segments, &relation, HASH_FIND, NULL);
		if (segment != NULL)
			segment->is_ready = segment->is_defined = false;
		return;
	}
	hash_seq_init(&scan, segments);
	while ((segment = hash_seq_search(&scan)) != NULL)
		segment->is_ready = segment->is_defined = false;
	segment_table_forget_all();
}

/* The privileges of roles have changed. */
static void
note_role_change(Datum arg, int cache, uint32 hash)
{
	HASH_SEQ_STATUS scan;
	Segment    *segment;

	hash_seq_init(&scan, segments);
	while ((segment = hash_seq_search(&scan)) != NULL)
		segment->is_ready = false;
}

/* Create the hash, once per process. */
static void
create_segments(void)
{
	HASHCTL		control = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(Segment),
	};

	if (segments != NULL)
		return;
	segments = hash_create("segments", 16, &control, HASH_ELEM | HASH_BLOBS);
	CacheRegisterRelcacheCallback(note_relation_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, note_role_change, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, note_role_change, (Datum) 0);
}

/* Prepare this process for drawing.  Errors: OUT_OF_MEMORY without room for the shared area. */
static void
attach(const char *caller)
{
	if (MyProc == NULL)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("cannot execute %s in a process that is not attached to shared memory", caller));
	PreventCommandDuringRecovery(caller);
	if (segment_stale != NULL)
		return;
	statement_end_register(forget_shares);
	before_shmem_exit(leave, (Datum) 0);
	segment_stale = &shmem_own_slot()->stale;
}

/* This process's entry for a sequence, which is looked at when numbers are drawn. */
Segment *
segment_find(Oid sequence)
{
	Segment    *segment;
	bool		found;

	create_segments();
	segment = hash_search(segments, &sequence, HASH_ENTER, &found);
	if (!found)
		memset((char *) segment + sizeof(Oid), 0, sizeof(Segment) - sizeof(Oid));
	return segment;
}

/* Lock the sequence until the transaction ends, and process invalidations. */
static void
lock(Segment *segment)
{
	if (segment->is_locked)
		return;
	segment_sequence_lock(segment->oid);
	segment->is_locked = true;
	segment->next_in_transaction = segments_in_transaction;
	segments_in_transaction = segment;
}

/* Read the definition.  It may change while it is read, so this is done until it has not. */
static void
define(Segment *segment)
{
	while (!segment->is_defined)
	{
		SegmentSequence sequence;

		segment->is_defined = true;
		sequence = segment_sequence_read(segment->oid);
		if (sequence.file != segment->sequence.file || sequence.is_private != segment->sequence.is_private ||
			sequence.options.order != segment->sequence.options.order ||
			sequence.options.roots != segment->sequence.options.roots ||
			sequence.options.has_free_list != segment->sequence.options.has_free_list)
		{
			put_share_back(segment);
			segment->place.generation = 0;
		}
		segment->sequence = sequence;
	}
}

/* Find the segment's place, and look at its root.  A share of a chunk that has been dropped is not used. */
static void
check_place(Segment *segment)
{
	uint32		drops;

	while (segment->place.generation == 0 || !segment_chunk_check(segment->place, &segment->sequence, &drops))
	{
		put_share_back(segment);
		segment->place = segment_memory_find(&segment->sequence);
	}
	if (drops != segment->share.drops)
		put_share_back(segment);
	segment_memory_note_use(segment->place, GetCurrentTransactionStartTimestamp());
}

/*
 * ERROR OBJECT_NOT_IN_PREREQUISITE_STATE if numbers are from elsewhere, and the file
 * is of the transaction.  They cannot be taken from the file, as other servers have
 * the same ones.  Nor can they be taken from the root: what notes here that they are
 * in use is in the file, and a rollback would leave the former one, without that.
 */
static void
check_file(const SegmentSequence *sequence)
{
	if (sequence->is_private && sequence->options.roots != 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("cannot draw numbers of sequence \"%s\" in the transaction that has created or changed it",
					   get_rel_name(sequence->oid)),
				errdetail("They come from another server, and a rollback would take back what says here which of them are in use."),
				errhint("Commit the transaction first."));
}

/*
 * Make a segment ready for this transaction and user.  An ERROR leaves it as it was
 * before, not ready.
 */
void
segment_make_ready(Segment *segment, const char *caller)
{
	attach(caller);
	lock(segment);
	PG_TRY();
	{
		define(segment);
	}
	PG_CATCH();
	{
		segment->is_defined = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	segment_sequence_check_privilege(segment->oid);
	check_file(&segment->sequence);
	if (!segment->sequence.is_private)
		check_place(segment);
	segment->user = GetUserId();
	segment->is_ready = segment->is_defined;
}

/* How many numbers to take with the next share. */
static uint64
next_share_size(Segment *segment)
{
	bool		is_first = segment->sequence.options.order == SEGMENT_ORDER_STATEMENT && !segment->is_of_statement;

	segment->share_size = is_first ? 1 : Min(Max(segment->share_size * 2, 1), LARGEST_SHARE);
	return segment->share_size;
}

/* Have the share given back when the statement is over. */
static void
end_share_after_statement(Segment *segment)
{
	if (segment->is_of_statement || segment->sequence.options.order != SEGMENT_ORDER_STATEMENT)
		return;
	statement_end_expect();
	segment->next_of_statement = segments_of_statement;
	segments_of_statement = segment;
	segment->is_of_statement = true;
}

/*
 * Take least to most numbers in a row.  What was left of our share has been given
 * back.  The count of workers is read before the take, as in chunk.c.
 */
static SegmentShare
take(Segment *segment, uint64 least, uint64 most)
{
	SegmentShare share = {0};

	segment->stale = pg_atomic_read_u32(segment_stale);
	pg_memory_barrier();
	if (segment->sequence.is_private)
	{
		if (!segment_page_take_private(&segment->sequence, least, Min(most, least), &share.range))
			segment_sequence_report_ended(&segment->sequence, least);
		return share;
	}
	while (!segment_chunk_take(segment->place, &segment->sequence, least, most, &share))
		segment->place = segment_memory_find(&segment->sequence);
	return share;
}

/* Replace our share, which is used up, or which parallel workers have passed. */
void
segment_renew_share(Segment *segment)
{
	put_share_back(segment);
	segment->share = take(segment, 1, next_share_size(segment));
	end_share_after_statement(segment);
}

/* Draw count numbers, which need not be in a row.  Errors: see segment.h. */
void
segment_draw_many(Segment *segment, int64 *numbers, uint64 count, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	while (count > 0)
	{
		SegmentRange range = take(segment, 1, count).range;

		for (uint64 i = 0; i < range.count; i++)
			*numbers++ = range.first + (int64) i * segment->sequence.increment;
		count -= range.count;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Draw size (1 ..) numbers in a row.  Errors: see segment.h. */
SegmentRange
segment_draw_block(Segment *segment, uint64 size, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	return take(segment, size, size).range;
}

/*
 * Draw no number up to target any more, in any session of this server.  Target is a
 * number of the sequence, from one that was drawn in this call on, so the segment is
 * ready.  Others draw from a root elsewhere, which is not moved for one server.
 * Errors: FEATURE_NOT_SUPPORTED, those of segment_chunk_pass().
 */
void
segment_pass(Segment *segment, int64 target)
{
	if (segment_root_of(&segment->sequence) != &segment_root_local)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("sequence \"%s\" cannot be moved, as its numbers are from another server",
					   get_rel_name(segment->oid)));
	put_share_back(segment);
	if (segment->sequence.is_private)
		segment_page_pass_private(&segment->sequence, target);
	else
		while (!segment_chunk_pass(segment->place, &segment->sequence, target))
			segment->place = segment_memory_find(&segment->sequence);
}

/*
 * The last number before those that may be drawn next, which no number that was
 * drawn on this server is above; what others draw now may be given back.  False
 * before the first number.  Errors: see segment.h.
 */
bool
segment_last(Segment *segment, int64 *last, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	return (!segment->sequence.is_private && segment_chunk_last(segment->place, last)) ||
		segment_page_state(&segment->sequence, last);
}

/*
 * Give what this server has taken and not used back to the root.  Returns how many
 * numbers that were.  Errors: see segment.h, and those of segment_tail_return().
 */
uint64
segment_give_back(Segment *segment, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	return segment->sequence.is_private ? 0 : segment_tail_return(segment->place, &segment->sequence);
}

/*
 * Draw size (1 ..) numbers in a row, as a share whose end can be given back.  Errors:
 * see segment.h.
 */
SegmentShare
segment_draw_grant(Segment *segment, uint64 size, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	return take(segment, size, size);
}

/* Take back the end of such a share; false if it is not possible.  Errors: see segment.h. */
bool
segment_take_back(Segment *segment, SegmentRange range, uint64 number, const char *caller)
{
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	put_share_back(segment);
	return !segment->sequence.is_private &&
		segment_tail_take_back(segment->place, &segment->sequence, range, number);
}
