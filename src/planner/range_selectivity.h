/*-------------------------------------------------------------------------
 *
 * range_selectivity.h
 *	  How many IDs are of a range of moments, as far as can be told beforehand.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANGE_SELECTIVITY_H
#define IDGEN_RANGE_SELECTIVITY_H

#include "nodes/pathnodes.h"

#include "planner/range_predicate.h"

extern Selectivity estimate_range_selectivity(PlannerInfo *root, const RangePredicate *predicate,
									 int varRelid, JoinType jointype, SpecialJoinInfo *sjinfo);

#endif							/* IDGEN_RANGE_SELECTIVITY_H */
