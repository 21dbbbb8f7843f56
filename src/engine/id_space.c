/*-------------------------------------------------------------------------
 *
 * id_space.c
 *	  The timeline of each ID space: a layout and a node always get the same
 *	  one.
 *
 * An ID space is the set of numbers that the IDs of a layout and a node can be,
 * with the time at which each is reached: see layout_shares_timeline().  If two
 * timelines served one space, IDs would repeat.  So timelines belong to spaces,
 * not to generators.  Generators with the same space share a timeline, in
 * whatever database, under whatever name and however their layout is written;
 * so do a generator and the server itself.  A generator that is dropped and
 * created again continues where it was.
 *
 * Spaces are added under shared->lock and never removed while the server runs,
 * because a backend may have taken positions of one.  After a restart all
 * timelines begin above everything that was issued before.
 *
 * The number of timelines is limited, so that no role can use up shared
 * memory, and half of them are reserved for the server and superusers.  The
 * server itself can still be given any node: when all timelines are in use,
 * further spaces of its layout share one timeline, because positions of one
 * timeline differ whatever the node is.  A space always gets the same
 * timeline, because once all timelines are in use, no more are added.
 *
 * IDs of 128 bits are issued in order whatever they contain, so they share one
 * timeline.  If they contain the server's node, that node also has a timeline
 * here from which nothing is taken: it records how far the node has got, for
 * idgen_reset_timeline().
 *
 * None of this is on the hot path: a process asks once for each of its
 * generators, and for each change of its node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "engine/drift.h"
#include "engine/id_space.h"
#include "engine/limit.h"
#include "engine/reservation.h"
#include "engine/timeline.h"
#include "engine/wait.h"

/* Only what is equal in all spaces that share a timeline is hashed, so they share a bucket. */
static pg_atomic_uint32 *
get_bucket(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits)
{
	uint64		start = (uint64) layout->tick_us * 31 + (uint64) layout->epoch_ticks;
	uint32		hash = murmurhash32((uint32) (node_bits ^ node_bits >> 32)) ^
		murmurhash32((uint32) (start ^ start >> 32));

	return &area->timelines_of_bucket[hash % TIMELINE_BUCKETS];
}

/*
 * The timeline of a space, or NULL if the space has not been added.  No lock is
 * needed: see timelines_of_bucket in shmem.h.
 */
Timeline *
id_space_find_timeline(const SnowflakeLayout *layout, uint64 node_bits)
{
	IdNumbers	numbers = layout_node_numbers(layout, node_bits);
	uint32		number = pg_atomic_read_u32(get_bucket(shmem_area(), layout, node_bits));

	pg_read_barrier();
	while (number != 0)
	{
		Timeline   *timeline = shmem_timeline(number - 1);
		IdNumbers	other = layout_node_numbers(&timeline->layout, timeline->node_bits);

		if (layout_shares_timeline(&numbers, &other))
			return timeline;
		number = timeline->next_of_bucket;
	}
	return NULL;
}

/*
 * Add a space.  The caller holds the lock, has not found the space, and knows
 * that there is room for it.
 */
static Timeline *
add_space(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits)
{
	pg_atomic_uint32 *bucket = get_bucket(area, layout, node_bits);
	Timeline   *timeline = shmem_timeline(area->timeline_count);

	shmem_init_timeline(timeline);
	pg_atomic_init_u64(shmem_issued(timeline), 0);
	timeline->layout = *layout;
	timeline->node_bits = node_bits;
	timeline->next_of_bucket = pg_atomic_read_u32(bucket);
	area->timeline_count++;
	pg_write_barrier();
	pg_atomic_write_u32(bucket, area->timeline_count);
	return timeline;
}

