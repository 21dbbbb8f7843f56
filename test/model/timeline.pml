/*
 * timeline.pml
 *	  How positions are taken and time is reserved: src/engine/timeline.c, src/engine/drift.c,
 *	  src/engine/reservation.c.
 *
 * BACKENDS processes make IDs without end.  At any moment the server may crash
 * and, with FAILOVER, its standby take its place.  The clock shows whatever it
 * likes each time it is read.  What has been left out, and why that is sound, is
 * in README.md.
 *
 * Each statement, atomic and d_step is one step, between any two of which the
 * others may do theirs.  The functions have the names of those in C.  Times are in
 * ticks.
 *
 * What must be true, over all lives of the server together:
 *
 *	in issue()		no ID comes twice, and none from at or beyond what is durable
 *					at that moment, with SYNC also on the standby
 *	in insert()		no series of crashes drives the reservation further and further
 *					ahead of the clock
 *	in forget()		nobody leaves a call as the writer
 *	progress...		(non-progress cycles) calls do not go round in circles
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

#ifndef BACKENDS
#define BACKENDS 3
#endif

/* The clock shows ticks 0 .. CLOCK_MAX, and a tick has TICK_SIZE positions. */
#ifndef CLOCK_MAX
#define CLOCK_MAX 2
#endif
#ifndef TICK_SIZE
#define TICK_SIZE 1
#endif

/* At most so many positions are taken at once. */
#ifndef LARGEST_CHUNK
#define LARGEST_CHUNK 2
#endif

/* idgen.max_drift with the queue behind it, and reservation_length_us(). */
#define MAX_DRIFT 1
#define AHEAD_OF_URGENT 1
#define AHEAD 2

/* How far somebody moves the origin. */
#ifdef HANDS
#define MOVED 1
#else
#define MOVED 0
#endif

/* A reset needs values of timeline.next that are no positions. */
#ifdef RESET
#define FIRST_POSITION 3
#define TIMELINES 3
#else
#define FIRST_POSITION 0
#define TIMELINES 1
#endif

#define tick_position(tick)		((tick) * TICK_SIZE + FIRST_POSITION)
#define tick_of(position)		(((position) - FIRST_POSITION) / TICK_SIZE)
#define sequence_of(position)	(((position) - FIRST_POSITION) % TICK_SIZE)
#define tick_end(position)		(tick_of(position) + 1)
#define larger(a, b)			((a) > (b) -> (a) : (b))
#define smaller(a, b)			((a) < (b) -> (a) : (b))
#define NOBODY 0
#define NOTHING 255

/* SharedArea.  A crash wipes it. */
byte next[TIMELINES];			/* timeline.next, a position */
bool loaded = false;			/* limits.loaded */
byte start_tick = 0;			/* limits.start_us */
byte reserved_tick = 0;			/* limits.reserved_us: the reservation as published */
byte written_tick = 0;			/* reservation.written_us */
byte writer = NOBODY;			/* reservation.writer; to look takes no time here */

/* The progress of the origin, as far as WAL has got. */
byte inserted_tick = 0;			/* into the WAL buffers, and so in memory */
byte flushed_tick = 0;			/* to the server's disk */
byte standby_tick = 0;			/* to the standby's disk */

/* The world outside. */
bool crashing = false;
byte alive = 0;					/* processes that are not gone yet */
byte remembered = NOTHING;		/* an ID that was issued; see issue() */

/* ------------------------------------------------------------------------ */

/* clock_unix_ns(): the clock shows anything, and goes by it in the same step. */
#if CLOCK_MAX == 1
#define at_any_clock(what)		if :: d_step { clock = 0; what } :: d_step { clock = 1; what } fi
#else
#define at_any_clock(what)		if :: d_step { clock = 0; what } :: d_step { clock = 1; what } \
								:: d_step { clock = 2; what } fi
#endif

inline wait_to_write()
{
	atomic { writer == NOBODY -> writer = me }
}

inline reservation_end_writing()
{
	writer = NOBODY
}

/*
 * Once in a life of the server.  Nobody writes a reservation before that, so it
 * does not matter whether the progress is read before the lock is taken, unless
 * somebody moves the origin.
 */
