/*-------------------------------------------------------------------------
 *
 * snowflake.c
 *	  What SQL calls to make Snowflake IDs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"

#include "generator/generator.h"
#include "generator/id_batch.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_nextval);
PG_FUNCTION_INFO_V1(idgen_snowflake_nextvals);
PG_FUNCTION_INFO_V1(idgen_snowflake_next_block);

/* snowflake_nextval() */
Datum
idgen_snowflake_nextval(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(generator_next_id(generator_get_server("snowflake_nextval()")));
}

/* snowflake_nextvals(count integer) */
Datum
idgen_snowflake_nextvals(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(id_batch(generator_get_server("snowflake_nextvals()"), PG_GETARG_INT32(0)));
}

/* snowflake_next_block(size integer) */
Datum
idgen_snowflake_next_block(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(id_block(generator_get_server("snowflake_next_block()"), PG_GETARG_INT32(0)));
}
