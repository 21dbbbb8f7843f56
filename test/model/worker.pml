/*
 * worker.pml
 *	  A server's worker ID changes while its backends take ticks: the agent's part of
 *	  shared memory, and try_take() in src/engine/timeline.c.
 *
 * A server has two backends and an agent, and there is another server.  The agent claims
 * one of two worker IDs, raises its fence, gives it up and claims the same or
 * the other one.  The other server takes over what it likes at any moment, so its hold
 * tells nothing.  What happens between a server and the store is in lease.pml; here it is
 * one step.
 *
 * Each statement, atomic and d_step is one step.  Times are in ticks, and a tick has one
 * position; clocks show whatever they like.  Each worker ID has a timeline.
 *
 * What must be true:
 *
 *	in issue()		no tick is issued twice under one worker ID
 *
 * What a take goes by, the worker ID and its limits, are several variables.  The
 * model was run with them written and read in other orders (ORDER_...).  What makes them
 * fit is this:
 *
 *	Closing sets the limit to 0 and takes the worker ID away, in any order, and only then
 *	counts a restart.  So whoever has read the new count finds no worker ID, or the next
 *	one.
 *	The worker ID tells that its start and its limit are there: it is written after them,
 *	and read before them.  If it is not, the start must be written before the limit,
 *	and read after it.
 *	After the count the agent reads how far the timeline has got, by an operation that
 *	reads and writes at once.  A take whose swap comes before that is seen, and one whose
 *	swap comes after it finds the new count.
 *
 * If closing leaves the worker ID where it is (ORDER_KEPT), the new one must be written before
 * the limit and read after it.  Any other order fails then: a process that has
 * counted the restart still finds the old worker ID, and soon after it the new limits.
 *
 * With RESET there is also a reset of the timelines.  Its stopped numbers are none that the
 * agent may go by, so one who closes is the writer of the reservation meanwhile.
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

/* Fences are at ticks 0 .. LAST_TICK. */
#ifndef LAST_TICK
#define LAST_TICK 2
#endif

/* How often the agent, and the other server, claim a worker ID. */
#ifndef CLAIMS
#define CLAIMS 2
#endif
#ifndef OTHER_CLAIMS
#define OTHER_CLAIMS 1
#endif

#ifndef BACKENDS
#define BACKENDS 2
#endif

#define NOTHING 255
#define NO_WORKER 2
#define larger(a, b)			((a) > (b) -> (a) : (b))
#define smaller(a, b)			((a) < (b) -> (a) : (b))
#define id_of(worker, tick)		((worker) * 100 + (tick))

/* Shared memory. */
byte restarts = 0;
byte holding = NO_WORKER;		/* the worker ID; how often it has changed adds nothing here */
byte start_tick = 0;
byte until_tick = 0;
byte next[2];					/* of the timelines */
bool is_reserved = true;		/* with RESET: the reservation leaves room */
bool has_writer = false;		/* with RESET: somebody is the writer of the reservation */

/* The store. */
#define US 1
#define OTHERS 2
#define OTHER_SERVER 3
byte owner[2];					/* whose nonce the record has; 0: nobody's */
byte fence[2];

/* The world outside. */
byte remembered = NOTHING;		/* an ID that was issued; see issue() */

/* Instead of all IDs one is remembered, or not. */
inline issue(whose, of_worker, tick)
{
	printf("  backend %d issues %d.%d\n", whose, of_worker, tick);
	assert(id_of(of_worker, tick) != remembered)
}

/* ------------------------------------------------------------------------ backends */

/* What there was of a take is gone. */
inline forget()
{
	source = NO_WORKER;
	restarts_seen = 0;
	limit = 0;
	begin_tick = 0;
	seen = 0;
	start = 0
}

/*
 * A take goes by the worker ID that its source is set to, and sets it anew if another
 * change is held.
 */
inline read_worker()
{
	if
	:: d_step { holding != NO_WORKER -> source = holding }
	:: d_step { holding == NO_WORKER -> forget() };
		goto end_of_take
	fi
}

