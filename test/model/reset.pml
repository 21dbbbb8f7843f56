/*
 * reset.pml
 *	  The timeline is set by hand, also backwards: src/reset.c, and what window_at(),
 *	  try_take() and must_write() do about it.  Part of timeline.pml, with RESET.
 *
 * The configuration names node 0 at first and at some time, for ever, node 1.
 * Backends see that between two calls, each in its own time.  An ID is a position
 * and a node.
 */
#define PROCESSES (BACKENDS + 1)

#ifndef RESETS
#define RESETS 1
#endif

/* SharedArea. */
byte restarts = 0;				/* limits.restarts */
byte loaded_tick = 0;			/* reservation.loaded_us */
byte made_until_tick = 0;		/* reservation.made_until_us */
bool node_used[2];				/* nodes_used */
bool node_barred[2];			/* nodes_barred */
byte barred_until_tick = 0;		/* limits.barred_until_us */

/* The world outside. */
bit configured_node = 0;
byte resets_left = RESETS;
byte era = 0;					/* timelines that are gone */

#define id_of(position)			(node * 100 + (position))
#define same_timeline			(restarts == restarts_seen)

/* What stop() leaves in the timeline: never the same, and no position. */
#ifdef FAULT_STOP_AT_ZERO
#define stopped_value			0
#else
#define stopped_value			restarts
#endif

/*
 * A new timeline comes to the very position which some backend has read from the
 * old one to be compared with.  It takes a process that does not get on for as long
 * as the timeline was set back, and chance; it is not looked for.
 */
#if defined(FAULT_STOP_AT_ZERO) || defined(FAULT_COME_AROUND)
#define same_era				true
#else
#define same_era				(era == era_seen)
#endif

inline lose_more_shared_memory()
{
	restarts = 0;
	loaded_tick = 0;
	made_until_tick = 0;
	node_used[0] = false;
	node_used[1] = false;
	node_barred[0] = false;
	node_barred[1] = false;
	barred_until_tick = 0
}

inline reload()
{
	if
	:: node = configured_node
	:: true
	fi
}

/*
 * window_moment(), window_at().  A restart writes the start and then the
 * reservation; to read them in the other order is what makes them fit.
 */
inline read_window()
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

#define is_barred				(node_barred[node] && start < tick_position(barred_until_tick))

/* In try_take(): our mark first, and then whether the limits we go by are void. */
inline check_restarts()
{
	node_used[node] = true;
	if
	:: d_step { same_timeline && !is_barred -> skip }
	:: d_step { !same_timeline || is_barred -> forget() };
		goto end_of_call
	fi
}

/* From here on there is no room for anybody, and no swap succeeds. */
inline stop()
{
	d_step { stopped_reserved = reserved_tick; reserved_tick = 0 };
	restarts++;
	d_step {
		stopped_next = next;
		next = stopped_value;
		end_tick = made_until_tick;
		if
		:: stopped_next > FIRST_POSITION -> end_tick = larger(end_tick, tick_end(stopped_next - 1))
		:: else
		fi
	}
}

inline resume()
{
	next = stopped_next;
	reserved_tick = stopped_reserved
}

inline bar_nodes()
{
	barred_until_tick = larger(barred_until_tick, end_tick);
	node_barred[0] = node_barred[0] || node_used[0];
	node_barred[1] = node_barred[1] || node_used[1]
}

/* reservation_begin(), after it has written: who finds room knows where it begins. */
inline begin_anew()
{
	d_step { written_tick = until_tick; until_tick = 0 };
	start_tick = asked_tick;
	reserved_tick = asked_tick;
	d_step { publish() }
}

inline restart()
{
	d_step {
		if
#ifndef FAULT_OLD_NODE_GOES_ON
		:: asked_tick < end_tick -> bar_nodes()
#endif
		:: else
		fi
	};
	if
	:: d_step {
			until_tick = asked_tick + AHEAD_OF_URGENT;
			inserted_tick = until_tick;
			era++;
			printf("  THE TIMELINE IS RESET to %d by backend %d, under node %d\n", asked_tick, me, node)
		};
		d_step { flushed_tick = inserted_tick; printf("  backend %d has flushed it\n", me) };
		begin_anew();
		made_until_tick = smaller(end_tick, asked_tick)
	:: resume()
	fi
}

#define is_accounted			(asked_tick >= end_tick || asked_tick >= loaded_tick && !node_used[node])

inline forget_reset()
{
	left_tick = 0;
	clock = 0;
	asked_tick = 0;
	until_tick = 0;
	stopped_next = 0;
	stopped_reserved = 0;
	end_tick = 0;
	node = 0
}

/* idgen_reset_timeline(), by whoever has seen the newest configuration. */
proctype dba(byte me)
{
	byte left_tick, clock, asked_tick, until_tick, stopped_next, stopped_reserved, end_tick;
	bit node;

end_of_call:
	do
	:: {
		d_step { resets_left > 0 -> resets_left-- };
		if
		:: d_step { configured_node = 1; printf("  the configuration names node 1 now\n") }
		:: true
		fi;
		node = configured_node;
		if
		:: loaded
		:: else -> reservation_load()
		fi;
		lock();
		stop();
		at_any_clock(asked_tick = clock; clock = 0);
		if
		:: is_accounted -> restart()
		:: else -> printf("  a reset to %d is refused\n", asked_tick); resume()
		fi;
		d_step { unlock(); forget_reset() }
	} unless {
		d_step { crashing -> forget_reset(); alive-- };
		d_step { !crashing -> alive++ }
	}
	od
}
