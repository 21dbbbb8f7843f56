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

/* As type; one change of type on top of the other would hide an index key from the planner. */
static Expr *
relabel_as_type(Node *expression, Oid type)
{
	return (Expr *) applyRelabelType(expression, type, -1, InvalidOid, COERCE_IMPLICIT_CAST, -1, false);
}

/* A predicate whose bounds are not known yet.  id casts to type, and range to tstzrange, without a function. */
RangePredicate
make_range_predicate(Node *id, Node *range, Oid type)
{
	return (RangePredicate)
	{
		.id = relabel_as_type(id, type),
		.range = relabel_as_type(range, TSTZRANGEOID),
		.type = type,
	};
}

/* The C function that a function of SQL calls, whatever that is named by now. */
PGFunction
get_function_code(Oid function)
{
	FmgrInfo	info;

	fmgr_info(function, &info);
	return info.fn_addr;
}

/*
 * One of our functions by its name; InvalidOid if somebody has renamed or moved it, so
 * that there is none, or one that calls something else.  Looked up beside the
 * predicate, as the extension can be in any schema; without a look at the search path
 * or at who may use that schema, as for a function that is called by its OID.
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

/* "id OPERATOR bound(range)", by the type's operator of a btree strategy */
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

/* The two comparisons that a predicate amounts to; NIL if they cannot be made. */
List *
range_predicate_comparisons(const RangePredicate *predicate)
{
	if (!OidIsValid(predicate->first) || !OidIsValid(predicate->last))
		return NIL;
	return list_make2(compare_with_bound(predicate, BTGreaterEqualStrategyNumber, predicate->first),
					  compare_with_bound(predicate, BTLessEqualStrategyNumber, predicate->last));
}
