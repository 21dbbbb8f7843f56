/*-------------------------------------------------------------------------
 *
 * generator_row.c
 *	  Reading the catalog rows of a foreign server that is a generator.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/reloptions.h"
#include "access/skey.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_foreign_server.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "generator/generator_row.h"

/* Open the first row of a foreign server that a snapshot sees. */
GeneratorRow
generator_row_open(Oid id, Snapshot snapshot, LOCKMODE lock)
{
	GeneratorRow row = {.lock = lock};
	ScanKeyData key;

	ScanKeyInit(&key, Anum_pg_foreign_server_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(id));
	row.servers = table_open(ForeignServerRelationId, lock);
	row.scan = systable_beginscan(row.servers, ForeignServerOidIndexId, true, snapshot, 1, &key);
	row.tuple = systable_getnext(row.scan);
	return row;
}

/* Open the row as the current command has changed it, which other snapshots do not see yet. */
GeneratorRow
generator_row_open_new(Oid id)
{
	return generator_row_open(id, SnapshotSelf, RowExclusiveLock);
}

void
generator_row_close(GeneratorRow *row)
{
	systable_endscan(row->scan);
	table_close(row->servers, row->lock);
}

List *
generator_row_options(GeneratorRow *row)
{
	bool		is_null;
	Datum		options = heap_getattr(row->tuple, Anum_pg_foreign_server_srvoptions,
									   RelationGetDescr(row->servers), &is_null);

	return is_null ? NIL : untransformRelOptions(options);
}
