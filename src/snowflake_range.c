/*-------------------------------------------------------------------------
 *
 * snowflake_range.c
 *	  Is the time of a Snowflake ID in a range?  And how the planner sees it.
 *
 * "id <@ range" is to use the index on the ID, to prune partitions and to be
 * estimated like any comparison.  So the planner asks the support function
 * below, which has it replaced by
 *
 *		id >= snowflake_first_in_range(range) AND
 *		id <= snowflake_last_in_range(range)
 *
 * in bigint's own operators.  The lower bound is the first ID of the range and
 * not the last one before it, because that is where partitions begin, and the
 * planner does not know that there is nothing in between.  An SQL function with that body would be replaced
 * as well, but not if the range takes more than ten operators to compute, and
 * the index would be lost without a word.
 *
 * That evaluates the range twice.  Where two evaluations could differ, which no
 * one can tell of a sub-select, the predicate stays; an index can still serve it
 * by the same two comparisons, as by then the sub-select is a parameter that is
 * computed once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_opfamily_d.h"
#include "catalog/pg_proc_d.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rangetypes.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "id_bounds.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_first_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_in_range);
PG_FUNCTION_INFO_V1(idgen_range_contains_snowflake);
PG_FUNCTION_INFO_V1(idgen_snowflake_predicate_support);

/* The IDs whose times are in a range: from first up to last. */
typedef struct IdRange
{
	int64		first;
	int64		last;
} IdRange;

/* No ID is from the first on and up to the last. */
static const IdRange no_ids = {PG_INT64_MAX, -1};

static IdRange
ids_in_range(FunctionCallInfo fcinfo, RangeType *range)
{
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	int64		last_before = -1;
	int64		last = PG_INT64_MAX;
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return no_ids;
	if (!lower.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(lower.val);

		last_before = lower.inclusive ? last_id_before(moment) : last_id_at(moment);
	}
	if (!upper.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(upper.val);

		last = upper.inclusive ? last_id_at(moment) : last_id_before(moment);
	}
	/* Past the end of the layout there is no first ID. */
	if (last_before == PG_INT64_MAX)
		return no_ids;
	return (IdRange) {last_before + 1, last};
}

/* snowflake_first_in_range(range tstzrange) */
Datum
idgen_snowflake_first_in_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(ids_in_range(fcinfo, PG_GETARG_RANGE_P(0)).first);
}

/* snowflake_last_in_range(range tstzrange) */
Datum
idgen_snowflake_last_in_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(ids_in_range(fcinfo, PG_GETARG_RANGE_P(0)).last);
}

static bool
is_in_range(FunctionCallInfo fcinfo, int64 id, RangeType *range)
{
	IdRange		ids = ids_in_range(fcinfo, range);

	return id >= ids.first && id <= ids.last;
}

/*
 * snowflake_created_in(id bigint, range tstzrange) and
 * snowflake_contained_by_range(id snowflake, range snowflake_time_range), operator <@
 */
Datum
idgen_snowflake_in_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1)));
}

/* range_contains_snowflake(range snowflake_time_range, id snowflake), operator @> */
Datum
idgen_range_contains_snowflake(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(1), PG_GETARG_RANGE_P(0)));
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

/* A call of a predicate, taken apart. */
typedef struct Predicate
{
	Expr	   *id;				/* as a bigint */
	Expr	   *range;			/* as a tstzrange */
	Oid			schema;			/* of the extension */
} Predicate;

static Predicate
read_predicate(Oid function, List *arguments)
{
	bool		range_first = getBaseType(exprType(linitial(arguments))) == TSTZRANGEOID;
	Predicate	predicate = {
		.id = range_first ? lsecond(arguments) : linitial(arguments),
		.range = range_first ? linitial(arguments) : lsecond(arguments),
		.schema = get_func_namespace(function),
	};

	/* One change of type on top of the other would hide an index key from the planner. */
	predicate.id = (Expr *) applyRelabelType((Node *) predicate.id, INT8OID, -1, InvalidOid,
											 COERCE_IMPLICIT_CAST, -1, false);
	predicate.range = (Expr *) applyRelabelType((Node *) predicate.range, TSTZRANGEOID, -1, InvalidOid,
												COERCE_IMPLICIT_CAST, -1, false);
	return predicate;
}

