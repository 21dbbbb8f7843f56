/*-------------------------------------------------------------------------
 *
 * snowflake_bounds.h
 *	  Moments as bounds on IDs of a layout.
 *
 * An ID's time is the start of its tick.  So IDs whose time is at or before a
 * moment are those up to the last of the moment's tick, and IDs whose time is at
 * or after it are those from the first of the first tick that starts then.
 * Before the epoch the last one is -1, so that no ID is up to it.  Past the end of
 * the layout both are the largest of all IDs: there is no number that all IDs
 * are below.  Infinities are moments like others, and nothing is an error.
 *
 * All this is about IDs that increase with their time, so the layout must be by
 * time: callers have snowflake_check_has_bounds() say so, whose error is the only one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_BOUNDS_H
#define IDGEN_SNOWFLAKE_BOUNDS_H

#include "datatype/timestamp.h"

#include "bits/layout.h"

extern void snowflake_check_has_bounds(const SnowflakeLayout *layout);

extern int64 snowflake_first_id_at(const SnowflakeLayout *layout, TimestampTz moment);
extern int64 snowflake_first_id_from(const SnowflakeLayout *layout, TimestampTz moment);
extern int64 snowflake_last_id_at(const SnowflakeLayout *layout, TimestampTz moment);
extern int64 snowflake_last_id_before(const SnowflakeLayout *layout, TimestampTz moment);

#endif							/* IDGEN_SNOWFLAKE_BOUNDS_H */
