/*-------------------------------------------------------------------------
 *
 * reset.c
 *	  Setting the timelines back or forward by hand.
 *
 * This is for use after the clock was far ahead for a while: the timelines
 * stay there, and calls wait until the clock gets there, too.  If the
 * timelines go back, IDs repeat when the clock reaches the times of those that
 * were issued, unless no generator has their node any more.  So the IDs that
 * count are those issued at or above the new start
 *
 *	by the node that the server has now, for its own IDs, for generators that follow
 *	it, and for IDs of 128 bits that contain it;
 *	by generators that keep their node, or a part of it, when the server's changes.
 *	Where several layouts share a timeline it counts as one of these.
 *
 * Timelines of nodes that the server had before stay where they are.  So a
 * process that still uses such a node, or gets it again, issues nothing before
 * the clock gets there.
 *
 * IDs of 128 bits in order have one timeline, which may always go back: they
 * are unique by random bits, or else a record says how far their node has got.
 *
 * A reset applies to all timelines at once, because there is one reservation
 * for all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "engine/drift.h"
#include "engine/horizon_mark.h"
#include "engine/id_space.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "engine/reset.h"
#include "engine/wait.h"

/* The state in which the timelines were stopped.  Times in us since 1970. */
typedef struct Stopped
{
	uint32		restarts;		/* before this restart */
	int			count;			/* of timelines */
	uint64		reserved_us;
	IssuedBefore issued;
	uint64		unique_times_end_us;	/* of all ordered IDs of 128 bits */
	uint64		hlc_end_us;		/* of the hybrid logical clock */
} Stopped;

/* The time below which the IDs of a stopped timeline lie, in us since 1970; 0 if there are none. */
static uint64
stopped_end_us(const Timeline *timeline, const SnowflakeLayout *layout, uint32 restarts)
{
	return timeline->stopped <= restarts ? 0 : layout_position_end_us(layout, timeline->stopped - 1);
}

/*
 * Let no process take positions as long as the caller is the writer of the
 * reservation.  A backend that reads the limits after this finds no room.  One
 * that read them earlier notices the restart, before or after its swap, or
 * completed its swap before ours (see try_take).  Usually its swap fails: each
 * stop leaves a different number, below all positions that the limits allow
 * (in any tick except the first few of an epoch), and put_timeline_back()
 * leaves one that was there before only if something was given back (see
 * give_back).
 *
 * A timeline that is added after the count was read has no positions taken from
 * before the restart, either.  Shared timelines are stopped whether they are
 * needed or not: they are not added, and may come to be needed at any time.
 */
static void
stop_timelines(SharedArea *area, Stopped *stopped)
{
	stopped->issued.loaded_us = area->reservation.loaded_us;
	stopped->reserved_us = pg_atomic_exchange_u64(&area->limits.reserved_us, 0);
	stopped->restarts = pg_atomic_fetch_add_u32(&area->limits.restarts, 1);
	area->unique_times.stopped = pg_atomic_exchange_u64(&area->unique_times.next, (uint64) stopped->restarts + 1);
	area->hlc.stopped = pg_atomic_exchange_u64(&area->hlc.next, (uint64) stopped->restarts + 1);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_timeline_by_number(i);

		/* cppcheck-suppress overlappingWriteUnion; these are not in a union */
		timeline->stopped = pg_atomic_exchange_u64(&timeline->next, (uint64) stopped->restarts + 1);
	}
}

/*
 * Find the end of the IDs that could be issued again.  A process that took from
 * a timeline knew its layout, so we see the layout, too, once we have stopped
 * the timeline.
 */
