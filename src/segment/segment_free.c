/*-------------------------------------------------------------------------
 *
 * segment_free.c
 *	  The free list of a root: ranges that servers below it have given back, and that
 *	  could not be put where they had come from, as others had taken since.
 *
 * It is a row of a table of the extension, with a multirange.  A range gets there, and
 * leaves it, in the transaction of the server that gives or takes it, which uses it
 * after the commit only: so a range of which the giver or the taker does not hear is
 * lost or on the list, and never both used and on the list.
 *
 * Numbers of the list are out of order, so they are for sequences that run out, and
 * are asked for when they have.  The list is of one file of the sequence and one
 * timeline: after ALTER SEQUENCE ... RESTART the same numbers come anew, and a server
 * that was promoted or restored may lack what had been taken.  Dumps do not contain
 * it, for the same reason.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "segment/segment_call.h"
#include "segment/segment_free.h"
#include "segment/segment_grants.h"
#include "segment/segment_memory.h"
#include "segment/segment_page.h"
#include "segment/segment_range.h"
#include "segment/segment_table.h"

PG_FUNCTION_INFO_V1(idgen_segment_take_free);

/* The columns of the table. */
enum
{
	COLUMN_SEQUENCE,
	COLUMN_FILE,
	COLUMN_TIMELINE,
	COLUMN_FREE,
	COLUMNS
};

/* The most ranges of a list. */
#define MOST_RANGES 1000

/* The list of a sequence, while its table is locked. */
typedef struct FreeList
{
	const SegmentSequence *sequence;
	Relation	table;
	HeapTuple	row;			/* NULL: there is none */
	TypeCacheEntry *type;
	RangeType **ranges;			/* there is room for one more */
	int			count;
} FreeList;

/* ---------------------------------------------------------------------- the list */

/* Read a row, unless it is of another file or timeline: then what it says is not so any more. */
static void
read_row(FreeList *list)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];
	RangeType **ranges;

	heap_deform_tuple(list->row, RelationGetDescr(list->table), values, nulls);
	if (DatumGetObjectId(values[COLUMN_FILE]) != list->sequence->file ||
		DatumGetInt32(values[COLUMN_TIMELINE]) != (int32) GetWALInsertionTimeLine())
		return;
	multirange_deserialize(list->type, DatumGetMultirangeTypeP(values[COLUMN_FREE]), &list->count, &ranges);
	list->ranges = palloc((list->count + 1) * sizeof(RangeType *));
	if (list->count > 0)
		memcpy(list->ranges, ranges, list->count * sizeof(RangeType *));
}

/* Lock the table, and read the list of a sequence.  ERROR UNDEFINED_TABLE. */
static FreeList
open_list(const SegmentSequence *sequence)
{
	FreeList	list = {
		.sequence = sequence,
		.table = segment_table_begin_change(SEGMENT_FREE_TABLE),
		.type = lookup_type_cache(INT8RANGEOID, TYPECACHE_RANGE_INFO),
		.ranges = palloc(sizeof(RangeType *)),
	};

	list.row = segment_table_find_row(list.table, sequence->oid);
	if (list.row != NULL)
		read_row(&list);
	return list;
}

/* Write the list.  The table remains locked until the transaction ends. */
static void
write_list(FreeList *list)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};

	values[COLUMN_SEQUENCE] = ObjectIdGetDatum(list->sequence->oid);
	values[COLUMN_FILE] = ObjectIdGetDatum(list->sequence->file);
	values[COLUMN_TIMELINE] = Int32GetDatum((int32) GetWALInsertionTimeLine());
	values[COLUMN_FREE] = MultirangeTypePGetDatum(make_multirange(INT8MULTIRANGEOID, list->type, list->count, list->ranges));
	segment_table_write_row(list->table, list->row, values, nulls);
	table_close(list->table, NoLock);
}

/* The first number of a range of the list, and how many it has. */
static SegmentRange
get_range(const FreeList *list, int number)
{
	SegmentRange range;
	RangeBound	lower;
	RangeBound	upper;
	bool		is_empty;

	range_deserialize(list->type, list->ranges[number], &lower, &upper, &is_empty);
	range.first = DatumGetInt64(lower.val);
	range.count = is_empty || lower.infinite || upper.infinite ? 0 : DatumGetInt64(upper.val) - range.first;
	return range;
}

static bool
overlaps(SegmentRange one, SegmentRange other)
{
	return one.count > 0 && other.count > 0 &&
		one.first < other.first + (int64) other.count && other.first < one.first + (int64) one.count;
}

/* ---------------------------------------------------------------------- giving */