inline reservation_load()
{
#ifdef HANDS
	left_tick = inserted_tick;
	wait_to_write();
#else
	atomic { writer == NOBODY -> writer = me; left_tick = inserted_tick };
#endif
	if
	:: loaded
	:: else ->
		d_step {
			printf("  backend %d finds a reservation up to %d\n", me, left_tick);
#ifdef RESET
			loaded_tick = left_tick;
#endif
			written_tick = left_tick
		};
#if !defined(FAULT_START_AT_CLOCK) && !defined(FAULT_START_LAST)
		start_tick = left_tick;
#endif
		reserved_tick = left_tick;
		loaded = true;
#ifdef FAULT_START_LAST
		start_tick = left_tick
#endif
	fi;
	d_step { left_tick = 0; reservation_end_writing() }
}

#if defined(SYNC) && !defined(FAULT_PUBLISH_UNCONFIRMED)
#define standbys_have(tick)		(standby_tick >= (tick))
#else
#define standbys_have(tick)		true
#endif

inline publish_reservation()
{
	if
	:: written_tick > reserved_tick && standbys_have(written_tick) ->
		reserved_tick = written_tick;
		printf("  backend %d publishes the reservation up to %d\n", me, reserved_tick)
	:: else
	fi
}

#if defined(FAULT_LIMIT_BY_CLOCK) || defined(FAULT_TARGET_BY_CLOCK)
#define reserve_from(reach)		clock
#else
#define reserve_from(reach)		larger(clock, reach)
#endif

/*
 * write_extension() until replorigin_advance() has returned.  If what is in the
 * origin is not what we wrote, because somebody who did died or because others
 * have their hands on it, what is written is right, in either direction.
 */
inline insert(reach, ahead)
{
	until_tick = larger(reserve_from(reach) + ahead, reserved_tick);
	if
	:: until_tick > reserved_tick || inserted_tick != written_tick ->
		inserted_tick = until_tick;
		printf("  backend %d, the clock at %d, writes a reservation up to %d\n", me, clock, until_tick)
	:: else -> until_tick = 0
	fi;
#ifndef RESET
	assert(until_tick <= CLOCK_MAX + MAX_DRIFT + 1 + AHEAD + MOVED);
#endif
	clock = 0
}

/* A process may fail or end wherever this is; then it is the writer no longer. */
#ifdef NOBODY_DIES
#define or_die
#else
#define or_die					:: true
#endif

/* The rest of it: XLogFlush(), publish_reservation(). */
inline flush_and_publish()
{
	if
#ifndef FAULT_PUBLISH_UNFLUSHED
	:: d_step { flushed_tick = inserted_tick; printf("  backend %d has flushed it\n", me) };
#else
	:: true;
#endif
		if
		:: d_step { written_tick = until_tick; publish_reservation(); reservation_end_writing() }
		or_die
		fi
#ifdef FAULT_PUBLISH_UNCONFIRMED
		;
		standby_tick >= until_tick
#endif
	or_die
	fi;
	d_step {
		until_tick = 0;
		if
		:: writer == me -> reservation_end_writing()
		:: else
		fi
	}
}

#ifdef RESET
#include "reset.pml"
#else
#define PROCESSES BACKENDS
#define timeline				0
#define begin_tick				start_tick
#define id_of(position)			position
#define same_timeline			true
#define is_to_be_durable		true
#define is_of_this_era			true
#endif

/*
 * extend_as_writer() and reservation_extend_early(), with get_reservation_status().  To look before, as
 * reservation_extend() does, changes nothing; and who extends early and fails does
 * nothing, as if he were slow.  Who finds a writer waits, and looks at everything again
 * some time or gives up, or had better leave it: all this is to go on.
 */
inline extend(reach, must, ahead)
{
	if
	:: atomic {
			writer == NOBODY -> writer = me;
			publish_reservation();
			if
			:: written_tick <= reserved_tick && same_timeline && must -> at_any_clock(insert(reach, ahead))
			:: else
			fi;
			if
			:: until_tick == 0 -> reservation_end_writing()
			:: else
			fi
		}
	:: d_step {
			writer != NOBODY ->
#ifdef FAULT_PUBLISH_BESIDE_WRITER
			publish_reservation()
#else
			skip
#endif
		}
	fi;
	if
	:: until_tick > 0 -> flush_and_publish()
	:: else
	fi
}

/* ------------------------------------------------------------------------ */

/* limit_open_positions() and try_take(): from where to where positions may be taken. */
#define floor					tick_position(larger(clock, begin_tick))
#define queue_end				tick_position(clock + MAX_DRIFT + 1)
#define wanted					larger(next[timeline], floor)

