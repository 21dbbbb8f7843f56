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

/* So many of the tables that are not read are named. */
#define MOST_NAMES 10

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

/* The greatest or the least value of those that are read and that meet a condition of SQL; NULL if there is none. */
static const char *
find_extreme(const ColumnValues *values, bool is_greatest, const char *condition)
{
	const char *extreme = NULL;
	ListCell   *cell;

	foreach(cell, values->quick)
	{
		Oid			table = lfirst_oid(cell);
		const char *value = migration_query_as_owner(psprintf("SELECT %s(%s)::bigint FROM ONLY %s WHERE %s",
															  is_greatest ? "max" : "min", quote_identifier(values->column),
															  migration_qualified_name(table), condition),
													 table).values[0];

		if (value != NULL &&
			(extreme == NULL || (pg_strtoint64(value) > pg_strtoint64(extreme)) == is_greatest))
			extreme = value;
	}
	return extreme;
}

/*
 * The greatest value of those that are read and that meet a condition of SQL, which is
 * NULL for all; NULL if there is none.
 */
const char *
column_values_greatest(const ColumnValues *values, const char *condition)
{
	return find_extreme(values, true, condition == NULL ? "true" : condition);
}

/* The least value of those that are read; NULL if there is none. */
const char *
column_values_least(const ColumnValues *values)
{
	return find_extreme(values, false, "true");
}

/* The names of the tables that have not been read, of which some may be enough; whether an index would help. */
static const char *
name_slow(const ColumnValues *values, bool *has_no_index)
{
	StringInfoData names;
	ListCell   *cell;

	*has_no_index = false;
	initStringInfo(&names);
	foreach(cell, values->slow)
	{
		Oid			table = lfirst_oid(cell);
		int			index = foreach_current_index(cell);

		if (index <= MOST_NAMES)
			appendStringInfo(&names, "%s%s", index == 0 ? "" : ", ", index == MOST_NAMES ? "..." : migration_qualified_name(table));
		if (get_rel_relkind(table) != RELKIND_FOREIGN_TABLE)
			*has_no_index = true;
	}
	return names.data;
}

/*
 * WARNING if some tables have not been read.  New IDs would repeat values that meet the
 * condition of SQL, which holds for what is to come whenever it is evaluated: values
 * that the new default has given before do not meet it.
 *
 * The query reads one of those tables by its own name: read as a partition, one that is
 * foreign is left out if its bounds exclude such values, whatever it has.
 */
void
column_values_report_slow(const ColumnValues *values, const char *condition_now)
{
	const char *names;
	const char *query;
	bool		has_no_index;

	if (values->slow == NIL)
		return;
	names = name_slow(values, &has_no_index);
	query = psprintf("SELECT max(%1$s) FROM ONLY %2$s WHERE %3$s;", quote_identifier(values->column),
					 migration_qualified_name(linitial_oid(values->slow)), condition_now);
	ereport(WARNING,
			errmsg("values of column \"%s\" of table \"%s\" have not all been compared with new IDs", values->column, get_rel_name(values->table)),
			errdetail("Tables that are large, or foreign, are not read without a btree index that begins with the column and has no condition: %s.", names),
			errhint("If %s finds a value%s, new IDs can repeat it: then call idgen_revert_default().%s", query,
					list_length(values->slow) == 1 ? "" : _(", or finds one in another of these tables"),
					has_no_index ? _(" Or create such an index, and convert the column again.") : ""));
}
