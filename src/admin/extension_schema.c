/*-------------------------------------------------------------------------
 *
 * extension_schema.c
 *	  ALTER EXTENSION idgen SET SCHEMA, which leaves the operators in pg_catalog.
 *
 * Operators are in pg_catalog, so that constructs that look one up without a schema, such
 * as IS DISTINCT FROM, find it with any search path; in a restore of a dump it is empty.
 * But PostgreSQL moves all members of an extension or none.  So an event trigger, which
 * runs before the command, moves the other members itself while the operators are not
 * members.  Then the command finds nothing left to do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(idgen_move_extension);

/* The statement of an event trigger if it moves this extension; otherwise NULL. */
static AlterObjectSchemaStmt *
get_move_statement(FunctionCallInfo fcinfo, Oid extension)
{
	AlterObjectSchemaStmt *statement = (AlterObjectSchemaStmt *) ((EventTriggerData *) fcinfo->context)->parsetree;

	if (!IsA(statement, AlterObjectSchemaStmt) || statement->objectType != OBJECT_EXTENSION ||
		get_extension_oid(strVal(statement->object), true) != extension)
		return NULL;
	return statement;
}

static bool
operator_is_in_pg_catalog(Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace == PG_CATALOG_NAMESPACE;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* OIDs of the members of an extension that are operators in pg_catalog. */
static List *
get_catalog_operators(Oid extension)
{
	List	   *operators = NIL;
	Relation	depends = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ExtensionRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(depends, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->deptype == DEPENDENCY_EXTENSION && depend->classid == OperatorRelationId &&
			operator_is_in_pg_catalog(depend->objid))
			operators = lappend_oid(operators, depend->objid);
	}
	systable_endscan(scan);
	table_close(depends, AccessShareLock);
	return operators;
}

static void
remove_members(Oid extension, List *operators)
{
	ListCell   *cell;

	foreach(cell, operators)
		deleteDependencyRecordsForSpecific(OperatorRelationId, lfirst_oid(cell), DEPENDENCY_EXTENSION,
										   ExtensionRelationId, extension);
	CommandCounterIncrement();
}

static void
restore_members(Oid extension, List *operators)
{
	ObjectAddress owner;
	ObjectAddress member;
	ListCell   *cell;

	ObjectAddressSet(owner, ExtensionRelationId, extension);
	foreach(cell, operators)
	{
		ObjectAddressSet(member, OperatorRelationId, lfirst_oid(cell));
		recordDependencyOn(&member, &owner, DEPENDENCY_EXTENSION);
	}
	CommandCounterIncrement();
}

/*
 * idgen_move_extension(): event trigger
 *
 * AlterExtensionNamespace() checks privileges; an error there undoes everything.
 */
Datum
idgen_move_extension(PG_FUNCTION_ARGS)
{
	AlterObjectSchemaStmt *statement;
	List	   *operators;
	Oid			extension;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("function \"%s\" was not called as an event trigger", "idgen_move_extension"));

	extension = getExtensionOfObject(ProcedureRelationId, fcinfo->flinfo->fn_oid);
	statement = get_move_statement(fcinfo, extension);
	if (statement == NULL || !OidIsValid(extension))
		PG_RETURN_NULL();

	operators = get_catalog_operators(extension);
	remove_members(extension, operators);
	AlterExtensionNamespace(strVal(statement->object), statement->newschema, NULL);
	restore_members(extension, operators);
	PG_RETURN_NULL();
}
