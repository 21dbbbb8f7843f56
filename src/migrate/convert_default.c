/*-------------------------------------------------------------------------
 *
 * convert_default.c
 *	  idgen_convert_default() and idgen_revert_default(): another default for
 *	  the column of a table, and the one that it had.
 *
 * Old rows stay as they are.  What cannot be undone from the catalogs alone is
 * kept in a table of the extension: the old expression, or that the column was an
 * identity.  The sequence of an identity is replaced by one that the column owns,
 * with the same name, options and position.
 *
 * Commands run as the caller, except for text that was kept.  What is looked up
 * before, and what others use of the column, is in column_default.c, column_children.c,
 * new_values.c and column_uses.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "parser/parse_type.h"
#include "replication/logicalworker.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "migrate/column_children.h"
#include "migrate/column_default.h"
#include "migrate/column_uses.h"
#include "migrate/default_call.h"
#include "migrate/migration_query.h"
#include "migrate/new_values.h"

PG_FUNCTION_INFO_V1(idgen_convert_default);
PG_FUNCTION_INFO_V1(idgen_convert_default_to);
PG_FUNCTION_INFO_V1(idgen_revert_default);

/* A column that is being converted. */
typedef struct Conversion
{
	Oid			function;		/* what has been called: the extension's
								 * objects are beside it */
	Oid			table;
	const char *table_name;		/* qualified and quoted; once it is locked */
	List	   *tables;			/* OIDs of it and its descendants; likewise */
	const char *column;
	const char *column_name;	/* quoted */
	ColumnDefault old;
} Conversion;

/* ERROR unless there is a table that the caller owns. */
static void
check_table(Oid table)
{
	char		kind = get_rel_relkind(table);

	if (kind == '\0')
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation with OID %u does not exist", table));
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is not a table", get_rel_name(table)));
	if (!migration_is_owner(table))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(kind), get_rel_name(table));
}

/* ERROR: to do nothing and return NULL would look as if it were done. */
static void
check_arguments(FunctionCallInfo fcinfo)
{
	static const char *const names[] = {"table", "column", "expression"};

	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("%s must not be null", names[i]));
	}
}

/* caller: as in errors */
static Conversion
begin_conversion(FunctionCallInfo fcinfo, const char *caller)
{
	Conversion	conversion = {.function = fcinfo->flinfo->fn_oid};

	PreventCommandDuringRecovery(caller);
	check_arguments(fcinfo);
	conversion.table = PG_GETARG_OID(0);
	conversion.column = pstrdup(NameStr(*PG_GETARG_NAME(1)));

	/*
	 * What it keeps would be left out as if it came from the publisher: see
	 * published_row.c.
	 */
	if (IsLogicalWorker())
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot convert a default in a logical replication worker"));
	check_table(conversion.table);
	conversion.column_name = quote_identifier(conversion.column);
	return conversion;
}

/*
 * Wait for the table as ALTER TABLE does, so that nothing changes after it has been
 * looked at.  It is the one that has been named, and not another one which has taken
 * the name while this waited.
 */
static void
lock_table(Conversion *conversion)
{
	ListCell   *cell;

	LockRelationOid(conversion->table, AccessExclusiveLock);
	check_table(conversion->table);
	conversion->tables = find_all_inheritors(conversion->table, AccessExclusiveLock, NULL);
	foreach(cell, conversion->tables)
		check_table(lfirst_oid(cell));
	conversion->table_name = migration_qualified_name(conversion->table);
}

