/*-------------------------------------------------------------------------
 *
 * extension_schema.c
 *	  ALTER EXTENSION idgen SET SCHEMA, which leaves the operators where they are.
 *
 * Operators are in pg_catalog, so that a construct that looks one up by its
 * bare name, as IS DISTINCT FROM does, finds it with any search path; when a
 * dump is restored, the path is empty.  But PostgreSQL moves all members of an
 * extension or none.  So an event trigger, which runs before the command,
 * removes the operators from the extension, moves the other members, and adds
 * the operators again; then the command has nothing left to do.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/syscache.h"

#include "base/dependents.h"

PG_FUNCTION_INFO_V1(idgen_move_extension);

/*
 * The statement for which an event trigger is called, if it moves an
 * extension; otherwise NULL.
 */
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

/* The members of an extension that are operators in pg_catalog: a list of OIDs. */
static List *
get_catalog_operators(Oid extension)
{
	List	   *operators = NIL;
	ListCell   *cell;

	foreach(cell, dependents(ExtensionRelationId, extension))
	{
		const ObjectAddress *object = lfirst(cell);

		if (object->classId == OperatorRelationId && operator_is_in_pg_catalog(object->objectId))
			operators = lappend_oid(operators, object->objectId);
	}
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
 * The privilege is checked when the members are moved; an error there undoes
 * everything.
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