/* The timeline that a space shares when all timelines are in use; NULL if it cannot share one. */
static Timeline *
get_shared_timeline(SharedArea *area, const SnowflakeLayout *layout)
{
	const SnowflakeLayout *server_layout = shmem_server_layout(area);

	if (layout_same_frame(layout, &layout_unique_times))
		return &area->shared_timelines[SHARED_BY_UNIQUE_TIMES];
	if (server_layout != NULL && layout_same_frame(layout, server_layout))
		return &area->shared_timelines[SHARED_BY_SERVER_LAYOUT];
	return NULL;
}

/*
 * Attach this process to all count timelines and to the memory of the next
 * one.  This may take a lock and raise, so it must not be done under
 * shared->lock.  Returns false if shared memory has no room for the next one.
 */
static bool
reach_timelines(SharedArea *area, int count)
{
	for (int i = 0; i < count; i += FIRST_TIMELINE_BLOCK)
		(void) shmem_timeline(i);
	return count >= area->timeline_limit || shmem_reach_timeline(count);
}

/* May this user add a timeline when there are count of them? */
static bool
may_add_space(SharedArea *area, int count, SpaceUser user)
{
	return count < (user == SPACE_OF_SERVER ? area->timeline_limit : area->timeline_limit / 2);
}

/*
 * Mark a shared timeline as needed; the first space that shares it gives it its
 * layout.  The caller holds the lock.
 */
static void
start_sharing(SharedArea *area, Timeline *timeline, const SnowflakeLayout *layout)
{
	pg_atomic_uint32 *is_needed = &area->shared_is_needed[timeline - area->shared_timelines];

	if (pg_atomic_read_u32(is_needed) != 0)
		return;
	timeline->layout = *layout;
	pg_write_barrier();
	pg_atomic_write_u32(is_needed, 1);
}

/*
 * Find a space or add it; NULL if it can neither be added nor share a
 * timeline.  *again is set if other processes have added spaces meanwhile, so
 * the caller must try again.
 */
static Timeline *
find_or_add(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits, SpaceUser user, bool *again)
{
	int			count = shmem_count_timelines();
	bool		has_room = reach_timelines(area, count);
	Timeline   *shared = has_room && count < area->timeline_limit ? NULL : get_shared_timeline(area, layout);
	Timeline   *timeline = NULL;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	*again = area->timeline_count != count;
	if (!*again)
	{
		/* If there was no room once, there is none later. */
		if (!has_room)
			area->timeline_limit = count;
		timeline = id_space_find_timeline(layout, node_bits);
		if (timeline == NULL && shared != NULL)
		{
			timeline = shared;
			start_sharing(area, timeline, layout);
		}
		else if (timeline == NULL && may_add_space(area, count, user))
			timeline = add_space(area, layout, node_bits);
	}
	LWLockRelease(&area->lock);
	return timeline;
}

/*
 * Is there a timeline for this space, or may this user add one?  If the library
 * is not preloaded, shared memory may still have no room for it.
 */
bool
id_space_has_room(const SnowflakeLayout *layout, uint64 node_bits, SpaceUser user)
{
	return id_space_find_timeline(layout, node_bits) != NULL ||
		may_add_space(shmem_area(), shmem_count_timelines(), user) ||
		get_shared_timeline(shmem_area(), layout) != NULL;
}

static void
report_no_timeline(SharedArea *area)
{
	ereport(ERROR,
			errcode(ERRCODE_OUT_OF_MEMORY),
			errmsg("not enough shared memory for more layouts and nodes of snowflake generators"),
			errdetail("Since the server started, IDs of %d layouts and nodes have been issued. There is room for %d, half of which is reserved for the server and for generators of superusers.",
					  shmem_count_timelines(), area->timeline_limit),
			errhint("Add \"idgen\" to \"shared_preload_libraries\", raise \"idgen.max_generators\" and restart the server."));
}

/* The timeline's positions can get as far as the widest time field among its layouts allows. */
static void
note_time_bits(Timeline *timeline, uint32 bits)
{
	uint32		old = pg_atomic_read_u32(&timeline->time_bits);

	while (old < bits && !pg_atomic_compare_exchange_u32(&timeline->time_bits, &old, bits))
		;
}

