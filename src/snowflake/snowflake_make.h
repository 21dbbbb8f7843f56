/*-------------------------------------------------------------------------
 *
 * snowflake_make.h
 *	  Parts of a Snowflake ID as SQL gives them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_MAKE_H
#define IDGEN_SNOWFLAKE_MAKE_H

#include "bits/layout.h"

extern uint64 snowflake_field_bits(const SnowflakeLayout *layout, LayoutField field, int64 value);

#endif							/* IDGEN_SNOWFLAKE_MAKE_H */
