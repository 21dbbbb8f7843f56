/*-------------------------------------------------------------------------
 *
 * standbys.c
 *	  Have synchronous standbys got what was written?
 *
 * What is promised to clients outside of transactions, as times and ranges of
 * numbers are, must be on a synchronous standby before the promise is made, as
 * what a transaction has written is when the client learns of its commit.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/lwlock.h"

#include "base/compat.h"
#include "base/standbys.h"

/*
 * Has a synchronous standby flushed WAL up to lsn, or is none required?  This
 * applies to all sessions, including those that do not wait for standbys when
 * they commit: their clients get IDs, too.  The caller holds no spinlock.
 */
bool
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
