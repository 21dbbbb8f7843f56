/*-------------------------------------------------------------------------
 *
 * reservation.c
 *	  No ID reaches a time that has not been made durable before.
 *
 * The reservation is a time, in us since 1970, below which IDs may be issued.
 * It is written to WAL and flushed, and to the synchronous standbys if there are
 * any, before it is published in shared memory; the timeline does not go beyond
 * what is published.  So after a crash, or on a synchronous standby that was
 * promoted, all IDs ever issued lie below the reservation found there.  They begin
 * at it, whatever the clock says.
 *
 * Each of these steps may be the last of this process:
 *
 *	before the WAL is flushed	it may get lost, and nobody has relied on it;
 *	before it is published		the next life begins later than it had to;
 *	after that					nothing is left to be done.
 *
 * If the process does not die but fails (an ERROR, a cancelled wait), the lock goes
 * with its transaction, and the next backend writes anew: a number in the origin
 * that is higher than the one published does no harm.
 *
 * The limits in shared memory, written under reservation.lock and read without:
 *
 *	reserved_us		only grows (but see reset.c), so who reads an old value stays
 *					below more than it must.
 *	start_us		written before reserved_us, with a barrier in between, and read
 *					after it, with a barrier in between: who finds room in a
 *					reservation knows where it begins, and for whom.
 *	loaded			0 until they are there; nobody looks at them before.
 *	restarts		counted by reset.c while nobody finds room; whoever takes
 *					positions checks that it has not changed since before he read
 *					the clock and the others.
 *
 * Which layout and which timeline the time is for is left to timeline.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "replication/walsender.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "reservation.h"

int			reservation_ahead = 3000;

/* left_us is where IDs begin, in us since 1970. */
static void
report_lead(uint64 left_us)
{
	int64		ahead_us = left_us - clock_unix_ns() / NS_PER_US;

	if (ahead_us > 0)
		ereport(LOG,
				errmsg("snowflake IDs begin at %s, %.3f s ahead of the system clock",
					   timestamptz_to_str(clock_timestamptz(left_us)), (double) ahead_us / 1000000),
				errdetail("An earlier life of the server may have made IDs up to there."));
}

/*
 * Find out where an earlier life of the server has left off, once in the life of
 * the area.  The server must not be in recovery, which may still raise what we
 * read.
 */
void
reservation_load(void)
{
	SharedArea *area = shmem_area();
	Limits	   *limits = &area->limits;
	uint64		left_us;
	bool		is_first;

	if (pg_atomic_read_u32(&limits->loaded) != 0)
	{
		pg_read_barrier();
		return;
	}

	/* Nobody can extend before one of us has published what he found. */
	left_us = Min(origin_progress(), RESERVATION_LAST_US);
	LWLockAcquire(&area->reservation.lock, LW_EXCLUSIVE);
	is_first = pg_atomic_read_u32(&limits->loaded) == 0;
	if (is_first)
	{
		area->reservation.loaded_us = left_us;
		area->reservation.written_us = left_us;
		pg_atomic_write_u64(&limits->start_us, left_us);
		pg_atomic_write_u64(&limits->reserved_us, left_us);
		pg_write_barrier();
		pg_atomic_write_u32(&limits->loaded, 1);
	}
	LWLockRelease(&area->reservation.lock);
	if (is_first)
		report_lead(left_us);
}

/*
 * Has a synchronous standby flushed WAL up to lsn?  If there are to be none, we
 * need not ask.  This is for all sessions, also for those that do not wait for
 * standbys when they commit: their IDs are in the hands of clients, too.
 */
static bool
standbys_have(XLogRecPtr lsn)
{
	bool		flushed;

	if (max_wal_senders == 0 || !compat_sync_standbys_defined())
		return true;

	LWLockAcquire(SyncRepLock, LW_SHARED);
	flushed = WalSndCtl->lsn[SYNC_REP_WAIT_FLUSH] >= lsn;
	LWLockRelease(SyncRepLock);
	return flushed;
}

/*
 * Publish what has been written, unless it must wait for a standby.  True if
 * nothing is left unpublished.  The caller holds the lock.
 */
static bool
publish(Reservation *reservation, Limits *limits)
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
 * How far beyond the IDs to reserve, in us.  The first reservation after a pause
 * reaches less far.  Those who draw now and then do with it, and a restart finds
 * it hardly ahead of the clock, so that calls need not wait until the clock gets
 * near.  Those who draw on extend it in full.
 */
static uint64
reach_beyond(bool urgent)
{
	uint64		full_us = (uint64) reservation_ahead * (NS_PER_MS / NS_PER_US);

	return urgent ? full_us / 3 : full_us;
}

/*
 * Write a reservation up to until_us, to be extended when half of ahead_us is
 * left.  Backward makes it less than it was.  The caller holds the lock and has
 * acquired the origin.  Errors: as in origin_write(), before anything has changed.
 */
static void
write_reservation(RepOriginId origin, uint64 until_us, uint64 ahead_us, bool backward)
{
	Reservation *reservation = &shmem_area()->reservation;
	int64		began = clock_monotonic_ns();

	reservation->written_lsn = origin_write(origin, until_us, backward);
	reservation->written_us = until_us;
	reservation->written_extend_at_us = until_us - ahead_us / 2;
	pg_atomic_fetch_add_u64(&reservation->count, 1);
	pg_atomic_fetch_add_u64(&reservation->spent_us, (clock_monotonic_ns() - began) / NS_PER_US);
}

