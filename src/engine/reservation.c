/*-------------------------------------------------------------------------
 *
 * reservation.c
 *	  No ID is issued for a time that has not been reserved durably before.
 *
 * The reservation is a time, in us since 1970, below which IDs may be issued.
 * It is written to WAL and flushed, and confirmed by the synchronous standbys
 * if there are any, before it is published in shared memory; the timeline does
 * not go beyond what is published.  So after a crash, or on a synchronous
 * standby that was promoted, all IDs ever issued lie below the reservation
 * found there, and new IDs begin at it, whatever the clock says.
 *
 * A process may die at any of these points:
 *
 *	before the WAL is flushed       the WAL may get lost, and no process has
 *	relied on it; before it is published           the next run begins later
 *	than necessary; after that                                    nothing is
 *	left to be done.
 *
 * If the process does not die but fails, the next backend writes again: a
 * number in the origin that is higher than the published one does no harm.
 *
 * A process that writes stores its PID in reservation.writer, under
 * reservation.lock, and holds no lock of ours while it writes and flushes, so
 * that the processes that need the reservation can be canceled and time out.
 * The mark is cleared whether the writer succeeds, fails or exits.  As long as
 * there is a writer, only it changes the limits and the other fields of the
 * reservation.  Otherwise a process that holds the lock may publish, for a
 * short time, what a standby has confirmed meanwhile.  The mark is set under
 * the lock, so no process is publishing then.  It is cleared after everything that the
 * writer has changed, by a swap that releases these changes (it need not be a
 * full barrier: on ARM it may not be one), and a process that finds no mark has
 * a barrier before it reads them.  Litmus test: writer.  Nothing raises with
 * the lock held.
 *
 * When half of the reservation is used up, the first process that notices
 * extends it early.  That is optional: a failure is logged, and calls
 * continue.  A call fails only when nothing is left.
 *
 * The limits in shared memory, written as said above and read without a lock:
 *
 *	reserved_us		only grows (but see reset.c), so a process that reads an old value
 *					stays below more than it must.
 *	start_us		written before reserved_us, with a barrier in between, and read
 *					after it, with a barrier in between: a process that finds room
 *					in a reservation also knows where IDs begin.  Litmus test:
 *					published.
 *	loaded                  0 until the limits are there; no process reads them
 *	before. restarts            incremented by reset.c while nobody finds room;
 *	a process that
 *					takes positions checks that it has not changed since before it
 *					read the clock and the other limits.  Litmus tests: limits, take.
 *
 * The layout and the timeline that the time is used for are left to timeline.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "replication/origin.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "base/standbys.h"
#include "engine/clock.h"
#include "engine/drift.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"

int			reservation_ahead = RESERVATION_DEFAULT_AHEAD;

/* IDs begin at left_us, and the clock is at now_us; both in us since 1970. */
static void
report_lead(uint64 left_us, uint64 now_us)
{
	int64		ahead_us = left_us - now_us;

	if (ahead_us > 0)
		ereport(LOG,
				errmsg("snowflake IDs begin at %s, %.3f s ahead of the system clock",
					   timestamptz_to_str(clock_timestamptz(left_us)), (double) ahead_us / 1000000),
				errdetail("IDs up to that time may have been issued before the last restart or failover."));
}

/*
 * Find out where a previous run has left off, once for each shared area.  The
 * server must not be in recovery, which may still raise what we read.  Returns
 * false if another transaction keeps us from reading it.
 */
