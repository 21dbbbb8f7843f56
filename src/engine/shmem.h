/*-------------------------------------------------------------------------
 *
 * shmem.h
 *	  The shared area: timelines, their limits, and a slot for every backend.
 *
 * What guards each field:
 *
 *	timeline->next		an atomic that only grows, by compare-and-swap, except in
 *						reset.c and give_back() in timeline.c, which say why they may.
 *	timeline->stopped	reservation.writer.
 *	timeline->repeats_until_us
 *						an atomic, written by reservation.writer; see reset.c.
 *	timeline->uses      an atomic whose bits are only set, before the first take for
 *						the generator that is the reason; see horizon_join().
 *	timeline->horizon, horizons.*
 *						horizons.mutex; read without it where horizon.c says so.
 *	slot.hold           written under its mutex, by the transaction's processes, and
 *						read without it; see hold.c.
 *	prepared            shared->lock; read without it; see prepared_hold.c.
 *	timeline->time_bits	an atomic that only grows, before the first take for the layout
 *						that is the reason.
 *	timeline->uncommitted
 *						an atomic, written by a process that is about to take for a
 *						generator, before it takes.
 *	timeline's turns        atomics that only decide which backend comes next;
 *	see turn.c. shared_is_needed atomics that only become 1, under
 *	shared->lock, after the
 *						layout of the shared timeline has been written.  A process
 *						that reads 1, and has a barrier after that, finds all of the
 *						layout; others do not read it.  Litmus test: published.
 *	issued, and those of blocks
 *						atomics; see timeline_count_issued().
 *	timelines_of_bucket, timeline_count
 *						written under shared->lock, the former atomically and last,
 *						after a barrier: a process that finds a timeline in a bucket
 *						finds, after a barrier of its own, the rest of the timeline
 *						(layout, node and the next one of the bucket) written.
 *						Litmus test: published.
 *	limits				atomics; see reservation.c for who writes the first six, and
 *						reference_clock.c for the others.
 *	reservation			its writer if there is one, or else its lock.
 *	slot counters		written by the slot's owner alone, read by anyone.  They
 *						are atomics so that a reader never sees half a number.
 *	slot.pid, role, totals
 *						shared->lock, except that the owner clears pid without it when
 *						it leaves.  A process that claims a slot moves the counters of
 *						its last owner into the totals under the lock.  So a process
 *						that sums totals and slots under the lock counts each ID once,
 *						and one that reads a pid and then counters under the lock gets
 *						counters of that backend: no other ordering is needed.
 *	slot's place in a line
 *						atomics written by the slot's owner alone; see turn.c.
 *	slot.stale			incremented by a parallel worker of the owner when the worker
 *						leaves; see chunk.c.
 *	created, created_count
 *						shared->lock.
 *	lease_limits		atomics that the lease agent alone writes, and an agent that
 *						ends after it; see lease_limit.c for the order.
 *	lease.agent, is_asked, requests, suspensions, releases, wanted_us,
 *	start_tried_ns, changes
 *						atomics.
 *	lease.report		shared->lock, except that the agent clears agent_pid without it
 *						when it leaves.
 *	lease.resets		read and written by the agent alone.
 *	layout				written once under shared->lock, before layout_is_fixed.
 *	regressions, hlc_refused, slow_counts
 *						atomics, which only calls write that wait, fail, or write a
 *						reservation; see failures.c for how a failure gets its entry.
 *	the rest			written once, by the process that creates the area, before any
 *						other can see it (AddinShmemInitLock).
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SHMEM_H
#define IDGEN_SHMEM_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "storage/spin.h"

#include "bits/layout.h"
#include "bits/lease_machine.h"
#include "engine/failure_counts.h"
#include "engine/histogram.h"

/* The last time of all, in us since 1970: in ns it still fits into 64 bits. */
#define SHMEM_LAST_US (PG_INT64_MAX / NS_PER_US)

/* The cause of a wait. */
typedef enum WaitCause
{
	WAIT_SEQUENCE,				/* more IDs were requested than the layout
								 * holds */
	WAIT_DRIFT,					/* the clock is behind the timeline */
	WAIT_RESERVATION,			/* time had to be reserved first */
	WAIT_LEASE,					/* the lease of the worker ID had to be
								 * extended */
} WaitCause;

#define WAIT_CAUSES (WAIT_LEASE + 1)

