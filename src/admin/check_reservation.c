/*-------------------------------------------------------------------------
 *
 * check_reservation.c
 *	  Can time for IDs be reserved durably?
 *
 * Until the last reservation is used up, calls succeed, so a problem that
 * prevents the next one is only a warning.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "admin/check_finding.h"
#include "admin/check_reservation.h"
#include "base/compat.h"
#include "base/set_rows.h"
#include "engine/clock.h"
#include "engine/origin.h"
#include "engine/shmem.h"

#define ORIGIN_SUBJECT "replication origin \"" ORIGIN_NAME "\""

/* Column of pg_replication_origin_status. */
#define COLUMN_LOCAL_ID 1

/* What happens to calls that need a reservation now. */
#define WAIT_AND_FAIL "Calls that need a new reservation wait, and fail after \"idgen.max_wait\"."

/*
 * The time up to which IDs can be issued without another reservation, in us
 * since 1970; 0 if none can.
 */
static int64
reserved_until_us(void)
{
	int64		reserved_us = pg_atomic_read_u64(&shmem_area()->limits.reserved_us);

	return reserved_us > clock_unix_ns() / NS_PER_US ? reserved_us : 0;
}

/*
 * Add a row for a problem that prevents the next reservation: an error if the
 * last one is used up. then says what happens to calls.
 */
static void
report_reservation_obstacle(ReturnSetInfo *result, const char *subject, const char *hint, const char *obstacle, const char *then)
{
	int64		until_us = reserved_until_us();

	if (until_us > 0)
		finding_put(result, FINDING_WARNING, subject, hint,
					"%s IDs are issued up to %s. %s",
					obstacle, timestamptz_to_str(clock_timestamptz(until_us)), then);
	else
		finding_put(result, FINDING_ERROR, subject, hint, "%s %s", obstacle, then);
}

/* Has the origin a slot for its progress, or is one free? */
static bool
origin_has_state(ReturnSetInfo *result)
{
	ReplOriginId origin = replorigin_by_name(ORIGIN_NAME, true);
	ReturnSetInfo rows;
	TupleTableSlot *slot;
	int			used = 0;
	bool		has_one = false;

	set_rows_read(F_PG_SHOW_REPLICATION_ORIGIN_STATUS, result, &rows);
	slot = MakeSingleTupleTableSlot(rows.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(rows.setResult, true, false, slot))
	{
		bool		is_null;
		Datum		id = slot_getattr(slot, COLUMN_LOCAL_ID, &is_null);

		used++;
		has_one |= origin != InvalidReplOriginId && !is_null && DatumGetObjectId(id) == origin;
	}
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(rows.setResult);
	return has_one || used < compat_origin_states;
}

/*
 * The origin, and a slot for its progress.  A locked catalog is not read,
 * because that would wait.
 */
static void
check_origin(ReturnSetInfo *result)
{
	OriginStatus status = origin_probe();

	if (status == ORIGIN_LOCKED)
		report_reservation_obstacle(result, ORIGIN_SUBJECT,
									"Look for open transactions that have locked pg_replication_origin, or dropped a replication origin or a subscription.",
									"Another transaction has locked it, so no time can be reserved.", WAIT_AND_FAIL);
	else if (!origin_has_state(result))
		report_reservation_obstacle(result, COMPAT_ORIGIN_STATES_NAME,
									"Raise it by at least one and restart the server.",
									psprintf("Subscriptions and other replication origins use all %d slots, so no time can be reserved.",
											 compat_origin_states), "Calls that need a new reservation fail.");
	else if (status == ORIGIN_MISSING && max_worker_processes == 0)
		report_reservation_obstacle(result, "max_worker_processes",
									psprintf("Raise it, or let a superuser run: SELECT pg_replication_origin_create('%s').", ORIGIN_NAME),
									"It is 0, so the replication origin that keeps the reservation cannot be created.", "Calls that need a new reservation fail.");
}

/*
 * Did the last attempt fail, for any reason?  Read without a lock: the value
 * may be slightly old, which does no harm.
 */
static void
check_last_attempt(ReturnSetInfo *result)
{
	if (shmem_area()->reservation.early_failed)
		report_reservation_obstacle(result, "reservation",
									"Look for \"could not extend the reservation\" in the server log.",
									"The last attempt to extend it failed.", "Calls fail after that if it still cannot be extended.");
}

/* Are the standbys connected that the reservation waits for? */
static void
check_standbys(ReturnSetInfo *result)
{
	SyncRepStandbyData *standbys;
	int			count;

	if (max_wal_senders == 0 || !compat_sync_standbys_defined() || SyncRepConfig == NULL)
		return;
	count = SyncRepGetCandidateStandbys(&standbys);
	if (count < SyncRepConfig->num_sync)
		report_reservation_obstacle(result, "synchronous_standby_names",
									"Bring back a standby that it names, or change it.",
									psprintf("Of %d synchronous standbys that have to confirm the reservation, only %d can.", SyncRepConfig->num_sync, count),
									WAIT_AND_FAIL);
}

/* What the reservation depends on. */
void
check_reservation(ReturnSetInfo *result)
{
	if (compat_origin_states == 0)
		finding_put(result, FINDING_ERROR, COMPAT_ORIGIN_STATES_NAME,
					"Set it to at least 1 and restart the server.",
					"It is 0, so no time can be reserved and no IDs are issued.");
	else if (!RecoveryInProgress())
	{
		check_origin(result);
		check_last_attempt(result);
		check_standbys(result);
	}
	if (!enableFsync)
		finding_put(result, FINDING_WARNING, "fsync",
					"Turn it on.",
					"It is off, so after a crash of the machine, IDs can repeat and data can be lost.");
}