bool
reservation_load(void)
{
	SharedArea *area = shmem_area();
	Limits	   *limits = &area->limits;
	uint64		left_us;
	uint64		now_us;
	bool		is_first;

	if (pg_atomic_read_u32(&limits->loaded) != 0)
	{
		pg_read_barrier();
		return true;
	}

	/* Nobody can write before one process has published what it read. */
	if (!origin_try_read(&left_us))
		return false;
	left_us = Min(left_us, RESERVATION_LAST_US);
	now_us = clock_unix_ns() / NS_PER_US;
	LWLockAcquire(&area->reservation.lock, LW_EXCLUSIVE);
	is_first = pg_atomic_read_u32(&limits->loaded) == 0;
	if (is_first)
	{
		area->reservation.loaded_us = left_us;
		area->reservation.written_us = left_us;
		pg_atomic_write_u64(&limits->start_us, left_us);
		pg_atomic_write_u64(&limits->reserved_us, left_us);
		reference_clock_start(left_us);
		pg_write_barrier();
		pg_atomic_write_u32(&limits->loaded, 1);
	}
	LWLockRelease(&area->reservation.lock);
	if (is_first)
		report_lead(left_us, now_us);
	return true;
}

/*
 * Publish what has been written, unless it must wait for a standby.  Returns
 * true if nothing is left unpublished.  The caller is the writer, or holds the
 * lock while there is no writer.
 */
static bool
publish_reservation(Reservation *reservation, Limits *limits)
{
	bool		is_new = reservation->written_us > pg_atomic_read_u64(&limits->reserved_us);

	if (is_new && !standbys_have(reservation->written_lsn))
		return false;
	if (pg_atomic_read_u64(&limits->extend_at_us) != reservation->written_extend_at_us)
		pg_atomic_write_u64(&limits->extend_at_us, reservation->written_extend_at_us);
	if (is_new)
		pg_atomic_write_u64(&limits->reserved_us, reservation->written_us);
	return true;
}

/*
 * The status for a caller at reach_us that read the limits after this many
 * restarts.  Publishes first what can be published.  The status is
 * RESERVATION_WANTED if more must be written.  It is not if there is enough; if
 * what has been written waits for a standby, which comes first; or if the
 * timeline has been restarted meanwhile.  The caller holds the lock.
 */
static ReservationStatus
get_reservation_status(SharedArea *area, uint64 reach_us, uint32 restarts, bool urgent)
{
	bool		has_writer = pg_atomic_read_u32(&area->reservation.writer) != 0;
	bool		is_published;

	pg_read_barrier();
	is_published = !has_writer && publish_reservation(&area->reservation, &area->limits);
	if (pg_atomic_read_u32(&area->limits.restarts) != restarts)
		return RESERVED;
	if (urgent ? pg_atomic_read_u64(&area->limits.reserved_us) >= reach_us : !reservation_is_low(reach_us))
		return RESERVED;
	if (has_writer)
		return RESERVATION_BEING_WRITTEN;
	return is_published ? RESERVATION_WANTED : RESERVATION_UNCONFIRMED;
}

static ReservationStatus
lock_and_get_status(SharedArea *area, uint64 reach_us, uint32 restarts)
{
	ReservationStatus status;

	LWLockAcquire(&area->reservation.lock, LW_EXCLUSIVE);
	status = get_reservation_status(area, reach_us, restarts, true);
	LWLockRelease(&area->reservation.lock);
	return status;
}

static bool
acquire_reservation_lock(LWLock *lock, bool wait)
{
	if (!wait)
		return LWLockConditionalAcquire(lock, LW_EXCLUSIVE);
	LWLockAcquire(lock, LW_EXCLUSIVE);
	return true;
}

/* Get the status, and become the writer if more must be written; returns whether we are. */
static bool
become_writer_if_wanted(SharedArea *area, uint64 reach_us, uint32 restarts, bool urgent)
{
	bool		wanted;

	if (!acquire_reservation_lock(&area->reservation.lock, urgent))
		return false;
	wanted = get_reservation_status(area, reach_us, restarts, urgent) == RESERVATION_WANTED;
	if (wanted)
		pg_atomic_write_u32(&area->reservation.writer, MyProcPid);
	LWLockRelease(&area->reservation.lock);
	return wanted;
}

/*
 * Become the writer, unless there is one.  The caller does this, and everything
 * up to reservation_end_writing(), within PG_ENSURE_ERROR_CLEANUP() of that
 * function.
 */
