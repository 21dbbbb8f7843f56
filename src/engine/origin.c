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
#include "access/xloginsert.h"
#include "catalog/pg_replication_origin.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "replication/origin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "engine/origin.h"

/* How long the worker waits for whoever is changing origins. */
#define WORKER_LOCK_TIMEOUT "5s"

/*
 * The number kept; 0 if there is none.  False if another transaction keeps us from
 * looking.  The origin is not locked: whoever drops it just now takes the number
 * with it anyway.
 */
bool
origin_try_read(uint64 *value)
{
	ReplOriginId origin;

	if (!ConditionalLockRelationOid(ReplicationOriginRelationId, AccessShareLock))
		return false;
	origin = replorigin_by_name(ORIGIN_NAME, true);
	*value = origin == InvalidReplOriginId ? 0 : replorigin_get_progress(origin, false);
	UnlockRelationOid(ReplicationOriginRelationId, AccessShareLock);
	return true;
}

static LOCKTAG
catalog_tag(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, InvalidOid, ReplicationOriginRelationId);
	return tag;
}

static LOCKTAG
origin_tag(Oid origin)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, ReplicationOriginRelationId, origin, 0);
	return tag;
}

/* Without waiting, and without a look at the catalogs. */
static bool
try_lock(LOCKTAG tag, LOCKMODE mode)
{
	return LockAcquire(&tag, mode, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

static void
unlock(LOCKTAG tag, LOCKMODE mode)
{
	LockRelease(&tag, mode, false);
}

/* ERROR if this server has no place for any origin's progress. */
static void
check_states(void)
{
	if (compat_origin_states == 0)
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("cannot issue snowflake IDs when \"%s\" is 0", COMPAT_ORIGIN_STATES_NAME),
				errdetail("The time up to which IDs may have been issued is kept in replication origin \"%s\".", ORIGIN_NAME),
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
				errhint("Commit before you generate snowflake IDs."));
}

/*
 * ERROR if our own transaction keeps the worker from creating the origin, which
 * would wait for us while we wait for it.
 */
static void
check_catalog_is_free(void)
{
	LOCKTAG		tag = catalog_tag();

	if (compat_lock_held_by_me(&tag, RowExclusiveLock))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("cannot create replication origin \"%s\" while the current transaction has locked pg_replication_origin", ORIGIN_NAME),
				errdetail("Dropping a replication origin or a subscription locks it until the end of the transaction."),
				errhint("Commit before you generate snowflake IDs."));
}

/* PostgreSQL 15 locks the catalog to drop an origin, later ones lock the origin. */
static bool
lock_origin(Oid origin, LOCKMODE mode)
{
	if (!try_lock(origin_tag(origin), mode))
		return false;
	AcceptInvalidationMessages();
	return true;
}

static OriginStatus
lock_existing(ReplOriginId *origin)
{
	OriginStatus status = ORIGIN_LOCKED;

	if (!ConditionalLockRelationOid(ReplicationOriginRelationId, RowExclusiveLock))
		return ORIGIN_LOCKED;

	*origin = replorigin_by_name(ORIGIN_NAME, true);
	if (*origin == InvalidReplOriginId)
		status = ORIGIN_MISSING;
	else if (lock_origin(*origin, RowExclusiveLock))
	{
		/* Still the same, now that it cannot go? */
		if (replorigin_by_name(ORIGIN_NAME, true) == *origin)
			return ORIGIN_ACQUIRED;
		unlock(origin_tag(*origin), RowExclusiveLock);
	}
	UnlockRelationOid(ReplicationOriginRelationId, RowExclusiveLock);
	return status;
}

/*
 * What origin_acquire() would find now; it creates nothing, and nothing stays locked.  Not
 * in recovery, where nobody may take the lock.
 */
OriginStatus
origin_look(void)
{
	ReplOriginId origin;
	OriginStatus status = lock_existing(&origin);

	if (status == ORIGIN_ACQUIRED)
		origin_release(origin);
	return status;
}

