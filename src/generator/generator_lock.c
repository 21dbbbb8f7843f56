/*-------------------------------------------------------------------------
 *
 * generator_lock.c
 *	  See generator_lock.h.
 *
 * A transaction that uses a generator locks its layout, as one that uses a table locks
 * that, and a change that needs all former IDs to have been issued waits for it; see
 * generator_ddl.c.  Both hold the lock until they end, whatever becomes of their
 * subtransactions.
 *
 * It is a lock on the foreign server that the generator is, as if the layout were its
 * first column.  So it does not get in the way of the locks that PostgreSQL takes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_foreign_server.h"
#include "storage/lmgr.h"
#include "utils/resowner.h"

#include "generator/generator_lock.h"

#define LAYOUT_COLUMN 1

static void
lock_layout_column(Oid server, LOCKMODE mode)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = TopTransactionResourceOwner;
	LockDatabaseObject(ForeignServerRelationId, server, LAYOUT_COLUMN, mode);
	CurrentResourceOwner = owner;
}

/*
 * Keep the layout from being changed in such a way.  Changes that we have not heard of
 * are heard of now.
 */
void
generator_lock_to_use(Oid server)
{
	lock_layout_column(server, AccessShareLock);
}

/* Wait until nobody uses the layout, and keep others from using it. */
void
generator_lock_to_change(Oid server)
{
	lock_layout_column(server, AccessExclusiveLock);
}
