/*-------------------------------------------------------------------------
 *
 * prepared_hold.c
 *	  From which IDs on prepared transactions may have some.
 *
 * A prepared transaction may commit after a crash, a restart or a failover.  So
 * before a transaction is prepared, it takes a lock whose key says what it
 * holds.  PostgreSQL keeps the locks of prepared transactions in their state,
 * which is durable and replicated, restores them when the server starts or is
 * promoted, and releases them when the transaction ends.  We need no file, no
 * table and no WAL of our own.  The key:
 *
 *	field1          the database
 *	field2, field3  the ID from which on the transaction may have some
 *	field4          a tag: of which kind the ID is
 *
 * Advisory locks of users have 1 or 2 in field4, so these are none of theirs,
 * and pg_advisory_unlock_all() does not release them.  Several transactions may hold
 * the same ID: the lock is shared.
 *
 * Reading the locks of the server takes long if there are many.  So what a
 * transaction holds is also recorded in the shared area, before it is prepared,
 * and the locks are read only once, after a start.  A record counts while its
 * transaction is in progress: a prepared transaction is, as far as snapshots are
 * concerned, until it is committed or rolled back.  The order:
 *
 *	writer: the lock; the record; PostgreSQL makes the state durable, lets the
 *	prepared transaction be in progress, and only then ends the process's own
 *	reader: the slots; full barrier; the records
 *
 * So a reader that no longer finds the hold in the slot finds the record.
 * Records are written under shared->lock.  Their xid is 0 while they are, so a
 * reader that finds the same xid before and after has read a whole record.  A
 * record that has been replaced meanwhile belonged to a transaction that had
 * ended; the new one was in its slot when the reader read the slots, or had taken
 * nothing below what the reader looks for.
 *
 * Numbers of timelines do not outlive a restart.  So the tag is of a layout's
 * frame (see layout_same_frame()), and of the timelines whose horizons the IDs hold:
 * one that keeps its node, or those that follow the server's node, which are read
 * together.  A timeline that does both may do only one of it after a restart, so
 * then the tag is of all timelines with the frame.  A generator does not begin or cease
 * to follow the server's node while a prepared transaction has used it; see generator_lock.c.
 *
 * No horizon is above what the transaction holds, but it may be above the position
 * where the hold begins, where that stands for a whole tick.  After a crash, the
 * greatest horizons are not known any more.  So what is kept is not below the
 * greatest horizon that regards the transaction, unless a timeline keeps its node and
 * follows the server's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/twophase.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/procarray.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "engine/hold.h"
#include "engine/horizon_mark.h"
#include "engine/id_space.h"
#include "engine/prepared_hold.h"

/* Tags of layouts have this bit. */
#define LAYOUT_TAG 0x8000

/* Whose IDs a tag is for: those of some node bits, which are less, or one of these. */
#define OF_SERVER_NODES PG_UINT64_MAX	/* of timelines that follow the
										 * server's node */
#define OF_ALL_NODES (PG_UINT64_MAX - 1)

/* The tag of a layout's IDs.  Others may have the same: then more is held than must be. */
static uint16
get_tag(const SnowflakeLayout *layout, uint64 nodes)
{
	uint32		hash = murmurhash32((uint32) layout->tick_us ^ (uint32) (layout->epoch_ticks >> 32));

	hash = murmurhash32(hash ^ (uint32) layout->epoch_ticks);
	hash ^= layout->shift[LAYOUT_TIME] << 16 | layout->shift[LAYOUT_SEQUENCE] << 8 | layout->bits[LAYOUT_SEQUENCE];
	hash = murmurhash32(hash) ^ (uint32) nodes;
	hash = murmurhash32(hash) ^ (uint32) (nodes >> 32);
	return LAYOUT_TAG | (murmurhash32(hash) >> 17);
}

