/*-------------------------------------------------------------------------
 *
 * shmem.c
 *	  Finding or creating the shared area, and assigning its slots.
 *
 * If the library is preloaded, idgen.c requests the memory at server start and
 * creates the area then.  If it is not, the first backend that needs the area
 * creates it in the spare shared memory that PostgreSQL leaves for such cases,
 * as contrib/pg_prewarm's autoprewarm does.  Blocks of timelines are added in
 * the same way.
 *
 * shmem.h says what each field means and what guards it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/twophase.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"

#include "base/compat.h"
#include "engine/shmem.h"

#define AREA_NAME "idgen"
#define TIMELINE_BLOCK_NAME "idgen timelines %d"
/* Transactions that are being prepared need records, too, and some of them fail. */
#define PREPARED_RECORDS (2 * max_prepared_xacts)
#define RESERVATION_LOCK_NAME "IdgenReservation"

/* The area; NULL until shmem_area() is called. */
static SharedArea *shared = NULL;

/* The blocks of timelines to which this process has attached. */
static Timeline *timeline_blocks[TIMELINE_BLOCKS];

/*
 * Bytes of the area.  Only regular backends and background workers run SQL, and
 * their process numbers are below MaxBackends.
 */
static Size
area_size(void)
{
	Size		size = add_size(offsetof(SharedArea, slots), mul_size(MaxBackends, sizeof(BackendSlotPadded)));

	return add_size(size, mul_size(PREPARED_RECORDS, sizeof(PreparedHold)));
}

/* Bytes of a block: its timelines, and after them their numbers of IDs. */
static Size
block_size(int block)
{
	return mul_size((Size) FIRST_TIMELINE_BLOCK << block, sizeof(Timeline) + sizeof(pg_atomic_uint64));
}

/* The number of blocks that hold this many timelines (0 .. MAX_TIMELINES). */
static int
blocks_for(int timelines)
{
	int			blocks = 0;

	for (; timelines > 0; blocks++)
		timelines -= FIRST_TIMELINE_BLOCK << blocks;
	return blocks;
}

/* Bytes to request at server start, for this many timelines. */
Size
shmem_size(int timelines)
{
	Size		size = area_size();

	for (int block = 1; block < blocks_for(timelines); block++)
		size = add_size(size, add_size(block_size(block), PG_CACHE_LINE_SIZE));
	return size;
}

void
shmem_init_timeline(Timeline *timeline)
{
	memset(timeline, 0, sizeof(Timeline));
	pg_atomic_init_u64(&timeline->next, 0);
	pg_atomic_init_u64(&timeline->repeats_until_us, 0);
	pg_atomic_init_u32(&timeline->time_bits, 0);
	pg_atomic_init_u32(&timeline->uses, 0);
	pg_atomic_init_u64(&timeline->uncommitted, 0);
	pg_atomic_init_u64(&timeline->crowded_until_ns, 0);
	pg_atomic_init_u64(&timeline->tickets, 0);
	pg_atomic_init_u64(&timeline->ahead_tick, UINT64_MAX);
	pg_atomic_init_u64(&timeline->last_wait_ns, 0);
	pg_atomic_init_u32(&timeline->last_waiter, 0);
	pg_atomic_init_u64(&timeline->horizon, 0);
}

