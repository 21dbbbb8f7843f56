/*-------------------------------------------------------------------------
 *
 * moment_range.h
 *	  Moments and ranges of them, in microseconds since 1970 that arithmetic can bear.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_MOMENT_RANGE_H
#define IDGEN_MOMENT_RANGE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/rangetypes.h"

/* All us from the first to the last; none if that is less. */
typedef struct MomentRange
{
	int64		first_us;
	int64		last_us;
} MomentRange;

extern int64 moment_us(TimestampTz moment);
extern MomentRange moment_range(FunctionCallInfo fcinfo, RangeType *range);

#endif							/* IDGEN_MOMENT_RANGE_H */