/* Counters of issued IDs, and of what issuing them cost. */
typedef struct IssueCounts
{
	uint64		ids_issued;
	uint64		chunks_taken;
	uint64		waits[WAIT_CAUSES];
	uint64		waited_us;
} IssueCounts;

/* The generators' timelines that a hold can name. */
#define HOLD_GENERATORS 2

/*
 * From which positions on a transaction may have taken some: see hold.c.  A
 * position of 0 is none; there, position 1 stands for position 0.
 */
typedef struct BackendHold
{
	pg_atomic_uint64 server;	/* on the timelines of the server's own IDs */
	pg_atomic_uint64 unique_times;
	pg_atomic_uint64 generators[HOLD_GENERATORS];	/* on the timelines with
													 * these ... */
	pg_atomic_uint32 keys[HOLD_GENERATORS]; /* ... keys; 0: none */
	pg_atomic_uint32 transaction;	/* compat_local_transaction(), or 0 */
	slock_t		mutex;			/* for the processes that write */
} BackendHold;

/* What most processors fetch at a time. */
#define FETCHED_LINE_SIZE 64

/*
 * One backend's part of the shared area, on a cache line of its own.  Only the
 * backend writes to it, except that parallel workers increment stale when they
 * leave, and write the hold.  Readers of a horizon look at the holds of all
 * backends, so these are where one fetch gets each.
 */
typedef struct BackendSlot
{
	pg_atomic_uint64 ids_issued;
	pg_atomic_uint64 last_id_us;	/* time of the last take, in us since 1970 */
	pg_atomic_uint64 chunks_taken;
	pg_atomic_uint64 waited_us;
	pg_atomic_uint64 ticket;	/* place in a timeline's line; 0: in none */
	pg_atomic_uint32 line;		/* the timeline's key */
	pg_atomic_uint32 waits[WAIT_CAUSES];
	BackendHold hold;
	pg_atomic_uint32 least;		/* positions needed, or the largest number */
	pg_atomic_uint32 stale;		/* when it changes, chunks are dropped:
								 * parallel workers passed them */
	int32		pid;			/* 0 when free */
	Oid			role;			/* the role that connected, as in
								 * pg_stat_activity */
} BackendSlot;

/* ShmemInitStruct() aligns the area itself to cache lines. */
#define CACHE_LINE_ALIGNED pg_attribute_aligned(PG_CACHE_LINE_SIZE)

