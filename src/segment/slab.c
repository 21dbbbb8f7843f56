/*-------------------------------------------------------------------------
 *
 * slab.c
 *	  SQL function that draws IDs of layout "hybrid", which takes its slabs from a
 *	  segment.
 *
 * The server draws a number of the segment, its slab, durably.  Within it, seconds count
 * from when that was, by a clock that nobody can set, and a count within the second.
 * The next ID is never below the one before, so if a second is used up, IDs go on in
 * the next one.  The slab is kept in shared memory alone: after a restart, a
 * failover or ALTER SEQUENCE, or when its seconds are over, the server draws another
 * one.  So no ID comes twice, whatever becomes of clocks and of servers; what is left of
 * a slab is lost.
 *
 * slab of a SegmentEntry is guarded by the entry's mutex.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "engine/clock.h"
#include "segment/segment_call.h"

PG_FUNCTION_INFO_V1(idgen_slab_nextval);

/* As in layout "hybrid". */
#define SLAB_POSITION_BITS 32
#define SLAB_SEQUENCE_BITS 16
#define SLAB_POSITIONS (UINT64CONST(1) << SLAB_POSITION_BITS)

/* Larger ones would be negative. */
#define LARGEST_SLAB PG_INT32_MAX

/* Of a file that the current transaction has created, which no other process sees. */
static SegmentSlab private_slab;
static Oid	private_file = InvalidOid;

/* Take the next position of a slab, at a time of the monotonic clock.  False if there is no slab, or it is used up. */
static bool
take_position(SegmentSlab *slab, int64 now_ns, int64 *id)
{
	uint64		position;

	if (slab->opened_ns == 0)
		return false;
	position = (uint64) ((now_ns - slab->opened_ns) / NS_PER_S) << SLAB_SEQUENCE_BITS;
	position = Max(position, slab->next);
	if (position >= SLAB_POSITIONS)
		return false;
	slab->next = position + 1;
	*id = slab->number << SLAB_POSITION_BITS | (int64) position;
	return true;
}

/*
 * Take a position of the server's slab, or else make a number the server's slab, if it
 * is above the last one; another process may have been faster.
 */
static bool
take_shared(Segment *segment, int64 new_slab, int64 *id)
{
	int64		now_ns = clock_monotonic_ns();
	SegmentSlab opened = {
		.number = new_slab,
		.opened_ns = now_ns
	};
	SegmentEntry *entry;
	bool		is_taken;

	while ((entry = segment_memory_lock(segment->place)) == NULL)
		segment->place = segment_memory_find(&segment->sequence);
	is_taken = take_position(&entry->slab, now_ns, id);
	if (!is_taken && new_slab >= 0 && (entry->slab.opened_ns == 0 || new_slab > entry->slab.number))
	{
		entry->slab = opened;
		is_taken = take_position(&entry->slab, now_ns, id);
	}
	segment_memory_unlock(entry);
	return is_taken;
}

/* The same for the slab of a file of the current transaction. */
static bool
take_private(Segment *segment, int64 new_slab, int64 *id)
{
	int64		now_ns = clock_monotonic_ns();
	SegmentSlab opened = {
		.number = new_slab,
		.opened_ns = now_ns
	};

	if (new_slab >= 0)
	{
		private_file = segment->sequence.file;
		private_slab = opened;
	}
	return private_file == segment->sequence.file && take_position(&private_slab, now_ns, id);
}

static bool
take_number(Segment *segment, int64 new_slab, int64 *id)
{
	if (segment->sequence.is_private)
		return take_private(segment, new_slab, id);
	return take_shared(segment, new_slab, id);
}

/* ERROR SEQUENCE_GENERATOR_LIMIT_EXCEEDED unless a number is that of a slab. */
static void
check_slab(const Segment *segment, int64 number)
{
	if (number < 0 || number > LARGEST_SLAB)
		ereport(ERROR,
				errcode(ERRCODE_SEQUENCE_GENERATOR_LIMIT_EXCEEDED),
				errmsg("sequence \"%s\" has reached the end of its slabs", get_rel_name(segment->oid)),
				errdetail("Its number is %lld, and slabs are from 0 to %d.", (long long) number, LARGEST_SLAB));
}

/*
 * slab_nextval(slabs regclass)
 *
 * Errors: those of segment.h, SEQUENCE_GENERATOR_LIMIT_EXCEEDED.
 */
Datum
idgen_slab_nextval(PG_FUNCTION_ARGS)
{
	Segment    *segment = segment_of_call(fcinfo);
	int64		new_slab = -1;
	int64		id;

	if (!segment_is_ready(segment))
		segment_make_ready(segment, "slab_nextval()");
	while (!take_number(segment, new_slab, &id))
	{
		new_slab = segment_draw(segment, "slab_nextval()");
		check_slab(segment, new_slab);
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_INT64(id);
}
