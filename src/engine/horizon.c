/*-------------------------------------------------------------------------
 *
 * horizon.c
 *	  The least ID that an open transaction may still commit.
 *
 * A horizon is an ID.  Each ID below it was taken by a transaction that has
 * ended before the horizon was read, and no ID below it is ever taken again.  So
 * a statement that begins later sees each row that is ever there with an ID
 * below the horizon.
 *
 *	1. Read next, the timeline's next free position, after moving it on to the
 *	   clock, so that a horizon does not stop while nobody takes anything.
 *	2. Full barrier.  Lower the horizon to what the transactions hold: hold.c.
 *	3. Full barrier.  Lower it to what prepared transactions hold: prepared_hold.c.
 *
 * A transaction that takes below next has swapped next before step 1, and stored
 * what it holds before that.  One that takes later takes next or more.
 *
 * In step 1, next goes to the tick before the clock's, with the sequence that
 * it has: the first ID of a tick still finds a tick of which nothing has been
 * taken, and its sequence can begin at random or where the last one left off.
 * It goes no further than the limits allow a take to go, so that a horizon is
 * never above what the next life of the server begins with.
 *
 * A server whose node changes has several timelines, which are read together: those
 * of its nodes and of generators that follow them, with one frame (see
 * layout_same_frame()).  Horizons compare IDs and not positions, as in a tick,
 * IDs of a node may be above all those of another.  A reader with one node
 * moves the timelines of the others to the tick after its next, so nothing is taken
 * there below its horizon; a timeline that joins them begins after the greatest
 * horizon.  The server's hold in a slot does not tell the nodes apart, and
 * holds a whole tick if there are several.
 *
 * A generator that keeps its node may have the timeline of one of the server's nodes.  It is
 * read alone, with greatest horizons of its own: those of the others have not regarded
 * its transactions before the server had the node.
 *
 * The greatest horizon is kept for each timeline and database, and for timelines that are
 * read together the greatest of theirs counts.  It stays true: so a horizon never goes
 * down, also where transactions hold more than they must, or a reset has stopped the
 * timelines for a moment.  One that regards the transactions of one database is no good for others,
 * nor for all.  Publishing it, giving positions back and counting a reset
 * exclude each other by horizons.mutex:
 *
 *	give_back() in timeline.c   lowers next: not below a published horizon; and it counts
 *	                            itself, as next may have been there again, with positions
 *	                            of others below it, before a reader publishes
 *	a reset that goes back      counts itself, after which no reader publishes what it read
 *	                            before, and then forgets greatest horizons above its start
 *	horizon_join()              counts itself, and then looks at the greatest
 *	                            horizon: a reader that does not know the new
 *	                            timeline does not publish
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "bits/layout_overlap.h"
#include "engine/hold.h"
#include "engine/horizon.h"
#include "engine/horizon_mark.h"
#include "engine/id_space.h"
#include "engine/prepared_hold.h"

/* The timelines that are read together, as of a number of joins. */
typedef struct HorizonGroup
{
	Timeline   *timeline;		/* the source's, and the first of the members */
	uint32		joins;
	bool		is_joint;		/* the source follows the server's node */
	bool		has_server;		/* members of the server's own IDs */
	int			count;
	int			size;			/* of the array */
	Timeline  **members;
} HorizonGroup;

/* A reading under way. */
typedef struct HorizonReading
{
	SharedArea *area;
	PositionSource *source;
	const HorizonGroup *group;
	Oid			database;		/* whose transactions count; InvalidOid: all */
	uint32		restarts;		/* these four were read first */
	uint32		resets;
	uint32		joins;
	uint32		given_back;
	uint64		start;			/* position at which IDs begin */
	uint64		others_from;	/* the other members are at this position or
								 * beyond */
	uint64		server_from;	/* least position of the server's own IDs that
								 * is held */
	uint64		id;				/* the least found so far */
} HorizonReading;

/* ------------------------------------------------------------------------ which timelines */

/* Is another timeline read together with one that follows the server's node? */
static bool
is_member(const Timeline *timeline, Timeline *other)
{
	return other != NULL && other != timeline && horizon_mark_follows(other) &&
		layout_same_frame(&other->layout, &timeline->layout);
}

