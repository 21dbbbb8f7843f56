/*-------------------------------------------------------------------------
 *
 * snowflake_parse.h
 *	  Which numbers are Snowflake IDs of a layout.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_PARSE_H
#define IDGEN_SNOWFLAKE_PARSE_H

#include "bits/layout.h"

extern void snowflake_check_id(const SnowflakeLayout *layout, int64 id);

#endif							/* IDGEN_SNOWFLAKE_PARSE_H */
