/*-------------------------------------------------------------------------
 *
 * range_predicate.c
 *	  See range_predicate.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "planner/range_predicate.h"

/* applyRelabelType() merges changes of type: two on top of each other would hide an index key from the planner. */
static Expr *
relabel_as_type(Node *expression, Oid type)
{
	return (Expr *) applyRelabelType(expression, type, -1, InvalidOid, COERCE_IMPLICIT_CAST, -1, false);
}

/*
 * A predicate without bounds yet.  id must be binary coercible to type, and range to
 * tstzrange.
 */
RangePredicate
make_range_predicate(Node *id, Node *range, Oid type)
{
	RangePredicate predicate = {
		.id = relabel_as_type(id, type),
		.range = relabel_as_type(range, TSTZRANGEOID),
		.type = type,
	};

	return predicate;
}

/* The C function behind an SQL function, which a user may have renamed. */
PGFunction
get_function_code(Oid function)
{
	FmgrInfo	info;

	fmgr_info(function, &info);
	return info.fn_addr;
}

/*
 * Finds a function of idgen by its name.  Returns InvalidOid if a user has renamed or
 * moved it: then there is none in the schema, or one with other code.  schema is that of
 * the predicate, as the extension can be in any schema.  Neither the search path nor
 * privileges on the schema matter, as when a function is called by its OID.
 */
Oid
find_own_function(Oid schema, const char *name, const Oid *argument_types, int arguments, PGFunction code)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name),
										   PointerGetDatum(buildoidvector(argument_types, arguments)),
										   ObjectIdGetDatum(schema));

	return OidIsValid(function) && get_function_code(function) == code ? function : InvalidOid;
}

/* "id OPERATOR bound(range)", with the operator that the type has for a btree strategy */
static Expr *
compare_with_bound(const RangePredicate *predicate, StrategyNumber strategy, Oid bound)
{
	Oid			family = lookup_type_cache(predicate->type, TYPECACHE_BTREE_OPFAMILY)->btree_opf;
	Oid			operator = get_opfamily_member(family, predicate->type, predicate->type, strategy);
	List	   *arguments = list_make1(copyObject(predicate->range));
	FuncExpr   *call;

	if (predicate->layout != NULL)
		arguments = lappend(arguments, copyObject(predicate->layout));
	call = makeFuncExpr(bound, predicate->type, arguments, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
	return make_opclause(operator, BOOLOID, false, copyObject(predicate->id), (Expr *) call,
						 InvalidOid, InvalidOid);
}

/* The two comparisons that are equivalent to a predicate; NIL if there are no bounds. */
List *
range_predicate_comparisons(const RangePredicate *predicate)
{
	if (!OidIsValid(predicate->first) || !OidIsValid(predicate->last))
		return NIL;
	return list_make2(compare_with_bound(predicate, BTGreaterEqualStrategyNumber, predicate->first),
					  compare_with_bound(predicate, BTLessEqualStrategyNumber, predicate->last));
}