bool
reservation_begin_writing(void)
{
	Reservation *reservation = &shmem_area()->reservation;
	bool		is_free;

	LWLockAcquire(&reservation->lock, LW_EXCLUSIVE);
	is_free = pg_atomic_read_u32(&reservation->writer) == 0;
	if (is_free)
		pg_atomic_write_u32(&reservation->writer, MyProcPid);
	LWLockRelease(&reservation->lock);
	pg_read_barrier();
	return is_free;
}

/*
 * Stop being the writer, if we are, and wake the processes that wait.  This
 * takes no lock, so it may be called wherever an ERROR or FATAL is raised.
 */
void
reservation_end_writing(int code, Datum arg)
{
	Reservation *reservation = &shmem_area()->reservation;
	uint32		writer = MyProcPid;

	if (pg_atomic_compare_exchange_u32(&reservation->writer, &writer, 0))
		ConditionVariableBroadcast(&reservation->writer_left);
}

/* The PID of the process that is writing, or 0. */
int
reservation_writer(void)
{
	return pg_atomic_read_u32(&shmem_area()->reservation.writer);
}

/*
 * Wait until no process is writing, or about ns (1 ..), reported as
 * wait_event.  Raises what CHECK_FOR_INTERRUPTS raises.
 */
void
reservation_wait_for_writer(int64 ns, uint32 wait_event)
{
	Reservation *reservation = &shmem_area()->reservation;

	ConditionVariablePrepareToSleep(&reservation->writer_left);
	if (reservation_writer() != 0)
		(void) ConditionVariableTimedSleep(&reservation->writer_left, (long) (ns / NS_PER_MS) + 1, wait_event);
	ConditionVariableCancelSleep();
}

/* The shortest reservation, as a part of the usual one. */
#define LEAST_PART 10

/* A reservation is at least this many times as long as the last flush took. */
#define LEAST_FLUSHES 4

/*
 * How far beyond IDs at reach_us to reserve, in us.  The first reservation
 * after a pause is shorter, so that a restart finds it hardly ahead of the
 * clock.
 *
 * A reservation is also shorter if IDs are ahead of the clock already, by more
 * than a burst takes them: a restart adds what is left of the reservation to
 * the lead, and many restarts must not add up.
 *
 * But none is so short that it might be over by the time that it has been
 * written: each is as long as several times the last flush.  This hardly adds
 * to the lead, because the server runs for at least one of these flushes.  The
 * caller is the writer.
 */
static uint64
reservation_length_us(uint64 reach_us, bool urgent)
{
	uint64		full_us = (uint64) reservation_ahead * (NS_PER_MS / NS_PER_US);
	uint64		usual_us = urgent ? full_us / 3 : full_us;
	uint64		normal_us = clock_unix_ns() / NS_PER_US + drift_max.value * US_PER_MS;
	uint64		lead_us = reach_us > normal_us ? reach_us - normal_us : 0;
	uint64		written_in_us = shmem_area()->reservation.written_in_us;
	uint64		ahead_us = Max(usual_us / LEAST_PART, usual_us - Min(lead_us, usual_us));

	return Max(ahead_us, Min(LEAST_FLUSHES * written_in_us, full_us));
}

/* The end of a reservation of ahead_us from reach_us, or from the clock if that is later. */
static uint64
reservation_end_us(uint64 reach_us, uint64 ahead_us)
{
	uint64		from_us = Max(reach_us, (uint64) clock_unix_ns() / NS_PER_US);

	return Min(from_us + ahead_us, RESERVATION_LAST_US);
}

/*
 * A reservation up to until_us has been written and flushed, by WAL up to
 * wal_end.  It is to be extended when half of ahead_us is left.  The caller is
 * the writer.
 */
