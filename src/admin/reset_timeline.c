/*-------------------------------------------------------------------------
 *
 * reset_timeline.c
 *	  idgen_reset_timeline(): the SQL side of a reset.
 *
 * reset.c says what a reset does, and when it is safe.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "foreign/foreign.h"
#include "lib/stringinfo.h"
#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "engine/drift.h"
#include "engine/id_space.h"
#include "engine/lease_limit.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "engine/reset.h"
#include "generator/generator.h"
#include "generator/generator_options.h"
#include "generator/named_generator.h"
#include "generator/server_layout.h"
#include "uuid/uuid_node.h"

PG_FUNCTION_INFO_V1(idgen_reset_timeline);

/* A list of generators in a message names no more after this many bytes. */
#define LONGEST_LIST 400

/* Is the timeline of the node that the server has now?  A timeline shared by nodes may be. */
static bool
timeline_is_of_present_node(const Timeline *timeline)
{
	uint64		node;

	if (id_space_is_shared(timeline))
		return true;

	/*
	 * Leases have ended and we have not been told yet, so the node may be
	 * any.
	 */
	if (lease_is_configured() && lease_holding().code == LEASE_BY_SETTING)
		return true;
	if (id_space_is_record(timeline))
		return uuid_find_server_node(&node) && timeline->node_bits == node;
	return generator_find_server_node_bits(&timeline->layout, &node) && timeline->node_bits == node;
}

static void
report_ids_might_repeat(uint64 start_us, const IssuedBefore *issued)
{
	char	   *start_text = pstrdup(timestamptz_to_str(clock_timestamptz(start_us)));

	if (start_us < issued->kept_end_us)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
				errdetail("Generators with a node of their own have issued IDs up to %s.",
						  timestamptz_to_str(clock_timestamptz(issued->kept_end_us))),
				errhint("Their nodes would issue the same IDs again. If you have given each of these generators another node, or know that no ID can repeat, use force => true."));
	if (start_us < issued->loaded_us)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
				errdetail("Before the server was last started, unknown nodes may have issued IDs up to %s.",
						  timestamptz_to_str(clock_timestamptz(issued->loaded_us))),
				server_worker_is_leased() ?
				errhint("IDs with a leased worker ID do not repeat. If no generator with a node of its own issued IDs then, or you know which IDs there are, use force => true.") :
				errhint("If the node that \"idgen.worker_id\" names was never used, and each generator with a node of its own has been given another one since, or you know which IDs there are, use force => true."));
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake IDs might repeat if the timeline went back to %s", start_text),
			errdetail("The node that this server has now has issued IDs up to %s.",
					  timestamptz_to_str(clock_timestamptz(issued->present_end_us))),
			errhint("Set \"idgen.worker_id\" to a value that no server has used, reload the configuration and try again. If you know that no ID can repeat, use force => true."));
}

/* The generators of this database that keep their node, or a part of it, or NULL if there are none. */
static char *
list_generators_with_node(void)
{
	StringInfoData names;
	ListCell   *cell;
	int			unnamed = 0;

	initStringInfo(&names);
	foreach(cell, named_generator_list())
	{
		ForeignServer *server = GetForeignServerExtended(lfirst_oid(cell), FSV_MISSING_OK);
		GeneratorOptions options;
		OptionsProblem problem;

		if (server == NULL || !generator_options_try(server->options, &options, &problem) ||
			!generator_options_keep_node(&options))
			continue;
		if (names.len < LONGEST_LIST)
			appendStringInfo(&names, "%s\"%s\"", names.len == 0 ? "" : ", ", server->servername);
		else
			unnamed++;
	}
	if (unnamed > 0)
		appendStringInfo(&names, _(", and %d more"), unnamed);
	return names.len == 0 ? NULL : names.data;
}

/*
 * Whoever forces a reset for the sake of the server's node answers for that;
 * generators that keep theirs are easily forgotten.
 */
static void
warn_if_generators_might_repeat(uint64 start_us, const IssuedBefore *issued)
{
	uint64		end_us = Max(issued->loaded_us, issued->kept_end_us);
	char	   *names;

	if (start_us >= end_us || (names = list_generators_with_node()) == NULL)
		return;
	ereport(WARNING,
			errmsg("generators with a node of their own might repeat snowflake IDs"),
			errdetail("IDs up to %s may have been issued. Such generators of this database are %s.",
					  timestamptz_to_str(clock_timestamptz(end_us)), names),
			errhint("Unless you have given each of these generators, and those of other databases, another node since then, do so with ALTER SERVER before they issue IDs."));
}

