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

#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"

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
		foreach(cell, root->init_plans)
		{
			SubPlan    *subplan = lfirst(cell);

			if (subplan->subLinkType == EXPR_SUBLINK && linitial_int(subplan->setParam) == parameter)
				return only_expression(planner_subplan_get_plan(root, subplan));
		}
	return NULL;
}

/* An estimate of the range; NULL if there is none. */
static Const *
guess_range(PlannerInfo *root, Node *range)
{
	Param	   *parameter = (Param *) range;

	if (IsA(range, Param) && parameter->paramkind == PARAM_EXEC)
		range = expression_of_parameter(root, parameter->paramid);
	if (range != NULL)
		range = estimate_expression_value(root, range);
	return range != NULL && IsA(range, Const) ? (Const *) range : NULL;
}

/* The share of rows, from 0 to 1, for which a predicate is true.  Raises the errors of computing the range. */
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
