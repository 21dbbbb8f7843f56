/*
 * lease.pml
 *	  How servers come to hold a worker ID, keep it and give it up: src/bits/lease_machine.c.
 *
 * There is one worker ID, with its record and its hold in a store, and two servers that
 * want it.  The store applies requests one at a time.  A request may be applied late, also
 * after others that were sent later, or never, and its answer may get lost: then
 * the server gives it up.  The hold expires at any moment.  Servers and their agents end
 * at any moment and begin again, with nothing in memory.  Clocks show whatever they like:
 * a fence is raised, and a tick is chosen, as far ahead as they like.
 *
 * Each d_step is one step, between any two of which the others may do theirs.  The
 * functions have the names of those in C.  Times are in ticks.
 *
 * What must be true:
 *
 *	in issue()			no tick is issued twice
 *	in write()			no record has a text that an earlier one had
 *	in follow_record()	no holder takes the store for one that has lost data
 *
 * The last two are what the first relies on.
 *
 * FAULT_... breaks the rules; test/model/run knows what that must lead to.
 */

/* Fences are at ticks 0 .. LAST_TICK. */
#ifndef LAST_TICK
#define LAST_TICK 2
#endif

/* So many nonces are drawn, by all claims and releases together. */
#ifndef NONCES
#define NONCES 4
#endif

/* So many requests that have been given up are on their way. */
#ifndef LATE
#define LATE 2
#endif

#define SERVERS 2
#define NOTHING 255
#define larger(a, b)			((a) > (b) -> (a) : (b))
#define smaller(a, b)			((a) < (b) -> (a) : (b))

/* Where these are left out, records come again, or a holder does not know what it has. */
#if defined(FAULT_NONCE_UNCOMPARED) || defined(FAULT_BLIND_PUT) || defined(FAULT_UNKNOWN_IS_DONE) || \
	defined(FAULT_RESUME) || defined(FAULT_RELEASE_KEEPS_NONCE)
#define FAULTY
#endif

/* What a LEASE_WRITE is for, and so the LeaseStep of a machine. */
#define AT_REST 0
#define CLAIMING 1
#define CHECKING 2
#define EXTENDING 3
#define ATTACHING 4
#define RELEASING 5

#define PENDING 0
#define APPLIED 1
#define REFUSED 2

/*
 * A LEASE_WRITE: the record as it must be, and as it is to be.  Epoch, holder and
 * what is acknowledged add nothing to the nonce.
 */
typedef Request {
	byte kind;
	byte nonce;
	byte fence;
	byte new_nonce;
	byte new_fence
};

/* The store: the record, and whether there is a hold. */
byte nonce = 0;
byte fence = 0;
bool hold = false;

/* What is on its way. */
Request request[SERVERS];		/* of a server that waits for the answer */
byte answer[SERVERS];
byte found_fence[SERVERS];		/* in the answer REFUSED, if the record has the nonce that was expected */
Request late[LATE];				/* given up */

/* The world outside. */
byte last_nonce = 0;
byte remembered = NOTHING;		/* a tick that was issued; see issue() */

/* ------------------------------------------------------------------------ the store */

#define takes_hold(kind)		((kind) == CLAIMING || (kind) == ATTACHING)

/* A fence that has a place of its own is compared and replaced alone. */
#ifdef FAULT_NONCE_UNCOMPARED
#define same_nonce(r)			(r.kind == EXTENDING || r.nonce == nonce)
#define nonce_after(r)			(r.kind == EXTENDING -> nonce : r.new_nonce)
#else
#define same_nonce(r)			(r.nonce == nonce)
#define nonce_after(r)			r.new_nonce
#endif
#ifdef FAULT_BLIND_PUT
#define same_fence(r)			(r.kind == EXTENDING || r.fence == fence)
#else
#define same_fence(r)			(r.fence == fence)
#endif
#define matches(r)				(same_nonce(r) && same_fence(r) && !(takes_hold(r.kind) && hold))

/* No text comes twice, so a late request that does not match now never does. */
#ifdef FAULTY
#define is_past(r)				false
#else
#define is_past(r)				(r.kind != AT_REST && (r.nonce != nonce || r.fence != fence))
#endif

inline clear(r)
{
	r.kind = AT_REST;
	r.nonce = 0;
	r.fence = 0;
	r.new_nonce = 0;
	r.new_fence = 0
}

inline copy(r, to)
{
	to.kind = r.kind;
	to.nonce = r.nonce;
	to.fence = r.fence;
	to.new_nonce = r.new_nonce;
	to.new_fence = r.new_fence
}

inline forget_past(r)
{
	if
	:: is_past(r) -> clear(r)
	:: else
	fi
}

inline write(r)
{
#ifndef FAULTY
	assert(r.new_nonce > nonce || (r.new_nonce == nonce && r.new_fence >= fence));
#endif
	nonce = nonce_after(r);
	fence = r.new_fence;
	hold = (takes_hold(r.kind) || (hold && r.kind != RELEASING));
	printf("  THE STORE has nonce %d, fence %d\n", nonce, fence)
}