/* Does a range overlap what is left here, and has not been handed on? */
static bool
overlaps_chunk(const SegmentSequence *sequence, SegmentRange range)
{
	SegmentEntry entry;
	SegmentRange chunk;

	if (!segment_memory_peek(sequence->oid, &entry))
		return false;
	chunk.first = entry.next;
	chunk.count = entry.left;
	return overlaps(range, chunk) || overlaps(range, entry.reserve);
}

/* Has a range been handed on, as far as is known here, and is it not on the list?  Who has it knows our epoch. */
static bool
may_be_added(const FreeList *list, SegmentRange range)
{
	if (range.first < list->sequence->min || range.first + (int64) (range.count - 1) > segment_page_last(list->sequence) ||
		list->count >= MOST_RANGES || overlaps_chunk(list->sequence, range))
		return false;
	for (int i = 0; i < list->count; i++)
		if (overlaps(range, get_range(list, i)))
			return false;
	return true;
}

/*
 * What tells the grants of this file of a sequence, on this timeline, from all others:
 * what another has granted, this one may have granted to somebody else.  Never 0.
 */
uint64
segment_free_epoch(const SegmentSequence *sequence)
{
	uint64		hash = hash_bytes_uint32_extended(GetWALInsertionTimeLine(), GetSystemIdentifier());

	return Max(hash_bytes_uint32_extended(sequence->file, hash), 1);
}

/*
 * Add a range that was granted in an epoch, and that nobody has used nor will use, to
 * the list of a sequence that is a root, and ready.  False if it cannot be: it is of
 * another epoch, is no range of the sequence, or overlaps what is free, or there is no
 * room.  Errors: UNDEFINED_TABLE.
 */
bool
segment_free_add(const SegmentSequence *sequence, SegmentRange range, uint64 epoch)
{
	FreeList	list;

	if (epoch != segment_free_epoch(sequence))
		return false;
	list = open_list(sequence);
	if (!may_be_added(&list, range))
	{
		table_close(list.table, NoLock);
		return false;
	}
	list.ranges[list.count++] = DatumGetRangeTypeP(segment_range_datum(range, 1));
	write_list(&list);
	return true;
}

/* ---------------------------------------------------------------------- taking */

/* Take the beginning of the first range that has enough numbers; one without any if there is none. */
static SegmentRange
take_range(FreeList *list, uint64 least, uint64 most)
{
	SegmentRange nothing = {0};

	for (int i = 0; i < list->count; i++)
	{
		SegmentRange range = get_range(list, i);
		SegmentRange rest = range;

		if (range.count < least)
			continue;
		range.count = Min(range.count, most);
		rest.first += (int64) range.count;
		rest.count -= range.count;
		if (rest.count > 0)
			list->ranges[i] = DatumGetRangeTypeP(segment_range_datum(rest, 1));
		else
			list->ranges[i] = list->ranges[--list->count];
		return range;
	}
	return nothing;
}

/*
 * segment_take_free(sequence regclass, at_least bigint, at_most bigint, OUT range
 * int8range, OUT epoch bigint)
 *
 * Takes at_least to at_most numbers in a row that had been given back; NULLs if there
 * are none.  They are the caller's when the transaction has been committed, which
 * flushes WAL whatever synchronous_commit says: the list would have them again.
 * Errors: those of segment.h; READ_ONLY_SQL_TRANSACTION, INVALID_PARAMETER_VALUE.
 */
Datum
idgen_segment_take_free(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	int64		least = PG_GETARG_INT64(1);
	int64		most = PG_GETARG_INT64(2);
	uint64		epoch;
	SegmentRange range;
	FreeList	list;

	segment_table_prevent_change("segment_take_free()");
	if (least < 1 || most < least)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("at_least must be at least 1, and at_most not less"),
				errdetail("at_least is %lld, and at_most is %lld.", (long long) least, (long long) most));
	if (!segment_is_ready(segment))
		segment_make_ready(segment, "segment_take_free()");
	if (!segment->sequence.options.has_free_list || segment->sequence.options.roots != 0 || segment->sequence.is_private)
		PG_RETURN_NULL();
	list = open_list(&segment->sequence);
	range = take_range(&list, least, most);
	if (range.count == 0)
	{
		table_close(list.table, NoLock);
		PG_RETURN_NULL();
	}
	write_list(&list);
	segment_grants_record(&segment->sequence, range);
	ForceSyncCommit();
	epoch = segment_free_epoch(&segment->sequence);
	PG_RETURN_DATUM(segment_range_row(fcinfo, range, &epoch, 1));
}
