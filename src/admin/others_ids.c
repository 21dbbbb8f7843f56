/*-------------------------------------------------------------------------
 *
 * others_ids.c
 *	  Are there IDs of another node in the tables for which this server issues
 *	  IDs?
 *
 * Columns whose default is snowflake_nextval() have IDs of this server.  IDs
 * of another node in them came from another server, or from this one when it
 * was configured differently, for example before pg_upgrade with a new
 * postgresql.conf.
 *
 * A few rows are read from the first and from the last page of each table, so
 * the cost does not depend on its size.  Locked tables are skipped.  Only the
 * node of an ID is reported, and nothing about tables that the caller may not
 * read.
 *
 * IDs of a layout that the server had before seem to have arbitrary nodes.  So
 * a node is reported only if all IDs that were read have it, and have
 * plausible times.
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
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "admin/others_ids.h"
#include "base/dependents.h"
#include "bits/layout_presets.h"
#include "engine/activity.h"
#include "engine/clock.h"

/* Rows to read from a page. */
#define ROWS_OF_PAGE 30

/*
 * Numbers of the first day after the epoch are ignored: a column that was a
 * bigserial has small ones, whose bits mean nothing.
 */
#define FIRST_DAY_US (INT64CONST(86400) * US_PER_S)

/* What is searched for, and what was found. */
typedef struct Search
{
	const SnowflakeLayout *layout;
	OthersIds	found;
} Search;

/* What has been read from a column. */
typedef struct Sample
{
	int			count;
	bool		has_others;		/* IDs of another node than 0 */
	bool		is_consistent;	/* all seem to be IDs of one node */
	int64		node_bits;
	int64		first_us;		/* the lowest and the highest time, since 1970 */
	int64		last_us;
} Sample;

/*
 * The function snowflake_nextval(), in any schema; InvalidOid if it does not
 * exist.
 */
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

/* The time of an ID, in us since 1970. */
static int64
time_of(const SnowflakeLayout *layout, int64 id)
{
	return layout_tick_start_us(layout, layout_get(layout, LAYOUT_TIME, id));
}

/* Can it be an ID of the layout, according to its bits? */
static bool
is_plausible(const SnowflakeLayout *layout, int64 id)
{
	return id >= 0 && layout_stray_bits(layout, id) == 0 &&
		time_of(layout, id) > layout_tick_start_us(layout, 0) + FIRST_DAY_US &&
		time_of(layout, id) < clock_unix_ns() / NS_PER_US + FIRST_DAY_US;
}

static void
add_to_sample(Sample *sample, const SnowflakeLayout *layout, int64 id)
{
	int64		node_bits = id & layout_fixed_bits(layout);

	if (!is_plausible(layout, id))
	{
		sample->is_consistent = false;
		return;
	}
	if (sample->count++ == 0)
	{
		sample->node_bits = node_bits;
		sample->first_us = sample->last_us = time_of(layout, id);
	}
	sample->has_others |= node_bits != 0;
	sample->is_consistent &= node_bits == sample->node_bits;
	sample->first_us = Min(sample->first_us, time_of(layout, id));
	sample->last_us = Max(sample->last_us, time_of(layout, id));
}

/* Examine a row, if there is one at this place. */
static void
search_row(const SnowflakeLayout *layout, Sample *sample, Relation table, AttrNumber column, ItemPointer place,
		   TupleTableSlot *row)
{
	bool		is_null;
	int64		id;

	if (!table_tuple_fetch_row_version(table, place, GetActiveSnapshot(), row))
		return;
	id = DatumGetInt64(slot_getattr(row, column, &is_null));
	if (!is_null)
		add_to_sample(sample, layout, id);
	ExecClearTuple(row);
}

static void
search_page(const SnowflakeLayout *layout, Sample *sample, Relation table, AttrNumber column, BlockNumber page)
{
	TupleTableSlot *row = table_slot_create(table, NULL);

	for (OffsetNumber i = FirstOffsetNumber; i <= ROWS_OF_PAGE; i++)
	{
		ItemPointerData place;

		ItemPointerSet(&place, page, i);
		search_row(layout, sample, table, column, &place, row);
	}
	ExecDropSingleTupleTableSlot(row);
}

/*
 * Examine a few rows of the first and of the last page of a table with this
 * many pages.
 */
static Sample
take_sample(const SnowflakeLayout *layout, Relation table, AttrNumber column, BlockNumber pages)
{
	Sample		sample = {.is_consistent = true};
	int64		last_of_first_page_us;

	if (pages > 0)
		search_page(layout, &sample, table, column, 0);
	last_of_first_page_us = sample.last_us;
	if (pages > 1)
	{
		search_page(layout, &sample, table, column, pages - 1);
		sample.is_consistent &= sample.last_us > last_of_first_page_us;
	}
	return sample;
}

/*
 * Is it certain which node issued these IDs?  Read with a wrong layout, bits
 * of the time or the sequence appear as the node, and these differ between
 * IDs, or times appear from before such IDs existed.
 */
static bool
is_one_node(const SnowflakeLayout *layout, const Sample *sample)
{
	const LayoutPreset *preset = layout_find_preset(layout);

	return sample->is_consistent && sample->last_us > sample->first_us &&
		(preset == NULL || sample->first_us >= preset->usage.since_s * US_PER_S);
}

/*
 * May the caller read all of a table?  Roles with pg_read_all_stats may see
 * nodes in any table.
 */
static bool
may_be_told(Relation table)
{
	Oid			oid = RelationGetRelid(table);

	return activity_all_is_visible() ||
		(pg_class_aclcheck(oid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		 check_enable_rls(oid, InvalidOid, true) != RLS_ENABLED);
}

static char *
name_of_table(Relation table)
{
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(table)), RelationGetRelationName(table));
}

/* Examine a column of an open table. */
static void
search_column(Search *search, Relation table, AttrNumber column)
{
	Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), column - 1);
	OthersIds  *found = &search->found;
	Sample		sample;

	if (table->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
	{
		found->is_foreign = true;
		found->column = name_of_table(table);
		return;
	}
	if (table->rd_rel->relkind != RELKIND_RELATION || table->rd_rel->relam != HEAP_TABLE_AM_OID ||
		RELATION_IS_OTHER_TEMP(table) || !IsBinaryCoercible(attribute->atttypid, INT8OID) || !may_be_told(table))
		return;
	sample = take_sample(search->layout, table, column, RelationGetNumberOfBlocks(table));
	if (!sample.has_others)
		return;
	found->column = psprintf("%s.%s", name_of_table(table), quote_identifier(NameStr(attribute->attname)));
	found->is_one_node = is_one_node(search->layout, &sample);
	found->datacenter = layout_get(search->layout, LAYOUT_DATACENTER, sample.node_bits);
	found->worker = layout_get(search->layout, LAYOUT_WORKER, sample.node_bits);
}

/*
 * Examine the column of a default, unless its table is locked or has been
 * dropped.
 */
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
 * The first column found for which this server issues IDs, and which is in a
 * foreign table or has IDs of a node other than 0 in this layout.
 */
OthersIds
others_ids_find(const SnowflakeLayout *layout)
{
	Search		search = {.layout = layout};
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
