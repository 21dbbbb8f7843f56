/*-------------------------------------------------------------------------
 *
 * check_configuration.c
 *	  idgen_check_configuration(): what would be wrong on this server with a postgresql.conf
 *	  that has not been deployed?
 *
 * Settings that the text does not contain have their defaults, as with a file.
 * The findings are those of idgen_check().  Other servers, IDs and generators
 * are those that this server and database have now.  Nothing is changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "admin/check_files.h"
#include "admin/check_finding.h"
#include "admin/check_generators.h"
#include "admin/check_lease_settings.h"
#include "admin/check_node.h"
#include "admin/check_settings.h"
#include "base/compat.h"
#include "base/configuration_lines.h"
#include "bits/layout_overlap.h"
#include "engine/drift.h"
#include "engine/lease_limit.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "generator/generator.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "lease/lease_store.h"

PG_FUNCTION_INFO_V1(idgen_check_configuration);

#define PREFIX "idgen."

/* The values of a configuration, or their defaults. */
typedef struct Proposal
{
	bool		has_layout;		/* it is valid */
	SnowflakeLayout layout;
	ServerSetting datacenter;
	ServerSetting worker;
	int			max_drift;		/* in ms, as the others */
	int			max_regression;
	int			reserve_ahead;
	LeaseSettings lease;
} Proposal;

static void
propose_node(ServerSetting *setting, const char *value)
{
	setting->str = pstrdup(value);
	setting->value = setting->name == generator_worker.name ? node_setting_worker(value) : setting_number(value);
}

static void
propose_layout(ReturnSetInfo *result, Proposal *proposal, const char *value)
{
	LayoutProblem problem = {0};

	proposal->has_layout = server_layout_read(value, &proposal->layout, &problem);
	if (!proposal->has_layout)
		finding_put(result, FINDING_ERROR, server_layout_setting.name,
					problem.hint ? problem.hint : "Choose another layout.",
					"The value \"%s\" is invalid, so no IDs are issued. %s", value, problem.detail);
}

/*
 * Add a finding with PostgreSQL's message for a value that it does not accept.
 * Any other ERROR is raised again.
 */
static void
report_refusal(ReturnSetInfo *result, const char *name, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	if (error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE)
		PG_RE_THROW();
	FlushErrorState();
	finding_put(result, FINDING_WARNING, name,
				error->hint ? error->hint : "See docs/reference.md for its range.",
				"The value is not accepted, so sessions use the default: %s.", error->message);
	FreeErrorData(error);
}

/*
 * Would PostgreSQL accept a value of a setting that it parses itself?  It only
 * checks the value, so nothing has to be undone after an ERROR.
 */
static bool
is_value_accepted(ReturnSetInfo *result, const char *name, const char *value)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool is_accepted = true;

	PG_TRY();
	{
		(void) set_config_option(name, value, PGC_SIGHUP, PGC_S_FILE, GUC_ACTION_SET, false, ERROR, false);
	}
	PG_CATCH();
	{
		report_refusal(result, name, context);
		is_accepted = false;
	}
	PG_END_TRY();
	return is_accepted;
}

/* A setting in ms, if this is its line. */
static void
propose_time(const ConfigurationLine *line, const char *name, int *ms)
{
	if (pg_strcasecmp(line->name, name) == 0)
		(void) parse_int(line->value, ms, GUC_UNIT_MS, NULL);
}

/* Process a line that has a value. */
static void
propose_value(ReturnSetInfo *result, Proposal *proposal, const ConfigurationLine *line)
{
	if (pg_strcasecmp(line->name, server_layout_setting.name) == 0)
		propose_layout(result, proposal, line->value);
	else if (pg_strcasecmp(line->name, generator_datacenter.name) == 0)
		propose_node(&proposal->datacenter, line->value);
	else if (pg_strcasecmp(line->name, generator_worker.name) == 0)
		propose_node(&proposal->worker, line->value);
	else if (pg_strcasecmp(line->name, lease_store.name) == 0)
		proposal->lease.store = line->value;
	else if (pg_strcasecmp(line->name, lease_pool.name) == 0)
		proposal->lease.pool = line->value;
	else if (is_value_accepted(result, line->name, line->value))
	{
		propose_time(line, drift_max.name, &proposal->max_drift);
		propose_time(line, reference_max_regression.name, &proposal->max_regression);
		propose_time(line, "idgen.reserve_ahead", &proposal->reserve_ahead);
		propose_time(line, "idgen.lease_ttl", &proposal->lease.ttl_ms);
		propose_time(line, "idgen.lease_reach", &proposal->lease.reach_ms);
	}
}

/* A line with a setting of ours. Returns false if it has no valid value. */
static bool
check_line(ReturnSetInfo *result, const ConfigurationLine *line)
{
	if (line->value == NULL)
		finding_put(result, FINDING_ERROR, line->name,
					"Write it as name = value, with the value in single quotes if it is not a number.",
					"Line %d has a syntax error, so the server would not start.", line->number);
	return line->value != NULL && check_file_name(result, line->name);
}

/*
 * Keep a line, in place of an earlier one for the same setting, so there are
 * at most as many as settings.
 */
static List *
keep_last(List *lines, const ConfigurationLine *line)
{
	ConfigurationLine *copy = palloc(sizeof(ConfigurationLine));
	ListCell   *cell;

	*copy = *line;
	foreach(cell, lines)
	{
		if (pg_strcasecmp(((ConfigurationLine *) lfirst(cell))->name, line->name) == 0)
			lines = foreach_delete_current(lines, cell);
	}
	return lappend(lines, copy);
}

