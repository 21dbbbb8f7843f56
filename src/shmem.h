/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  The shared area: one timeline, and a slot for every backend.
 *
 * Who guards what:
 *
 *	timeline.next		an atomic that only grows, by compare-and-swap.
 *	slot counters		written by the slot's owner alone, read by anyone.  They
 *						are atomics so that a reader never sees half a number.
 *	slot.pid, totals	shared->lock.  Whoever claims a slot moves the counters of
 *						its last owner into the totals under it, so whoever sums
 *						totals and slots under it counts each ID once.
 *	slot.stale			set by a parallel worker of the owner when it leaves,
 *						cleared by the owner; see timeline.c.
 *	the rest			written once, by whoever creates the area, before anyone
 *						else can see it (AddinShmemInitLock).
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SHMEM_H
#define IDGEN_SHMEM_H

#include "port/atomics.h"
#include "storage/lwlock.h"

#include "layout.h"

/* What has been drawn, and what it cost. */
typedef struct IssueCounts
{
	uint64		ids_issued;
	uint64		chunks_taken;
	uint64		waits;
	uint64		waited_us;
} IssueCounts;

/*
 * One backend's part of the shared area, on a cache line of its own that no one
 * else writes to, but for the mark.  The chunk is the positions next .. end - 1:
 * taken from the timeline, ours, not yet issued.
 */
typedef struct BackendSlot
{
	pg_atomic_uint64 next;		/* next - 1 was the last, but during a take */
	pg_atomic_uint64 end;
	pg_atomic_uint64 ids_issued;
	pg_atomic_uint64 chunks_taken;
	pg_atomic_uint64 waits;
	pg_atomic_uint64 waited_us;
	pg_atomic_uint32 stale;		/* drop the chunk: parallel workers passed it */
	int32		pid;			/* 0 when free */
} BackendSlot;

/* ShmemInitStruct() aligns the area itself to cache lines. */
#define CACHE_LINE_ALIGNED pg_attribute_aligned(PG_CACHE_LINE_SIZE)

typedef union BackendSlotPadded
{
	BackendSlot slot;
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED BackendSlotPadded;

StaticAssertDecl(sizeof(BackendSlotPadded) <= 128, "a backend takes at most 128 bytes");

/* The next free position of a timeline, alone on its cache line. */
typedef union Timeline
{
	pg_atomic_uint64 next;
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Timeline;

/* Changes whenever the structs here do. */
#define SHARED_AREA_FORMAT 1

typedef struct SharedArea
{
	Timeline	timeline;
	int			format;			/* SHARED_AREA_FORMAT of the creator */
	LWLock		lock;
	SnowflakeLayout layout;
	bool		preloaded;		/* created while the server started */
	int			slot_count;
	IssueCounts totals;			/* of the backends that are gone */
	BackendSlotPadded slots[FLEXIBLE_ARRAY_MEMBER];
} SharedArea;

StaticAssertDecl(offsetof(SharedArea, slots) % PG_CACHE_LINE_SIZE == 0,
				 "no slot shares a cache line");

extern void shmem_startup(void);
extern SharedArea *shmem_area(void);
extern Size shmem_size(void);
extern BackendSlot *shmem_claim_slot(void);
extern IssueCounts shmem_total_counts(void);

/* A counter that only its owner writes needs no locked instruction. */
static inline void
shmem_add_own(pg_atomic_uint64 *counter, uint64 amount)
{
	pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + amount);
}

#endif							/* IDGEN_SHMEM_H */
