/*-------------------------------------------------------------------------
 *
 * segment_range.c
 *	  Ranges of numbers as values of SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "segment/segment_range.h"
#include "segment/segment_roots.h"

/* ERROR INVALID_PARAMETER_VALUE unless so many numbers (1 .. SEGMENT_MOST_NUMBERS) can be handed on. */
void
segment_range_check_count(int64 count)
{
	if (count < 1 || count > SEGMENT_MOST_NUMBERS)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("count must be between 1 and %lld", (long long) SEGMENT_MOST_NUMBERS),
				errdetail("The requested count is %lld.", (long long) count));
}

/*
 * An int8range from the first to the last number of a range, which is not empty.
 * It has no upper bound if the last number is the largest of the type, as its end
 * would not be a bigint.
 */
Datum
segment_range_datum(SegmentRange range, int64 increment)
{
	int64		last = (int64) ((uint64) range.first + (range.count - 1) * (uint64) increment);
	RangeBound	lower = {
		.val = Int64GetDatum(range.first),
		.inclusive = true,
		/* cppcheck-suppress legacyUninitvar; this is the member */
		.lower = true,
	};
	RangeBound	upper = {
		.val = Int64GetDatum(last),
		.infinite = last == PG_INT64_MAX,
		.inclusive = last != PG_INT64_MAX,
	};

	return RangeTypePGetDatum(compat_make_range(lookup_type_cache(INT8RANGEOID, TYPECACHE_RANGE_INFO), &lower, &upper));
}

#define MOST_MARKS 2

/*
 * What an SQL function returns: a range, in which numbers are 1 apart, and count
 * (1 .. MOST_MARKS) numbers by which it is known, as bigint.
 */
Datum
segment_range_row(FunctionCallInfo fcinfo, SegmentRange range, const uint64 *marks, int count)
{
	TupleDesc	row_type;
	Datum		values[1 + MOST_MARKS];
	bool		nulls[1 + MOST_MARKS] = {false};

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = segment_range_datum(range, 1);
	for (int i = 0; i < count; i++)
		values[1 + i] = Int64GetDatum((int64) marks[i]);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