/* The tag of the IDs of a timeline, which has a layout. */
static uint16
get_timeline_tag(Timeline *timeline)
{
	uint32		uses = pg_atomic_read_u32(&timeline->uses);

	if (id_space_is_shared(timeline) || (uses & (TIMELINE_KEEPS_NODE | TIMELINE_FOLLOWS)) == (TIMELINE_KEEPS_NODE | TIMELINE_FOLLOWS))
		return get_tag(&timeline->layout, OF_ALL_NODES);
	return get_tag(&timeline->layout, (uses & TIMELINE_FOLLOWS) != 0 ? OF_SERVER_NODES : timeline->node_bits);
}

/* May IDs with a tag of a layout be those of a timeline, with this node if others share it? */
bool
prepared_hold_regards(uint16 tag, Timeline *timeline, uint64 node_bits)
{
	const SnowflakeLayout *layout = &timeline->layout;

	return tag == get_tag(layout, OF_ALL_NODES) || tag == get_tag(layout, node_bits) ||
		(horizon_mark_follows(timeline) && tag == get_tag(layout, OF_SERVER_NODES));
}

/* Add an ID, or lower that with the same tag. */
static void
add_id(PreparedView *view, uint16 tag, uint64 id)
{
	int			i = 0;

	while (view->tags[i] != 0 && view->tags[i] != tag)
		i++;
	view->ids[i] = view->tags[i] == tag ? Min(view->ids[i], id) : id;
	view->tags[i] = tag;
}

/* The greatest horizon of a timeline, read with others or alone, that regards transactions of a database. */
static uint64
get_greatest(SharedArea *area, const Timeline *timeline, bool is_joint, Oid database)
{
	uint64		of_database;
	uint64		of_all;

	SpinLockAcquire(&area->horizons.mutex);
	of_database = horizon_mark_greatest(timeline, is_joint, database);
	of_all = horizon_mark_greatest(timeline, is_joint, InvalidOid);
	SpinLockRelease(&area->horizons.mutex);
	return Max(of_database, of_all);
}

/*
 * The same for the timelines that are read together with it.  If a generator also keeps its
 * node there, 0: the horizons of the others may not have regarded it.
 */
static uint64
get_greatest_of_group(SharedArea *area, Timeline *timeline, Oid database)
{
	bool		is_joint = horizon_mark_follows(timeline);
	uint64		greatest = get_greatest(area, timeline, is_joint, database);
	int			count = is_joint ? id_space_count() : 0;

	if (is_joint && (pg_atomic_read_u32(&timeline->uses) & TIMELINE_KEEPS_NODE) != 0)
		return 0;

	for (int i = 0; i < count; i++)
	{
		Timeline   *other = id_space_needed_by_number(i);

		if (other != NULL && horizon_mark_follows(other) && layout_same_frame(&other->layout, &timeline->layout))
			greatest = Max(greatest, get_greatest(area, other, true, database));
	}
	return greatest;
}

/* Add what is held on the timelines of the server's own IDs, of which there is one for each of its nodes. */
static void
add_server(SharedArea *area, uint64 position, PreparedView *view)
{
	const SnowflakeLayout *layout = &area->layout;
	Timeline   *found = NULL;
	Timeline   *widest = NULL;	/* whose tag it is */
	uint16		tag = 0;
	uint64		id = 0;
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline == NULL || (pg_atomic_read_u32(&timeline->uses) & TIMELINE_SERVER) == 0)
			continue;
		id = found == NULL ? horizon_mark_id(timeline, layout, position) : horizon_mark_tick_id(layout, position);
		if (tag == 0 || tag == get_tag(layout, OF_SERVER_NODES))
		{
			tag = get_timeline_tag(timeline);
			widest = timeline;
		}
		found = timeline;
	}
	if (found == NULL)
		add_id(view, get_tag(layout, OF_ALL_NODES), 0);
	else
		add_id(view, tag, Max(id, get_greatest_of_group(area, widest, view->database)));
}

/*
 * The IDs that a transaction of a database holds, as in a record.  The generators'
 * timelines need not be attached in this process.
 */