static void
find_issued_before(SharedArea *area, Stopped *stopped, const ResetRequest *request)
{
	stopped->unique_times_end_us = stopped_end_us(&area->unique_times, &layout_unique_times, stopped->restarts);
	stopped->hlc_end_us = stopped_end_us(&area->hlc, &layout_hlc, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_timeline_by_number(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (request->is_of_present_node(timeline))
			stopped->issued.present_end_us = Max(stopped->issued.present_end_us, end_us);
		if ((pg_atomic_read_u32(&timeline->uses) & TIMELINE_KEEPS_NODE) != 0)
			stopped->issued.kept_end_us = Max(stopped->issued.kept_end_us, end_us);
	}
}

/*
 * Let a timeline continue where it was, if it had been used, less one position:
 * the swap of a process that found the old number before the timeline was
 * stopped must fail.
 */
static void
put_timeline_back(Timeline *timeline, uint32 restarts)
{
	if (timeline->stopped > restarts)
		pg_atomic_write_u64(&timeline->next, timeline->stopped + 1);
}

/* Put all timelines back.  Processes that were stopped try again. */
static void
resume_timelines(SharedArea *area, const Stopped *stopped)
{
	put_timeline_back(&area->unique_times, stopped->restarts);
	put_timeline_back(&area->hlc, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
		put_timeline_back(id_space_timeline_by_number(i), stopped->restarts);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, stopped->reserved_us);
}

/*
 * Set the timelines for IDs that begin at start_us.  Timelines that were used
 * above it go back only with force, except that of 128-bit IDs.  Horizons of those that
 * stay are forgotten, too: they belong to nodes that the server had before, and
 * are read together with the present one's.
 */
static void
set_timelines(SharedArea *area, const Stopped *stopped, uint64 start_us, bool force)
{
	if (stopped->unique_times_end_us <= start_us)
		put_timeline_back(&area->unique_times, stopped->restarts);
	horizon_mark_forget(&area->unique_times, &layout_unique_times, start_us);
	if (stopped->hlc_end_us <= start_us || !force)
		put_timeline_back(&area->hlc, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_timeline_by_number(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (end_us <= start_us || !force)
			put_timeline_back(timeline, stopped->restarts);
		horizon_mark_forget(timeline, &timeline->layout, start_us);
		pg_atomic_write_u64(&timeline->repeats_until_us, end_us <= start_us || force ? 0 : end_us);
	}
}

/*
 * Forget which generators were created in this run.  The timelines no longer
 * tell whether these were used, and none may be treated as unused; see
 * generator_ddl.c.
 */
static void
forget_creations(SharedArea *area)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memset(area->created, 0, sizeof(area->created));
	LWLockRelease(&area->lock);
}

/*
 * Let IDs begin at start_us: the start of a tick, in us since 1970.  On ERROR
 * nothing has changed.  With force the caller is responsible for all IDs
 * issued before.
 */
static void
restart_timelines(SharedArea *area, const Stopped *stopped, uint64 start_us, bool force, ReplOriginId origin)
{
	PG_TRY();
	{
		reservation_write_start(origin, start_us);
	}
	PG_CATCH();
	{
		resume_timelines(area, stopped);
		PG_RE_THROW();
	}
	PG_END_TRY();
	horizon_mark_reset(start_us);
	if (force)
		forget_creations(area);
	set_timelines(area, stopped, start_us, force);
	reference_clock_reset();
	reference_clock_start(start_us);
	reservation_publish_start(start_us);
	if (force)
		area->reservation.loaded_us = Min(area->reservation.loaded_us, start_us);
}

/* Have no IDs that could be issued again been issued at or above start_us? */
static bool
is_reset_safe(const Stopped *stopped, uint64 start_us)
{
	return start_us >= stopped->issued.loaded_us && start_us >= stopped->issued.present_end_us &&
		start_us >= stopped->issued.kept_end_us;
}

/*
 * Where to begin if no time was given: at the clock, or after the last IDs if
 * these are ahead of it by no more than is normal.
 */
static uint64
default_start_us(const Stopped *stopped, uint64 clock_us)
{
	uint64		normal_us = clock_us + drift_max.value * US_PER_MS;
	uint64		end_us = Max(stopped->issued.loaded_us, Max(stopped->issued.present_end_us, stopped->issued.kept_end_us));
	uint64		start_us = clock_us;

	if (end_us <= normal_us)
		start_us = Max(start_us, end_us);
	if (stopped->unique_times_end_us <= normal_us)
		start_us = Max(start_us, stopped->unique_times_end_us);
	if (stopped->hlc_end_us <= normal_us)
		start_us = Max(start_us, stopped->hlc_end_us);
	return start_us;
}

/*
 * Stop all timelines.  Attaching to a timeline for the first time may raise, so
 * that is done before; if timelines have been added since, all is repeated.
 */
static void
stop_all_timelines(SharedArea *area, Stopped *stopped)
{
	for (;;)
	{
		memset(stopped, 0, sizeof(Stopped));
		stopped->count = id_space_count();
		for (int i = 0; i < stopped->count; i++)
			(void) id_space_timeline_by_number(i);

		stop_timelines(area, stopped);
		if (id_space_count() == stopped->count)
			return;
		resume_timelines(area, stopped);
	}
}

/*
 * Reset the timelines if that is safe or forced; returns whether it was.  The
 * caller is the writer of the reservation.
 */
static bool
try_reset(SharedArea *area, ResetRequest *request, ReplOriginId origin, Stopped *stopped)
{
	bool		accounted;

	stop_all_timelines(area, stopped);
	find_issued_before(area, stopped, request);
	if (!request->is_asked)
		request->start_us = default_start_us(stopped, request->start_us);
	accounted = request->force || is_reset_safe(stopped, request->start_us);
	if (accounted)
		restart_timelines(area, stopped, request->start_us, request->force, origin);
	else
		resume_timelines(area, stopped);
	return accounted;
}

/*
 * Let all timelines begin where the request says.  Returns false, with nothing
 * changed, if IDs might repeat; *issued gets the times that stand in the way.
 * Errors: those of wait_to_acquire_origin(), wait_to_write() and origin_write().
 */
bool
reset_timelines(ResetRequest *request, IssuedBefore *issued)
{
	ReplOriginId origin;
	Stopped		stopped;
	bool		accounted;

	wait_to_acquire_origin(&origin);
	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		wait_to_write();
		accounted = try_reset(shmem_area(), request, origin, &stopped);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	origin_release(origin);
	*issued = stopped.issued;
	return accounted;
}
