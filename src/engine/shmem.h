/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  The shared area: timelines, their limits, and a slot for every backend.
 *
 * Who guards what:
 *
 *	timeline->next		an atomic that only grows, by compare-and-swap, except in
 *						reset.c and give_back() in timeline.c, which say why they may.
 *	timeline->stopped	reservation.writer.
 *	timeline->left_until_us
 *						an atomic, written by reservation.writer; see reset.c.
 *	timeline->keeps_node
 *						an atomic that only becomes 1, before the first take for the
 *						generator that is the reason.
 *	timeline->time_bits	an atomic that only grows, before the first take for the layout
 *						that is the reason.
 *	timeline->uncommitted
 *						an atomic, written by who is to take for a generator, before that.
 *	timeline's turns	atomics that only say who comes next; see turn.c.
 *	shared_is_needed	atomics that only become 1, under shared->lock, after the
 *						layout of the timeline that spaces share has been written.
 *						Whoever reads 1, and has a barrier after that, finds all of it;
 *						nobody else looks at it.  Litmus test: published.
 *	timelines_of_bucket, timeline_count
 *						written under shared->lock, the former atomically and last,
 *						after a barrier: whoever finds a timeline in a bucket finds,
 *						beyond a barrier of his own, the rest of it, its layout, node
 *						and the next one of the bucket, written.  Litmus test: published.
 *	limits				atomics; see reservation.c for who writes the first six, and
 *						reference_clock.c for the others.
 *	reservation			its writer if there is one, or else its lock.
 *	slot counters		written by the slot's owner alone, read by anyone.  They
 *						are atomics so that a reader never sees half a number.
 *	slot.pid, role, totals
 *						shared->lock, except that the owner clears pid without it when
 *						it leaves.  Whoever claims a slot moves the counters of
 *						its last owner into the totals under it, so whoever sums
 *						totals and slots under it counts each ID once, and whoever
 *						reads a pid and then counters under it pairs what belongs
 *						together: a lock is all the order it takes.
 *	slot's place in a line
 *						atomics written by the slot's owner alone; see turn.c.
 *	slot.stale			counted up by a parallel worker of the owner when it
 *						leaves; see timeline.c.
 *	created, created_count
 *						shared->lock.
 *	layout				written once under shared->lock, before layout_is_fixed.
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
#include "storage/condition_variable.h"
#include "storage/lwlock.h"

#include "bits/layout.h"

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
	Oid			role;			/* who connected, as in pg_stat_activity */
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
 * who take from it at its limit.  Whose it is concerns only those who look for one;
 * see id_space.c.
 */
