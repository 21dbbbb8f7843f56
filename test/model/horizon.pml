/*
 * horizon.pml
 *	  The safe horizon: what a transaction holds, and what snowflake_horizon() reads, in
 *	  src/engine/horizon.c.
 *
 * Writers draw IDs from one timeline, themselves or by a parallel worker, and commit or
 * prepare.  A reader asks for the horizon, and then takes a snapshot, over and over.  Each
 * statement, atomic and d_step is one step, between any two of which the others may do
 * theirs.  The clock shows whatever it likes.   Memory is sequentially consistent here.
 *
 * PostgreSQL's part: a transaction's local number (lxid) is taken away in one step with its
 * xid, so that its rows become visible to snapshots at that moment; a prepared one has the
 * locks that it had when it was prepared, and these are released after its rows have become
 * visible.
 *
 * What must be true:
 *
 *	in take_snapshot()	each transaction that has drawn an ID below the horizon has ended
 *	in issue()			no ID is drawn below a horizon that was handed out
 *	in take_snapshot()	the horizon does not go down
 *
 * The first two together: two statements, the horizon and then a SELECT of what is below it,
 * leave nothing behind.
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

/* Transactions of writer 0, which may be prepared; the other has one, which is not. */
#ifndef TRANSACTIONS
#define TRANSACTIONS 2
#endif

#ifndef LAST_POSITION
#define LAST_POSITION 3
#endif

/*
 * A parallel worker that holds in its leader's slot is no other than the leader itself.  If it
 * holds in its own, that comes after those of all writers.
 */
#ifdef FAULT_HELD_BY_WORKER
#define SLOTS 4
#define worker_of(w)			((w) + 2)
#else
#define SLOTS 2
#endif
#define FIRST_POSITION 1		/* where IDs begin */
#define NOTHING 255
#define larger(a, b)			((a) > (b) -> (a) : (b))
#define smaller(a, b)			((a) < (b) -> (a) : (b))

/* Shared memory. */
byte greatest = 0;				/* horizon that a reader has got */
byte next = 0;					/* of the timeline */
byte hold_lxid[SLOTS];			/* the hold: whose it is ... */
byte hold_position[SLOTS];		/* ... and from where on; 0: nowhere */
#ifdef GIVEN_BACK
byte given_back = 0;			/* how often next was lowered */
#endif
byte prepared = 1;				/* not 0: there may be locks.  An earlier life may have left some. */

/* PostgreSQL. */
byte lxid[SLOTS];				/* in PGPROC; 0: no transaction */
byte lock_position = 0;			/* of the prepared transaction; 0: none */

/* The world outside.  Instead of all IDs one is remembered, or not. */
byte remembered = NOTHING;
bool is_open = false;			/* its transaction has not ended */
byte remembered_by = NOTHING;
byte handed_out = 0;			/* the highest horizon */

/* ------------------------------------------------------------------------ a writer */

inline issue(position)
{
	printf("  writer %d draws %d\n", me, position);
	assert(position >= handed_out)
}

/* The position to hold from. */
#ifdef FAULT_ZERO_IS_NONE
#define held_from				next
#else
#define held_from				larger(FIRST_POSITION, next)
#endif

inline hold()
{
	hold_lxid[holder] = 0;
	from = held_from;
	d_step { hold_position[holder] = from; from = 0 }
	hold_lxid[holder] = lxid[holder]
}

inline hold_unless_held()
{
	if
	:: d_step { hold_lxid[holder] == lxid[holder] -> skip }
	:: else -> hold()
	fi
}

#define start					larger(FIRST_POSITION, seen)

/* What was given back meanwhile may be below what we hold. */
inline lower_hold()
{
#if defined(GIVEN_BACK) && !defined(FAULT_NOT_LOWERED)
	if
	:: d_step { start < hold_position[holder] -> hold_position[holder] = start }
	:: else
	fi
#else
	skip
#endif
}

/* The swap of try_take(): at the next position, or at the clock's if that is further. */
inline take()
{
	do
	:: d_step { seen = next }
		lower_hold();
		if
		:: d_step { next == seen && start < LAST_POSITION -> position = start; next = start + 1; issue(position) }
			break
		:: d_step { next == seen && start + 1 < LAST_POSITION -> position = start + 1; next = start + 2; issue(position) }
			break
		:: d_step { next != seen -> skip }
		:: d_step { next >= LAST_POSITION -> position = NOTHING }
			break
		fi
	od;
	if
	:: d_step { position != NOTHING && remembered == NOTHING ->
			remembered = position;
			remembered_by = me;
			is_open = true
		}
	:: true
	fi;
	d_step {
#ifdef GIVEN_BACK
		taken = (position == NOTHING -> 0 : position);
#endif
		position = 0;
		seen = 0
	}
}

/*
 * give_back(): a wait was cancelled, so the transaction aborts; what it took goes back if it is
 * still the last, and not below a horizon.  It is counted before the transaction ends.
 */
inline give_back()
{
#ifdef GIVEN_BACK
	if
	:: d_step { me == 0 && taken != 0 ->
			next = (next == taken + 1 && taken >= greatest -> taken : next);
			remembered = (remembered_by == me && is_open -> NOTHING : remembered);
			printf("  writer %d gives %d back\n", me, taken);
			taken = 0
		}
#ifndef FAULT_COUNTED_AT_END
		given_back++;
#endif
		end_transaction();
#ifdef FAULT_COUNTED_AT_END
		given_back++;
#endif
		goto end_of_transaction
	:: taken = 0
	fi
#else
	skip
#endif
}