/* Start a worker that creates the origin, and wait until it is done. */
static bool
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
	strlcpy(worker.bgw_library_name, "$libdir/idgen", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "idgen_create_origin", sizeof(worker.bgw_function_name));

	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
		return false;
	(void) WaitForBackgroundWorkerShutdown(handle);
	pfree(handle);
	return true;
}

/*
 * Have the origin created.  One backend at a time, so that not all of them start
 * workers; parallel workers of one query share their locks and may do so.
 * ERROR if the worker could not do it.
 */
static OriginStatus
create_origin(void)
{
	bool		started = true;

	check_catalog_is_free();
	if (!lock_origin(InvalidOid, ExclusiveLock))
		return ORIGIN_IN_CREATION;
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidReplOriginId)
		started = run_worker();
	unlock(origin_tag(InvalidOid), ExclusiveLock);
	if (!started)
		return ORIGIN_NO_WORKER;

	AcceptInvalidationMessages();
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidReplOriginId)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not create replication origin \"%s\"", ORIGIN_NAME),
				errdetail("The background worker that was started to create it failed; the server log says why."),
				errhint("End transactions that have dropped a replication origin or a subscription, or created \"%s\".", ORIGIN_NAME));
	return ORIGIN_MISSING;
}

/*
 * Find the origin, and see to it that it stays until origin_release() or the end
 * of the transaction.  If it is missing, this may take a while; it never waits for
 * a lock, so we look at the row only once we have locked its catalog.  Errors:
 * CONFIGURATION_LIMIT_EXCEEDED where no progress can be kept; OBJECT_IN_USE if
 * the origin is of our own transaction; OBJECT_NOT_IN_PREREQUISITE_STATE if it
 * could not be created; what CHECK_FOR_INTERRUPTS raises.
 */
OriginStatus
origin_acquire(ReplOriginId *origin)
{
	OriginStatus status;

	check_states();
	status = lock_existing(origin);
	if (status == ORIGIN_MISSING)
	{
		status = create_origin();
		if (status == ORIGIN_MISSING)
			status = lock_existing(origin);
	}
	if (status == ORIGIN_ACQUIRED)
		check_committed();
	return status;
}

/* What origin_acquire() could not do, for who cannot wait any longer. */
void
origin_report(OriginStatus status)
{
	if (status == ORIGIN_NO_WORKER)
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				errmsg("could not start a background worker to create replication origin \"%s\"", ORIGIN_NAME),
				errhint("Try again, or raise \"max_worker_processes\", or let a superuser run: SELECT pg_replication_origin_create('%s');", ORIGIN_NAME));
	if (status == ORIGIN_IN_CREATION)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("replication origin \"%s\" is being created by another session", ORIGIN_NAME),
				errhint("Try again, or raise \"idgen.max_wait\"."));
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_IN_USE),
			errmsg("replication origin \"%s\" is locked by another transaction", ORIGIN_NAME),
			errdetail("It holds the time up to which IDs may have been issued, and that time must be read or extended now."),
			errhint("Look for open transactions that have locked pg_replication_origin, or dropped a replication origin or a subscription."));
}

void
origin_release(ReplOriginId origin)
{
	unlock(origin_tag(origin), RowExclusiveLock);
	unlock(catalog_tag(), RowExclusiveLock);
}

/*
 * Keep value (1 ..) and return the end of its WAL, which has been flushed.
 * Without backward a larger value stays.  The caller has acquired the origin.
 * Errors: CONFIGURATION_LIMIT_EXCEEDED when other origins take up all there is
 * room for, OBJECT_IN_USE when a session replays as this origin.
 */
XLogRecPtr
origin_write(ReplOriginId origin, uint64 value, bool backward)
{
	replorigin_advance(origin, value, InvalidXLogRecPtr, backward, true);
	XLogFlush(XactLastRecEnd);
	return XactLastRecEnd;
}

