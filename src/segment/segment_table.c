/*-------------------------------------------------------------------------
 *
 * segment_table.c
 *	  Tables of the extension with what is said of segments: finding them in
 *	  whichever schema that is, and their rows, and changing them.
 *
 * Their first column is the sequence.  What the others mean is known to the files
 * that use them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/dependents.h"
#include "segment/segment_table.h"

#define TABLES (SEGMENT_FREE_TABLE + 1)

static const char *const table_names[TABLES] = {
	[SEGMENT_OPTIONS_TABLE] = "segment_options",
	[SEGMENT_GRANTS_TABLE] = "segment_grants",
	[SEGMENT_ROOTS_TABLE] = "segment_roots",
	[SEGMENT_FREE_TABLE] = "segment_free",
};

#define SEQUENCE_ATTRIBUTE 1

/* Those that have been found. */
static Oid	tables[TABLES];

/* The cache of relations has been invalidated as a whole: look again. */
void
segment_table_forget_all(void)
{
	memset(tables, 0, sizeof(tables));
}

static bool
has_name(Oid relation, SegmentTableName name)
{
	char	   *found = get_rel_name(relation);

	return found != NULL && strcmp(found, table_names[name]) == 0;
}

/* A table of the extension; invalid if there is none. */
Oid
segment_table_find(SegmentTableName name)
{
	ListCell   *cell;

	if (OidIsValid(tables[name]) && has_name(tables[name], name))
		return tables[name];
	tables[name] = InvalidOid;
	foreach(cell, dependents_of_extension())
	{
		ObjectAddress *member = lfirst(cell);

		if (member->classId == RelationRelationId && member->objectSubId == 0 && has_name(member->objectId, name))
			tables[name] = member->objectId;
	}
	return tables[name];
}

static Oid
get_sequence(HeapTuple row, Relation table)
{
	bool		is_null;

	return DatumGetObjectId(heap_getattr(row, SEQUENCE_ATTRIBUTE, RelationGetDescr(table), &is_null));
}

/*
 * The row of a sequence, a copy; NULL if there is none.  As with catalogs, what has
 * been committed counts, whatever the transaction's snapshot says: also in a
 * parallel worker.
 */
HeapTuple
segment_table_find_row(Relation table, Oid sequence)
{
	Oid			index = compat_primary_key(table);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	ScanKeyInit(&key, SEQUENCE_ATTRIBUTE, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(sequence));
	scan = systable_beginscan(table, index, OidIsValid(index), NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
		row = heap_copytuple(row);
	systable_endscan(scan);
	return row;
}

/* The sequences of the rows of a table: a list of OIDs.  Some may have been dropped. */
List *
segment_table_sequences(SegmentTableName name)
{
	Oid			oid = segment_table_find(name);
	List	   *sequences = NIL;
	Relation	table;
	SysScanDesc scan;
	HeapTuple	row;

	if (!OidIsValid(oid))
		return NIL;
	table = table_open(oid, AccessShareLock);
	scan = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
		sequences = lappend_oid(sequences, get_sequence(row, table));
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return sequences;
}

/* ---------------------------------------------------------------------- changing */

/* ERROR where a function must not change a table. */
void
segment_table_prevent_change(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
	PreventCommandDuringRecovery(function);
}

/* ERROR unless the first argument, which is not strict, is a sequence. */
void
segment_table_check_sequence(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("sequence must not be null"));
	if (get_rel_relkind(PG_GETARG_OID(0)) != RELKIND_SEQUENCE)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("relation %u is not a sequence", PG_GETARG_OID(0)));
}

/* Remove the rows of sequences that have been dropped: their OIDs may come again. */
static void
remove_former(Relation table)
{
	SysScanDesc scan = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	row;

	while (HeapTupleIsValid(row = systable_getnext(scan)))
		if (get_rel_relkind(get_sequence(row, table)) != RELKIND_SEQUENCE)
			CatalogTupleDelete(table, &row->t_self);
	systable_endscan(scan);
	CommandCounterIncrement();
}

/* Open a table to change it; one transaction at a time does so.  ERROR UNDEFINED_TABLE. */
Relation
segment_table_begin_change(SegmentTableName name)
{
	Oid			oid = segment_table_find(name);
	Relation	table;

	if (!OidIsValid(oid))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation \"%s\" does not exist", table_names[name]));
	table = table_open(oid, ShareRowExclusiveLock);
	remove_former(table);
	return table;
}

/* Write a row, in the place of an old one or, with NULL, as a new one.  The same command may do so again. */
void
segment_table_write_row(Relation table, HeapTuple old, Datum *values, bool *nulls)
{
	HeapTuple	row = heap_form_tuple(RelationGetDescr(table), values, nulls);

	if (old != NULL)
		CatalogTupleUpdate(table, &old->t_self, row);
	else
		CatalogTupleInsert(table, row);
	CommandCounterIncrement();
}

/* Delete the row of a sequence, if there is one.  ERROR UNDEFINED_TABLE. */
void
segment_table_delete_row(SegmentTableName name, Oid sequence)
{
	Relation	table = segment_table_begin_change(name);
	HeapTuple	row = segment_table_find_row(table, sequence);

	if (row != NULL)
	{
		CatalogTupleDelete(table, &row->t_self);
		CommandCounterIncrement();
	}
	table_close(table, NoLock);
}

/* All sessions read again what is said of a sequence. */
void
segment_table_end_change(Relation table, Oid sequence)
{
	table_close(table, NoLock);
	CacheInvalidateRelcacheByRelid(sequence);
	CommandCounterIncrement();
}
