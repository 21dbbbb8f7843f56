/*
 * reset.pml
 *	  The timelines are set by hand, also backwards: src/engine/reset.c, and what
 *	  limit_open_positions(), try_take() and get_reservation_status() do about it.
 *	  Part of timeline.pml, with RESET.
 *
 * The configuration names node 0 or 1, and changes.  Backends see that between two
 * calls, each in its own time.  An ID is a position and a node.  What it comes from:
 *
 *	a timeline of its node, 0 or 1
 *
 *	with MOMENTS, a timeline that the nodes share; then 0 and 1 are records of how far
 *	they have got (src/generator/unique_time.c)
 *
 *	with CHANGE, the timeline of a generator that keeps its node, and goes from
 *	space 0 to space 1 and back.  Their numbers are equal at equal times, so an ID is a
 *	position (src/generator/generator_ddl.c, src/generator/named_generator.c, src/engine/id_space.c)
 *
 * After a crash the configuration does not name a node that was left behind, and has
 * issued IDs beyond the reservation that was found: as the documents demand.
 */
#define PROCESSES (BACKENDS + 1)

#ifndef RESETS
#define RESETS 1
#endif
#ifndef CHANGES
#define CHANGES 1
#endif

/* SharedArea. */
byte restarts = 0;				/* limits.restarts */
byte loaded_tick = 0;			/* reservation.loaded_us */
byte stopped[TIMELINES];		/* timeline.stopped; here 0 when it is of no more use */
byte repeats_until_tick[2];		/* timeline.repeats_until_us, of records */

/* The world outside. */
bit configured_node = 0;
byte resets_left = RESETS;
byte changes_left = CHANGES;	/* of the configuration, or of the generator */
byte stopped_at[TIMELINES];		/* how many restarts there were when a timeline was stopped last */
bool was_lowered[TIMELINES];	/* a timeline was set back */
byte left_node = NOTHING;		/* the last reset did not count its IDs ... */
bool given_up = false;			/* ... and it must not be configured again */

/* With FORCE, IDs are to differ from those taken after the last forced reset. */
#ifdef FORCE
#define force					true
#else
#define force					false
#endif
byte era = 0;

#define MOMENTS_TIMELINE 2

#ifdef CHANGE

bit space_of_generator = 0;		/* what the catalog says */
byte changes = 0;
byte users = 0;					/* transactions that have locked the definition */
#define timeline				space
#define id_of(position)			(position)
#define LOCALS					bit space; byte defined_as_of; bool is_locked;

#else

#ifdef MOMENTS
#define timeline				MOMENTS_TIMELINE
#else
#define timeline				node
#endif
#define id_of(position)			(node * 100 + (position))
#ifdef FORCE
#define LOCALS					byte taken_in_era;
#else
#define LOCALS
#endif

#endif

#ifdef FORCE
#define is_of_this_era			(taken_in_era == era)
#else
#define is_of_this_era			true
#endif
#define is_to_be_durable		(node != left_node && is_of_this_era)
#define same_timeline			(restarts == restarts_seen)

/* What stop_timelines() leaves in a timeline: never the same, and no position. */
#ifdef FAULT_STOP_AT_ZERO
#define stopped_value			0
#else
#define stopped_value			restarts
#endif

inline forget_more()
{
	restarts_seen = 0;
#ifdef FORCE
	taken_in_era = 0;
#endif
#ifdef CHANGE
	space = 0;
	if
	:: is_locked -> is_locked = false; users--
	:: else
	fi
#endif
}

/*
 * Whoever goes by limits from before a reset must not move a timeline after it, which
 * would undo the reset.  It may come to the very position that he has read before, but
 * only if it was set back or something was given back, and he does not get on for as
 * long as that takes: then he notices after the swap, and issues nothing.
 */
inline note_swap()
{
#ifdef NOTHING_GIVEN_BACK
	assert(stopped_at[timeline] <= restarts_seen || was_lowered[timeline]);
#endif
#ifdef FORCE
	taken_in_era = era;
#endif
	skip
}

inline lose_ghosts(which)
{
	stopped_at[which] = 0;
	was_lowered[which] = false
}

inline lose_more_shared_memory()
{
#ifdef NOTHING_GIVEN_BACK
	lose_ghosts(0);
	lose_ghosts(1);
	lose_ghosts(2);
#endif
	if
	:: left_node != NOTHING && larger(next[left_node], stopped[left_node]) > tick_position(flushed_tick) ->
		given_up = true;
		configured_node = 1 - left_node
	:: else
	fi;
	left_node = NOTHING;
	restarts = 0;
	loaded_tick = 0;
	next[0] = 0;
	next[1] = 0;
	next[2] = 0;
	stopped[0] = 0;
	stopped[1] = 0;
	stopped[2] = 0;
	repeats_until_tick[0] = 0;
	repeats_until_tick[1] = 0
}

