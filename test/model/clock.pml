/*
 * clock.pml
 *	  The clock that the limit for bursts is held against: src/engine/reference_clock.c.
 *
 * READERS processes look at the clocks without end.  Meanwhile time goes by, and somebody
 * steps the wall clock to wherever he likes.  A reader may be interrupted between any two
 * of his steps, for as long as it takes.
 *
 * Each statement, atomic and d_step is one step.  The functions have the names of those
 * in C.  Times are in ticks.  The highest clock is noted to the tick, and the reference
 * clock goes at half of the monotonic clock's pace: nine tenths would take numbers that
 * are too large, and nothing depends on how much slower it is.
 *
 * What must be true, in use(): the reference clock is
 *
 *	not behind the wall clock, as it was read;
 *	not behind what anybody had gone by when the highest clock was read: it never goes back;
 *	not ahead of a clock that is looked at all the time, ideal, which works off its lead;
 *	not further ahead of the wall clock than MAX_REGRESSION, or else it stands still,
 *	which it does only then.
 *
 * And in start_reference: nobody finds a clock behind that has not gone back.
 *
 * A reset takes the wall clock for the right one.  What must be true begins anew when it is
 * done, for those who have begun since: the others do not take positions, as they find that
 * there was a restart, and nobody does as long as it goes on.
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

#ifndef READERS
#define READERS 2
#endif

/* idgen.max_regression. */
#ifndef MAX_REGRESSION
#define MAX_REGRESSION 1
#endif

/* The wall clock begins here, shows CLOCK_MAX at most when it is stepped, and time goes by so long. */
#define FIRST_TIME 2
#define CLOCK_MAX 3
#ifndef DURATION
#define DURATION 4
#endif
#ifndef STEPS
#define STEPS 2
#endif

#ifndef RESETS
#define RESETS 0
#endif

/* Where IDs begin, beyond the wall clock. */
#ifndef BEGINS_AHEAD
#define BEGINS_AHEAD 0
#endif

#define larger(a, b)			((a) > (b) -> (a) : (b))

#ifdef FAULT_FULL_PACE
#define slowed					monotonic
#else
#define slowed					(monotonic / 2)
#endif

/* An offset is kept above what means none, which is another number each time. */
#define LAST_NONE 50
#define ZERO 100
#define is_offset(value)		((value) > LAST_NONE)
#ifdef FAULT_SAME_NONE
#define new_no_offset				0
#else
#define new_no_offset				ended
#endif

/* Limits, in shared memory. */
byte highest = FIRST_TIME + BEGINS_AHEAD;	/* highest_clock_ns */
byte reference_offset = 0;		/* reference_offset_ns */
byte ended = 0;					/* offsets_ended */
byte resets = 0;				/* limits.resets, counted when they are done */
bool resetting = false;			/* nobody finds room */
byte forgotten = 0;				/* how often a reset has written the highest clock: no two clocks are the same ns */

/* The world outside. */
byte wall = FIRST_TIME;
byte monotonic = 0;
byte steps = 0;
byte ideal = FIRST_TIME + BEGINS_AHEAD;
byte gone_by = 0;				/* the highest that somebody has gone by */

#define reference_of(offset)	((offset) + slowed - ZERO)

inline use()
{
	assert(reference >= now);
	if
	:: resetting || began != resets ->
		printf("  reader %d, the clock at %d: takes nothing, as there was a reset\n", me, now)
	:: !resetting && began == resets && stands_still ->
		printf("  reader %d, the clock at %d: calls wait\n", me, now);
		assert(ideal - now > MAX_REGRESSION)
	:: else ->
		printf("  reader %d, the clock at %d: goes by %d\n", me, now, reference);
		assert(reference >= seen);
		assert(reference <= ideal);
		assert(reference - now <= MAX_REGRESSION);
		gone_by = larger(gone_by, reference)
	fi
}

inline read_highest()
{
	d_step {
		assert(highest >= gone_by || resetting);
		seen = highest;
		seen_after = forgotten
	}
}

inline forget()
{
	seen = 0;
	seen_after = 0;
	began = 0;
	now = 0;
	offset = 0;
	reference = 0;
	to = 0;
	stands_still = false
}

/* It stays what it was if it is not what was read; then the clocks are read again. */
#define is_unchanged			(highest == seen && forgotten == seen_after)
#define may_raise(target)		((target) <= seen || is_unchanged)

/* Nothing is written where it has been as high already. */
inline raise_highest(target)
{
	highest = ((target) > seen -> (target) : highest)
}

#ifdef FAULT_NOT_NOTED
#define note_reference()
#else
#define note_reference()		raise_highest(reference);
#endif

inline end_offset()
{
	ended++;
	assert(ended <= LAST_NONE);
	reference_offset = new_no_offset
}