/*
 * One of our functions that take a range, or InvalidOid if somebody has renamed
 * or moved it.  Looked up beside the predicate, as the extension can be in any
 * schema; without a look at the search path or at who may use that schema, as
 * for a function that is called by its OID.
 */
static Oid
range_function(Oid schema, const char *name)
{
	Oid			argument_type = TSTZRANGEOID;

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(&argument_type, 1)),
						   ObjectIdGetDatum(schema));
}

/* "id OPERATOR bound(range)", by bigint's operator of a btree strategy */
static Expr *
compare_with_bound(const Predicate *predicate, StrategyNumber strategy, Oid bound)
{
	Oid			operator = get_opfamily_member(INTEGER_BTREE_FAM_OID, INT8OID, INT8OID, strategy);
	FuncExpr   *call = makeFuncExpr(bound, INT8OID, list_make1(copyObject(predicate->range)),
									InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);

	return make_opclause(operator, BOOLOID, false, copyObject(predicate->id), (Expr *) call,
						 InvalidOid, InvalidOid);
}

/* The two comparisons that a predicate amounts to; NIL if they cannot be made. */
static List *
make_comparisons(const Predicate *predicate)
{
	Oid			first = range_function(predicate->schema, "snowflake_first_in_range");
	Oid			last = range_function(predicate->schema, "snowflake_last_in_range");

	if (!OidIsValid(first) || !OidIsValid(last))
		return NIL;
	return list_make2(compare_with_bound(predicate, BTGreaterEqualStrategyNumber, first),
					  compare_with_bound(predicate, BTLessEqualStrategyNumber, last));
}

/*
 * Does the range depend on the same row as the ID?  Then it is computed for each
 * row, and is no use to an index.
 */
static bool
is_of_same_row(PlannerInfo *root, const Predicate *predicate)
{
	return bms_overlap(pull_varnos(root, (Node *) predicate->id),
					   pull_varnos(root, (Node *) predicate->range));
}

/* What a call of a predicate is replaced by anywhere; NULL if it has to stay. */
static Node *
simplify(SupportRequestSimplify *request)
{
	FuncExpr   *call = request->fcall;
	Predicate	predicate = read_predicate(call->funcid, call->args);
	List	   *comparisons;

	if (contain_volatile_functions((Node *) call->args) ||
		contain_subplans((Node *) predicate.range) ||
		!is_cheap((Node *) predicate.id))
		return NULL;
	/* Without a query, as in a trigger's condition, there is one row only. */
	if ((request->root == NULL || is_of_same_row(request->root, &predicate)) &&
		!is_cheap((Node *) predicate.range))
		return NULL;

	comparisons = make_comparisons(&predicate);
	if (comparisons == NIL)
		return NULL;
	return eval_const_expressions(request->root, (Node *) make_andclause(comparisons));
}

/* What an index is asked for in place of a predicate that has stayed; NULL if it cannot serve. */
static Node *
index_condition(SupportRequestIndexCondition *request)
{
	Node	   *node = request->node;
	Predicate	predicate = read_predicate(request->funcid,
										   IsA(node, OpExpr) ? ((OpExpr *) node)->args : ((FuncExpr *) node)->args);
	List	   *comparisons;
	ListCell   *cell;

	if (!is_pseudo_constant_for_index(request->root, (Node *) predicate.range, request->index))
		return NULL;
	comparisons = make_comparisons(&predicate);
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

/* snowflake_predicate_support(request internal): the planner's questions about predicates */
Datum
idgen_snowflake_predicate_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	Node	   *answer = NULL;

	if (IsA(request, SupportRequestSimplify))
		answer = simplify((SupportRequestSimplify *) request);
	else if (IsA(request, SupportRequestIndexCondition))
		answer = index_condition((SupportRequestIndexCondition *) request);
	PG_RETURN_POINTER(answer);
}