/* Setting the timeline ahead of the clock is allowed, but rarely intended; see reference_clock.c. */
static void
warn_if_ahead(uint64 start_us)
{
	int64		ahead_ms = ((int64) start_us - clock_unix_ns() / NS_PER_US) / 1000;

	if (ahead_ms > drift_max.value)
		ereport(WARNING,
				errmsg("snowflake IDs now begin %.3f s ahead of the system clock", (double) ahead_ms / 1000),
				ahead_ms <= reference_max_regression.value ?
				errdetail("IDs stay ahead until the clock has caught up, by at least 0.1 s less each second.") :
				errdetail("Calls wait until IDs are ahead of the clock by no more than \"idgen.max_regression\", which is %d ms.",
						  reference_max_regression.value),
				errhint("As long as no ID has been issued, idgen_reset_timeline() undoes this."));
}

/*
 * us since 1970 of the first tick at or after a time.  ERROR
 * DATETIME_VALUE_OUT_OF_RANGE if there is none.
 */
static uint64
find_tick_start(const SnowflakeLayout *layout, TimestampTz moment)
{
	TimestampTz first = clock_timestamptz(layout_tick_start_us(layout, 0));
	int64		last_us = Min(layout_tick_start_us(layout, layout_end_tick(layout) - 1), RESERVATION_LAST_US);
	TimestampTz last = clock_timestamptz(last_us);
	int64		tick;

	/* This includes infinity. */
	if (moment < first || moment > last)
	{
		char	   *first_text = pstrdup(timestamptz_to_str(first));

		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("start of the snowflake timeline out of range"),
				errdetail("It must be between %s and %s.",
						  first_text, timestamptz_to_str(last)));
	}

	tick = layout_tick_at_us(layout, clock_unix_us(moment));
	if (layout_tick_start_us(layout, tick) < clock_unix_us(moment))
		tick++;
	return layout_tick_start_us(layout, tick);
}

/* The start argument, or now, in us since 1970. */
static uint64
get_requested_start_us(FunctionCallInfo fcinfo, const SnowflakeLayout *layout)
{
	return find_tick_start(layout, PG_ARGISNULL(0) ? GetCurrentTimestamp() : PG_GETARG_TIMESTAMPTZ(0));
}

/* Reset the timelines.  ERROR OBJECT_NOT_IN_PREREQUISITE_STATE if IDs might repeat; others: those of reset_timelines(). */
static void
reset_or_report(ResetRequest *request)
{
	IssuedBefore issued;

	if (!reset_timelines(request, &issued))
		report_ids_might_repeat(request->start_us, &issued);
	warn_if_generators_might_repeat(request->start_us, &issued);
}

static void
resume_leases(int code, Datum arg)
{
	lease_resume();
}

/*
 * IDs with a leased worker ID may have been issued up to its fence, and its
 * agent may be about to claim another, so IDs could be issued between our look
 * at the timelines and the reset.  So the worker ID is given up, and claimed
 * again, or another one, after the reset.  Also if this process is terminated
 * in between, as nobody else would let the agent go on.
 */
static void
reset_without_worker(ResetRequest *request)
{
	lease_suspend();
	PG_ENSURE_ERROR_CLEANUP(resume_leases, (Datum) 0);
	{
		server_worker_release();
		reset_or_report(request);
	}
	PG_END_ENSURE_ERROR_CLEANUP(resume_leases, (Datum) 0);
	lease_resume();
}

/* idgen_reset_timeline(start timestamptz, force boolean) */
Datum
idgen_reset_timeline(PG_FUNCTION_ARGS)
{
	ResetRequest request = {
		.is_asked = !PG_ARGISNULL(0),
		.force = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1),
		.is_of_present_node = timeline_is_of_present_node,
	};

	generator_attach("idgen_reset_timeline()");
	request.start_us = get_requested_start_us(fcinfo, server_layout());
	if (server_worker_is_leased())
		reset_without_worker(&request);
	else
		reset_or_report(&request);
	warn_if_ahead(request.start_us);
	ereport(LOG,
			errmsg("snowflake timeline was reset to %s",
				   timestamptz_to_str(clock_timestamptz(request.start_us))));
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(request.start_us));
}
