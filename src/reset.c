/*-------------------------------------------------------------------------
 *
 * reset.c
 *	  Setting the timelines by hand.
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

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "generator.h"
#include "id_space.h"
#include "reference_clock.h"
#include "reservation.h"
#include "server_layout.h"
#include "uuid_node.h"
#include "waiting.h"

PG_FUNCTION_INFO_V1(idgen_reset_timeline);

/* What was found when the timelines were stopped.  Times in us since 1970. */
typedef struct Stopped
{
	uint32		restarts;		/* before this one */
	int			count;			/* of timelines */
	uint64		reserved_us;
	uint64		loaded_us;		/* IDs before this run of the server lie below it */
	uint64		present_end_us; /* and so do those of the present node here ... */
	uint64		kept_end_us;	/* ... and here those of generators that keep their node */
	uint64		moments_end_us; /* those of 128-bit IDs in order, with a node or without */
} Stopped;

/* The time that the IDs of a stopped timeline lie below, in us since 1970; 0 if there are none. */
static uint64
stopped_end_us(const Timeline *timeline, const SnowflakeLayout *layout, uint32 restarts)
{
	return timeline->stopped <= restarts ? 0 : layout_position_end_us(layout, timeline->stopped - 1);
}

/* Is this timeline one for the node that the server has now?  Of one that nodes share, we do not know. */
static bool
is_of_present_node(const Timeline *timeline)
{
	const SnowflakeLayout *layout = &timeline->layout;

	if (id_space_is_shared(timeline))
		return true;
	if (id_space_is_record(timeline))
		return uuid_node_fits() && timeline->node_bits == uuid_node_of_server();
	return generator_server_fits(layout) && timeline->node_bits == generator_server_node_bits(layout);
}

/*
 * Let nobody take positions as long as the caller is the writer of the reservation.
 * Whoever goes by limits read from here on finds no room; whoever goes by older ones
 * notices the restart, before or after its swap, or has swapped before us (see try_take).
 * Mostly its swap fails: each stop leaves another number, below all positions that the
 * limits allow (in any tick except the first few of an epoch), and put_back() one that
 * was there before only if something was given back (see give_back).
 * A timeline that is added after the count was read has no positions taken from before
 * the restart, either.  Those that spaces share are stopped whether they are needed or
 * not: they are not added, and may come to be needed at any time.
 */