inline read_limits()
{
#ifdef RESET
	if
	:: d_step { is_reserved -> skip }
	:: d_step { !is_reserved -> forget() };
		goto end_of_take
	fi;
#endif
#ifdef ORDER_READ_START_FIRST
	begin_tick = start_tick;
	limit = until_tick
#else
	limit = until_tick;
	begin_tick = start_tick
#endif
}

inline check_restarts()
{
	if
	:: d_step { restarts == restarts_seen -> skip }
	:: d_step { restarts != restarts_seen -> forget() };
		goto end_of_take
	fi
}

/* give_back().  Nobody has to be the writer of the reservation for the agent's sake. */
inline give_back()
{
	check_restarts();
	d_step {
		if
		:: next[source] == start + 1 -> next[source] = start; printf("  backend %d gives back %d.%d\n", me, source, start)
		:: else
		fi;
		forget()
	}
}

#define choose()				seen = next[source]; start = larger(seen, begin_tick)
#define swap()					next[source] = start + 1; seen = 0; printf("  backend %d takes %d.%d\n", me, source, start)

proctype backend(byte me)
{
	byte source = NO_WORKER, restarts_seen, limit, begin_tick, seen, start;

end_of_take:
	do
	:: {
#ifdef FAULT_NO_CHANGE_COUNT
		read_worker();
#endif
		restarts_seen = restarts;
#if !defined(FAULT_NO_CHANGE_COUNT) && !defined(ORDER_READ_LAST)
		read_worker();
#endif
		read_limits();
#ifdef ORDER_READ_LAST
		read_worker();
#endif

		/* try_take() */
		if
		:: d_step { larger(next[source], begin_tick) < limit -> choose(); limit = 0; begin_tick = 0 }
		:: d_step { larger(next[source], begin_tick) + 1 < limit -> choose(); start++; limit = 0; begin_tick = 0 }
		:: d_step { larger(next[source], begin_tick) >= limit -> forget() };
			goto end_of_take
		fi;
		check_restarts();
		if
		:: d_step { next[source] == seen -> swap() }
		:: d_step { next[source] != seen -> forget() };
			goto end_of_take
		fi;
#ifndef FAULT_NOT_LOOKED_AFTER
		check_restarts();
#endif
		if
		:: d_step { issue(me, source, start); forget() }
		:: d_step { remembered == NOTHING -> issue(me, source, start); remembered = id_of(source, start); forget() }
		:: give_back()
		fi
	}
	od
}

/* ------------------------------------------------------------------------ the agent */

/* A fence rises as far as it likes. */
inline raise_fence()
{
	if
	:: known_fence < LAST_TICK -> known_fence++
	:: known_fence + 1 < LAST_TICK -> known_fence = known_fence + 2
	fi;
	fence[worker] = known_fence;
	printf("  THE AGENT raises the fence of %d to %d\n", worker, known_fence)
}

/* The worker IDs are alike, so the first one to be claimed is 0. */
inline claim()
{
	if
	:: worker = 0
	:: claims_left < CLAIMS -> worker = 1
	fi;
	claims_left--;
	owner[worker] = US;
	claim_fence = fence[worker];
	known_fence = claim_fence;
	printf("  THE AGENT claims %d from %d on\n", worker, claim_fence);
	if
	:: raise_fence()
	:: true
	fi
}

#define write_worker()			d_step { holding = worker; printf("  THE AGENT has written worker %d\n", worker) }
#define write_limit()			until_tick = known_fence

inline open()
{
#ifdef ORDER_WRITTEN_FIRST
	write_worker();
#endif
#ifdef ORDER_LIMIT_FIRST
	write_limit();
	start_tick = claim_fence;
#else
	start_tick = claim_fence;
	write_limit();
#endif
#ifndef ORDER_WRITTEN_FIRST
	write_worker();
#endif
	skip
}

inline read_timeline()
{
	used = next[worker];
	printf("  THE AGENT finds timeline %d at %d\n", worker, used)
}

