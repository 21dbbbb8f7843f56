/*-------------------------------------------------------------------------
 *
 * range_selectivity.c
 *	  See range_selectivity.h.
 *
 * This is for predicates that were not replaced by comparisons: those with a sub-select
 * as their range, and those in layouts without bounds.  If the range can be estimated,
 * as with "(SELECT tstzrange(now() - '1 hour', now()))", they get the selectivity of the
 * comparisons.  Otherwise the function and the operators get PostgreSQL's default for a
 * range that contains an unknown element.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type_d.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "utils/timestamp.h"

#include "planner/range_selectivity.h"

/* The result of contsel(). */
#define UNKNOWN_RANGE_SELECTIVITY 0.001

/* The expression if the plan is "SELECT expression", without FROM or conditions; otherwise NULL. */
static Node *
only_expression(Plan *plan)
{
	if (!IsA(plan, Result) || outerPlan(plan) != NULL || ((Result *) plan)->resconstantqual != NULL)
		return NULL;
	return (Node *) linitial_node(TargetEntry, plan->targetlist)->expr;
}

/* The expression of the sub-select that a parameter stands for; NULL if it is more than an expression. */
static Node *
expression_of_parameter(PlannerInfo *root, int parameter)
{
	ListCell   *cell;

	for (; root != NULL; root = root->parent_root)
	{
		foreach(cell, root->init_plans)
		{
			SubPlan    *subplan = lfirst(cell);

			if (subplan->subLinkType == EXPR_SUBLINK && linitial_int(subplan->setParam) == parameter)
				return only_expression(planner_subplan_get_plan(root, subplan));
		}
	}
	return NULL;
}

static bool
is_not_built_in(Oid function, void *context)
{
	return function >= FirstGenbkiObjectId;
}

/*
 * Does an expression call functions of users?  They may have side effects, and
 * may fail although the query would not call them.
 */
static bool
calls_functions_of_users(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_not_built_in, context) ||
		expression_tree_walker(node, calls_functions_of_users, context);
}

/* The value of an expression if it is known while planning; otherwise NULL. */
static Const *
known_value(PlannerInfo *root, Node *expression)
{
	expression = estimate_expression_value(root, expression);
	return IsA(expression, Const) ? (Const *) expression : NULL;
}

/* Is this a call that makes a range of two bounds in the wrong order? */
static bool
is_inverted(PlannerInfo *root, Node *range)
{
	FuncExpr   *call = (FuncExpr *) range;
	Const	   *lower;
	Const	   *upper;

	if (!IsA(range, FuncExpr) || list_length(call->args) < 2 || exprType(linitial(call->args)) != TIMESTAMPTZOID)
		return false;
	lower = known_value(root, linitial(call->args));
	upper = known_value(root, lsecond(call->args));
	return lower != NULL && upper != NULL && !lower->constisnull && !upper->constisnull &&
		DatumGetTimestampTz(lower->constvalue) > DatumGetTimestampTz(upper->constvalue);
}

/* An estimate of the range; NULL if there is none. */
static Const *
guess_range(PlannerInfo *root, Node *range)
{
	Param	   *parameter = (Param *) range;

	if (IsA(range, Param) && parameter->paramkind == PARAM_EXEC)
		range = expression_of_parameter(root, parameter->paramid);
	if (range == NULL || calls_functions_of_users(range, NULL) || is_inverted(root, range))
		return NULL;
	return known_value(root, range);
}

/* The share of rows, from 0 to 1, for which a predicate is true. */
Selectivity
estimate_range_selectivity(PlannerInfo *root, const RangePredicate *predicate,
						   int varRelid, JoinType jointype, SpecialJoinInfo *sjinfo)
{
	Const	   *range = guess_range(root, (Node *) predicate->range);
	RangePredicate guessed = *predicate;
	List	   *comparisons;

	if (range == NULL)
		return UNKNOWN_RANGE_SELECTIVITY;
	if (range->constisnull)
		return 0;
	guessed.range = (Expr *) range;
	comparisons = range_predicate_comparisons(&guessed);
	if (comparisons == NIL)
		return UNKNOWN_RANGE_SELECTIVITY;
	comparisons = (List *) eval_const_expressions(root, (Node *) comparisons);
	return clauselist_selectivity(root, comparisons, varRelid, jointype, sjinfo);
}
