/*-------------------------------------------------------------------------
 *
 * reset.c
 *	  Setting the timelines by hand.
 *
 * This is the way out when the clock was far ahead for a while: the timeline
 * stays there, and calls wait for the clock to get there too.  To go back is safe
 * under a node that has not made any IDs, and otherwise makes IDs repeat when the
 * clock comes to the time of those that were made.
 *
 * It is for all timelines at once, as the reservation is one for all.  Those of
 * generators have a node for good, so they keep others from going back.  Moments
 * (server_moment.c) have the server's node, as its own IDs have.
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
#include "regression.h"
#include "reservation.h"
#include "server_layout.h"
#include "waiting.h"

PG_FUNCTION_INFO_V1(idgen_reset_timeline);

/* What the timelines were when they were stopped.  Times in us since 1970. */
typedef struct Stopped
{
	uint64		end_us;			/* IDs lie below it */
	uint64		generators_end_us;	/* those of nodes that generators have for good */
	uint64		reserved_us;
	int			timeline_count; /* of generators */
} Stopped;

/*
 * Stop a timeline, after so many restarts.  The time that its IDs lie below, in us
 * since 1970; 0 if there are none since the last restart.
 */
static uint64
stop_timeline(Timeline *timeline, const SnowflakeLayout *layout, uint32 restarts)
{
	timeline->stopped = pg_atomic_exchange_u64(&timeline->next, (uint64) restarts + 1);
	if (timeline->stopped <= restarts)
		return 0;
	return layout_position_end_us(layout, timeline->stopped - 1);
}

/*
 * Let nobody take positions as long as the caller is the writer of the
 * reservation.  Who goes by limits read from here on finds no room; who goes by
 * older ones notices the restart, or has swapped before us, or finds his swap to
 * fail (see try_take): each stop leaves another number, below all positions that
 * the limits allow (in any tick but the first few of an epoch).  A timeline that is
 * added after the count was read has no positions taken from before the restart,
 * either.
 *
 * The generators' end is that of their own timelines, and of the server's if some
 * generator with a node of its own draws from that.
 */
static Stopped
stop(SharedArea *area)
{
	Limits	   *limits = &area->limits;
	Stopped		stopped = {.generators_end_us = area->reservation.generators_until_us};
	uint32		restarts;
	uint64		end_us;

	stopped.reserved_us = pg_atomic_exchange_u64(&limits->reserved_us, 0);
	restarts = pg_atomic_fetch_add_u32(&limits->restarts, 1);
	end_us = stop_timeline(&area->timeline, server_layout(), restarts);
	stopped.end_us = Max(area->reservation.made_until_us, end_us);
	if (pg_atomic_read_u32(&area->generators_share) != 0)
		stopped.generators_end_us = Max(stopped.generators_end_us, stopped.end_us);

	end_us = stop_timeline(&area->moments, &layout_moments, restarts);
	stopped.end_us = Max(stopped.end_us, end_us);

	stopped.timeline_count = shmem_count_timelines();
	for (int i = 0; i < stopped.timeline_count; i++)
	{
		Timeline   *timeline = shmem_timeline(i);

		end_us = stop_timeline(timeline, &timeline->layout, restarts);
		stopped.generators_end_us = Max(stopped.generators_end_us, end_us);
	}
	stopped.end_us = Max(stopped.end_us, stopped.generators_end_us);
	return stopped;
}

/* As if nothing had happened; who was stopped looks again. */
static void
resume(SharedArea *area, Stopped stopped)
{
	pg_atomic_write_u64(&area->timeline.next, area->timeline.stopped);
	pg_atomic_write_u64(&area->moments.next, area->moments.stopped);
	for (int i = 0; i < stopped.timeline_count; i++)
		pg_atomic_write_u64(&shmem_timeline(i)->next, shmem_timeline(i)->stopped);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, stopped.reserved_us);
}

/*
 * Going back, no node that has been in use may make the IDs of the time up to
 * end_us again, whoever goes by it still or comes back to it.
 */
static void
bar_nodes(SharedArea *area, uint64 end_us)
{
	uint64		until_us = pg_atomic_read_u64(&area->limits.barred_until_us);

	shmem_add_all_nodes(&area->nodes_barred, &area->nodes_used);
	shmem_add_all_nodes(&area->nodes_barred, &area->moment_nodes_used);
	pg_atomic_write_u64(&area->limits.barred_until_us, Max(until_us, end_us));
}

/*
 * IDs begin at start_us: start of a tick, in us since 1970.  If it fails, nothing
 * has changed.  With force the caller answers for all that was before.
 */