/* The nearer of the two limits: it is the position that is held against it. */
#ifdef FAULT_LIMIT_BY_CLOCK
#define nearer_limit			(clock < reserved_tick -> clock + MAX_DRIFT + 1 : 0)
#define reach_of(position)		(clock + 1)
#else
#define nearer_limit			smaller(clock + MAX_DRIFT + 1, reserved_tick)
#define reach_of(position)		tick_end(position)
#endif
#ifdef FAULT_RESERVE_BEYOND_DRIFT
#define is_beyond_drift			false
#else
#define is_beyond_drift			(wanted >= queue_end)
#endif

/* Less than half a tick is left, or a whole one, which comes to the same. */
#define reservation_is_low		(reserved_tick <= tick_end(end - 1))

#ifdef FAULT_PLAIN_SWAP
#define swap_succeeds			true
#else
#define swap_succeeds			(next[timeline] == seen)
#endif

inline read_limits()
{
	limit_tick = nearer_limit
}

/* The limits have served their purpose. */
inline forget_limits()
{
	clock = 0;
	limit_tick = 0;
#ifdef RESET
	begin_tick = 0
#endif
}

/* What there was of a call is gone, and so is what is left of its chunk. */
inline forget()
{
	assert(writer != me);
	forget_limits();
	seen = 0;
	start = 0;
	end = 0;
#ifdef RESET
	forget_more()
#endif
}

inline choose(count)
{
	seen = next[timeline];
	start = wanted;
	end = start + count;
	printf("  backend %d, the clock at %d, sees room from %d.%d on, up to %d\n",
		me, clock, tick_of(start), sequence_of(start), limit_tick);
	forget_limits()
}

inline swap()
{
	next[timeline] = end;
	seen = 0;
#ifdef RESET
	note_swap();
#endif
	printf("  backend %d takes %d position(s) from %d.%d on\n",
		me, end - start, tick_of(start), sequence_of(start))
}

/*
 * A wait beyond the drift limit is interrupted, nothing of the chunk has been issued.
 * While we are the writer nobody resets the timeline; others go on taking.
 */
inline give_back()
{
#ifdef FAULT_GIVE_BACK_UNLOCKED
	same_timeline;
#else
	atomic { writer == NOBODY && same_timeline -> writer = me };
#endif
	d_step {
		if
#ifdef FAULT_GIVE_BACK_UNCHECKED
		:: true ->
#else
		:: next[timeline] == end ->
#endif
			next[timeline] = start;
			printf("  backend %d gives back what it took from %d.%d on\n", me, tick_of(start), sequence_of(start))
		:: else
		fi;
#ifndef FAULT_GIVE_BACK_UNLOCKED
		reservation_end_writing();
#endif
		forget()
	}
}

/*
 * The client gets an ID.  Instead of all that have been issued one is remembered,
 * or not, as it likes: if any ID comes twice, there is a run which remembers it.
 */
inline issue()
{
#ifdef RESET
	printf("  backend %d issues ID %d.%d of node %d\n", me, tick_of(start), sequence_of(start), node);
#else
	printf("  backend %d issues ID %d.%d\n", me, tick_of(start), sequence_of(start));
#endif
	assert(!is_to_be_durable || start < tick_position(flushed_tick));
#ifdef SYNC
	assert(start < tick_position(standby_tick));
#endif
	assert(id_of(start) != remembered || !is_of_this_era)
}

/*
 * timeline_take(), again and again, and what is then done with the chunk.  To fail, to wait
 * and look again, or to end and be called again are the same here; and a chunk may
 * be dropped at any time, because its statement is over, the clock has passed it
 * or a wait was cancelled.
 */