static void
create_limits(SharedArea *area)
{
	pg_atomic_init_u32(&area->limits.loaded, 0);
	pg_atomic_init_u32(&area->limits.restarts, 0);
	pg_atomic_init_u32(&area->limits.resets, 0);
	pg_atomic_init_u64(&area->limits.start_us, 0);
	pg_atomic_init_u64(&area->limits.reserved_us, 0);
	pg_atomic_init_u64(&area->limits.extend_at_us, 0);
	pg_atomic_init_u64(&area->limits.highest_clock_ns, 0);
	pg_atomic_init_u64(&area->limits.reference_offset_ns, 0);
	pg_atomic_init_u64(&area->limits.least_lead_ns, 0);
	pg_atomic_init_u64(&area->limits.offsets_ended, 0);
	pg_atomic_init_u64(&area->limits.behind_since_us, 0);
	pg_atomic_init_u32(&area->limits.clock_is_behind, 0);
	LWLockInitialize(&area->reservation.lock, compat_new_tranche(RESERVATION_LOCK_NAME));
	pg_atomic_init_u64(&area->regressions, 0);
	pg_atomic_init_u64(&area->largest_regression_ns, 0);
	pg_atomic_init_u64(&area->hlc_refused, 0);
	pg_atomic_init_u32(&area->reservation.writer, 0);
	ConditionVariableInit(&area->reservation.writer_left);
	pg_atomic_init_u64(&area->reservation.count, 0);
	pg_atomic_init_u64(&area->reservation.spent_us, 0);
}

/* Without an agent, the worker ID is the setting's, for all time. */
static void
create_lease(SharedArea *area)
{
	pg_atomic_init_u64(&area->lease_limits.holding, 0);
	pg_atomic_init_u64(&area->lease_limits.start_us, 0);
	pg_atomic_init_u64(&area->lease_limits.until_us, SHMEM_LAST_US);
	pg_atomic_init_u64(&area->lease_limits.extend_at_us, SHMEM_LAST_US);
	pg_atomic_init_u32(&area->lease_limits.datacenter, 0);
	pg_atomic_init_u32(&area->lease.agent, 0);
	pg_atomic_init_u32(&area->lease.is_asked, 0);
	pg_atomic_init_u32(&area->lease.requests, 0);
	pg_atomic_init_u32(&area->lease.suspensions, 0);
	pg_atomic_init_u64(&area->lease.releases, 0);
	pg_atomic_init_u64(&area->lease.wanted_us, 0);
	pg_atomic_init_u64(&area->lease.start_tried_ns, 0);
	pg_atomic_init_u64(&area->lease.changes, 0);
	ConditionVariableInit(&area->lease.changed);
}

static void
create_timelines(SharedArea *area)
{
	shmem_init_timeline(&area->unique_times);
	shmem_init_timeline(&area->hlc);
	for (int i = 0; i < SHARED_TIMELINES; i++)
	{
		shmem_init_timeline(&area->shared_timelines[i]);
		pg_atomic_init_u32(&area->shared_is_needed[i], 0);
	}
	for (int i = 0; i < TIMELINE_BUCKETS; i++)
		pg_atomic_init_u32(&area->timelines_of_bucket[i], 0);
	for (int i = 0; i < AREA_TIMELINES; i++)
		pg_atomic_init_u64(&area->issued[i], 0);
	area->timeline_limit = TIMELINES_IN_BLOCKS(BLOCKS_WITHOUT_PRELOADING);
}

static void
init_slot(BackendSlot *slot)
{
	pg_atomic_init_u64(&slot->ids_issued, 0);
	pg_atomic_init_u64(&slot->last_id_us, 0);
	pg_atomic_init_u64(&slot->chunks_taken, 0);
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		pg_atomic_init_u32(&slot->waits[cause], 0);
	pg_atomic_init_u64(&slot->waited_us, 0);
	pg_atomic_init_u64(&slot->ticket, 0);
	pg_atomic_init_u32(&slot->line, 0);
	pg_atomic_init_u32(&slot->least, 0);
	pg_atomic_init_u32(&slot->stale, 0);
	pg_atomic_init_u64(&slot->hold.server, 0);
	pg_atomic_init_u64(&slot->hold.unique_times, 0);
	for (int i = 0; i < HOLD_GENERATORS; i++)
	{
		pg_atomic_init_u64(&slot->hold.generators[i], 0);
		pg_atomic_init_u32(&slot->hold.keys[i], 0);
	}
	pg_atomic_init_u32(&slot->hold.transaction, 0);
	SpinLockInit(&slot->hold.mutex);
}

