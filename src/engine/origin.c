/*-------------------------------------------------------------------------
 *
 * origin.c
 *	  Keeping a number in the progress of replication origin "idgen".
 *
 * PostgreSQL writes the progress of an origin to WAL and into checkpoints, and
 * a standby replays it without our library.  There is one for the whole
 * cluster.  To PostgreSQL the number is an LSN on another server; its meaning
 * is up to the caller.
 *
 * An origin is a row of a shared catalog, whose small number is given to
 * another origin once the row is gone.  If we wrote under a number that now
 * belongs to, say, a subscription, that would lose its place.  So a process
 * that writes holds locks that keep the row, and the row must be one that no
 * rollback can remove: a background worker creates it, in a transaction of its
 * own.  This also works for callers that may not write: read-only transactions
 * and parallel workers.
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

/* How long the worker waits for a transaction that is changing origins. */
#define WORKER_LOCK_TIMEOUT "5s"

/*
 * Look for the origin, and for its number if value is not NULL (0 if there is no
 * origin).  Returns false if another transaction keeps us from reading.  The
 * origin is not locked, and a worker that creates it is not kept waiting.
 */
static bool
try_find(ReplOriginId *origin, uint64 *value)
{
	if (!ConditionalLockRelationOid(ReplicationOriginRelationId, AccessShareLock))
		return false;
	/* If we held the lock before, that has not accepted them. */
	AcceptInvalidationMessages();
	*origin = replorigin_by_name(ORIGIN_NAME, true);
	if (value != NULL)
		*value = *origin == InvalidReplOriginId ? 0 : replorigin_get_progress(*origin, false);
	UnlockRelationOid(ReplicationOriginRelationId, AccessShareLock);
	return true;
}

/*
 * Read the number; 0 if there is none.  Returns false if another transaction
 * keeps us from reading.  If the origin is dropped concurrently, the number is
 * gone anyway.
 */
