/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  How long a take may wait and has waited, and waiting until the reservation
 *	  has been read or written.
 *
 * Callers hold no lock, and the waits can be canceled.  They may return too
 * early, so callers check again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"
#include "engine/reservation.h"
#include "engine/wait.h"

int			wait_max_ms = 10000;

/* Give up a wait for the writer of the reservation: ERROR, unless it has just finished. */
void
wait_report_writer(void)
{
	int			pid = reservation_writer();

	if (pid != 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("reservation of time for snowflake IDs is still being written by another session"),
				errdetail("The process with PID %d has not finished within \"idgen.max_wait\", which is %d ms.",
						  pid, wait_max_ms),
				errhint("Find out what keeps it from flushing WAL, or raise \"idgen.max_wait\"."));
}

/*
 * The rest of idgen.max_wait, in ns; not positive when it is over.  Measured
 * by the monotonic clock, because the wall clock may step.
 */
int64
wait_patience(const Wait *wait)
{
	int64		max_wait_ns = wait_max_ms * NS_PER_MS;

	return wait->since == 0 ? max_wait_ns :
		wait->since + max_wait_ns - clock_monotonic_ns();
}

/*
 * Count a wait at now, by the monotonic clock in ns.  A take that waits for
 * several causes counts for the first.
 */
void
wait_begin(Wait *wait, WaitCause cause, int64 now)
{
	if (wait->since != 0)
		return;
	wait->since = now;
	wait->cause = cause;
	pg_atomic_write_u32(&wait->slot->waits[cause], pg_atomic_read_u32(&wait->slot->waits[cause]) + 1);
}

/* Add the time since began, by the monotonic clock in ns, to the time waited. */
void
wait_end(const Wait *wait, int64 began)
{
	shmem_add_own(&wait->slot->waited_us, (clock_monotonic_ns() - began) / NS_PER_US);
}

/*
 * Count how long a call took from its first wait to its end, whether it got
 * what it waited for or not.  Nothing is counted if it did not wait.
 */
void
wait_count_call(const Wait *wait)
{
	if (wait->since != 0)
		histogram_add(&shmem_area()->slow_counts.waits[wait->cause],
					  (clock_monotonic_ns() - wait->since) / NS_PER_US);
}

/* The wait event of processes that wait for the reservation. */
uint32
wait_reservation_event(void)
{
	static uint32 wait_event = 0;

	return compat_wait_event(&wait_event, "IdgenReservation");
}

/*
 * Find out where a previous run has left off (see reservation_load).  Errors:
 * OBJECT_IN_USE after idgen.max_wait, and what CHECK_FOR_INTERRUPTS raises.
 */
void
wait_to_load(void)
{
	int64		until = clock_monotonic_ns() + wait_max_ms * NS_PER_MS;

	while (!reservation_load())
	{
		if (clock_monotonic_ns() >= until)
			origin_report(ORIGIN_LOCKED);
		clock_wait(WAIT_LONGEST_POLL_NS, wait_reservation_event());
	}
}

/*
 * Acquire the origin (see origin_acquire); if it is being created, or locked by
 * another transaction, wait for that.  Errors: those of origin_acquire() at
 * once, those of origin_report() after idgen.max_wait, and what
 * CHECK_FOR_INTERRUPTS raises.
 */
void
wait_to_acquire_origin(ReplOriginId *origin)
{
	int64		until = clock_monotonic_ns() + wait_max_ms * NS_PER_MS;

	for (;;)
	{
		OriginStatus status = origin_acquire(origin);

		if (status == ORIGIN_ACQUIRED)
			break;
		if (clock_monotonic_ns() >= until)
			origin_report(status);
		clock_wait(WAIT_LONGEST_POLL_NS, wait_reservation_event());
	}
}

/*
 * Become the writer of the reservation (see reservation_begin_writing); if
 * there is another one, wait until it has finished.  Errors:
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, and what
 * CHECK_FOR_INTERRUPTS raises.
 */
void
wait_to_write(void)
{
	int64		until = clock_monotonic_ns() + wait_max_ms * NS_PER_MS;

	while (!reservation_begin_writing())
	{
		int64		patience = until - clock_monotonic_ns();

		if (patience <= 0)
			wait_report_writer();
		else
			reservation_wait_for_writer(patience, wait_reservation_event());
	}
}