typedef union BackendSlotPadded
{
	BackendSlot slot;
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED BackendSlotPadded;

StaticAssertDecl(sizeof(BackendSlotPadded) <= 128, "a backend takes at most 128 bytes");
StaticAssertDecl(offsetof(BackendSlot, hold) / FETCHED_LINE_SIZE ==
				 (offsetof(BackendSlot, hold) + sizeof(BackendHold) - 1) / FETCHED_LINE_SIZE, "a hold is fetched at once");

/* Who uses a timeline. */
typedef enum TimelineUse
{
	TIMELINE_KEEPS_NODE = 1 << 0,	/* a generator with these IDs that keeps
									 * its node */
	TIMELINE_FOLLOWS = 1 << 1,	/* the server or a generator that follows its
								 * node */
	TIMELINE_SERVER = 1 << 2,	/* the server, for its own IDs */
	TIMELINE_JOINED = 1 << 3,	/* it is beyond the horizons of the nodes
								 * before */
} TimelineUse;

/*
 * A timeline: its next free position, on one cache line with what is read only
 * when positions are taken at its limit.  Its space is read only by processes
 * that look for a timeline; see id_space.c.
 */
typedef union Timeline
{
	struct
	{
		pg_atomic_uint64 next;
		pg_atomic_uint64 repeats_until_us;	/* before that, IDs would repeat:
											 * reset.c went back below them */
		uint64		stopped;	/* next, as reset.c found it */
		SnowflakeLayout layout;
		uint64		node_bits;
		int			next_of_bucket; /* number of the next timeline plus 1; 0:
									 * none */
		pg_atomic_uint32 time_bits; /* widest time field among its layouts */
		pg_atomic_uint32 uses;	/* bits of TimelineUse */
		pg_atomic_uint32 last_waiter;	/* PID of the process that waited last
										 * ... */
		pg_atomic_uint64 last_wait_ns;	/* ... and when */
		pg_atomic_uint64 uncommitted;	/* generator; see
										 * id_space_note_uncommitted() */
		pg_atomic_uint64 crowded_until_ns;	/* ns since 1970; see turn.c */
		pg_atomic_uint64 tickets;	/* number of tickets issued */
		pg_atomic_uint64 ahead_tick;	/* the last one that a block was taken
										 * from early */
		pg_atomic_uint64 horizon;	/* the greatest one of its IDs that any
									 * reader has got; see horizon.c */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Timeline;

StaticAssertDecl(sizeof(Timeline) == PG_CACHE_LINE_SIZE, "a timeline has a cache line");

/*
 * Timelines come in blocks, each twice as large as the one before, so that
 * their number need not be known, nor their memory set aside, when the server
 * starts.  The first block is part of the area.
 */
#define FIRST_TIMELINE_BLOCK 32
#define TIMELINE_BLOCKS 12
#define TIMELINES_IN_BLOCKS(blocks) (FIRST_TIMELINE_BLOCK * ((1 << (blocks)) - 1))
#define MAX_TIMELINES TIMELINES_IN_BLOCKS(TIMELINE_BLOCKS)

/*
 * Without preloading, at most 24 kB more are taken, so that the rest of the
 * spare shared memory is left for locks.
 */
#define BLOCKS_WITHOUT_PRELOADING 3

/* The buckets of the hash of ID spaces; a power of two. */
#define TIMELINE_BUCKETS 256

/*
 * When all timelines are in use, spaces that the server itself must be able to
 * have share one: those of its layout, and those of 128-bit IDs with its node.
 */
typedef enum SharedTimeline
{
	SHARED_BY_SERVER_LAYOUT,
	SHARED_BY_UNIQUE_TIMES,
} SharedTimeline;

#define SHARED_TIMELINES (SHARED_BY_UNIQUE_TIMES + 1)

/* The timelines of the area itself: those of 128-bit IDs and of the hybrid logical clock, shared ones, a block. */
#define AREA_TIMELINES (2 + SHARED_TIMELINES + FIRST_TIMELINE_BLOCK)

/*
 * Read by every take and rarely written, so that all processors can keep it in
 * their caches.  Times are since 1970.
 */
typedef union Limits
{
	struct
	{
		pg_atomic_uint32 loaded;	/* 1 after the reservation has been read */
		pg_atomic_uint32 restarts;	/* of the timelines by reset.c, including
									 * those that failed */
		pg_atomic_uint32 resets;	/* restarts that did not fail */
		pg_atomic_uint64 start_us;	/* IDs begin here, whatever the clock says */
		pg_atomic_uint64 reserved_us;	/* and stay below this time */
		pg_atomic_uint64 extend_at_us;	/* a process that gets here should
										 * extend the reservation */
		pg_atomic_uint64 highest_clock_ns;	/* of the reference clock, to
											 * REFERENCE_STEP_NS */
		pg_atomic_uint64 reference_offset_ns;	/* to nine tenths of the
												 * monotonic clock; not above
												 * 0: none */
		pg_atomic_uint64 offsets_ended; /* how often an offset has ended */
		pg_atomic_uint64 least_lead_ns; /* since IDs began ahead; 0: not known */
		pg_atomic_uint64 behind_since_us;
		pg_atomic_uint32 clock_is_behind;	/* the BehindCause until the wall
											 * clock has caught up, or 0 */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED Limits;

/* The durable side of the reservation.  Times in us since 1970. */
typedef struct Reservation
{
	LWLock		lock;			/* held briefly, to publish or to become the
								 * writer */
	pg_atomic_uint32 writer;	/* its PID, or 0; set under the lock, cleared
								 * without it */
	ConditionVariable writer_left;	/* to wait until writer is 0 */
	bool		early_failed;	/* so did the last early extension, which was
								 * logged */
	uint16		written_origin; /* the origin's number at the last write, 0
								 * before the first */
	uint64		loaded_us;		/* what a previous run left */
	uint64		written_us;		/* the last one written and flushed ... */
	uint64		written_extend_at_us;	/* ... to be extended from here on ... */
	XLogRecPtr	written_lsn;	/* ... by WAL up to here ... */
	uint64		written_in_us;	/* ... which took this time */
	pg_atomic_uint64 count;		/* of reservations since the area was created */
	pg_atomic_uint64 spent_us;	/* on writing them */
} Reservation;

/*
 * Who owns this server's worker ID, and until when: read by every take of the
 * server's own IDs and rarely written.  Times are in us since 1970.
 */
typedef union LeaseLimits
{
	struct
	{
		pg_atomic_uint64 holding;	/* see lease_limit.h */
		pg_atomic_uint64 start_us;	/* IDs of the worker ID begin here */
		pg_atomic_uint64 until_us;	/* and stay below this time */
		pg_atomic_uint64 extend_at_us;	/* a process that gets here should ask
										 * for an extension */
		pg_atomic_uint32 datacenter;	/* of the pool, when the worker ID was
										 * claimed */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED LeaseLimits;

/* What became of a lease; see idgen_lease(). */
typedef enum LeaseState
{
	LEASE_STATE_NONE,			/* there is no agent, or it has nothing to do */
	LEASE_STATE_CLAIMING,
	LEASE_STATE_HELD,
	LEASE_STATE_LOST,			/* the worker ID belongs to another server */
} LeaseState;

/* What the agent lets others see, and a later agent go on with. */
typedef struct LeaseReport
{
	int			agent_pid;		/* 0: there is no agent */
	LeaseState	state;
	LeaseMachine machine;
	uint64		store_hash;		/* of the store and pool that it is of; 0:
								 * none */
	int64		extended_us;	/* when the fence was last written; us since
								 * 1970 */
	char		last_error[LEASE_ERROR_SIZE];	/* empty: none since the last
												 * success */
} LeaseReport;

/* The side of the lease that is not on the path of IDs. */
typedef struct Lease
{
	pg_atomic_uint32 agent;		/* number of its process plus 1, or 0 */
	pg_atomic_uint32 is_asked;	/* 1: a process has set the agent's latch */
	pg_atomic_uint32 requests;	/* bits of LeaseRequest */
	pg_atomic_uint32 suspensions;	/* processes for which no worker ID may be
									 * claimed */
	pg_atomic_uint64 releases;	/* how often the worker ID was given up */
	pg_atomic_uint64 wanted_us; /* end of the IDs that have been asked for */
	pg_atomic_uint64 start_tried_ns;	/* when an agent was started last;
										 * monotonic */
	pg_atomic_uint64 changes;	/* counts what those who wait should look at */
	ConditionVariable changed;	/* to wait until changes has been counted */
	uint32		resets;			/* of the timelines, when the worker ID was
								 * claimed; the agent's */
	LeaseReport report;
} Lease;

/*
 * Counts of what is slow anyway, for monitoring: on cache lines of their own,
 * away from what fast calls read.
 */
typedef union SlowCounts
{
	struct
	{
		Histogram	waits[WAIT_CAUSES]; /* of whole calls, by their first
										 * cause */
		Histogram	reservations;	/* what it took to write each of them */
		FailureCount failures[FAILURE_KINDS];	/* see failures.c */
	};
	char		pad[PG_CACHE_LINE_SIZE];
} CACHE_LINE_ALIGNED SlowCounts;

/* One of the last CREATED_GENERATORS generators that were created while the server runs. */
typedef struct CreatedGenerator
{
	Oid			database;
	Oid			server;			/* foreign server */
} CreatedGenerator;

#define CREATED_GENERATORS 64

/* The greatest horizon that readers have got who regard the same transactions. */
typedef struct GreatestHorizon
{
	Oid			database;		/* InvalidOid: all databases */
	uint32		timeline;		/* from its key: see horizon_mark.c; 0: free */
	uint64		id;
} GreatestHorizon;

/* They are found by a hash: by its set, of so many. */
#define GREATEST_SETS 64
#define GREATEST_PER_SET 8

/* What readers of horizons have in common. */
typedef struct Horizons
{
	slock_t		mutex;			/* held for a few instructions, to publish a
								 * horizon or to prevent that */
	pg_atomic_uint32 joins;		/* counts the timelines that came to follow
								 * the server's node */
	pg_atomic_uint32 given_back;	/* counts when positions were, or a
									 * transaction came to hold all of a
									 * timeline */
	pg_atomic_uint64 others_us; /* where a horizon was published, timelines of
								 * former nodes are beyond this time; us since
								 * 1970 */
	uint32		replaced;		/* counts entries that had to give way */
	GreatestHorizon greatest[GREATEST_SETS][GREATEST_PER_SET];
} Horizons;

/* The most that a transaction holds: as a BackendHold has. */
#define PREPARED_IDS (2 + HOLD_GENERATORS)

/* From which IDs on a prepared transaction may have some; see prepared_hold.c. */
typedef struct PreparedHold
{
	pg_atomic_uint32 xid;		/* 0: free */
	Oid			database;
	Oid			role;			/* that prepared it; InvalidOid: not known */
	TimestampTz since;			/* the start of the transaction, or of the
								 * server if it was prepared before that */
	uint16		tags[PREPARED_IDS]; /* which kind of IDs; 0: none */
	uint64		ids[PREPARED_IDS];
} PreparedHold;

/* Changes whenever the structs here do. */
#define SHARED_AREA_FORMAT 23

typedef struct SharedArea
{
	Timeline	unique_times;	/* of all ordered 128-bit IDs */
	Timeline	hlc;			/* of the hybrid logical clock */
	Timeline	shared_timelines[SHARED_TIMELINES];
	Timeline	first_timelines[FIRST_TIMELINE_BLOCK];
	Limits		limits;
	LeaseLimits lease_limits;
	SlowCounts	slow_counts;
	pg_atomic_uint64 issued[AREA_TIMELINES];	/* numbers of IDs of the
												 * timelines above, in their
												 * order; see shmem_issued() */
	int			format;			/* SHARED_AREA_FORMAT of the creator */
	LWLock		lock;
	Reservation reservation;
	Lease		lease;
	pg_atomic_uint64 regressions;
	pg_atomic_uint64 largest_regression_ns;
	pg_atomic_uint64 hlc_refused;	/* clocks of others, for being too far
									 * ahead */
	SnowflakeLayout layout;		/* of the server's own IDs */
	pg_atomic_uint32 layout_is_fixed;
	pg_atomic_uint32 shared_is_needed[SHARED_TIMELINES];
	pg_atomic_uint32 timelines_of_bucket[TIMELINE_BUCKETS]; /* number + 1; 0: none */
	int			timeline_count;
	int			timeline_limit; /* most there will be; guarded as
								 * timeline_count */
	CreatedGenerator created[CREATED_GENERATORS];	/* used in turn */
	uint32		created_count;
	bool		preloaded;		/* created while the server started */
	Horizons	horizons;
	uint8		clock_sequence; /* random; the high bits in UUIDs with the
								 * server's node */
	int			slot_count;
	int			prepared_count; /* records of prepared transactions */
	pg_atomic_uint32 prepared_loaded;	/* 1: those of earlier runs have been
										 * read */
	IssueCounts totals;			/* of backends that have exited */
	BackendSlotPadded slots[FLEXIBLE_ARRAY_MEMBER];
} SharedArea;

StaticAssertDecl(offsetof(SharedArea, limits) == AREA_TIMELINES * sizeof(Timeline),
				 "the area begins with its timelines");

StaticAssertDecl(offsetof(SharedArea, slots) % PG_CACHE_LINE_SIZE == 0,
				 "no slot shares a cache line");

extern void *shmem_attach_piece(const char *name, Size size, void (*init) (void *piece, bool found));
extern bool shmem_attach_if_room(void (*attach) (int number), int number);
extern void shmem_startup(int timelines);
extern SharedArea *shmem_area(void);
extern SharedArea *shmem_area_if_room(void);
extern SharedArea *shmem_area_if_attached(void);
extern Size shmem_size(int timelines);
extern void shmem_init_timeline(Timeline *timeline);
extern Timeline *shmem_timeline(int number);
extern bool shmem_reach_timeline(int number);
extern pg_atomic_uint64 *shmem_issued(Timeline *timeline);
extern int	shmem_count_timelines(void);
extern BackendSlot *shmem_own_slot(void);
extern PreparedHold *shmem_prepared(SharedArea *area);
extern BackendSlot *shmem_claim_slot(void);
extern void shmem_tell_leader(void);
extern IssueCounts shmem_total_counts(void);

/*
 * A number for a timeline, not 0 and not PG_UINT32_MAX, by which all processes
 * find it: shared memory has the same address in all of them.
 */
static inline uint32
shmem_timeline_key(SharedArea *area, const Timeline *timeline)
{
	return (uint32) (timeline - (const Timeline *) area) + 1;
}

/* The reverse, for the key of a timeline that exists. */
static inline Timeline *
shmem_timeline_by_key(SharedArea *area, uint32 key)
{
	return (Timeline *) area + (key - 1);
}

/*
 * Has anything been taken since the timelines were restarted?  reset.c leaves a
 * number of restarts in next, below any position of use.  The caller has read
 * next.
 *
 * reset.c increments the number of restarts before it leaves it in next, by
 * atomics that order.  So a process that has read next reads a count that is
 * not less, but only after a barrier: without it, the number would pass for a
 * position.  Litmus test: restarts.
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

/* Raise an atomic to value, unless it is larger. */
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
