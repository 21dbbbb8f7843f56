/*-------------------------------------------------------------------------
 *
 * segment_functions.c
 *	  SQL functions that draw from segments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "segment/segment.h"
#include "segment/segment_grants.h"
#include "segment/segment_range.h"

PG_FUNCTION_INFO_V1(idgen_segment_nextval);
PG_FUNCTION_INFO_V1(idgen_segment_nextvals);
PG_FUNCTION_INFO_V1(idgen_segment_next_block);
PG_FUNCTION_INFO_V1(idgen_segment_take);
PG_FUNCTION_INFO_V1(idgen_segment_return);

/* The segment of the first argument; the call site caches it. */
static inline Segment *
get_segment(FunctionCallInfo fcinfo)
{
	Segment    *segment = fcinfo->flinfo->fn_extra;

	if (unlikely(segment == NULL || segment->oid != PG_GETARG_OID(0)))
	{
		segment = segment_find(PG_GETARG_OID(0));
		fcinfo->flinfo->fn_extra = segment;
	}
	return segment;
}

/* ERROR INVALID_PARAMETER_VALUE unless 1 <= value <= most. */
static void
check_count(const char *name, int64 value, int64 most)
{
	if (value < 1 || value > most)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s must be between 1 and %lld", name, (long long) most),
				errdetail("The requested %s is %lld.", name, (long long) value));
}

/* segment_nextval(sequence regclass) */
Datum
idgen_segment_nextval(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(segment_draw(get_segment(fcinfo), "segment_nextval()"));
}

/* segment_nextvals(sequence regclass, count integer) */
Datum
idgen_segment_nextvals(PG_FUNCTION_ARGS)
{
	int32		count = PG_GETARG_INT32(1);
	ArrayType  *array;
	Size		size = ARR_OVERHEAD_NONULLS(1) + (Size) count * sizeof(int64);

	check_count("count", count, (MaxAllocSize - ARR_OVERHEAD_NONULLS(1)) / sizeof(int64));
	array = palloc(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = INT8OID;
	ARR_DIMS(array)[0] = count;
	ARR_LBOUND(array)[0] = 1;
	segment_draw_many(get_segment(fcinfo), (int64 *) ARR_DATA_PTR(array), count, "segment_nextvals()");
	PG_RETURN_ARRAYTYPE_P(array);
}

/* segment_next_block(sequence regclass, size integer) */
Datum
idgen_segment_next_block(PG_FUNCTION_ARGS)
{
	check_count("size", PG_GETARG_INT32(1), PG_INT32_MAX);
	PG_RETURN_INT64(segment_draw_block(get_segment(fcinfo), PG_GETARG_INT32(1), "segment_next_block()").first);
}

/* The most that is handed on at once: far from where sums overflow. */
#define MOST_TAKEN (INT64CONST(1) << 48)

/*
 * segment_take(sequence regclass, count bigint)
 *
 * Errors: FEATURE_NOT_SUPPORTED if the numbers are no range; those of
 * segment.h.
 */
Datum
idgen_segment_take(PG_FUNCTION_ARGS)
{
	Segment    *segment = get_segment(fcinfo);
	int64		count = PG_GETARG_INT64(1);
	SegmentRange range;

	check_count("count", count, MOST_TAKEN);
	if (!segment_is_ready(segment))
		segment_make_ready(segment, "segment_take()");
	if (segment->sequence.increment != 1)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("numbers of sequence \"%s\" are no ranges", get_rel_name(segment->oid)),
				errdetail("Its increment is %lld.", (long long) segment->sequence.increment),
				errhint("Use segment_next_block()."));
	range = segment_draw_block(segment, count, "segment_take()");
	segment_grants_record(&segment->sequence, range);
	PG_RETURN_DATUM(segment_range_datum(range, 1));
}

/* segment_return(sequence regclass) */
Datum
idgen_segment_return(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(segment_give_back(get_segment(fcinfo), "segment_return()"));
}
