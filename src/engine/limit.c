/*-------------------------------------------------------------------------
 *
 * limit.c
 *	  The limits on the positions that may be taken, as a table.
 *
 * Each limit has a row: its name, the function that computes it, how it is
 * extended or waited for, what is reported if it is not extended in time, and
 * which cause the wait counts as.  To add a limit, add a row.
 *
 * Waits hold no lock and can be canceled.  They may return too early, so
 * callers check again whenever one returns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/compat.h"
#include "engine/lease_limit.h"
#include "engine/limit.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"

/* How far beyond the drift limit calls that wait may take positions. */
#define LONGEST_QUEUE_MS 100

/* The first interval at which confirmation of a reservation is checked. */
#define SHORTEST_POLL_NS NS_PER_MS

/* What a limit is computed from. */
typedef struct LimitQuery
{
	const SnowflakeLayout *layout;
	ClockTicks	ticks;
	int64		patience_ns;	/* how long the caller would wait, 0 .. */
	bool		has_server_worker;
} LimitQuery;

/* The first position of the tick that a time, in us since 1970, lies in. */
static uint64
get_time_position(const SnowflakeLayout *layout, uint64 us, KnownTime *known)
{
	if (known->us != us)
	{
		known->us = us;
		known->position = layout_clamped_position(layout, layout_tick_at(layout, us * NS_PER_US));
	}
	return known->position;
}

typedef struct Limit
{
	const char *name;

	/*
	 * The first position that must not be taken.  known caches the result of
	 * the last call.
	 */
	uint64		(*end) (const LimitQuery *query, KnownTime *known);

	/*
	 * Extend the limit beyond position, or wait for a while for that, for a
	 * timeline that has been restarted this many times.  Returns false if it
	 * cannot be extended, or idgen.max_wait is over.
	 */
	bool		(*extend) (Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts);

	/*
	 * Raise the error after extend has failed.  May return if the cause has
	 * just gone away.
	 */
	void		(*report) (const Wait *wait, const SnowflakeLayout *layout, uint64 position);

	/* The cause that a wait counts as; NULL if there are no waits. */
	WaitCause	(*cause) (void);
} Limit;

/* -------------------------------------------------------------- the end of the layout's time */

static uint64
get_layout_end(const LimitQuery *query, KnownTime *known)
{
	return layout_end(query->layout);
}

static bool
extend_layout(Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	return false;
}

/*
 * Is the clock so far before the end of the layout that the timeline cannot
 * have reached the end by this clock?  Then the clock was ahead, or the
 * timelines were reset to a later time.
 */
static bool
clock_was_ahead(const SnowflakeLayout *layout, int64 now_ns)
{
	return layout_tick_at(layout, now_ns) + drift_ticks(layout) < layout_end_tick(layout);
}

/* The error where a reset of the timelines would help. */
static void
report_beyond_end(const SnowflakeLayout *layout, int64 now_us)
{
	int64		end_us = layout_end_us(layout);
	int64		start_us = pg_atomic_read_u64(&shmem_area()->limits.start_us);
	char	   *last_text = pstrdup(timestamptz_to_str(clock_timestamptz(end_us - 1)));
	char	   *next_text = pstrdup(timestamptz_to_str(clock_timestamptz(Max(start_us, end_us))));

	ereport(ERROR,
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("time field of the snowflake layout is used up"),
			errdetail("The last time that the layout can hold is %s. The next ID would have the time %s, but the system clock is at %s.",
					  last_text, next_text, timestamptz_to_str(clock_timestamptz(now_us))),
			errhint("If the clock is correct, it was ahead before. To issue IDs at the time of the clock again, use idgen_reset_timeline(force => true); docs/reliability.md describes the risk."));
}

/* The position is past the end of the time field.  ERROR PROGRAM_LIMIT_EXCEEDED. */
static void
report_layout(const Wait *wait, const SnowflakeLayout *layout, uint64 position)
{
	int64		now_ns = clock_unix_ns();

	if (clock_was_ahead(layout, now_ns))
		report_beyond_end(layout, now_ns / NS_PER_US);
	ereport(ERROR,
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("time field of the snowflake layout is used up"),
			errdetail("The last time that the layout can hold is %s.",
					  timestamptz_to_str(clock_timestamptz(layout_end_us(layout) - 1))),
			errhint("Check the system clock. If it is right, the time of this layout has ended; docs/layouts.md describes how to change to another layout."));
}

/* ------------------------------------- the reference clock and idgen.max_drift: extended by time */

/*
 * Callers that wait may take positions beyond the ceiling, for 100 ms, or for
 * one tick if that is longer.
 */
