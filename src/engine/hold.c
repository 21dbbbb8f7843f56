/*-------------------------------------------------------------------------
 *
 * hold.c
 *	  From which positions on a transaction may have taken some.
 *
 * Before a transaction takes positions, it stores in a slot from which one on;
 * a reader of a horizon finds that and stops there.  The hold is not cleared
 * when the transaction ends: it belongs to the transaction's number, which
 * PostgreSQL takes out of PGPROC together with the transaction ID, at the
 * moment from which snapshots see the transaction's rows.  So no path out of a
 * transaction can forget it.
 *
 * Parallel workers hold in their leader's slot, under the leader's number:
 * their own transactions end before the leader inserts what they have taken.
 * Hence the mutex.  A leader may have no slot of its own, so the slot's pid says
 * nothing about the hold.
 *
 * The order is what counts:
 *
 *	writer: the number and the position are stored; full barrier; the swap of
 *	timeline->next
 *	reader: next is read; full barrier; the number, the positions; barrier; PGPROC's number
 *
 * An ID below the next that a reader has read was taken by a swap before that,
 * so the reader finds the hold, or what a later transaction of the process has
 * stored.  In the latter case, as when PGPROC has another number, the
 * transaction had ended before, and later snapshots see its rows.
 *
 * A new transaction first clears the number, so that no reader takes old
 * positions for its own.  A position is written before its key, and a key that is
 * given another meaning becomes 0 while that is done: a reader that finds a
 * key changed reads the hold again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"

#include "base/compat.h"
#include "engine/hold.h"

/* The process in whose slot ours holds. */
static PGPROC *
get_holder(void)
{
	return MyProc->lockGroupLeader != NULL ? MyProc->lockGroupLeader : MyProc;
}

/* The number of the transaction that we take for; 0: none. */
uint32
hold_transaction(void)
{
	return compat_local_transaction(get_holder());
}

/* The bit of a timeline in a hold that has no room for all of them; others may have the same. */
uint64
hold_many_bit(uint32 key)
{
	return UINT64CONST(1) << (key * UINT32_C(2654435761) >> 26);
}

/* Let the hold be of this transaction, with nothing in it.  The caller has the mutex. */
static void
begin_hold(BackendHold *hold, uint32 transaction)
{
	pg_atomic_write_u32(&hold->transaction, 0);
	pg_write_barrier();
	pg_atomic_write_u64(&hold->server, 0);
	pg_atomic_write_u64(&hold->unique_times, 0);
	for (int i = 0; i < HOLD_GENERATORS; i++)
		pg_atomic_write_u32(&hold->keys[i], 0);
	pg_write_barrier();
	pg_atomic_write_u32(&hold->transaction, transaction);
}

/* Lower a position that is stored, or store the first.  The caller has the mutex. */
static void
lower_position(pg_atomic_uint64 *stored, uint64 position)
{
	uint64		old = pg_atomic_read_u64(stored);

	if (old == 0 || old > position)
		pg_atomic_write_u64(stored, position);
}

/*
 * Readers that have seen the hold as it was before do not publish what they have
 * read.  So from now on, horizons of timelines that are held entirely stay where they
 * are: see horizon_is_own().
 */
void
hold_stop_readers(void)
{
	pg_atomic_fetch_add_u32(&shmem_area()->horizons.given_back, 1);
}

/*
 * There is no room for another timeline: from now on, all of those that have
 * been used are held entirely.  The caller has the mutex.
 */
static void
hold_many(BackendHold *hold, uint32 key)
{
	pg_atomic_uint64 *many = &hold->generators[0];
	uint64		bits = hold_many_bit(key);

	if (pg_atomic_read_u32(&hold->keys[0]) == HOLD_KEY_MANY)
	{
		if ((pg_atomic_read_u64(many) & bits) != 0)
			return;
		pg_atomic_write_u64(many, pg_atomic_read_u64(many) | bits);
		hold_stop_readers();
		return;
	}
	for (int i = 0; i < HOLD_GENERATORS; i++)
		bits |= hold_many_bit(pg_atomic_read_u32(&hold->keys[i]));

	/*
	 * Readers must not find no key at all.  For now, this one stands for all
	 * generators; see read_generators().
	 */
	pg_atomic_write_u32(&hold->keys[1], HOLD_KEY_MANY);
	pg_write_barrier();
	pg_atomic_write_u64(many, bits);
	pg_write_barrier();
	pg_atomic_write_u32(&hold->keys[0], HOLD_KEY_MANY);
	hold_stop_readers();
}

static void
hold_generator(BackendHold *hold, uint32 key, uint64 position)
{
	for (int i = 0; i < HOLD_GENERATORS; i++)
	{
		uint32		found = pg_atomic_read_u32(&hold->keys[i]);

		if (found == HOLD_KEY_MANY)
			break;
		if (found == 0)
			pg_atomic_write_u64(&hold->generators[i], position);
		else if (found == key)
			lower_position(&hold->generators[i], position);
		else
			continue;
		pg_write_barrier();
		pg_atomic_write_u32(&hold->keys[i], key);
		return;
	}
	hold_many(hold, key);
}

