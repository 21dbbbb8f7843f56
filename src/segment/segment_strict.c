/*-------------------------------------------------------------------------
 *
 * segment_strict.c
 *	  Numbers that are above every number that had been returned anywhere before
 *	  the call began: the strict kind.
 *
 * Nothing is cached: each number is taken from the root after its call has begun.
 * Processes that wait are served together, in rounds (see segment_rounds.h).  If the
 * root is local, one of them serves a round, as the segment's refiller, so that the
 * chunk knows what has been taken beside it.  If it is elsewhere, the agent does,
 * several rounds at the same time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/lsyscache.h"

#include "base/standbys.h"
#include "engine/clock.h"
#include "engine/wait.h"
#include "segment/segment.h"
#include "segment/segment_desk.h"
#include "segment/segment_page.h"
#include "segment/segment_range.h"
#include "segment/segment_refill.h"
#include "segment/segment_rounds.h"

PG_FUNCTION_INFO_V1(idgen_segment_nextval_strict);
PG_FUNCTION_INFO_V1(idgen_segment_take_strict);

/* More are taken without a round. */
#define MOST_IN_ROUND 1024

/* How long to wait at first for another refiller, or a standby. */
#define FIRST_POLL_NS (NS_PER_MS / 10)

/* A call. */
typedef struct StrictCall
{
	Segment    *segment;
	uint64		count;
	int64		deadline_ns;	/* monotonic */
	SegmentMember member;
	bool		is_member;

	/* If it serves a round: */
	SegmentPlace place;			/* of it */
	uint64		round;
	bool		has_closed;
} StrictCall;

/* ERROR after idgen.max_wait. */
static void
check_time(const StrictCall *call, const char *detail)
{
	CHECK_FOR_INTERRUPTS();
	if (clock_monotonic_ns() >= call->deadline_ns)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not take a number of sequence \"%s\" from its root", get_rel_name(call->segment->oid)),
				errdetail("%s within \"idgen.max_wait\", which is %d ms.", detail, wait_max_ms));
}

/* Wait for a while that doubles. */
static void
wait_briefly(int64 *poll_ns)
{
	clock_wait(*poll_ns, segment_memory_wait_event());
	*poll_ns = Min(*poll_ns * 2, WAIT_LONGEST_POLL_NS);
}

/* Become the segment's refiller.  If its place has become another segment's, there is nothing to be. */
static void
become_refiller(const StrictCall *call)
{
	int64		poll_ns = FIRST_POLL_NS;
	SegmentEntry *entry;

	while (!segment_refill_begin(call->segment->place))
	{
		entry = segment_memory_lock(call->segment->place);
		if (entry == NULL)
			return;
		segment_memory_unlock(entry);
		check_time(call, "Another process has been refilling the segment");
		wait_briefly(&poll_ns);
	}
}

/* Take the numbers of a round from the local root, when no process has the segment's chunk refilled. */
static SegmentRange
take_locally(const StrictCall *call, uint64 count)
{
	SegmentRequest request = {
		.sequence = &call->segment->sequence,
		.place = call->segment->place,
		.least = count,
		.most = count,
	};
	SegmentGrant grant = {.lsn = InvalidXLogRecPtr};
	SegmentEntry *entry = segment_memory_lock(request.place);
	int64		poll_ns = FIRST_POLL_NS;

	if (entry != NULL)
	{
		request.has_taken = entry->has_taken;
		request.last_taken = entry->last_taken;
		segment_memory_unlock(entry);
	}
	if (segment_root_local.take(&request, &grant) != SEGMENT_ROOT_TAKEN)
		segment_sequence_report_ended(request.sequence, count);
	segment_refill_note_strict(request.place, &grant);
	while (!standbys_have(grant.lsn))
	{
		check_time(call, "No synchronous standby has confirmed that numbers were taken");
		wait_briefly(&poll_ns);
	}
	return grant.range;
}

