/*-------------------------------------------------------------------------
 *
 * origin.c
 *	  Keeping a number in the progress of replication origin "idgen".
 *
 * PostgreSQL writes the progress of an origin to WAL and into checkpoints, and a
 * standby replays it without our library.  It is one for the whole cluster.  To
 * PostgreSQL the number is an LSN on another server; what it means is up to the
 * caller.
 *
 * An origin is a row of a shared catalog, whose small number is given to another
 * origin once the row is gone.  To write under a number that has become, say, a
 * subscription's would make that lose its place.  So whoever writes holds locks
 * that keep the row, and the row is one that no rollback can take away: a
 * background worker creates it, in a transaction of its own.  This also works for
 * callers that may not write: read-only transactions and parallel workers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_replication_origin.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "origin.h"

/* How long the worker waits for whoever is changing origins. */
#define WORKER_LOCK_TIMEOUT "5s"

/*
 * The number kept; 0 if there is none.  This takes no lock: whoever drops the
 * origin just now takes the number with it anyway.
 */
uint64
origin_progress(void)
{
	RepOriginId origin = replorigin_by_name(ORIGIN_NAME, true);

	return origin == InvalidRepOriginId ? 0 : replorigin_get_progress(origin, false);
}

/* ERROR if this server has no place for any origin's progress. */
static void
check_states(void)
{
	if (compat_origin_states == 0)
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("cannot make snowflake IDs when \"%s\" is 0", COMPAT_ORIGIN_STATES_NAME),
				errdetail("The time up to which IDs may have been made is kept in replication origin \"%s\".", ORIGIN_NAME),
				errhint("Set \"%s\" to 1 or more and restart the server.", COMPAT_ORIGIN_STATES_NAME));
}

/*
 * ERROR if the origin's row was created by the transaction we are in.  If that
 * rolls back, the number would be free, with our progress on it.
 */
static void
check_committed(void)
{
	HeapTuple	row = SearchSysCache1(REPLORIGNAME, CStringGetTextDatum(ORIGIN_NAME));
	bool		ours;

	if (!HeapTupleIsValid(row))
		return;
	ours = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));
	ReleaseSysCache(row);
	if (ours)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("replication origin \"%s\" was created by the current transaction", ORIGIN_NAME),
				errhint("Commit before you make snowflake IDs."));
}

/* The lock on the catalog, and that on an origin; 15 knows only the first. */
static void
set_catalog_tag(LOCKTAG *tag)
{
	SET_LOCKTAG_RELATION(*tag, InvalidOid, ReplicationOriginRelationId);
}

static void
set_origin_tag(LOCKTAG *tag, Oid origin)
{
	SET_LOCKTAG_OBJECT(*tag, InvalidOid, ReplicationOriginRelationId, origin, 0);
}

/* Take a lock; false if it is not to be had at once and wait is false. */
static bool
take_lock(const LOCKTAG *tag, LOCKMODE mode, bool wait)
{
	if (LockAcquire(tag, mode, false, !wait) == LOCKACQUIRE_NOT_AVAIL)
		return false;

	/* What we look up from here on is what there was when we got it. */
	AcceptInvalidationMessages();
	return true;
}

typedef enum FoundOrigin
{
	ORIGIN_LOCKED,				/* against being dropped */
	ORIGIN_MISSING,
	ORIGIN_BUSY,				/* someone else has locked it, or just dropped it */
} FoundOrigin;

static FoundOrigin
lock_existing(RepOriginId *origin, bool wait)
{
	FoundOrigin found = ORIGIN_BUSY;
	LOCKTAG		catalog;
	LOCKTAG		row;

	set_catalog_tag(&catalog);
	if (!take_lock(&catalog, RowExclusiveLock, wait))
		return ORIGIN_BUSY;

	*origin = replorigin_by_name(ORIGIN_NAME, true);
	set_origin_tag(&row, *origin);
	if (*origin == InvalidRepOriginId)
		found = ORIGIN_MISSING;
	else if (take_lock(&row, RowExclusiveLock, wait))
	{
		if (replorigin_by_name(ORIGIN_NAME, true) == *origin)
			return ORIGIN_LOCKED;
		LockRelease(&row, RowExclusiveLock, false);
	}
	LockRelease(&catalog, RowExclusiveLock, false);
	return found;
}

