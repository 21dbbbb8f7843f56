/*-------------------------------------------------------------------------
 *
 * segment_memory.h
 *	  Segments in shared memory: what this server has taken from their roots.
 *
 * What guards each field of an entry:
 *
 *	mutex				a spinlock, held for a few instructions.  It guards all of the
 *						entry but what follows.
 *	database, birth, sequence, file, roots, has_free_list, generation
 *						change with both the table's lock, exclusively, and mutex
 *						held, so holding either is enough to read them.
 *	used_us				an atomic.
 *	changed				a condition variable: there is a refill to wait for no more.
 *
 * A process remembers a place with its generation.  Whoever has the mutex
 * compares the generation first: if it is another one, the entry is another
 * segment's, or the same segment's after ALTER SEQUENCE.  What was taken from an
 * entry of a former generation belongs to the process that took it, and cannot
 * be given back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_MEMORY_H
#define IDGEN_SEGMENT_MEMORY_H

#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "storage/spin.h"

#include "segment/segment_root.h"

#define SEGMENT_ERROR_SIZE 96

/* What has become of the numbers of a segment, since the server started. */
typedef struct SegmentCounts
{
	uint64		taken;			/* from the root */
	uint64		issued;			/* to sessions; what they hold counts, what
								 * they give back does not */
	uint64		wasted;			/* neither issued nor left */
	uint64		returned;		/* to the root */
	uint64		refills;
	uint64		waits;			/* calls that waited for a refill */
	uint64		issued_most;	/* what issued was before sessions gave back,
								 * when it was largest */
} SegmentCounts;

/* Roots elsewhere have answered that they have not what was asked for, as far as they answer. */
typedef struct SegmentRefusals
{
	uint32		count;
	uint64		last;			/* so many numbers in a row; 0: it has no such
								 * counter */
	bool		is_end;			/* no root has so many; otherwise last_error
								 * is why that is not known */
} SegmentRefusals;

/* The number that this server issues IDs of layout "hybrid" with; see slab.c. */
typedef struct SegmentSlab
{
	int64		number;
	uint64		next;			/* position */
	int64		opened_ns;		/* 0: there is none */
} SegmentSlab;

/* Times are by the monotonic clock, in ns; 0: never. */
typedef struct SegmentEntry
{
	slock_t		mutex;
	uint32		generation;		/* 0: the entry is not in use */
	int64		next;			/* the chunk: its next number ... */
	uint64		left;			/* ... and how many are left */
	int64		increment;
	uint64		shares;			/* counts what is taken from the chunk, from a
								 * random number on ... */
	int64		share_first;	/* ... and the first number of the last share */
	uint32		drops;			/* how often chunks have been dropped */
	int			refiller;		/* PID, or 0 */
	bool		is_asked;		/* another process will deliver */
	bool		is_ended;		/* its numbers are none of the sequence's */
	bool		has_waited;		/* a call, since the last refill began */
	SegmentRefusals refusals;
	bool		has_taken;		/* numbers since this generation began ... */
	bool		reserve_is_confirmed;	/* by a synchronous standby */
	Oid			database;
	Oid			sequence;
	Oid			file;
	Oid			owner;			/* of the sequence, when it was first used */
	uint32		roots;			/* as in SegmentOptions ... */
	bool		has_free_list;	/* ... and this, too */
	uint64		birth;			/* of the database */
	SegmentRange reserve;		/* what follows the chunk */
	XLogRecPtr	reserve_lsn;
	XLogRecPtr	taken_lsn;		/* of the last range that was taken, or, from
								 * elsewhere, noted */
	int64		last_taken;		/* ... and the last of them */
	int64		range_first;	/* of the range that was taken last ... */
	uint64		range_count;
	uint64		range_epoch;	/* ... and its epoch, as in SegmentGrant */
	int64		chunk_first;	/* where the chunk began */
	uint64		low;			/* with fewer left, the reserve is refilled */
	uint64		step;			/* numbers to take with the next refill */
	int64		began_at;		/* the first refill */
	int64		refilled_at;
	int64		retry_at;		/* no early refill before, nor one if is_ended */
	uint64		issued_before;	/* the last refill */
	double		rate;			/* numbers issued in a second until then */
	SegmentCounts counts;
	SegmentSlab slab;
	ConditionVariable changed;
	pg_atomic_uint64 used_us;	/* transaction that used it last; since 2000 */
	char		last_error[SEGMENT_ERROR_SIZE];
} SegmentEntry;

typedef union SegmentEntryPadded
{
	SegmentEntry entry;
	char		pad[4 * PG_CACHE_LINE_SIZE];
} SegmentEntryPadded;

StaticAssertDecl(sizeof(SegmentEntryPadded) == 4 * PG_CACHE_LINE_SIZE, "an entry fits");

/*
 * Numbers issued since the last refill, at least 0: sessions may give back what
 * they took before it.  The caller has the mutex, or a copy.
 */
static inline uint64
segment_memory_issued_since(const SegmentEntry *entry)
{
	return entry->counts.issued > entry->issued_before ? entry->counts.issued - entry->issued_before : 0;
}

/* How many segments have room if the server has not reserved memory for more. */
#define SEGMENTS_WITHOUT_PRELOADING 32
#define MAX_SEGMENTS 10000

/* idgen.max_segments */
extern int	segment_memory_max;

extern Size segment_memory_size(int segments);
extern void segment_memory_startup(int segments);
extern SegmentPlace segment_memory_find(const SegmentSequence *sequence);
extern SegmentEntry *segment_memory_lock(SegmentPlace place);
extern void segment_memory_unlock(SegmentEntry *entry);
extern void segment_memory_note_use(SegmentPlace place, int64 time_us);
extern int	segment_memory_capacity(void);
extern bool segment_memory_copy(int number, SegmentEntry *copy);
extern List *segment_memory_sequences(void);
extern bool segment_memory_peek(Oid sequence, SegmentEntry *copy);
extern ConditionVariable *segment_memory_changed(SegmentPlace place);
extern uint32 segment_memory_wait_event(void);

#endif							/* IDGEN_SEGMENT_MEMORY_H */
