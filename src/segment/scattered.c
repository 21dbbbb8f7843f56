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
 * all numbers has one.  So if a sixteenth of all is left outside of the range, at least
 * a thirty-second is on one side of it, and of 64 numbers in a row, whose reverses
 * are in 64 parts, one or more can be used.
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
#include "port/pg_bitutils.h"
#include "utils/lsyscache.h"

#include "bits/bit_reverse.h"
#include "segment/segment_call.h"

/* A range that is skipped leaves one of so many numbers at least. */
#define LEAST_LEFT 16

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

/* The largest reversed number of a segment whose numbers can be reversed. */
static int64
largest(const Segment *segment)
{
	return segment->sequence.type == INT8OID ? PG_INT64_MAX : PG_INT32_MAX;
}

/*
 * ERROR INVALID_PARAMETER_VALUE if a range has more than all but a sixteenth of the
 * reversed numbers from least to most (0 .. largest), which are a power of two.
 */
static void
check_left(const Segment *segment, int64 first, int64 last, int64 least, int64 most)
{
	uint64		all = (uint64) most - (uint64) least + 1;
	uint64		left = all;

	if (first <= most && last >= least)
		left -= (uint64) Min(last, most) - (uint64) Max(first, least) + 1;
	if (left >= Max(all / LEAST_LEFT, 1))
		return;
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			left == 0 ? errmsg("range of numbers to skip contains all numbers")
			: errmsg("range of numbers to skip leaves too few numbers"),
			errdetail("It is from %lld to %lld, and numbers of sequence \"%s\" are from %lld to %lld with their bits reversed. One of %d must be left.",
					  (long long) first, (long long) last, get_rel_name(segment->oid),
					  (long long) least, (long long) most, LEAST_LEFT));
}

/* ERROR INVALID_PARAMETER_VALUE unless a range leaves enough of a segment's numbers, before one is drawn. */
static void
check_skipped(Segment *segment, int64 first, int64 last, const char *caller)
{
	if (first > last)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("range of numbers to skip ends before it begins"),
				errdetail("It is from %lld to %lld.", (long long) first, (long long) last));
	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	check_left(segment, first, last, 0, largest(segment));
}

/*
 * The same, when one has been drawn and its reverse lies in the range: with an even
 * increment, the numbers end in the same bits, so reversed ones begin with the same.
 */
static void
check_skipped_block(const Segment *segment, int64 first, int64 last, int64 scattered)
{
	int64		others = largest(segment) >> pg_rightmost_one_pos64((uint64) segment->sequence.increment);

	check_left(segment, first, last, scattered & ~others, scattered | others);
}

/* segment_nextval_scattered(sequence regclass [, skip_first bigint, skip_last bigint]) */
Datum
idgen_segment_nextval_scattered(PG_FUNCTION_ARGS)
{
	static const char *const caller = "segment_nextval_scattered()";
	Segment    *segment = segment_of_call(fcinfo);
	int64		skip_first = PG_NARGS() > 1 ? PG_GETARG_INT64(1) : -1;
	int64		skip_last = PG_NARGS() > 1 ? PG_GETARG_INT64(2) : -1;
	int64		scattered;

	if (PG_NARGS() > 1)
		check_skipped(segment, skip_first, skip_last, caller);
	for (;;)
	{
		scattered = scatter(segment, segment_draw(segment, caller));
		if (scattered < skip_first || scattered > skip_last)
			PG_RETURN_INT64(scattered);
		check_skipped_block(segment, skip_first, skip_last, scattered);
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