/* The records of prepared transactions, prepared_count of them. */
PreparedHold *
shmem_prepared(SharedArea *area)
{
	return (PreparedHold *) (area->slots + area->slot_count);
}

static void
create_slots(SharedArea *area)
{
	area->slot_count = MaxBackends;
	for (int i = 0; i < area->slot_count; i++)
		init_slot(&area->slots[i].slot);

	pg_atomic_init_u32(&area->prepared_loaded, 0);
	area->prepared_count = PREPARED_RECORDS;
	for (int i = 0; i < area->prepared_count; i++)
		pg_atomic_init_u32(&shmem_prepared(area)[i].xid, 0);

	SpinLockInit(&area->horizons.mutex);
	pg_atomic_init_u32(&area->horizons.joins, 0);
	pg_atomic_init_u32(&area->horizons.given_back, 0);
	pg_atomic_init_u64(&area->horizons.others_us, 0);
}

static void
create_slow_counts(SlowCounts *counts)
{
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		histogram_init(&counts->waits[cause]);
	histogram_init(&counts->reservations);
	failure_counts_init(counts->failures);
}

/* An ERROR before the end leaves a format of zero, and the next caller starts over. */
static void
create_area(SharedArea *area)
{
	memset(area, 0, area_size());
	create_timelines(area);
	create_limits(area);
	create_lease(area);
	create_slow_counts(&area->slow_counts);
	LWLockInitialize(&area->lock, compat_new_tranche(AREA_NAME));
	pg_atomic_init_u32(&area->layout_is_fixed, 0);
	area->preloaded = false;
	/* Not from the pool of random.c, which belongs to one process. */
	if (!pg_strong_random(&area->clock_sequence, sizeof(area->clock_sequence)))
		ereport(ERROR,
				errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	create_slots(area);
	area->format = SHARED_AREA_FORMAT;
}

/*
 * Add hints to PostgreSQL's own errors: "not enough shared memory", and "entry
 * size is wrong", which is the first error that a library of another version
 * gets.
 */
static void
add_shmem_hint(void *arg)
{
	if (geterrcode() == ERRCODE_OUT_OF_MEMORY)
		errhint("Add \"idgen\" to \"shared_preload_libraries\" and restart the server, so that it reserves the memory at start. For many generators, also raise \"idgen.max_generators\".");
	else
		errhint("Restart the server if idgen was upgraded.");
}

/*
 * Find a piece of shared memory, or allocate and initialize it.  ERROR if there
 * is no room, or if init fails; no lock is held then, because a process that
 * exits may need AddinShmemInitLock in a callback.
 */
void *
shmem_attach_piece(const char *name, Size size, void (*init) (void *piece, bool found))
{
	ErrorContextCallback hint = {error_context_stack, add_shmem_hint, NULL};
	void	   *piece;
	bool		found;

	error_context_stack = &hint;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	PG_TRY();
	{
		piece = ShmemInitStruct(name, size, &found);
		init(piece, found);
	}
	PG_CATCH();
	{
		/*
		 * ereport() has reset the count of interrupt holds, which
		 * LWLockRelease() decrements.
		 */
		HOLD_INTERRUPTS();
		LWLockRelease(AddinShmemInitLock);
		PG_RE_THROW();
	}
	PG_END_TRY();
	LWLockRelease(AddinShmemInitLock);
	error_context_stack = hint.previous;
	return piece;
}

static void
init_area(void *piece, bool found)
{
	if (!found || ((SharedArea *) piece)->format == 0)
		create_area(piece);
}

static SharedArea *
attach_area(void)
{
	SharedArea *area = shmem_attach_piece(AREA_NAME, area_size(), init_area);

	if (area->format != SHARED_AREA_FORMAT)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("shared memory of idgen was created by another version of its library"),
				errdetail("The format in memory is %d, and the format of this library is %d.",
						  area->format, SHARED_AREA_FORMAT),
				errhint("Restart the server after an upgrade of idgen."));

	compat_register_tranche(area->lock.tranche, AREA_NAME);
	compat_register_tranche(area->reservation.lock.tranche, RESERVATION_LOCK_NAME);
	return area;
}

