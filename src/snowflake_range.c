/*-------------------------------------------------------------------------
 *
 * snowflake_range.c
 *	  Is the time of a Snowflake ID in a range?  And how the planner sees it.
 *
 * "id <@ range" is to use the index on the ID, to prune partitions and to be
 * estimated like any comparison.  So the planner asks predicate_support below,
 * which has it replaced by
 *
 *		id > snowflake_last_before_range(range) AND
 *		id <= snowflake_last_in_range(range)
 *
 * in bigint's own operators.  An SQL function with that body would be replaced
 * as well, but not if the range takes more than ten operators or a sub-select to
 * compute, and the index would be lost without a word.
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

PG_FUNCTION_INFO_V1(idgen_snowflake_last_before_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_in_range);
PG_FUNCTION_INFO_V1(idgen_range_contains_snowflake);
PG_FUNCTION_INFO_V1(idgen_snowflake_predicate_support);

/* The IDs whose times are in a range: those above `before` and up to `last`. */
typedef struct IdRange
{
	int64		before;
	int64		last;
} IdRange;

static IdRange
ids_in_range(FunctionCallInfo fcinfo, RangeType *range)
{
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	IdRange		ids = {-1, PG_INT64_MAX};
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return (IdRange) {PG_INT64_MAX, -1};
	if (!lower.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(lower.val);

		ids.before = lower.inclusive ? last_id_before(moment) : last_id_at(moment);
	}
	if (!upper.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(upper.val);

		ids.last = upper.inclusive ? last_id_at(moment) : last_id_before(moment);
	}
	return ids;
}

/* snowflake_last_before_range(range tstzrange) */
Datum
idgen_snowflake_last_before_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(ids_in_range(fcinfo, PG_GETARG_RANGE_P(0)).before);
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

	return id > ids.before && id <= ids.last;
}

/* snowflake_created_in(id bigint, range tstzrange), and operator <@ */
Datum
idgen_snowflake_in_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1)));
}

/* range_contains_snowflake(range tstzrange, id snowflake), operator @> */
Datum
idgen_range_contains_snowflake(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(1), PG_GETARG_RANGE_P(0)));
}

/*
 * Can the ID be evaluated twice?  Only if that makes no difference, and is cheap:
 * unlike the range it is different for each row.  The planner draws the line at
 * ten operators, too, where it replaces an SQL function by its body.
 */
static bool
is_cheap(Node *id)
{
	QualCost	cost;

	if (contain_subplans(id))
		return false;
	cost_qual_eval_node(&cost, id, NULL);
	return cost.startup + cost.per_tuple <= 10 * cpu_operator_cost;
}

/*
 * One of our functions that take a range.  Looked up beside the predicate, as the
 * extension can be in any schema; without a look at the search path or at who may
 * use that schema, as for a function that is called by its OID.
 */
static Oid
range_function(Oid schema, const char *name)
{
	Oid			argument_type = TSTZRANGEOID;
	Oid			function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
										   CStringGetDatum(name),
										   PointerGetDatum(buildoidvector(&argument_type, 1)),
										   ObjectIdGetDatum(schema));

	if (!OidIsValid(function))
		elog(ERROR, "function %s(tstzrange) does not exist", name);
	return function;
}

/* "id OPERATOR bound(range)", by bigint's operator of a btree strategy */
static Expr *
compare_with_bound(Expr *id, StrategyNumber strategy, Oid bound, Expr *range)
{
	return make_opclause(get_opfamily_member(INTEGER_BTREE_FAM_OID, INT8OID, INT8OID, strategy),
						 BOOLOID, false,
						 copyObject(id),
						 (Expr *) makeFuncExpr(bound, INT8OID, list_make1(copyObject(range)),
											   InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL),
						 InvalidOid, InvalidOid);
}

/* What a call of a predicate is replaced by; NULL if it has to stay. */
static Node *
simplify_predicate(PlannerInfo *root, FuncExpr *call)
{
	Expr	   *id = linitial(call->args);
	Expr	   *range = lsecond(call->args);
	Oid			schema = get_func_namespace(call->funcid);
	Expr	   *above;
	Expr	   *up_to;

	if (exprType((Node *) id) == TSTZRANGEOID)
	{
		id = lsecond(call->args);
		range = linitial(call->args);
	}
	if (contain_volatile_functions((Node *) call->args) || !is_cheap((Node *) id))
		return NULL;
	if (exprType((Node *) id) != INT8OID)
		id = (Expr *) makeRelabelType(id, INT8OID, -1, InvalidOid, COERCE_IMPLICIT_CAST);

	above = compare_with_bound(id, BTGreaterStrategyNumber,
							   range_function(schema, "snowflake_last_before_range"), range);
	up_to = compare_with_bound(id, BTLessEqualStrategyNumber,
							   range_function(schema, "snowflake_last_in_range"), range);
	return eval_const_expressions(root, (Node *) make_andclause(list_make2(above, up_to)));
}

/* snowflake_predicate_support(request internal): the planner's questions about predicates */
Datum
idgen_snowflake_predicate_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	Node	   *answer = NULL;

	if (IsA(request, SupportRequestSimplify))
		answer = simplify_predicate(((SupportRequestSimplify *) request)->root,
									((SupportRequestSimplify *) request)->fcall);
	PG_RETURN_POINTER(answer);
}