/* A reset leaves numbers in the timelines that do not tell how far they have got. */
#if defined(RESET) && !defined(FAULT_CLOSE_BESIDE_RESET)
#define wait_to_write()			atomic { !has_writer -> has_writer = true }
#define end_writing()			has_writer = false
#else
#define wait_to_write()			skip
#define end_writing()			skip
#endif

/* Until the last step takes go on by what they have read. */
inline close()
{
#ifdef FAULT_COUNTED_FIRST
	restarts++;
#endif
	until_tick = 0;
#if !defined(ORDER_KEPT) && !defined(FAULT_WORKER_TAKEN_LATE)
	holding = NO_WORKER;
#endif
#ifdef FAULT_TIMELINE_READ_FIRST
	d_step { read_timeline() };
#endif
#ifndef FAULT_COUNTED_FIRST
	restarts++;
#endif
#ifdef FAULT_WORKER_TAKEN_LATE
	holding = NO_WORKER;
#endif
#ifndef FAULT_TIMELINE_READ_FIRST
	d_step { read_timeline() };
#endif
	skip
}

/* Or the agent has ended and begun again, or the record is another server's: then the fence stays. */
inline release()
{
	if
	:: d_step { owner[worker] == US ->
			owner[worker] = 0;
			fence[worker] = smaller(known_fence, larger(used, claim_fence));
			printf("  THE AGENT releases %d with fence %d\n", worker, fence[worker])
		}
	:: true
	fi
}

active proctype agent()
{
	byte claims_left = CLAIMS, worker, claim_fence, known_fence, used;

end_of_lease:
	do
	:: atomic { claims_left > 0 -> claim() };
		open();
end_held:
		do
		:: atomic { owner[worker] == US && known_fence < LAST_TICK -> raise_fence() };
			write_limit()
		:: claims_left > 0 -> break
		od;
#ifdef FAULT_RELEASE_FIRST
		skip;
		d_step { read_timeline() };
		release();
		close();
#else
		wait_to_write();
		close();
		end_writing();
		release();
#endif
		d_step { worker = 0; claim_fence = 0; known_fence = 0; used = 0 }
	od
}

#ifdef RESET

/* stop_timelines() and resume_timelines() in src/engine/reset.c; timeline 0 will do. */
active proctype dba()
{
	byte stopped;

	atomic { !has_writer -> has_writer = true };
	is_reserved = false;
	restarts++;
	d_step { stopped = next[0]; next[0] = 0; printf("  A RESET stops timeline 0 at %d\n", stopped) };
	next[0] = stopped;
	is_reserved = true;
	has_writer = false
}

#endif

/* ------------------------------------------------------------------------ another server */

active proctype others()
{
	byte claims_left = OTHER_CLAIMS, worker = NO_WORKER, at, limit;

end_of_step:
	do
	:: atomic { claims_left > 0 ->
			claims_left--;
			if
			:: worker = 0
			:: worker = 1
			fi;
			owner[worker] = OTHERS;
			at = fence[worker];
			limit = at;
			printf("  THE OTHERS claim %d from %d on\n", worker, at)
		}
	:: d_step { worker != NO_WORKER && owner[worker] == OTHERS && fence[worker] < LAST_TICK ->
			fence[worker]++;
			limit = fence[worker]
		}
	:: d_step { at < limit -> issue(OTHER_SERVER, worker, at); at++ }
	:: d_step { at < limit && remembered == NOTHING -> issue(OTHER_SERVER, worker, at); remembered = id_of(worker, at); at++ }
	:: d_step { worker != NO_WORKER && owner[worker] == OTHERS ->
			owner[worker] = 0;
			fence[worker] = at;
			printf("  THE OTHERS release %d with fence %d\n", worker, at);
			limit = 0;
			worker = NO_WORKER;
			at = 0
		}
	od
}

init
{
	atomic {
		run backend(1);
#if BACKENDS >= 2
		run backend(2)
#endif
	}
}
