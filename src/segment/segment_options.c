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

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_sequence.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "segment/segment_options.h"
#include "segment/segment_roots.h"
#include "segment/segment_table.h"

PG_FUNCTION_INFO_V1(idgen_segment_configure);

/* The columns of the table. */
enum
{
	COLUMN_SEQUENCE,
	COLUMN_STEP,
	COLUMN_ORDER,
	COLUMN_GRANTS,
	COLUMN_FREE_LIST,
	COLUMNS
};

static const char *const orders[] = {
	[SEGMENT_ORDER_STATEMENT] = "statement",
	[SEGMENT_ORDER_SESSION] = "session",
};

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
	options->has_free_list = DatumGetBool(values[COLUMN_FREE_LIST]);
}

/* The options of a sequence. */
SegmentOptions
segment_options_read(Oid sequence)
{
	SegmentOptions options = {0};
	Oid			oid = segment_table_find(SEGMENT_OPTIONS_TABLE);
	Relation	table;
	HeapTuple	row;
	SegmentRoots roots;

	(void) segment_roots_read(sequence, &roots);
	options.roots = segment_roots_hash(&roots);
	if (!OidIsValid(oid))
		return options;
	table = table_open(oid, AccessShareLock);
	row = segment_table_find_row(table, sequence);
	if (row != NULL)
		read_row(row, RelationGetDescr(table), &options);
	table_close(table, AccessShareLock);
	return options;
}

/* ERROR unless the current user owns the sequence. */
static void
check_owner(Oid sequence)
{
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

/*
 * ERROR unless a sequence may run out: its numbers are those of an integer at most.
 * For others, a free list would do nothing but take their order.
 */
static void
check_free_list(Oid oid)
{
	HeapTuple	row = SearchSysCache1(SEQRELID, ObjectIdGetDatum(oid));
	int64		max = HeapTupleIsValid(row) ? ((Form_pg_sequence) GETSTRUCT(row))->seqmax : 0;

	if (HeapTupleIsValid(row))
		ReleaseSysCache(row);
	if (max > PG_INT32_MAX)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("sequence \"%s\" cannot have a free list", get_rel_name(oid)),
				errdetail("Its maximum value is %lld, so it does not run out.", (long long) max),
				errhint("A free list is for sequences whose maximum value is %d at most.", PG_INT32_MAX));
}

/* Write the options that are given; the others remain, or are the defaults. */
static void
write_row(Relation table, FunctionCallInfo fcinfo)
{
	HeapTuple	old = segment_table_find_row(table, PG_GETARG_OID(COLUMN_SEQUENCE));
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};

	values[COLUMN_SEQUENCE] = PG_GETARG_DATUM(COLUMN_SEQUENCE);
	values[COLUMN_STEP] = (Datum) 0;
	nulls[COLUMN_STEP] = true;
	values[COLUMN_ORDER] = CStringGetTextDatum(orders[SEGMENT_ORDER_STATEMENT]);
	values[COLUMN_GRANTS] = BoolGetDatum(false);
	values[COLUMN_FREE_LIST] = BoolGetDatum(false);
	if (old != NULL)
		heap_deform_tuple(old, RelationGetDescr(table), values, nulls);
	for (int i = COLUMN_STEP; i < COLUMNS; i++)
		if (!PG_ARGISNULL(i))
		{
			values[i] = PG_GETARG_DATUM(i);
			nulls[i] = i == COLUMN_STEP && PG_GETARG_INT64(i) == 0;
		}
	segment_table_write_row(table, old, values, nulls);
}

/*
 * segment_configure(sequence regclass, step bigint, order_by text, grants boolean,
 * free_list boolean)
 *
 * Options that are NULL remain as they are.  Without a free list, what was on it is
 * not issued any more.  One transaction at a time changes
 * options.  Errors: WRONG_OBJECT_TYPE, INSUFFICIENT_PRIVILEGE,
 * INVALID_PARAMETER_VALUE.
 */
Datum
idgen_segment_configure(PG_FUNCTION_ARGS)
{
	Relation	table;

	segment_table_prevent_change("segment_configure()");
	segment_table_check_sequence(fcinfo);
	check_owner(PG_GETARG_OID(COLUMN_SEQUENCE));
	check_values(fcinfo);
	if (!PG_ARGISNULL(COLUMN_FREE_LIST) && PG_GETARG_BOOL(COLUMN_FREE_LIST))
		check_free_list(PG_GETARG_OID(COLUMN_SEQUENCE));
	table = segment_table_begin_change(SEGMENT_OPTIONS_TABLE);
	write_row(table, fcinfo);
	if (!PG_ARGISNULL(COLUMN_FREE_LIST) && !PG_GETARG_BOOL(COLUMN_FREE_LIST))
		segment_table_delete_row(SEGMENT_FREE_TABLE, PG_GETARG_OID(COLUMN_SEQUENCE));
	segment_table_end_change(table, PG_GETARG_OID(COLUMN_SEQUENCE));
	PG_RETURN_VOID();
}