static void
restart(SharedArea *area, Stopped stopped, uint64 start_us, bool force, RepOriginId origin)
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
	if (!force && start_us < stopped.end_us)
		bar_nodes(area, stopped.end_us);
	reservation_begin(start_us);
	if (force)
		pg_atomic_write_u64(&area->limits.barred_until_us, 0);
	regression_forget();
	area->reservation.made_until_us = Min(stopped.end_us, start_us);
	area->reservation.generators_until_us = Min(stopped.generators_end_us, start_us);
	if (force)
		area->reservation.loaded_us = Min(area->reservation.loaded_us, start_us);
}

/*
 * Can this node, which is the server's, and can generators have made no ID at or
 * above start_us?  Of the time before this life of the server only the end is known.
 */
static bool
is_accounted(SharedArea *area, Stopped stopped, uint64 start_us, uint32 node)
{
	return start_us >= stopped.end_us ||
		(start_us >= area->reservation.loaded_us && start_us >= stopped.generators_end_us &&
		 !shmem_has_node(&area->nodes_used, node) && !shmem_has_node(&area->moment_nodes_used, node));
}

static void
report_unaccounted(uint64 start_us, Stopped stopped, uint64 loaded_us)
{
	char	   *start_text = pstrdup(timestamptz_to_str(clock_timestamptz(start_us)));

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
			start_us < stopped.generators_end_us ?
			errdetail("Generators have made IDs up to %s.",
					  timestamptz_to_str(clock_timestamptz(stopped.generators_end_us))) :
			errdetail("This server may have made IDs up to %s, and node (%d, %d) may be among those that it made them for.",
					  timestamptz_to_str(clock_timestamptz(Max(stopped.end_us, loaded_us))),
					  generator_datacenter.value, generator_worker.value),
			start_us < stopped.generators_end_us ?
			errhint("Their nodes would make the same IDs again. If you know which IDs there are, or have given each generator another node, use force => true.") :
			start_us < loaded_us ?
			errhint("The server has been restarted since, and does not know which nodes it made them for. If this one was never used, or you know which IDs there are, use force => true.") :
			errhint("Set \"idgen.worker_id\" to one that no server has used, reload the configuration and try again. If you know which IDs there are, use force => true."));
}

/* Setting the timeline ahead of the clock is allowed, and hardly ever meant. */
static void
warn_if_ahead(uint64 start_us)
{
	int64		ahead_ms = ((int64) start_us - clock_unix_ns() / NS_PER_US) / 1000;

	if (ahead_ms > window_max_drift.value)
		ereport(WARNING,
				errmsg("snowflake IDs now begin %.3f s ahead of the system clock", (double) ahead_ms / 1000),
				errdetail("Calls wait until the clock is within \"idgen.max_drift\" of that."),
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

/* Where to begin if nothing was asked for: at the clock, but for what is normal. */
static uint64
default_start_us(Stopped stopped, uint64 clock_us)
{
	uint64		drift_us = window_max_drift.value * US_PER_MS;

	return stopped.end_us <= clock_us + drift_us ? Max(clock_us, stopped.end_us) : clock_us;
}

/* Where to begin: where asked, or at the clock. */
static uint64
asked_start_us(FunctionCallInfo fcinfo, const SnowflakeLayout *layout)
{
	return tick_start_from(layout, PG_ARGISNULL(0) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(0));
}

/* idgen_reset_timeline(start timestamptz, force boolean) */
Datum
idgen_reset_timeline(PG_FUNCTION_ARGS)
{
	bool		force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	SharedArea *area = shmem_area();
	uint64		start_us;
	Stopped		stopped;
	uint32		node;
	OriginStatus status;
	RepOriginId origin;
	bool		accounted;

	generator_attach("idgen_reset_timeline()");
	start_us = asked_start_us(fcinfo, server_layout());
	node = id_space_node_number(server_layout(), generator_server_node_bits(server_layout()));
	status = origin_acquire(&origin);
	if (status != ORIGIN_ACQUIRED)
		origin_report(status);

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		wait_to_write();
		stopped = stop(area);
		if (PG_ARGISNULL(0))
			start_us = default_start_us(stopped, start_us);
		accounted = force || is_accounted(area, stopped, start_us, node);
		if (accounted)
			restart(area, stopped, start_us, force, origin);
		else
			resume(area, stopped);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	origin_release(origin);

	if (!accounted)
		report_unaccounted(start_us, stopped, area->reservation.loaded_us);
	warn_if_ahead(start_us);
	ereport(LOG,
			errmsg("snowflake timeline was reset to %s",
				   timestamptz_to_str(clock_timestamptz(start_us))));
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(start_us));
}
