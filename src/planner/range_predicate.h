/*-------------------------------------------------------------------------
 *
 * range_predicate.h
 *	  "Is the time of this ID in that range?", taken apart, and as comparisons.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_RANGE_PREDICATE_H
#define IDGEN_RANGE_PREDICATE_H

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

/* A call of a predicate, taken apart. */
typedef struct RangePredicate
{
	Expr	   *id;
	Expr	   *range;
	Oid			type;			/* in whose operators IDs compare */
	Datum		least;			/* of all values of that type */
	Datum		greatest;
	Oid			first;			/* function of a range for its first ID, or InvalidOid: there are no bounds */
	Oid			last;			/* and for its last one */
	Const	   *layout;			/* the functions' second argument; NULL: they have none */
} RangePredicate;

extern RangePredicate make_range_predicate(Node *id, Node *range, Oid type);
extern PGFunction get_function_code(Oid function);
extern Oid find_own_function(Oid schema, const char *name, const Oid *argument_types, int arguments,
									PGFunction code);
extern List *range_predicate_comparisons(const RangePredicate *predicate);

#endif							/* IDGEN_RANGE_PREDICATE_H */
