/*-------------------------------------------------------------------------
 *
 * id_space.c
 *	  Which timeline the IDs of a layout and a node come from: always the same one.
 *
 * An ID space is the numbers that the IDs of a layout and a node can be, and when
 * each is reached: see layout_shares_timeline().  If two timelines served one space,
 * IDs would repeat.  So timelines belong to spaces, not to generators: generators
 * that have the same space, in whatever database, under whatever name and with
 * whatever words for their layout, share a timeline; so do a generator and the server
 * itself.  A generator that is dropped and created again goes on where it was.
 *
 * Spaces are added under shared->lock and never removed while the server runs, since
 * a backend may have taken positions of one.  After a restart all timelines begin
 * above whatever there was.
 *
 * There is an end to their number, so that nobody can use up shared memory.  Half of
 * them are for the server and superusers alone.  The server itself can be given any
 * node for all that: when there are no more, further spaces of its layout share one
 * timeline, as positions of one timeline differ whatever the node.  The same space
 * always gets the same timeline, because once there are no more, there will be none.
 *
 * IDs of 128 bits are in order whatever they contain, so they come from one timeline.
 * Where they contain the server's node, that has a timeline here that nothing is taken
 * from: it records how far the node has got, for idgen_reset_timeline().
 *
 * None of this is on the hot path: a process asks once for each of its generators,
 * and for each change of its node.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "engine/id_space.h"
#include "engine/limit.h"
#include "engine/reservation.h"
#include "engine/timeline.h"
#include "engine/waiting.h"
#include "engine/window.h"

/* Spaces that share a timeline share a bucket: what is hashed is equal then. */
static pg_atomic_uint32 *
bucket_of(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits)
{
	uint64		start = (uint64) layout->tick_us * 31 + (uint64) layout->epoch_ticks;
	uint32		hash = murmurhash32((uint32) (node_bits ^ node_bits >> 32)) ^
		murmurhash32((uint32) (start ^ start >> 32));

	return &area->timelines_of_bucket[hash % TIMELINE_BUCKETS];
}

/*
 * The timeline of a space, if it has been added; NULL if not.  No lock is needed: see
 * timelines_of_bucket in shmem.h.
 */
