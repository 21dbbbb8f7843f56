/*-------------------------------------------------------------------------
 *
 * lamport.c
 *	  SQL functions of Lamport clocks.
 *
 * A clock is a segment.  An event draws its next number, and a message that comes in
 * has the segment pass the number that it brings.  What is drawn then was taken from
 * the sequence, durably, above it: so after a crash the clock does not fall
 * behind what it has told others.
 *
 * Numbers that other sessions are drawing at this moment may be lower.  These events
 * are concurrent with ours.  Their next statements draw higher ones.
 *
 * Source: L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed
 * System", Communications of the ACM 21 (1978).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/lsyscache.h"

#include "segment/lamport.h"
#include "segment/segment.h"
#include "segment/segment_call.h"

PG_FUNCTION_INFO_V1(idgen_lamport_tick);
PG_FUNCTION_INFO_V1(idgen_lamport_update);
PG_FUNCTION_INFO_V1(idgen_lamport_now);

double		lamport_max_jump = 4294967296.0;

/* ERROR OBJECT_NOT_IN_PREREQUISITE_STATE */
static void
report_order(const Segment *segment)
{
	bool		is_of_session = segment->sequence.options.order != SEGMENT_ORDER_STATEMENT;

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("sequence \"%s\" cannot be a Lamport clock", get_rel_name(segment->oid)),
			errdetail("%s", is_of_session ? "Its sessions keep their shares, so its numbers are in no order between sessions." :
					  "It issues numbers that were given back, in no order."),
			errhint("Call segment_configure() with %s.", is_of_session ? "\"order_by\" set to \"statement\"" :
					"\"free_list\" off"));
}

/* The segment of the first argument, ready.  ERROR unless its numbers increase from statement to statement. */
static Segment *
get_clock(FunctionCallInfo fcinfo, const char *caller)
{
	Segment    *segment = segment_of_call(fcinfo);

	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	if (unlikely(segment->sequence.options.order != SEGMENT_ORDER_STATEMENT || segment->sequence.options.has_free_list))
		report_order(segment);
	return segment;
}

/* lamport_tick(name regclass) */
Datum
idgen_lamport_tick(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(segment_draw(get_clock(fcinfo, "lamport_tick()"), "lamport_tick()"));
}

/* ERROR INVALID_PARAMETER_VALUE unless a clock at now may go to a remote value. */
static void
check_jump(const Segment *segment, int64 now, int64 remote)
{
	if ((double) remote - (double) now > lamport_max_jump)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("remote value is too far ahead of Lamport clock \"%s\"", get_rel_name(segment->oid)),
				errdetail("It is %lld, and the clock is at %lld. \"idgen.lamport_max_jump\" is %.0f.",
						  (long long) remote, (long long) now, lamport_max_jump),
				errhint("If the value is right, the owner can set the clock with setval()."));
}

/*
 * lamport_update(name regclass, remote bigint)
 *
 * remote is not negative.  Errors: those of segment.h; INVALID_PARAMETER_VALUE if
 * remote is too far ahead.
 */
Datum
idgen_lamport_update(PG_FUNCTION_ARGS)
{
	Segment    *segment = get_clock(fcinfo, "lamport_update()");
	int64		remote = PG_GETARG_INT64(1);
	int64		now = segment_draw(segment, "lamport_update()");

	if (remote < 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("remote value must not be negative: %lld", (long long) remote));
	/* More than once only if somebody sets the sequence back meanwhile. */
	while (now <= remote)
	{
		check_jump(segment, now, remote);
		/* the last number of the sequence that is not above remote */
		segment_pass(segment, remote - (int64) (((uint64) remote - (uint64) now) % (uint64) segment->sequence.increment));
		now = segment_draw(segment, "lamport_update()");
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_INT64(now);
}

/* lamport_now(name regclass) */
Datum
idgen_lamport_now(PG_FUNCTION_ARGS)
{
	int64		last;

	if (!segment_last(get_clock(fcinfo, "lamport_now()"), &last, "lamport_now()"))
		PG_RETURN_NULL();
	PG_RETURN_INT64(last);
}
