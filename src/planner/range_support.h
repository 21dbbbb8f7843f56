/*-------------------------------------------------------------------------
 *
 * range_support.h
 *	  Planner support for the predicate "the time of this ID is in this range".
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANGE_SUPPORT_H
#define IDGEN_RANGE_SUPPORT_H

#include "planner/range_predicate.h"

/* Takes apart a call of a function or an operator, for a request to a planner support function. */
typedef RangePredicate (*RangePredicateReader) (Node *request, Oid function, List *arguments);

extern Node *range_predicate_support(Node *request, RangePredicateReader read);

#endif							/* IDGEN_RANGE_SUPPORT_H */