/* Stop serving, also after an ERROR; a round that has been closed has failed unless it is done. */
static void
end_serving(int code, Datum arg)
{
	StrictCall *call = (StrictCall *) DatumGetPointer(arg);

	if (call->has_closed)
		segment_rounds_end(call->member.rounds, call->place, call->round, NULL, "The process that took numbers has failed.");
	call->has_closed = false;
	segment_refill_end(0, PointerGetDatum(&call->segment->place));
	segment_rounds_end_leading(call->member.rounds);
}

/* Serve the open round, which is ours. */
static void
serve(StrictCall *call)
{
	PG_ENSURE_ERROR_CLEANUP(end_serving, PointerGetDatum(call));
	{
		uint64		count;

		become_refiller(call);
		call->has_closed = segment_rounds_close(call->member.rounds, &call->place, &call->round, &count);
		if (call->has_closed)
		{
			SegmentRange range = take_locally(call, count);

			call->has_closed = false;
			segment_rounds_end(call->member.rounds, call->place, call->round, &range.first, NULL);
		}
		end_serving(0, PointerGetDatum(call));
	}
	PG_END_ENSURE_ERROR_CLEANUP(end_serving, PointerGetDatum(call));
}

static void
end_refilling(int code, Datum arg)
{
	StrictCall *call = (StrictCall *) DatumGetPointer(arg);

	segment_refill_end(0, PointerGetDatum(&call->segment->place));
}

/*
 * Take many numbers from the local root, without a round: there may not be so many,
 * and the others in it would have to do without theirs.
 */
static int64
take_alone(StrictCall *call)
{
	SegmentRange range;

	PG_ENSURE_ERROR_CLEANUP(end_refilling, PointerGetDatum(call));
	{
		become_refiller(call);
		range = take_locally(call, call->count);
		end_refilling(0, PointerGetDatum(call));
	}
	PG_END_ENSURE_ERROR_CLEANUP(end_refilling, PointerGetDatum(call));
	return range.first;
}

static void
leave(int code, Datum arg)
{
	StrictCall *call = (StrictCall *) DatumGetPointer(arg);

	if (call->is_member)
		segment_rounds_leave(&call->member);
	call->is_member = false;
}

/* Join a round, and let the agent know, if it serves it. */
static void
join(StrictCall *call)
{
	bool		is_remote = call->segment->sequence.options.roots != 0;
	bool		has_slot = !is_remote || segment_desk_introduce(call->segment->place, &call->segment->sequence);
	SegmentJoin join = SEGMENT_JOIN_NO_SLOT;
	int64		poll_ns = FIRST_POLL_NS;

	while (has_slot &&
		   (join = segment_rounds_join(call->segment->place, is_remote, call->count, &call->member)) == SEGMENT_JOIN_FULL)
	{
		check_time(call, "Other calls have taken as many numbers as can be taken at once");
		wait_briefly(&poll_ns);
	}
	if (join != SEGMENT_JOIN_DONE)
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("too many segments give strict numbers at the same time"),
				errhint("Raise \"idgen.max_segments\", add \"idgen\" to \"shared_preload_libraries\" if it is not there, and restart the server."));
	call->is_member = true;
	if (is_remote)
		agent_process_wake(&segment_desk()->process.agent);
}

/* A round has failed: if a process has served it, another may; the agent has tried all that can be tried. */
static void
begin_again(StrictCall *call)
{
	char		error[LEASE_TAKE_ERROR_SIZE];

	strlcpy(error, call->member.rounds->error, sizeof(error));
	leave(0, PointerGetDatum(call));
	if (call->segment->sequence.options.roots != 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not take a number of sequence \"%s\" from its root", get_rel_name(call->segment->oid)),
				errdetail("%s", error));
	join(call);
}

