/*-------------------------------------------------------------------------
 *
 * time_range.h
 *	  Timestamps and tstzranges in us since 1970, clamped so that arithmetic on them
 *	  does not overflow.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TIME_RANGE_H
#define IDGEN_TIME_RANGE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/rangetypes.h"

/* All us from first_us to last_us; empty if last_us is less. */
typedef struct TimeRange
{
	int64		first_us;
	int64		last_us;
} TimeRange;

extern int64 clamped_unix_us(TimestampTz moment);
extern TimeRange get_time_range(FunctionCallInfo fcinfo, RangeType *range);

#endif							/* IDGEN_TIME_RANGE_H */