static void
add_member(HorizonGroup *group, Timeline *timeline)
{
	if (group->count == group->size)
	{
		group->size = Max(4, 2 * group->size);
		group->members = group->members == NULL ?
			MemoryContextAlloc(TopMemoryContext, group->size * sizeof(Timeline *)) :
			repalloc(group->members, group->size * sizeof(Timeline *));
	}
	group->members[group->count++] = timeline;
	group->has_server |= (pg_atomic_read_u32(&timeline->uses) & TIMELINE_SERVER) != 0;
}

/* The timelines that are read for a source, from this process's memory if no others have joined. */
static const HorizonGroup *
get_group(PositionSource *source, uint32 joins)
{
	HorizonGroup *group = source->group;
	int			count;

	if (group != NULL && group->timeline == source->timeline && group->joins == joins &&
		group->is_joint == source->has_joined)
		return group;
	if (group == NULL)
		group = source->group = MemoryContextAllocZero(TopMemoryContext, sizeof(HorizonGroup));
	group->timeline = NULL;
	group->count = 0;
	group->has_server = false;
	add_member(group, source->timeline);
	count = source->has_joined ? id_space_count() : 0;
	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (is_member(source->timeline, timeline))
			add_member(group, timeline);
	}
	group->timeline = source->timeline;
	group->joins = joins;
	group->is_joint = source->has_joined;
	return group;
}

/* The greatest horizon of the timelines that are read together.  The caller has horizons.mutex. */
static uint64
get_greatest(const HorizonReading *reading)
{
	uint64		greatest = 0;

	for (int i = 0; i < reading->group->count; i++)
		greatest = Max(greatest, horizon_mark_greatest(reading->group->members[i], reading->group->is_joint, reading->database));
	return greatest;
}

/* The same, without being able to read a later one. */
static uint64
get_last(const HorizonReading *reading)
{
	uint64		greatest;

	SpinLockAcquire(&reading->area->horizons.mutex);
	greatest = get_greatest(reading);
	SpinLockRelease(&reading->area->horizons.mutex);
	return greatest;
}

/* ----------------------------------------------------------------------------------- reading */

/*
 * Move a timeline on to a position, which is within the limits.  Returns false if
 * the timelines have been restarted since this was the number of restarts.  A
 * timeline that a reset has stopped is not touched: see try_take() in timeline.c.
 */
static bool
move_on(Timeline *timeline, uint64 position, uint32 restarts)
{
	uint64		next = pg_atomic_read_u64(&timeline->next);

	while (next < position)
	{
		pg_read_barrier();
		if (pg_atomic_read_u32(&shmem_area()->limits.restarts) != restarts)
			return false;
		if (pg_atomic_compare_exchange_u64(&timeline->next, &next, position))
			break;
	}
	return true;
}

/* Move the source's timeline on to the tick before the clock's, as far as the limits allow. */
static bool
move_on_to_clock(HorizonReading *reading, const OpenPositions *open)
{
	const SnowflakeLayout *layout = &reading->source->layout;
	Timeline   *timeline = reading->source->timeline;
	uint64		next = pg_atomic_read_u64(&timeline->next);
	uint64		tick = layout_position_tick(layout, Min(open->floor, Min(open->ceiling, open->end)));

	if (tick == 0)
		return true;
	next = shmem_is_used(reading->area, next) ? layout_position_sequence(layout, next) : 0;
	return move_on(timeline, layout_tick_position(layout, tick - 1) + next, reading->restarts);
}

/* Where positions are taken from now on, as far as the source's timeline is concerned. */
static uint64
get_next(const HorizonReading *reading)
{
	return Max(pg_atomic_read_u64(&reading->source->timeline->next), reading->start);
}

typedef enum BeginResult
{
	READING_BEGUN,
	READING_RESTARTED,			/* the timelines have been restarted meanwhile */
	READING_STOPPED,			/* a reset has stopped the timelines, or no
								 * time has ever been reserved */
} BeginResult;

/*
 * Begin to read: step 1.  reset.c takes the reservation away before it counts a
 * restart.  So if there is one, the timelines are not stopped, unless the count
 * of restarts changes.
 */
