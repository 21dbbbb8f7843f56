/*-------------------------------------------------------------------------
 *
 * idgen.c
 *	  Loading the library: its settings, and shared memory when preloaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "compat.h"
#include "generator.h"
#include "generator_ddl.h"
#include "layout_presets.h"
#include "layout_text.h"
#include "reservation.h"
#include "server_layout.h"
#include "shmem.h"
#include "timeline.h"
#include "uuid_gregorian.h"
#include "waiting.h"
#include "window.h"

#define MS_PER_MINUTE (60 * 1000)
#define MS_PER_DAY (24 * 60 * MS_PER_MINUTE)

COMPAT_MODULE_MAGIC;

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;

/* idgen.max_generators, and what it was when memory was set aside */
static int	max_generators = TIMELINES_IN_BLOCKS(BLOCKS_WITHOUT_PRELOADING);
static int	requested_generators = 0;

static const struct config_enum_entry uuid_node_kinds[] = {
	{"random", UUID_NODE_RANDOM, false},
	{"server", UUID_NODE_SERVER, false},
	{NULL, 0, false}
};

/* Calls of the assign hooks below. */
static int	assignments = 0;

/*
 * A new value is a taken one, except in a parallel worker that is starting.
 * There PostgreSQL puts back the default first, then the leader's value.  If the
 * second does not come, the leader's value is the default, which is either right
 * or what it was left with by a refusal.  Only one of them is safe to assume.
 * (Where the server's own value is the default, nothing is put back, and the
 * worker makes IDs under the server's node even if its leader refuses to.)
 */
static void
note_assignment(ServerSetting *setting)
{
	assignments++;
	setting->refused = InitializingParallelWorker && !setting->restoring;
	setting->restoring = setting->refused;
}

/* Are our settings being defined, from whatever values were set before? */
static bool defining = false;

/*
 * Is a part of the node within the layout's field?  As long as the layout is not
 * fixed, it may follow in the same file: then the two are held against each other
 * when IDs are made.  But who says ALTER SYSTEM should know at once.
 */
static bool
check_node(int value, LayoutField field)
{
	const SnowflakeLayout *layout;
	uint64		most;

	if (defining || InitializingParallelWorker)
		return true;
	layout = server_layout_expected(IsTransactionState());
	if (layout == NULL)
		return true;
	most = layout_max(layout, field);
	if (value <= most)
		return true;
	if (layout_has(layout, field))
		GUC_check_errdetail("The %s of the server's layout goes from 0 to %llu.",
							layout_field_names[field], (unsigned long long) most);
	else
		GUC_check_errdetail("The server's layout has no %s.", layout_field_names[field]);
	return false;
}

static bool
check_datacenter_id(int *value, void **extra, GucSource source)
{
	return check_node(*value, LAYOUT_DATACENTER);
}

static bool
check_worker_id(int *value, void **extra, GucSource source)
{
	return check_node(*value, LAYOUT_WORKER);
}

static void
assign_datacenter_id(int value, void *extra)
{
	note_assignment(&generator_datacenter);
	generator_changes++;
}

static void
assign_worker_id(int value, void *extra)
{
	note_assignment(&generator_worker);
	generator_changes++;
}

/* The layout that the text names goes with it as extra. */
static bool
check_layout(char **value, void **extra, GucSource source)
{
	const SnowflakeLayout *preset = layout_of_name(*value);
	SnowflakeLayout layout;
	LayoutProblem problem = {0};

	if (preset != NULL)
		layout = *preset;
	else if (!layout_read(*value, &layout, &problem))
	{
		GUC_check_errdetail("%s", problem.detail);
		if (problem.hint)
			GUC_check_errhint("%s", problem.hint);
		return false;
	}
	if (server_layout_objection(&layout) != NULL)
	{
		GUC_check_errdetail("%s", server_layout_objection(&layout));
		return false;
	}
	*extra = compat_guc_malloc(LOG, sizeof(SnowflakeLayout));
	if (*extra == NULL)
		return false;
	memcpy(*extra, &layout, sizeof(SnowflakeLayout));
	return true;
}

/* It is for the next start, if the layout has been fixed. */
static void
assign_layout(const char *value, void *extra)
{
	note_assignment(&server_layout_setting);
	server_layout_asked = *(SnowflakeLayout *) extra;
}

static void
assign_max_drift(int value, void *extra)
{
	note_assignment(&window_max_drift);
}

