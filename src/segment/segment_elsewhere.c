/*-------------------------------------------------------------------------
 *
 * segment_elsewhere.c
 *	  A root elsewhere: ranges are asked for at the desk, and given back from here.
 *
 * Giving back is an operation of the store that the range is from, in a session of
 * this process.  It is sent once: if its answer does not come, the numbers may be the
 * root's, and are not used here any more.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "lease/lease_store.h"
#include "segment/segment_agent.h"
#include "segment/segment_desk.h"
#include "segment/segment_page.h"

static bool
is_interrupted(void)
{
	CHECK_FOR_INTERRUPTS();
	return false;
}

static int64
last_of_range(SegmentRange range)
{
	return range.first + (int64) (range.count - 1);
}

/*
 * What the root is told.  What it gave last is known by its token; anything else can
 * only get on its free list.  Numbers above the sequence's maximum were of no use here.
 */
static LeaseOperation
make_operation(const SegmentSlot *slot, const SegmentGiving *giving)
{
	SegmentRange range = giving->range;
	const SegmentRootState *state = &slot->states[slot->root];
	bool		is_newest = state->watch.is_known && last_of_range(range) == Min(state->last, slot->max);
	LeaseOperation operation = {
		.kind = LEASE_RETURN,
		.returned.counter = slot->roots.counter,
		.returned.first = range.first,
		.returned.last = is_newest ? state->last : last_of_range(range),
		.returned.token = is_newest ? state->token : 0,
		.returned.epoch = giving->epoch,
	};

	return operation;
}

/* What an outcome says of the range. */
static SegmentReturn
fate_of(LeaseOutcome outcome)
{
	switch (outcome)
	{
		case LEASE_APPLIED:
			return SEGMENT_RETURN_DONE;
		case LEASE_REFUSED:
		case LEASE_UNREACHABLE:
			return SEGMENT_RETURN_KEPT;
		default:
			return SEGMENT_RETURN_UNKNOWN;
	}
}

/* Send the operation.  Errors: those of lease_store_open_at(), and what CHECK_FOR_INTERRUPTS raises. */
static LeaseOutcome
send(const SegmentSlot *slot, const LeaseOperation *operation, LeaseAnswer *answer, volatile SegmentReturn *fate)
{
	LeaseStore *store = lease_store_open_at(segment_roots_address(&slot->roots, slot->root), SEGMENT_POOL,
											segment_secret_file, segment_root_timeout_ms);
	volatile LeaseOutcome outcome = LEASE_UNKNOWN;

	PG_TRY();
	{
		*fate = SEGMENT_RETURN_UNKNOWN;
		outcome = lease_store_do(store, operation, answer, is_interrupted);
		*fate = fate_of(outcome);
	}
	PG_FINALLY();
	{
		lease_store_close(store);
	}
	PG_END_TRY();
	return outcome;
}

/* ERROR or WARNING, unless the root has taken the range back, or has refused that. */
static void
report(const SegmentGiving *giving, LeaseOutcome outcome, const LeaseAnswer *answer)
{
	if (outcome == LEASE_UNREACHABLE)
		ereport(ERROR,
				errcode(ERRCODE_CONNECTION_FAILURE),
				errmsg("could not give numbers of sequence \"%s\" back to its root", get_rel_name(giving->sequence->oid)),
				errdetail("%s", answer->error));
	if (outcome == LEASE_UNKNOWN)
		ereport(WARNING,
				errmsg("it is not known whether the root of sequence \"%s\" has taken %llu numbers back",
					   get_rel_name(giving->sequence->oid), (unsigned long long) giving->range.count),
				errdetail("They are not used here any more. %s", answer->error));
}

/*
 * See SegmentRoot.  Errors: CONNECTION_FAILURE if the root cannot be asked; those of
 * send().
 */
static void
give_back(const SegmentGiving *giving, volatile SegmentReturn *fate)
{
	SegmentSlot *slot = palloc(sizeof(SegmentSlot));
	LeaseAnswer *answer = palloc0(sizeof(LeaseAnswer));
	LeaseOperation operation;
	volatile LeaseOutcome outcome = LEASE_UNKNOWN;

	/* Nobody knows any more which root the range is from. */
	if (!segment_desk_copy(giving->place, slot))
		return;
	operation = make_operation(slot, giving);
	PG_TRY();
	{
		outcome = send(slot, &operation, answer, fate);
		if (*fate == SEGMENT_RETURN_DONE && !answer->is_listed)
			segment_page_lower(giving->sequence, giving->range, giving->taken_lsn);
	}
	PG_FINALLY();
	{
		/* What is on a list, or can only get there, is not what comes next. */
		if (*fate != SEGMENT_RETURN_KEPT && operation.returned.token != 0 && !answer->is_listed)
			segment_desk_note_return(giving->place, slot->root, giving->range.first);
	}
	PG_END_TRY();
	report(giving, outcome, answer);
	pfree(answer);
	pfree(slot);
}

const SegmentRoot segment_root_remote = {
	.name = "elsewhere",
	.take = segment_desk_take,
	.note_use = segment_page_raise,
	.give_back = give_back,
	.returns_newest = true,
};