/*
 * The last line for each setting of ours, in their order; findings are about
 * these.
 */
static List *
read_lines(ReturnSetInfo *result, char *str)
{
	ConfigurationLine line = {0};
	List	   *lines = NIL;

	while (configuration_line_next(&str, &line))
	{
		CHECK_FOR_INTERRUPTS();
		if (pg_strncasecmp(line.name, PREFIX, strlen(PREFIX)) == 0 && check_line(result, &line))
			lines = keep_last(lines, &line);
	}
	return lines;
}

/* The defaults, and the values in the text. */
static Proposal
read_proposal(ReturnSetInfo *result, char *str)
{
	Proposal	proposal = {
		.has_layout = true,
		.layout = layout_default,
		.datacenter = {
			.name = generator_datacenter.name,
			.str = pstrdup("0"),
		},
		.worker = {
			.name = generator_worker.name,
			.str = pstrdup("0"),
		},
		.max_drift = DRIFT_DEFAULT_MAX,
		.max_regression = REFERENCE_DEFAULT_MAX_REGRESSION,
		.reserve_ahead = RESERVATION_DEFAULT_AHEAD,
		.lease = {
			.store = "",
			.pool = LEASE_DEFAULT_POOL,
			.ttl_ms = LEASE_DEFAULT_TTL_MS,
			.reach_ms = LEASE_DEFAULT_REACH_MS,
		},
	};
	ListCell   *cell;

	foreach(cell, read_lines(result, str))
		propose_value(result, &proposal, lfirst(cell));
	return proposal;
}

static bool
node_fits_layout(const SnowflakeLayout *layout, const ServerSetting *datacenter, const ServerSetting *worker)
{
	return setting_is_valid(datacenter) && datacenter->value <= layout_max(layout, LAYOUT_DATACENTER) &&
		setting_is_valid(worker) && worker->value <= layout_max(layout, LAYOUT_WORKER);
}

/* The datacenter and worker of a node that fits. */
static IdNumbers
get_id_numbers(const SnowflakeLayout *layout, const ServerSetting *datacenter, const ServerSetting *worker)
{
	return layout_node_numbers(layout, layout_put(layout, LAYOUT_DATACENTER, datacenter->value) |
							   layout_put(layout, LAYOUT_WORKER, worker->value));
}

/* The layout with which the server issues IDs now; NULL if it is invalid. */
static const SnowflakeLayout *
layout_now(void)
{
	return server_layout_is_fixed() ? server_layout() : server_layout_asked();
}

/* Can IDs of the layout be the same numbers as those that the server issues now? */
static void
check_layout_change(ReturnSetInfo *result, const Proposal *proposal)
{
	const SnowflakeLayout *present = layout_now();
	IdNumbers	ours,
				new;

	if (present == NULL || layout_equal(present, &proposal->layout) || !generator_server_fits(present) ||
		!node_fits_layout(&proposal->layout, &proposal->datacenter, &proposal->worker))
		return;
	ours = get_id_numbers(present, &generator_datacenter, &generator_worker);
	new = get_id_numbers(&proposal->layout, &proposal->datacenter, &proposal->worker);
	if (layout_may_be_equal(&ours, &new) && !layout_shares_timeline(&ours, &new))
		finding_put(result, FINDING_WARNING, server_layout_setting.name,
					"Read \"When a layout ends\" in docs/layouts.md before you change it.",
					layout_same_pace(&ours, &new) ?
					"This server issues IDs of layout \"%s\". IDs of the new layout can be equal to them when they are issued at the same time." :
					"This server issues IDs of layout \"%s\". IDs of the new layout can be equal to them when they are issued at different times.",
					layout_to_text(present));
}

/* What depends on the worker ID; NULL if it is leased, so that it is not known yet. */
static void
check_proposed_node(ReturnSetInfo *result, const Proposal *proposal, const ServerSetting *worker)
{
	check_setting(result, &proposal->datacenter, false);
	if (worker != NULL)
		check_setting(result, worker, false);
	check_node_fits(result, proposal->has_layout ? &proposal->layout : NULL, &proposal->datacenter, worker);
	if (proposal->has_layout)
		finding_put_layout(result, server_layout_setting.name, &proposal->layout);
	if (proposal->has_layout && worker != NULL)
	{
		check_layout_change(result, proposal);
		(void) check_node(result, &proposal->layout, layout_now(), &proposal->datacenter, worker);
	}
	check_generators_with_node(result, &proposal->datacenter, worker);
}

/* Could a worker ID be leased? */
static void
check_proposed_lease(ReturnSetInfo *result, const Proposal *proposal)
{
	if (!check_lease_names(result, &proposal->lease))
		return;
	check_lease_address(result, &proposal->lease);
	check_lease_times(result, &proposal->lease);
	check_lease_and_worker(result, &proposal->worker);
}

static void
check_proposal(ReturnSetInfo *result, const Proposal *proposal)
{
	bool		is_leased = proposal->lease.store[0] != '\0';

	check_clock_limits(result, proposal->max_drift, proposal->max_regression, proposal->reserve_ahead);
	check_proposed_node(result, proposal, is_leased ? NULL : &proposal->worker);
	if (is_leased)
		check_proposed_lease(result, proposal);
}

/*
 * idgen_check_configuration(configuration text, OUT severity text, OUT subject text,
 * OUT finding text, OUT hint text)
 */
Datum
idgen_check_configuration(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Proposal	proposal;

	InitMaterializedSRF(fcinfo, 0);
	proposal = read_proposal(result, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	check_proposal(result, &proposal);
	return (Datum) 0;
}
