/*-------------------------------------------------------------------------
 *
 * ulid_time.c
 *	  See ulid_time.h, and the casts between ULIDs and timestamps.
 *
 * A timestamp without time zone is taken for one in UTC, so nothing here depends on
 * TimeZone.  Both kinds count us since 2000.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "ulid/ulid_time.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_moment.h"

PG_FUNCTION_INFO_V1(idgen_ulid_timestamp);
PG_FUNCTION_INFO_V1(idgen_ulid_of_timestamp);

/* The ms since 1970 that a moment lies in.  ERROR if no ULID has that time. */
int64
timestamptz_to_ulid_ms(TimestampTz moment)
{
	return timestamptz_to_uuid_us(moment, "The time", "type ulid") / US_PER_MS;
}

/* ulid_timestamp(id ulid), ulid_to_timestamp(ulid) */
Datum
idgen_ulid_timestamp(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(uuid_ms(PG_GETARG_UUID_BITS(0)) * US_PER_MS));
}

/* timestamptz_to_ulid(timestamptz), timestamp_to_ulid(timestamp): the least ULID of the millisecond */
Datum
idgen_ulid_of_timestamp(PG_FUNCTION_ARGS)
{
	return uuid_datum(uuid_order_least(UUID_ORDER_ULID, timestamptz_to_ulid_ms(PG_GETARG_TIMESTAMPTZ(0))));
}