/* Start a worker that creates the origin, and wait until it is done. */
static void
run_worker(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId),
		.bgw_notify_pid = MyProcPid,
	};
	BackgroundWorkerHandle *handle;

	strlcpy(worker.bgw_name, "idgen: create replication origin", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "idgen", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_library_name, "idgen", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "idgen_create_origin", sizeof(worker.bgw_function_name));

	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				errmsg("could not start a background worker to create replication origin \"%s\"", ORIGIN_NAME),
				errhint("Try again, or raise \"max_worker_processes\", or let a superuser run: SELECT pg_replication_origin_create('%s');", ORIGIN_NAME));
	(void) WaitForBackgroundWorkerShutdown(handle);
}

/*
 * Have the origin created.  One backend at a time, so that not all of them start
 * workers; parallel workers of one query share their locks and may do so.
 */
static void
create_origin(void)
{
	LOCKTAG		creation;

	set_origin_tag(&creation, InvalidOid);
	take_lock(&creation, ExclusiveLock, true);
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidRepOriginId)
		run_worker();
	LockRelease(&creation, ExclusiveLock, false);

	AcceptInvalidationMessages();
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidRepOriginId)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not create replication origin \"%s\"", ORIGIN_NAME),
				errdetail("A background worker tried to and did not succeed; the server log says why."),
				errhint("End transactions that have created or dropped replication origins, also your own."));
}

/*
 * Find the origin, or have it created, and see to it that it stays until
 * origin_release() or the end of the transaction.  False if that takes waiting
 * for a lock and wait is false.  Errors: CONFIGURATION_LIMIT_EXCEEDED where no
 * progress can be kept; INSUFFICIENT_RESOURCES without a background worker;
 * OBJECT_IN_USE and OBJECT_NOT_IN_PREREQUISITE_STATE while transactions are at the
 * origin; what CHECK_FOR_INTERRUPTS raises.
 */
bool
origin_acquire(RepOriginId *origin, bool wait)
{
	check_states();
	check_committed();
	for (;;)
	{
		switch (lock_existing(origin, wait))
		{
			case ORIGIN_LOCKED:
				return true;
			case ORIGIN_MISSING:
				create_origin();
				break;
			case ORIGIN_BUSY:
				if (!wait)
					return false;
				break;
		}
		CHECK_FOR_INTERRUPTS();
	}
}

void
origin_release(RepOriginId origin)
{
	LOCKTAG		tag;

	set_origin_tag(&tag, origin);
	LockRelease(&tag, RowExclusiveLock, false);
	set_catalog_tag(&tag);
	LockRelease(&tag, RowExclusiveLock, false);
}

/*
 * Keep value (1 ..) and return the end of its WAL, which has been flushed.
 * Without backward a larger value stays.  The caller has acquired the origin.
 * Errors: CONFIGURATION_LIMIT_EXCEEDED when other origins take up all there is
 * room for, OBJECT_IN_USE when a session replays as this origin.
 */
XLogRecPtr
origin_write(RepOriginId origin, uint64 value, bool backward)
{
	replorigin_advance(origin, value, InvalidXLogRecPtr, backward, true);
	XLogFlush(XactLastRecEnd);
	return XactLastRecEnd;
}

/*
 * Main function of the worker.  What synchronous standbys have of this does not
 * matter: they get it before what will be written to it.
 */
void
idgen_create_origin(Datum database)
{
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	SetConfigOption("lock_timeout", WORKER_LOCK_TIMEOUT, PGC_USERSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "local", PGC_USERSET, PGC_S_OVERRIDE);

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	LockRelationOid(ReplicationOriginRelationId, ExclusiveLock);
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidRepOriginId)
	{
		replorigin_create(ORIGIN_NAME);
		ereport(LOG,
				errmsg("created replication origin \"%s\" to keep up to which time snowflake IDs may have been made", ORIGIN_NAME));
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
}