static uint64
get_drift_end(const LimitQuery *query, KnownTime *known)
{
	int64		tick_ns = query->layout->tick_us * NS_PER_US;
	int64		longest_ns = Max(LONGEST_QUEUE_MS * NS_PER_MS, tick_ns);

	return drift_ceiling(query->layout, query->ticks, Min(longest_ns, query->patience_ns) / tick_ns);
}

/* Wait until the reference clock shows due_ns (since 1970); false if idgen.max_wait is over. */
static bool
wait_for_reference(const Wait *wait, int64 due_ns)
{
	static uint32 wait_event = 0;
	int64		patience = wait_patience(wait);

	if (patience <= 0)
		return false;
	clock_wait(Min(patience, reference_clock_until(due_ns)), compat_wait_event(&wait_event, "IdgenClock"));
	return true;
}

static bool
extend_drift(Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	int64		tick = layout_position_tick(layout, position);

	return wait_for_reference(wait, layout_tick_start_us(layout, tick - drift_ticks(layout)) * NS_PER_US);
}

/* A distance in time as a person reads it: "12.345 ms", or "29 days 23:59:48". */
static char *
describe_distance(int64 us)
{
	int64		seconds = us / USECS_PER_SEC;

	if (seconds < SECS_PER_DAY)
		return psprintf("%.3f ms", (double) us / 1000);
	return psprintf("%lld day%s %02d:%02d:%02d", (long long) (seconds / SECS_PER_DAY), seconds / SECS_PER_DAY == 1 ? "" : "s",
					(int) (seconds % SECS_PER_DAY / SECS_PER_HOUR), (int) (seconds % SECS_PER_HOUR / SECS_PER_MINUTE),
					(int) (seconds % SECS_PER_MINUTE));
}

static void
report_drift(const Wait *wait, const SnowflakeLayout *layout, uint64 position)
{
	int64		position_us = layout_tick_start_us(layout, layout_position_tick(layout, position));
	int64		now_us = clock_unix_ns() / NS_PER_US;

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake timeline is too far ahead of the system clock"),
			errdetail("The next ID's time is %s, %s ahead of the clock. \"idgen.max_drift\" is %d ms, \"idgen.max_wait\" is %d ms, and \"idgen.max_regression\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(position_us)),
					  describe_distance(position_us - now_us),
					  drift_max.value, wait_max_ms, reference_max_regression.value),
			errhint("If the clock was set back, correct it, or wait until it is within \"idgen.max_regression\" of the last ID. If it was ahead and has been corrected, see idgen_reset_timeline(). If more IDs are requested than the layout has room for, raise \"idgen.max_wait\" or \"idgen.max_drift\"."));
}

static WaitCause
get_drift_cause(void)
{
	return reference_clock_lead().lead_us > 0 ? WAIT_DRIFT : WAIT_SEQUENCE;
}

/* --------------------------------------- the reservation: extended by us, or by its writer */

static uint64
get_reservation_end(const LimitQuery *query, KnownTime *known)
{
	return get_time_position(query->layout, pg_atomic_read_u64(&shmem_area()->limits.reserved_us), known);
}

static bool
extend_reservation(Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	int64		patience;

	wait->reservation = reservation_extend(layout_position_end_us(layout, position), restarts, &wait->origin);
	if (wait->reservation == RESERVED)
		return true;
	patience = wait_patience(wait);
	if (patience <= 0)
		return false;
	if (wait->reservation == RESERVATION_BEING_WRITTEN)
		reservation_wait_for_writer(patience, wait_reservation_event());
	else
		clock_wait(Max(SHORTEST_POLL_NS, Min(WAIT_LONGEST_POLL_NS, (clock_monotonic_ns() - wait->since) / 8)),
				   wait_reservation_event());
	return true;
}

/* Before the first reservation of a cluster, reserved_us is 0. */
static void
report_unconfirmed(void)
{
	int64		reserved_us = pg_atomic_read_u64(&shmem_area()->limits.reserved_us);

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no synchronous standby has confirmed the reservation of time for snowflake IDs"),
			reserved_us == 0 ?
			errdetail("No time has been reserved yet, and \"idgen.max_wait\" is %d ms.", wait_max_ms) :
			errdetail("IDs are reserved up to %s, and \"idgen.max_wait\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(reserved_us)), wait_max_ms),
			errhint("Bring back a standby that \"synchronous_standby_names\" names, or change that setting."));
}

/* Writing a reservation took longer than the time that it reserved. */
static void
report_over(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("reservation of time for snowflake IDs expired before it was written"),
			errdetail("\"idgen.reserve_ahead\" is %d ms, and \"idgen.max_wait\" is %d ms.", reservation_ahead, wait_max_ms),
			errhint("Find out why WAL is flushed so slowly, or raise \"idgen.reserve_ahead\"."));
}

