/*-------------------------------------------------------------------------
 *
 * uuid_moment.c
 *	  See uuid_moment.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/uuid_bits.h"
#include "engine/clock.h"
#include "uuid/uuid_moment.h"

/*
 * A moment, or infinity, in us since 1970.  ERROR DATETIME_VALUE_OUT_OF_RANGE if no ID of
 * this kind has that time; moment_is begins the sentence that says so.
 */
int64
timestamptz_to_uuid_us(TimestampTz moment, const char *moment_is, const char *kind)
{
	if (moment < clock_timestamptz(0) || moment >= clock_timestamptz(UUID_END_MS * US_PER_MS))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range for %s", kind),
				errdetail("%s must be between 1970-01-01 and 10889-08-02 in UTC.", moment_is));
	return clock_unix_us(moment);
}