/* ------------------------------------------------------------------------ */

#define is_used(position)		((position) > restarts)

inline raise_to(which, value)
{
	next[which] = larger(next[which], value)
}

#ifdef CHANGE

/*
 * id_space_go_beyond().  Where the new space begins is kept in left_tick, which is of no
 * other use here.
 */
inline id_space_go_beyond()
{
#ifndef FAULT_GO_BEYOND_UNMARKED
	wait_to_write();
#endif
	d_step {
		if
		:: is_used(next[1 - space]) -> left_tick = tick_end(next[1 - space] - 1)
		:: else
		fi
	};
	d_step {
		raise_to(space, tick_position(left_tick));
		printf("  backend %d lets space %d begin at %d\n", me, space, left_tick);
		left_tick = 0;
#ifndef FAULT_GO_BEYOND_UNMARKED
		reservation_end_writing();
#endif
		defined_as_of = changes
	}
}

/* named_generator_ready(): a transaction begins. */
inline get_ready()
{
	d_step { is_locked = true; users++; space = space_of_generator };
#ifndef FAULT_NO_GO_BEYOND
	if
	:: changes > 0 && defined_as_of != changes -> id_space_go_beyond()
	:: else
	fi
#endif
}

#else

inline get_ready()
{
	if
	:: node = configured_node
	:: true
	fi
}

#endif

/*
 * drift_read_clocks(), limit_open_positions().  A restart writes the start and then the
 * reservation; to read them in the other order is what makes them fit.
 */
inline read_open_positions()
{
	at_any_clock(restarts_seen = restarts);
#ifdef FAULT_READ_START_FIRST
	begin_tick = start_tick;
	read_limits()
#else
	read_limits();
	begin_tick = start_tick
#endif
}

/* In record_node(): the node has issued IDs for this time, and the timeline went back. */
#if defined(MOMENTS) && !defined(FAULT_RECORD_UNCHECKED)
#define would_repeat			(repeats_until_tick[node] > 0 && start < tick_position(repeats_until_tick[node]))
#else
#define would_repeat			false
#endif

inline record_node()
{
#ifdef MOMENTS
	raise_to(node, end)
#endif
}

/* Are the limits that we go by void? */
inline check_restarts()
{
	if
	:: d_step { same_timeline -> skip }
	:: d_step { !same_timeline -> forget() };
		goto end_of_call
	fi
}

/* In try_take(): the record, and then whether the limits we go by are void. */
inline record_and_check_restarts()
{
#ifdef MOMENTS
	if
	:: d_step { !would_repeat -> skip }
	:: d_step { would_repeat -> forget() };
		goto end_of_call
	fi;
#ifndef FAULT_RECORD_LATE
	record_node();
#endif
#endif
#ifdef FAULT_RESTARTS_UNCHECKED
	skip
#else
	check_restarts()
#endif
}

/* ------------------------------------------------------------------------ */

inline exchange(which)
{
	d_step {
		stopped[which] = next[which];
#ifdef NOTHING_GIVEN_BACK
		stopped_at[which] = restarts;
#endif
		next[which] = stopped_value
	}
}

/* From here on there is no room for anybody, and no swap succeeds. */
inline stop_timelines()
{
	d_step { stopped_reserved = reserved_tick; reserved_tick = 0 };
	restarts++;
#ifdef MOMENTS
	exchange(MOMENTS_TIMELINE);
#endif
	exchange(0);
	exchange(1)
}

#define was_used(which)			(stopped[which] > restarts - 1)
#define stopped_end_tick(which)	(was_used(which) -> tick_end(stopped[which] - 1) : 0)

/* find_issued_before(): both spaces are of a generator that keeps its node, or one is of the present one. */
#ifdef CHANGE
#define counted_end_tick		larger(stopped_end_tick(0), stopped_end_tick(1))
#else
#define counted_end_tick		stopped_end_tick(node)
#endif
#define is_reset_safe			(asked_tick >= counted_end_tick && asked_tick >= loaded_tick)

#ifdef FAULT_PUT_BACK_SAME
#define put_timeline_back_value(which)	stopped[which]
#else
#define put_timeline_back_value(which)	(stopped[which] + 1)
#endif

inline put_timeline_back(which)
{
	if
	:: was_used(which) -> next[which] = put_timeline_back_value(which)
	:: else
	fi
}