inline clear_offset()
{
	d_step {
		if
		:: is_offset(offset) && reference_offset == offset -> end_offset()
		:: else
		fi
	}
}

proctype reader(byte me)
{
	byte seen, seen_after, began, now, offset, reference, to;
	bool stands_still;

end_of_call:
	do
	:: {
		/* Before this, drift_read_clocks() has read the restarts; reference_clock_read() */
		began = resets;
#ifdef FAULT_CLOCK_FIRST
		now = wall;
		read_highest();
#else
		read_highest();
		now = wall;
#endif

		/* reference_clock_adjust() */
		offset = reference_offset;
		if
		:: !is_offset(offset) && now >= seen -> goto follow_wall_clock
		:: !is_offset(offset) && now < seen -> goto start_reference
		:: is_offset(offset) -> reference = reference_of(offset)
		fi;

		/* continue_reference() */
		if
#ifndef FAULT_LATE_OFFSET_COUNTS
		:: reference < seen -> goto give_up
		:: reference >= seen && now >= reference -> goto follow_wall_clock
		:: reference >= seen && now < reference && reference - now > MAX_REGRESSION -> goto give_up
		:: d_step { reference >= seen && now < reference && reference - now <= MAX_REGRESSION && may_raise(reference) ->
				note_reference() use(); forget() }; goto end_of_call
		:: reference >= seen && now < reference && reference - now <= MAX_REGRESSION && !may_raise(reference) -> goto again
#else
		:: now >= reference -> goto follow_wall_clock
		:: now < reference && reference - now > MAX_REGRESSION -> goto give_up
		:: d_step { now < reference && reference - now <= MAX_REGRESSION && may_raise(reference) ->
				note_reference() use(); forget() }; goto end_of_call
		:: now < reference && reference - now <= MAX_REGRESSION && !may_raise(reference) -> goto again
#endif
		fi;

follow_wall_clock:
		skip;
		if
		:: d_step { may_raise(now) -> raise_highest(now) }
		:: !may_raise(now) -> goto again
		fi;
		clear_offset();
		d_step { reference = now; use(); forget() };
		goto end_of_call;

start_reference:
		skip;
		assert(steps > 0 || BEGINS_AHEAD > 0);
		if
		:: d_step { seen - now > MAX_REGRESSION -> reference = now; stands_still = true; use(); forget() };
			goto end_of_call
		:: seen - now <= MAX_REGRESSION
		fi;
#ifndef FAULT_HIGHEST_NOT_READ_AGAIN
		if
		:: is_unchanged
		:: !is_unchanged -> goto again
		fi;
#endif
		to = seen + ZERO - slowed;
		d_step {
			if
			:: reference_offset == offset -> reference_offset = to
			:: else
			fi;
			reference = seen
		};
		d_step { use(); forget() };
		goto end_of_call;

give_up:
		skip;
		clear_offset();

again:
		skip;
		d_step { forget() }
	}
	od
}

/* ------------------------------------------------------------------------ */

inline step_to(time)
{
	wall = time;
	steps++;
	ideal = larger(ideal, wall);
	printf("  SOMEBODY SETS THE CLOCK TO %d\n", wall)
}

active proctype world()
{
	byte time;

end_of_time:
	do
	:: d_step { monotonic < DURATION ->
			monotonic++;
			wall++;
			ideal = larger(wall, ideal + (monotonic % 2 == 0 -> 1 : 0));
			printf("  the clock shows %d\n", wall)
		}
	:: atomic { steps < STEPS -> select(time : 0 .. CLOCK_MAX); step_to(time); time = 0 }
	od
}

/* Readers can disturb a reset again and again; that is followed until there have been so many offsets. */
#define MOST_DISTURBED 2

/* reference_clock_reset(), by the writer of the reservation */
active proctype reset()
{
	byte none, now;

end_of_resets:
	do
	:: d_step { resets < RESETS && !resetting -> resetting = true };
again:
		skip;
		d_step { end_offset(); none = reference_offset };
		now = wall;
		d_step { highest = now; forgotten++; ideal = larger(wall, highest) };
#ifndef FAULT_ENDED_ONCE
end_disturbed:
		if
		:: d_step { reference_offset != none && ended < MOST_DISTURBED -> now = 0 }; goto again
		:: d_step { reference_offset == none -> end_offset() }
		fi;
#endif
		d_step {
			resetting = false;
			resets++;
			gone_by = 0;
			none = 0;
			now = 0;
			printf("  SOMEBODY RESETS THE TIMELINES, the highest clock is %d\n", highest)
		}
	od
}

init
{
	byte number;

	atomic {
		for (number : 1 .. READERS) {
			run reader(number)
		}
	}
}
