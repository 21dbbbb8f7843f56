/*-------------------------------------------------------------------------
 *
 * others_ids.c
 *	  Are there IDs of another node in the tables that this server issues IDs for?
 *
 * Columns with the default snowflake_nextval() have IDs of this server.  IDs of another node
 * in them came from another server, or from this one with another configuration, as before
 * pg_upgrade with a new postgresql.conf.
 *
 * This reads a few rows of the first and the last page of each table, so the cost does not
 * depend on its size.  It waits for no lock on a table, and reveals only the node of an ID.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/tableam.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "admin/others_ids.h"
#include "base/dependents.h"
#include "engine/clock.h"

/* Rows to read of a page. */
#define ROWS_OF_PAGE 30

/*
 * IDs of the first day after the epoch are ignored: a column that was a bigserial has small
 * numbers, which are not IDs.
 */
#define FIRST_DAY_US (INT64CONST(86400) * US_PER_S)

typedef struct Search
{
	const SnowflakeLayout *layout;
	uint64		own_node_bits;
	OthersIds	found;
} Search;

/* snowflake_nextval() in the schema of the extension; InvalidOid if it is gone. */
static Oid
find_issuing_function(void)
{
	ListCell   *cell;

	foreach(cell, dependents_of_extension())
	{
		const ObjectAddress *member = lfirst(cell);
		char	   *name;

		if (member->classId != ProcedureRelationId || get_func_nargs(member->objectId) != 0)
			continue;
		name = get_func_name(member->objectId);
		if (name != NULL && strcmp(name, "snowflake_nextval") == 0)
			return member->objectId;
	}
	return InvalidOid;
}

/* Does a number look like an ID that another node has issued? */
static bool
id_is_of_another_node(const Search *search, int64 id)
{
	const SnowflakeLayout *layout = search->layout;
	int64		id_us = layout_tick_start_us(layout, layout_get(layout, LAYOUT_TIME, id));

	return id >= 0 && layout_stray_bits(layout, id) == 0 &&
		(id & layout_fixed_bits(layout)) != search->own_node_bits &&
		id_us > layout_tick_start_us(layout, 0) + FIRST_DAY_US &&
		id_us < clock_unix_ns() / NS_PER_US + FIRST_DAY_US;
}

/* place may be empty. */
static void
search_row(Search *search, Relation table, AttrNumber column, ItemPointer place, TupleTableSlot *row)
{
	bool		is_null;
	int64		id;

	if (!table_tuple_fetch_row_version(table, place, GetActiveSnapshot(), row))
		return;
	id = DatumGetInt64(slot_getattr(row, column, &is_null));
	if (!is_null && id_is_of_another_node(search, id))
	{
		search->found.column = psprintf("%s.%s",
										quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
																   RelationGetRelationName(table)),
										quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(table), column - 1)->attname)));
		search->found.datacenter = layout_get(search->layout, LAYOUT_DATACENTER, id);
		search->found.worker = layout_get(search->layout, LAYOUT_WORKER, id);
	}
	ExecClearTuple(row);
}

static void
search_page(Search *search, Relation table, AttrNumber column, BlockNumber page)
{
	TupleTableSlot *row = table_slot_create(table, NULL);

	for (OffsetNumber i = FirstOffsetNumber; i <= ROWS_OF_PAGE && search->found.column == NULL; i++)
	{
		ItemPointerData place;

		ItemPointerSet(&place, page, i);
		search_row(search, table, column, &place, row);
	}
	ExecDropSingleTupleTableSlot(row);
}

static void
search_column(Search *search, Relation table, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), column - 1);
	BlockNumber pages;

	if (table->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
	{
		search->found.is_foreign = true;
		search->found.column = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)),
														  RelationGetRelationName(table));
		return;
	}
	if (table->rd_rel->relkind != RELKIND_RELATION || table->rd_rel->relam != HEAP_TABLE_AM_OID ||
		RELATION_IS_OTHER_TEMP(table) || !IsBinaryCoercible(attribute->atttypid, INT8OID))
		return;
	pages = RelationGetNumberOfBlocks(table);
	if (pages > 0)
		search_page(search, table, column, 0);
	if (pages > 1 && search->found.column == NULL)
		search_page(search, table, column, pages - 1);
}

/* Search the column of a default, unless its table is locked or gone. */
static void
search_default(Search *search, Oid default_id)
{
	ObjectAddress column = GetAttrDefaultColumnAddress(default_id);
	Relation	table;

	if (!OidIsValid(column.objectId) || !ConditionalLockRelationOid(column.objectId, AccessShareLock))
		return;
	table = try_relation_open(column.objectId, NoLock);
	if (table != NULL)
	{
		search_column(search, table, column.objectSubId);
		relation_close(table, NoLock);
	}
	UnlockRelationOid(column.objectId, AccessShareLock);
}

/*
 * Find a column with IDs of this server that also has IDs of another node, or is of a
 * foreign table.  own_node_bits is this server's node in layout.
 */
OthersIds
others_ids_find(const SnowflakeLayout *layout, uint64 own_node_bits)
{
	Search		search = {.layout = layout,.own_node_bits = own_node_bits};
	ListCell   *cell;

	foreach(cell, dependents(ProcedureRelationId, find_issuing_function()))
	{
		const ObjectAddress *object = lfirst(cell);

		CHECK_FOR_INTERRUPTS();
		if (object->classId == AttrDefaultRelationId && search.found.column == NULL)
			search_default(&search, object->objectId);
	}
	return search.found;
}
