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

/* More are taken without others. */
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
	SegmentSlot *slot;			/* of the desk, if the root is elsewhere;
								 * NULL: none yet */
	bool		is_single;		/* it wants a round of its own */

	/* If it serves a round: */
	SegmentPlace place;			/* of it */
	uint64		round;
	bool		has_closed;
} StrictCall;

static bool
is_elsewhere(const StrictCall *call)
{
	return call->segment->sequence.options.roots != 0;
}

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

/*
 * Take the numbers of a round from the local root, when no process has the segment's
 * chunk refilled.  There may be none: it has not so many.
 */
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
	SegmentRange none = {0};
	SegmentEntry *entry = segment_memory_lock(request.place);
	int64		poll_ns = FIRST_POLL_NS;

	if (entry != NULL)
	{
		request.has_taken = entry->has_taken;
		request.last_taken = entry->last_taken;
		segment_memory_unlock(entry);
	}
	if (segment_root_local.take(&request, &grant) != SEGMENT_ROOT_TAKEN)
		return none;
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
			if (range.count > 0)
				segment_rounds_end(call->member.rounds, call->place, call->round, &range.first, NULL);
			else
				segment_rounds_refuse(call->member.rounds, call->place, call->round, "");
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
 * Take numbers from the local root, without a round: there may not be so many, and the
 * others in it would have to do without theirs.
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
	if (range.count == 0)
		segment_sequence_report_ended(&call->segment->sequence, call->count);
	return range.first;
}

static void
leave(int code, Datum arg)
{
	StrictCall *call = (StrictCall *) DatumGetPointer(arg);

	/* The agent may be waiting for a place for the next round. */
	if (call->is_member && segment_rounds_leave(&call->member) && call->slot != NULL)
		agent_process_wake(&segment_desk()->process.agent);
	call->is_member = false;
	/* Not before: the agent serves no round whose roots it does not know. */
	if (call->slot != NULL)
		segment_desk_release(call->slot);
	call->slot = NULL;
}

/* Join the open round, unless there is no room for us. */
static SegmentJoin
try_to_join(StrictCall *call)
{
	bool		is_remote = is_elsewhere(call);
	SegmentJoin join;

	if (is_remote && call->slot == NULL)
		call->slot = segment_desk_introduce(call->segment->place, &call->segment->sequence);
	if (is_remote && call->slot == NULL)
		return SEGMENT_JOIN_NO_SLOT;
	join = segment_rounds_join(call->segment->place, is_remote, call->count, call->is_single, &call->member);
	call->is_member = join == SEGMENT_JOIN_DONE;
	return join;
}

/* ERROR after idgen.max_wait, as so many segments are in use. */
static void
check_room(const StrictCall *call)
{
	if (clock_monotonic_ns() >= call->deadline_ns)
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("too many segments give strict numbers at the same time"),
				errhint("Raise \"idgen.max_segments\", add \"idgen\" to \"shared_preload_libraries\" if it is not there, and restart the server."));
}

/* Join a round, and let the agent know, if it serves it. */
static void
join(StrictCall *call)
{
	SegmentJoin join;
	int64		poll_ns = FIRST_POLL_NS;

	while ((join = try_to_join(call)) != SEGMENT_JOIN_DONE)
	{
		if (join == SEGMENT_JOIN_NO_SLOT)
			check_room(call);
		check_time(call, "Other calls have been served first");
		wait_briefly(&poll_ns);
	}
	if (call->slot != NULL)
		agent_process_wake(&segment_desk()->process.agent);
}

/*
 * A round is over without numbers.  If there are not as many as its members want
 * together, each of them tries it alone; otherwise, if a process has served it, another
 * may.  The agent has tried all that can be tried.
 */
static void
begin_again(StrictCall *call, const SegmentRoundEnd *end)
{
	bool		is_refused = end->state == SEGMENT_ROUND_REFUSED;
	bool		is_alone = end->count == call->count;

	leave(0, PointerGetDatum(call));
	if (is_alone && is_refused && end->error[0] == '\0')
		segment_sequence_report_refused(&call->segment->sequence, call->count);
	if ((is_alone || !is_refused) && is_elsewhere(call))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not take a number of sequence \"%s\" from its root", get_rel_name(call->segment->oid)),
				errdetail("%s", end->error));
	call->is_single = is_refused;
	join(call);
}

/* Wait until a time, monotonic in ns, or until something has changed. */
static void
sleep_until(ConditionVariable *changed, int64 until_ns)
{
	int64		left_ms = (until_ns - clock_monotonic_ns()) / NS_PER_MS + 1;

	(void) ConditionVariableTimedSleep(changed, (long) Max(left_ms, 1), segment_memory_wait_event());
}

static bool
is_over(SegmentRoundState state)
{
	return state != SEGMENT_ROUND_OPEN && state != SEGMENT_ROUND_CLOSED;
}

/* Wait until our round is over, or serve it.  Returns whether it is over. */
static bool
await_end(StrictCall *call, SegmentRoundEnd *end)
{
	ConditionVariable *changed = &call->member.rounds->changed;
	int64		until_ns = call->deadline_ns;
	SegmentRoundState state;

	ConditionVariablePrepareToSleep(changed);
	state = segment_rounds_look(&call->member, end);
	if (state == SEGMENT_ROUND_OPEN && !is_elsewhere(call) && segment_rounds_lead(&call->member, &until_ns))
	{
		ConditionVariableCancelSleep();
		serve(call);
	}
	else if (!is_over(state))
		sleep_until(changed, until_ns);
	ConditionVariableCancelSleep();
	return is_over(state);
}

/* Returns the first of our numbers. */
static int64
await_numbers(StrictCall *call)
{
	for (;;)
	{
		SegmentRoundEnd end;

		if (await_end(call, &end))
		{
			if (end.state == SEGMENT_ROUND_DONE)
				return end.first + (int64) (call->member.offset * (uint64) call->segment->sequence.increment);
			if (end.state == SEGMENT_ROUND_REFUSED && !is_elsewhere(call))
			{
				leave(0, PointerGetDatum(call));
				return take_alone(call);
			}
			if (end.state == SEGMENT_ROUND_LOST)
			{
				leave(0, PointerGetDatum(call));
				join(call);
			}
			else
				begin_again(call, &end);
		}
		/* What has come in the meantime is taken, however late it is. */
		if (!is_over(segment_rounds_look(&call->member, &end)))
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
	call.is_single = count > MOST_IN_ROUND;
	if (is_elsewhere(&call))
		return take_remotely(&call);
	return call.is_single ? take_alone(&call) : take_in_round(&call);
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
