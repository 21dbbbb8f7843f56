/*-------------------------------------------------------------------------
 *
 * reservation.c
 *	  No ID reaches a time that has not been made durable before.
 *
 * The reservation is a time, in us since 1970, below which IDs may be issued.
 * It is written to WAL and flushed, and to the synchronous standbys if there are
 * any, before it is published in shared memory; the timeline does not go beyond
 * what is published.  So after a crash, or on a standby that was promoted, all
 * IDs ever issued lie below the reservation found there.  They begin at it,
 * whatever the clock says.
 *
 * Each of these steps may be the last of this process:
 *
 *	before the WAL is flushed	it may get lost, and nobody has relied on it;
 *	before it is published		the next life begins later than it had to;
 *	after that					nothing is left to be done.
 *
 * If the process dies and the server does not (an ERROR, a cancelled wait), the lock
 * goes with its transaction, and the next backend writes anew: a number in the
 * origin that is higher than the one published does no harm.
 *
 * The limits in shared memory, written under reservation.lock and read without:
 *
 *	reserved_us		only grows (but see below), so who reads an old value stays
 *					below more than it must.
 *	start_us		written before loaded, with a barrier in between.
 *	loaded			0 until then; nobody looks at the others before.
 *	restarts		counted before reset.c lowers the others; whoever takes
 *					positions checks that it has not changed since it read them.
 *
 * Which layout and which timeline the time is for is left to timeline.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"

#include "clock.h"
#include "regression.h"
#include "reservation.h"

int			reservation_ahead = 3000;

/* No time beyond this is of use; ns since 1970 still fit into 64 bits. */
#define LAST_US ((uint64) PG_INT64_MAX / NS_PER_US)

/*
 * Find out where an earlier life of the server has left off, once in the life of
 * the area.  max_drift_ms bounds how far ahead of the clock its IDs were.  The
 * server must not be in recovery, which may still raise what we read.
 */
void
reservation_load(int max_drift_ms)
{
	SharedArea *area = shmem_area();
	Limits	   *limits = &area->limits;
	int64		ahead_us = ((int64) reservation_ahead + max_drift_ms) * (NS_PER_MS / NS_PER_US);
	uint64		left_us;

	if (pg_atomic_read_u32(&limits->loaded) != 0)
	{
		pg_read_barrier();
		return;
	}

	/* Nobody can extend before one of us has published what he found. */
	left_us = Min(origin_progress(), LAST_US);
	LWLockAcquire(&area->reservation.lock, LW_EXCLUSIVE);
	if (pg_atomic_read_u32(&limits->loaded) == 0)
	{
		area->reservation.loaded_us = left_us;
		area->reservation.written_us = left_us;
		pg_atomic_write_u64(&limits->start_us, left_us);
		pg_atomic_write_u64(&limits->reserved_us, left_us);
		pg_write_barrier();
		pg_atomic_write_u32(&limits->loaded, 1);
		if (left_us > ahead_us)
			regression_expect((left_us - ahead_us) * NS_PER_US);
	}
	LWLockRelease(&area->reservation.lock);
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

	if (max_wal_senders == 0 || SyncRepStandbyNames == NULL || SyncRepStandbyNames[0] == '\0')
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
	if (reservation->written_us <= pg_atomic_read_u64(&limits->reserved_us))
		return true;
	if (!standbys_have(reservation->written_lsn))
		return false;
	pg_atomic_write_u64(&limits->extend_at_us, reservation->written_half_us);
	pg_atomic_write_u64(&limits->reserved_us, reservation->written_us);
	return true;
}

/*
 * Reserve ahead_us beyond the clock and reach_us; backward makes it less than it
 * was.  The caller holds the lock and has acquired the origin.  Errors: as in
 * origin_write().
 */
