/*-------------------------------------------------------------------------
 *
 * dumped_relation.c
 *	  Rows of tables that dumps contain, and that belong to a table or sequence.
 *
 * A dump has its name, and who restores a part of it may have left it out.  So the
 * input of the column's type takes a name of nothing, and a trigger leaves the row
 * out.  What has been said of a relation before, in the database that is restored
 * into, gives way to what the dump says.
 *
 * The owner of a database, who need not be a superuser, may insert into these tables,
 * as a restore does.  So the trigger looks at whether the relation is theirs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/compat.h"
#include "base/dumped_relation.h"

PG_FUNCTION_INFO_V1(idgen_relation_in);
PG_FUNCTION_INFO_V1(idgen_restore_row);

#define RELATION_ATTRIBUTE 1

/* idgen_relation_in(cstring) returns idgen_relation: InvalidOid if there is no relation of that name. */
Datum
idgen_relation_in(PG_FUNCTION_ARGS)
{
	LOCAL_FCINFO(call, 1);
	Datum		relation;

	InitFunctionCallInfoData(*call, NULL, 1, InvalidOid, NULL, NULL);
	call->args[0].value = CStringGetTextDatum(PG_GETARG_CSTRING(0));
	call->args[0].isnull = false;
	relation = to_regclass(call);
	if (call->isnull)
		PG_RETURN_OID(InvalidOid);
	PG_RETURN_DATUM(relation);
}

/* The condition that a column of the primary key is as in a row. */
static void
init_key(ScanKey key, Relation index, int number, HeapTuple row, TupleDesc columns)
{
	AttrNumber	attribute = index->rd_index->indkey.values[number];
	Oid			type = index->rd_opcintype[number];
	Oid			equals = get_opfamily_member(index->rd_opfamily[number], type, type, BTEqualStrategyNumber);
	bool		is_null;
	Datum		value = heap_getattr(row, attribute, columns, &is_null);

	ScanKeyEntryInitialize(key, is_null ? SK_ISNULL : 0, attribute, BTEqualStrategyNumber, type,
						   index->rd_indcollation[number], get_opcode(equals), value);
}

/* Delete the row with the primary key of a row, if there is one. */
static void
delete_former(Relation table, HeapTuple row)
{
	Oid			oid = compat_primary_key(table);
	ScanKeyData keys[INDEX_MAX_KEYS];
	Relation	index;
	SysScanDesc scan;
	HeapTuple	former;

	if (!OidIsValid(oid))
		return;
	index = index_open(oid, AccessShareLock);
	for (int i = 0; i < IndexRelationGetNumberOfKeyAttributes(index); i++)
		init_key(&keys[i], index, i, row, RelationGetDescr(table));
	scan = systable_beginscan(table, oid, true, NULL, IndexRelationGetNumberOfKeyAttributes(index), keys);
	while (HeapTupleIsValid(former = systable_getnext(scan)))
		CatalogTupleDelete(table, &former->t_self);
	systable_endscan(scan);
	index_close(index, AccessShareLock);
}

/* Is this called by a trigger before each row is inserted? */
bool
dumped_relation_is_inserted(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	return CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_BEFORE(trigger->tg_event) && TRIGGER_FIRED_FOR_ROW(trigger->tg_event) &&
		TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
}

/* ERROR TRIGGER_PROTOCOL_VIOLATED unless it is called before a row is inserted into a table that begins with a relation. */
static void
check_trigger(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!dumped_relation_is_inserted(fcinfo))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("idgen_restore_row() must be called by a trigger before each row is inserted"));
	if (TupleDescAttr(RelationGetDescr(trigger->tg_relation), RELATION_ATTRIBUTE - 1)->attlen != sizeof(Oid))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("idgen_restore_row() must be called for a table whose first column has type idgen_relation"));
}

/*
 * ERROR unless the current user may say something of a relation: as its owner, if the
 * trigger has no argument, or as a superuser.  Functions that have looked at that
 * themselves write as the table's owner.
 */
static void
check_user(const TriggerData *trigger, Oid relation)
{
	if (superuser() || compat_relation_ownercheck(RelationGetRelid(trigger->tg_relation), GetUserId()))
		return;
	if (trigger->tg_trigger->tgnargs > 0)
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to restore rows of table \"%s\"", RelationGetRelationName(trigger->tg_relation)),
				errdetail("Only superusers may say this of a sequence."),
				errhint("Restore as a superuser, or leave the rows out with --exclude-table-data when dumping."));
	if (!compat_relation_ownercheck(relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relation)), get_rel_name(relation));
}

/*
 * idgen_restore_row() returns trigger, before each row is inserted
 *
 * The functions that write these tables do so without triggers, or as if they
 * restored a row.  Sessions read again what is said of the relation.
 */
Datum
idgen_restore_row(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Oid			relation;
	bool		is_null;

	check_trigger(fcinfo);
	relation = DatumGetObjectId(heap_getattr(trigger->tg_trigtuple, RELATION_ATTRIBUTE,
											 RelationGetDescr(trigger->tg_relation), &is_null));
	if (is_null || !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		return PointerGetDatum(NULL);
	check_user(trigger, relation);
	delete_former(trigger->tg_relation, trigger->tg_trigtuple);
	CacheInvalidateRelcacheByRelid(relation);
	return PointerGetDatum(trigger->tg_trigtuple);
}
