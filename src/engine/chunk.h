/*-------------------------------------------------------------------------
 *
 * chunk.h
 *	  Issuing positions, usually from a chunk that this process has taken.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHUNK_H
#define IDGEN_CHUNK_H

#include "engine/timeline.h"

extern void chunk_init(void);
extern uint64 chunk_renew(PositionSource *source);
extern PositionRange chunk_issue_batch(PositionSource *source, uint64 most);
extern PositionRange chunk_issue_block(PositionSource *source, uint64 size);
extern uint64 chunk_issue_from(PositionSource *source, ClockReading now, uint64 from);

/*
 * The next position of this session: above all that it had before from this
 * source, and not in the past.  This is the hot path.  Of shared memory it
 * accesses only our own slot, where other processes write nothing but a count,
 * once for each parallel worker.  Errors: see chunk_renew.
 *
 * While the coarse clock stands still, a valid chunk stays valid: the clock has
 * neither passed it, by more than the kernel's timer tick, nor been set back.
 */
static inline uint64
chunk_next_position(PositionSource *source)
{
	BackendSlot *slot = timeline_slot;
	uint64		position = source->next;

	if (unlikely(position >= source->end ||
				 clock_coarse_ns() != source->checked_at ||
				 pg_atomic_read_u32(&slot->stale) != source->stale))
		position = chunk_renew(source);

	source->next = position + 1;
	shmem_add_own(&slot->ids_issued, 1);
	return position;
}

#endif							/* IDGEN_CHUNK_H */
