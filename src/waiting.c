/*-------------------------------------------------------------------------
 *
 * waiting.c
 *	  Waiting until a position may be taken or issued, and giving up.
 *
 * Callers look again whenever one of these returns: it may be too early.  They
 * hold no lock, and the waits can be cancelled.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "compat.h"
#include "regression.h"
#include "reservation.h"
#include "waiting.h"
#include "window.h"

/* How often we look whether others have done what a reservation waits for. */
#define SHORTEST_POLL_NS NS_PER_MS
#define LONGEST_POLL_NS (10 * NS_PER_MS)

int			waiting_max = 10000;

/*
 * Give up a wait for the clock.  position_us is the time of the first position
 * we wanted, in us since 1970.
 */
static void
report_beyond_drift(int64 position_us)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake timeline is too far ahead of the system clock"),
			errdetail("The next ID's time is %s, %.3f ms ahead of the clock. \"idgen.max_drift\" is %d ms, \"idgen.max_wait\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(position_us)),
					  (double) (position_us - now_us) / 1000,
					  window_max_drift.value, waiting_max),
			errhint("If the clock was set back, correct it or wait until it has caught up. If it was ahead and has been corrected, see idgen_reset_timeline(). If more IDs are drawn than the layout has room for, raise \"idgen.max_wait\" or \"idgen.max_drift\"."));
}

/* Before the first reservation of a cluster, nothing is reserved. */
static void
report_unconfirmed(void)
{
	int64		reserved_us = pg_atomic_read_u64(&shmem_area()->limits.reserved_us);

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no synchronous standby has confirmed the reservation of time for snowflake IDs"),
			reserved_us == 0 ?
			errdetail("No time has been reserved yet, and \"idgen.max_wait\" is %d ms.", waiting_max) :
			errdetail("IDs are reserved up to %s, and \"idgen.max_wait\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(reserved_us)), waiting_max),
			errhint("Bring back a standby that \"synchronous_standby_names\" names, or change that setting."));
}

/* Returns if the writer has just finished. */
static void
report_writer(void)
{
	int			pid = reservation_writer();

	if (pid != 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("reservation of time for snowflake IDs is still being written by another session"),
				errdetail("The process with PID %d has not finished within \"idgen.max_wait\", which is %d ms.",
						  pid, waiting_max),
				errhint("Find out what keeps it from flushing WAL, or raise \"idgen.max_wait\"."));
}

/* To write a reservation takes longer than what it reserves. */
static void
report_over(void)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("reservation of time for snowflake IDs was over before it was written"),
			errdetail("\"idgen.reserve_ahead\" is %d ms, and \"idgen.max_wait\" is %d ms.", reservation_ahead, waiting_max),
			errhint("Find out why WAL is flushed so slowly, or raise \"idgen.reserve_ahead\"."));
}

/* Give up a wait for the reservation.  Returns if there is none any more. */
static void
report_unreserved(ReservationStatus status, OriginStatus origin_status)
{
	if (status == RESERVATION_NO_ORIGIN)
		origin_report(origin_status);
	else if (status == RESERVATION_BEING_WRITTEN)
		report_writer();
	else if (status == RESERVATION_OVER)
		report_over();
	else
		report_unconfirmed();
}

/*
 * What is left of idgen.max_wait, in ns; not positive when it is over.  By the
 * monotonic clock, as the wall clock may step.
 */
int64
wait_patience(const Wait *wait)
{
	int64		max_wait_ns = waiting_max * NS_PER_MS;

	return wait->since == 0 ? max_wait_ns :
		wait->since + max_wait_ns - clock_monotonic_ns();
}

/* Count a wait; a take that waits for several reasons counts for the first. */
static void
begin_wait(Wait *wait, WaitCause cause, int64 now)
{
	if (wait->since != 0)
		return;
	wait->since = now;
	shmem_add_own(&wait->slot->waits[cause], 1);
}

