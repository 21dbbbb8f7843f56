/*-------------------------------------------------------------------------
 *
 * range_selectivity.c
 *	  See range_selectivity.h.
 *
 * Only predicates that were not replaced by comparisons come here: those whose range is
 * a sub-select, and those in layouts without bounds.  Where the range can be guessed,
 * as that of "(SELECT tstzrange(now() - '1 hour', now()))", they are estimated as the
 * comparisons are; else as PostgreSQL estimates that a range contains an element which
 * it knows nothing of, for the function as for the operators.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"

#include "planner/range_selectivity.h"

/* What contsel() says of anything: a thousandth. */
#define UNKNOWN_RANGE_SELECTIVITY 0.001

/* What a plan shows that is "SELECT expression", without FROM or conditions; NULL if it is another. */
static Node *
only_expression(Plan *plan)
{
	if (!IsA(plan, Result) || outerPlan(plan) != NULL || ((Result *) plan)->resconstantqual != NULL)
		return NULL;
	return (Node *) linitial_node(TargetEntry, plan->targetlist)->expr;
}

/* The sub-select that a parameter stands for, if it is a mere expression; NULL if it is not. */
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

/* The range, if it can be guessed; NULL if it cannot. */
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

/* The share of rows, from 0 to 1, for which a predicate holds.  Raises what computing the range raises. */
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
