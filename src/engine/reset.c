/*-------------------------------------------------------------------------
 *
 * reset.c
 *	  See reset.h.
 *
 * This is the way out when the clock was far ahead for a while: timelines stay
 * there, and calls wait for the clock to get there too.  To go back makes IDs repeat
 * when the clock comes to the time of those that were issued, unless these can never
 * be issued again: those of nodes that the server had and gives up.  So what counts
 * is what has been issued at or above the time to go back to
 *
 *	by the node that the server has now, for its own IDs, for generators that follow
 *	it, and for IDs of 128 bits that contain it;
 *	by generators that keep their node, or a part of it, when the server's changes.
 *	Where several layouts share a timeline it counts as one of these.
 *
 * Timelines of nodes that the server had before stay where they are.  So whoever goes
 * by such a node still, or comes back to it, issues nothing before the clock is there.
 *
 * IDs of 128 bits in order have one timeline, which goes back as it has to: they are
 * unique by random bits, or else it is recorded how far their node has got.
 *
 * It is for all timelines at once, as the reservation is one for all.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "engine/id_space.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "engine/reset.h"
#include "engine/wait.h"
#include "engine/window.h"

/* What was found when the timelines were stopped.  Times in us since 1970. */
typedef struct Stopped
{
	uint32		restarts;		/* before this one */
	int			count;			/* of timelines */
	uint64		reserved_us;
	IssuedBefore issued;
	uint64		unique_times_end_us; /* IDs of 128 bits in order, with a node or without, lie below it */
} Stopped;

/* The time that the IDs of a stopped timeline lie below, in us since 1970; 0 if there are none. */
static uint64
stopped_end_us(const Timeline *timeline, const SnowflakeLayout *layout, uint32 restarts)
{
	return timeline->stopped <= restarts ? 0 : layout_position_end_us(layout, timeline->stopped - 1);
}

/*
 * Let nobody take positions as long as the caller is the writer of the reservation.
 * Whoever goes by limits read from here on finds no room; whoever goes by older ones
 * notices the restart, before or after its swap, or has swapped before us (see try_take).
 * Mostly its swap fails: each stop leaves another number, below all positions that the
 * limits allow (in any tick except the first few of an epoch), and put_timeline_back() one that
 * was there before only if something was given back (see give_back).
 * A timeline that is added after the count was read has no positions taken from before
 * the restart, either.  Those that spaces share are stopped whether they are needed or
 * not: they are not added, and may come to be needed at any time.
 */
static void
stop_timelines(SharedArea *area, Stopped *stopped)
{
	stopped->issued.loaded_us = area->reservation.loaded_us;
	stopped->reserved_us = pg_atomic_exchange_u64(&area->limits.reserved_us, 0);
	stopped->restarts = pg_atomic_fetch_add_u32(&area->limits.restarts, 1);
	area->unique_times.stopped = pg_atomic_exchange_u64(&area->unique_times.next, (uint64) stopped->restarts + 1);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_place(i);

		timeline->stopped = pg_atomic_exchange_u64(&timeline->next, (uint64) stopped->restarts + 1);
	}
}

/*
 * Find out up to when those have issued IDs who could issue them again.  What was taken from a
 * timeline was taken by who knew its layout, so we see that, too, with what we stopped.
 */
