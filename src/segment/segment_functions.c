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
#include "utils/memutils.h"

#include "segment/segment_call.h"

PG_FUNCTION_INFO_V1(idgen_segment_nextval);
PG_FUNCTION_INFO_V1(idgen_segment_nextvals);
PG_FUNCTION_INFO_V1(idgen_segment_next_block);
PG_FUNCTION_INFO_V1(idgen_segment_return);

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
	PG_RETURN_INT64(segment_draw(segment_of_call(fcinfo), "segment_nextval()"));
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
	segment_draw_many(segment_of_call(fcinfo), (int64 *) ARR_DATA_PTR(array), count, "segment_nextvals()");
	PG_RETURN_ARRAYTYPE_P(array);
}

/* segment_next_block(sequence regclass, size integer) */
Datum
idgen_segment_next_block(PG_FUNCTION_ARGS)
{
	check_count("size", PG_GETARG_INT32(1), PG_INT32_MAX);
	PG_RETURN_INT64(segment_draw_block(segment_of_call(fcinfo), PG_GETARG_INT32(1), "segment_next_block()").first);
}

/* segment_return(sequence regclass) */
Datum
idgen_segment_return(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(segment_give_back(segment_of_call(fcinfo), "segment_return()"));
}