/* ERROR if commands may have met another table: locks of tables do not keep the names of schemas. */
static void
check_name(const Conversion *conversion)
{
	if (strcmp(conversion->table_name, migration_qualified_name(conversion->table)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("schema of table \"%s\" has been renamed meanwhile", get_rel_name(conversion->table)),
				errhint("Try again."));
}

/* ------------------------------------------------------------------- what the column becomes */

/* ERROR: integer and smallint have no room for IDs. */
static void
refuse_integer(const Conversion *conversion)
{
	ereport(ERROR,
			errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("column \"%s\" of table \"%s\" is too narrow for IDs", conversion->column, get_rel_name(conversion->table)),
			errdetail("It has type %s, and IDs need bigint, snowflake, uuid or ulid. %s",
					  format_type_be(conversion->old.type), column_uses_widening(conversion->table, conversion->column)),
			errhint("Widen the column and the columns that reference it with ALTER TABLE ... ALTER COLUMN ... TYPE bigint, which rewrites the tables and locks them meanwhile. See docs/migrating.md."));
}

/* The function of the extension whose IDs suit the type of the column, as a call. */
static const char *
suitable_call(const Conversion *conversion)
{
	Oid			type = getBaseType(conversion->old.type);
	Oid			schema = get_func_namespace(conversion->function);
	const char *function = NULL;

	if (type == INT4OID || type == INT2OID)
		refuse_integer(conversion);
	if (type == INT8OID || type == migration_type(conversion->function, "snowflake"))
		function = "snowflake_nextval";
	else if (type == UUIDOID)
		function = "uuidv7";
	else if (type == migration_type(conversion->function, "ulid"))
		function = "ulid";
	else
		ereport(ERROR,
				errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("no default is known for a column of type %s", format_type_be(conversion->old.type)),
				errhint("Give the expression as a third argument."));
	return psprintf("%s()", quote_qualified_identifier(get_namespace_name(schema), function));
}

/* ------------------------------------------------------------------------------ converting */

/*
 * The sequence of an identity belongs to it and ends with it, so one like it takes its
 * place, which the column owns, and the owner of the table.
 */
static void
end_identity(const Conversion *conversion)
{
	SequenceOptions options = column_default_sequence(conversion->old.sequence);

	migration_run("ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY", conversion->table_name, conversion->column_name);
	migration_create_sequence(psprintf("CREATE SEQUENCE %s AS %s %s OWNED BY %s.%s", options.name, options.type, options.options,
									   conversion->table_name, conversion->column_name),
							  conversion->table);
	column_default_set_position(options.name, &options);
}

/* ERROR if an expression left the column without a default: NULL is kept as none. */
static const char *
set_default(const Conversion *conversion, const char *expression)
{
	const char *set;

	migration_run("ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", conversion->table_name, conversion->column_name, expression);
	set = column_default_read(conversion->table, conversion->column).expression;
	if (set == NULL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("default of column \"%s\" of table \"%s\" must not be null", conversion->column, get_rel_name(conversion->table)),
				errhint("To have no default, use ALTER TABLE ... ALTER COLUMN ... DROP DEFAULT, and DROP IDENTITY for an identity column."));
	return set;
}

/* What takes time is looked at before the table is locked against all others. */
static const char *
convert(Conversion *conversion, const char *expression)
{
	bool		is_converted;
	List	   *children;
	const char *converted_to;

	/* One conversion of a table at a time: two would wait for each other. */
	LockRelationOid(conversion->table, ShareUpdateExclusiveLock);
	check_table(conversion->table);
	conversion->old = column_default_read(conversion->table, conversion->column);
	if (!new_values_check(conversion->table, conversion->column, getBaseType(conversion->old.type), conversion->function, expression))
		refuse_integer(conversion);
	if (expression == NULL)
		expression = suitable_call(conversion);
	if (conversion->old.is_generated)
		ereport(ERROR,
				errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("column \"%s\" of table \"%s\" is generated from other columns", conversion->column,
					   get_rel_name(conversion->table)));
	column_uses_report(conversion->table, conversion->column, conversion->old.sequence);
	lock_table(conversion);
	conversion->old = column_default_read(conversion->table, conversion->column);
	is_converted = column_default_is_converted(conversion->function, conversion->table, conversion->column);
	children = column_children_read(conversion->function, conversion->table, conversion->column, conversion->tables);
	if (conversion->old.kind == DEFAULT_IDENTITY_ALWAYS || conversion->old.kind == DEFAULT_IDENTITY)
		end_identity(conversion);
	converted_to = set_default(conversion, expression);
	column_default_remember(conversion->function, conversion->table, conversion->column, is_converted ? NULL : &conversion->old,
							converted_to);
	column_children_remember(conversion->function, children, conversion->column, converted_to);
	check_name(conversion);
	return converted_to;
}

/*
 * idgen_convert_default(table regclass, column name) returns text
 *
 * The new default, as \d shows it.
 */
Datum
idgen_convert_default(PG_FUNCTION_ARGS)
{
	Conversion	conversion = begin_conversion(fcinfo, "idgen_convert_default()");

	PG_RETURN_TEXT_P(cstring_to_text(convert(&conversion, NULL)));
}

/* idgen_convert_default(table regclass, column name, expression text) returns text */
Datum
idgen_convert_default_to(PG_FUNCTION_ARGS)
{
	Conversion	conversion = begin_conversion(fcinfo, "idgen_convert_default()");

	PG_RETURN_TEXT_P(cstring_to_text(convert(&conversion, text_to_cstring(PG_GETARG_TEXT_PP(2)))));
}

/* -------------------------------------------------------------------------------- reverting */

/* ERROR unless the present type of a column is one of identities. */
static void
check_identity_type(const Conversion *conversion, Oid type)
{
	if (type != INT8OID && type != INT4OID && type != INT2OID)
		ereport(ERROR,
				errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("column \"%s\" of table \"%s\" cannot be an identity again as it has type %s", conversion->column,
					   get_rel_name(conversion->table), format_type_be(type)),
				errhint("Change it first: ALTER TABLE %s ALTER COLUMN %s TYPE bigint.", conversion->table_name, conversion->column_name));
}

/*
 * The column becomes an identity again, with the sequence that has been kept.  ERROR if
 * that is not there: a new one would begin with numbers that rows have.
 */
static void
restore_identity(const Conversion *conversion, ColumnDefaultKind kind, Oid type)
{
	Oid			sequence = column_default_owned_sequence(conversion->table, conversion->column);
	SequenceOptions options;

	if (!OidIsValid(sequence))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("column \"%s\" of table \"%s\" has no sequence of its own to be an identity with", conversion->column,
					   get_rel_name(conversion->table)),
				errdetail("The sequence of the identity has been dropped, or is owned by another column or none, or the column owns several."),
				errhint("Let the column own one that is above its values, with ALTER SEQUENCE ... OWNED BY."));
	check_identity_type(conversion, type);
	options = column_default_sequence(sequence);
	migration_run("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", conversion->table_name, conversion->column_name);
	migration_run("DROP SEQUENCE %s", options.name);
	migration_run("ALTER TABLE %s ALTER COLUMN %s ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)",
				  conversion->table_name, conversion->column_name,
				  kind == DEFAULT_IDENTITY_ALWAYS ? "ALWAYS" : "BY DEFAULT", options.name, options.options);
	column_default_set_position(options.name, &options);
}

