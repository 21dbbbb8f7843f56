/*-------------------------------------------------------------------------
 *
 * snowflake.c
 *	  SQL functions that issue Snowflake IDs, of the server's layout and of generators.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "utils/array.h"

#include "generator/generator.h"
#include "generator/id_batch.h"
#include "generator/named_generator.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_nextval);
PG_FUNCTION_INFO_V1(idgen_snowflake_nextvals);
PG_FUNCTION_INFO_V1(idgen_snowflake_next_block);
PG_FUNCTION_INFO_V1(idgen_generator_nextval);
PG_FUNCTION_INFO_V1(idgen_generator_nextvals);
PG_FUNCTION_INFO_V1(idgen_generator_next_block);

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

/*
 * Is the name of the generator the same in all calls of this call site?  A parameter is
 * not: PL/pgSQL evaluates one expression with different values.
 */
static bool
generator_name_is_constant(const FmgrInfo *function)
{
	Node	   *call = function->fn_expr;

	return call != NULL && IsA(call, FuncExpr) && IsA(linitial(((FuncExpr *) call)->args), Const);
}

/*
 * The generator that the first argument names, ready to issue IDs.  If the name is a
 * constant, the call site caches the generator.
 */
static inline Generator *
get_generator(FunctionCallInfo fcinfo, const char *caller)
{
	NamedGenerator *named = fcinfo->flinfo->fn_extra;

	if (unlikely(named == NULL))
	{
		named = named_generator_find(NameStr(*PG_GETARG_NAME(0)));
		if (generator_name_is_constant(fcinfo->flinfo))
			fcinfo->flinfo->fn_extra = named;
	}
	return named_generator_get(named, caller);
}

/*
 * snowflake_nextval(generator name)
 *
 * It is not STRICT, because PostgreSQL would look for a null in each call, and a call site
 * that has cached its generator needs no argument.
 */
Datum
idgen_generator_nextval(PG_FUNCTION_ARGS)
{
	if (unlikely(fcinfo->flinfo->fn_extra == NULL) && PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_INT64(generator_next_id(get_generator(fcinfo, "snowflake_nextval()")));
}

/* snowflake_nextvals(generator name, count integer) */
Datum
idgen_generator_nextvals(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(id_batch(get_generator(fcinfo, "snowflake_nextvals()"),
								   PG_GETARG_INT32(1)));
}

/* snowflake_next_block(generator name, size integer) */
Datum
idgen_generator_next_block(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(id_block(get_generator(fcinfo, "snowflake_next_block()"),
							 PG_GETARG_INT32(1)));
}
