/*-------------------------------------------------------------------------
 *
 * range_support.c
 *	  See range_support.h.
 *
 * A predicate on the time of an ID should use the index on the ID, prune partitions
 * and be estimated like any comparison.  So planner support functions replace it by
 *
 *		id >= first(range) AND id <= last(range)
 *
 * with the operators of the ID's type.  The lower bound is the first ID of the range
 * and not the last one before it, because partitions begin at a first ID, and the
 * planner does not know that there is no ID between the two.  PostgreSQL would inline
 * an SQL function with this body, too, but not if the range needs more than ten
 * operators; then the index would silently not be used.
 *
 * The replacement evaluates the range twice.  If two evaluations could differ, as
 * with any sub-select, the predicate stays.  An index can still serve it with the same
 * two comparisons, because by then the sub-select is a parameter that is computed
 * once.  range_selectivity.c estimates how many rows that finds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "planner/range_selectivity.h"
#include "planner/range_support.h"

/*
 * Is it cheap to evaluate an expression twice for each row?  The limit of ten operators
 * is that of PostgreSQL when it inlines an SQL function.
 */
static bool
is_cheap_to_repeat(Node *expression)
{
	QualCost	cost;

	if (contain_subplans(expression))
		return false;
	cost_qual_eval_node(&cost, expression, NULL);
	return cost.startup + cost.per_tuple <= 10 * cpu_operator_cost;
}

/*
 * Does the range depend on the same row as the ID?  Then it is computed for each row,
 * and an index cannot serve it.
 */
static bool
is_of_same_row(PlannerInfo *root, const RangePredicate *predicate)
{
	return bms_overlap(pull_varnos(root, (Node *) predicate->id),
					   pull_varnos(root, (Node *) predicate->range));
}

/*
 * Is this a comparison with the extreme value of the type, which is true for all IDs that
 * are not NULL?  Then it can be left out, which helps proofs: "id >= t" implies that an ID
 * is in the range of a partial index from an earlier time on, but the planner cannot prove
 * that it is at most the largest bigint.
 */
static bool
is_bounded_by(Node *comparison, const RangePredicate *predicate, Datum extreme)
{
	Const	   *bound = is_opclause(comparison) ? lsecond(((OpExpr *) comparison)->args) : NULL;

	return bound != NULL && IsA(bound, Const) && !bound->constisnull &&
		datumIsEqual(bound->constvalue, extreme, bound->constbyval, bound->constlen);
}

/* The replacement for a call of a predicate; NULL if it has to stay. */
static Node *
simplify_predicate(SupportRequestSimplify *request, const RangePredicate *predicate)
{
	List	   *comparisons;

	if (contain_volatile_functions((Node *) request->fcall->args) ||
		contain_subplans((Node *) predicate->range) ||
		!is_cheap_to_repeat((Node *) predicate->id))
		return NULL;

	/*
	 * Without a query, as in the condition of a trigger, there is only one
	 * row.
	 */
	if ((request->root == NULL || is_of_same_row(request->root, predicate)) &&
		!is_cheap_to_repeat((Node *) predicate->range))
		return NULL;

	comparisons = range_predicate_comparisons(predicate);
	if (comparisons == NIL)
		return NULL;
	comparisons = (List *) eval_const_expressions(request->root, (Node *) comparisons);

	/*
	 * A predicate is leakproof even if its bounds are not.  Then it can use
	 * an index below a security barrier.
	 */
	if (request->root != NULL && request->root->qual_security_level > 0 && contain_leaked_vars((Node *) comparisons))
		return NULL;
	if (is_bounded_by(lsecond(comparisons), predicate, predicate->greatest))
		comparisons = list_make1(linitial(comparisons));
	else if (is_bounded_by(linitial(comparisons), predicate, predicate->least))
		comparisons = list_make1(lsecond(comparisons));
	return eval_const_expressions(request->root, (Node *) make_ands_explicit(comparisons));
}

/* Index conditions for a predicate that was not replaced; NULL if the index cannot serve it. */
static Node *
make_index_condition(SupportRequestIndexCondition *request, const RangePredicate *predicate)
{
	List	   *comparisons;
	ListCell   *cell;

	if (!is_pseudo_constant_for_index(request->root, (Node *) predicate->range, request->index))
		return NULL;
	comparisons = range_predicate_comparisons(predicate);
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

static Node *
answer_simplify(SupportRequestSimplify *request, RangePredicateReader read)
{
	RangePredicate predicate = read((Node *) request, request->fcall->funcid, request->fcall->args);

	return simplify_predicate(request, &predicate);
}

static Node *
answer_index_condition(SupportRequestIndexCondition *request, RangePredicateReader read)
{
	Node	   *call = request->node;
	List	   *arguments = IsA(call, OpExpr) ? ((OpExpr *) call)->args : ((FuncExpr *) call)->args;
	RangePredicate predicate = read((Node *) request, request->funcid, arguments);

	return make_index_condition(request, &predicate);
}

static Node *
answer_selectivity(SupportRequestSelectivity *request, RangePredicateReader read)
{
	RangePredicate predicate = read((Node *) request, request->funcid, request->args);

	request->selectivity = estimate_range_selectivity(request->root, &predicate, request->varRelid,
													  request->jointype, request->sjinfo);
	return (Node *) request;
}

/* The answer to a request of the planner about a predicate; NULL if there is none. */
Node *
range_predicate_support(Node *request, RangePredicateReader read)
{
	switch (nodeTag(request))
	{
		case T_SupportRequestSimplify:
			return answer_simplify((SupportRequestSimplify *) request, read);
		case T_SupportRequestIndexCondition:
			return answer_index_condition((SupportRequestIndexCondition *) request, read);
		case T_SupportRequestSelectivity:
			return answer_selectivity((SupportRequestSelectivity *) request, read);
		default:
			return NULL;
	}
}