static void
note_written(ReplOriginId origin, XLogRecPtr wal_end, uint64 until_us, uint64 ahead_us, int64 began)
{
	Reservation *reservation = &shmem_area()->reservation;
	uint64		took_us = (clock_monotonic_ns() - began) / NS_PER_US;

	reservation->written_origin = origin;
	reservation->written_in_us = took_us;
	reservation->written_lsn = wal_end;
	reservation->written_us = until_us;
	reservation->written_extend_at_us = until_us - ahead_us / 2;
	reservation->early_failed = false;
	pg_atomic_fetch_add_u64(&reservation->count, 1);
	pg_atomic_fetch_add_u64(&reservation->spent_us, took_us);
	histogram_add(&shmem_area()->slow_counts.reservations, took_us);
}

/*
 * Write a reservation up to until_us; see note_written().  If backward is true,
 * it may be less than before.  The caller is the writer and has acquired the
 * origin.  Errors: as in origin_write(), before anything has changed.
 */
static void
write_reservation(ReplOriginId origin, uint64 until_us, uint64 ahead_us, bool backward)
{
	int64		began = clock_monotonic_ns();

	note_written(origin, origin_write(origin, until_us, backward), until_us, ahead_us, began);
}

/*
 * Reserve from start_us on, which may be less than what is reserved.  Nothing
 * is published before reservation_publish_start().  The caller is the writer,
 * has acquired the origin, and has ensured that no process finds room
 * meanwhile.  Errors: as in origin_write(), before anything has changed.
 */
void
reservation_write_start(ReplOriginId origin, uint64 start_us)
{
	uint64		ahead_us = reservation_length_us(start_us, true);

	write_reservation(origin, Min(start_us + ahead_us, RESERVATION_LAST_US), ahead_us, true);
}

/* Let IDs begin where reservation_write_start() has reserved; the caller is still the writer. */
void
reservation_publish_start(uint64 start_us)
{
	SharedArea *area = shmem_area();

	pg_atomic_write_u64(&area->limits.start_us, start_us);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, start_us);
	publish_reservation(&area->reservation, &area->limits);
}

/*
 * Extend the reservation for a caller at reach_us.  If another process has
 * changed the origin, it is set to what shared memory says, in either
 * direction, and the result is true.  The caller is the writer and has
 * acquired the origin.  Errors: as in origin_write().
 */
static bool
write_extension(SharedArea *area, ReplOriginId origin, uint64 reach_us)
{
	uint64		ahead_us = reservation_length_us(reach_us, true);
	uint64		until_us = reservation_end_us(reach_us, ahead_us);
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);
	uint64		expected_us = area->reservation.written_us;
	uint64		found_us = replorigin_get_progress(origin, false);

	write_reservation(origin, Max(until_us, reserved_us), ahead_us, found_us > expected_us);
	publish_reservation(&area->reservation, &area->limits);
	return found_us != expected_us;
}

/* Write, unless another process has done so.  The caller has acquired the origin. */
static void
extend_as_writer(SharedArea *area, ReplOriginId origin, uint64 reach_us, uint32 restarts)
{
	bool		was_moved = false;

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		if (become_writer_if_wanted(area, reach_us, restarts, true))
			was_moved = write_extension(area, origin, reach_us);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);

	if (was_moved)
		ereport(LOG,
				errmsg("replication origin \"%s\" had been dropped or moved", ORIGIN_NAME),
				errdetail("It again holds the time up to which snowflake IDs may have been issued. A crash before this could have caused IDs to repeat, or calls to wait."));
}

/*
 * Has the clock passed all that is reserved?  After a restart the reservation
 * was for others, so it does not count.
 */
static bool
is_reservation_over(SharedArea *area, uint32 restarts)
{
	return pg_atomic_read_u32(&area->limits.restarts) == restarts &&
		pg_atomic_read_u64(&area->limits.reserved_us) <= (uint64) clock_unix_ns() / NS_PER_US;
}

