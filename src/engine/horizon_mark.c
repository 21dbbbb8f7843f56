/*-------------------------------------------------------------------------
 *
 * horizon_mark.c
 *	  The greatest horizons that readers have got, for those that may lower a
 *	  timeline.  See horizon.c for what they promise, and for their mutex.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "engine/horizon_mark.h"
#include "engine/id_space.h"

/*
 * The least ID of a timeline, in this layout, that a position or a later one can
 * have.  At the beginning of a tick it is the least ID of the tick with whatever
 * node.  The node is not known on a timeline that nodes share.
 */
uint64
horizon_mark_id(const Timeline *timeline, const SnowflakeLayout *layout, uint64 position)
{
	bool		has_node = layout_position_sequence(layout, position) > 0 && !id_space_is_shared(timeline);

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

/*
 * Count a reset, after which IDs begin at start_us: horizons that have been read before
 * are not published any more, and those above that time are forgotten.
 */
void
horizon_mark_reset(int64 start_us)
{
	SharedArea *area = shmem_area();

	SpinLockAcquire(&area->horizons.mutex);
	pg_atomic_fetch_add_u32(&area->limits.resets, 1);
	if (pg_atomic_read_u64(&area->horizons.others_us) > (uint64) start_us)
		pg_atomic_write_u64(&area->horizons.others_us, start_us);
	SpinLockRelease(&area->horizons.mutex);
}

/* The entries where that of a timeline and a database may be. */
static GreatestHorizon *
get_entries(SharedArea *area, uint32 key, Oid database)
{
	return area->horizons.greatest[hash_combine(murmurhash32(key), database) % GREATEST_SETS];
}

/* What entries have as the key of a timeline, read together with others or alone. */
static uint32
get_key(const Timeline *timeline, bool is_joint)
{
	return 2 * shmem_timeline_key(shmem_area(), timeline) + is_joint;
}

/*
 * The greatest horizon of a timeline in one database, or in all if it is InvalidOid: of
 * those that were read together with others, or alone.  The caller has the mutex.
 */
uint64
horizon_mark_greatest(const Timeline *timeline, bool is_joint, Oid database)
{
	SharedArea *area = shmem_area();
	uint32		key = get_key(timeline, is_joint);
	const GreatestHorizon *entries = get_entries(area, key, database);

	for (int i = 0; i < GREATEST_PER_SET && entries[i].timeline != 0; i++)
		if (entries[i].timeline == key && entries[i].database == database)
			return entries[i].id;
	return 0;
}

/* The entry for a timeline and a database, which is added if needed, in place of another one if there is no room. */
static GreatestHorizon *
get_entry(SharedArea *area, uint32 key, Oid database)
{
	GreatestHorizon *entries = get_entries(area, key, database);
	GreatestHorizon *entry;
	int			i = 0;

	for (; i < GREATEST_PER_SET && entries[i].timeline != 0; i++)
		if (entries[i].timeline == key && entries[i].database == database)
			return &entries[i];
	if (i == GREATEST_PER_SET)
		i = area->horizons.replaced++ % GREATEST_PER_SET;
	entry = &entries[i];
	entry->timeline = key;
	entry->database = database;
	entry->id = 0;
	return entry;
}

/*
 * A reader is about to get a horizon, which is the greatest one that it has
 * found.  The caller has the mutex.
 */
void
horizon_mark_publish(Timeline *timeline, bool is_joint, Oid database, uint64 id)
{
	SharedArea *area = shmem_area();

	get_entry(area, get_key(timeline, is_joint), database)->id = id;
	if (id > pg_atomic_read_u64(&timeline->horizon))
		pg_atomic_write_u64(&timeline->horizon, id);
}

/* Forget the greatest horizons of a timeline.  The caller has the mutex. */
static void
drop_entries(const Timeline *timeline)
{
	SharedArea *area = shmem_area();
	uint32		key = shmem_timeline_key(area, timeline);

	for (int i = 0; i < GREATEST_SETS; i++)
		for (int j = 0; j < GREATEST_PER_SET; j++)
			if (area->horizons.greatest[i][j].timeline / 2 == key)
				area->horizons.greatest[i][j].id = 0;
}

/*
 * IDs of a timeline begin at start_us again.  The caller has stopped the
 * timelines and counted the reset.
 */
void
horizon_mark_forget(Timeline *timeline, const SnowflakeLayout *layout, int64 start_us)
{
	SharedArea *area = shmem_area();
	uint64		greatest = pg_atomic_read_u64(&timeline->horizon);

	/* Without one, it may have no layout. */
	if (greatest == 0 ||
		greatest <= (uint64) layout_compose(layout, layout_position_from_us(layout, start_us), 0))
		return;
	SpinLockAcquire(&area->horizons.mutex);
	drop_entries(timeline);
	pg_atomic_write_u64(&timeline->horizon, 0);
	SpinLockRelease(&area->horizons.mutex);
}