inline resume_timelines()
{
#ifdef FAULT_NOT_RESUMED
	skip
#else
#ifdef MOMENTS
	d_step { put_timeline_back(MOMENTS_TIMELINE) };
#endif
	d_step { put_timeline_back(0) };
	d_step { put_timeline_back(1) };
	reserved_tick = stopped_reserved
#endif
}

inline leave_low(which)
{
#ifdef NOTHING_GIVEN_BACK
	was_lowered[which] = true;
#endif
	printf("  timeline %d goes back\n", which)
}

#ifdef FAULT_OLD_NODE_SET_BACK
#define is_to_be_put_back(which) (stopped_end_tick(which) <= asked_tick)
#else
#define is_to_be_put_back(which) (stopped_end_tick(which) <= asked_tick || !force)
#endif

/* In set_timelines(). */
inline set_timeline(which)
{
	d_step {
		if
		:: is_to_be_put_back(which) -> put_timeline_back(which)
		:: else -> leave_low(which)
		fi
	};
#ifdef MOMENTS
	repeats_until_tick[which] = (stopped_end_tick(which) <= asked_tick || force -> 0 : stopped_end_tick(which))
#endif
}

inline set_timelines()
{
#ifdef MOMENTS
	d_step {
		if
		:: stopped_end_tick(MOMENTS_TIMELINE) <= asked_tick -> put_timeline_back(MOMENTS_TIMELINE)
		:: else -> leave_low(MOMENTS_TIMELINE)
		fi
	};
#endif
	set_timeline(0);
	set_timeline(1)
}

/* Who finds room knows where it begins. */
inline reservation_publish_start()
{
	start_tick = asked_tick;
	reserved_tick = asked_tick;
	d_step { publish_reservation() }
}

/* The WAL is inserted; if that fails, nothing has changed.  To flush it does not fail. */
inline reservation_write_start()
{
	d_step {
		until_tick = asked_tick + AHEAD_OF_URGENT;
		inserted_tick = until_tick;
		left_node = 1 - node;
#ifdef CHANGE
		left_node = NOTHING;
#endif
#ifdef FORCE
		if
		:: force -> era++; remembered = NOTHING
		:: else
		fi;
#endif
		printf("  THE TIMELINES ARE RESET to %d by backend %d, under node %d\n", asked_tick, me, node)
	};
	d_step {
		flushed_tick = inserted_tick;
		written_tick = until_tick;
		until_tick = 0;
		printf("  backend %d has flushed it\n", me)
	}
}

inline restart_timelines()
{
	if
	:: reservation_write_start();
		set_timelines();
		reservation_publish_start();
		if
		:: force -> loaded_tick = smaller(loaded_tick, asked_tick)
		:: else
		fi
	:: resume_timelines()
	fi
}

inline forget_reset()
{
	left_tick = 0;
	clock = 0;
	asked_tick = 0;
	until_tick = 0;
	stopped_reserved = 0;
	stopped[0] = 0;
	stopped[1] = 0;
	stopped[2] = 0;
	node = 0
}

/* idgen_reset_timeline(), by someone who had the newest configuration when the call began. */
proctype dba(byte me)
{
	byte left_tick, clock, asked_tick, until_tick, stopped_reserved;
	bit node;

end_of_call:
	do
	:: {
		d_step { resets_left > 0 -> resets_left--; node = configured_node };
		if
		:: loaded
		:: else -> reservation_load()
		fi;
		wait_to_write();
		stop_timelines();
		at_any_clock(asked_tick = clock; clock = 0);
		if
		:: force || is_reset_safe -> restart_timelines()
		:: else -> printf("  a reset to %d is refused\n", asked_tick); resume_timelines()
		fi;
		d_step { reservation_end_writing(); forget_reset() }
	} unless {
		d_step { crashing -> forget_reset(); alive-- };
		d_step { !crashing -> alive++ }
	}
	od
}

/* SIGHUP, or ALTER SERVER with generator_ddl.c's shut(): it waits until no transaction uses the generator. */
active proctype administrator()
{
end_idle:
	do
#ifdef CHANGE
#ifdef FAULT_CHANGE_UNLOCKED
	:: d_step { changes_left > 0 && !crashing ->
#else
	:: d_step { changes_left > 0 && !crashing && users == 0 ->
#endif
			changes_left--;
			changes++;
			space_of_generator = 1 - space_of_generator;
			printf("  THE GENERATOR goes to space %d\n", space_of_generator)
		}
#else
	:: d_step { changes_left > 0 && !given_up ->
			changes_left--;
			configured_node = 1 - configured_node;
			printf("  THE CONFIGURATION names node %d now\n", configured_node)
		}
#endif
	od
}
