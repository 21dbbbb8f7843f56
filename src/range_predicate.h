/*-------------------------------------------------------------------------
 *
 * range_predicate.h
 *	  What the planner makes of "is the time of this ID in that range?".
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANGE_PREDICATE_H
#define IDGEN_RANGE_PREDICATE_H

#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"

/* A call of a predicate, taken apart. */
typedef struct RangePredicate
{
	Expr	   *id;
	Expr	   *range;
	Oid			type;			/* in whose operators IDs compare */
	Oid			first;			/* function of a range for its first ID, or InvalidOid: there are no bounds */
	Oid			last;			/* and for its last one */
	Const	   *layout;			/* the functions' second argument; NULL: they have none */
} RangePredicate;

extern RangePredicate range_predicate(Node *id, Node *range, Oid type);
extern Oid range_predicate_function(Oid schema, const char *name, const Oid *argument_types, int arguments);
extern List *range_predicate_arguments(SupportRequestIndexCondition *request);
extern Node *range_predicate_simplify(SupportRequestSimplify *request, const RangePredicate *predicate);
extern Node *range_predicate_index_condition(SupportRequestIndexCondition *request, const RangePredicate *predicate);

#endif							/* IDGEN_RANGE_PREDICATE_H */