/*
 * Reserve from start_us on, which may be less than what is reserved.  Nobody gets to
 * know before reservation_begin().  The caller holds the lock, has acquired the
 * origin, and has seen to it that nobody finds room meanwhile.  Errors: as in
 * origin_write(), before anything has changed.
 */
void
reservation_write_start(RepOriginId origin, uint64 start_us)
{
	uint64		ahead_us = reach_beyond(true);

	write_reservation(origin, Min(start_us + ahead_us, RESERVATION_LAST_US), ahead_us, true);
}

/* Let IDs begin where reservation_write_start() has reserved; the caller still holds the lock. */
void
reservation_begin(uint64 start_us)
{
	SharedArea *area = shmem_area();

	pg_atomic_write_u64(&area->limits.start_us, start_us);
	pg_write_barrier();
	pg_atomic_write_u64(&area->limits.reserved_us, start_us);
	publish(&area->reservation, &area->limits);
}

/*
 * Extend the reservation for someone at reach_us.  If someone else has written to
 * the origin, what we know of our IDs counts, in either direction; true then.  The
 * caller holds the lock and has acquired the origin.  Errors: as in
 * origin_write().
 */
static bool
write_extension(SharedArea *area, RepOriginId origin, uint64 reach_us, bool urgent)
{
	uint64		ahead_us = reach_beyond(urgent);
	uint64		from_us = Max(reach_us, (uint64) clock_unix_ns() / NS_PER_US);
	uint64		until_us = Min(from_us + ahead_us, RESERVATION_LAST_US);
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);
	uint64		expected_us = area->reservation.written_us;
	uint64		found_us = replorigin_get_progress(origin, false);

	/* Others go by what is reserved, even if idgen.reserve_ahead was lowered. */
	if (until_us > reserved_us || found_us != expected_us)
		write_reservation(origin, Max(until_us, reserved_us), ahead_us, found_us > expected_us);
	else
		area->reservation.written_extend_at_us = reserved_us - ahead_us / 2;
	publish(&area->reservation, &area->limits);
	return found_us != expected_us;
}

static bool
acquire_lock(LWLock *lock, bool wait)
{
	if (!wait)
		return LWLockConditionalAcquire(lock, LW_EXCLUSIVE);
	LWLockAcquire(lock, LW_EXCLUSIVE);
	return true;
}

/*
 * Must more be written for someone at reach_us, who has read the limits after so
 * many restarts?  Not if there is enough, or if what has been written waits for a
 * standby: that comes first; and not if the timeline he is on is gone.  The caller
 * holds the lock.
 */
static bool
must_write(SharedArea *area, uint64 reach_us, uint32 restarts, bool urgent)
{
	return publish(&area->reservation, &area->limits) &&
		pg_atomic_read_u32(&area->limits.restarts) == restarts &&
		(urgent ? pg_atomic_read_u64(&area->limits.reserved_us) < reach_us : reservation_is_low(reach_us));
}

/* Write, unless someone was faster.  The caller has acquired the origin. */
static void
extend(SharedArea *area, RepOriginId origin, uint64 reach_us, uint32 restarts, bool urgent)
{
	bool		was_moved = false;

	if (!acquire_lock(&area->reservation.lock, urgent))
		return;
	if (must_write(area, reach_us, restarts, urgent))
		was_moved = write_extension(area, origin, reach_us, urgent);
	LWLockRelease(&area->reservation.lock);

	if (was_moved)
		ereport(LOG,
				errmsg("replication origin \"%s\" had been dropped or moved", ORIGIN_NAME),
				errdetail("It holds again up to which time snowflake IDs may have been made. A crash before this could have made them repeat, or wait."));
}

/*
 * See to it that IDs may be issued up to reach_us, in us since 1970, on the
 * timeline as it is after so many restarts.  With urgent they are wanted now.
 * Without, it is time to prepare for more, which we leave to others if they are at
 * it.  RESERVED tells who is in need to look again.
 *
 * What takes long comes before our lock: it can be interrupted.  Errors: as in
 * origin_acquire() and origin_write().
 */
ReservationStatus
reservation_extend(uint64 reach_us, uint32 restarts, bool urgent,
				   OriginStatus *origin_status)
{
	SharedArea *area = shmem_area();
	RepOriginId origin;
	bool		must;

	if (!acquire_lock(&area->reservation.lock, urgent))
		return RESERVED;
	must = must_write(area, reach_us, restarts, urgent);
	LWLockRelease(&area->reservation.lock);

	if (must)
	{
		*origin_status = origin_acquire(&origin, urgent);
		if (*origin_status != ORIGIN_ACQUIRED)
			return RESERVATION_NO_ORIGIN;
		extend(area, origin, reach_us, restarts, urgent);
		origin_release(origin);
	}
	if (pg_atomic_read_u32(&area->limits.restarts) != restarts)
		return RESERVED;
	return pg_atomic_read_u64(&area->limits.reserved_us) < reach_us ? RESERVATION_UNCONFIRMED : RESERVED;
}