static BeginResult
begin_reading(HorizonReading *reading)
{
	PositionSource *source = reading->source;
	const SnowflakeLayout *layout = &source->layout;
	ClockReading now;
	OpenPositions open;
	uint64		next;

	reading->resets = pg_atomic_read_u32(&reading->area->limits.resets);
	reading->joins = pg_atomic_read_u32(&reading->area->horizons.joins);
	reading->given_back = pg_atomic_read_u32(&reading->area->horizons.given_back);
	pg_read_barrier();
	reading->group = get_group(source, reading->joins);
	now = drift_read_clocks();
	open = limit_open_positions(layout, &source->limits, now, 0);
	reading->restarts = now.restarts;
	reading->start = limit_start(layout, &source->limits);
	reading->server_from = PG_UINT64_MAX;
	if (pg_atomic_read_u64(&reading->area->limits.reserved_us) == 0)
		return READING_STOPPED;
	if (!move_on_to_clock(reading, &open))
		return READING_RESTARTED;

	next = get_next(reading);
	reading->id = horizon_mark_id(source->timeline, layout, next);
	reading->others_from = layout_tick_position(layout, layout_position_tick(layout, next) + 1);
	for (int i = 1; i < reading->group->count; i++)
		if (!move_on(reading->group->members[i], reading->others_from, reading->restarts))
			return READING_RESTARTED;
	return READING_BEGUN;
}

static void
lower_to(HorizonReading *reading, uint64 id)
{
	reading->id = Min(reading->id, id);
}

/* Lower the horizon to what a transaction holds. */
static void
lower_to_hold(HorizonReading *reading, const HoldView *hold)
{
	const HorizonGroup *group = reading->group;
	const SnowflakeLayout *layout = &reading->source->layout;

	if (group->members[0] == &reading->area->unique_times)
	{
		if (hold->has_unique_times)
			lower_to(reading, hold->unique_times);
		return;
	}

	/* A position that is not less has no lower ID. */
	if (hold->has_server && group->has_server && hold->server < reading->server_from)
	{
		reading->server_from = hold->server;
		lower_to(reading, group->count == 1 ? horizon_mark_id(group->members[0], layout, hold->server) :
				 horizon_mark_tick_id(layout, hold->server));
	}
	if (!hold->has_many && hold->generators == 0)
		return;
	for (int i = 0; i < group->count; i++)
	{
		uint32		key = shmem_timeline_key(reading->area, group->members[i]);

		if (hold->has_many && (hold->many & hold_many_bit(key)) != 0)
			lower_to(reading, 0);
		for (int j = 0; j < hold->generators; j++)
			if (hold->key[j] == key)
				lower_to(reading, horizon_mark_id(group->members[i], layout, hold->generator[j]));
	}
}

/* Step 2. */
static void
read_holds(HorizonReading *reading)
{
	SharedArea *area = reading->area;
	HoldView	hold;

	for (int i = 0; i < area->slot_count; i++)
	{
		hold_fetch(area, i + HOLDS_AHEAD);
		if (pg_atomic_read_u32(&area->slots[i].slot.hold.transaction) == 0)
			continue;
		if (OidIsValid(reading->database) && compat_proc_by_number(i)->databaseId != reading->database)
			continue;
		if (hold_read(area, i, &hold))
			lower_to_hold(reading, &hold);
	}
}

/* Do IDs with a tag of a prepared transaction count? */
static bool
regards_tag(const HorizonReading *reading, uint16 tag)
{
	const PositionSource *source = reading->source;

	if (tag == 0 || tag == PREPARED_UNIQUE_TIMES || source->timeline == &reading->area->unique_times)
		return tag == PREPARED_UNIQUE_TIMES && source->timeline == &reading->area->unique_times;
	if (tag == PREPARED_ALL || prepared_hold_regards(tag, source->timeline, source->node_bits))
		return true;
	for (int i = 1; i < reading->group->count; i++)
	{
		Timeline   *timeline = reading->group->members[i];

		if (prepared_hold_regards(tag, timeline, timeline->node_bits))
			return true;
	}
	return false;
}

/* Step 3. */
static void
read_prepared(HorizonReading *reading)
{
	SharedArea *area = reading->area;
	PreparedView view;

	if (!prepared_hold_load(area))
		lower_to(reading, 0);
	for (int i = 0; i < area->prepared_count; i++)
	{
		if (pg_atomic_read_u32(&shmem_prepared(area)[i].xid) == 0 || !prepared_hold_read(area, i, &view))
			continue;
		if (OidIsValid(reading->database) && view.database != reading->database)
			continue;
		for (int j = 0; j < PREPARED_IDS; j++)
			if (regards_tag(reading, view.tags[j]))
				lower_to(reading, view.ids[j]);
	}
}