bool
origin_try_read(uint64 *value)
{
	ReplOriginId origin;

	return try_find(&origin, value);
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

/* Lock without waiting, and without reading the catalogs. */
static bool
try_lock_tag(LOCKTAG tag, LOCKMODE mode)
{
	return LockAcquire(&tag, mode, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

static void
unlock_tag(LOCKTAG tag, LOCKMODE mode)
{
	LockRelease(&tag, mode, false);
}

/* ERROR if the server is configured to keep no origin's progress. */
static void
check_origin_states(void)
{
	if (compat_origin_states == 0)
		ereport(ERROR,
				errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("cannot issue snowflake IDs when \"%s\" is 0", COMPAT_ORIGIN_STATES_NAME),
				errdetail("The time up to which IDs may have been issued is kept in replication origin \"%s\".", ORIGIN_NAME),
				errhint("Set \"%s\" to 1 or more and restart the server.", COMPAT_ORIGIN_STATES_NAME));
}

/*
 * ERROR if the current transaction created the origin's row.  If it rolled
 * back, the number would be free, with our progress on it.
 */
static void
check_origin_committed(void)
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
 * ERROR if our own transaction keeps the worker from creating the origin: the
 * worker would wait for us while we wait for it.
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
	if (!try_lock_tag(origin_tag(origin), mode))
		return false;
	AcceptInvalidationMessages();
	return true;
}

/*
 * While it is missing, sessions that look for it hold nothing that the worker has
 * to wait for: on a new server that may be all sessions at once.
 */
static OriginStatus
lock_existing(ReplOriginId *origin)
{
	OriginStatus status = ORIGIN_LOCKED;

	if (!try_find(origin, NULL))
		return ORIGIN_LOCKED;
	if (*origin == InvalidReplOriginId)
		return ORIGIN_MISSING;
	if (!ConditionalLockRelationOid(ReplicationOriginRelationId, RowExclusiveLock))
		return ORIGIN_LOCKED;

	*origin = replorigin_by_name(ORIGIN_NAME, true);
	if (*origin == InvalidReplOriginId)
		status = ORIGIN_MISSING;
	else if (lock_origin(*origin, RowExclusiveLock))
	{
		/* Is it still the same origin, now that it cannot be dropped? */
		if (replorigin_by_name(ORIGIN_NAME, true) == *origin)
			return ORIGIN_ACQUIRED;
		unlock_tag(origin_tag(*origin), RowExclusiveLock);
	}
	UnlockRelationOid(ReplicationOriginRelationId, RowExclusiveLock);
	return status;
}

/*
 * Start a worker that creates the origin, and wait until it has exited.  False
 * if none could be started.
 */
static bool
run_creation_worker(void)
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
		return false;
	(void) WaitForBackgroundWorkerShutdown(handle);
	pfree(handle);
	return true;
}

/* Could the worker lock the catalog now? */
static bool
catalog_can_be_locked(void)
{
	if (!try_lock_tag(catalog_tag(), ExclusiveLock))
		return false;
	unlock_tag(catalog_tag(), ExclusiveLock);
	return true;
}

/*
 * What origin_acquire() would find now.  Creates nothing and keeps no lock.
 * Not to be called in recovery, where the lock cannot be taken.
 */
OriginStatus
origin_probe(void)
{
	ReplOriginId origin;
	OriginStatus status = lock_existing(&origin);

	if (status == ORIGIN_ACQUIRED)
		origin_release(origin);
	if (status == ORIGIN_MISSING && !catalog_can_be_locked())
		return ORIGIN_LOCKED;
	return status;
}

/*
 * Have the origin created.  One backend at a time does this, so that not all of
 * them start workers; parallel workers of one query share their locks and may
 * do it together.  ERROR if the worker failed.
 */
static OriginStatus
create_origin(void)
{
	OriginStatus status = ORIGIN_MISSING;
	ReplOriginId origin;

	check_catalog_is_free();
	if (!lock_origin(InvalidOid, ExclusiveLock))
		return ORIGIN_IN_CREATION;
	if (!catalog_can_be_locked() || !try_find(&origin, NULL))
		status = ORIGIN_LOCKED;
	else if (origin == InvalidReplOriginId && !run_creation_worker())
		status = ORIGIN_NO_WORKER;
	unlock_tag(origin_tag(InvalidOid), ExclusiveLock);
	if (status != ORIGIN_MISSING)
		return status;

	if (try_find(&origin, NULL) && origin == InvalidReplOriginId)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("could not create replication origin \"%s\"", ORIGIN_NAME),
				errdetail("The background worker that was started to create it failed; the server log says why."),
				errhint("End transactions that have dropped a replication origin or a subscription, or created \"%s\".", ORIGIN_NAME));
	return ORIGIN_MISSING;
}

/*
 * Find the origin, create it if it is missing, and keep it from being dropped
 * until origin_release() or the end of the transaction.  Creating it may take a
 * while.  This never waits for a lock, so the row is read only after its
 * catalog has been locked.  Errors: CONFIGURATION_LIMIT_EXCEEDED where no
 * progress can be kept; OBJECT_IN_USE if the current transaction created the
 * origin; OBJECT_NOT_IN_PREREQUISITE_STATE if it could not be created; what
 * CHECK_FOR_INTERRUPTS raises.
 */
OriginStatus
origin_acquire(ReplOriginId *origin)
{
	OriginStatus status;

	check_origin_states();
	status = lock_existing(origin);
	if (status == ORIGIN_MISSING)
	{
		status = create_origin();
		if (status == ORIGIN_MISSING)
			status = lock_existing(origin);
	}
	if (status == ORIGIN_ACQUIRED)
		check_origin_committed();
	return status;
}

/*
 * Raise the error for a status other than ORIGIN_ACQUIRED, for callers that
 * cannot wait any longer.
 */
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
	unlock_tag(origin_tag(origin), RowExclusiveLock);
	unlock_tag(catalog_tag(), RowExclusiveLock);
}

