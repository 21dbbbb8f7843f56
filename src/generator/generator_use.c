/*-------------------------------------------------------------------------
 *
 * generator_use.c
 *	  Uses of generators by name, in column defaults and other stored
 *	  expressions.
 *
 * PostgreSQL records what a stored expression depends on: the functions that
 * it calls, and constants of types such as regclass.  To PostgreSQL, the name
 * of a generator is only text, so no dependency on the generator is recorded,
 * and we could not add one, because a table is created without calling this
 * library.  But the dependency on the function is recorded, so objects that
 * may name a generator are found without reading every expression of the
 * database.
 *
 * Names that are computed, and function bodies that are text, cannot be found.
 * Nothing is locked, so uses that another transaction has not committed are
 * not found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/table.h"
#include "access/tupdesc.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "base/dependents.h"
#include "generator/generator_use.h"

/* An error names as many objects as PostgreSQL's errors about dependencies do. */
#define MOST_NAMED 100

/* The functions of the extension whose argument "generator" names the generator. */
static const char *const issuing[] = {"snowflake_nextval", "snowflake_nextvals", "snowflake_next_block",
"snowflake_horizon"};

/* Catalogs with stored expressions that may be VOLATILE, and their indexes on OIDs. */
static const struct
{
	Oid			catalog;
	Oid			index;
}			catalogs[] = {
	{AttrDefaultRelationId, AttrDefaultOidIndexId},
	{TypeRelationId, TypeOidIndexId},
	{RewriteRelationId, RewriteOidIndexId},
	{ProcedureRelationId, ProcedureOidIndexId},
	{ConstraintRelationId, ConstraintOidIndexId},
	{TriggerRelationId, TriggerOidIndexId},
	{PolicyRelationId, PolicyOidIndexId},
};

/* The OID is the first column of each of these catalogs. */
#define ANUM_OID 1

/* Does a function of ours issue IDs of a generator that its first argument names? */
static bool
issues_by_name(Oid function)
{
	char	   *name = get_func_name(function);
	Oid		   *types;
	int			count;

	if (name == NULL)
		return false;
	(void) get_func_signature(function, &types, &count);
	if (count == 0 || types[0] != NAMEOID)
		return false;
	for (int i = 0; i < lengthof(issuing); i++)
		if (strcmp(name, issuing[i]) == 0)
			return true;
	return false;
}

/* The OIDs of these functions, in whichever schema the extension is. */
static List *
issuing_functions(void)
{
	List	   *functions = NIL;
	ListCell   *cell;

	foreach(cell, dependents_of_extension())
	{
		ObjectAddress *member = lfirst(cell);

		if (member->classId == ProcedureRelationId && issues_by_name(member->objectId))
			functions = lappend_oid(functions, member->objectId);
	}
	return functions;
}

/* The argument of a cast to a name or of a label; NULL if the expression is neither. */
static Node *
cast_argument(Node *expression)
{
	if (IsA(expression, NamedArgExpr))
		return (Node *) ((NamedArgExpr *) expression)->arg;
	if (IsA(expression, RelabelType))
		return (Node *) ((RelabelType *) expression)->arg;
	if (IsA(expression, CoerceToDomain))
		return (Node *) ((CoerceToDomain *) expression)->arg;
	if (IsA(expression, CollateExpr))
		return (Node *) ((CollateExpr *) expression)->arg;
	if (IsA(expression, FuncExpr))
	{
		FuncExpr   *call = (FuncExpr *) expression;

		if (call->funcid == F_NAME_TEXT || call->funcid == F_NAME_VARCHAR || call->funcid == F_NAME_BPCHAR)
			return linitial(call->args);
	}
	return NULL;
}

/*
 * The name in a constant expression, without evaluating it; NULL if there is
 * none.  Evaluation would run code of another user as the current user.
 */
static Name
constant_name(Node *expression)
{
	Const	   *constant;

	for (Node *argument; (argument = cast_argument(expression)) != NULL;)
		expression = argument;
	constant = (Const *) expression;
	if (!IsA(expression, Const) || constant->constisnull)
		return NULL;
	switch (constant->consttype)
	{
		case NAMEOID:
			return DatumGetName(constant->constvalue);
		case TEXTOID:
		case VARCHAROID:
			return DatumGetName(DirectFunctionCall1(text_name, constant->constvalue));
		case BPCHAROID:
			return DatumGetName(DirectFunctionCall1(bpchar_name, constant->constvalue));
		default:
			return NULL;
	}
}

/* The argument of a call that names the generator, by position or by name. */
static Node *
generator_argument(FuncExpr *call)
{
	ListCell   *cell;

	foreach(cell, call->args)
	{
		Node	   *argument = lfirst(cell);

		if (IsA(argument, NamedArgExpr) ? ((NamedArgExpr *) argument)->argnumber == 0 :
			foreach_current_index(cell) == 0)
			return argument;
	}
	return NULL;
}

/*
 * The state of find_calls(): the functions to find, the object that is
 * searched, and the uses found.
 */
typedef struct Search
{
	List	   *functions;
	ObjectAddress object;
	List	   *uses;
} Search;

