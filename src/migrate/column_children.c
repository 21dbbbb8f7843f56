/*-------------------------------------------------------------------------
 *
 * column_children.c
 *	  Defaults of a column in the partitions and children of a table.
 *
 * A default that is set for a table is set for all of these, too.  Those that had
 * another one than the table are kept with a row each, as if they had been converted
 * on their own; so one that is detached can also be reverted on its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "migrate/column_children.h"
#include "migrate/migration_query.h"

/* The default of a column as text; NULL if it has none, or is an identity. */
#define DEFAULT_OF(table) \
	"(SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d JOIN pg_attribute b ON b.attrelid = d.adrelid AND b.attnum = d.adnum" \
	"   WHERE d.adrelid = " table " AND b.attname = $2)"

/* OIDs, with a blank between them, of descendants that differ from a table, or of which something is kept. */
static const char *
list_of_differing(Oid function, Oid table, const char *column)
{
	MigrationRow row = migration_query(psprintf("WITH RECURSIVE t(oid) AS (SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = $1"
												"  UNION SELECT i.inhrelid FROM pg_inherits i JOIN t ON t.oid = i.inhparent)"
												" SELECT string_agg(t.oid::text, ' ') FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = $2"
												" WHERE " DEFAULT_OF("t.oid") " IS DISTINCT FROM " DEFAULT_OF("$1")
												"  OR EXISTS (SELECT FROM %s k WHERE k.relation = t.oid AND k.column_number = a.attnum)",
												migration_qualified_name(column_default_kept_table(function))),
									   table, column);

	return row.values[0] == NULL ? "" : row.values[0];
}

/*
 * The partitions and children whose column has a default of its own, now or in what is
 * kept, as a list of ColumnChild; of the given tables, which have been locked.
 */
List *
column_children_read(Oid function, Oid table, const char *column, const List *tables)
{
	List	   *children = NIL;
	char	   *list = pstrdup(list_of_differing(function, table, column));
	char	   *rest;

	for (char *oid = strtok_r(list, " ", &rest); oid != NULL; oid = strtok_r(NULL, " ", &rest))
	{
		ColumnChild *child = palloc0(sizeof(ColumnChild));

		child->table = atooid(oid);
		if (!list_member_oid(tables, child->table))
			continue;
		child->is_converted = column_default_is_converted(function, child->table, column);
		child->own = column_default_read(child->table, column);
		children = lappend(children, child);
	}
	return children;
}

/* Keep what they have had of their own. */
void
column_children_remember(Oid function, const List *children, const char *column, const char *converted_to)
{
	ListCell   *cell;

	foreach(cell, children)
	{
		const ColumnChild *child = lfirst(cell);

		column_default_remember(function, child->table, column, child->is_converted ? NULL : &child->own, converted_to);
	}
}

/* Their own is from now on what was kept, if something was. */
void
column_children_recall(Oid function, const List *children, const char *column)
{
	ListCell   *cell;

	foreach(cell, children)
	{
		ColumnChild *child = lfirst(cell);

		child->is_recalled = column_default_recall(function, child->table, column, &child->own);
	}
}

/* NULL if a table has nothing of its own. */
const ColumnChild *
column_children_find(const List *children, Oid table)
{
	ListCell   *cell;

	foreach(cell, children)
	{
		const ColumnChild *child = lfirst(cell);

		if (child->table == table)
			return child;
	}
	return NULL;
}