/* Are the other members still where they were moved to?  Positions may have been given back. */
static bool
are_others_beyond(const HorizonReading *reading)
{
	for (int i = 1; i < reading->group->count; i++)
		if (pg_atomic_read_u64(&reading->group->members[i]->next) < reading->others_from)
			return false;
	return true;
}

/*
 * Publish the horizon, which becomes the greatest one if it is lower.  Returns
 * false if what has been read does not count any more.
 */
static bool
publish(HorizonReading *reading)
{
	SharedArea *area = reading->area;
	Timeline   *timeline = reading->source->timeline;
	const SnowflakeLayout *layout = &reading->source->layout;
	uint64		next_id;
	uint64		greatest;
	uint64		others_us = layout_tick_start_us(layout, layout_position_tick(layout, reading->others_from));
	bool		is_valid;

	SpinLockAcquire(&area->horizons.mutex);
	next_id = horizon_mark_id(timeline, layout, get_next(reading));
	greatest = get_greatest(reading);
	is_valid = pg_atomic_read_u32(&area->limits.resets) == reading->resets &&
		pg_atomic_read_u32(&area->horizons.joins) == reading->joins &&
		pg_atomic_read_u32(&area->horizons.given_back) == reading->given_back && are_others_beyond(reading);
	lower_to(reading, next_id);
	if (is_valid && reading->id > greatest)
	{
		horizon_mark_publish(timeline, reading->group->is_joint, reading->database, reading->id);
		if (reading->group->count > 1 && others_us > pg_atomic_read_u64(&area->horizons.others_us))
			pg_atomic_write_u64(&area->horizons.others_us, others_us);
	}
	SpinLockRelease(&area->horizons.mutex);
	reading->id = Max(reading->id, greatest);
	return is_valid;
}

/*
 * The horizon of the IDs of a source, which is ready to issue some: as an ID of
 * its layout, or as a position if they have 128 bits.  Transactions of other
 * databases count if all_databases is true.  The caller takes a new snapshot to
 * read rows.  Errors: what CHECK_FOR_INTERRUPTS raises; OUT_OF_MEMORY; those of
 * timeline_check_repeats(), as a timeline that a reset has left ahead must not take others there.
 */
uint64
horizon_read(PositionSource *source, bool all_databases)
{
	HorizonReading reading = {
		.area = shmem_area(),
		.source = source,
		.database = all_databases ? InvalidOid : MyDatabaseId,
	};

	do
	{
		BeginResult result;

		CHECK_FOR_INTERRUPTS();
		timeline_check_repeats(source->timeline);
		while ((result = begin_reading(&reading)) == READING_RESTARTED)
			CHECK_FOR_INTERRUPTS();
		if (result == READING_STOPPED)
			return get_last(&reading);
		pg_memory_barrier();
		read_holds(&reading);
		pg_memory_barrier();
		read_prepared(&reading);
	} while (!publish(&reading));
	return reading.id;
}

/* ------------------------------------------------------------------------------ joining */

/* The time of the first tick that is not before an ID of a timeline; us since 1970. */
static int64
get_us_from(Timeline *timeline, uint64 id)
{
	SnowflakeLayout layout = id_space_widest_layout(timeline);
	int64		tick = layout_get(&layout, LAYOUT_TIME, id);

	tick += id > (uint64) layout_compose(&layout, layout_tick_position(&layout, tick), 0);
	return layout_tick_start_us(&layout, tick);
}

/* The greatest horizon of a timeline, and of those that are read together with it; 0: none has been read. */
uint64
horizon_greatest(Timeline *timeline)
{
	int			count = horizon_mark_follows(timeline) ? id_space_count() : 0;
	uint64		greatest = pg_atomic_read_u64(&timeline->horizon);

	for (int i = 0; i < count; i++)
	{
		Timeline   *other = id_space_needed_by_number(i);

		if (is_member(timeline, other))
			greatest = Max(greatest, pg_atomic_read_u64(&other->horizon));
	}
	return greatest;
}

