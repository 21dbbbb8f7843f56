/*-------------------------------------------------------------------------
 *
 * shmem.c
 *	  Finding or creating the shared area, and who owns which slot of it.
 *
 * When the library is preloaded, idgen.c asks for the memory at server start
 * and creates the area then.  When it is not, the first backend that needs the
 * area creates it in the slack that PostgreSQL leaves for such cases, as
 * contrib/pg_prewarm's autoprewarm does.
 *
 * What each field means, and what guards it, is in shmem.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/shmem.h"

#include "compat.h"
#include "shmem.h"

#define AREA_NAME "idgen"
#define RESERVATION_LOCK_NAME "IdgenReservation"

/* The area as this process sees it; NULL until shmem_area() was called. */
static SharedArea *shared = NULL;

/*
 * Bytes of the whole area.  Only regular backends and background workers run
 * SQL, and their process numbers are below MaxBackends.
 */
Size
shmem_size(void)
{
	return add_size(offsetof(SharedArea, slots),
					mul_size(MaxBackends, sizeof(BackendSlotPadded)));
}

static void
create_limits(SharedArea *area)
{
	pg_atomic_init_u32(&area->limits.loaded, 0);
	pg_atomic_init_u32(&area->limits.restarts, 0);
	pg_atomic_init_u64(&area->limits.start_us, 0);
	pg_atomic_init_u64(&area->limits.reserved_us, 0);
	pg_atomic_init_u64(&area->limits.extend_at_us, 0);
	pg_atomic_init_u64(&area->limits.barred_until_us, 0);
	pg_atomic_init_u64(&area->limits.highest_clock_ns, 0);
	pg_atomic_init_u32(&area->limits.clock_went_back, 0);
	LWLockInitialize(&area->reservation.lock, compat_new_tranche(RESERVATION_LOCK_NAME));
	pg_atomic_init_u64(&area->regressions, 0);
	pg_atomic_init_u64(&area->largest_regression_ns, 0);
	pg_atomic_init_u64(&area->reservation.count, 0);
	pg_atomic_init_u64(&area->reservation.spent_us, 0);
	for (int i = 0; i < lengthof(area->nodes_used.words); i++)
	{
		pg_atomic_init_u32(&area->nodes_used.words[i], 0);
		pg_atomic_init_u32(&area->nodes_barred.words[i], 0);
	}
}

/* An ERROR on the way leaves a format of zero, and the next caller starts anew. */
static void
create_area(SharedArea *area)
{
	memset(area, 0, shmem_size());
	pg_atomic_init_u64(&area->timeline.next, 0);
	create_limits(area);
	LWLockInitialize(&area->lock, compat_new_tranche(AREA_NAME));
	area->layout = layout_default;
	area->preloaded = false;
	area->slot_count = MaxBackends;
	for (int i = 0; i < area->slot_count; i++)
	{
		BackendSlot *slot = &area->slots[i].slot;

		pg_atomic_init_u64(&slot->next, 0);
		pg_atomic_init_u64(&slot->end, 0);
		pg_atomic_init_u64(&slot->ids_issued, 0);
		pg_atomic_init_u64(&slot->chunks_taken, 0);
		for (int cause = 0; cause < WAIT_CAUSES; cause++)
			pg_atomic_init_u64(&slot->waits[cause], 0);
		pg_atomic_init_u64(&slot->waited_us, 0);
		pg_atomic_init_u32(&slot->stale, 0);
	}
	area->format = SHARED_AREA_FORMAT;
}

/*
 * Add hints to PostgreSQL's own errors: "not enough shared memory", and "entry
 * size is wrong", which a library of another version meets first.
 */
static void
add_hint(void *arg)
{
	if (geterrcode() == ERRCODE_OUT_OF_MEMORY)
		errhint("Add \"idgen\" to \"shared_preload_libraries\" and restart the server, so that it reserves the memory at start.");
	else
		errhint("Restart the server if idgen was upgraded.");
}

/* Find the area, or create it. */
static SharedArea *
attach_area(void)
{
	ErrorContextCallback hint = {error_context_stack, add_hint, NULL};
	SharedArea *area;
	bool		found;

	error_context_stack = &hint;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	area = ShmemInitStruct(AREA_NAME, shmem_size(), &found);
	if (!found || area->format == 0)
		create_area(area);
	LWLockRelease(AddinShmemInitLock);
	error_context_stack = hint.previous;

	if (area->format != SHARED_AREA_FORMAT)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("shared memory of idgen was created by another version of its library"),
				errdetail("The format in memory is %d, this library's is %d.",
						  area->format, SHARED_AREA_FORMAT),
				errhint("Restart the server after an upgrade of idgen."));

	compat_register_tranche(area->lock.tranche, AREA_NAME);
	compat_register_tranche(area->reservation.lock.tranche, RESERVATION_LOCK_NAME);
	return area;
}

/*
 * The shared area, created if it does not exist yet.  ERROR if there is no
 * room for it, with shared memory as it was.
 */
SharedArea *
shmem_area(void)
{
	if (unlikely(shared == NULL))
		shared = attach_area();
	return shared;
}

/*
 * Create the area while the server starts.  After a crash this runs again, in
 * a process that still has the old pointer.
 */
void
shmem_startup(void)
{
	shared = NULL;
	shmem_area()->preloaded = true;
}

/*
 * Move the counters of a slot's last owner into the totals.  The caller holds
 * shared->lock.
 */
static void
retire_counts(BackendSlot *slot)
{
	IssueCounts *totals = &shared->totals;

	totals->ids_issued += pg_atomic_exchange_u64(&slot->ids_issued, 0);
	totals->chunks_taken += pg_atomic_exchange_u64(&slot->chunks_taken, 0);
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		totals->waits[cause] += pg_atomic_exchange_u64(&slot->waits[cause], 0);
	totals->waited_us += pg_atomic_exchange_u64(&slot->waited_us, 0);
}

/*
 * Leave the slot.  What is left of the chunk is never issued.  A parallel
 * worker tells its leader that positions beyond the leader's chunk may have
 * been issued in the same session.
 */
static void
release_slot(int code, Datum arg)
{
	BackendSlot *slot = (BackendSlot *) DatumGetPointer(arg);
	PGPROC	   *leader = MyProc->lockGroupLeader;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot->pid = 0;
	LWLockRelease(&shared->lock);

	if (leader != NULL && leader != MyProc)
		pg_atomic_write_u32(&shared->slots[compat_proc_number(leader)].slot.stale, 1);
}

/*
 * This process's slot, empty.  Once per process; the slot goes back when the
 * process ends.  If it ends without that, the whole server restarts and the
 * area is made anew.
 */
BackendSlot *
shmem_claim_slot(void)
{
	SharedArea *area = shmem_area();
	int			number = compat_proc_number(MyProc);
	BackendSlot *slot;

	if (number >= area->slot_count)
		elog(ERROR, "process number %d has no idgen slot", number);
	slot = &area->slots[number].slot;

	before_shmem_exit(release_slot, PointerGetDatum(slot));
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	retire_counts(slot);
	pg_atomic_write_u64(&slot->next, 0);
	pg_atomic_write_u64(&slot->end, 0);
	pg_atomic_write_u32(&slot->stale, 0);
	slot->pid = MyProcPid;
	LWLockRelease(&area->lock);
	return slot;
}

/* Counts of all backends there ever were since the area was created. */
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
			counts.waits[cause] += pg_atomic_read_u64(&slot->waits[cause]);
		counts.waited_us += pg_atomic_read_u64(&slot->waited_us);
	}
	LWLockRelease(&area->lock);
	return counts;
}
