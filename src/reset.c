/*-------------------------------------------------------------------------
 *
 * reset.c
 *	  Setting the timeline by hand.
 *
 * This is the way out when the clock was far ahead for a while: the timeline
 * stays there, and calls wait for the clock to get there too.  To go back is safe
 * under a node that has not made any IDs, and otherwise makes IDs repeat when the
 * clock comes to the time of those that were made.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "generator.h"
#include "regression.h"
#include "reservation.h"

PG_FUNCTION_INFO_V1(idgen_reset_timeline);

/* What the timeline was when it was stopped.  Times in us since 1970. */
typedef struct StoppedTimeline
{
	uint64		next;			/* position */
	uint64		end_us;			/* IDs of this life lie below it */
	uint64		reserved_us;
} StoppedTimeline;

/*
 * Let nobody take positions until reservation.lock, which the caller holds, is
 * free again.  Who goes by limits read from here on finds no room; who goes by
 * older ones notices the restart, or has swapped before us, or finds his swap to
 * fail (see try_take).
 */
static StoppedTimeline
stop(SharedArea *area)
{
	const SnowflakeLayout *layout = &area->layout;
	Limits	   *limits = &area->limits;
	StoppedTimeline stopped;

	stopped.reserved_us = pg_atomic_exchange_u64(&limits->reserved_us, 0);
	pg_atomic_fetch_add_u32(&limits->restarts, 1);
	stopped.next = pg_atomic_exchange_u64(&area->timeline.next, 0);

	stopped.end_us = pg_atomic_read_u64(&limits->start_us);
	if (stopped.next > 0)
		stopped.end_us = Max(stopped.end_us,
							 layout_position_end_us(layout, stopped.next - 1));
	return stopped;
}

/* As if nothing had happened. */
static void
resume(SharedArea *area, StoppedTimeline stopped)
{
	pg_atomic_write_u64(&area->timeline.next, stopped.next);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, stopped.reserved_us);
}

/* IDs begin at start_us: start of a tick, in us since 1970. */
static void
restart(SharedArea *area, StoppedTimeline stopped, uint64 start_us, RepOriginId origin)
{
	Reservation *reservation = &area->reservation;

	reservation->loaded_us = Max(reservation->loaded_us, stopped.end_us);
	regression_forget();
	reservation_begin(origin, start_us);
}

/* Has this server's node made IDs since the area was created? */
static bool
node_has_made_ids(SharedArea *area)
{
	uint32		node = (generator_node_bits >> area->layout.sequence_bits) % NODES_REMEMBERED;

	return pg_atomic_read_u32(&area->nodes_used[node / 32]) & UINT32_C(1) << node % 32;
}

/*
 * Can this node have made no ID at or above start_us?  Of the time before this
 * life of the server, or before the last reset, only the end is known.
 */
static bool
is_accounted(SharedArea *area, StoppedTimeline stopped, uint64 start_us)
{
	return start_us >= stopped.end_us ||
		(start_us >= area->reservation.loaded_us && !node_has_made_ids(area));
}

static void
report_unaccounted(uint64 start_us, uint64 end_us)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake IDs might repeat if the timeline went back to %s",
				   pstrdup(timestamptz_to_str(clock_timestamptz(start_us)))),
			errdetail("This server may have made IDs up to %s, and node (%d, %d) may be among those that it made them for.",
					  timestamptz_to_str(clock_timestamptz(end_us)),
					  generator_datacenter.value, generator_worker.value),
			errhint("Set \"idgen.worker_id\" to one that no server has used, reload the configuration and try again. If you know which IDs there are, use force => true."));
}

/* The first tick's start at or after a moment, in us; ERROR if there is none. */
static uint64
tick_start_from(const SnowflakeLayout *layout, TimestampTz moment)
{
	int64		end_tick = layout_position_tick(layout, layout_end(layout));
	TimestampTz first = clock_timestamptz(layout_tick_start_us(layout, 0));
	TimestampTz last = clock_timestamptz(layout_tick_start_us(layout, end_tick - 1));
	int64		tick_us = layout->tick_ns / NS_PER_US;

	/* also true of infinite ones */
	if (moment < first || moment > last)
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("start of the snowflake timeline out of range"),
				errdetail("The layout's ticks are from %s to %s.",
						  pstrdup(timestamptz_to_str(first)), timestamptz_to_str(last)));

	return layout_tick_start_us(layout, layout_tick_at(layout, (clock_unix_us(moment) + tick_us - 1) * NS_PER_US));
}

/* Where to begin if nothing was asked for: at the clock, but for what is normal. */
static uint64
default_start_us(StoppedTimeline stopped, uint64 clock_us)
{
	uint64		drift_us = window_max_drift.value * (NS_PER_MS / NS_PER_US);

	return stopped.end_us <= clock_us + drift_us ? Max(clock_us, stopped.end_us) : clock_us;
}

/* idgen_reset_timeline(start timestamptz, force boolean) */
Datum
idgen_reset_timeline(PG_FUNCTION_ARGS)
{
	bool		force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	SharedArea *area = shmem_area();
	RepOriginId origin;
	StoppedTimeline stopped;
	uint64		start_us;

	PreventCommandDuringRecovery("idgen_reset_timeline()");
	start_us = tick_start_from(&area->layout,
							   PG_ARGISNULL(0) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(0));
	reservation_load(window_max_drift.value);
	(void) origin_acquire(&origin, true);

	LWLockAcquire(&area->reservation.lock, LW_EXCLUSIVE);
	stopped = stop(area);
	if (PG_ARGISNULL(0))
		start_us = default_start_us(stopped, start_us);
	if (!force && !is_accounted(area, stopped, start_us))
	{
		resume(area, stopped);
		report_unaccounted(start_us, Max(stopped.end_us, area->reservation.loaded_us));
	}
	restart(area, stopped, start_us, origin);
	LWLockRelease(&area->reservation.lock);
	origin_release(origin);

	ereport(LOG,
			errmsg("snowflake timeline was reset to %s",
				   timestamptz_to_str(clock_timestamptz(start_us))));
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(start_us));
}
