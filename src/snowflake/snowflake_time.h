/*-------------------------------------------------------------------------
 *
 * snowflake_time.h
 *	  The time of a Snowflake ID, and the ticks of its layout as timestamps.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_TIME_H
#define IDGEN_SNOWFLAKE_TIME_H

#include "datatype/timestamp.h"

#include "bits/layout.h"

extern TimestampTz snowflake_tick_start(const SnowflakeLayout *layout, uint64 tick);
extern int64 snowflake_tick_at(const SnowflakeLayout *layout, TimestampTz moment);
extern void snowflake_check_id(const SnowflakeLayout *layout, int64 id);

#endif							/* IDGEN_SNOWFLAKE_TIME_H */