/* Returns if the writer has just finished. */
static void
report_reservation(const Wait *wait, const SnowflakeLayout *layout, uint64 position)
{
	if (wait->reservation == RESERVATION_NO_ORIGIN)
		origin_report(wait->origin);
	else if (wait->reservation == RESERVATION_BEING_WRITTEN)
		wait_report_writer();
	else if (wait->reservation == RESERVATION_OVER)
		report_over();
	else
		report_unconfirmed();
}

static WaitCause
get_reservation_cause(void)
{
	return WAIT_RESERVATION;
}

/* ----------------------------------- the lease of the server's worker ID: extended by the agent */

static uint64
get_lease_end(const LimitQuery *query, KnownTime *known)
{
	if (!query->has_server_worker)
		return PG_UINT64_MAX;
	return get_time_position(query->layout, pg_atomic_read_u64(&shmem_area()->lease_limits.until_us), known);
}

static bool
extend_lease(Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	uint64		changes = lease_changes();
	int64		patience = wait_patience(wait);

	/* Also for a caller that does not wait: it may come again. */
	lease_ask(layout_position_end_us(layout, position));
	if (patience <= 0)
		return false;
	if (pg_atomic_read_u64(&shmem_area()->lease_limits.until_us) < layout_position_end_us(layout, position))
		lease_await_change(changes, Min(patience, WAIT_LONGEST_POLL_NS));
	return true;
}

static void
report_lease(const Wait *wait, const SnowflakeLayout *layout, uint64 position)
{
	lease_report_end(wait_max_ms);
}

static WaitCause
get_lease_cause(void)
{
	return WAIT_LEASE;
}

/* ------------------------------------------------------------------------------------ the table */

static const Limit limits[LIMITS] = {
	[LIMIT_LAYOUT] = {"layout", get_layout_end, extend_layout, report_layout, NULL},
	[LIMIT_DRIFT] = {"drift", get_drift_end, extend_drift, report_drift, get_drift_cause},
	[LIMIT_RESERVATION] = {"reservation", get_reservation_end, extend_reservation, report_reservation, get_reservation_cause},
	[LIMIT_LEASE] = {"lease", get_lease_end, extend_lease, report_lease, get_lease_cause},
};

/* The position at which IDs begin, whatever the clock says. */
uint64
limit_start(const SnowflakeLayout *layout, KnownLimits *known)
{
	return get_time_position(layout, pg_atomic_read_u64(&shmem_area()->limits.start_us), &known->start);
}

/*
 * The positions that may be taken now, by a caller that would wait patience_ns
 * (0 ..).  The limits are read before the start: see reservation.c.
 */
OpenPositions
limit_open_positions(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now, int64 patience_ns)
{
	LimitQuery	query = {layout, drift_clock_ticks(layout, now), patience_ns, known->has_server_worker};
	OpenPositions open = {
		.end = PG_UINT64_MAX,
		.restarts = now.restarts,
	};

	for (int id = 0; id < LIMITS; id++)
		open.end = Min(open.end, limits[id].end(&query, &known->ends[id]));
	pg_read_barrier();
	open.floor = Max(limit_start(layout, known), drift_floor(layout, query.ticks));
	if (known->has_server_worker)
		open.floor = Max(open.floor, get_time_position(layout, pg_atomic_read_u64(&shmem_area()->lease_limits.start_us),
													   &known->lease_start));
	open.ceiling = drift_ceiling(layout, query.ticks, 0);
	return open;
}

/* The limit that kept position from being taken when the open positions were computed. */
LimitId
limit_in_the_way(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now, int64 patience_ns, uint64 position)
{
	LimitQuery	query = {layout, drift_clock_ticks(layout, now), patience_ns, known->has_server_worker};
	int			id = 0;

	while (id < LIMITS - 1 && position < limits[id].end(&query, &known->ends[id]))
		id++;
	return id;
}

/*
 * Extend the limit that is in the way of position, or wait for that for a
 * while.  Errors: that of the limit after idgen.max_wait, and what
 * CHECK_FOR_INTERRUPTS raises.
 */
void
limit_wait(LimitId id, Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	const Limit *limit = &limits[id];
	int64		began = clock_monotonic_ns();

	if (limit->cause != NULL)
		wait_begin(wait, limit->cause(), began);
	if (!limit->extend(wait, layout, position, restarts))
		limit->report(wait, layout, position);
	wait_end(wait, began);
}

/*
 * Wait until the reference clock shows due_ns (since 1970), in order to take
 * position.  Errors as in limit_wait().
 */
void
limit_wait_until(Wait *wait, const SnowflakeLayout *layout, uint64 position, int64 due_ns)
{
	int64		began = clock_monotonic_ns();

	wait_begin(wait, get_drift_cause(), began);
	if (!wait_for_reference(wait, due_ns))
		report_drift(wait, layout, position);
	wait_end(wait, began);
}