/*
 * The shared area, which is created if it does not exist yet.  ERROR if there
 * is no room for it; shared memory is unchanged then.
 */
SharedArea *
shmem_area(void)
{
	if (unlikely(shared == NULL))
		shared = attach_area();
	return shared;
}


/* A timeline is initialized when it is added. */
static void
init_nothing(void *piece, bool found)
{
}

/*
 * A block of timelines, which is allocated if it does not exist yet.  ERROR if
 * there is no room for it; shared memory is unchanged then.
 */
static Timeline *
attach_block(int block)
{
	char		name[64];

	if (block == 0)
		return shmem_area()->first_timelines;
	snprintf(name, sizeof(name), TIMELINE_BLOCK_NAME, block);
	return shmem_attach_piece(name, block_size(block), init_nothing);
}

/*
 * Create the area while the server starts, with the blocks for this many
 * timelines, which will be all.  After a crash this runs again, in a process
 * that still has the old pointers.
 */
void
shmem_startup(int timelines)
{
	int			blocks = Max(blocks_for(timelines), 1);

	shared = NULL;
	memset(timeline_blocks, 0, sizeof(timeline_blocks));
	shmem_area()->preloaded = true;
	shared->timeline_limit = TIMELINES_IN_BLOCKS(blocks);
	for (int block = 0; block < blocks; block++)
		timeline_blocks[block] = attach_block(block);
}

/*
 * A timeline by its number, which is at most timeline_count.  ERROR if its
 * block does not exist and has no room; never if this process has attached to
 * the block before.
 */
Timeline *
shmem_timeline(int number)
{
	int			block = 0;

	while (number >= FIRST_TIMELINE_BLOCK << block)
		number -= FIRST_TIMELINE_BLOCK << block++;
	if (timeline_blocks[block] == NULL)
		timeline_blocks[block] = attach_block(block);
	return &timeline_blocks[block][number];
}

/*
 * The number of IDs that have been issued from a timeline, to which this
 * process has attached.  It is not in the timeline's cache line, which has no
 * room.
 */
pg_atomic_uint64 *
shmem_issued(Timeline *timeline)
{
	Timeline   *first = &shmem_area()->unique_times;

	if (timeline >= first && timeline < first + AREA_TIMELINES)
		return &shared->issued[timeline - first];
	for (int block = 1; block < TIMELINE_BLOCKS; block++)
	{
		Timeline   *of_block = timeline_blocks[block];
		Timeline   *end;

		if (of_block == NULL)
			continue;
		end = of_block + (FIRST_TIMELINE_BLOCK << block);
		if (timeline >= of_block && timeline < end)
			return (pg_atomic_uint64 *) end + (timeline - of_block);
	}
	elog(ERROR, "timeline is not in shared memory");
}

/*
 * Call a function that attaches to shared memory; returns false, without an
 * error, if there is no room.  The function must leave nothing behind that an
 * ERROR would have to clean up, but for the lock that PostgreSQL 19 holds when it
 * raises, and has the end of the transaction release.  We release all locks, so a
 * caller that holds one, or holds off interrupts, gets the ERROR.
 */
bool
shmem_attach_if_room(void (*attach) (int number), int number)
{
	MemoryContext context = CurrentMemoryContext;
	const bool	may_go_on = InterruptHoldoffCount == 0;
	volatile bool has_room = true;

	PG_TRY();
	{
		attach(number);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_OUT_OF_MEMORY || !may_go_on)
			PG_RE_THROW();
		LWLockReleaseAll();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		has_room = false;
	}
	PG_END_TRY();
	return has_room;
}

static void
attach_timeline(int number)
{
	(void) shmem_timeline(number);
}

/*
 * Attach to a timeline, so that shmem_timeline() does not raise for its
 * number.  False if there is no room for its block.
 */
bool
shmem_reach_timeline(int number)
{
	return shmem_attach_if_room(attach_timeline, number);
}