void
prepared_hold_convert(SharedArea *area, const HoldView *hold, Oid database, PreparedView *view)
{
	memset(view, 0, sizeof(*view));
	view->database = database;
	if (hold->has_unique_times)
		add_id(view, PREPARED_UNIQUE_TIMES, hold->unique_times);
	if (hold->has_server)
		add_server(area, hold->server, view);
	if (hold->has_many)
		add_id(view, PREPARED_ALL, 0);
	for (int i = 0; i < hold->generators; i++)
	{
		Timeline   *timeline = shmem_timeline_by_key(area, hold->key[i]);
		uint64		id = horizon_mark_id(timeline, &timeline->layout, hold->generator[i]);

		add_id(view, get_timeline_tag(timeline), Max(id, get_greatest_of_group(area, timeline, database)));
	}
}

/* Take a lock that keeps what is held.  Errors: as in LockAcquire(). */
static void
lock_id(uint16 tag, uint64 id)
{
	LOCKTAG		lock;

	SET_LOCKTAG_ADVISORY(lock, MyDatabaseId, (uint32) (id >> 32), (uint32) id, tag);
	(void) LockAcquire(&lock, ShareLock, false, false);
}

/* Free the records of transactions that have ended.  No lock is held, as this may raise. */
static void
free_records(SharedArea *area)
{
	PreparedView view;

	for (int i = 0; i < area->prepared_count; i++)
		(void) prepared_hold_read(area, i, &view);
}

/* The record of a transaction, or else a free one; NULL if there is none.  The caller holds shared->lock. */
static PreparedHold *
find_record(SharedArea *area, TransactionId xid)
{
	PreparedHold *found = NULL;

	for (int i = 0; i < area->prepared_count; i++)
	{
		PreparedHold *record = &shmem_prepared(area)[i];

		if (pg_atomic_read_u32(&record->xid) == xid)
			return record;
		if (pg_atomic_read_u32(&record->xid) == InvalidTransactionId)
			found = record;
	}
	return found;
}

/*
 * Record what a transaction holds, unless that has been done; false if there is
 * no room.  The caller holds shared->lock.
 */
static bool
write_record(SharedArea *area, const PreparedView *view)
{
	PreparedHold *record = find_record(area, view->xid);

	if (record == NULL)
		return false;
	if (pg_atomic_read_u32(&record->xid) == view->xid)
		return true;
	record->database = view->database;
	record->role = view->role;
	record->since = view->since;
	memcpy(record->tags, view->tags, sizeof(record->tags));
	memcpy(record->ids, view->ids, sizeof(record->ids));
	pg_write_barrier();
	pg_atomic_write_u32(&record->xid, view->xid);
	return true;
}

/*
 * There are twice as many records as there can be prepared transactions.  So
 * PostgreSQL would raise the same error a moment later.
 */
static void
report_too_many(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OUT_OF_MEMORY),
			errmsg("maximum number of prepared transactions reached"),
			errhint("Increase \"max_prepared_transactions\" (currently %d).", max_prepared_xacts));
}

/*
 * The transaction is about to be prepared, and nothing can be taken any more.
 * Errors: OUT_OF_MEMORY if there are too many prepared transactions, or locks.
 */
static void
keep_hold(XactEvent event, void *arg)
{
	SharedArea *area;
	HoldView	hold;
	PreparedView view;
	bool		is_written;

	if (event != XACT_EVENT_PRE_PREPARE || max_prepared_xacts == 0)
		return;
	area = shmem_area_if_room();
	if (area == NULL || !hold_read_own(&hold))
		return;

	/*
	 * What readers publish from now on regards the hold, or is below what is
	 * kept.
	 */
	hold_stop_readers();
	prepared_hold_convert(area, &hold, MyDatabaseId, &view);
	for (int i = 0; i < PREPARED_IDS && view.tags[i] != 0; i++)
		lock_id(view.tags[i], view.ids[i]);

	view.xid = GetTopTransactionId();
	view.role = GetAuthenticatedUserId();
	view.since = GetCurrentTransactionStartTimestamp();
	free_records(area);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	is_written = write_record(area, &view);
	LWLockRelease(&area->lock);
	if (!is_written)
		report_too_many();
}

