/*-------------------------------------------------------------------------
 *
 * column_children.h
 *	  Defaults of a column in the partitions and children of a table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_COLUMN_CHILDREN_H
#define IDGEN_COLUMN_CHILDREN_H

#include "nodes/pg_list.h"

#include "migrate/column_default.h"

/* A partition or child, and the default that its column has of its own. */
typedef struct ColumnChild
{
	Oid			table;
	bool		is_converted;	/* by a conversion, of which something is kept */
	bool		is_recalled;	/* what it has of its own is what was kept */
	ColumnDefault own;
} ColumnChild;

extern List *column_children_read(Oid function, Oid table, const char *column, const List *tables);
extern void column_children_remember(Oid function, const List *children, const char *column, const char *converted_to);
extern void column_children_recall(Oid function, const List *children, const char *column);
extern const ColumnChild *column_children_find(const List *children, Oid table);

#endif							/* IDGEN_COLUMN_CHILDREN_H */
