/*-------------------------------------------------------------------------
 *
 * snowflake_bounds.h
 *	  Timestamps as bounds on IDs of a layout.
 *
 * The time of an ID is the start of its tick.  So the IDs at or before a timestamp
 * end with the last ID of its tick, and the IDs at or after it begin with the first ID
 * of the first tick that starts at or after it.  Before the epoch the last ID is -1,
 * which is below all IDs.  Past the end of the layout both are the largest of all IDs,
 * since there is no number above all IDs.  Infinity is a timestamp like others.
 *
 * Bounds exist only if IDs increase with their time.  Callers must check the layout
 * with snowflake_check_has_bounds(), which raises the only error.
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

#endif							/* IDGEN_SNOWFLAKE_BOUNDS_H */
