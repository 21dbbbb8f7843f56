/*-------------------------------------------------------------------------
 *
 * timeline.h
 *	  Taking positions: slot, then timeline, then its limits.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIMELINE_H
#define IDGEN_TIMELINE_H

#include "clock.h"
#include "layout.h"
#include "shmem.h"
#include "window.h"

/* Consecutive positions start .. end - 1, all ours. */
typedef struct PositionRange
{
	uint64		start;
	uint64		end;
} PositionRange;

/* Our slot; NULL until timeline_attach(). */
extern BackendSlot *timeline_slot;

/* Coarse clock when the slot's chunk was last held against the exact one. */
extern int64 timeline_chunk_checked_at;

extern void timeline_attach(void);
extern void timeline_change_node(uint32 node);
extern uint64 timeline_renew_chunk(const SnowflakeLayout *layout);
extern PositionRange timeline_take_batch(const SnowflakeLayout *layout, uint64 most);
extern PositionRange timeline_take_block(const SnowflakeLayout *layout, uint64 size);

/*
 * The next position of this session: above all it had before, and not in the
 * past.  This is the hot path.  It touches the coarse clock and our own slot, of
 * which others write but a mark, once in a parallel worker's life.  Errors: see
 * timeline_renew_chunk.
 *
 * While the coarse clock stands still, a chunk that was good stays good: time has
 * neither passed it, by more than the kernel's timer tick, nor been set back.
 */
static inline uint64
timeline_next(const SnowflakeLayout *layout)
{
	BackendSlot *slot = timeline_slot;
	uint64		position = pg_atomic_read_u64(&slot->next);

	if (unlikely(position >= pg_atomic_read_u64(&slot->end) ||
				 clock_coarse_ns() != timeline_chunk_checked_at ||
				 pg_atomic_read_u32(&slot->stale) != 0))
		position = timeline_renew_chunk(layout);

	pg_atomic_write_u64(&slot->next, position + 1);
	shmem_add_own(&slot->ids_issued, 1);
	return position;
}

#endif							/* IDGEN_TIMELINE_H */
