/*-------------------------------------------------------------------------
 *
 * turn.h
 *	  Whose turn it is to take from a timeline at its limit, and how much.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TURN_H
#define IDGEN_TURN_H

#include "bits/layout.h"
#include "engine/limit.h"
#include "engine/shmem.h"

/* How many positions a source has taken from the tick from which it took last. */
typedef struct TickUse
{
	uint64		tick;
	uint64		positions;
} TickUse;

/*
 * A request for positions of a timeline: least of them must lie in one tick,
 * and at most most are wanted.
 */
typedef struct Turn
{
	Timeline   *timeline;
	const SnowflakeLayout *layout;
	BackendSlot *slot;
	uint64		least;
	uint64		most;
	TickUse		last_tick;
	bool		in_line;
	uint64		before;			/* positions of the open tick needed by those
								 * before us */
	bool		block_before;	/* one of them needs a tick of its own */
	int64		first_since_ns; /* since when there has been none; 0: there is
								 * one */
} Turn;

extern uint64 turn_at_limit(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start, uint64 next);
extern void turn_join(Turn *turn);
extern void turn_count_line(Turn *turn, const OpenPositions *open, ClockReading now);
extern void turn_leave(Turn *turn);
extern void turn_note_wait(const Turn *turn, ClockReading now);
extern void turn_note_ahead(const Turn *turn, uint64 start);
extern int64 turn_due_ns(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start);

/*
 * How many positions may be taken from start on, where the next free one is
 * next; 0 if it is another's turn.  As many as are wanted, unless start lies in
 * the last open tick or beyond it.
 */
static inline uint64
turn_allowance(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start, uint64 next)
{
	if (likely(start + layout_tick_size(turn->layout) < open->ceiling))
		return turn->most;
	return turn_at_limit(turn, open, now, start, next);
}

/* Add what was taken, from start on, to what the source has taken from a tick. */
static inline void
turn_note_use(TickUse *use, const SnowflakeLayout *layout, uint64 start, uint64 positions)
{
	uint64		tick = layout_position_tick(layout, start);

	use->positions = positions + (use->tick == tick ? use->positions : 0);
	use->tick = tick;
}

#endif							/* IDGEN_TURN_H */
