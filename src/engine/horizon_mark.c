/*-------------------------------------------------------------------------
 *
 * horizon_mark.c
 *	  The greatest horizons that readers have got, for those that may lower a
 *	  timeline.  See horizon.c for what they promise, and for their mutex.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/horizon_mark.h"

/* Do nodes share the timeline? */
static bool
is_shared(const Timeline *timeline)
{
	SharedArea *area = shmem_area();

	return timeline >= area->shared_timelines && timeline < area->shared_timelines + SHARED_TIMELINES;
}

/*
 * The least ID of a timeline, in this layout, that a position or a later one can
 * have.  At the beginning of a tick it is the least ID of the tick with whatever
 * node.  The node is not known on a timeline that nodes share.
 */
uint64
horizon_mark_id(const Timeline *timeline, const SnowflakeLayout *layout, uint64 position)
{
	bool		has_node = layout_position_sequence(layout, position) > 0 && !is_shared(timeline);

	return layout_compose(layout, Min(position, layout_end(layout) - 1), has_node ? timeline->node_bits : 0);
}

/*
 * Has a reader got a horizon above a position of a timeline, or that relies
 * on the timeline being beyond the position?  The caller has horizons.mutex.
 */
bool
horizon_mark_is_beyond(Timeline *timeline, const SnowflakeLayout *layout, uint64 position)
{
	uint64		us = layout_tick_start_us(layout, layout_position_tick(layout, position));

	return pg_atomic_read_u64(&timeline->horizon) > horizon_mark_id(timeline, layout, position) ||
		(horizon_mark_follows(timeline) && pg_atomic_read_u64(&shmem_area()->horizons.others_us) > us);
}

/* Count a reset: horizons that have been read before are not published any more. */
void
horizon_mark_reset(void)
{
	SharedArea *area = shmem_area();

	SpinLockAcquire(&area->horizons.mutex);
	pg_atomic_fetch_add_u32(&area->limits.resets, 1);
	SpinLockRelease(&area->horizons.mutex);
}

/*
 * IDs of a timeline begin at start_us again.  The caller has stopped the
 * timelines and counted the reset.
 */
void
horizon_mark_forget(Timeline *timeline, const SnowflakeLayout *layout, int64 start_us)
{
	uint64		start = layout_compose(layout, layout_position_from_us(layout, start_us), 0);

	if (pg_atomic_read_u64(&timeline->horizon) > start)
		pg_atomic_write_u64(&timeline->horizon, 0);
}