/*
 * The value that was set before the library was loaded; NULL if there is none, or it
 * was taken back.  An empty one counts: it may stand for something that was forgotten.
 */
static char *
asked_before(const ServerSetting *setting)
{
	const char *asked;

	if (compat_setting_source(setting->name) == PGC_S_DEFAULT)
		return NULL;
	asked = GetConfigOption(setting->name, true, false);
	return MemoryContextStrdup(TopMemoryContext, asked ? asked : "");
}

/*
 * Define a setting that sessions may not change, from 0 to largest.
 *
 * A value set before the library was loaded that is out of range, or comes from
 * a place that may not set it, is dropped by PostgreSQL with a warning, and the
 * default takes its place, even if postgresql.conf names another value.  That
 * could be another node's identity, so remember to make no IDs.  A value that
 * was taken shows as an assignment after that of the default.
 */
static void
define_server_setting(ServerSetting *setting, const char *description,
					  const char *long_description, int largest, int flags,
					  GucIntCheckHook check_hook, GucIntAssignHook assign_hook)
{
	char	   *asked_text = asked_before(setting);
	int			asked_value;

	assignments = 0;
	DefineCustomIntVariable(setting->name, description, long_description,
							&setting->value, setting->value, 0, largest,
							PGC_SIGHUP, flags, check_hook, assign_hook, NULL);

	setting->restoring = false;
	setting->asked = asked_text;
	setting->refused = asked_text &&
		(assignments < 2 ||
		 !parse_int(asked_text, &asked_value, flags, NULL) ||
		 asked_value != setting->value);
}

/* As define_server_setting(). */
static void
define_layout_setting(void)
{
	ServerSetting *setting = &server_layout_setting;
	char	   *asked_text = asked_before(setting);

	assignments = 0;
	DefineCustomStringVariable(setting->name,
							   "Sets the layout of this server's snowflake IDs.",
							   "The name of a preset, or the fields from high to low.  It is fixed when the server has started.",
							   &setting->text, "default",
							   PGC_SIGHUP, 0, check_layout, assign_layout, NULL);
	setting->restoring = false;
	setting->asked = asked_text;
	setting->refused = asked_text &&
		(assignments < 2 || strcmp(asked_text, setting->text) != 0);
}

static void
define_settings(void)
{
	static const char *const one_node_each =
		"Every server that makes IDs for the same tables needs a node of its own.";

	defining = true;
	define_layout_setting();
	define_server_setting(&generator_datacenter,
						  "Sets the datacenter part of this server's node in snowflake IDs.",
						  one_node_each, INT_MAX, 0,
						  check_datacenter_id, assign_datacenter_id);
	define_server_setting(&generator_worker,
						  "Sets the worker part of this server's node in snowflake IDs.",
						  one_node_each, INT_MAX, 0,
						  check_worker_id, assign_worker_id);
	define_server_setting(&window_max_drift,
						  "Sets how far the time in IDs may run ahead of the system clock.",
						  "It absorbs bursts above what the layout holds in a tick, and clocks that are set back.",
						  MS_PER_DAY, GUC_UNIT_MS, NULL, assign_max_drift);

	defining = false;

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
							&max_generators, max_generators, 0, MAX_TIMELINES,
							PGC_SIGHUP, 0, NULL, NULL, NULL);

	DefineCustomEnumVariable("idgen.uuid_node",
							 "Sets what the node of UUIDs of versions 1 and 6 is.",
							 "A random number of each session's own, or the server's datacenter and worker.",
							 &uuid_node_kind, uuid_node_kind, uuid_node_kinds,
							 PGC_USERSET, 0, NULL, NULL, NULL);

	MarkGUCPrefixReserved("idgen");
}

static void
request_shared_memory(void)
{
	if (previous_shmem_request_hook)
		previous_shmem_request_hook();
	requested_generators = max_generators;
	RequestAddinShmemSpace(shmem_size(requested_generators));
}

static void
create_shared_memory(void)
{
	if (previous_shmem_startup_hook)
		previous_shmem_startup_hook();
	shmem_startup(requested_generators);
	server_layout_startup();
}

void
_PG_init(void)
{
	define_settings();
	generator_ddl_init();

	if (!process_shared_preload_libraries_in_progress)
		return;

	previous_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_shared_memory;
	previous_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = create_shared_memory;
}