/*
 * Hold from a position on, which the caller is about to take.  *held is what the
 * caller has stored before.  Positions of the hybrid logical clock are not held:
 * it has no horizon.
 */
void
hold_from(HeldBySource *held, Timeline *timeline, uint64 position)
{
	SharedArea *area = shmem_area();
	uint32		transaction = hold_transaction();
	int			number = compat_proc_number(get_holder());
	BackendHold *hold;

	held->transaction = transaction;
	held->position = position;
	if (transaction == 0 || timeline == &area->hlc)
		return;
	if (number >= area->slot_count)
		elog(ERROR, "process number %d has no idgen slot", number);

	hold = &area->slots[number].slot.hold;
	position = Max(position, 1);
	SpinLockAcquire(&hold->mutex);
	if (pg_atomic_read_u32(&hold->transaction) != transaction)
		begin_hold(hold, transaction);
	if (timeline == &area->unique_times)
		lower_position(&hold->unique_times, position);
	else if ((pg_atomic_read_u32(&timeline->uses) & TIMELINE_SERVER) != 0)
		lower_position(&hold->server, position);
	else
		hold_generator(hold, shmem_timeline_key(area, timeline), position);
	SpinLockRelease(&hold->mutex);

	/* Before the swap: see the header. */
	pg_memory_barrier();
}

/* A position as it is stored: 1 may stand for 0. */
static bool
read_position(pg_atomic_uint64 *stored, uint64 *position)
{
	uint64		found = pg_atomic_read_u64(stored);

	*position = found == 1 ? 0 : found;
	return found != 0;
}

/*
 * Read the generators of a hold.  False if another process has changed them meanwhile.
 * The first key is the first that is stored, and stays until the transaction ends: if it
 * is none, nothing was held when it was read, and what is taken later does not count.
 */
static bool
read_generators(BackendHold *hold, HoldView *view)
{
	uint32		keys[HOLD_GENERATORS];

	view->has_many = false;
	view->generators = 0;
	if (pg_atomic_read_u32(&hold->keys[0]) == 0)
		return true;
	for (int i = 0; i < HOLD_GENERATORS; i++)
		keys[i] = pg_atomic_read_u32(&hold->keys[i]);
	pg_read_barrier();
	view->has_many = keys[0] == HOLD_KEY_MANY || keys[1] == HOLD_KEY_MANY;
	view->many = keys[0] == HOLD_KEY_MANY ? pg_atomic_read_u64(&hold->generators[0]) : PG_UINT64_MAX;
	for (int i = 0; i < HOLD_GENERATORS && !view->has_many; i++)
		if (keys[i] != 0)
		{
			view->key[view->generators] = keys[i];
			(void) read_position(&hold->generators[i], &view->generator[view->generators]);
			view->generators++;
		}
	pg_read_barrier();
	for (int i = 0; i < HOLD_GENERATORS; i++)
		if (pg_atomic_read_u32(&hold->keys[i]) != keys[i])
			return false;
	return true;
}

static void
read_hold(BackendHold *hold, HoldView *view)
{
	view->has_server = read_position(&hold->server, &view->server);
	view->has_unique_times = read_position(&hold->unique_times, &view->unique_times);

	/* A transaction changes its keys a few times at most. */
	while (!read_generators(hold, view))
		;
}

/*
 * Let the processor fetch the hold in a slot that will be read, and for one that is
 * nearer, what PGPROC has of its process.  This reads nothing that counts.
 */
void
hold_fetch(SharedArea *area, int number)
{
	int			nearer = number - HOLDS_AHEAD / 2;

	if (number < area->slot_count)
		compat_fetch(&area->slots[number].slot.hold);
	if (nearer >= 0 && nearer < area->slot_count && pg_atomic_read_u32(&area->slots[nearer].slot.hold.transaction) != 0)
		compat_fetch_transaction(compat_proc_by_number(nearer));
}

/*
 * Read the hold in a slot.  Returns false if it holds nothing.  The number of a
 * transaction that has ended is cleared, so that the next reader need not look
 * into PGPROC; a new transaction never has that number.
 */
bool
hold_read(SharedArea *area, int number, HoldView *view)
{
	BackendHold *hold = &area->slots[number].slot.hold;
	uint32		transaction = pg_atomic_read_u32(&hold->transaction);

	if (transaction == 0)
		return false;
	pg_read_barrier();
	read_hold(hold, view);
	pg_read_barrier();
	if (compat_local_transaction(compat_proc_by_number(number)) == transaction)
		return true;
	(void) pg_atomic_compare_exchange_u32(&hold->transaction, &transaction, 0);
	return false;
}

/* The same for the transaction of this process. */
bool
hold_read_own(HoldView *view)
{
	SharedArea *area = shmem_area();
	int			number = compat_proc_number(get_holder());

	return number < area->slot_count && hold_read(area, number, view);
}
