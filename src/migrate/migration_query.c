/*-------------------------------------------------------------------------
 *
 * migration_query.c
 *	  Commands and queries of functions that change the tables of others.
 *
 * Commands run as the caller, with the caller's search path, as an expression that
 * the caller gives needs it.  What can run code of a table's owner runs as that owner,
 * since the caller may be a superuser.  Queries of ours read catalogs with a search path of
 * pg_catalog alone, so that nobody's operators stand in for PostgreSQL's, and so that
 * names come out qualified.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/command.h"
#include "base/compat.h"
#include "migrate/migration_query.h"

/* Run a utility command.  Errors: those of the command. */
void
migration_run(const char *format, ...)
{
	StringInfoData command;
	va_list		args;
	int			missing;

	initStringInfo(&command);
	do
	{
		va_start(args, format);
		missing = appendStringInfoVA(&command, format, args);
		va_end(args);
		if (missing > 0)
			enlargeStringInfo(&command, missing);
	} while (missing > 0);
	run_command(command.data);
	pfree(command.data);
}

static int
pin_search_path(void)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

static MigrationRow
read_row(MemoryContext context)
{
	MigrationRow row = {.is_found = SPI_processed > 0};
	MemoryContext before = MemoryContextSwitchTo(context);

	for (int i = 0; row.is_found && i < SPI_tuptable->tupdesc->natts; i++)
	{
		char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1);

		row.values[i] = value == NULL ? NULL : pstrdup(value);
	}
	MemoryContextSwitchTo(before);
	return row;
}

/* The first row of a query, in the caller's memory. */
static MigrationRow
query_row(const char *query, Oid table, const char *column)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			types[2] = {OIDOID, TEXTOID};
	Datum		values[2] = {ObjectIdGetDatum(table), column == NULL ? (Datum) 0 : CStringGetTextDatum(column)};
	MigrationRow row;

	SPI_connect();
	if (SPI_execute_with_args(query, 2, types, values, column == NULL ? " n" : NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not run \"%s\"", query);
	row = read_row(context);
	SPI_finish();
	return row;
}

/*
 * The first row of a query, of at most MIGRATION_MOST_COLUMNS columns, whose
 * parameters, if it has some, are a table, as oid, and the name of a column.
 */
MigrationRow
migration_query(const char *query, Oid table, const char *column)
{
	int			level = pin_search_path();
	MigrationRow row = query_row(query, table, column);

	AtEOXact_GUC(true, level);
	return row;
}

static Oid
relation_owner(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * The same with the privileges of a relation's owner alone, for queries that read it:
 * they can run code of the owner's, in expressions of indexes, policies or a view that
 * has taken the name.  As in REINDEX and ANALYZE, such code can change nothing of the
 * caller's session.  Policies do not hide rows.
 */
MigrationRow
migration_query_as_owner(const char *query, Oid relation)
{
	int			level = pin_search_path();
	MigrationRow row;
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(relation_owner(relation), context | SECURITY_RESTRICTED_OPERATION | SECURITY_NOFORCE_RLS);
	row = query_row(query, relation, NULL);
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(false, level);
	return row;
}

/*
 * Run a utility command with the privileges of a relation's owner alone, and with
 * qualified names, if its text is not the caller's: that PostgreSQL parses a constant
 * is enough to run code, such as a condition of a domain.
 */
void
migration_run_as_owner(Oid relation, const char *command)
{
	int			level = pin_search_path();
	Oid			owner = relation_owner(relation);
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	if (owner != user)
		SetUserIdAndSecContext(owner, context | SECURITY_RESTRICTED_OPERATION);
	run_command(command);
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(false, level);
}

/*
 * Run CREATE SEQUENCE for a role that will own the sequence, as PostgreSQL does for an
 * identity: the caller needs the privilege to create in the schema, and the owner does
 * not.  OWNED BY needs the owner of the table.
 */
void
migration_create_sequence(const char *command, Oid like)
{
	RawStmt    *parsed = linitial_node(RawStmt, pg_parse_query(command));
	PlannedStmt *statement = makeNode(PlannedStmt);

	castNode(CreateSeqStmt, parsed->stmt)->ownerId = relation_owner(like);
	statement->commandType = CMD_UTILITY;
	statement->utilityStmt = parsed->stmt;
	ProcessUtility(statement, command, false, PROCESS_UTILITY_QUERY, NULL, NULL, None_Receiver, NULL);
	CommandCounterIncrement();
}

/*
 * Run a query that writes a table of the extension, as the owner of that table, with
 * parameters of type text, of which some may be NULL.
 */
void
migration_write(Oid owner_of, const char *query, int count, const char *const *values)
{
	int			level = pin_search_path();
	Oid		   *types = palloc(count * sizeof(Oid));
	Datum	   *data = palloc0(count * sizeof(Datum));
	char	   *nulls = palloc(count + 1);
	Oid			user;
	int			context;

	for (int i = 0; i < count; i++)
	{
		types[i] = TEXTOID;
		nulls[i] = values[i] == NULL ? 'n' : ' ';
		if (values[i] != NULL)
			data[i] = CStringGetTextDatum(values[i]);
	}
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(relation_owner(owner_of), context | SECURITY_LOCAL_USERID_CHANGE);
	SPI_connect();
	if (SPI_execute_with_args(query, count, types, data, nulls, false, 0) < 0)
		elog(ERROR, "could not run \"%s\"", query);
	SPI_finish();
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(true, level);
}

/* ERROR UNDEFINED_TABLE if the relation has been dropped, also just now. */
char *
migration_qualified_name(Oid relation)
{
	char	   *name = get_rel_name(relation);
	char	   *schema = get_namespace_name(get_rel_namespace(relation));

	if (name == NULL || schema == NULL)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", relation));
	return quote_qualified_identifier(schema, name);
}

/* A type of the extension that a function is of; InvalidOid if there is none. */
Oid
migration_type(Oid function, const char *name)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
									   ObjectIdGetDatum(get_func_namespace(function)));

	if (!OidIsValid(type) ||
		getExtensionOfObject(TypeRelationId, type) != getExtensionOfObject(ProcedureRelationId, function))
		return InvalidOid;
	return type;
}

bool
migration_is_owner(Oid table)
{
	return compat_relation_ownercheck(table, GetUserId());
}