/* The time from which on IDs of its layout are above that, in us since 1970; 0: none has been read. */
int64
horizon_end_us(Timeline *timeline)
{
	uint64		greatest = horizon_greatest(timeline);

	return greatest == 0 ? 0 : get_us_from(timeline, greatest);
}

/*
 * A source that follows the server's node is about to take from its timeline: read
 * that one together with those of the nodes before, and begin after the greatest horizon of
 * theirs.  A generator with a node of its own that has the same timeline keeps a horizon of
 * its own: see the header.  If the clock was far ahead when a horizon
 * was read, and is not any more, the timeline stays where it is: so a reset does not take its
 * node for one that has issued IDs there.  Errors: those of id_space_raise_to().
 */
void
horizon_join(PositionSource *source, bool is_server)
{
	SharedArea *area = shmem_area();
	Timeline   *timeline = source->timeline;
	uint32		uses = TIMELINE_FOLLOWS | (is_server ? TIMELINE_SERVER : 0);
	uint32		found = pg_atomic_read_u32(&timeline->uses);

	source->has_joined = true;
	if ((found & (uses | TIMELINE_JOINED)) == (uses | TIMELINE_JOINED))
	{
		pg_read_barrier();
		return;
	}
	SpinLockAcquire(&area->horizons.mutex);
	pg_atomic_fetch_or_u32(&timeline->uses, uses);
	pg_atomic_fetch_add_u32(&area->horizons.joins, 1);
	SpinLockRelease(&area->horizons.mutex);

	if ((found & TIMELINE_JOINED) == 0)
		id_space_raise_to(timeline, &source->layout, horizon_end_us, timeline);
	pg_atomic_fetch_or_u32(&timeline->uses, TIMELINE_JOINED);
}

/* ---------------------------------------------------------------------------- own IDs */

/* From which position of a timeline on the transaction may have some.  Returns false if it has none. */
static bool
find_own_start(const HoldView *hold, Timeline *timeline, uint64 *start)
{
	uint32		key = shmem_timeline_key(shmem_area(), timeline);

	*start = 0;
	if (hold->has_server && (pg_atomic_read_u32(&timeline->uses) & TIMELINE_SERVER) != 0)
	{
		*start = hold->server;
		return true;
	}
	if (hold->has_many)
		return (hold->many & hold_many_bit(key)) != 0;
	for (int i = 0; i < hold->generators; i++)
		if (hold->key[i] == key)
		{
			*start = hold->generator[i];
			return true;
		}
	return false;
}

/*
 * Has a horizon passed an ID that regards our transaction?  Where that holds a timeline
 * entirely, or has taken from it before the server had its node, this does not
 * change any more before the transaction ends.
 */
static bool
is_passed(const HorizonGroup *group, uint64 id)
{
	HorizonReading of_database = {
		.area = shmem_area(),
		.group = group,
		.database = MyDatabaseId,
	};
	HorizonReading of_all = of_database;

	of_all.database = InvalidOid;
	return id < get_last(&of_database) || id < get_last(&of_all);
}

/*
 * Does our transaction hold an ID, so that no horizon passes it before the
 * transaction has ended?  That is so if it is of a node of the source, and not
 * below what the transaction has taken.  One that nobody has taken yet does not
 * count.
 */
bool
horizon_is_own(PositionSource *source, uint64 id)
{
	const SnowflakeLayout *layout = &source->layout;
	uint32		joins = pg_atomic_read_u32(&shmem_area()->horizons.joins);
	uint64		position = layout_tick_position(layout, layout_get(layout, LAYOUT_TIME, id)) |
		layout_get(layout, LAYOUT_SEQUENCE, id);
	const HorizonGroup *group;
	HoldView	hold;

	pg_read_barrier();
	if (!hold_read_own(&hold))
		return false;
	group = get_group(source, joins);
	for (int i = 0; i < group->count; i++)
	{
		Timeline   *timeline = group->members[i];
		bool		is_of_node = (id & layout_fixed_bits(layout)) == timeline->node_bits;
		uint64		start;

		if ((is_of_node || id_space_is_shared(timeline)) && find_own_start(&hold, timeline, &start) &&
			position >= start && position < pg_atomic_read_u64(&timeline->next))
			return (!hold.has_many && (pg_atomic_read_u32(&timeline->uses) & TIMELINE_KEEPS_NODE) == 0) ||
				!is_passed(group, id);
	}
	return false;
}