/*
 * Have holds kept when transactions are prepared.  For each process that loads the
 * library, not only those that issue IDs: parallel workers may have taken some.
 */
void
prepared_hold_init(void)
{
	RegisterXactCallback(keep_hold, NULL);
}

/* Is it a lock of ours, of a transaction that was prepared before the server started? */
static bool
is_kept_lock(const LockInstanceData *lock)
{
	uint16		tag = lock->locktag.locktag_field4;

	return lock->locktag.locktag_type == LOCKTAG_ADVISORY &&
		((tag & LAYOUT_TAG) != 0 || tag == PREPARED_UNIQUE_TIMES || tag == PREPARED_ALL) &&
		compat_lock_is_restored(lock);
}

/* The view of the transaction with this lock, which is added if needed; *count views have been used. */
static PreparedView *
view_of_lock(PreparedView *views, int *count, const LockInstanceData *lock)
{
	TransactionId xid = compat_lock_transaction(lock);

	for (int i = 0; i < *count; i++)
		if (views[i].xid == xid)
			return &views[i];
	memset(&views[*count], 0, sizeof(PreparedView));
	views[*count].xid = xid;
	views[*count].database = lock->locktag.locktag_field1;
	views[*count].since = PgStartTime;
	return &views[(*count)++];
}

/* What the locks say, by transaction.  Returns the number of transactions. */
static int
read_locks(PreparedView **result)
{
	LockData   *locks = GetLockStatusData();
	PreparedView *views = palloc((locks->nelements + 1) * sizeof(PreparedView));
	int			count = 0;

	*result = views;
	for (int i = 0; i < locks->nelements; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];
		PreparedView *view;
		int			used = 0;

		if (!is_kept_lock(lock))
			continue;
		view = view_of_lock(views, &count, lock);
		while (used < PREPARED_IDS - 1 && view->tags[used] != 0)
			used++;
		view->tags[used] = lock->locktag.locktag_field4;
		view->ids[used] = (uint64) lock->locktag.locktag_field2 << 32 | lock->locktag.locktag_field3;
	}
	return count;
}

/*
 * Read the locks that transactions hold which had been prepared when the server
 * started, once for each shared area.  The server is not in recovery, so they
 * have been restored.  Those that are prepared later have records.  Returns
 * false if there was no room for all of them.
 */
bool
prepared_hold_load(SharedArea *area)
{
	PreparedView *views;
	int			count;
	bool		is_complete = true;

	if (pg_atomic_read_u32(&area->prepared_loaded) != 0)
		return true;
	count = read_locks(&views);
	free_records(area);
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < count; i++)
		is_complete = write_record(area, &views[i]) && is_complete;
	pg_write_barrier();
	if (is_complete)
		pg_atomic_write_u32(&area->prepared_loaded, 1);
	LWLockRelease(&area->lock);
	pfree(views);
	return is_complete;
}

/*
 * Read a record.  Returns false if it holds nothing; that of a transaction that
 * has ended becomes free.
 */
bool
prepared_hold_read(SharedArea *area, int number, PreparedView *view)
{
	PreparedHold *record = &shmem_prepared(area)[number];
	uint32		xid;

	view->xid = pg_atomic_read_u32(&record->xid);
	if (view->xid == InvalidTransactionId)
		return false;
	pg_read_barrier();
	view->database = record->database;
	view->role = record->role;
	view->since = record->since;
	memcpy(view->tags, record->tags, sizeof(view->tags));
	memcpy(view->ids, record->ids, sizeof(view->ids));
	pg_read_barrier();
	if (pg_atomic_read_u32(&record->xid) != view->xid)
		return false;
	if (TransactionIdIsInProgress(view->xid))
		return true;
	xid = view->xid;
	(void) pg_atomic_compare_exchange_u32(&record->xid, &xid, InvalidTransactionId);
	return false;
}