inline forget_late()
{
	forget_past(late[0]);
#if LATE >= 2
	forget_past(late[1]);
	if
	:: late[0].kind == AT_REST && late[1].kind != AT_REST -> copy(late[1], late[0]); clear(late[1])
	:: else
	fi
#endif
}

inline apply(server)
{
	if
	:: matches(request[server]) -> write(request[server]); answer[server] = APPLIED; forget_late()
	:: else ->
		answer[server] = REFUSED;
		found_fence[server] = (request[server].kind != CLAIMING && nonce == request[server].nonce -> fence : NOTHING)
	fi
}

inline apply_late(r)
{
	printf("  a late request arrives\n");
	write(r);
	clear(r);
	forget_late()
}

#define is_asked_by(server)		(request[server].kind != AT_REST && answer[server] == PENDING)

/* A request that is refused when it comes late is the same as one that never comes. */
active proctype store()
{
end_idle:
	do
	:: d_step { hold -> hold = false; printf("  the hold expires\n") }
	:: d_step { is_asked_by(0) -> apply(0) }
	:: d_step { is_asked_by(1) -> apply(1) }
	:: d_step { late[0].kind != AT_REST && matches(late[0]) -> apply_late(late[0]) }
	:: d_step { late[0].kind != AT_REST -> clear(late[0]); forget_late() }
#if LATE >= 2
	:: d_step { late[1].kind != AT_REST && matches(late[1]) -> apply_late(late[1]) }
	:: d_step { late[1].kind != AT_REST -> clear(late[1]); forget_late() }
#endif
	od
}

/* ------------------------------------------------------------------------ a server's machine */

/* The record as the store has confirmed it; while a claim is checked, what it would have written. */
#define is_known(nonce_found, fence_found) ((nonce_found) == known_nonce && (fence_found) == known_fence)

inline begin_write(step_now, nonce_to_be, fence_to_be)
{
	request[me].kind = step_now;
	request[me].nonce = known_nonce;
	request[me].fence = known_fence;
	request[me].new_nonce = nonce_to_be;
	request[me].new_fence = fence_to_be;
	step = step_now
}

/* The nonce of a claim.  If a release keeps it, the next claim does, too. */
inline draw_claim_nonce()
{
#ifdef FAULT_RELEASE_KEEPS_NONCE
	if
	:: kept_nonce == 0 -> last_nonce++; kept_nonce = last_nonce
	:: else
	fi;
	known_nonce = kept_nonce
#else
	last_nonce++;
	known_nonce = last_nonce
#endif
}

/* Its answer is no longer waited for. */
inline forget_request()
{
	clear(request[me]);
	answer[me] = PENDING;
	found_fence[me] = 0
}

/* LEASE_UNKNOWN, or the process ends: what has not been applied may be, later. */
inline abandon_request()
{
	if
	:: answer[me] == PENDING && request[me].kind != AT_REST && !is_past(request[me]) ->
		if
		:: late[0].kind == AT_REST -> copy(request[me], late[0])
#if LATE >= 2
		:: late[0].kind != AT_REST && late[1].kind == AT_REST -> copy(request[me], late[1])
#endif
		:: else
		fi
	:: else
	fi;
	forget_request()
}

/* We no longer hold the worker ID.  What is below the confirmed fence remains ours: limit stays. */
inline drop()
{
	is_holder = false;
	known_nonce = 0;
	known_fence = 0;
	claim_fence = 0
}

/* The agent publishes what is confirmed. */
inline publish()
{
	limit = known_fence
}

#ifdef FAULT_RESUME
#define note_nonce()			kept_nonce = known_nonce
/* After a restart the nonce is on disk, and its record in the store. */
inline resume()
{
	is_holder = true;
	known_nonce = nonce;
	known_fence = fence;
	publish();
	printf("  server %d goes on with nonce %d, up to fence %d\n", me, known_nonce, known_fence)
}
#else
#define note_nonce()			skip
#endif

/* The limits of an earlier claim are closed by then. */
inline become_holder()
{
	is_holder = true;
	claim_fence = known_fence;
	start = claim_fence;
	used = 0;
	limit = 0;
	note_nonce();
	printf("  server %d holds it with nonce %d, from %d on\n", me, known_nonce, start)
}

/* Reading the record has no effect on the store, and is one step with the claim that goes by it. */
inline begin_claim()
{
	draw_claim_nonce();
	known_fence = fence;
	begin_write(CLAIMING, known_nonce, fence);
	request[me].nonce = nonce;
	printf("  server %d claims it with nonce %d, having found fence %d\n", me, known_nonce, fence)
}

inline begin_extension(ahead)
{
	begin_write(EXTENDING, known_nonce, known_fence + ahead);
	printf("  server %d asks for fence %d\n", me, known_fence + ahead);
#ifdef FAULT_PUBLISH_EARLY
	limit = known_fence + ahead
#endif
}

