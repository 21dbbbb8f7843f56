/*-------------------------------------------------------------------------
 *
 * segment_call.h
 *	  The segment that is the first argument of an SQL function.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_CALL_H
#define IDGEN_SEGMENT_CALL_H

#include "fmgr.h"

#include "segment/segment.h"

/* Each call site keeps its segment. */
static inline Segment *
segment_of_call(FunctionCallInfo fcinfo)
{
	Segment    *segment = fcinfo->flinfo->fn_extra;

	if (unlikely(segment == NULL || segment->oid != PG_GETARG_OID(0)))
	{
		segment = segment_find(PG_GETARG_OID(0));
		fcinfo->flinfo->fn_extra = segment;
	}
	return segment;
}

#endif							/* IDGEN_SEGMENT_CALL_H */
