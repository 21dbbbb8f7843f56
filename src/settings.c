/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Every setting, and what happens to an invalid value.
 *
 * The hooks of settings read only texts and the state of this process.  They
 * never create or lock shared memory, and never raise: an ERROR in a hook would
 * leave the rest of a reload undone, and abort the transaction during which the
 * reload is processed.
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
#include "engine/drift.h"
#include "engine/lease_limit.h"
#include "engine/reference_clock.h"
#include "engine/reservation.h"
#include "engine/shmem.h"
#include "engine/wait.h"
#include "generator/generator.h"
#include "generator/server_layout.h"
#include "hlc/hlc_clock.h"
#include "lease/lease_secret.h"
#include "lease/lease_store.h"
#include "outbox/horizon_holders.h"
#include "segment/lamport.h"
#include "segment/segment_agent.h"
#include "segment/segment_memory.h"
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
 * Is the value set by ALTER SYSTEM?  Its user should learn at once that the
 * value is invalid.  A reload must accept any value; it is processed between
 * statements, possibly within a transaction.
 */
static bool
is_alter_system(void)
{
	return ActivePortal != NULL && ActivePortal->commandTag == CMDTAG_ALTER_SYSTEM;
}

/* An invalid text stops IDs in all sessions, so the postmaster logs it. */
static void
log_if_invalid(const ServerSetting *setting, const char *str)
{
	if (!IsUnderPostmaster && setting->value == SETTING_INVALID)
		ereport(LOG,
				errmsg("invalid value for parameter \"%s\": \"%s\"", setting->name, str),
				errdetail("IDs that depend on it are not issued."));
}

/* The number that a text of a setting of the node stands for, or SETTING_INVALID. */
static int
read_node_field(const char *str, LayoutField field)
{
	return field == LAYOUT_WORKER ? node_setting_worker(str) : setting_number(str);
}

/*
 * The node may be meant for another layout, which follows in the same file or
 * takes effect at the next start, or for IDs of 128 bits.  So only a value that
 * fits no layout is refused.
 */
static bool
check_node_field(const char *str, LayoutField field)
{
	const SnowflakeLayout *layout = server_layout_expected();
	int			value = read_node_field(str, field);
	char		detail[Max(GENERATOR_DETAIL_SIZE, NODE_DETAIL_SIZE)];

	if (!is_alter_system())
		return true;
	if (value == SETTING_INVALID)
	{
		GUC_check_errdetail("%s", field == LAYOUT_WORKER ? node_setting_detail(str, detail) : SETTING_NUMBER_DETAIL);
		return false;
	}
	if (layout != NULL && value > layout_max(layout, field))
		ereport(WARNING,
				errmsg("the server's %s will not fit its layout", layout_field_names[field]),
				errdetail("%s", generator_misfit_detail(layout, field, value, detail)),
				errhint("After a reload, no snowflake IDs are issued until the value fits the layout."));
	return true;
}

static bool
check_datacenter_id(char **str, void **extra, GucSource source)
{
	return check_node_field(*str, LAYOUT_DATACENTER);
}

static bool
check_worker_id(char **str, void **extra, GucSource source)
{
	return check_node_field(*str, LAYOUT_WORKER);
}

/* A number that does not fit stops IDs, too. */
static void
log_if_misfit(const ServerSetting *setting, LayoutField field)
{
	const SnowflakeLayout *layout = server_layout_expected();
	char		detail[GENERATOR_DETAIL_SIZE];

	if (!IsUnderPostmaster && layout != NULL && setting_is_valid(setting) &&
		!generator_setting_fits(layout, field))
		ereport(LOG,
				errmsg("value of parameter \"%s\" does not fit the layout", setting->name),
				errdetail("%s", generator_misfit_detail(layout, field, setting->value, detail)));
}

/* The text is read here, which cannot fail, so that text and number always agree. */
static void
assign_node_field(ServerSetting *setting, LayoutField field, const char *str)
{
	setting->value = read_node_field(str, field);
	log_if_invalid(setting, str);
	log_if_misfit(setting, field);
	generator_changes++;
}

static void
assign_datacenter_id(const char *str, void *extra)
{
	assign_node_field(&generator_datacenter, LAYOUT_DATACENTER, str);
}

static void
assign_worker_id(const char *str, void *extra)
{
	assign_node_field(&generator_worker, LAYOUT_WORKER, str);
}

static const char *
show_datacenter_id(void)
{
	return setting_show_text(&generator_datacenter);
}

static const char *
show_worker_id(void)
{
	return setting_show_text(&generator_worker);
}

static bool
check_layout(char **str, void **extra, GucSource source)
{
	SnowflakeLayout layout;
	LayoutProblem problem = {0};

	if (!is_alter_system() || server_layout_read(*str, &layout, &problem))
		return true;
	GUC_check_errdetail("%s", problem.detail);
	if (problem.hint)
		GUC_check_errhint("%s", problem.hint);
	return false;
}