Timeline *
id_space_find(const SnowflakeLayout *layout, uint64 node_bits)
{
	IdNumbers	numbers = layout_node_numbers(layout, node_bits);
	uint32		number = pg_atomic_read_u32(bucket_of(shmem_area(), layout, node_bits));

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

/* Add a space, which the caller, who holds the lock, has not found, and for which there is a place. */
static Timeline *
add(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits)
{
	pg_atomic_uint32 *bucket = bucket_of(area, layout, node_bits);
	Timeline   *timeline = shmem_timeline(area->timeline_count);

	shmem_init_timeline(timeline);
	timeline->layout = *layout;
	timeline->node_bits = node_bits;
	timeline->next_of_bucket = pg_atomic_read_u32(bucket);
	area->timeline_count++;
	pg_write_barrier();
	pg_atomic_write_u32(bucket, area->timeline_count);
	return timeline;
}

/* What a space shares with others when there are no more timelines; NULL if it cannot. */
static Timeline *
shared_timeline(SharedArea *area, const SnowflakeLayout *layout)
{
	const SnowflakeLayout *server_layout = shmem_server_layout(area);

	if (layout_same_frame(layout, &layout_moments))
		return &area->shared_timelines[SHARED_BY_MOMENTS];
	if (server_layout != NULL && layout_same_frame(layout, server_layout))
		return &area->shared_timelines[SHARED_BY_SERVER_LAYOUT];
	return NULL;
}

/*
 * See to it that this process can reach all timelines (of which there are so many) and
 * the place of the next one: that may take a lock, and raise, and must not under ours.
 * False if there is no room in shared memory for the next one.
 */
static bool
reach_places(SharedArea *area, int count)
{
	for (int i = 0; i < count; i += FIRST_TIMELINE_BLOCK)
		(void) shmem_timeline(i);
	return count >= area->timeline_limit || shmem_reach_timeline(count);
}

/* May this user have another one, where there are so many? */
static bool
may_add(SharedArea *area, int count, SpaceUser user)
{
	return count < (user == SPACE_OF_SERVER ? area->timeline_limit : area->timeline_limit / 2);
}

/* A space is to share this timeline; from the first one on it has a layout.  The caller holds the lock. */
static void
share(SharedArea *area, Timeline *timeline, const SnowflakeLayout *layout)
{
	pg_atomic_uint32 *is_needed = &area->shared_is_needed[timeline - area->shared_timelines];

	if (pg_atomic_read_u32(is_needed) != 0)
		return;
	timeline->layout = *layout;
	pg_write_barrier();
	pg_atomic_write_u32(is_needed, 1);
}

/*
 * Find a space, or add it; NULL if it can neither be added nor share a timeline.
 * *again is set if it has to be tried again, as others have added some.
 */
static Timeline *
find_or_add(SharedArea *area, const SnowflakeLayout *layout, uint64 node_bits, SpaceUser user, bool *again)
{
	int			count = shmem_count_timelines();
	bool		has_room = reach_places(area, count);
	Timeline   *shared = has_room && count < area->timeline_limit ? NULL : shared_timeline(area, layout);
	Timeline   *timeline = NULL;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	*again = area->timeline_count != count;
	if (!*again)
	{
		/* What there was no room for once will not come later, either. */
		if (!has_room)
			area->timeline_limit = count;
		timeline = id_space_find(layout, node_bits);
		if (timeline == NULL && shared != NULL)
		{
			timeline = shared;
			share(area, timeline, layout);
		}
		else if (timeline == NULL && may_add(area, count, user))
			timeline = add(area, layout, node_bits);
	}
	LWLockRelease(&area->lock);
	return timeline;
}

/*
 * Is there a timeline for this space, or may this user have another one?  Where the
 * library is not preloaded, there may be no room in shared memory all the same.
 */
bool
id_space_has_room(const SnowflakeLayout *layout, uint64 node_bits, SpaceUser user)
{
	return id_space_find(layout, node_bits) != NULL ||
		may_add(shmem_area(), shmem_count_timelines(), user) ||
		shared_timeline(shmem_area(), layout) != NULL;
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

/* Its positions can get as far as the widest time among the layouts that it serves lets them. */
static void
note_time_bits(Timeline *timeline, uint32 bits)
{
	uint32		old = pg_atomic_read_u32(&timeline->time_bits);

	while (old < bits && !pg_atomic_compare_exchange_u32(&timeline->time_bits, &old, bits))
		;
}

/*
 * The timeline of a space.  keeps_node says that a generator with that space keeps
 * its node, or a part of it, when the server's node changes.  ERROR OUT_OF_MEMORY if
 * there are no more timelines.
 */
Timeline *
id_space_timeline(const SnowflakeLayout *layout, uint64 node_bits, bool keeps_node, SpaceUser user)
{
	SharedArea *area = shmem_area();
	Timeline   *timeline = id_space_find(layout, node_bits);
	bool		again = timeline == NULL;

	while (again)
		timeline = find_or_add(area, layout, node_bits, user, &again);
	if (timeline == NULL)
		report_no_timeline(area);
	note_time_bits(timeline, layout->bits[LAYOUT_TIME]);
	if (keeps_node || !layout_equal(&timeline->layout, layout))
		pg_atomic_write_u32(&timeline->keeps_node, 1);
	return timeline;
}

/* A generator of this database, as timelines remember it. */
static uint64
generator_key(Oid server)
{
	return (uint64) MyDatabaseId << 32 | server;
}

/*
 * Remember, as long as the server runs, that a generator (a foreign server) issues IDs
 * from a timeline by a definition that may be rolled back.  False if that cannot be told
 * from the timeline, since it is shared, or remembers another generator: if one stood for
 * all, everybody's could be kept from being changed.
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

/* The definition has been committed, so the generator itself tells. */
void
id_space_forget_uncommitted(Timeline *timeline, Oid server)
{
	uint64		noted = generator_key(server);

	pg_atomic_compare_exchange_u64(&timeline->uncommitted, &noted, 0);
}

/* The timelines that a generator may have issued IDs from in this way. */
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

/* How many timelines there are, with those that spaces share; see id_space_place(). */
int
id_space_count(void)
{
	return SHARED_TIMELINES + shmem_count_timelines();
}

/*
 * A timeline by its number (0 .. id_space_count() - 1), whether it has been needed or not:
 * it may have no layout yet.
 */
Timeline *
id_space_place(int number)
{
	if (number >= SHARED_TIMELINES)
		return shmem_timeline(number - SHARED_TIMELINES);
	return &shmem_area()->shared_timelines[number];
}

/* The same, or NULL if it has not been needed yet. */
Timeline *
id_space_by_number(int number)
{
	if (number < SHARED_TIMELINES && pg_atomic_read_u32(&shmem_area()->shared_is_needed[number]) == 0)
		return NULL;
	pg_read_barrier();
	return id_space_place(number);
}

/* Do several spaces share this timeline? */
bool
id_space_is_shared(const Timeline *timeline)
{
	SharedArea *area = shmem_area();

	return timeline >= area->shared_timelines && timeline < area->shared_timelines + SHARED_TIMELINES;
}

/* Is it the record of a node of 128-bit IDs? */
bool
id_space_is_record(const Timeline *timeline)
{
	return layout_same_frame(&timeline->layout, &layout_moments);
}

/* The end of the last ID of a timeline, in us since 1970; 0 if it has none. */
static int64
issued_until_us(Timeline *timeline)
{
	uint64		next = pg_atomic_read_u64(&timeline->next);

	return shmem_is_used(shmem_area(), next) ? layout_position_end_us(&timeline->layout, next - 1) : 0;
}

/* A layout of which all IDs are that can have been issued from a timeline. */
SnowflakeLayout
id_space_widest_layout(Timeline *timeline)
{
	return layout_widen_time(&timeline->layout, pg_atomic_read_u32(&timeline->time_bits));
}

/* The numbers that come from a timeline; those of any node if it is shared. */
static IdNumbers
numbers_of(Timeline *timeline)
{
	SnowflakeLayout layout = id_space_widest_layout(timeline);
	IdNumbers	numbers = layout_node_numbers(&layout, timeline->node_bits);

	if (id_space_is_shared(timeline))
		numbers.fixed = 0;
	return numbers;
}

/*
 * Can a timeline, or NULL, have issued some of these numbers that can be equal to others
 * (or any, if these are NULL)?
 */
static bool
may_have_issued(Timeline *timeline, const IdNumbers *numbers, const IdNumbers *equal_to)
{
	IdNumbers	issued;

	if (timeline == NULL || !layout_same_frame(&timeline->layout, &numbers->layout))
		return false;
	issued = numbers_of(timeline);
	return layout_may_be_equal(&issued, numbers) &&
		(equal_to == NULL || layout_may_be_equal(&issued, equal_to));
}

/*
 * Until when have numbers been issued that can be equal to others (or any, if these are
 * NULL)?  In us since 1970; 0 if there are none since the server started.
 */
int64
id_space_issued_until_us(const IdNumbers *numbers, const IdNumbers *equal_to)
{
	int			count = id_space_count();
	int64		until_us = 0;

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_by_number(i);

		if (may_have_issued(timeline, numbers, equal_to))
			until_us = Max(until_us, issued_until_us(timeline));
	}
	return until_us;
}

/* Let nobody issue any of these numbers that can be equal to present ones below a position of theirs. */
static void
raise_all(const IdNumbers *numbers, const IdNumbers *present, uint64 position)
{
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_by_number(i);

		if (may_have_issued(timeline, numbers, present))
			shmem_raise_to(&timeline->next, position);
	}
}

