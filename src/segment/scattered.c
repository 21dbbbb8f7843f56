/*-------------------------------------------------------------------------
 *
 * scattered.c
 *	  SQL functions of scattered segments, whose numbers have their bits reversed.
 *
 * Reversing twice gives the number again, so no two numbers become the same one.
 * All that is said of segments holds, but for the order.
 *
 * A range that is skipped is one of reversed numbers.  A number whose reverse lies in it
 * is drawn and lost.  As the lowest bit becomes the highest, every other number is
 * above half of all, and so on: of a row of 2^n numbers, each of the 2^n equal parts of
 * all numbers has one.
 *
 * Source: Cloud Spanner's bit-reversed positive sequences, with skip_range_min and
 * skip_range_max.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "bits/bit_reverse.h"
#include "segment/segment_call.h"

PG_FUNCTION_INFO_V1(idgen_segment_nextval_scattered);
PG_FUNCTION_INFO_V1(idgen_segment_scattered_state);

/*
 * A number of the segment with its bits reversed, in as many bits as its type has.
 * Errors: NUMERIC_VALUE_OUT_OF_RANGE, FEATURE_NOT_SUPPORTED.
 */
static int64
scatter(const Segment *segment, int64 number)
{
	if (unlikely(number < 0))
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("number of sequence \"%s\" must not be negative: %lld",
					   get_rel_name(segment->oid), (long long) number));
	if (segment->sequence.type == INT8OID)
		return bit_reverse_63(number);
	if (segment->sequence.type != INT4OID)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("numbers of sequence \"%s\" cannot be scattered", get_rel_name(segment->oid)),
				errdetail("The sequence is of type %s.", "smallint"),
				errhint("ALTER SEQUENCE ... AS bigint"));
	return bit_reverse_31((int32) number);
}

/* ERROR INVALID_PARAMETER_VALUE unless numbers are left outside of a range. */
static void
check_skipped(int64 first, int64 last)
{
	if (first > last)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("range of numbers to skip ends before it begins"),
				errdetail("It is from %lld to %lld.", (long long) first, (long long) last));
	if (first <= 0 && last == PG_INT64_MAX)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("range of numbers to skip contains all numbers"));
}

/* segment_nextval_scattered(sequence regclass [, skip_first bigint, skip_last bigint]) */
Datum
idgen_segment_nextval_scattered(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	int64		skip_first = PG_NARGS() > 1 ? PG_GETARG_INT64(1) : -1;
	int64		skip_last = PG_NARGS() > 1 ? PG_GETARG_INT64(2) : -1;
	int64		scattered;

	check_skipped(skip_first, skip_last);
	for (;;)
	{
		scattered = scatter(segment, segment_draw(segment, "segment_nextval_scattered()"));
		if (scattered < skip_first || scattered > skip_last)
			PG_RETURN_INT64(scattered);
		CHECK_FOR_INTERRUPTS();
	}
}

/* ERROR OBJECT_NOT_IN_PREREQUISITE_STATE unless numbers are drawn in their order. */
static void
check_order(const Segment *segment)
{
	if (segment->sequence.options.has_free_list)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("segment \"%s\" has no state", get_rel_name(segment->oid)),
				errdetail("It issues numbers that were given back, in no order."),
				errhint("Call segment_configure() with \"free_list\" off."));
}

/* segment_scattered_state(sequence regclass) */
Datum
idgen_segment_scattered_state(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	int64		last;

	if (!segment_is_ready(segment))
		segment_make_ready(segment, "segment_scattered_state()");
	check_order(segment);
	if (!segment_last(segment, &last, "segment_scattered_state()"))
		PG_RETURN_NULL();
	PG_RETURN_INT64(last);
}