/*
 * Extend the reservation so that IDs may be issued up to reach_us, in us since
 * 1970, on a timeline that has been restarted this many times; they are needed
 * now.  After RESERVED the caller tries again at once, after any other status
 * it waits before that.
 *
 * Acquiring the origin takes longest, so it is done before we are the writer.
 * Errors: as in origin_acquire() and origin_write().
 */
ReservationStatus
reservation_extend(uint64 reach_us, uint32 restarts, OriginStatus *origin_status)
{
	SharedArea *area = shmem_area();
	ReservationStatus status = lock_and_get_status(area, reach_us, restarts);
	ReplOriginId origin;

	if (status != RESERVATION_WANTED)
		return status;
	*origin_status = origin_acquire(&origin);
	if (*origin_status != ORIGIN_ACQUIRED)
		return RESERVATION_NO_ORIGIN;
	extend_as_writer(area, origin, reach_us, restarts);
	origin_release(origin);
	status = lock_and_get_status(area, reach_us, restarts);
	return status == RESERVED && is_reservation_over(area, restarts) ? RESERVATION_OVER : status;
}

/*
 * Let the next early extension be tried when half of what is left now has been
 * used up: not at every call, and not when it is too late.
 */
static void
postpone_early_extension(SharedArea *area, uint64 reach_us)
{
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);

	if (reach_us < reserved_us)
		area->reservation.written_extend_at_us = reach_us + (reserved_us - reach_us) / 2;
	area->reservation.early_failed = true;
}

/*
 * Extend the reservation early for a caller at reach_us, if that can be done at
 * once.  Returns false if the failure is to be logged, which is the first one
 * since the last successful write.  The caller is the writer.
 */
static bool
write_early_extension(SharedArea *area, uint64 reach_us, OriginFailure *failure)
{
	Reservation *reservation = &area->reservation;
	uint64		ahead_us = reservation_length_us(reach_us, false);
	uint64		until_us = reservation_end_us(reach_us, ahead_us);
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);
	int64		began = clock_monotonic_ns();
	bool		had_failed = reservation->early_failed;
	XLogRecPtr	wal_end;
	bool		is_written = true;

	/*
	 * Others rely on what is reserved, even if idgen.reserve_ahead has been
	 * lowered.
	 */
	if (until_us <= reserved_us)
		reservation->written_extend_at_us = reserved_us - ahead_us / 2;
	else if (origin_try_write(reservation->written_origin, reservation->written_us, until_us, &wal_end, failure))
		note_written(reservation->written_origin, wal_end, until_us, ahead_us, began);
	else
	{
		postpone_early_extension(area, reach_us);
		is_written = false;
	}
	publish_reservation(reservation, &area->limits);
	return is_written || had_failed;
}

static void
report_early_failure(SharedArea *area, const OriginFailure *failure)
{
	int64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);

	ereport(LOG,
			errmsg("could not extend the reservation of time for snowflake IDs early: %s", failure->reason),
			errdetail("IDs are issued up to %s. After that, calls fail if the reservation still cannot be extended.",
					  timestamptz_to_str(clock_timestamptz(reserved_us))));
}

/*
 * Half of the reservation is used up, for a caller that has got to reach_us, in
 * us since 1970, on a timeline that has been restarted this many times: extend
 * it, unless another process is doing so.  Raises only what must end the
 * statement.  If we hold an LWLock of PostgreSQL, for whatever reason, nothing
 * is done.
 */
void
reservation_extend_early(uint64 reach_us, uint32 restarts)
{
	SharedArea *area = shmem_area();
	OriginFailure failure;
	bool		is_quiet = true;

	if (reservation_writer() != 0 || !INTERRUPTS_CAN_BE_PROCESSED())
		return;

	PG_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);
	{
		if (become_writer_if_wanted(area, reach_us, restarts, false))
			is_quiet = write_early_extension(area, reach_us, &failure);
		reservation_end_writing(0, (Datum) 0);
	}
	PG_END_ENSURE_ERROR_CLEANUP(reservation_end_writing, (Datum) 0);

	if (!is_quiet)
		report_early_failure(area, &failure);
}