static void
stop(SharedArea *area, Stopped *stopped)
{
	stopped->loaded_us = area->reservation.loaded_us;
	stopped->reserved_us = pg_atomic_exchange_u64(&area->limits.reserved_us, 0);
	stopped->restarts = pg_atomic_fetch_add_u32(&area->limits.restarts, 1);
	area->moments.stopped = pg_atomic_exchange_u64(&area->moments.next, (uint64) stopped->restarts + 1);
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
look_what_counts(SharedArea *area, Stopped *stopped)
{
	stopped->moments_end_us = stopped_end_us(&area->moments, &layout_moments, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_place(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (is_of_present_node(timeline))
			stopped->present_end_us = Max(stopped->present_end_us, end_us);
		if (pg_atomic_read_u32(&timeline->keeps_node) != 0)
			stopped->kept_end_us = Max(stopped->kept_end_us, end_us);
	}
}

/*
 * Let a timeline go on where it was, if it had been used, less one position: the swap
 * of whoever has found it there before it was stopped is to fail.
 */
static void
put_back(Timeline *timeline, uint32 restarts)
{
	if (timeline->stopped > restarts)
		pg_atomic_write_u64(&timeline->next, timeline->stopped + 1);
}

/* As if nothing had happened; whoever was stopped looks again. */
static void
resume(SharedArea *area, const Stopped *stopped)
{
	put_back(&area->moments, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
		put_back(id_space_place(i), stopped->restarts);
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
	if (stopped->moments_end_us <= start_us)
		put_back(&area->moments, stopped->restarts);
	for (int i = 0; i < stopped->count; i++)
	{
		Timeline   *timeline = id_space_place(i);
		uint64		end_us = stopped_end_us(timeline, &timeline->layout, stopped->restarts);

		if (end_us <= start_us || !force)
			put_back(timeline, stopped->restarts);
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
restart(SharedArea *area, const Stopped *stopped, uint64 start_us, bool force, ReplOriginId origin)
{
	PG_TRY();
	{
		reservation_write_start(origin, start_us);
	}
	PG_CATCH();
	{
		resume(area, stopped);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pg_atomic_fetch_add_u32(&area->limits.resets, 1);
	if (force)
		forget_creations(area);
	set_timelines(area, stopped, start_us, force);
	reference_clock_forget();
	reference_clock_begin(start_us);
	reservation_begin(start_us);
	if (force)
		area->reservation.loaded_us = Min(area->reservation.loaded_us, start_us);
}

/* Have no IDs been issued at or above start_us that could be issued again? */
static bool
is_accounted(const Stopped *stopped, uint64 start_us)
{
	return start_us >= stopped->loaded_us && start_us >= stopped->present_end_us &&
		start_us >= stopped->kept_end_us;
}

static void
report_unaccounted(uint64 start_us, const Stopped *stopped)
{
	char	   *start_text = pstrdup(timestamptz_to_str(clock_timestamptz(start_us)));

	if (start_us < stopped->kept_end_us)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
				errdetail("Generators with a node of their own have issued IDs up to %s.",
						  timestamptz_to_str(clock_timestamptz(stopped->kept_end_us))),
				errhint("Their nodes would issue the same IDs again. If you know which IDs there are, or have given each of these generators another node, use force => true."));
	if (start_us < stopped->loaded_us)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
				errdetail("Before the server was last started, IDs may have been issued up to %s, and it is not known by which nodes.",
						  timestamptz_to_str(clock_timestamptz(stopped->loaded_us))),
				errhint("If the node that \"idgen.worker_id\" names was never used, or you know which IDs there are, use force => true."));
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
			errdetail("The node that this server has now has issued IDs up to %s.",
					  timestamptz_to_str(clock_timestamptz(stopped->present_end_us))),
			errhint("Set \"idgen.worker_id\" to a value that no server has used, reload the configuration and try again. If you know which IDs there are, use force => true."));
}

/* Setting the timeline ahead of the clock is allowed, and hardly ever meant; see reference_clock.c. */
static void
warn_if_ahead(uint64 start_us)
{
	int64		ahead_ms = ((int64) start_us - clock_unix_ns() / NS_PER_US) / 1000;

	if (ahead_ms > window_max_drift.value)
		ereport(WARNING,
				errmsg("snowflake IDs now begin %.3f s ahead of the system clock", (double) ahead_ms / 1000),
				ahead_ms <= reference_max_regression.value ?
				errdetail("IDs stay that far ahead, by a tenth less of each second at least, until the clock has caught up.") :
				errdetail("Calls wait until the clock is within \"idgen.max_regression\" of that, which is %d ms.",
						  reference_max_regression.value),
				errhint("As long as no ID has been made, idgen_reset_timeline() takes this back."));
}

/* The first tick's start at or after a moment, in us; ERROR if there is none. */
static uint64
tick_start_from(const SnowflakeLayout *layout, TimestampTz moment)
{
	TimestampTz first = clock_timestamptz(layout_tick_start_us(layout, 0));
	int64		last_us = Min(layout_tick_start_us(layout, layout_end_tick(layout) - 1), RESERVATION_LAST_US);
	TimestampTz last = clock_timestamptz(last_us);
	int64		tick;

	/* also true of infinite ones */
	if (moment < first || moment > last)
	{
		char	   *first_text = pstrdup(timestamptz_to_str(first));

		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("start of the snowflake timeline out of range"),
				errdetail("It can be from %s to %s.",
						  first_text, timestamptz_to_str(last)));
	}

	tick = layout_tick_at_us(layout, clock_unix_us(moment));
	if (layout_tick_start_us(layout, tick) < clock_unix_us(moment))
		tick++;
	return layout_tick_start_us(layout, tick);
}

/*
 * Where to begin if nothing was asked for: at the clock, or where IDs are if that is
 * ahead no more than is normal.
 */
static uint64
default_start_us(const Stopped *stopped, uint64 clock_us)
{
	uint64		normal_us = clock_us + window_max_drift.value * US_PER_MS;
	uint64		end_us = Max(stopped->loaded_us, Max(stopped->present_end_us, stopped->kept_end_us));
	uint64		start_us = clock_us;

	if (end_us <= normal_us)
		start_us = Max(start_us, end_us);
	if (stopped->moments_end_us <= normal_us)
		start_us = Max(start_us, stopped->moments_end_us);
	return start_us;
}

/* Where to begin: where asked, or at the clock. */
static uint64
asked_start_us(FunctionCallInfo fcinfo, const SnowflakeLayout *layout)
{
	return tick_start_from(layout, PG_ARGISNULL(0) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(0));
}

/*
 * Stop all timelines.  What this process has not looked at may raise, so it does that
 * before; what has been added since makes it try again.
 */
static void
stop_all(SharedArea *area, Stopped *stopped)
{
	for (;;)
	{
		memset(stopped, 0, sizeof(Stopped));
		stopped->count = id_space_count();
		for (int i = 0; i < stopped->count; i++)
			(void) id_space_place(i);

		stop(area, stopped);
		if (id_space_count() == stopped->count)
			return;
		resume(area, stopped);
	}
}

/* Reset the timelines if that is safe, or forced; if not, say what stood in the way. */
static bool
try_reset(SharedArea *area, uint64 *start_us, bool is_asked, bool force, ReplOriginId origin, Stopped *stopped)
{
	bool		accounted;

	stop_all(area, stopped);
	look_what_counts(area, stopped);
	if (!is_asked)
		*start_us = default_start_us(stopped, *start_us);
	accounted = force || is_accounted(stopped, *start_us);
	if (accounted)
		restart(area, stopped, *start_us, force, origin);
	else
		resume(area, stopped);
	return accounted;
}

/* idgen_reset_timeline(start timestamptz, force boolean) */
Datum
idgen_reset_timeline(PG_FUNCTION_ARGS)
{
	bool		force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	uint64		start_us;
	OriginStatus status;
	ReplOriginId origin;
	Stopped		stopped;
	bool		accounted;

	generator_attach("idgen_reset_timeline()");
	start_us = asked_start_us(fcinfo, server_layout());
	status = origin_acquire(&origin);
	if (status != ORIGIN_ACQUIRED)
		origin_report(status);

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		wait_to_write();
		accounted = try_reset(shmem_area(), &start_us, !PG_ARGISNULL(0), force, origin, &stopped);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	origin_release(origin);

	if (!accounted)
		report_unaccounted(start_us, &stopped);
	warn_if_ahead(start_us);
	ereport(LOG,
			errmsg("snowflake timeline was reset to %s",
				   timestamptz_to_str(clock_timestamptz(start_us))));
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(start_us));
}
