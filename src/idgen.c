/*-------------------------------------------------------------------------
 *
 * idgen.c
 *	  Loading the library: its settings, and shared memory when preloaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/parallel.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#include "compat.h"
#include "generator.h"
#include "reservation.h"
#include "shmem.h"
#include "timeline.h"
#include "waiting.h"
#include "window.h"

#define MS_PER_MINUTE (60 * 1000)
#define MS_PER_DAY (24 * 60 * MS_PER_MINUTE)

COMPAT_MODULE_MAGIC;

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;

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

static void
assign_datacenter_id(int value, void *extra)
{
	note_assignment(&generator_datacenter);
	generator_set_node(value, generator_worker.value);
}

static void
assign_worker_id(int value, void *extra)
{
	note_assignment(&generator_worker);
	generator_set_node(generator_datacenter.value, value);
}

static void
assign_max_drift(int value, void *extra)
{
	note_assignment(&window_max_drift);
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
					  GucIntAssignHook assign_hook)
{
	/* NULL or empty: nothing was asked, or it was taken back. */
	const char *asked = GetConfigOption(setting->name, true, false);
	char	   *asked_text = asked && *asked ? pstrdup(asked) : NULL;
	int			asked_value;

	assignments = 0;
	DefineCustomIntVariable(setting->name, description, long_description,
							&setting->value, setting->value, 0, largest,
							PGC_SIGHUP, flags, NULL, assign_hook, NULL);

	setting->restoring = false;
	setting->refused = asked_text &&
		(assignments < 2 ||
		 !parse_int(asked_text, &asked_value, flags, NULL) ||
		 asked_value != setting->value);
}

static void
define_settings(void)
{
	static const char *const one_node_each =
		"Every server that makes IDs for the same tables needs a node of its own.";

	define_server_setting(&generator_datacenter,
						  "Sets the datacenter part of this server's node in snowflake IDs.",
						  one_node_each, layout_max(&layout_default, LAYOUT_DATACENTER), 0,
						  assign_datacenter_id);
	define_server_setting(&generator_worker,
						  "Sets the worker part of this server's node in snowflake IDs.",
						  one_node_each, layout_max(&layout_default, LAYOUT_WORKER), 0,
						  assign_worker_id);
	define_server_setting(&window_max_drift,
						  "Sets how far the time in IDs may run ahead of the system clock.",
						  "It absorbs bursts above what the layout holds in a tick, and clocks that are set back.",
						  MS_PER_DAY, GUC_UNIT_MS, assign_max_drift);

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

	MarkGUCPrefixReserved("idgen");
}

static void
request_shared_memory(void)
{
	if (previous_shmem_request_hook)
		previous_shmem_request_hook();
	RequestAddinShmemSpace(shmem_size());
}

static void
create_shared_memory(void)
{
	if (previous_shmem_startup_hook)
		previous_shmem_startup_hook();
	shmem_startup();
}

void
_PG_init(void)
{
	define_settings();

	if (!process_shared_preload_libraries_in_progress)
		return;

	previous_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_shared_memory;
	previous_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = create_shared_memory;
}
