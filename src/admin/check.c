/*-------------------------------------------------------------------------
 *
 * check.c
 *	  idgen_check(): is this server fit to make IDs that never repeat?
 *
 * No rows is good news, so whatever makes a call of snowflake_nextval() fail on a server
 * that is not in recovery is to have one.  It looks at what is, and changes nothing but that
 * it creates the shared area if there is none.  It works on a standby, too, which one day may
 * be promoted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "admin/check_clock.h"
#include "admin/check_files.h"
#include "admin/check_generators.h"
#include "admin/check_node.h"
#include "admin/check_reservation.h"
#include "admin/check_settings.h"
#include "admin/check_timelines.h"
#include "generator/generator.h"
#include "generator/server_layout.h"

PG_FUNCTION_INFO_V1(idgen_check);

/* The server's layout, as it is or will be for who issues the first ID; NULL if it is invalid. */
static const SnowflakeLayout *
get_server_layout(void)
{
	return server_layout_is_fixed() ? server_layout() : server_layout_asked();
}

/*
 * idgen_check(OUT severity text, OUT subject text, OUT finding text, OUT cure text)
 */
Datum
idgen_check(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const SnowflakeLayout *layout;
	Others		others = {.how = NULL};

	InitMaterializedSRF(fcinfo, 0);
	layout = get_server_layout();
	check_settings(result);
	check_files(result);
	check_clock(result);
	check_reservation(result);
	check_node_fits(result, layout, &generator_datacenter, &generator_worker);
	if (layout != NULL)
	{
		check_layout(result, layout);
		others = check_node(result, layout, &generator_datacenter, &generator_worker);
	}
	check_timelines(result, layout);
	check_generators(result, layout, &others);
	return (Datum) 0;
}
