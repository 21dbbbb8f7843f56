/*-------------------------------------------------------------------------
 *
 * column_values.c
 *	  Reading the values of a column of numbers without taking long.
 *
 * An index finds the greatest value at once.  Without one, the table is read only if it
 * is small.  This is before the table is locked, so a long read would block nobody, but
 * hold a snapshot for hours, which keeps vacuum from cleaning up, in a function of which
 * one expects that it returns at once.  So it is left to the person who converts, with
 * a warning that has the query.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "lib/stringinfo.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "migrate/column_values.h"
#include "migrate/migration_query.h"

/* Tables without an index are read as long as they have no more bytes than this, all together. */
#define MOST_BYTES (8 * 1024 * 1024)

/* Is there an index in which the greatest value of a column is found at once, also if there is a condition on it? */
#define HAS_INDEX \
	"EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam" \
	" JOIN pg_opclass o ON o.oid = i.indclass[0]" \
	" WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree' AND o.opcdefault)"

/* May a table be read, with so many bytes left to be read? */
static bool
is_quick(Oid table, const char *column, int64 *bytes_left)
{
	MigrationRow row = migration_query("SELECT " HAS_INDEX ", pg_relation_size($1)"
									   " FROM pg_attribute a WHERE a.attrelid = $1 AND a.attname = $2",
									   table, column);
	int64		bytes;

	if (!row.is_found || row.values[1] == NULL || get_rel_relkind(table) == RELKIND_FOREIGN_TABLE)
		return false;
	if (row.values[0][0] == 't')
		return true;
	bytes = pg_strtoint64(row.values[1]);
	if (bytes > *bytes_left)
		return false;
	*bytes_left -= bytes;
	return true;
}

/* The values in a table, which the caller has locked, and its descendants, which are locked, too, so that they keep their names. */
ColumnValues
column_values_open(Oid table, const char *column)
{
	ColumnValues values = {
		.table = table,
		.column = column,
	};
	int64		bytes_left = MOST_BYTES;
	List	   *tables;
	ListCell   *cell;

	tables = find_all_inheritors(table, AccessShareLock, NULL);
	foreach(cell, tables)
	{
		Oid			one = lfirst_oid(cell);

		if (get_rel_relkind(one) == RELKIND_PARTITIONED_TABLE)
			continue;
		if (is_quick(one, column, &bytes_left))
			values.quick = lappend_oid(values.quick, one);
		else
			values.slow = lappend_oid(values.slow, one);
	}
	return values;
}

/*
 * The greatest value of those that are read and that meet a condition of SQL, which is
 * NULL for all; NULL if there is none.
 */
const char *
column_values_greatest(const ColumnValues *values, const char *condition)
{
	const char *greatest = NULL;
	ListCell   *cell;

	foreach(cell, values->quick)
	{
		Oid			table = lfirst_oid(cell);
		const char *value = migration_query_as_owner(psprintf("SELECT max(%s)::bigint FROM ONLY %s WHERE %s", quote_identifier(values->column),
															  migration_qualified_name(table), condition == NULL ? "true" : condition),
													 table).values[0];

		if (value != NULL && (greatest == NULL || pg_strtoint64(value) > pg_strtoint64(greatest)))
			greatest = value;
	}
	return greatest;
}

/* WARNING if some tables have not been read.  New IDs would repeat values that meet the condition. */
void
column_values_report_slow(const ColumnValues *values, const char *condition)
{
	StringInfoData names;
	ListCell   *cell;

	if (values->slow == NIL)
		return;
	initStringInfo(&names);
	foreach(cell, values->slow)
	{
		if (foreach_current_index(cell) == 10)
		{
			appendStringInfoString(&names, ", ...");
			break;
		}
		appendStringInfo(&names, "%s%s", names.len == 0 ? "" : ", ", migration_qualified_name(lfirst_oid(cell)));
	}
	ereport(WARNING,
			errmsg("values of column \"%s\" of table \"%s\" have not all been compared with new IDs", values->column, get_rel_name(values->table)),
			errdetail("Tables that are large, or foreign, are not read without a btree index that begins with the column and has no condition: %s.", names.data),
			errhint("If SELECT max(%1$s) FROM %2$s WHERE %3$s; finds a value, new IDs can repeat it: then call idgen_revert_default(). Or create such an index, and convert the column again.",
					quote_identifier(values->column), migration_qualified_name(values->table), condition));
}
