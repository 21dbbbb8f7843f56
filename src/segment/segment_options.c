/*-------------------------------------------------------------------------
 *
 * segment_options.c
 *	  The options of segments: a table of the extension, which dumps contain.
 *
 * A row belongs to a sequence, by OID.  A change invalidates the sequence's
 * entries in the caches of all sessions, so each reads its options once, and again
 * when they have changed.  A sequence without a row has the defaults.
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
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/compat.h"
#include "base/dependents.h"
#include "segment/segment_options.h"
#include "segment/segment_roots.h"

PG_FUNCTION_INFO_V1(idgen_segment_configure);

#define TABLES (SEGMENT_ROOTS_TABLE + 1)

static const char *const table_names[TABLES] = {
	[SEGMENT_OPTIONS_TABLE] = "segment_options",
	[SEGMENT_GRANTS_TABLE] = "segment_grants",
	[SEGMENT_ROOTS_TABLE] = "segment_roots",
};

/* The columns of the table. */
enum
{
	COLUMN_SEQUENCE,
	COLUMN_STEP,
	COLUMN_ORDER,
	COLUMN_GRANTS,
	COLUMNS
};

/* Those that have been found. */
static Oid	tables[TABLES];

static const char *const orders[] = {
	[SEGMENT_ORDER_STATEMENT] = "statement",
	[SEGMENT_ORDER_SESSION] = "session",
};

/* The cache of relations has been invalidated as a whole: look again. */
void
segment_options_forget_tables(void)
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
segment_options_table(SegmentTableName name)
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

static SegmentOrder
read_order(const char *name)
{
	return strcmp(name, orders[SEGMENT_ORDER_SESSION]) == 0 ? SEGMENT_ORDER_SESSION : SEGMENT_ORDER_STATEMENT;
}

static void
read_row(HeapTuple row, TupleDesc columns, SegmentOptions *options)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	heap_deform_tuple(row, columns, values, nulls);
	if (!nulls[COLUMN_STEP])
		options->step = DatumGetInt64(values[COLUMN_STEP]);
	options->order = read_order(TextDatumGetCString(values[COLUMN_ORDER]));
	options->has_grants = DatumGetBool(values[COLUMN_GRANTS]);
}

static Oid
get_sequence(HeapTuple row, Relation table)
{
	bool		is_null;

	return DatumGetObjectId(heap_getattr(row, COLUMN_SEQUENCE + 1, RelationGetDescr(table), &is_null));
}

/*
 * The row of a sequence, a copy; NULL if there is none.  As with catalogs, what has
 * been committed counts, whatever the transaction's snapshot says: also in a
 * parallel worker.
 */
HeapTuple
segment_options_find_row(Relation table, Oid sequence)
{
	Oid			index = compat_primary_key(table);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;

	ScanKeyInit(&key, COLUMN_SEQUENCE + 1, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(sequence));
	scan = systable_beginscan(table, index, OidIsValid(index), NULL, 1, &key);
	row = systable_getnext(scan);
	if (HeapTupleIsValid(row))
		row = heap_copytuple(row);
	systable_endscan(scan);
	return row;
}

/* The options of a sequence. */
SegmentOptions
segment_options_read(Oid sequence)
{
	SegmentOptions options = {0};
	Oid			oid = segment_options_table(SEGMENT_OPTIONS_TABLE);
	Relation	table;
	HeapTuple	row;
	SegmentRoots roots;

	(void) segment_roots_read(sequence, &roots);
	options.roots = segment_roots_hash(&roots);
	if (!OidIsValid(oid))
		return options;
	table = table_open(oid, AccessShareLock);
	row = segment_options_find_row(table, sequence);
	if (row != NULL)
		read_row(row, RelationGetDescr(table), &options);
	table_close(table, AccessShareLock);
	return options;
}

