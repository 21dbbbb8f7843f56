/*-------------------------------------------------------------------------
 *
 * snowflake_horizon.c
 *	  SQL functions for the horizon of Snowflake IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "engine/horizon.h"
#include "generator/generator.h"
#include "generator/layout_convert.h"
#include "generator/named_generator.h"
#include "planner/horizon_use.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_horizon);
PG_FUNCTION_INFO_V1(idgen_generator_horizon);

#define CALLER "snowflake_horizon()"

/*
 * The horizon of a generator that is ready.  ERROR FEATURE_NOT_SUPPORTED if its IDs do
 * not sort by time: then those of another node can be below any of its own.
 */
static int64
read_horizon(Generator *generator, bool all_databases)
{
	const SnowflakeLayout *layout = &generator->source.layout;

	if (!layout_is_by_time(layout))
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("IDs of layout \"%s\" have no horizon", layout_to_text(layout)),
				errdetail("Its time is not the highest field, so IDs do not sort by time."));
	return (int64) horizon_read(&generator->source, all_databases);
}

/* snowflake_horizon(), snowflake_horizon(all_databases boolean) */
Datum
idgen_snowflake_horizon(PG_FUNCTION_ARGS)
{
	bool		all_databases = PG_NARGS() > 0 && PG_GETARG_BOOL(0);

	horizon_check_use(fcinfo, CALLER);
	PG_RETURN_INT64(read_horizon(generator_get_server(CALLER), all_databases));
}

/* snowflake_horizon(generator name), snowflake_horizon(generator name, all_databases boolean) */
Datum
idgen_generator_horizon(PG_FUNCTION_ARGS)
{
	bool		all_databases = PG_NARGS() > 1 && PG_GETARG_BOOL(1);
	NamedGenerator *named;

	horizon_check_use(fcinfo, CALLER);
	named = named_generator_find(NameStr(*PG_GETARG_NAME(0)));
	PG_RETURN_INT64(read_horizon(named_generator_get(named, CALLER), all_databases));
}
