/*-------------------------------------------------------------------------
 *
 * check.c
 *	  idgen_check(): can this server issue IDs, and is it certain that none
 *	  will repeat?
 *
 * No rows means that all is well, so there must be a row for anything that makes
 * snowflake_nextval() fail on a server that is not in recovery.  The checks change nothing,
 * except that they create the shared area if there is none.  They also work on a standby,
 * which may be promoted later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "admin/check_clock.h"
#include "admin/check_files.h"
#include "admin/check_generators.h"
#include "admin/check_horizon.h"
#include "admin/check_lease.h"
#include "admin/check_node.h"
#include "admin/check_reservation.h"
#include "admin/check_segment_roots.h"
#include "admin/check_segments.h"
#include "admin/check_settings.h"
#include "admin/check_timelines.h"
#include "admin/check_version.h"
#include "generator/generator.h"
#include "generator/server_layout.h"

PG_FUNCTION_INFO_V1(idgen_check);

/* The server's layout, or the one that the first ID will fix; NULL if that is invalid. */
static const SnowflakeLayout *
get_server_layout(void)
{
	return server_layout_is_fixed() ? server_layout() : server_layout_asked();
}

/*
 * idgen_check(OUT severity text, OUT subject text, OUT finding text, OUT hint text)
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
	check_version(result);
	check_clock(result);
	check_reservation(result);
	check_lease(result, layout);
	check_node_fits(result, layout, &generator_datacenter, server_worker_is_leased() ? NULL : &generator_worker);
	if (layout != NULL)
	{
		check_layout(result, layout);
		if (!server_worker_is_leased())
			others = check_node(result, layout, layout, &generator_datacenter, &generator_worker);
	}
	check_timelines(result, layout);
	check_horizon(result);
	check_generators(result, layout, &others);
	check_segments(result);
	check_segment_roots(result);
	return (Datum) 0;
}
