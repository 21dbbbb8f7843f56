/*-------------------------------------------------------------------------
 *
 * range_predicate.h
 *	  The predicate "the time of this ID is in this range", taken apart, and as
 *	  comparisons.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANGE_PREDICATE_H
#define IDGEN_RANGE_PREDICATE_H

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

typedef struct RangePredicate
{
	Expr	   *id;
	Expr	   *range;
	Oid			type;			/* whose operators compare IDs */
	Datum		least;			/* value of the type */
	Datum		greatest;		/* value of the type */
	Oid			first;			/* function: first ID of a range; InvalidOid
								 * if there are no bounds */
	Oid			last;			/* function: last ID of a range; the same */
	Const	   *layout;			/* second argument of these functions; NULL if
								 * they have none */
} RangePredicate;

extern RangePredicate make_range_predicate(Node *id, Node *range, Oid type);
extern PGFunction get_function_code(Oid function);
extern Oid	find_own_function(Oid schema, const char *name, const Oid *argument_types, int arguments,
							  PGFunction code);
extern List *range_predicate_comparisons(const RangePredicate *predicate);

#endif							/* IDGEN_RANGE_PREDICATE_H */
