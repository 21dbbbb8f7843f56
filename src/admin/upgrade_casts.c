/*-------------------------------------------------------------------------
 *
 * upgrade_casts.c
 *	  See upgrade_casts.h.
 *
 * pg_upgrade does not run the extension's script, but creates each of its objects, among
 * all others of the database.  PostgreSQL records on which functions, types and operators
 * an expression depends, but not on which casts.  So pg_dump can put a domain with a CHECK
 * or DEFAULT that casts an ID, a function with an SQL body, a range type, and a table or
 * view that any of these needs, before the casts, and pg_upgrade would fail there.
 *
 * So while such a statement runs, the casts exist: they are created before it and dropped
 * after it.  Nothing ever depends on a cast, so each can later be created as the dump has
 * it.  All of this happens only in the servers that pg_upgrade starts.
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
#include "catalog/pg_cast.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

#include "admin/upgrade_casts.h"
#include "base/compat.h"

/* A cast of idgen. */
typedef struct OwnCast
{
	Oid			other;			/* the type that is not of idgen */
	bool		is_from_other;
	CoercionCodes context;
	CoercionMethod method;
	const char *function;		/* NULL if there is none */
} OwnCast;

extern Datum idgen_snowflake_in(PG_FUNCTION_ARGS);
extern Datum idgen_ulid_in(PG_FUNCTION_ARGS);
extern Datum idgen_hlc_in(PG_FUNCTION_ARGS);

static const OwnCast snowflake_casts[] = {
	{INT8OID, false, COERCION_CODE_IMPLICIT, COERCION_METHOD_BINARY, NULL},
	{INT8OID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_BINARY, NULL},
	{INT4OID, false, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "int4"},
	{INT4OID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "snowflake"},
	{INT2OID, false, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "int2"},
	{INT2OID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "snowflake"},
	{NUMERICOID, false, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "numeric"},
	{NUMERICOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "snowflake"},
	{FLOAT8OID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "snowflake_to_float8"},
	{FLOAT8OID, true, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "float8_to_snowflake"},
	{FLOAT4OID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "snowflake_to_float4"},
	{FLOAT4OID, true, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "float4_to_snowflake"},
	{OIDOID, false, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "snowflake_to_oid"},
	{OIDOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "oid_to_snowflake"},
	{JSONBOID, true, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "jsonb_to_snowflake"},
	{TIMESTAMPTZOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "timestamptz"},
	{TIMESTAMPOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "snowflake_to_timestamp"},
	{DATEOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "snowflake_to_date"},
};

static const OwnCast ulid_casts[] = {
	{UUIDOID, false, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_BINARY, NULL},
	{UUIDOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_BINARY, NULL},
	{TIMESTAMPTZOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "ulid_timestamp"},
	{TIMESTAMPTZOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "timestamptz_to_ulid"},
	{TIMESTAMPOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "ulid_to_timestamp"},
	{TIMESTAMPOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_FUNCTION, "timestamp_to_ulid"},
	{BYTEAOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "ulid_to_bytea"},
	{BYTEAOID, true, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "bytea_to_ulid"},
	{TEXTOID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_INOUT, NULL},
	{VARCHAROID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_INOUT, NULL},
	{BPCHAROID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_INOUT, NULL},
};

static const OwnCast hlc_casts[] = {
	{INT8OID, false, COERCION_CODE_IMPLICIT, COERCION_METHOD_BINARY, NULL},
	{INT8OID, true, COERCION_CODE_ASSIGNMENT, COERCION_METHOD_BINARY, NULL},
	{TIMESTAMPTZOID, false, COERCION_CODE_EXPLICIT, COERCION_METHOD_FUNCTION, "hlc_timestamp"},
};

static ProcessUtility_hook_type previous_ProcessUtility_hook = NULL;

/* Does the input function belong to idgen?  Others may have a type of the same name.  An undefined type is not ready. */
static bool
is_own_type(Form_pg_type type, PGFunction input)
{
	FmgrInfo	function;

	if (!type->typisdefined)
		return false;
	fmgr_info(type->typinput, &function);
	return function.fn_addr == input;
}

