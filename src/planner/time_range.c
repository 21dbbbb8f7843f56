/*-------------------------------------------------------------------------
 *
 * time_range.c
 *	  See time_range.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "planner/time_range.h"

/* Before all finite timestamps, which begin in 4714 BC. */
#define LONG_AGO_US (-(INT64CONST(1) << 62))

/* Past the time of any ID; one more does not overflow. */
#define FAR_OFF_US (PG_INT64_MAX - 1)

/*
 * A moment in us since 1970.  infinity and the last 30 years of timestamps become
 * FAR_OFF_US, and -infinity becomes LONG_AGO_US.
 */
int64
clamped_unix_us(TimestampTz moment)
{
	int64		unix_us;

	if (pg_add_s64_overflow(moment, POSTGRES_EPOCH_UNIX_US, &unix_us))
		return FAR_OFF_US;
	return Min(Max(unix_us, LONG_AGO_US), FAR_OFF_US);
}

/* The us of a tstzrange.  Raises no errors. */
TimeRange
get_time_range(FunctionCallInfo fcinfo, RangeType *range)
{
	TimeRange	times = {
		.first_us = LONG_AGO_US,
		.last_us = FAR_OFF_US,
	};
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(range_get_typcache(fcinfo, RangeTypeGetOid(range)), range, &lower, &upper, &empty);
	if (empty)
	{
		times.first_us = FAR_OFF_US + 1;
		times.last_us = LONG_AGO_US;
		return times;
	}
	if (!lower.infinite)
		times.first_us = clamped_unix_us(DatumGetTimestampTz(lower.val)) + !lower.inclusive;
	if (!upper.infinite)
		times.last_us = clamped_unix_us(DatumGetTimestampTz(upper.val)) - !upper.inclusive;
	return times;
}
