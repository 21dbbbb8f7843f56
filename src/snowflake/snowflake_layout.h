/*-------------------------------------------------------------------------
 *
 * snowflake_layout.h
 *	  The type snowflake_layout, for functions that take one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SNOWFLAKE_LAYOUT_H
#define IDGEN_SNOWFLAKE_LAYOUT_H

#include "fmgr.h"
#include "nodes/pathnodes.h"
#include "nodes/primnodes.h"

#include "bits/layout.h"

#define DatumGetLayoutP(datum) ((const SnowflakeLayout *) DatumGetPointer(datum))
#define PG_GETARG_LAYOUT_P(n) DatumGetLayoutP(PG_GETARG_DATUM(n))
#define PG_RETURN_LAYOUT_P(layout) PG_RETURN_POINTER(layout)

extern PGDLLEXPORT Datum idgen_snowflake_layout(PG_FUNCTION_ARGS);
extern bool snowflake_layout_is_known(PlannerInfo *root);
extern Const *snowflake_layout_constant(Oid type);

#endif							/* IDGEN_SNOWFLAKE_LAYOUT_H */
