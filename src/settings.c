/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Every setting, and what happens to a value that is refused.
 *
 * Hooks of settings look at what this process has, and read texts.  They never create or
 * lock shared memory, nor raise: an ERROR from one leaves the rest of a reload undone, and
 * aborts the transaction that the reload came into.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "tcop/pquery.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "base/compat.h"
#include "bits/layout_text.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "engine/shmem.h"
#include "engine/waiting.h"
#include "engine/window.h"
#include "generator/generator.h"
#include "generator/server_layout.h"
#include "settings.h"
#include "uuid/uuid_node.h"

#define MS_PER_MINUTE (60 * 1000)
#define MS_PER_DAY (24 * 60 * MS_PER_MINUTE)

int			settings_max_generators = TIMELINES_IN_BLOCKS(BLOCKS_WITHOUT_PRELOADING);

static const struct config_enum_entry uuid_node_kinds[] = {
	{"random", UUID_NODE_RANDOM, false},
	{"server", UUID_NODE_SERVER, false},
	{NULL, 0, false}
};

static const struct config_enum_entry sequence_starts[] = {
	{"zero", SEQUENCE_ZERO, false},
	{"random", SEQUENCE_RANDOM, false},
	{"rolling", SEQUENCE_ROLLING, false},
	{NULL, 0, false}
};

/*
 * Does ALTER SYSTEM ask?  Who says it should know at once that a value is no good.  A reload
 * must take any; it comes between statements, and may come within a transaction.
 */
static bool
is_alter_system(void)
{
	return ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_ALTER_SYSTEM;
}

/* A text that says nothing stops IDs in all sessions, so let the postmaster's log tell. */
static void
log_if_invalid(const ServerSetting *setting, const char *text)
{
	if (!IsUnderPostmaster && setting->value == SETTING_INVALID)
		ereport(LOG,
				errmsg("invalid value for parameter \"%s\": \"%s\"", setting->name, text),
				errdetail("No IDs are issued that it would be in."));
}

/*
 * The node may be meant for another layout, which follows in the same file or comes with
 * the next start, or for IDs of 128 bits.  So what no layout can hold is all to refuse.
 */
static bool
check_node(const char *text, LayoutField field)
{
	const SnowflakeLayout *layout = server_layout_expected();
	int			value = setting_number(text);
	char		detail[GENERATOR_DETAIL_SIZE];

	if (!is_alter_system())
		return true;
	if (value == SETTING_INVALID)
	{
		GUC_check_errdetail("%s", SETTING_NUMBER_DETAIL);
		return false;
	}
	if (layout != NULL && value > layout_max(layout, field))
		ereport(WARNING,
				errmsg("the server's %s will not fit its layout", layout_field_names[field]),
				errdetail("%s", generator_misfit_detail(layout, field, value, detail)),
				errhint("After a reload no snowflake IDs are issued until value and layout go together."));
	return true;
}

static bool
check_datacenter_id(char **text, void **extra, GucSource source)
{
	return check_node(*text, LAYOUT_DATACENTER);
}

static bool
check_worker_id(char **text, void **extra, GucSource source)
{
	return check_node(*text, LAYOUT_WORKER);
}

/* So does a number that does not fit. */
static void
log_if_misfit(const ServerSetting *setting, LayoutField field)
{
	const SnowflakeLayout *layout = server_layout_expected();
	char		detail[GENERATOR_DETAIL_SIZE];

	if (!IsUnderPostmaster && layout != NULL && setting_is_valid(setting) &&
		!generator_server_field_fits(layout, field))
		ereport(LOG,
				errmsg("value of parameter \"%s\" does not fit the layout", setting->name),
				errdetail("%s", generator_misfit_detail(layout, field, setting->value, detail)));
}

/* What the text says is read here, which cannot fail, so that the two always go together. */
static void
assign_node(ServerSetting *setting, LayoutField field, const char *text)
{
	setting->value = setting_number(text);
	log_if_invalid(setting, text);
	log_if_misfit(setting, field);
	generator_changes++;
}

static void
assign_datacenter_id(const char *text, void *extra)
{
	assign_node(&generator_datacenter, LAYOUT_DATACENTER, text);
}

static void
assign_worker_id(const char *text, void *extra)
{
	assign_node(&generator_worker, LAYOUT_WORKER, text);
}

static const char *
show_datacenter_id(void)
{
	return setting_shown(&generator_datacenter);
}

static const char *
show_worker_id(void)
{
	return setting_shown(&generator_worker);
}

static bool
check_layout(char **text, void **extra, GucSource source)
{
	SnowflakeLayout layout;
	LayoutProblem problem = {0};

	if (!is_alter_system() || server_layout_read(*text, &layout, &problem))
		return true;
	GUC_check_errdetail("%s", problem.detail);
	if (problem.hint)
		GUC_check_errhint("%s", problem.hint);
	return false;
}

static void
assign_layout(const char *text, void *extra)
{
	server_layout_set(text);
	log_if_invalid(&server_layout_setting, text);
}

static void
assign_sequence_start(int value, void *extra)
{
	generator_changes++;
}

static void
assign_max_drift(int value, void *extra)
{
	window_max_drift.refused = NULL;
}

static void
assign_max_regression(int value, void *extra)
{
	reference_max_regression.refused = NULL;
}

/* Where the value of a setting comes from. */
static GucSource
source_of(const char *name)
{
	const struct config_generic *setting = compat_find_setting(name);

	return setting ? setting->source : PGC_S_DEFAULT;
}

/* What was asked for a setting before the library was loaded. */
typedef struct Asked
{
	GucSource	source;			/* PGC_S_DEFAULT: nothing */
	const char *text;
} Asked;