/*
 * The timeline of a space, which is added if needed.  keeps_node says that a
 * generator with that space keeps its node, or a part of it, when the server's
 * node changes.  ERROR OUT_OF_MEMORY if all timelines are in use.
 */
Timeline *
id_space_get_timeline(const SnowflakeLayout *layout, uint64 node_bits, bool keeps_node, SpaceUser user)
{
	SharedArea *area = shmem_area();
	Timeline   *timeline = id_space_find_timeline(layout, node_bits);
	bool		again = timeline == NULL;

	while (again)
		timeline = find_or_add(area, layout, node_bits, user, &again);
	if (timeline == NULL)
		report_no_timeline(area);
	note_time_bits(timeline, layout->bits[LAYOUT_TIME]);
	if (keeps_node || !layout_equal(&timeline->layout, layout))
		pg_atomic_fetch_or_u32(&timeline->uses, TIMELINE_KEEPS_NODE);
	return timeline;
}

/* A generator (a foreign server) of this database, as timelines store it. */
static uint64
generator_key(Oid server)
{
	return (uint64) MyDatabaseId << 32 | server;
}

/*
 * Remember, as long as the server runs, that a generator (a foreign server)
 * issues IDs from a timeline by a definition that may be rolled back.  Returns
 * false if the timeline cannot store that, because it is shared or stores
 * another generator: if one entry stood for all, one session could prevent
 * changes of all generators.
 */
bool
id_space_note_uncommitted(Timeline *timeline, Oid server)
{
	uint64		noted = 0;

	if (id_space_is_shared(timeline))
		return false;
	return pg_atomic_compare_exchange_u64(&timeline->uncommitted, &noted, generator_key(server)) ||
		noted == generator_key(server);
}

/*
 * The definition has been committed, so the catalog now has what
 * id_space_note_uncommitted() stored.
 */
void
id_space_forget_uncommitted(Timeline *timeline, Oid server)
{
	uint64		noted = generator_key(server);

	pg_atomic_compare_exchange_u64(&timeline->uncommitted, &noted, 0);
}

/* The timelines from which a generator may have issued IDs by an uncommitted definition. */
List *
id_space_uncommitted(Oid server)
{
	List	   *list = NIL;
	int			count = shmem_area_if_room() == NULL ? 0 : shmem_count_timelines();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = shmem_timeline(i);

		if (pg_atomic_read_u64(&timeline->uncommitted) == generator_key(server))
			list = lappend(list, timeline);
	}
	return list;
}

/* The number of timelines, including the shared ones; see id_space_timeline_by_number(). */
int
id_space_count(void)
{
	return SHARED_TIMELINES + shmem_count_timelines();
}

/*
 * A timeline by its number (0 .. id_space_count() - 1).  A shared one that has
 * not been needed yet has no layout.
 */
Timeline *
id_space_timeline_by_number(int number)
{
	if (number >= SHARED_TIMELINES)
		return shmem_timeline(number - SHARED_TIMELINES);
	return &shmem_area()->shared_timelines[number];
}

/* The same, but NULL for a shared timeline that has not been needed yet. */
Timeline *
id_space_needed_by_number(int number)
{
	if (number < SHARED_TIMELINES && pg_atomic_read_u32(&shmem_area()->shared_is_needed[number]) == 0)
		return NULL;
	pg_read_barrier();
	return id_space_timeline_by_number(number);
}

bool
id_space_is_shared(const Timeline *timeline)
{
	SharedArea *area = shmem_area();

	return timeline >= area->shared_timelines && timeline < area->shared_timelines + SHARED_TIMELINES;
}

/* Is it the record of a node that 128-bit IDs contain? */
bool
id_space_is_record(const Timeline *timeline)
{
	return layout_same_frame(&timeline->layout, &layout_unique_times);
}