/*
 * Write value (1 ..) and return the end of its WAL record, which has been
 * flushed.  Unless backward is true, a larger value stays.  The caller has
 * acquired the origin.  Errors: CONFIGURATION_LIMIT_EXCEEDED when other origins
 * take up all the room, OBJECT_IN_USE when a session replays as this origin.
 */
XLogRecPtr
origin_write(ReplOriginId origin, uint64 value, bool backward)
{
	replorigin_advance(origin, value, InvalidXLogRecPtr, backward, true);
	XLogFlush(XactLastRecEnd);
	return XactLastRecEnd;
}

static bool
set_failure(OriginFailure *failure, const char *reason)
{
	strlcpy(failure->reason, reason, sizeof(failure->reason));
	return false;
}

/*
 * Lock the origin and write.  If the origin holds known_value, it is still
 * ours, and no catalog has to be read: no other origin's progress is that
 * number, and dropping an origin removes the number at once.  *locks is the
 * number of locks to release, also after an ERROR.
 */
static bool
lock_and_write(ReplOriginId origin, uint64 known_value, uint64 value, volatile int *locks,
			   XLogRecPtr *wal_end, OriginFailure *failure)
{
	static const char *const locked = "replication origin \"" ORIGIN_NAME "\" is locked by another transaction";

	if (!try_lock_tag(catalog_tag(), RowExclusiveLock))
		return set_failure(failure, locked);
	(*locks)++;
	if (!try_lock_tag(origin_tag(origin), RowExclusiveLock))
		return set_failure(failure, locked);
	(*locks)++;
	if (origin == InvalidReplOriginId || replorigin_get_progress(origin, false) != known_value)
		return set_failure(failure, "replication origin \"" ORIGIN_NAME "\" has been dropped or moved");
	*wal_end = origin_write(origin, value, false);
	return true;
}

static void
release_write_locks(ReplOriginId origin, int locks)
{
	if (locks > 1)
		unlock_tag(origin_tag(origin), RowExclusiveLock);
	if (locks > 0)
		unlock_tag(catalog_tag(), RowExclusiveLock);
}

/*
 * Clean up after an ERROR in lock_and_write(), and store its message.  A
 * canceled statement has to end, so its error is raised again.
 *
 * This works without a subtransaction, which parallel workers cannot start
 * before PostgreSQL 17.  lock_and_write() reads no catalogs, so when it fails
 * it holds no resource that a resource owner would have to release.  It can
 * hold only locks and a WAL record under construction: PostgreSQL's own LWLocks
 * if a session replays as the origin, none if there is no memory for a lock.
 * The caller ensures that we held no LWLock before.
 */
static void
recover_from_write_error(OriginFailure *failure)
{
	ErrorData  *error;

	if (geterrcode() == ERRCODE_QUERY_CANCELED)
		PG_RE_THROW();
	LWLockReleaseAll();
	XLogResetInsertion();
	error = CopyErrorData();
	FlushErrorState();
	(void) set_failure(failure, error->message);
	FreeErrorData(error);
}

/*
 * Write as origin_write() does, but to an origin that the caller has not
 * acquired; it must hold known_value if nobody has changed it since the last
 * write.  Returns false with a reason if that cannot be done at once, for
 * whatever reason.  Raises only what must end the statement.  The caller must
 * hold no LWLock: INTERRUPTS_CAN_BE_PROCESSED().
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
		recover_from_write_error(failure);
	}
	PG_END_TRY();
	release_write_locks(origin, locks);
	return is_written;
}

/*
 * Main function of the worker.  Whether synchronous standbys have received the
 * new row does not matter: they receive it before anything that is written to
 * the origin.
 */
void
idgen_create_origin(Datum database)
{
	/* The default handler would end the process in the middle of a write. */
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
