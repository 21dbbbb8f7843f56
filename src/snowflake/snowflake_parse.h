/*-------------------------------------------------------------------------
 *
 * snowflake_parse.h
 *	  Reading Snowflake IDs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_PARSE_H
#define IDGEN_SNOWFLAKE_PARSE_H

#include "datatype/timestamp.h"

#include "bits/layout.h"

extern TimestampTz snowflake_get_time(const SnowflakeLayout *layout, int64 id);

#endif							/* IDGEN_SNOWFLAKE_PARSE_H */