static void
find_issued_before(SharedArea *area, Stopped *stopped, const ResetRequest *request)
{
	stopped->unique_times_end_us = stopped_end_us(&area->unique_times, &layout_unique_times, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_place(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (request->is_of_present_node(timeline))
			stopped->issued.present_end_us = Max(stopped->issued.present_end_us, end_us);
		if (pg_atomic_read_u32(&timeline->keeps_node) != 0)
			stopped->issued.kept_end_us = Max(stopped->issued.kept_end_us, end_us);
	}
}

/*
 * Let a timeline go on where it was, if it had been used, less one position: the swap
 * of whoever has found it there before it was stopped is to fail.
 */
static void
put_timeline_back(Timeline *timeline, uint32 restarts)
{
	if (timeline->stopped > restarts)
		pg_atomic_write_u64(&timeline->next, timeline->stopped + 1);
}

/* As if nothing had happened; whoever was stopped looks again. */
static void
resume_timelines(SharedArea *area, const Stopped *stopped)
{
	put_timeline_back(&area->unique_times, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
		put_timeline_back(id_space_place(i), stopped->restarts);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, stopped->reserved_us);
}

/*
 * Set timelines for IDs that begin at start_us.  Only force takes back those that were
 * used above it.
 */
static void
set_timelines(SharedArea *area, const Stopped *stopped, uint64 start_us, bool force)
{
	if (stopped->unique_times_end_us <= start_us)
		put_timeline_back(&area->unique_times, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_place(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (end_us <= start_us || !force)
			put_timeline_back(timeline, stopped->restarts);
		pg_atomic_write_u64(&timeline->left_until_us, end_us <= start_us || force ? 0 : end_us);
	}
}

/* What timelines no longer tell, so that no generator is taken for unused; see generator_ddl.c. */
static void
forget_creations(SharedArea *area)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	memset(area->created, 0, sizeof(area->created));
	LWLockRelease(&area->lock);
}

/*
 * IDs begin at start_us: start of a tick, in us since 1970.  If it fails, nothing
 * has changed.  With force the caller answers for all that was before.
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
	pg_atomic_fetch_add_u32(&area->limits.resets, 1);
	if (force)
		forget_creations(area);
	set_timelines(area, stopped, start_us, force);
	reference_clock_reset();
	reference_clock_start(start_us);
	reservation_publish_start(start_us);
	if (force)
		area->reservation.loaded_us = Min(area->reservation.loaded_us, start_us);
}

/* Have no IDs been issued at or above start_us that could be issued again? */
static bool
is_reset_safe(const Stopped *stopped, uint64 start_us)
{
	return start_us >= stopped->issued.loaded_us && start_us >= stopped->issued.present_end_us &&
		start_us >= stopped->issued.kept_end_us;
}

/*
 * Where to begin if nothing was asked for: at the clock, or where IDs are if that is
 * ahead no more than is normal.
 */
static uint64
default_start_us(const Stopped *stopped, uint64 clock_us)
{
	uint64		normal_us = clock_us + window_max_drift.value * US_PER_MS;
	uint64		end_us = Max(stopped->issued.loaded_us, Max(stopped->issued.present_end_us, stopped->issued.kept_end_us));
	uint64		start_us = clock_us;

	if (end_us <= normal_us)
		start_us = Max(start_us, end_us);
	if (stopped->unique_times_end_us <= normal_us)
		start_us = Max(start_us, stopped->unique_times_end_us);
	return start_us;
}

/*
 * Stop all timelines.  What this process has not looked at may raise, so it does that
 * before; what has been added since makes it try again.
 */
static void
stop_all_timelines(SharedArea *area, Stopped *stopped)
{
	for (;;)
	{
		memset(stopped, 0, sizeof(Stopped));
		stopped->count = id_space_count();
		for (int i = 0; i < stopped->count; i++)
			(void) id_space_place(i);

		stop_timelines(area, stopped);
		if (id_space_count() == stopped->count)
			return;
		resume_timelines(area, stopped);
	}
}

/* Reset the timelines if that is safe, or forced.  The caller is the writer of the reservation. */
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
 * Let all timelines begin where the request says.  False, and nothing has changed, if IDs
 * might repeat; *issued gets what stands in the way.  Errors: those of origin_acquire(),
 * origin_report(), wait_to_write() and origin_write().
 */
bool
reset_timelines(ResetRequest *request, IssuedBefore *issued)
{
	ReplOriginId origin;
	OriginStatus status = origin_acquire(&origin);
	Stopped		stopped;
	bool		accounted;

	if (status != ORIGIN_ACQUIRED)
		origin_report(status);

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
