/*-------------------------------------------------------------------------
 *
 * horizon_mark.h
 *	  The greatest horizons that readers have got.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HORIZON_MARK_H
#define IDGEN_HORIZON_MARK_H

#include "engine/shmem.h"

extern uint64 horizon_mark_id(const Timeline *timeline, const SnowflakeLayout *layout, uint64 position);
extern bool horizon_mark_is_beyond(Timeline *timeline, const SnowflakeLayout *layout, uint64 position);
extern void horizon_mark_reset(int64 start_us);
extern uint64 horizon_mark_greatest(const Timeline *timeline, bool is_joint, Oid database);
extern void horizon_mark_publish(Timeline *timeline, bool is_joint, Oid database, uint64 id);
extern void horizon_mark_forget(Timeline *timeline, const SnowflakeLayout *layout, int64 start_us);

/* Is the timeline read together with those of other nodes of the server? */
static inline bool
horizon_mark_follows(Timeline *timeline)
{
	return (pg_atomic_read_u32(&timeline->uses) & TIMELINE_FOLLOWS) != 0;
}

/* The least ID of the tick of a position, with whatever node. */
static inline uint64
horizon_mark_tick_id(const SnowflakeLayout *layout, uint64 position)
{
	return layout_compose(layout, position - layout_position_sequence(layout, position), 0);
}

#endif							/* IDGEN_HORIZON_MARK_H */