static bool
fail(OriginFailure *failure, const char *reason)
{
	strlcpy(failure->reason, reason, sizeof(failure->reason));
	return false;
}

/*
 * Lock the origin, write, and unlock it.  If the origin holds known_value, it is
 * still ours, and no catalog need be asked: nobody else's progress is that number,
 * and to drop an origin takes the number away at once.  *locks says how many locks
 * there are to release, also after an ERROR.
 */
static bool
lock_and_write(ReplOriginId origin, uint64 known_value, uint64 value, volatile int *locks,
			   XLogRecPtr *wal_end, OriginFailure *failure)
{
	static const char *const locked = "replication origin \"" ORIGIN_NAME "\" is locked by another transaction";

	if (!try_lock(catalog_tag(), RowExclusiveLock))
		return fail(failure, locked);
	(*locks)++;
	if (!try_lock(origin_tag(origin), RowExclusiveLock))
		return fail(failure, locked);
	(*locks)++;
	if (origin == InvalidReplOriginId || replorigin_get_progress(origin, false) != known_value)
		return fail(failure, "replication origin \"" ORIGIN_NAME "\" has been dropped or moved");
	*wal_end = origin_write(origin, value, false);
	return true;
}

static void
release_locks(ReplOriginId origin, int locks)
{
	if (locks > 1)
		unlock(origin_tag(origin), RowExclusiveLock);
	if (locks > 0)
		unlock(catalog_tag(), RowExclusiveLock);
}

/*
 * Take back what a failure of lock_and_write() has left, and note its reason.  A
 * canceled statement has to end, so then the failure goes on.
 *
 * This does without a subtransaction, which parallel workers cannot begin before
 * 17.  All that lock_and_write() has in hand when it fails is locks, maybe a WAL
 * record that is being put together, and no resource that an owner would have to
 * release, as it does not look at catalogs: PostgreSQL's own LWLocks if somebody
 * replays as the origin, none if there is no memory for a lock.  That we
 * held no LWLock before is up to the caller.
 */
static void
recover(OriginFailure *failure)
{
	ErrorData  *error;

	if (geterrcode() == ERRCODE_QUERY_CANCELED)
		PG_RE_THROW();
	LWLockReleaseAll();
	XLogResetInsertion();
	error = CopyErrorData();
	FlushErrorState();
	(void) fail(failure, error->message);
	FreeErrorData(error);
}

/*
 * As origin_write() does, to an origin that the caller has not acquired, but holds
 * known_value if it is still what it was at the last write.  False and a reason if
 * that cannot be done at once, whatever it is; raises nothing, but for what must end the
 * statement.  The caller must hold no LWLock: INTERRUPTS_CAN_BE_PROCESSED().
 */
bool
origin_try_write(ReplOriginId origin, uint64 known_value, uint64 value,
				 XLogRecPtr *wal_end, OriginFailure *failure)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int locks = 0;
	volatile bool is_written = false;

	PG_TRY();
	{
		is_written = lock_and_write(origin, known_value, value, &locks, wal_end, failure);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		recover(failure);
	}
	PG_END_TRY();
	release_locks(origin, locks);
	return is_written;
}

/*
 * Main function of the worker.  What synchronous standbys have of this does not
 * matter: they get it before what will be written to it.
 */
void
idgen_create_origin(Datum database)
{
	/* The default would end us in the midst of a write. */
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	SetConfigOption("lock_timeout", WORKER_LOCK_TIMEOUT, PGC_USERSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "local", PGC_USERSET, PGC_S_OVERRIDE);

	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	LockRelationOid(ReplicationOriginRelationId, ExclusiveLock);
	if (replorigin_by_name(ORIGIN_NAME, true) == InvalidReplOriginId)
	{
		replorigin_create(ORIGIN_NAME);
		ereport(LOG,
				errmsg("created replication origin \"%s\" to hold the time up to which snowflake IDs may have been issued", ORIGIN_NAME));
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
}