static void
note_call(Search *search, FuncExpr *call)
{
	Node	   *argument = generator_argument(call);
	Name		name = argument == NULL ? NULL : constant_name(argument);
	GeneratorUse *use;

	if (name == NULL)
		return;
	use = palloc0(sizeof(GeneratorUse));
	use->generator = *name;
	use->object = search->object;
	search->uses = lappend(search->uses, use);
}

/* A tree walker.  Never returns true, because all calls are to be found. */
static bool
find_calls(Node *node, void *context)
{
	Search	   *search = context;

	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_calls, context, 0);
	if (IsA(node, FuncExpr) && list_member_oid(search->functions, ((FuncExpr *) node)->funcid))
		note_call(search, (FuncExpr *) node);
	return expression_tree_walker(node, find_calls, context);
}

/* Search all expressions in a row of a catalog. */
static void
search_row(Search *search, HeapTuple tuple, TupleDesc columns)
{
	for (int i = 0; i < columns->natts; i++)
	{
		bool		is_null;
		Datum		value;

		if (TupleDescAttr(columns, i)->atttypid != PG_NODE_TREEOID)
			continue;
		value = heap_getattr(tuple, i + 1, columns, &is_null);
		if (!is_null)
			(void) find_calls(stringToNode(TextDatumGetCString(value)), search);
	}
}

/* Search the expressions of search->object, a row of the catalog with this index. */
static void
search_object(Search *search, Oid index)
{
	Relation	catalog = table_open(search->object.classId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, ANUM_OID, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(search->object.objectId));
	scan = systable_beginscan(catalog, index, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		search_row(search, tuple, RelationGetDescr(catalog));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* By generator, then by the order of creation. */
static int
compare_uses(const ListCell *a, const ListCell *b)
{
	const GeneratorUse *one = lfirst(a);
	const GeneratorUse *other = lfirst(b);
	int			order = strcmp(NameStr(one->generator), NameStr(other->generator));

	if (order != 0)
		return order;
	if (one->object.objectId != other->object.objectId)
		return one->object.objectId < other->object.objectId ? -1 : 1;
	if (one->object.classId != other->object.classId)
		return one->object.classId < other->object.classId ? -1 : 1;
	return 0;
}

static List *
sort_and_unite(List *uses)
{
	List	   *united = NIL;
	ListCell   *cell;

	list_sort(uses, compare_uses);
	foreach(cell, uses)
	{
		if (united == NIL || compare_uses(list_tail(united), cell) != 0)
			united = lappend(united, lfirst(cell));
	}
	return united;
}

/*
 * All uses of generators by name in this database, sorted by generator, without
 * duplicates.  Some may name a generator that does not exist.
 */
List *
generator_uses(void)
{
	Search		search = {.functions = issuing_functions()};
	ListCell   *function;
	ListCell   *cell;

	foreach(function, search.functions)
	{
		foreach(cell, dependents(ProcedureRelationId, lfirst_oid(function)))
		{
			search.object = *(ObjectAddress *) lfirst(cell);
			CHECK_FOR_INTERRUPTS();
			for (int i = 0; i < lengthof(catalogs); i++)
				if (catalogs[i].catalog == search.object.classId)
					search_object(&search, catalogs[i].index);
		}
	}
	return sort_and_unite(search.uses);
}

/* "column public.events.id", or another description of the object; NULL if it has been dropped. */
char *
generator_use_text(const GeneratorUse *use)
{
	ObjectAddress column;
	char	   *table;
	char	   *name;

	if (use->object.classId != AttrDefaultRelationId)
		return getObjectDescription(&use->object, true);
	column = GetAttrDefaultColumnAddress(use->object.objectId);
	if (!OidIsValid(column.objectId))
		return NULL;
	table = get_rel_name(column.objectId);
	name = get_attname(column.objectId, column.objectSubId, true);
	if (table == NULL || name == NULL)
		return NULL;
	return psprintf("column %s.%s",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(column.objectId)), table),
					quote_identifier(name));
}

/*
 * ERROR DEPENDENT_OBJECTS_STILL_EXIST, with a list, if objects of this database
 * name the generator of this foreign server.
 */
void
generator_check_unused(Oid server)
{
	char	   *name = GetForeignServer(server)->servername;
	StringInfoData list;
	ListCell   *cell;
	int			count = 0;

	initStringInfo(&list);
	foreach(cell, generator_uses())
	{
		GeneratorUse *use = lfirst(cell);
		char	   *str;

		if (strcmp(NameStr(use->generator), name) != 0 || (str = generator_use_text(use)) == NULL)
			continue;
		if (count++ < MOST_NAMED)
			appendStringInfo(&list, "%s%s depends on generator %s", count > 1 ? "\n" : "", str, quote_identifier(name));
	}
	if (count > MOST_NAMED)
		appendStringInfo(&list, "\nand %d other objects", count - MOST_NAMED);
	if (count > 0)
		ereport(ERROR,
				errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				errmsg("cannot drop generator \"%s\" because other objects depend on it", name),
				errdetail_internal("%s", list.data),
				errhint("Change them to name another generator first, for example with ALTER TABLE ... ALTER COLUMN ... SET DEFAULT. DROP SERVER ... CASCADE drops the generator anyway and leaves them as they are."));
}
