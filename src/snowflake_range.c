/*-------------------------------------------------------------------------
 *
 * snowflake_range.c
 *	  Is the time of a Snowflake ID in a range?  And how the planner sees it.
 *
 * "id <@ range" is to use the index on the ID, to prune partitions and to be
 * estimated like any comparison.  So the planner asks the support function
 * below, which has it replaced by
 *
 *		id >= snowflake_first_in_range(range, layout) AND
 *		id <= snowflake_last_in_range(range, layout)
 *
 * in bigint's own operators.  The lower bound is the first ID of the range and
 * not the last one before it, because that is where partitions begin, and the
 * planner does not know that there is nothing in between.  An SQL function with
 * that body would be replaced as well, but not if the range takes more than ten
 * operators to compute, and the index would be lost without a word.
 *
 * That evaluates the range twice.  Where two evaluations could differ, which no
 * one can tell of a sub-select, the predicate stays; an index can still serve it
 * by the same two comparisons, as by then the sub-select is a parameter that is
 * computed once.
 *
 * There are bounds only in layouts that are by time.  In the others the predicate
 * stays, too, and reads the time of each ID; so it does where the layout is not
 * known yet, as in a condition that is stored and takes the server's.
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

#include "clock.h"
#include "id_bounds.h"
#include "server_layout.h"
#include "snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_first_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_created_in);
PG_FUNCTION_INFO_V1(idgen_snowflake_contained_by_range);
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

/* The layout must be by time. */
static IdRange
ids_in_range(FunctionCallInfo fcinfo, RangeType *range, const SnowflakeLayout *layout)
{
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	int64		last_before = -1;
	int64		last = layout_max_id(layout);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return no_ids;
	if (!lower.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(lower.val);

		last_before = lower.inclusive ? last_id_before(layout, moment) : last_id_at(layout, moment);
	}
	if (!upper.infinite)
	{
		TimestampTz moment = DatumGetTimestampTz(upper.val);

		last = upper.inclusive ? last_id_at(layout, moment) : last_id_before(layout, moment);
	}
	/* Past the end of the layout there is no first ID. */
	if (last_before == layout_max_id(layout))
		return no_ids;
	return (IdRange) {last_before + 1, last};
}

/* snowflake_first_in_range(range tstzrange, layout snowflake_layout); ERROR unless that is by time */
Datum
idgen_snowflake_first_in_range(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	ensure_by_time(layout);
	PG_RETURN_INT64(ids_in_range(fcinfo, PG_GETARG_RANGE_P(0), layout).first);
}

/* snowflake_last_in_range(range tstzrange, layout snowflake_layout); ERROR unless that is by time */
Datum
idgen_snowflake_last_in_range(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	ensure_by_time(layout);
	PG_RETURN_INT64(ids_in_range(fcinfo, PG_GETARG_RANGE_P(0), layout).last);
}

/*
 * Of layouts whose time is below another field.  What is no ID of the layout has
 * no time.
 */
static bool
own_time_is_in_range(FunctionCallInfo fcinfo, int64 id, RangeType *range, const SnowflakeLayout *layout)
{
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	uint64		tick = layout_get(layout, LAYOUT_TIME, (uint64) id);
	TimestampTz created_at = clock_timestamptz(layout_tick_start_us(layout, (int64) tick));

	return layout_stray_bits(layout, (uint64) id) == 0 &&
		range_contains_elem_internal(type, range, TimestampTzGetDatum(created_at));
}

/* Nothing is an error: this is leakproof. */
static bool
is_in_range(FunctionCallInfo fcinfo, int64 id, RangeType *range, const SnowflakeLayout *layout)
{
	IdRange		ids;

	if (!layout_is_by_time(layout))
		return own_time_is_in_range(fcinfo, id, range, layout);
	ids = ids_in_range(fcinfo, range, layout);
	return id >= ids.first && id <= ids.last;
}

/* snowflake_created_in(id bigint, range tstzrange, layout snowflake_layout) */
Datum
idgen_snowflake_created_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1), PG_GETARG_LAYOUT_P(2)));
}

/* snowflake_contained_by_range(id snowflake, range snowflake_time_range), operator <@ */
Datum
idgen_snowflake_contained_by_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1), server_layout()));
}