/* What to do as the writer of the reservation, which keeps idgen_reset_timeline() out meanwhile. */
typedef struct Raise
{
	Timeline   *timeline;		/* raise this one, or else those of former numbers */
	const IdNumbers *present;
	const IdNumbers *former;
	int64		until_us;		/* to this time; that of a timeline is found out */
	const SnowflakeLayout *layout;	/* of what is raised ... */
	uint64		position;		/* ... and to where */
} Raise;

/* May a timeline be there now, as if all before had been issued? */
static bool
is_due(const SnowflakeLayout *layout, uint64 position)
{
	return position <= window_ceiling(layout, window_ticks(layout, window_moment()), 0);
}

/*
 * Raise what is to be raised, unless the clock does not allow that yet: others may have
 * these timelines, too, and would wait.  The caller is the writer.
 */
static bool
try_to_raise(Raise *raise)
{
	if (raise->timeline != NULL)
		raise->until_us = id_space_issued_until_us(raise->former, raise->present);
	raise->position = window_position_from(raise->layout, raise->until_us);
	if (raise->timeline != NULL && pg_atomic_read_u64(&raise->timeline->next) >= raise->position)
		return true;
	if (!is_due(raise->layout, raise->position))
		return false;
	if (raise->timeline != NULL)
		shmem_raise_to(&raise->timeline->next, raise->position);
	else
		raise_all(raise->former, raise->present, raise->position);
	return true;
}

/* The same as the writer.  Errors: those of wait_to_write(). */
static bool
try_as_writer(Raise *raise)
{
	volatile bool done = false;

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		wait_to_write();
		done = try_to_raise(raise);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	return done;
}

/* ERROR if idgen_reset_timeline() has left former IDs behind that present ones can be equal to. */
static void
check_not_left(const Raise *raise)
{
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_by_number(i);

		if (may_have_issued(timeline, raise->former, raise->present))
			timeline_check_not_left(timeline);
	}
}

/* Errors: those of wait_to_write(), check_not_left() and limit_wait(). */
static void
raise_as_writer(Raise *raise)
{
	Wait		wait = {.slot = timeline_slot};

	while (!try_as_writer(raise))
	{
		if (raise->timeline != NULL)
			check_not_left(raise);
		limit_wait(LIMIT_DRIFT, &wait, raise->layout, raise->position, 0);
	}
}

/*
 * A generator whose present IDs come from a timeline had former ones, and does not
 * issue any of these now.  Let it go on after the last of those that can be equal to
 * one of the present.  That has to wait for the clock as IDs do.  Errors:
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait; what CHECK_FOR_INTERRUPTS raises.
 */
void
id_space_go_beyond(Timeline *timeline, const IdNumbers *present, const IdNumbers *former)
{
	Raise		raise = {.timeline = timeline,.present = present,.former = former,.layout = &present->layout};

	if (!layout_keeps_apart(&present->layout, &former->layout))
		raise_as_writer(&raise);
}

/*
 * The reverse: present IDs are about to be issued up to until_us, in us since 1970, and
 * it is not sure yet that former ones will not be issued again.  Let these go on after
 * that.  Errors as above.
 */
void
id_space_raise(const IdNumbers *former, const IdNumbers *present, int64 until_us)
{
	Raise		raise = {.present = present,.former = former,.until_us = until_us,.layout = &former->layout};

	if (!layout_keeps_apart(&present->layout, &former->layout))
		raise_as_writer(&raise);
}