static void
assign_layout(const char *str, void *extra)
{
	server_layout_set(str);
	log_if_invalid(&server_layout_setting, str);
}

static void
assign_sequence_start(int value, void *extra)
{
	generator_changes++;
}

static void
assign_max_drift(int value, void *extra)
{
	drift_max.refused = NULL;
}

static void
assign_hlc_max_offset(int value, void *extra)
{
	hlc_max_offset.refused = NULL;
}

static void
assign_max_regression(int value, void *extra)
{
	reference_max_regression.refused = NULL;
}

/* Has idgen.lease_store been defined, with the value of the start? */
static bool lease_store_is_defined = false;

/*
 * PostgreSQL logs a value that it refuses, and one that it takes at a reload,
 * and this one may contain a password.  So ALTER SYSTEM is refused with an
 * error of ours, and so is a password at a reload; all goes on with the former
 * store then.  Otherwise an invalid value is taken and used by nobody.
 */
static bool
check_lease_store(char **text, void **extra, GucSource source)
{
	const char *objection = lease_store_objection(*text);

	if (lease_store_is_defined && !is_alter_system() && lease_store_has_password(*text))
	{
		GUC_check_errmsg("invalid value for parameter \"%s\"", lease_store.name);
		GUC_check_errdetail("%s", objection);
		return false;
	}

	if (objection != NULL && is_alter_system())
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid value for parameter \"%s\"", lease_store.name),
				errdetail("%s", objection));
	return true;
}

static void
assign_lease_store(const char *text, void *extra)
{
	const char *objection = lease_store_objection(text);

	lease_store.value = objection == NULL ? 0 : SETTING_INVALID;
	if (!IsUnderPostmaster && objection != NULL)
		ereport(LOG,
				errmsg("invalid value for parameter \"%s\"", lease_store.name),
				errdetail("%s No worker ID is leased, and IDs that need one are not issued.", objection));
	generator_changes++;
}

static const char *
show_lease_store(void)
{
	return setting_is_valid(&lease_store) ? lease_store.str : "(invalid)";
}

static bool
check_lease_pool(char **text, void **extra, GucSource source)
{
	const char *objection = lease_pool_objection(*text);

	if (objection == NULL || !is_alter_system())
		return true;
	GUC_check_errdetail("%s", objection);
	return false;
}

static void
assign_lease_pool(const char *text, void *extra)
{
	lease_pool.value = lease_pool_objection(text) == NULL ? 0 : SETTING_INVALID;
	log_if_invalid(&lease_pool, text);
}

static GucSource
get_setting_source(const char *name)
{
	const struct config_generic *setting = compat_find_setting(name);

	return setting ? setting->source : PGC_S_DEFAULT;
}

/* The value of a setting before the library was loaded. */
typedef struct EarlyValue
{
	GucSource	source;			/* PGC_S_DEFAULT: not set */
	const char *str;
} EarlyValue;

static EarlyValue
get_early_value(const char *name)
{
	const char *str = GetConfigOption(name, true, false);

	/*
	 * Mostly it is not set, which is known at once; to find its source,
	 * PostgreSQL 15 compares all names.
	 */
	EarlyValue	value = {
		.source = str ? get_setting_source(name) : PGC_S_DEFAULT,
		.str = MemoryContextStrdup(TopMemoryContext, str ? str : ""),
	};

	return value;
}

/*
 * Set a value in place of one that PostgreSQL has refused, as if it came from a
 * source of the server.  During a parallel operation PostgreSQL allows no
 * action but GUC_ACTION_SAVE, which is permanent for these sources.
 */
static void
override_setting(const char *name, const char *str, GucSource source)
{
	(void) set_config_option(name, str, PGC_SIGHUP, source, GUC_ACTION_SAVE, true, ERROR, false);
}

/* Is the value from the server's files or command line? */
static bool
is_from_server(EarlyValue early)
{
	return early.source <= PGC_S_ARGV;
}

/* Has PostgreSQL replaced the value with the default? */
static bool
was_dropped(const char *name, EarlyValue early)
{
	return early.source != PGC_S_DEFAULT && get_setting_source(name) == PGC_S_DEFAULT;
}

/*
 * Define a setting that decides which IDs the server issues.
 *
 * If a value was set before the library was loaded, by a source that may not
 * set it, PostgreSQL drops it with a warning and uses the default, even if
 * postgresql.conf has another value.  The default could be the identity of
 * another server.  So the setting gets a text that names the dropped value and
 * is invalid, here and in parallel workers, which get their leader's settings
 * from PostgreSQL.  During a parallel operation PostgreSQL drops even values
 * from the server's configuration; these are set again.
 */
