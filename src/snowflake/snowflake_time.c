/*-------------------------------------------------------------------------
 *
 * snowflake_time.c
 *	  What SQL calls to have a moment as a bound on Snowflake IDs.
 *
 * The comparisons of IDs with moments are SQL functions around these, which the
 * planner replaces by their bodies; see snowflake_time.sql.  What concerns ranges is
 * in snowflake_range.c.  The last argument of all is the layout, which must be by
 * time; ERROR if it is not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "planner/id_bounds.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_lower_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_upper_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_first_from);

/* snowflake_lower_bound(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_lower_bound(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	ensure_by_time(layout);
	PG_RETURN_INT64(first_id_at(layout, PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_upper_bound(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_upper_bound(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	ensure_by_time(layout);
	PG_RETURN_INT64(last_id_at(layout, PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_first_from(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_first_from(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	ensure_by_time(layout);
	PG_RETURN_INT64(first_id_from(layout, PG_GETARG_TIMESTAMPTZ(0)));
}
