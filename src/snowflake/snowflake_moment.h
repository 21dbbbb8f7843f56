/*-------------------------------------------------------------------------
 *
 * snowflake_moment.h
 *	  The ticks of a layout as moments, and moments as its ticks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_MOMENT_H
#define IDGEN_SNOWFLAKE_MOMENT_H

#include "datatype/timestamp.h"

#include "bits/layout.h"

extern TimestampTz snowflake_tick_start(const SnowflakeLayout *layout, uint64 tick);
extern int64 snowflake_tick_at(const SnowflakeLayout *layout, TimestampTz moment);

#endif							/* IDGEN_SNOWFLAKE_MOMENT_H */