/* The end of the last ID of a timeline, in us since 1970; 0 if none has been issued. */
static int64
timeline_issued_until_us(Timeline *timeline)
{
	uint64		next = pg_atomic_read_u64(&timeline->next);

	return shmem_is_used(shmem_area(), next) ? layout_position_end_us(&timeline->layout, next - 1) : 0;
}

/* A layout that covers all IDs that can have been issued from a timeline. */
SnowflakeLayout
id_space_widest_layout(Timeline *timeline)
{
	return layout_widen_time(&timeline->layout, pg_atomic_read_u32(&timeline->time_bits));
}

/* The numbers that a timeline can issue; those of any node if it is shared. */
static IdNumbers
get_timeline_numbers(Timeline *timeline)
{
	SnowflakeLayout layout = id_space_widest_layout(timeline);
	IdNumbers	numbers = layout_node_numbers(&layout, timeline->node_bits);

	if (id_space_is_shared(timeline))
		numbers.fixed = 0;
	return numbers;
}

/*
 * Can a timeline, or NULL, have issued some of these numbers?  If equal_to is
 * not NULL, only numbers that can be equal to one of those count.
 */
static bool
may_have_issued(Timeline *timeline, const IdNumbers *numbers, const IdNumbers *equal_to)
{
	IdNumbers	issued;

	if (timeline == NULL || !layout_same_frame(&timeline->layout, &numbers->layout))
		return false;
	issued = get_timeline_numbers(timeline);
	return layout_may_be_equal(&issued, numbers) &&
		(equal_to == NULL || layout_may_be_equal(&issued, equal_to));
}

/*
 * The next timeline from *number (0 at first) on that can have issued some of these numbers;
 * *number advances beyond it.  NULL if there is none.  equal_to as above.
 */
Timeline *
id_space_next_issuer(int *number, const IdNumbers *numbers, const IdNumbers *equal_to)
{
	int			count = id_space_count();

	while (*number < count)
	{
		Timeline   *timeline = id_space_needed_by_number((*number)++);

		if (may_have_issued(timeline, numbers, equal_to))
			return timeline;
	}
	return NULL;
}

/*
 * The time until which some of these numbers have been issued, in us since
 * 1970; 0 if none since the server started.  If equal_to is not NULL, only
 * numbers that can be equal to one of those count.
 */
int64
id_space_issued_until_us(const IdNumbers *numbers, const IdNumbers *equal_to)
{
	Timeline   *timeline;
	int			number = 0;
	int64		until_us = 0;

	while ((timeline = id_space_next_issuer(&number, numbers, equal_to)) != NULL)
		until_us = Max(until_us, timeline_issued_until_us(timeline));
	return until_us;
}

/*
 * Raise all timelines that can issue some of these numbers and can be equal to
 * present ones, so that nothing below position is issued from them.
 */
static void
raise_former_numbers(const IdNumbers *numbers, const IdNumbers *present, uint64 position)
{
	Timeline   *timeline;
	int			number = 0;

	while ((timeline = id_space_next_issuer(&number, numbers, present)) != NULL)
		shmem_raise_to(&timeline->next, position);
}

/*
 * A raise of timelines, done as the writer of the reservation, which keeps
 * idgen_reset_timeline() out.
 */
typedef struct Raise
{
	Timeline   *timeline;		/* the one to raise; NULL: those of former
								 * numbers */
	const IdNumbers *present;
	const IdNumbers *former;
	int64		(*get_until_us) (Timeline *other);	/* NULL, or where to raise
													 * it to, of another
													 * timeline */
	Timeline   *other;
	int64		until_us;		/* raise to this time; computed if timeline is
								 * given */
	const SnowflakeLayout *layout;	/* of the timelines to raise ... */
	uint64		position;		/* ... and the position to raise them to */
} Raise;