static void
write_and_publish(RepOriginId origin, uint64 reach_us, uint64 ahead_us, bool backward)
{
	SharedArea *area = shmem_area();
	Reservation *reservation = &area->reservation;
	int64		began = clock_monotonic_ns();
	uint64		from_us = Max(reach_us, (uint64) clock_unix_ns() / NS_PER_US);
	uint64		until_us = Min(from_us + ahead_us, LAST_US);
	uint64		reserved_us = pg_atomic_read_u64(&area->limits.reserved_us);

	/* Never below what others go by: idgen.reserve_ahead may have been lowered. */
	if (until_us <= reserved_us)
	{
		pg_atomic_write_u64(&area->limits.extend_at_us, reserved_us - ahead_us / 2);
		return;
	}

	reservation->written_lsn = origin_write(origin, until_us, backward);
	reservation->written_us = until_us;
	reservation->written_half_us = until_us - ahead_us / 2;
	reservation->count++;
	reservation->spent_us += (clock_monotonic_ns() - began) / NS_PER_US;
	publish(reservation, &area->limits);
}

/*
 * The first reservation after a pause reaches less far.  Those who draw now and
 * then do with it, and a restart finds it hardly ahead of the clock, so that
 * calls need not wait until the clock gets near.  Those who draw on extend it in
 * full.
 */
static uint64
ahead_us(bool urgent)
{
	uint64		full_us = (uint64) reservation_ahead * (NS_PER_MS / NS_PER_US);

	return urgent ? full_us / 3 : full_us;
}

/*
 * Let IDs begin at start_us, which may be less than what is reserved.  The caller
 * holds the lock, has acquired the origin, and sees to it that nobody is taking
 * positions.  The new limits come before the durable one: if we die in between,
 * the next life begins where the old one tells it to.  Errors: as in
 * origin_write().
 */
void
reservation_begin(RepOriginId origin, uint64 start_us)
{
	Limits	   *limits = &shmem_area()->limits;

	pg_atomic_write_u64(&limits->start_us, start_us);
	pg_write_barrier();
	pg_atomic_write_u64(&limits->reserved_us, start_us);
	write_and_publish(origin, start_us, ahead_us(true), true);
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
 * Must more be written for someone at reach_us?  Not if there is enough, or if
 * what has been written waits for a standby: that comes first.  The caller holds
 * the lock.
 */
static bool
must_write(SharedArea *area, uint64 reach_us, bool urgent)
{
	return publish(&area->reservation, &area->limits) &&
		(urgent ? pg_atomic_read_u64(&area->limits.reserved_us) < reach_us : reservation_is_low(reach_us));
}

/*
 * Write, unless someone was faster.  The caller has acquired the origin.  If
 * someone else has written to it, what we know of our IDs counts, in either
 * direction.
 */
static void
extend(SharedArea *area, RepOriginId origin, uint64 reach_us, bool urgent)
{
	bool		was_moved = false;

	if (!acquire_lock(&area->reservation.lock, urgent))
		return;
	if (must_write(area, reach_us, urgent))
	{
		uint64		expected_us = area->reservation.written_us;
		uint64		found_us = replorigin_get_progress(origin, false);

		was_moved = found_us != expected_us;
		write_and_publish(origin, reach_us, ahead_us(urgent), found_us > expected_us);
	}
	LWLockRelease(&area->reservation.lock);

	if (was_moved)
		ereport(LOG,
				errmsg("replication origin \"%s\" had been dropped or moved", ORIGIN_NAME),
				errdetail("It holds again up to which time snowflake IDs may have been made. A crash before this could have made them repeat, or wait."));
}

/*
 * See to it that IDs may be issued up to reach_us, in us since 1970.  With
 * urgent they are wanted now.  Without, it is time to prepare for more, which we
 * leave to others if they are at it.  False if it was urgent and a standby has
 * yet to confirm.
 *
 * The origin's locks come first: unlike ours they can be waited for with
 * interrupts.  Errors: as in origin_acquire() and origin_write().
 */
bool
reservation_extend(uint64 reach_us, bool urgent)
{
	SharedArea *area = shmem_area();
	RepOriginId origin;
	bool		must;

	if (!acquire_lock(&area->reservation.lock, urgent))
		return true;
	must = must_write(area, reach_us, urgent);
	LWLockRelease(&area->reservation.lock);

	if (must && origin_acquire(&origin, urgent))
	{
		extend(area, origin, reach_us, urgent);
		origin_release(origin);
	}
	return !urgent || pg_atomic_read_u64(&area->limits.reserved_us) >= reach_us;
}
