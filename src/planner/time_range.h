/*-------------------------------------------------------------------------
 *
 * time_range.h
 *	  Moments and ranges of them, in microseconds since 1970 that arithmetic can bear.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIME_RANGE_H
#define IDGEN_TIME_RANGE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/rangetypes.h"

/* All us from the first to the last; none if that is less. */
typedef struct TimeRange
{
	int64		first_us;
	int64		last_us;
} TimeRange;

extern int64 clamped_unix_us(TimestampTz moment);
extern TimeRange get_time_range(FunctionCallInfo fcinfo, RangeType *range);

#endif							/* IDGEN_TIME_RANGE_H */