static void
attach_area_only(int number)
{
	(void) shmem_area();
}

SharedArea *
shmem_area_if_room(void)
{
	if (shared != NULL)
		return shared;
	return shmem_attach_if_room(attach_area_only, 0) ? shared : NULL;
}

/* The area, or NULL if this process has not attached to it. */
SharedArea *
shmem_area_if_attached(void)
{
	return shared;
}

/* The number of timelines in blocks, without the shared ones. */
int
shmem_count_timelines(void)
{
	SharedArea *area = shmem_area();
	int			count;

	LWLockAcquire(&area->lock, LW_SHARED);
	count = area->timeline_count;
	LWLockRelease(&area->lock);
	return count;
}

/* Move the counters of a slot's last owner into the totals.  The caller holds shared->lock. */
static void
retire_slot_counts(BackendSlot *slot)
{
	IssueCounts *totals = &shared->totals;

	totals->ids_issued += pg_atomic_exchange_u64(&slot->ids_issued, 0);
	totals->chunks_taken += pg_atomic_exchange_u64(&slot->chunks_taken, 0);
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		totals->waits[cause] += pg_atomic_exchange_u32(&slot->waits[cause], 0);
	totals->waited_us += pg_atomic_exchange_u64(&slot->waited_us, 0);
}

/*
 * A parallel worker tells its leader that positions beyond the leader's chunk, or
 * numbers beyond its share of a segment, may have been issued in the same session.
 * What it issued was issued before.
 */
void
shmem_tell_leader(void)
{
	PGPROC	   *leader = MyProc->lockGroupLeader;

	if (leader != NULL && leader != MyProc)
		pg_atomic_fetch_add_u32(&shared->slots[compat_proc_number(leader)].slot.stale, 1);
}

/* Leave the slot.  What is left of the chunk is never issued. */
static void
release_slot(int code, Datum arg)
{
	BackendSlot *slot = (BackendSlot *) DatumGetPointer(arg);

	/* No lock is taken: an ERROR may have left us with one. */
	pg_write_barrier();
	slot->pid = 0;
	shmem_tell_leader();
}

/* This process's slot, whether it has been claimed or not. */
BackendSlot *
shmem_own_slot(void)
{
	SharedArea *area = shmem_area();
	int			number = compat_proc_number(MyProc);

	if (number >= area->slot_count)
		elog(ERROR, "process number %d has no idgen slot", number);
	return &area->slots[number].slot;
}

/*
 * Claim this process's slot, once per process.  It is released when the process
 * exits.  If the process dies without that, the whole server restarts and the
 * area is created again.
 */
BackendSlot *
shmem_claim_slot(void)
{
	SharedArea *area = shmem_area();
	BackendSlot *slot = shmem_own_slot();

	before_shmem_exit(release_slot, PointerGetDatum(slot));
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	retire_slot_counts(slot);
	pg_atomic_write_u64(&slot->last_id_us, 0);
	slot->pid = MyProcPid;
	slot->role = GetAuthenticatedUserId();
	LWLockRelease(&area->lock);
	return slot;
}

/* Counters of all backends since the area was created. */
IssueCounts
shmem_total_counts(void)
{
	SharedArea *area = shmem_area();
	IssueCounts counts;

	LWLockAcquire(&area->lock, LW_SHARED);
	counts = area->totals;
	for (int i = 0; i < area->slot_count; i++)
	{
		BackendSlot *slot = &area->slots[i].slot;

		counts.ids_issued += pg_atomic_read_u64(&slot->ids_issued);
		counts.chunks_taken += pg_atomic_read_u64(&slot->chunks_taken);
		for (int cause = 0; cause < WAIT_CAUSES; cause++)
			counts.waits[cause] += pg_atomic_read_u32(&slot->waits[cause]);
		counts.waited_us += pg_atomic_read_u64(&slot->waited_us);
	}
	LWLockRelease(&area->lock);
	return counts;
}
