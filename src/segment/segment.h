/*-------------------------------------------------------------------------
 *
 * segment.h
 *	  Segments: numbers of a sequence, drawn by the range.
 *
 * For other families of IDs:
 *
 *		Segment *segment = segment_find(sequence);
 *		int64 number = segment_draw(segment, "lamport_tick()");
 *
 * A Segment belongs to this process and stays where it is until the process
 * ends, so a call site may keep it.  Numbers that one process draws from a segment
 * increase, in whatever way it draws them; how those of several do, see
 * SegmentOrder.  None comes twice, whether transactions commit or not.
 *
 * Errors of each way to draw, for the SQL function caller:
 * READ_ONLY_SQL_TRANSACTION in recovery; INSUFFICIENT_PRIVILEGE unless the current
 * user may call nextval(); OBJECT_NOT_IN_PREREQUISITE_STATE if the numbers are from
 * elsewhere and the transaction has changed the sequence; those of segment_sequence_lock(),
 * segment_sequence_read(), segment_memory_find() and segment_chunk_take().
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_H
#define IDGEN_SEGMENT_H

#include "miscadmin.h"
#include "port/atomics.h"

#include "segment/segment_chunk.h"

/* A segment as this process uses it.  The members of the hot path come first. */
typedef struct Segment
{
	Oid			oid;			/* of its sequence; hash key */
	bool		is_ready;		/* for this transaction and user */
	bool		is_of_statement;	/* the share is given back at its end */
	bool		is_locked;		/* by this transaction */
	bool		is_defined;		/* sequence is as in the catalogs */
	Oid			user;			/* whose privilege was checked */
	uint32		stale;			/* the slot's count when the share was taken */
	SegmentShare share;			/* what is left of it */
	uint64		share_size;		/* when it was taken */
	SegmentPlace place;			/* of generation 0: none */
	SegmentSequence sequence;
	struct Segment *next_of_statement;
	struct Segment *next_in_transaction;
} Segment;

/* When it changes, parallel workers have passed our shares. */
extern pg_atomic_uint32 *segment_stale;

extern Segment *segment_find(Oid sequence);
extern void segment_make_ready(Segment *segment, const char *caller);
extern void segment_renew_share(Segment *segment);
extern void segment_draw_many(Segment *segment, int64 *numbers, uint64 count, const char *caller);
extern SegmentRange segment_draw_block(Segment *segment, uint64 size, const char *caller);
extern void segment_pass(Segment *segment, int64 target);
extern bool segment_last(Segment *segment, int64 *last, const char *caller);
extern SegmentShare segment_draw_grant(Segment *segment, uint64 size, const char *caller);
extern bool segment_take_back(Segment *segment, SegmentRange range, uint64 number, const char *caller);
extern uint64 segment_give_back(Segment *segment, const char *caller);

static inline bool
segment_is_ready(const Segment *segment)
{
	return likely(segment->is_ready && segment->user == GetUserId());
}

/* Draw the next number.  This is the hot path. */
static inline int64
segment_draw(Segment *segment, const char *caller)
{
	SegmentRange *share = &segment->share.range;
	int64		number;

	if (!segment_is_ready(segment))
		segment_make_ready(segment, caller);
	if (unlikely(share->count == 0 || pg_atomic_read_u32(segment_stale) != segment->stale))
		segment_renew_share(segment);

	number = share->first;
	share->first = (int64) ((uint64) number + (uint64) segment->sequence.increment);
	share->count--;
	return number;
}

#endif							/* IDGEN_SEGMENT_H */