typedef union Timeline
{
	struct
	{
		pg_atomic_uint64 next;
		pg_atomic_uint64 left_until_us; /* reset.c went back below its IDs, which end here */
		uint64		stopped;	/* what reset.c found in next */
		SnowflakeLayout layout;
		uint64		node_bits;
		int			next_of_bucket; /* a number plus 1; 0: no other */
		pg_atomic_uint32 time_bits; /* of the widest time among layouts that it serves */
		pg_atomic_uint32 keeps_node;	/* 1: its IDs do not go with the server's node alone */
		pg_atomic_uint64 uncommitted;	/* for whom IDs were issued so; see id_space.c */
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
 * Timelines come in blocks, each twice as large as the one before, so that they need
 * not be known of, nor have a place, when the server starts.  The first block is
 * part of the area.
 */
#define FIRST_TIMELINE_BLOCK 32
#define TIMELINE_BLOCKS 12
#define TIMELINES_IN_BLOCKS(blocks) (FIRST_TIMELINE_BLOCK * ((1 << (blocks)) - 1))
#define MAX_TIMELINES TIMELINES_IN_BLOCKS(TIMELINE_BLOCKS)

/* Without preloading, what is left for locks stays theirs: 24 kB more at most. */
#define BLOCKS_WITHOUT_PRELOADING 3

/* Timelines are found by a hash of their space; a power of two. */
#define TIMELINE_BUCKETS 256

/*
 * When there are no more timelines, spaces that the server itself must be able to
 * have share one: those of its layout, and those of 128-bit IDs with its node.
 */
typedef enum SharedTimeline
{
	SHARED_BY_SERVER_LAYOUT,
	SHARED_BY_UNIQUE_TIMES,
} SharedTimeline;

#define SHARED_TIMELINES (SHARED_BY_UNIQUE_TIMES + 1)

/*
 * What every take reads and hardly anyone writes, so that all processors can
 * keep it in their caches.  Times are since 1970.
 */
typedef union Limits
{
	struct
	{
		pg_atomic_uint32 loaded;	/* 1 once the reservation has been read */
		pg_atomic_uint32 restarts;	/* of the timelines, by hand, also those that failed */
		pg_atomic_uint32 resets;	/* those that did not */
		pg_atomic_uint64 start_us;	/* IDs begin here, whatever the clock says */
		pg_atomic_uint64 reserved_us;	/* and stay below this time */
		pg_atomic_uint64 extend_at_us;	/* who gets here should extend that */
		pg_atomic_uint64 highest_clock_ns;	/* of the reference clock, to REFERENCE_STEP_NS */
		pg_atomic_uint64 reference_offset_ns;	/* to nine tenths of the monotonic clock; none if not above 0 */
		pg_atomic_uint64 offsets_ended; /* counts how often there came to be none */
		pg_atomic_uint64 least_lead_ns; /* since IDs began ahead; 0: not known */
		pg_atomic_uint64 behind_since_us;
		pg_atomic_uint32 clock_is_behind;	/* why, until the wall clock has caught up; or 0 */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Limits;

/* The durable side of the reservation.  Times in us since 1970. */
typedef struct Reservation
{
	LWLock		lock;			/* for short looks, and to become the writer */
	pg_atomic_uint32 writer;	/* its pid, 0 if nobody is writing; set under the lock, cleared without */
	ConditionVariable writer_left;	/* for those who wait until it is 0 */
	bool		early_failed;	/* the last early extension did, which has been logged */
	uint16		written_origin; /* the origin's number at the last write, 0 before the first */
	uint64		loaded_us;		/* what an earlier life of the server left */
	uint64		written_us;		/* the last one written and flushed ... */
	uint64		written_extend_at_us;	/* ... to be extended from there on ... */
	XLogRecPtr	written_lsn;	/* ... by WAL up to here ... */
	uint64		written_in_us;	/* ... which took so long */
	pg_atomic_uint64 count;		/* made since the area was created */
	pg_atomic_uint64 spent_us;	/* on making them */
} Reservation;

/* A generator that was created while the server runs; the last so many are remembered. */
typedef struct CreatedGenerator
{
	Oid			database;
	Oid			server;			/* foreign server */
} CreatedGenerator;

#define CREATED_GENERATORS 64

/* Changes whenever the structs here do. */
#define SHARED_AREA_FORMAT 8

typedef struct SharedArea
{
	Timeline	unique_times;	/* of 128-bit IDs in order that have no node */
	Timeline	shared_timelines[SHARED_TIMELINES];
	Timeline	first_timelines[FIRST_TIMELINE_BLOCK];
	Limits		limits;
	int			format;			/* SHARED_AREA_FORMAT of the creator */
	LWLock		lock;
	Reservation reservation;
	pg_atomic_uint64 regressions;
	pg_atomic_uint64 largest_regression_ns;
	SnowflakeLayout layout;		/* of the server's own IDs */
	pg_atomic_uint32 layout_is_fixed;
	pg_atomic_uint32 shared_is_needed[SHARED_TIMELINES];
	pg_atomic_uint32 timelines_of_bucket[TIMELINE_BUCKETS]; /* numbers plus 1; 0: none */
	int			timeline_count;
	int			timeline_limit; /* there will be no more; guarded as timeline_count */
	CreatedGenerator created[CREATED_GENERATORS];	/* in turns */
	uint32		created_count;
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
extern SharedArea *shmem_area_if_room(void);
extern Size shmem_size(int timelines);
extern void shmem_init_timeline(Timeline *timeline);
extern Timeline *shmem_timeline(int number);
extern bool shmem_reach_timeline(int number);
extern int	shmem_count_timelines(void);
extern BackendSlot *shmem_claim_slot(void);
extern IssueCounts shmem_total_counts(void);

/*
 * Has anything been taken since the timelines were restarted?  reset.c leaves a number
 * of restarts in next, below any position of use; the caller has read it.
 *
 * reset.c counts the restart before it leaves that number, by atomics that order.  So whoever
 * has read it reads a count that is not less, but only beyond a barrier: without, the
 * number would pass for a position.  Litmus test: restarts.
 */
static inline bool
shmem_is_used(SharedArea *area, uint64 next)
{
	pg_read_barrier();
	return next > pg_atomic_read_u32(&area->limits.restarts);
}

/*
 * The time of the last ID on a timeline, in us since 1970, or where IDs begin if that
 * is later; 0 if that is not known yet.
 */
static inline int64
shmem_timeline_us(SharedArea *area, Timeline *timeline, const SnowflakeLayout *layout)
{
	uint64		next = pg_atomic_read_u64(&timeline->next);
	bool		is_used = shmem_is_used(area, next);
	int64		start_us = pg_atomic_read_u64(&area->limits.start_us);

	if (!is_used)
		return start_us;
	return Max(start_us, layout_tick_start_us(layout, layout_position_tick(layout, next - 1)));
}

/* The layout of the server's own IDs; NULL if it has not been fixed yet.  Litmus test: published. */
static inline const SnowflakeLayout *
shmem_server_layout(SharedArea *area)
{
	if (pg_atomic_read_u32(&area->layout_is_fixed) == 0)
		return NULL;
	pg_read_barrier();
	return &area->layout;
}

/* Let an atomic be at least value. */
static inline void
shmem_raise_to(pg_atomic_uint64 *atomic, uint64 value)
{
	uint64		old = pg_atomic_read_u64(atomic);

	while (old < value && !pg_atomic_compare_exchange_u64(atomic, &old, value))
		;
}

/* A counter that only its owner writes needs no locked instruction. */
static inline void
shmem_add_own(pg_atomic_uint64 *counter, uint64 amount)
{
	pg_atomic_write_u64(counter, pg_atomic_read_u64(counter) + amount);
}

#endif							/* IDGEN_SHMEM_H */
