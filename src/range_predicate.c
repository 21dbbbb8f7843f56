/*-------------------------------------------------------------------------
 *
 * range_predicate.c
 *	  See range_predicate.h.
 *
 * "Is the time of id in range?" is to use the index on the ID, to prune partitions
 * and to be estimated like any comparison.  So planner support functions have it
 * replaced by
 *
 *		id >= first(range) AND id <= last(range)
 *
 * in the operators of the ID's type.  The lower bound is the first ID of the range
 * and not the last one before it, because that is where partitions begin, and the
 * planner does not know that there is nothing in between.  An SQL function with
 * that body would be replaced as well, but not if the range takes more than ten
 * operators to compute, and the index would be lost without a word.
 *
 * That evaluates the range twice.  Where two evaluations could differ, which no
 * one can tell of a sub-select, the predicate stays; an index can still serve it
 * by the same two comparisons, as by then the sub-select is a parameter that is
 * computed once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_language_d.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "range_predicate.h"

#define SYMBOL_PREFIX "idgen_"

/* As type; one change of type on top of the other would hide an index key from the planner. */
static Expr *
as_type(Node *expression, Oid type)
{
	return (Expr *) applyRelabelType(expression, type, -1, InvalidOid, COERCE_IMPLICIT_CAST, -1, false);
}

/* A predicate whose bounds are not known yet.  id casts to type, and range to tstzrange, without a function. */
RangePredicate
range_predicate(Node *id, Node *range, Oid type)
{
	return (RangePredicate)
	{
		.id = as_type(id, type),
		.range = as_type(range, TSTZRANGEOID),
		.type = type,
	};
}

/*
 * The symbol of a C function, whatever its name is by now; NULL if it is none, or has
 * just been dropped.
 */
char *
range_predicate_symbol(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	char	   *symbol = NULL;
	bool		is_null;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	if (((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId)
		symbol = TextDatumGetCString(SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &is_null));
	ReleaseSysCache(tuple);
	return symbol;
}

/*
 * One of our functions, whose name is its symbol without SYMBOL_PREFIX; InvalidOid if
 * somebody has renamed or moved it.  Looked up beside the predicate, as the extension
 * can be in any schema; without a look at the search path or at who may use that
 * schema, as for a function that is called by its OID.
 */
Oid
range_predicate_function(Oid schema, const char *symbol, const Oid *argument_types, int arguments)
{
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(symbol + strlen(SYMBOL_PREFIX)),
										   PointerGetDatum(buildoidvector(argument_types, arguments)),
										   ObjectIdGetDatum(schema));
	char	   *found = OidIsValid(function) ? range_predicate_symbol(function) : NULL;

	return found != NULL && strcmp(found, symbol) == 0 ? function : InvalidOid;
}

/*
 * Is it cheap to evaluate an expression twice for each row?  The planner draws
 * the line at ten operators, too, where it replaces an SQL function by its body.
 */
static bool
is_cheap(Node *expression)
{
	QualCost	cost;

	if (contain_subplans(expression))
		return false;
	cost_qual_eval_node(&cost, expression, NULL);
	return cost.startup + cost.per_tuple <= 10 * cpu_operator_cost;
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
static List *
make_comparisons(const RangePredicate *predicate)
{
	if (!OidIsValid(predicate->first) || !OidIsValid(predicate->last))
		return NIL;
	return list_make2(compare_with_bound(predicate, BTGreaterEqualStrategyNumber, predicate->first),
					  compare_with_bound(predicate, BTLessEqualStrategyNumber, predicate->last));
}

/*
 * Does the range depend on the same row as the ID?  Then it is computed for each
 * row, and is no use to an index.
 */
static bool
is_of_same_row(PlannerInfo *root, const RangePredicate *predicate)
{
	return bms_overlap(pull_varnos(root, (Node *) predicate->id),
					   pull_varnos(root, (Node *) predicate->range));
}

/* What a call of a predicate is replaced by anywhere; NULL if it has to stay. */
static Node *
simplify(SupportRequestSimplify *request, const RangePredicate *predicate)
{
	List	   *comparisons;

	if (contain_volatile_functions((Node *) request->fcall->args) ||
		contain_subplans((Node *) predicate->range) ||
		!is_cheap((Node *) predicate->id))
		return NULL;
	/* Without a query, as in a trigger's condition, there is one row only. */
	if ((request->root == NULL || is_of_same_row(request->root, predicate)) &&
		!is_cheap((Node *) predicate->range))
		return NULL;

	comparisons = make_comparisons(predicate);
	if (comparisons == NIL)
		return NULL;
	return eval_const_expressions(request->root, (Node *) make_andclause(comparisons));
}

/* What an index is asked for in place of a predicate that has stayed; NULL if it cannot serve. */
static Node *
index_condition(SupportRequestIndexCondition *request, const RangePredicate *predicate)
{
	List	   *comparisons;
	ListCell   *cell;

	if (!is_pseudo_constant_for_index(request->root, (Node *) predicate->range, request->index))
		return NULL;
	comparisons = make_comparisons(predicate);
	foreach(cell, comparisons)
	{
		OpExpr	   *comparison = lfirst(cell);

		if (!op_in_opfamily(comparison->opno, request->opfamily))
			return NULL;
		set_opfuncid(comparison);
	}
	request->lossy = false;
	return (Node *) comparisons;
}

/* The answer to the planner's questions about a predicate; NULL if there is none. */
Node *
range_predicate_support(Node *request, RangePredicateReader read)
{
	if (IsA(request, SupportRequestSimplify))
	{
		SupportRequestSimplify *simplification = (SupportRequestSimplify *) request;
		RangePredicate predicate = read(request, simplification->fcall->funcid, simplification->fcall->args);

		return simplify(simplification, &predicate);
	}
	if (IsA(request, SupportRequestIndexCondition))
	{
		SupportRequestIndexCondition *condition = (SupportRequestIndexCondition *) request;
		Node	   *call = condition->node;
		List	   *arguments = IsA(call, OpExpr) ? ((OpExpr *) call)->args : ((FuncExpr *) call)->args;
		RangePredicate predicate = read(request, condition->funcid, arguments);

		return index_condition(condition, &predicate);
	}
	return NULL;
}
