/*-------------------------------------------------------------------------
 *
 * segment_handing.c
 *	  SQL functions by which ranges are handed on, to programs and to other servers,
 *	  and taken back from these.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "segment/segment_call.h"
#include "segment/segment_free.h"
#include "segment/segment_grants.h"
#include "segment/segment_range.h"
#include "segment/segment_roots.h"

PG_FUNCTION_INFO_V1(idgen_segment_take);
PG_FUNCTION_INFO_V1(idgen_segment_grant);
PG_FUNCTION_INFO_V1(idgen_segment_take_back);

/*
 * Draw a range of count numbers to hand on.  Errors: INVALID_PARAMETER_VALUE,
 * FEATURE_NOT_SUPPORTED if the numbers are no range; those of segment.h.
 */
static SegmentShare
hand_on(Segment *segment, int64 count, const char *caller)
{
	SegmentShare share;

	segment_range_check_count(count);
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	if (segment->sequence.increment != 1)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("numbers of sequence \"%s\" are no ranges", get_rel_name(segment->oid)),
				errdetail("Its increment is %lld.", (long long) segment->sequence.increment),
				errhint("Use segment_next_block()."));
	share = segment_draw_grant(segment, count, caller);
	segment_grants_record(&segment->sequence, share.range);
	return share;
}

/* segment_take(sequence regclass, count bigint) */
Datum
idgen_segment_take(PG_FUNCTION_ARGS)
{
	SegmentShare share = hand_on(segment_of_call(fcinfo), PG_GETARG_INT64(1), "segment_take()");

	PG_RETURN_DATUM(segment_range_datum(share.range, 1));
}

/*
 * segment_grant(sequence regclass, count bigint, OUT range int8range, OUT token bigint, OUT
 * epoch bigint)
 *
 * The same, with the numbers by which segment_take_back() knows the range: of the share,
 * and of the file and timeline that it is from.
 */
Datum
idgen_segment_grant(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	SegmentShare share = hand_on(segment, PG_GETARG_INT64(1), "segment_grant()");
	uint64		marks[] = {share.number, segment_free_epoch(&segment->sequence)};

	PG_RETURN_DATUM(segment_range_row(fcinfo, share.range, marks, lengthof(marks)));
}

/* May what cannot be put back be on the free list?  The segment is ready. */
static bool
has_free_list(const Segment *segment)
{
	return segment->sequence.options.has_free_list && segment->sequence.options.roots == 0 &&
		!segment->sequence.is_private && !XactReadOnly && !IsInParallelMode();
}

/*
 * segment_take_back(sequence regclass, first bigint, last bigint, token bigint, epoch bigint)
 *
 * Takes back the last numbers of a range that segment_grant() has handed on, which
 * the caller has not used and will not use.  "taken back" if nothing has been taken
 * since; otherwise "listed" if there is a free list, and they are of its epoch, or NULL:
 * then they remain the caller's.  After it has taken them back it raises nothing, but
 * what sends the answer may.  Errors: those of segment.h; INVALID_PARAMETER_VALUE.
 */
Datum
idgen_segment_take_back(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	int64		first = PG_GETARG_INT64(1);
	int64		last = PG_GETARG_INT64(2);
	SegmentRange range = {.first = first};
	text	   *answer = cstring_to_text("taken back");

	if (first > last || last == PG_INT64_MAX)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid range to take back"),
				errdetail("It is from %lld to %lld.", (long long) first, (long long) last));
	range.count = (uint64) last - (uint64) first + 1;
	if (!segment_is_ready(segment))
		segment_make_ready(segment, "segment_take_back()");
	if (segment->sequence.increment != 1)
		PG_RETURN_NULL();
	if (segment_take_back(segment, range, (uint64) PG_GETARG_INT64(3), "segment_take_back()"))
		PG_RETURN_TEXT_P(answer);
	if (has_free_list(segment) && segment_free_add(&segment->sequence, range, (uint64) PG_GETARG_INT64(4)))
		PG_RETURN_TEXT_P(cstring_to_text("listed"));
	PG_RETURN_NULL();
}
