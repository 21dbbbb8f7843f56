/*-------------------------------------------------------------------------
 *
 * snowflake_make.c
 *	  Compose a Snowflake ID from its fields, for tests, fixtures and backdating.
 *
 * It may be the same as an ID that has been or will be issued.  Only IDs that the server
 * or a generator issues are unique; see generator.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "bits/layout_text.h"
#include "generator/layout_convert.h"
#include "snowflake/snowflake_layout.h"
#include "snowflake/snowflake_make.h"
#include "snowflake/snowflake_time.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_make);

/*
 * The value of a field in its place.  ERROR NUMERIC_VALUE_OUT_OF_RANGE unless it is
 * 0 .. layout_max(), or 0 for a field that the layout lacks.
 */
uint64
snowflake_field_bits(const SnowflakeLayout *layout, LayoutField field, int64 value)
{
	const char *name = layout_field_names[field];
	int64		most = (int64) layout_max(layout, field);

	if (!layout_has(layout, field) && value != 0)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("snowflake layout has no field \"%s\"", name),
				errdetail("The %s given is %lld, and the layout is \"%s\".",
						  name, (long long) value, layout_to_text(layout)));
	if (value < 0 || value > most)
		ereport(ERROR,
				errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("%s of snowflake ID out of range: %lld", name, (long long) value),
				errdetail("The %s must be between 0 and %lld in layout \"%s\".",
						  name, (long long) most, layout_to_text(layout)));
	return layout_put(layout, field, (uint64) value);
}

/*
 * snowflake_make(created_at timestamptz, sequence integer, worker_id integer,
 *				  datacenter_id integer, shard_id integer, slab_id bigint,
 *				  layout snowflake_layout)
 */
Datum
idgen_snowflake_make(PG_FUNCTION_ARGS)
{
	TimestampTz created_at = PG_GETARG_TIMESTAMPTZ(0);
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(6);

	PG_RETURN_INT64((int64) (layout_put(layout, LAYOUT_TIME, snowflake_tick_at(layout, created_at)) |
							 snowflake_field_bits(layout, LAYOUT_SEQUENCE, PG_GETARG_INT32(1)) |
							 snowflake_field_bits(layout, LAYOUT_WORKER, PG_GETARG_INT32(2)) |
							 snowflake_field_bits(layout, LAYOUT_DATACENTER, PG_GETARG_INT32(3)) |
							 snowflake_field_bits(layout, LAYOUT_SHARD, PG_GETARG_INT32(4)) |
							 snowflake_field_bits(layout, LAYOUT_SLAB, PG_GETARG_INT64(5))));
}
