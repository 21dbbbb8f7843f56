/*-------------------------------------------------------------------------
 *
 * generator_lock.c
 *	  The lock on the layout of a generator.
 *
 * A transaction that uses a generator locks its layout, as one that uses a
 * table locks the table.  A change that requires all former IDs to have been
 * issued waits for it; see generator_ddl.c.  Both hold the lock until the
 * transaction ends, even if a subtransaction that took it is rolled back.
 *
 * It is a lock on the generator's foreign server, as if the layout were its
 * first column, so it does not conflict with the locks that PostgreSQL takes.
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
 * Keep the layout from being changed in such a way.  Taking the lock also
 * processes invalidations, so we learn of changes that were committed before.
 */
void
generator_lock_to_use(Oid server)
{
	lock_layout_column(server, AccessShareLock);
}

/* Wait until no other transaction uses the layout, and keep others from using it. */
void
generator_lock_to_change(Oid server)
{
	lock_layout_column(server, AccessExclusiveLock);
}