static void
define_identity(ServerSetting *setting, const char *description, const char *long_description,
				const char *default_text, int flags, GucStringCheckHook check_hook,
				GucStringAssignHook assign_hook, GucShowHook show_hook)
{
	EarlyValue	early = get_early_value(setting->name);

	DefineCustomStringVariable(setting->name, description, long_description,
							   &setting->str, default_text,
							   PGC_SIGHUP, flags, check_hook, assign_hook, show_hook);
	if (!was_dropped(setting->name, early))
		return;
	if (is_from_server(early))
		override_setting(setting->name, early.str, early.source);
	else
		override_setting(setting->name, setting_foreign_text(early.str), PGC_S_FILE);
}

/*
 * Define a limit of the clock, which is a number to PostgreSQL and does not
 * decide which IDs are issued.  If PostgreSQL refuses a value, sessions keep
 * the previous one, and new ones have the default.  But a user who may not set
 * the limit could exceed the server's in this way, so such a session has a
 * limit of 0 and cannot issue IDs.  Its parallel workers do not know of the
 * refused value, and have the limit of 0.
 */
static void
define_clock_limit(ServerSetting *setting, const char *description, const char *long_description,
				   GucIntAssignHook assign_hook)
{
	EarlyValue	early = get_early_value(setting->name);

	DefineCustomIntVariable(setting->name, description, long_description,
							&setting->value, setting->value, 0, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, assign_hook, NULL);
	if (was_dropped(setting->name, early) && !is_from_server(early))
	{
		override_setting(setting->name, "0", PGC_S_FILE);
		setting->refused = setting_foreign_text(early.str);
	}
}

static void
define_identities(void)
{
	define_identity(&server_layout_setting,
					"Sets the layout of this server's snowflake IDs.",
					"The value is the name of a preset, or the fields of the layout from high to low.  It is fixed when the server has started.",
					"default", 0, check_layout, assign_layout, NULL);
	define_identity(&generator_datacenter,
					"Sets the datacenter number in this server's node.",
					"Every server that issues IDs for the same tables needs a node of its own.", "0", 0, check_datacenter_id, assign_datacenter_id, show_datacenter_id);
	define_identity(&generator_worker,
					"Sets the worker number in this server's node.",
					"Every server that issues IDs for the same tables needs a node of its own.  The value \"ordinal\" is the number at the end of the host name, and \"ordinal+N\" is N more.", "0", 0, check_worker_id, assign_worker_id, show_worker_id);
}