/* A type of idgen, in any schema.  Returns InvalidOid, and does not set *schema, if there is none. */
static Oid
find_own_type(const char *name, PGFunction input, Oid *schema)
{
	Oid			found = InvalidOid;
	Relation	types = table_open(TypeRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_type_typname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(name));
	scan = systable_beginscan(types, TypeNameNspIndexId, true, NULL, 1, &key);
	while (!OidIsValid(found) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_type type = (Form_pg_type) GETSTRUCT(tuple);

		if (is_own_type(type, input))
		{
			found = type->oid;
			*schema = type->typnamespace;
		}
	}
	systable_endscan(scan);
	table_close(types, AccessShareLock);
	return found;
}

/* Create a cast, unless it exists or its function does not, and add it to lent. */
static void
lend_cast(const OwnCast *cast, Oid type, Oid schema, ObjectAddresses *lent)
{
	Oid			source = cast->is_from_other ? cast->other : type;
	Oid			target = cast->is_from_other ? type : cast->other;
	Oid			function = InvalidOid;
	ObjectAddress address;

	if (SearchSysCacheExists2(CASTSOURCETARGET, ObjectIdGetDatum(source), ObjectIdGetDatum(target)))
		return;
	if (cast->function != NULL)
	{
		function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(cast->function),
								   PointerGetDatum(buildoidvector(&source, 1)), ObjectIdGetDatum(schema));
		if (!OidIsValid(function))
			return;
	}
	address = compat_cast_create(source, target, function, cast->context, cast->method);
	add_exact_object_address(&address, lent);
}

static void
lend_casts(const char *name, PGFunction input, const OwnCast *casts, int count, ObjectAddresses *lent)
{
	Oid			schema;
	Oid			type = find_own_type(name, input, &schema);

	if (OidIsValid(type))
		for (int i = 0; i < count; i++)
			lend_cast(&casts[i], type, schema, lent);
}

/*
 * Does a statement store expressions?  A table or a view comes before the casts, too, if a
 * type needs it, such as a domain over its rows.
 */
static bool
stores_expressions(Node *statement)
{
	return IsA(statement, CreateDomainStmt) || IsA(statement, AlterDomainStmt) ||
		IsA(statement, CreateRangeStmt) || IsA(statement, CreateFunctionStmt) ||
		IsA(statement, CreateStmt) || IsA(statement, AlterTableStmt) || IsA(statement, ViewStmt) ||
		IsA(statement, RuleStmt) || IsA(statement, IndexStmt);
}

/* Hook.  If the statement fails, the rollback removes the casts. */
static void
process_utility_with_casts(PlannedStmt *statement, const char *query, bool is_read_only, ProcessUtilityContext context,
						   ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
						   QueryCompletion *completion)
{
	bool		lends = stores_expressions(statement->utilityStmt);
	ObjectAddresses *lent = lends ? new_object_addresses() : NULL;

	if (lends)
	{
		lend_casts("snowflake", idgen_snowflake_in, snowflake_casts, lengthof(snowflake_casts), lent);
		lend_casts("ulid", idgen_ulid_in, ulid_casts, lengthof(ulid_casts), lent);
		lend_casts("hlc", idgen_hlc_in, hlc_casts, lengthof(hlc_casts), lent);
		CommandCounterIncrement();
	}
	(previous_ProcessUtility_hook ? previous_ProcessUtility_hook : standard_ProcessUtility)
		(statement, query, is_read_only, context, parameters, environment, receiver, completion);
	if (lends)
	{
		CommandCounterIncrement();
		performMultipleDeletions(lent, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
		free_object_addresses(lent);
	}
}

/* Called from _PG_init(). */
void
upgrade_casts_init(void)
{
	if (!IsBinaryUpgrade)
		return;
	previous_ProcessUtility_hook = ProcessUtility_hook;
	ProcessUtility_hook = process_utility_with_casts;
}