proctype backend(byte me)
{
	byte left_tick, clock, limit_tick, seen, start, end, until_tick;
#ifdef RESET
	byte begin_tick, restarts_seen;
	bit node;
	LOCALS
#endif

end_of_call:
	do
	:: {
		if
		:: loaded
		:: else -> reservation_load()
		fi;

		/* drift_read_clocks() and limit_open_positions(). */
#ifdef RESET
		get_ready();
		read_open_positions();
#else
		at_any_clock(read_limits());
#endif

		/* try_take(), up to the swap. */
		if
		:: d_step { is_beyond_drift -> forget() };
			goto wait_for_clock
		:: d_step { !is_beyond_drift && wanted >= tick_position(limit_tick) -> start = wanted; forget_limits() };
			goto wait_for_reservation
		:: d_step { wanted < tick_position(limit_tick) -> choose(1) }
#if LARGEST_CHUNK >= 2
		:: d_step { wanted + 1 < tick_position(limit_tick) -> choose(2) }
#endif
		fi;
#ifdef RESET
		record_and_check_restarts();
#endif

		/* The swap.  If it fails, the limits may be read again or not: it is the same. */
		if
		:: d_step { swap_succeeds -> swap() }
#if defined(RESET) && !defined(FAULT_SWAP_UNCHECKED)
			;
			check_restarts()
#endif
#ifdef FAULT_RECORD_LATE
			;
			record_node()
#endif
		:: d_step { !swap_succeeds -> forget() };
			goto end_of_call
		fi;

		/* Half of the reservation is used up: one extends it, the others go on. */
		if
		:: !reservation_is_low
		:: extend(tick_end(end - 1), reservation_is_low, AHEAD)
		fi;

#ifndef NOTHING_GIVEN_BACK
		/* It lies beyond the drift limit, or not: any chunk may be given back. */
		if
		:: give_back();
			goto end_of_call
		:: true
		fi;
#endif

progress_issue:
		do
		:: d_step { start < end -> issue(); start++ }
		:: d_step { start < end && remembered == NOTHING && is_of_this_era -> issue(); remembered = id_of(start); start++ }
		:: d_step { forget() };
			goto end_of_call
		od;

		/* reservation_extend(), urgent: wait for whoever is at it, then look. */
wait_for_reservation:
		extend(reach_of(start), reserved_tick < reach_of(start), AHEAD_OF_URGENT);
		if
		:: written_tick <= reserved_tick
		:: else ->
progress_wait_for_standby:
			skip
		fi;
		d_step { forget() };
		goto end_of_call;

wait_for_clock:
progress_wait_for_clock:
		skip
	} unless {
		d_step { crashing -> forget(); left_tick = 0; until_tick = 0; alive-- };
		d_step { !crashing -> alive++ }
#ifdef RESET
		;
		node = configured_node
#endif
	}
	od
}

/* ------------------------------------------------------------------------ */

inline lose_shared_memory()
{
#ifndef RESET
	next[0] = 0;
#else
	lose_more_shared_memory();
#endif
	loaded = false;
	start_tick = 0;
	reserved_tick = 0;
	written_tick = 0;
	writer = NOBODY;
	crashing = true
}

#ifndef NO_CRASHES

/*
 * The server or its machine crashes; or the standby is promoted, the old server is
 * off from then on, and the new one gets a new standby.  The next life begins when
 * all processes of the last are gone.
 */
active proctype disaster()
{
end_running:
	do
	:: if
		:: d_step { alive == PROCESSES ->
				inserted_tick = flushed_tick;
				lose_shared_memory();
				printf("  THE SERVER CRASHES; its disk has a reservation up to %d\n", flushed_tick)
			}
#ifdef FAILOVER
		:: d_step { alive == PROCESSES ->
				flushed_tick = standby_tick;
				inserted_tick = standby_tick;
				lose_shared_memory();
				printf("  THE STANDBY IS PROMOTED; it has a reservation up to %d\n", standby_tick)
			}
#endif
		fi;
progress_crash:
		d_step { alive == 0 -> crashing = false }
	od
}

/* WAL also gets to the disk and to the standby by itself. */
active proctype wal()
{
end_idle:
	do
	:: d_step { flushed_tick != inserted_tick ->
			flushed_tick = inserted_tick;
			printf("  someone else's WAL is flushed, and this with it\n")
		}
#ifdef FAILOVER
	:: d_step { standby_tick != flushed_tick ->
			standby_tick = flushed_tick;
			printf("  the standby gets the reservation up to %d\n", standby_tick)
		}
#endif
	od
}

#endif

#ifdef HANDS

/* A DBA advances the origin.  (To move it back or drop it before a crash is fatal.) */
active proctype hands()
{
	d_step {
		inserted_tick = inserted_tick + MOVED;
		printf("  somebody moves the origin to %d\n", inserted_tick)
	}
}

#endif

init
{
	byte number;

	atomic {
		for (number : 1 .. BACKENDS) {
			run backend(number)
		}
#ifdef RESET
		run dba(BACKENDS + 1);
#endif
		alive = PROCESSES
	}
}