/* Wait until our round is done, or serve it. */
static int64
await_numbers(StrictCall *call)
{
	for (;;)
	{
		ConditionVariable *changed = &call->member.rounds->changed;
		int64		first;
		SegmentRoundState state;
		int64		left_ms = (call->deadline_ns - clock_monotonic_ns()) / NS_PER_MS + 1;

		ConditionVariablePrepareToSleep(changed);
		state = segment_rounds_look(&call->member, &first);
		if (state == SEGMENT_ROUND_DONE)
		{
			ConditionVariableCancelSleep();
			return first + (int64) (call->member.offset * (uint64) call->segment->sequence.increment);
		}
		if (state == SEGMENT_ROUND_FAILED)
		{
			ConditionVariableCancelSleep();
			begin_again(call);
		}
		else if (state == SEGMENT_ROUND_OPEN && call->segment->sequence.options.roots == 0 && segment_rounds_lead(&call->member))
		{
			ConditionVariableCancelSleep();
			serve(call);
		}
		else
			(void) ConditionVariableTimedSleep(changed, (long) Max(left_ms, 1), segment_memory_wait_event());
		ConditionVariableCancelSleep();
		/* What has come in the meantime is taken, however late it is. */
		if (segment_rounds_look(&call->member, &first) != SEGMENT_ROUND_DONE)
			check_time(call, "It has not answered");
	}
}

/*
 * Note on this server that numbers up to last, of a root elsewhere, are used.  It is
 * on disk, and on a synchronous standby, before they are returned: a standby that is
 * promoted, and then gets another root, would go on below them.
 */
static void
note_use(const StrictCall *call, int64 last)
{
	XLogRecPtr	lsn = segment_page_note_strict(&call->segment->sequence, last);
	int64		poll_ns = FIRST_POLL_NS;

	XLogFlush(lsn);
	while (!standbys_have(lsn))
	{
		check_time(call, "No synchronous standby has confirmed that numbers are used");
		wait_briefly(&poll_ns);
	}
}

/*
 * ERROR unless there are enough numbers above last, up to the maximum of the sequence
 * here, which a root elsewhere does not know.
 */
static void
check_left(const StrictCall *call, int64 last)
{
	const SegmentSequence *sequence = &call->segment->sequence;

	if (last >= sequence->max || (uint64) sequence->max - (uint64) last < call->count)
		segment_sequence_report_ended(sequence, call->count);
}

/* Take the numbers of a call in a round, and return the first. */
static int64
take_in_round(StrictCall *call)
{
	int64		first = 0;

	PG_ENSURE_ERROR_CLEANUP(leave, PointerGetDatum(call));
	{
		join(call);
		first = await_numbers(call);
		leave(0, PointerGetDatum(call));
	}
	PG_END_ENSURE_ERROR_CLEANUP(leave, PointerGetDatum(call));
	return first;
}

/* The same from a root elsewhere.  If there is no number left here, it is not asked for one. */
static int64
take_remotely(StrictCall *call)
{
	int64		first;

	check_left(call, segment_page_last(&call->segment->sequence));
	first = take_in_round(call);
	check_left(call, first - 1);
	note_use(call, first + (int64) call->count - 1);
	return first;
}

/* The first of count numbers in a row, which had not been taken when we were called. */
static int64
draw_strict(Oid sequence, uint64 count, const char *caller)
{
	StrictCall	call = {
		.segment = segment_find(sequence),
		.count = count,
	};

	if (!segment_is_ready(call.segment))
		segment_make_ready(call.segment, caller);
	if (call.segment->sequence.is_private)
	{
		SegmentRange range;

		if (!segment_page_take_private(&call.segment->sequence, count, count, &range))
			segment_sequence_report_ended(&call.segment->sequence, count);
		return range.first;
	}
	call.deadline_ns = clock_monotonic_ns() + wait_max_ms * NS_PER_MS;
	if (call.segment->sequence.options.roots != 0)
		return take_remotely(&call);
	return count > MOST_IN_ROUND ? take_alone(&call) : take_in_round(&call);
}

/* segment_nextval_strict(sequence regclass) */
Datum
idgen_segment_nextval_strict(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(draw_strict(PG_GETARG_OID(0), 1, "segment_nextval_strict()"));
}

/*
 * segment_take_strict(sequence regclass, count bigint)
 *
 * What a root gives to servers whose root it is.
 */
Datum
idgen_segment_take_strict(PG_FUNCTION_ARGS)
{
	int64		count = PG_GETARG_INT64(1);
	SegmentRange range;

	segment_range_check_count(count);
	range.first = draw_strict(PG_GETARG_OID(0), count, "segment_take_strict()");
	range.count = count;
	PG_RETURN_DATUM(segment_range_datum(range, 1));
}