/* The sequences that have options: a list of OIDs.  Some may have been dropped. */
List *
segment_options_sequences(void)
{
	Oid			oid = segment_options_table(SEGMENT_OPTIONS_TABLE);
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

/* ERROR unless the current user owns the sequence, which is one. */
static void
check_owner(Oid sequence)
{
	if (get_rel_relkind(sequence) != RELKIND_SEQUENCE)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("relation %u is not a sequence", sequence));
	if (!compat_relation_ownercheck(sequence, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_SEQUENCE, get_rel_name(sequence));
}

/* ERROR INVALID_PARAMETER_VALUE for a value that is none of an option. */
static void
check_values(FunctionCallInfo fcinfo)
{
	char	   *order;

	if (!PG_ARGISNULL(COLUMN_STEP) && (PG_GETARG_INT64(COLUMN_STEP) < 0 || PG_GETARG_INT64(COLUMN_STEP) > PG_INT32_MAX))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("step must be between 1 and %d, or 0 for the default", PG_INT32_MAX),
				errdetail("The requested step is %lld.", (long long) PG_GETARG_INT64(COLUMN_STEP)));
	if (PG_ARGISNULL(COLUMN_ORDER))
		return;
	order = text_to_cstring(PG_GETARG_TEXT_PP(COLUMN_ORDER));
	if (strcmp(order, orders[SEGMENT_ORDER_STATEMENT]) != 0 && strcmp(order, orders[SEGMENT_ORDER_SESSION]) != 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid order of a segment: \"%s\"", order),
				errhint("Valid orders are \"statement\" and \"session\"."));
}

/* Write the options that are given; the others remain, or are the defaults. */
static void
write_row(Relation table, FunctionCallInfo fcinfo)
{
	HeapTuple	old = segment_options_find_row(table, PG_GETARG_OID(COLUMN_SEQUENCE));
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};
	HeapTuple	row;

	values[COLUMN_SEQUENCE] = PG_GETARG_DATUM(COLUMN_SEQUENCE);
	values[COLUMN_STEP] = (Datum) 0;
	nulls[COLUMN_STEP] = true;
	values[COLUMN_ORDER] = CStringGetTextDatum(orders[SEGMENT_ORDER_STATEMENT]);
	values[COLUMN_GRANTS] = BoolGetDatum(false);
	if (old != NULL)
		heap_deform_tuple(old, RelationGetDescr(table), values, nulls);
	for (int i = COLUMN_STEP; i < COLUMNS; i++)
		if (!PG_ARGISNULL(i))
		{
			values[i] = PG_GETARG_DATUM(i);
			nulls[i] = i == COLUMN_STEP && PG_GETARG_INT64(i) == 0;
		}
	row = heap_form_tuple(RelationGetDescr(table), values, nulls);
	if (old != NULL)
		CatalogTupleUpdate(table, &old->t_self, row);
	else
		CatalogTupleInsert(table, row);
}

/* Remove the rows of sequences that have been dropped: their OIDs may come again. */
void
segment_options_remove_former(Relation table)
{
	SysScanDesc scan = systable_beginscan(table, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	row;

	while (HeapTupleIsValid(row = systable_getnext(scan)))
		if (get_rel_relkind(get_sequence(row, table)) != RELKIND_SEQUENCE)
			CatalogTupleDelete(table, &row->t_self);
	systable_endscan(scan);
}

/*
 * segment_configure(sequence regclass, step bigint, order_by text, grants boolean)
 *
 * Options that are NULL remain as they are.  One transaction at a time changes
 * options.  Errors: WRONG_OBJECT_TYPE, INSUFFICIENT_PRIVILEGE,
 * INVALID_PARAMETER_VALUE.
 */
Datum
idgen_segment_configure(PG_FUNCTION_ARGS)
{
	Oid			oid;
	Relation	table;

	PreventCommandIfReadOnly("segment_configure()");
	PreventCommandIfParallelMode("segment_configure()");
	PreventCommandDuringRecovery("segment_configure()");
	if (PG_ARGISNULL(COLUMN_SEQUENCE))
		ereport(ERROR,
				errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("sequence must not be null"));
	check_owner(PG_GETARG_OID(COLUMN_SEQUENCE));
	check_values(fcinfo);
	oid = segment_options_table(SEGMENT_OPTIONS_TABLE);
	if (!OidIsValid(oid))
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation \"%s\" does not exist", table_names[SEGMENT_OPTIONS_TABLE]));

	table = table_open(oid, ShareRowExclusiveLock);
	segment_options_remove_former(table);
	write_row(table, fcinfo);
	table_close(table, NoLock);
	CacheInvalidateRelcacheByRelid(PG_GETARG_OID(COLUMN_SEQUENCE));
	CommandCounterIncrement();
	PG_RETURN_VOID();
}