static void
end_wait(const Wait *wait, int64 began)
{
	shmem_add_own(&wait->slot->waited_us, (clock_monotonic_ns() - began) / NS_PER_US);
}

/* Why is the timeline ahead of the clock? */
static WaitCause
cause_of_lead(void)
{
	int64		start_us = pg_atomic_read_u64(&shmem_area()->limits.start_us);

	return regression_is_on() || start_us > clock_unix_ns() / NS_PER_US ? WAIT_DRIFT : WAIT_SEQUENCE;
}

/*
 * Wait until the clock shows due_ns (since 1970), or for as long as clock_wait() likes
 * to, in order to have position.  Errors: OBJECT_NOT_IN_PREREQUISITE_STATE after
 * idgen.max_wait, and what CHECK_FOR_INTERRUPTS raises.
 */
void
wait_until(Wait *wait, const SnowflakeLayout *layout, uint64 position, int64 due_ns)
{
	static uint32 wait_event = 0;
	int64		began = clock_monotonic_ns();
	int64		patience;

	begin_wait(wait, cause_of_lead(), began);
	patience = wait_patience(wait);
	if (patience <= 0)
		report_beyond_drift(layout_tick_start_us(layout, layout_position_tick(layout, position)));

	/* A clock that passed due_ns since we looked makes this the shortest wait. */
	clock_wait(Max(1, Min(patience, due_ns - clock_unix_ns())),
			   compat_wait_event(&wait_event, "IdgenClock"));
	end_wait(wait, began);
}

/* Wait until the clock allows position, as wait_until() does. */
void
wait_for_clock(Wait *wait, const SnowflakeLayout *layout, uint64 position)
{
	int64		tick = layout_position_tick(layout, position);

	wait_until(wait, layout, position,
			   layout_tick_start_us(layout, tick - window_drift_ticks(layout)) * NS_PER_US);
}

static uint32
reservation_event(void)
{
	static uint32 wait_event = 0;

	return compat_wait_event(&wait_event, "IdgenReservation");
}

/*
 * Have time reserved for position, on the timeline as it is after so many
 * restarts; if that takes others, wait for them for a while.  Errors: as in
 * wait_for_clock() and reservation_extend().
 */
void
wait_for_reservation(Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts)
{
	int64		began = clock_monotonic_ns();
	ReservationStatus status;
	OriginStatus origin_status;

	begin_wait(wait, WAIT_RESERVATION, began);
	status = reservation_extend(layout_position_end_us(layout, position), restarts, &origin_status);
	if (status != RESERVED && wait_patience(wait) <= 0)
		report_unreserved(status, origin_status);
	else if (status == RESERVATION_BEING_WRITTEN)
		reservation_wait_for_writer(wait_patience(wait), reservation_event());
	else if (status != RESERVED)
		clock_wait(Max(SHORTEST_POLL_NS, Min(LONGEST_POLL_NS, (began - wait->since) / 8)),
				   reservation_event());
	end_wait(wait, began);
}

/*
 * Find out where an earlier life of the server has left off (see reservation_load).
 * Errors: OBJECT_IN_USE after idgen.max_wait, and what CHECK_FOR_INTERRUPTS raises.
 */
void
wait_to_load(void)
{
	int64		until = clock_monotonic_ns() + waiting_max * NS_PER_MS;

	while (!reservation_load())
	{
		if (clock_monotonic_ns() >= until)
			origin_report(ORIGIN_LOCKED);
		clock_wait(LONGEST_POLL_NS, reservation_event());
	}
}

/*
 * Become the writer of the reservation (see reservation_begin_writing), and wait
 * for another one to finish.  Errors: as in wait_for_clock().
 */
void
wait_to_write(void)
{
	int64		until = clock_monotonic_ns() + waiting_max * NS_PER_MS;

	while (!reservation_begin_writing())
	{
		int64		patience = until - clock_monotonic_ns();

		if (patience <= 0)
			report_writer();
		else
			reservation_wait_for_writer(patience, reservation_event());
	}
}
