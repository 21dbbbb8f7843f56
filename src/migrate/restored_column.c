/*-------------------------------------------------------------------------
 *
 * restored_column.c
 *	  Columns that rows of the table idgen_converted_defaults are of.
 *
 * A column keeps its number when it is renamed, and its name in a dump, which numbers
 * the columns anew if some have been dropped.  So a row has both: the number counts,
 * and a row that is inserted gets it by the name.  If there is no column of that name,
 * it was renamed before it was dumped, and the number is the best that there is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_attribute.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/dumped_relation.h"

PG_FUNCTION_INFO_V1(idgen_restore_column);

/* The columns of the table that matter here, as attribute numbers. */
#define RELATION_ATTRIBUTE 1
#define NAME_ATTRIBUTE 2
#define NUMBER_ATTRIBUTE 6

/* Has a column that is not dropped a default?  What has been converted has one. */
static bool
has_default(Oid relation, AttrNumber number)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));
	Form_pg_attribute attribute;
	bool		has;

	if (!HeapTupleIsValid(tuple))
		return false;
	attribute = (Form_pg_attribute) GETSTRUCT(tuple);
	has = number > 0 && attribute->atthasdef && !attribute->attisdropped;
	ReleaseSysCache(tuple);
	return has;
}

/* Fill in the number and the name of the column; false if there is none. */
static bool
find_column(Datum *values, bool *nulls)
{
	Oid			relation = DatumGetObjectId(values[RELATION_ATTRIBUTE - 1]);
	AttrNumber	number = get_attnum(relation, NameStr(*DatumGetName(values[NAME_ATTRIBUTE - 1])));

	if (number <= 0)
	{
		if (nulls[NUMBER_ATTRIBUTE - 1] || !has_default(relation, DatumGetInt16(values[NUMBER_ATTRIBUTE - 1])))
			return false;
		number = DatumGetInt16(values[NUMBER_ATTRIBUTE - 1]);
		namestrcpy(DatumGetName(values[NAME_ATTRIBUTE - 1]), get_attname(relation, number, false));
	}
	values[NUMBER_ATTRIBUTE - 1] = Int16GetDatum(number);
	nulls[NUMBER_ATTRIBUTE - 1] = false;
	return true;
}

/*
 * idgen_restore_column() returns trigger, before each row is inserted
 *
 * A row whose column is not there is left out.  ERROR TRIGGER_PROTOCOL_VIOLATED if it
 * is called otherwise, or by another table.
 */
Datum
idgen_restore_column(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	columns;
	Datum		values[NUMBER_ATTRIBUTE + 1];
	bool		nulls[NUMBER_ATTRIBUTE + 1];

	if (!dumped_relation_is_inserted(fcinfo) ||
		RelationGetDescr(trigger->tg_relation)->natts != lengthof(values))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("idgen_restore_column() must be called by a trigger of table \"idgen_converted_defaults\" before each row is inserted"));
	columns = RelationGetDescr(trigger->tg_relation);
	heap_deform_tuple(trigger->tg_trigtuple, columns, values, nulls);
	if (nulls[RELATION_ATTRIBUTE - 1] || nulls[NAME_ATTRIBUTE - 1])
		return PointerGetDatum(trigger->tg_trigtuple);
	values[NAME_ATTRIBUTE - 1] = NameGetDatum((Name) memcpy(palloc(NAMEDATALEN), DatumGetName(values[NAME_ATTRIBUTE - 1]), NAMEDATALEN));
	if (!find_column(values, nulls))
		return PointerGetDatum(NULL);
	return PointerGetDatum(heap_form_tuple(columns, values, nulls));
}