inline draw()
{
#ifdef FAULT_TAKEN_FIRST
	take();
	hold_unless_held()
#else
	hold_unless_held();
	take()
#endif
}

/* A worker has a transaction of its own, which ends before its leader's goes on. */
inline draw_in_transaction()
{
#ifdef FAULT_HELD_BY_WORKER
	holder = worker_of(me);
	lxid[holder] = transaction;
	draw();
	lxid[holder] = 0;
	holder = me
#else
	draw()
#endif
}

/* What ProcArrayEndTransaction() does. */
inline end_transaction()
{
	d_step {
		lxid[me] = 0;
		is_open = is_open && remembered_by != me;
		printf("  writer %d commits\n", me)
	}
}

inline commit()
{
#ifdef FAULT_RELEASED_AT_PRE_COMMIT
	hold_lxid[me] = 0;
#endif
	end_transaction()
}

inline lock_position_of_hold()
{
#ifdef FAULT_NO_LOCK
	skip
#else
	lock_position = hold_position[me]
#endif
}

/* XACT_EVENT_PRE_PREPARE, then PrepareTransaction(), and later COMMIT PREPARED by whomever. */
inline prepare()
{
	if
	:: d_step { hold_lxid[me] == lxid[me] -> skip }
#ifdef FAULT_COUNTED_FIRST
		prepared++;
		lock_position_of_hold()
#else
		lock_position_of_hold();
		prepared++
#endif
	:: else
	fi;
	d_step { lxid[me] = 0; printf("  writer %d prepares\n", me) }
	end_transaction();
	lock_position = 0
}

proctype writer(byte me)
{
	byte transaction, holder, from, seen, position;
#ifdef GIVEN_BACK
	byte taken;
#endif

	holder = me;
	for (transaction : 1 .. (me == 0 -> TRANSACTIONS : 1)) {
		lxid[me] = transaction;
		draw_in_transaction();
		give_back();
		if
		:: commit()
		:: me == 0 -> prepare()
		fi;
end_of_transaction:
		skip
	}
}

/* ------------------------------------------------------------------------ a reader */

/* timeline_reach_clock() */
inline reach_clock()
{
	d_step { seen = next; horizon = seen }
	if
	:: true
	:: d_step { next == seen && seen < LAST_POSITION -> next = seen + 1; horizon = seen + 1 }
	:: d_step { next != seen -> horizon = next }
	fi
}

/* The position is read before PGPROC.lxid, so it is not of a later transaction. */
inline read_slot(slot)
{
	seen_lxid = hold_lxid[slot];
	seen = hold_position[slot];
	d_step {
		lowest = (seen_lxid != 0 && seen != 0 && lxid[slot] == seen_lxid -> smaller(lowest, seen) : lowest);
		seen = 0;
		seen_lxid = 0
	}
}

inline read_slots()
{
	read_slot(0);
	read_slot(1);
#ifdef FAULT_HELD_BY_WORKER
	read_slot(2);
	read_slot(3)
#endif
}

/* GetLockStatusData() has all partitions of the locks at once. */
inline read_locks()
{
	seen = prepared;
	if
	:: d_step { seen != 0 ->
			lowest = (lock_position != 0 -> smaller(lowest, lock_position) : lowest);
			has_locks = (lock_position != 0)
		}
		d_step {
			prepared = (!has_locks && prepared == seen -> 0 : prepared);
			has_locks = false
		}
	:: else
	fi
}

inline read_horizon()
{
#ifdef GIVEN_BACK
	given_back_before = given_back;
#endif
#ifdef FAULT_SLOTS_FIRST
	read_slots();
	reach_clock();
#else
	reach_clock();
#endif
#ifdef FAULT_LOCKS_FIRST
	read_locks();
#endif
#ifndef FAULT_SLOTS_FIRST
	read_slots();
#endif
#ifndef FAULT_LOCKS_FIRST
	read_locks();
#endif
	publish()
}

/* In the mutex of horizons. */
inline publish()
{
	d_step { horizon = smaller(horizon, lowest); lowest = NOTHING; seen = 0 }
	if
#if defined(GIVEN_BACK) && !defined(FAULT_GIVEN_BACK_UNSEEN)
	:: d_step { given_back != given_back_before -> horizon = 0 }
		goto end_idle
#endif
	:: d_step {
#if defined(GIVEN_BACK) && !defined(FAULT_GIVEN_BACK_UNSEEN)
			given_back == given_back_before ->
#else
			true ->
#endif
#ifndef FAULT_NOT_KEPT
			horizon = larger(horizon, greatest);
#endif
			greatest = larger(horizon, greatest)
		}
	fi
}

inline take_snapshot()
{
	is_missed = is_open
}

/* The snapshot sees what has ended, and the reader does not come back to what is below. */
inline read_rows()
{
	d_step {
		printf("  the reader has horizon %d\n", horizon);
#ifndef ONLY_NEVER_DOWN
		assert(!(is_missed && remembered < horizon));
#endif
#ifndef MAY_GO_DOWN
		assert(horizon >= handed_out);
#endif
		handed_out = larger(handed_out, horizon);
		is_missed = false;
		horizon = 0
	}
}

active proctype reader()
{
	byte horizon, lowest = NOTHING, seen, seen_lxid;
#ifdef GIVEN_BACK
	byte given_back_before;
#endif
	bool has_locks, is_missed;

end_idle:
	do
	:: true ->
#ifdef FAULT_SAME_STATEMENT
		take_snapshot();
		read_horizon();
#else
		read_horizon();
		take_snapshot();
#endif
		read_rows()
	od
}

init
{
	atomic {
		run writer(0);
		run writer(1)
	}
}
