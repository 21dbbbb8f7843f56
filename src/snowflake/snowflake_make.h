/*-------------------------------------------------------------------------
 *
 * snowflake_make.h
 *	  Fields of a Snowflake ID from arguments of SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_MAKE_H
#define IDGEN_SNOWFLAKE_MAKE_H

#include "bits/layout.h"

extern uint64 snowflake_field_bits(const SnowflakeLayout *layout, LayoutField field, int64 value);

#endif							/* IDGEN_SNOWFLAKE_MAKE_H */
