/*-------------------------------------------------------------------------
 *
 * range_selectivity.h
 *	  An estimate of how many IDs have their time in a range.
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