#ifdef FAULT_RELEASE_BELOW_START
#define lowered_fence			smaller(known_fence, used)
#else
#define lowered_fence			smaller(known_fence, larger(used, claim_fence))
#endif

inline begin_release()
{
#ifndef FAULT_RELEASE_OPEN
	limit = 0;
#endif
#ifdef FAULT_RELEASE_KEEPS_NONCE
	begin_write(RELEASING, known_nonce, known_fence);
#else
	last_nonce++;
	begin_write(RELEASING, last_nonce, known_fence);
#endif
	request[me].new_fence = lowered_fence;
	printf("  server %d releases it, with fence %d\n", me, lowered_fence)
}

/* A change of our own record was refused. */
inline follow_record()
{
#ifndef FAULTY
	assert(found_fence[me] >= known_fence);
#endif
	if
	:: found_fence[me] != NOTHING && found_fence[me] >= known_fence ->
		known_fence = found_fence[me];
		publish();
		printf("  server %d finds its fence at %d\n", me, known_fence)
	:: else -> drop(); printf("  server %d has lost it\n", me)
	fi
}

inline finish_applied()
{
	if
	:: step == CLAIMING -> become_holder()
	:: step == EXTENDING ->
		known_fence = request[me].new_fence;
		publish();
		printf("  server %d has fence %d\n", me, known_fence)
	:: step == RELEASING -> drop()
	:: else
	fi
}

inline finish_refused()
{
	if
	:: step == CLAIMING -> drop()
	:: else -> follow_record()
	fi
}

/* LEASE_UNREACHABLE is the case that it is not applied later. */
inline finish_unanswered()
{
	printf("  server %d gives up waiting\n", me);
#ifdef FAULT_UNKNOWN_IS_DONE
	if
	:: step == EXTENDING -> known_fence = request[me].new_fence; publish()
	:: else
	fi;
#endif
	if
	:: step == RELEASING -> drop()
	:: else
	fi;
	step = (step == CLAIMING -> CHECKING : AT_REST)
}

inline finish_checking()
{
	if
	:: is_known(nonce, fence) -> become_holder()
	:: else -> drop()
	fi
}

/* ------------------------------------------------------------------------ a server */

#define first_tick				larger(used, start)

/*
 * Instead of all ticks that have been issued one is remembered, or not: if any tick comes
 * twice, there is a run which remembers it.
 */
inline issue()
{
	printf("  server %d issues tick %d\n", me, first_tick);
	assert(first_tick != remembered)
}

inline forget_machine()
{
	abandon_request();
	drop();
	step = AT_REST
}

inline forget_limits()
{
	start = 0;
	used = 0;
	limit = 0
}

proctype server(bit me)
{
	byte step, known_nonce, known_fence, claim_fence;
	bool is_holder;

	/* In shared memory: the backends' part. */
	byte start, used, limit;

#if defined(FAULT_RESUME) || defined(FAULT_RELEASE_KEEPS_NONCE)
	byte kept_nonce;
#endif

end_idle:
	do
	/* lease_machine_next() */
	:: d_step { step == AT_REST && !is_holder && !hold && last_nonce < NONCES && (me == 0 || last_nonce > 0) -> begin_claim() }
	:: d_step { step == CHECKING -> finish_checking(); step = AT_REST }
	:: d_step { step == AT_REST && is_holder && known_fence < LAST_TICK -> begin_extension(1) }
#if LAST_TICK >= 2
	:: d_step { step == AT_REST && is_holder && known_fence + 1 < LAST_TICK -> begin_extension(2) }
#endif
	:: d_step { step == AT_REST && is_holder && !hold -> begin_write(ATTACHING, known_nonce, known_fence) }
	:: d_step { step == AT_REST && is_holder && last_nonce < NONCES -> begin_release() }

#ifdef FAULT_RESUME
	:: d_step { step == AT_REST && !is_holder && kept_nonce != 0 && kept_nonce == nonce -> resume() }
#endif

	/* lease_machine_answer() */
	:: d_step { answer[me] == APPLIED -> finish_applied(); step = AT_REST; forget_request() }
	:: d_step { answer[me] == REFUSED -> finish_refused(); step = AT_REST; forget_request() }
	:: d_step { request[me].kind != AT_REST -> finish_unanswered(); abandon_request() }

	/* A backend takes a tick, and issues it or not. */
	:: d_step { first_tick < limit -> issue(); used = first_tick + 1 }
	:: d_step { first_tick < limit && remembered == NOTHING ->
			issue();
			remembered = first_tick;
			used = first_tick + 1
		}
	:: d_step { first_tick < limit -> used = first_tick + 1 }

	/* The agent ends, or the server. */
	:: d_step { step != AT_REST || is_holder -> forget_machine(); printf("  THE AGENT of server %d begins again\n", me) }
	:: d_step { step != AT_REST || is_holder || limit > 0 ->
			forget_machine();
			forget_limits();
			printf("  SERVER %d begins again\n", me)
		}
	od
}

init
{
	atomic {
		run server(0);
		run server(1)
	}
}