/* range_contains_snowflake(range snowflake_time_range, id snowflake), operator @> */
Datum
idgen_range_contains_snowflake(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_in_range(fcinfo, PG_GETARG_INT64(1), PG_GETARG_RANGE_P(0), server_layout()));
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
	Const	   *layout;			/* one by time; NULL if it is not, or not known */
	Oid			schema;			/* of the extension */
} Predicate;

/*
 * One of our functions, or InvalidOid if somebody has renamed or moved it.
 * Looked up beside the predicate, as the extension can be in any schema; without
 * a look at the search path or at who may use that schema, as for a function that
 * is called by its OID.
 */
static Oid
our_function(Oid schema, const char *name, const Oid *argument_types, int arguments)
{
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(argument_types, arguments)),
						   ObjectIdGetDatum(schema));
}

/*
 * The layout of a predicate: that of its arguments, or else the server's, which
 * is a constant in a query only.  NULL if it is none, or has no bounds.
 */
static Const *
layout_with_bounds(bool server_layout_is_known, Oid schema, List *arguments)
{
	Const	   *layout = NULL;

	if (list_length(arguments) > 2)
		layout = IsA(lthird(arguments), Const) ? lthird(arguments) : NULL;
	else if (server_layout_is_known)
	{
		Oid			function = our_function(schema, "snowflake_layout", NULL, 0);

		if (OidIsValid(function))
			layout = snowflake_layout_constant(get_func_rettype(function));
	}
	if (layout == NULL || layout->constisnull || !layout_is_by_time(DatumGetLayoutP(layout->constvalue)))
		return NULL;
	return layout;
}

static Predicate
read_predicate(bool server_layout_is_known, Oid function, List *arguments)
{
	bool		range_first = getBaseType(exprType(linitial(arguments))) == TSTZRANGEOID;
	Predicate	predicate = {
		.id = range_first ? lsecond(arguments) : linitial(arguments),
		.range = range_first ? linitial(arguments) : lsecond(arguments),
		.schema = get_func_namespace(function),
	};

	predicate.layout = layout_with_bounds(server_layout_is_known, predicate.schema, arguments);
	/* One change of type on top of the other would hide an index key from the planner. */
	predicate.id = (Expr *) applyRelabelType((Node *) predicate.id, INT8OID, -1, InvalidOid,
											 COERCE_IMPLICIT_CAST, -1, false);
	predicate.range = (Expr *) applyRelabelType((Node *) predicate.range, TSTZRANGEOID, -1, InvalidOid,
												COERCE_IMPLICIT_CAST, -1, false);
	return predicate;
}

/* "id OPERATOR bound(range, layout)", by bigint's operator of a btree strategy */
static Expr *
compare_with_bound(const Predicate *predicate, StrategyNumber strategy, Oid bound)
{
	Oid			operator = get_opfamily_member(INTEGER_BTREE_FAM_OID, INT8OID, INT8OID, strategy);
	List	   *arguments = list_make2(copyObject(predicate->range), copyObject(predicate->layout));
	FuncExpr   *call = makeFuncExpr(bound, INT8OID, arguments, InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);

	return make_opclause(operator, BOOLOID, false, copyObject(predicate->id), (Expr *) call,
						 InvalidOid, InvalidOid);
}

/* The two comparisons that a predicate amounts to; NIL if they cannot be made. */
static List *
make_comparisons(const Predicate *predicate)
{
	Oid			types[2];
	Oid			first;
	Oid			last;

	if (predicate->layout == NULL)
		return NIL;
	types[0] = TSTZRANGEOID;
	types[1] = predicate->layout->consttype;
	first = our_function(predicate->schema, "snowflake_first_in_range", types, 2);
	last = our_function(predicate->schema, "snowflake_last_in_range", types, 2);
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
	bool		is_known = snowflake_layout_is_known(request->root);
	Predicate	predicate = read_predicate(is_known, call->funcid, call->args);
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
	List	   *arguments = IsA(node, OpExpr) ? ((OpExpr *) node)->args : ((FuncExpr *) node)->args;
	Predicate	predicate = read_predicate(true, request->funcid, arguments);
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
