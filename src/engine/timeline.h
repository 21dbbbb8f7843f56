/*-------------------------------------------------------------------------
 *
 * timeline.h
 *	  Taking positions from a timeline, within its limits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIMELINE_H
#define IDGEN_TIMELINE_H

#include "bits/layout.h"
#include "engine/clock.h"
#include "engine/hold.h"
#include "engine/limit.h"
#include "engine/shmem.h"
#include "engine/turn.h"

/* Consecutive positions start .. end - 1, which belong to this process. */
typedef struct PositionRange
{
	uint64		start;
	uint64		end;
} PositionRange;

/* Where in a tick the sequence of the first ID that a process takes begins. */
typedef enum SequenceStart
{
	SEQUENCE_ZERO,				/* these three: if no ID has been issued in
								 * the tick */
	SEQUENCE_RANDOM,
	SEQUENCE_ROLLING,			/* where the last one left off */
	SEQUENCE_CLOCK,				/* at the clock's part of the tick, or higher */
} SequenceStart;

/*
 * The limits as a take found them, and the tick of the clock for which it did: within
 * it, they serve further takes.
 */
typedef struct TickLimits
{
	OpenPositions open;
	int64		began_ns;		/* since 1970 */
	uint64		length_ns;		/* 0: nothing is kept */
} TickLimits;

/*
 * A timeline as this process takes from it for one generator, with its chunk:
 * the positions next .. end - 1, which this process has taken and not yet
 * issued.  The members of the hot path come first.
 */
typedef struct PositionSource
{
	uint64		next;
	uint64		end;
	int64		checked_at;		/* coarse clock when the chunk was last
								 * checked */
	uint32		stale;			/* the slot's count when the chunk was taken */

	SequenceStart sequence_start;
	SnowflakeLayout layout;
	uint64		node_bits;
	Timeline   *timeline;
	Timeline   *record;			/* records how far the node has got, if nodes
								 * share a timeline; or NULL */
	uint32		resets;			/* of the timelines, when the chunk was taken */
	int64		after_us;		/* 0, or the next take starts at this time or
								 * later ... */
	uint32		after_resets;	/* ... as long as this is the number of resets */
	int64		chunk_tick;		/* of the clock, when the chunk was taken */
	uint64		chunk_size;
	pg_atomic_uint64 *issued;	/* the timeline's number of IDs ... */
	uint64		counted;		/* ... without what lies from here to next */
	TickUse		last_tick;
	TickLimits	of_tick;
	KnownLimits limits;
	HeldBySource held;
	bool		has_joined;		/* it follows the server's node, and its
								 * horizon is read together with others' */
	struct HorizonGroup *group; /* see horizon.c; NULL: no horizon has been
								 * read */

	/*
	 * NULL, or what the source was set up from depends on the server's worker
	 * ID or on its pool, as of this number of their changes, and this
	 * function sets the source up again after another change.
	 */
	void		(*renew_node) (struct PositionSource *source);
	uint32		worker_changes;

	/*
	 * NULL, or called before positions up to this time (us since 1970) are
	 * issued.
	 */
	void		(*before_issue) (struct PositionSource *source, int64 until_us);
	bool		is_of_statement;
	struct PositionSource *next_of_statement;
} PositionSource;

/* This process's slot; NULL until timeline_attach(). */
extern BackendSlot *timeline_slot;

extern void timeline_attach(void);
extern void timeline_set_source(PositionSource *source, const SnowflakeLayout *layout,
								uint64 node_bits, Timeline *timeline);
extern void timeline_follow_worker(PositionSource *source, uint32 worker_changes, bool has_server_worker,
								   void (*renew_node) (PositionSource *source));
extern void timeline_count_issued(PositionSource *source);
extern void timeline_check_repeats(Timeline *timeline);
extern bool timeline_take(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most,
						  PositionRange *taken);

#endif							/* IDGEN_TIMELINE_H */