static Asked
asked_before(const char *name)
{
	const char *text = GetConfigOption(name, true, false);

	return (Asked)
	{
		.source = source_of(name),
		.text = MemoryContextStrdup(TopMemoryContext, text ? text : ""),
	};
}

/*
 * Give a setting a value in the place of what PostgreSQL has not taken, as if it came from
 * some source of the server's.  While a parallel operation is under way PostgreSQL allows
 * no action but this, which for these sources lasts.
 */
static void
put_in_place(const char *name, const char *text, GucSource source)
{
	(void) set_config_option(name, text, PGC_SIGHUP, source, GUC_ACTION_SAVE, true, ERROR, false);
}

/* Is it from the server's files or command line? */
static bool
is_of_server(Asked asked)
{
	return asked.source <= PGC_S_ARGV;
}

/* Did the default take the place of what was asked for? */
static bool
is_dropped(const char *name, Asked asked)
{
	return asked.source != PGC_S_DEFAULT && source_of(name) == PGC_S_DEFAULT;
}

/*
 * Define a setting that decides which IDs the server issues.
 *
 * PostgreSQL drops a value set before the library was loaded that comes from a place
 * that may not set it, with a warning, and the default takes its place even if
 * postgresql.conf names another value.  That could be another server's identity.  A text
 * that says so instead is one that is invalid, here and in parallel workers, which
 * PostgreSQL gives their leader's settings.  In a parallel operation it drops even what
 * comes from the server's configuration.
 */
static void
define_identity(ServerSetting *setting, const char *description, const char *long_description,
				const char *default_text, GucStringCheckHook check_hook,
				GucStringAssignHook assign_hook, GucShowHook show_hook)
{
	Asked		asked = asked_before(setting->name);

	DefineCustomStringVariable(setting->name, description, long_description,
							   &setting->text, default_text,
							   PGC_SIGHUP, 0, check_hook, assign_hook, show_hook);
	if (!is_dropped(setting->name, asked))
		return;
	if (is_of_server(asked))
		put_in_place(setting->name, asked.text, asked.source);
	else
		put_in_place(setting->name, setting_foreign_text(asked.text), PGC_S_FILE);
}

/*
 * A limit of the clock is no identity, and a number of PostgreSQL's: one that it does not
 * take leaves sessions with what they have, and those that have none with the default.
 * But who may not set it could so exceed the server's limit.  Parallel workers, which do
 * not know of that, are given none.
 */
static void
define_clock_limit(ServerSetting *setting, const char *description, const char *long_description,
				   GucIntAssignHook assign_hook)
{
	Asked		asked = asked_before(setting->name);

	DefineCustomIntVariable(setting->name, description, long_description,
							&setting->value, setting->value, 0, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, assign_hook, NULL);
	if (is_dropped(setting->name, asked) && !is_of_server(asked))
	{
		put_in_place(setting->name, "0", PGC_S_FILE);
		setting->refused = setting_foreign_text(asked.text);
	}
}

/*
 * Define all settings, once, when the library is loaded.  Errors: those of PostgreSQL for
 * settings that exist already.
 */
void
settings_define(void)
{
	static const char *const one_node_each =
		"Every server that issues IDs for the same tables needs a node of its own.";

	define_identity(&server_layout_setting,
					"Sets the layout of this server's snowflake IDs.",
					"The name of a preset, or the fields from high to low.  It is fixed when the server has started.",
					"default", check_layout, assign_layout, NULL);
	define_identity(&generator_datacenter,
					"Sets the datacenter part of this server's node, a number.",
					one_node_each, "0", check_datacenter_id, assign_datacenter_id, show_datacenter_id);
	define_identity(&generator_worker,
					"Sets the worker part of this server's node, a number.",
					one_node_each, "0", check_worker_id, assign_worker_id, show_worker_id);
	define_clock_limit(&window_max_drift,
					   "Sets how far the time in IDs may run ahead of the reference clock.",
					   "It absorbs bursts above what the layout holds in a tick.  The reference clock is the system clock, or one that goes on where that was set back.",
					   assign_max_drift);
	define_clock_limit(&reference_max_regression,
					   "Sets how far the system clock may be behind before calls wait for it.",
					   "IDs go on by a clock of their own if the system clock is set back, or behind at a start, by no more than this.",
					   assign_max_regression);

	DefineCustomIntVariable("idgen.reserve_ahead",
							"Sets how far beyond the IDs made time is reserved durably.",
							"After a crash or a failover, IDs go on up to this much ahead of the clock.  A longer reservation is written less often.",
							&reservation_ahead, reservation_ahead, 100, MS_PER_MINUTE,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable("idgen.max_wait",
							"Sets how long a call may wait for an ID, for the clock or for a synchronous standby.",
							"After this time the call fails.  A batch may wait as long for each part of it.",
							&waiting_max, waiting_max, 0, MS_PER_DAY,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable("idgen.max_generators",
							"Sets how many layouts and nodes generators can issue IDs with while the server runs.",
							"It has an effect where idgen is preloaded.  Half of them are for the server and generators of superusers.",
							&settings_max_generators, settings_max_generators, 0, MAX_TIMELINES,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	DefineCustomEnumVariable("idgen.sequence_start",
							 "Sets where in a tick the sequence of this server's own snowflake IDs begins.",
							 "At zero, at a random value, or where the last ID left off.  Within the tick it goes on by one.",
							 &generator_sequence_start, generator_sequence_start, sequence_starts,
							 PGC_SIGHUP, 0, NULL, assign_sequence_start, NULL);

	DefineCustomEnumVariable("idgen.uuid_node",
							 "Sets what the node of UUIDs of versions 1 and 6 is.",
							 "A random number of each session's own, or the server's datacenter and worker.",
							 &uuid_node_kind, uuid_node_kind, uuid_node_kinds,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	MarkGUCPrefixReserved("idgen");
}
