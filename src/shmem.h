/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  The shared area: timelines, their limits, and a slot for every backend.
 *
 * Who guards what:
 *
 *	timeline->next		an atomic that only grows, by compare-and-swap, but for
 *						reset.c and give_back() in timeline.c, which say why they may.
 *	timeline->stopped	reservation.lock.
 *	timeline's turns	atomics that only say who comes next; see turn.c.
 *	timeline_count		shared->lock.  What is written of a timeline but once, its
 *						layout and node, is written before it counts.
 *	limits				atomics; see reservation.c for the first six, whose writers
 *						hold reservation.lock, and regression.c for the others.
 *	reservation			its own lock.
 *	slot counters		written by the slot's owner alone, read by anyone.  They
 *						are atomics so that a reader never sees half a number.
 *	slot.pid, totals	shared->lock.  Whoever claims a slot moves the counters of
 *						its last owner into the totals under it, so whoever sums
 *						totals and slots under it counts each ID once.
 *	slot's place in a line
 *						atomics written by the slot's owner alone; see turn.c.
 *	slot.stale			counted up by a parallel worker of the owner when it
 *						leaves; see timeline.c.
 *	layout				written once under shared->lock, before layout_is_fixed.
 *	nodes_used, generators_share
 *						bits are only added, under shared->lock; see id_space.c.
 *	moment_nodes_used	bits are only added, atomically.
 *	nodes_barred		bits are only added, under reservation.lock.
 *	regressions			atomics.
 *	the rest			written once, by whoever creates the area, before anyone
 *						else can see it (AddinShmemInitLock).
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SHMEM_H
#define IDGEN_SHMEM_H

#include "access/xlogdefs.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

#include "layout.h"

/* Why a call had to wait. */
typedef enum WaitCause
{
	WAIT_SEQUENCE,				/* more IDs were drawn than the layout holds */
	WAIT_DRIFT,					/* the clock is behind where the timeline began or got */
	WAIT_RESERVATION,			/* time had to be made durable first */
} WaitCause;

#define WAIT_CAUSES (WAIT_RESERVATION + 1)

/* What has been drawn, and what it cost. */
typedef struct IssueCounts
{
	uint64		ids_issued;
	uint64		chunks_taken;
	uint64		waits[WAIT_CAUSES];
	uint64		waited_us;
} IssueCounts;

/*
 * One backend's part of the shared area, on a cache line of its own that no one
 * else writes to, but for the count of workers that have left.
 */
