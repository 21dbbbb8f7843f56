/*-------------------------------------------------------------------------
 *
 * timeline.h
 *	  Taking positions: slot, then timeline, then the limits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIMELINE_H
#define IDGEN_TIMELINE_H

#include "access/xact.h"

#include "clock.h"
#include "layout.h"
#include "shmem.h"

/* Consecutive positions start .. end - 1, all ours. */
typedef struct PositionRange
{
	uint64		start;
	uint64		end;
} PositionRange;

/* Settings, in ms; idgen.c defines them. */
extern int	timeline_max_drift;
extern int	timeline_max_wait;

/* Our slot; NULL until timeline_attach(). */
extern BackendSlot *timeline_slot;

/* The statement for which the slot's chunk was taken. */
extern TimestampTz timeline_chunk_statement;

extern void timeline_attach(void);
extern uint64 timeline_take_chunk(const SnowflakeLayout *layout, uint64 now);
extern PositionRange timeline_take_batch(const SnowflakeLayout *layout, uint64 most);
extern PositionRange timeline_take_block(const SnowflakeLayout *layout, uint64 size);

/* Whole ticks that idgen.max_drift spans. */
static inline int64
timeline_drift_ticks(const SnowflakeLayout *layout)
{
	return timeline_max_drift * NS_PER_MS / layout->tick_ns;
}

/* Positions from the start of the clock's tick up to the drift limit. */
static inline uint64
timeline_reach(const SnowflakeLayout *layout)
{
	return layout_tick_position(layout, timeline_drift_ticks(layout) + 1);
}

/*
 * May position (not below now) still be issued from the chunk?  The chunk
 * serves one statement and its limits are looked at again for each position,
 * so neither a clock set back meanwhile nor a parallel worker can make what is
 * left of it wrong.
 */
static inline bool
timeline_chunk_covers(const SnowflakeLayout *layout, uint64 position, uint64 now)
{
	BackendSlot *slot = timeline_slot;

	return position < pg_atomic_read_u64(&slot->end) &&
		position - now < timeline_reach(layout) &&
		timeline_chunk_statement == GetCurrentStatementStartTimestamp() &&
		pg_atomic_read_u32(&slot->stale) == 0;
}

/*
 * The next position of this session: above all it had before, and not in the
 * past.  This is the hot path.  It touches the clock and our own slot, and
 * nothing that another process writes to.  Errors: see timeline_take_chunk.
 */
static inline uint64
timeline_next(const SnowflakeLayout *layout)
{
	BackendSlot *slot = timeline_slot;
	uint64		now = layout_tick_position(layout, layout_tick_at(layout, clock_unix_ns()));
	uint64		position = Max(pg_atomic_read_u64(&slot->next), now);

	if (unlikely(!timeline_chunk_covers(layout, position, now)))
		position = timeline_take_chunk(layout, now);

	pg_atomic_write_u64(&slot->next, position + 1);
	shmem_add_own(&slot->ids_issued, 1);
	return position;
}

#endif							/* IDGEN_TIMELINE_H */