/* May a timeline be at position now, as if all positions before had been issued? */
static bool
is_position_due(const SnowflakeLayout *layout, uint64 position)
{
	return position <= drift_ceiling(layout, drift_clock_ticks(layout, drift_read_clocks()), 0);
}

/*
 * Raise the timelines, unless the clock does not allow it yet: other generators
 * may use them, too, and would have to wait.  The caller is the writer.
 */
static bool
raise_if_due(Raise *raise)
{
	if (raise->get_until_us != NULL)
		raise->until_us = raise->get_until_us(raise->other);
	else if (raise->timeline != NULL)
		raise->until_us = id_space_issued_until_us(raise->former, raise->present);
	raise->position = layout_position_from_us(raise->layout, raise->until_us);
	if (raise->timeline != NULL && pg_atomic_read_u64(&raise->timeline->next) >= raise->position)
		return true;
	if (!is_position_due(raise->layout, raise->position))
		return false;
	if (raise->timeline != NULL)
		shmem_raise_to(&raise->timeline->next, raise->position);
	else
		raise_former_numbers(raise->former, raise->present, raise->position);
	return true;
}

/* Become the writer and do the same.  Errors: those of wait_to_write(). */
static bool
raise_if_due_as_writer(Raise *raise)
{
	volatile bool done = false;

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		wait_to_write();
		done = raise_if_due(raise);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	return done;
}

/* ERROR if idgen_reset_timeline() has left former IDs behind that present ones can be equal to. */
static void
check_former_not_left(const Raise *raise)
{
	Timeline   *timeline;
	int			number = 0;

	while ((timeline = id_space_next_issuer(&number, raise->former, raise->present)) != NULL)
		timeline_check_repeats(timeline);
}

/* Errors: those of wait_to_write(), check_former_not_left() and limit_wait(). */
static void
raise_as_writer(Raise *raise)
{
	Wait		wait = {.slot = timeline_slot};

	while (!raise_if_due_as_writer(raise))
	{
		if (raise->timeline != NULL && raise->former != NULL)
			check_former_not_left(raise);
		limit_wait(LIMIT_DRIFT, &wait, raise->layout, raise->position, 0);
	}
}

/*
 * Let a generator, whose present IDs come from timeline, continue after the
 * last of its former IDs that can be equal to one of the present ones.  It no
 * longer issues the former ones.  This has to wait for the clock as IDs do.
 * Errors: OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait; what
 * CHECK_FOR_INTERRUPTS raises.
 */
void
id_space_go_beyond(Timeline *timeline, const IdNumbers *present, const IdNumbers *former)
{
	Raise		raise = {
		.timeline = timeline,
		.present = present,
		.former = former,
		.layout = &present->layout,
	};

	if (!layout_keeps_apart(&present->layout, &former->layout))
		raise_as_writer(&raise);
}

/*
 * The reverse: present IDs are about to be issued up to until_us, in us since
 * 1970, and former ones may be issued again.  Let the former ones continue
 * after that time.  Errors as above.
 */
void
id_space_raise(const IdNumbers *former, const IdNumbers *present, int64 until_us)
{
	Raise		raise = {
		.present = present,
		.former = former,
		.until_us = until_us,
		.layout = &former->layout,
	};

	if (!layout_keeps_apart(&present->layout, &former->layout))
		raise_as_writer(&raise);
}

/*
 * Let a timeline, whose IDs have this layout, continue at or after a time that is
 * computed from another timeline, or the same one, in us since 1970; 0: no time.  This
 * waits for the clock, with errors, as above.
 */
void
id_space_raise_to(Timeline *timeline, const SnowflakeLayout *layout, int64 (*get_until_us) (Timeline *other),
				  Timeline *other)
{
	Raise		raise = {
		.timeline = timeline,
		.get_until_us = get_until_us,
		.other = other,
		.layout = layout,
	};

	if (get_until_us(other) != 0)
		raise_as_writer(&raise);
}
