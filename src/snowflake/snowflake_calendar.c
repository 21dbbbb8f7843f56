/*-------------------------------------------------------------------------
 *
 * snowflake_calendar.c
 *	  What SQL calls for the time of a Snowflake as a calendar has it: the casts to
 *	  timestamp and date, date_trunc() and date_part().
 *
 * All is as for the timestamptz that the ID's time is, by the server's layout, and
 * raises what that does; so ERROR if the ID is none of the layout, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "generator/server_layout.h"
#include "snowflake/snowflake_parse.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_to_timestamp);
PG_FUNCTION_INFO_V1(idgen_snowflake_to_date);
PG_FUNCTION_INFO_V1(idgen_snowflake_date_trunc);
PG_FUNCTION_INFO_V1(idgen_snowflake_date_part);

static Datum
snowflake_timestamptz(Datum id)
{
	return TimestampTzGetDatum(snowflake_get_time(server_layout(), DatumGetInt64(id)));
}

/* snowflake_to_timestamp(snowflake) */
Datum
idgen_snowflake_to_timestamp(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(timestamptz_timestamp, snowflake_timestamptz(PG_GETARG_DATUM(0)));
}

/* snowflake_to_date(snowflake) */
Datum
idgen_snowflake_to_date(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(timestamptz_date, snowflake_timestamptz(PG_GETARG_DATUM(0)));
}

/* date_trunc(field text, id snowflake) */
Datum
idgen_snowflake_date_trunc(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall2(timestamptz_trunc, PG_GETARG_DATUM(0), snowflake_timestamptz(PG_GETARG_DATUM(1)));
}

/* date_part(field text, id snowflake); no field of a finite timestamptz is NULL */
Datum
idgen_snowflake_date_part(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall2(timestamptz_part, PG_GETARG_DATUM(0), snowflake_timestamptz(PG_GETARG_DATUM(1)));
}