typedef struct BackendSlot
{
	pg_atomic_uint64 ids_issued;
	pg_atomic_uint64 last_id_us;	/* time of the last take, us since 1970 */
	pg_atomic_uint64 chunks_taken;
	pg_atomic_uint64 waits[WAIT_CAUSES];
	pg_atomic_uint64 waited_us;
	pg_atomic_uint64 ticket;	/* place in a timeline's line; 0: in none */
	pg_atomic_uint64 line;		/* the timeline's address */
	pg_atomic_uint64 least;		/* positions needed */
	pg_atomic_uint32 stale;		/* drop chunks when it changes: parallel workers passed them */
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

/*
 * The next free position of a timeline, on a cache line with what only those read
 * who take from it at its limit.  What says whose it is concerns those of generators
 * only, and is read when one is looked for.
 */
typedef union Timeline
{
	struct
	{
		pg_atomic_uint64 next;
		uint64		stopped;	/* what reset.c found in next */
		SnowflakeLayout layout;
		uint64		node_bits;
		pg_atomic_uint64 crowded_until_ns;	/* several want more than there is; ns since 1970 */
		pg_atomic_uint64 tickets;	/* given out so far */
		pg_atomic_uint64 ahead_tick;	/* where a block was last taken before the tick was open */
		pg_atomic_uint64 last_wait_ns;	/* when somebody last waited ... */
		pg_atomic_uint32 last_waiter;	/* ... and his PID */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Timeline;

StaticAssertDecl(sizeof(Timeline) == PG_CACHE_LINE_SIZE, "a timeline has a cache line");

/*
 * Timelines of generators come in blocks, each twice as large as the one before,
 * so that they need not be known of, nor have a place, when the server starts.
 */
#define FIRST_TIMELINE_BLOCK 32
#define TIMELINE_BLOCKS 12
#define MAX_TIMELINES (FIRST_TIMELINE_BLOCK * ((1 << TIMELINE_BLOCKS) - 1))

/*
 * What every take reads and hardly anyone writes, so that all processors can
 * keep it in their caches.  Times are since 1970.
 */
typedef union Limits
{
	struct
	{
		pg_atomic_uint32 loaded;	/* 1 once the reservation has been read */
		pg_atomic_uint32 restarts;	/* of the timeline, by hand */
		pg_atomic_uint64 start_us;	/* IDs begin here, whatever the clock says */
		pg_atomic_uint64 reserved_us;	/* and stay below this time */
		pg_atomic_uint64 extend_at_us;	/* who gets here should extend that */
		pg_atomic_uint64 barred_until_us;	/* some nodes make no IDs below it */
		pg_atomic_uint64 highest_clock_ns;	/* to REGRESSION_STEP_NS */
		pg_atomic_uint32 clock_went_back;	/* 1 until it is as high again */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Limits;

/* The durable side of the reservation.  Times in us since 1970. */
typedef struct Reservation
{
	LWLock		lock;			/* guards what follows, and writing the limits */
	uint64		loaded_us;		/* what an earlier life of the server left */
	uint64		made_until_us;	/* IDs before the last reset lie below it */
	uint64		generators_until_us;	/* and those of nodes that generators have for good */
	uint64		written_us;		/* the last one written and flushed ... */
	uint64		written_extend_at_us;	/* ... to be extended from there on ... */
	XLogRecPtr	written_lsn;	/* ... by WAL up to here */
	pg_atomic_uint64 count;		/* made since the area was created */
	pg_atomic_uint64 spent_us;	/* on making them */
} Reservation;

/* A bit for each node; numbers beyond the last share them. */
#define NODES_REMEMBERED_BITS 10
#define NODES_REMEMBERED (1 << NODES_REMEMBERED_BITS)

typedef struct NodeSet
{
	pg_atomic_uint32 words[NODES_REMEMBERED / 32];
} NodeSet;

/* Changes whenever the structs here do. */
#define SHARED_AREA_FORMAT 5

typedef struct SharedArea
{
	Timeline	timeline;		/* of the server's own IDs */
	Timeline	moments;		/* of those of 128 bits */
	Limits		limits;
	int			format;			/* SHARED_AREA_FORMAT of the creator */
	LWLock		lock;
	Reservation reservation;
	pg_atomic_uint64 regressions;
	pg_atomic_uint64 largest_regression_ns;
	NodeSet		nodes_used;		/* by our IDs; bits are set before the first */
	NodeSet		moment_nodes_used;	/* the same for moments */
	NodeSet		nodes_barred;	/* below limits.barred_until_us; see reset.c */
	SnowflakeLayout layout;		/* of the server's own IDs */
	pg_atomic_uint32 layout_is_fixed;
	int			timeline_count; /* of generators */
	pg_atomic_uint32 generators_share;	/* 1: some with a node of its own is on the server's timeline */
	bool		preloaded;		/* created while the server started */
	uint8		clock_sequence; /* how those of UUIDs with the server's node begin, at random */
	int			slot_count;
	IssueCounts totals;			/* of the backends that are gone */
	BackendSlotPadded slots[FLEXIBLE_ARRAY_MEMBER];
} SharedArea;

StaticAssertDecl(offsetof(SharedArea, slots) % PG_CACHE_LINE_SIZE == 0,
				 "no slot shares a cache line");

extern void shmem_startup(int timelines);
extern SharedArea *shmem_area(void);
extern Size shmem_size(int timelines);
extern Timeline *shmem_timeline(int number);
extern int	shmem_count_timelines(void);
extern Timeline *shmem_add_timeline(const SnowflakeLayout *layout, uint64 node_bits);
extern BackendSlot *shmem_claim_slot(void);
extern IssueCounts shmem_total_counts(void);

/*
 * Has anything been taken since the timelines were restarted?  reset.c leaves a number
 * of restarts in next, below any position of use.
 */
static inline bool
shmem_is_used(SharedArea *area, uint64 next)
{
	return next > pg_atomic_read_u32(&area->limits.restarts);
}

/*
 * The time of the last ID on a timeline, in us since 1970, or where IDs begin; 0 if
 * that is not known yet.
 */
static inline int64
shmem_timeline_us(SharedArea *area, Timeline *timeline, const SnowflakeLayout *layout)
{
	uint64		next = pg_atomic_read_u64(&timeline->next);

	if (!shmem_is_used(area, next))
		return pg_atomic_read_u64(&area->limits.start_us);
	return layout_tick_start_us(layout, layout_position_tick(layout, next - 1));
}

static inline bool
shmem_has_node(NodeSet *set, uint32 node)
{
	node %= NODES_REMEMBERED;
	return (pg_atomic_read_u32(&set->words[node / 32]) & UINT32_C(1) << node % 32) != 0;
}

/* A full barrier. */
static inline void
shmem_add_node(NodeSet *set, uint32 node)
{
	node %= NODES_REMEMBERED;
	pg_atomic_fetch_or_u32(&set->words[node / 32], UINT32_C(1) << node % 32);
}

static inline void
shmem_add_all_nodes(NodeSet *set, NodeSet *others)
{
	for (int i = 0; i < NODES_REMEMBERED / 32; i++)
		pg_atomic_fetch_or_u32(&set->words[i], pg_atomic_read_u32(&others->words[i]));
}

/* A counter that only its owner writes needs no locked instruction. */
static inline void
shmem_add_own(pg_atomic_uint64 *counter, uint64 amount)
{
	pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + amount);
}

#endif							/* IDGEN_SHMEM_H */
