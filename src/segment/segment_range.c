/*-------------------------------------------------------------------------
 *
 * segment_range.c
 *	  Ranges of numbers as values of SQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "base/compat.h"
#include "segment/segment_range.h"

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