/* Define the settings of leased worker IDs. */
static void
define_lease(void)
{
	define_identity(&lease_store,
					"Sets the coordination store from which this server leases its worker ID.",
					"It is etcd://host:port,..., etcds://host:port,..., postgresql://host:port/database, zookeeper://host:port,.../path or redis://host:port/number.  If it is empty, \"idgen.worker_id\" is the worker ID.",
					"", GUC_SUPERUSER_ONLY, check_lease_store, assign_lease_store, show_lease_store);
	lease_store_is_defined = true;
	define_identity(&lease_pool,
					"Sets the pool of worker IDs from which this server leases one.",
					"The name of the pool is 1 to 64 letters, digits, underscores and hyphens.",
					"default", 0, check_lease_pool, assign_lease_pool, NULL);
	DefineCustomStringVariable("idgen.lease_secret_file",
							   "Sets the file with the user and the password for the coordination store.",
							   "The file must belong to the user that runs the server, and nobody else may have access to it.",
							   &lease_secret_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("idgen.lease_ttl",
							"Sets how long other servers leave this server's worker ID alone when they no longer hear of it.",
							"It does not limit for how long this server issues IDs.",
							&lease_ttl_ms, lease_ttl_ms, 1000, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("idgen.lease_reach",
							"Sets how far ahead of its IDs this server leases its worker ID.",
							"It is how long the server issues IDs without the store, and how long its worker ID rests after a crash.",
							&lease_reach_ms, lease_reach_ms, 1000, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("idgen.lease_max_skew",
							"Sets how far the system clock may differ from the store's for a worker ID to be claimed.",
							"IDs are unique whatever the clocks say.",
							&lease_max_skew_ms, lease_max_skew_ms, 0, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomBoolVariable("idgen.lease_accept_loss",
							 "Lets worker IDs be leased from a store that may lose what it has confirmed.",
							 "It is for Redis, whose settings are otherwise checked.  After a loss, IDs are unique only as far as clocks are right.",
							 &lease_accept_loss, lease_accept_loss,
							 PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* Define how far clocks may be from each other. */
static void
define_clock_limits(void)
{
	define_clock_limit(&drift_max,
					   "Sets how far the time in IDs may run ahead of the reference clock.",
					   "It absorbs bursts of more IDs than the layout has room for in a tick.  The reference clock is the system clock, or a clock that continues where the system clock was set back.",
					   assign_max_drift);
	define_clock_limit(&reference_max_regression,
					   "Sets how far the system clock may be behind before calls wait for it.",
					   "If the system clock is set back, or is behind at a start, by no more than this, IDs continue according to a reference clock.",
					   assign_max_regression);
	define_clock_limit(&hlc_max_offset,
					   "Sets how far a hybrid logical clock of others may be ahead of the system clock.",
					   "One that is further ahead is refused by hlc_update(), so that a wrong clock does not spread.  If \"idgen.max_drift\" is less, that is the limit.",
					   assign_hlc_max_offset);
}

/* Show a whole number in full. */
static const char *
show_lamport_max_jump(void)
{
	static char shown[32];

	snprintf(shown, sizeof(shown), "%.0f", lamport_max_jump);
	return shown;
}

static void
define_lamport(void)
{
	DefineCustomRealVariable("idgen.lamport_max_jump",
							 "Sets how far a remote value may be ahead of a Lamport clock.",
							 "One that is further ahead is refused by lamport_update(), so that a wrong or hostile message does not use up the numbers.",
							 &lamport_max_jump, lamport_max_jump, LAMPORT_LEAST_JUMP, LAMPORT_LARGEST_JUMP,
							 PGC_SIGHUP, 0, NULL, NULL, show_lamport_max_jump);
}

static void
define_horizon(void)
{
	DefineCustomIntVariable("idgen.horizon_lag_limit",
							"Sets for how long a transaction may hold back horizons before idgen_check() reports it.",
							"Readers of an outbox wait for it.  If the value is 0, none is reported.",
							&horizon_lag_limit_ms, horizon_lag_limit_ms, 0, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

/* Settings of segments. */
static void
define_segments(void)
{
	DefineCustomIntVariable("idgen.max_segments",
							"Sets how many segments the server keeps numbers of.",
							"It has an effect only if idgen is preloaded.  If there are more, what is left of the one that was not used for longest is lost.",
							&segment_memory_max, segment_memory_max, 1, MAX_SEGMENTS,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	DefineCustomIntVariable("idgen.segment_root_timeout",
							"Sets how long a server that is the root of segments may take to answer.",
							"After this time, the next root is asked.",
							&segment_root_timeout_ms, segment_root_timeout_ms, 10, MS_PER_MINUTE,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomStringVariable("idgen.segment_secret_file",
							   "Sets the file with the user and the password for roots of segments.",
							   "Roots that are PostgreSQL may also use a password file of libpq's.",
							   &segment_secret_file, "",
							   PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

/* Define how far ahead time is reserved, and how long calls wait for that and for others. */
static void
define_reservation_and_wait(void)
{
	DefineCustomIntVariable("idgen.reserve_ahead",
							"Sets how far beyond the issued IDs time is reserved durably.",
							"After a crash or a failover, IDs begin up to this far ahead of the clock.  A longer reservation is written less often.",
							&reservation_ahead, reservation_ahead, 100, MS_PER_MINUTE,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable("idgen.max_wait",
							"Sets how long a call may wait for an ID, for the clock or for a synchronous standby.",
							"After this time the call fails.  A batch may wait this long for each of its parts.",
							&wait_max_ms, wait_max_ms, 0, MS_PER_DAY,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}

/*
 * Define all settings, once, when the library is loaded.  Errors: those of
 * PostgreSQL for settings that exist already.
 */
void
settings_define(void)
{
	define_identities();
	define_clock_limits();
	define_reservation_and_wait();
	DefineCustomIntVariable("idgen.max_generators",
							"Sets how many combinations of layout and node can issue IDs while the server runs.",
							"It has an effect only if idgen is preloaded.  Half of them are reserved for the server and for generators of superusers.",
							&settings_max_generators, settings_max_generators, 0, MAX_TIMELINES,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	define_segments();
	DefineCustomEnumVariable("idgen.sequence_start",
							 "Sets where in a tick the sequence of this server's own snowflake IDs begins.",
							 "The sequence begins at zero, at a random value, or after that of the last ID.  Within a tick it increases by one.",
							 &generator_sequence_start, generator_sequence_start, sequence_starts,
							 PGC_SIGHUP, 0, NULL, assign_sequence_start, NULL);

	DefineCustomEnumVariable("idgen.uuid_node",
							 "Sets the node of UUIDs of versions 1 and 6.",
							 "The node is a random number for each session, or the server's datacenter and worker.",
							 &uuid_node_kind, uuid_node_kind, uuid_node_kinds,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	define_lamport();
	define_horizon();
	define_lease();
	MarkGUCPrefixReserved("idgen");
}