/* Say what to do if something that an expression names is not there, or has another name now. */
static void
add_hint_for_missing(void *conversion)
{
	switch (geterrcode())
	{
		case ERRCODE_UNDEFINED_TABLE:
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_UNDEFINED_OBJECT:
		case ERRCODE_UNDEFINED_SCHEMA:
			errhint("The default that was kept needs it. If it has been renamed, use ALTER TABLE %s ALTER COLUMN %s SET DEFAULT with its new name instead.",
					((const Conversion *) conversion)->table_name, ((const Conversion *) conversion)->column_name);
			break;
		default:
			break;
	}
}

static void
restore_expression(const Conversion *conversion, const char *expression)
{
	ErrorContextCallback callback = {
		.previous = error_context_stack,
		.callback = add_hint_for_missing,
		.arg = (void *) conversion,
	};

	default_call_check(expression);
	error_context_stack = &callback;
	migration_run_as_owner(conversion->table,
						   psprintf("ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s", conversion->table_name,
									conversion->column_name, expression));
	error_context_stack = callback.previous;
}

/* Give the column of one table what has been kept.  Only an identity is one of its partitions, too. */
static void
restore(const Conversion *conversion, const ColumnDefault *kept)
{
	switch (kept->kind)
	{
		case DEFAULT_IDENTITY_ALWAYS:
		case DEFAULT_IDENTITY:
			restore_identity(conversion, kept->kind, kept->type);
			break;
		case DEFAULT_EXPRESSION:
		case DEFAULT_SERIAL:
			restore_expression(conversion, kept->expression);
			break;
		case DEFAULT_NONE:
			migration_run("ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT", conversion->table_name, conversion->column_name);
			break;
	}
}

/*
 * The same for a partition or child: what it has of its own, or else what its parent
 * has got.  An identity of the parent has taken all defaults away, also those that
 * had been set since the conversion, unless it is one of the partition, too.
 */
static void
restore_child(const Conversion *parent, const ColumnDefault *kept, Oid table, const ColumnChild *child)
{
	bool		was_identity = kept->kind == DEFAULT_IDENTITY || kept->kind == DEFAULT_IDENTITY_ALWAYS;
	Conversion	conversion = *parent;
	ColumnDefaultKind now;

	if (child == NULL ? was_identity : !was_identity && !child->is_recalled)
		return;
	now = column_default_read(table, parent->column).kind;
	if (was_identity && (now == DEFAULT_IDENTITY || now == DEFAULT_IDENTITY_ALWAYS))
		return;
	conversion.table = table;
	conversion.table_name = migration_qualified_name(table);
	restore(&conversion, child == NULL ? kept : &child->own);
	check_name(&conversion);
}

/*
 * idgen_revert_default(table regclass, column name) returns text
 *
 * The default that the column had before idgen_convert_default(), or how it was
 * generated.
 */
Datum
idgen_revert_default(PG_FUNCTION_ARGS)
{
	Conversion	conversion = begin_conversion(fcinfo, "idgen_revert_default()");
	ColumnDefault kept;
	List	   *children;
	ListCell   *cell;

	lock_table(&conversion);
	children = column_children_read(conversion.function, conversion.table, conversion.column, conversion.tables);
	if (!column_default_recall(conversion.function, conversion.table, conversion.column, &kept))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("default of column \"%s\" of table \"%s\" has not been converted", conversion.column, get_rel_name(conversion.table)),
				errdetail("Nothing is kept in table \"%s\" of what it was.", COLUMN_DEFAULT_KEPT_TABLE));
	column_children_recall(conversion.function, children, conversion.column);
	restore(&conversion, &kept);
	foreach(cell, conversion.tables)
	{
		if (lfirst_oid(cell) != conversion.table)
			restore_child(&conversion, &kept, lfirst_oid(cell), column_children_find(children, lfirst_oid(cell)));
	}
	check_name(&conversion);
	PG_RETURN_TEXT_P(cstring_to_text(kept.expression != NULL ? kept.expression : column_default_kind_name(kept.kind)));
}
