/*-------------------------------------------------------------------------
 *
 * turn.h
 *	  Whose turn it is on a timeline at its limit, and how much he may take.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TURN_H
#define IDGEN_TURN_H

#include "bits/layout.h"
#include "engine/shmem.h"
#include "engine/window.h"

/* What a source has had of the tick that it took from last. */
typedef struct Portion
{
	uint64		tick;
	uint64		positions;
} Portion;

/* Wants positions of a timeline: room for least of them in one tick, and at most most. */
typedef struct Turn
{
	Timeline   *timeline;
	const SnowflakeLayout *layout;
	BackendSlot *slot;
	uint64		least;
	uint64		most;
	Portion		had;
	bool		in_line;
	uint64		before;			/* what those before us in the line need of the open tick */
	bool		block_before;	/* one of them needs another tick than that */
	int64		first_since_ns; /* there has been none since; 0: there was */
} Turn;

extern uint64 turn_at_limit(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start, uint64 next);
extern void turn_join(Turn *turn);
extern void turn_count_line(Turn *turn, const IssueWindow *window, ClockReading now);
extern void turn_leave(Turn *turn);
extern void turn_note_wait(const Turn *turn, ClockReading now);
extern void turn_note_ahead(const Turn *turn, uint64 start);
extern int64 turn_due_ns(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start);

/*
 * How many positions may be taken from start on, where the next free one is next; 0 if
 * it is another's turn.  As many as are wanted, unless start lies in the last tick that
 * is open, or beyond it.
 */
static inline uint64
turn_allowance(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start, uint64 next)
{
	if (likely(start + layout_tick_size(turn->layout) < window->ceiling))
		return turn->most;
	return turn_at_limit(turn, window, now, start, next);
}

/* Keep in mind what was taken, from start on. */
static inline void
turn_note_portion(Portion *portion, const SnowflakeLayout *layout, uint64 start, uint64 positions)
{
	uint64		tick = layout_position_tick(layout, start);

	portion->positions = positions + (portion->tick == tick ? portion->positions : 0);
	portion->tick = tick;
}

#endif							/* IDGEN_TURN_H */
