/*-------------------------------------------------------------------------
 *
 * idgen.c
 *	  Loading the library: its settings, and shared memory when preloaded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/guc.h"

#include "compat.h"
#include "generator.h"
#include "shmem.h"
#include "timeline.h"

#define MS_PER_DAY (24 * 60 * 60 * 1000)

COMPAT_MODULE_MAGIC;

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;

static void
assign_datacenter_id(int value, void *extra)
{
	generator_set_node(value, generator_worker.value);
	generator_datacenter.refused = false;
}

static void
assign_worker_id(int value, void *extra)
{
	generator_set_node(generator_datacenter.value, value);
	generator_worker.refused = false;
}

/*
 * Define a setting that names the node.  Sessions may not change it.
 *
 * A value set before the library was loaded that is out of range, or comes from
 * a place that may not set it, is dropped by PostgreSQL with a warning, and the
 * default takes its place.  That would be another node's identity, so remember
 * to make no IDs.
 */
static void
define_node_setting(NodeSetting *setting, const char *description, int largest,
					GucIntAssignHook assign_hook)
{
	const char *asked = GetConfigOption(setting->name, true, false);
	char	   *asked_text = asked ? pstrdup(asked) : NULL;
	int			asked_value;

	DefineCustomIntVariable(setting->name, description,
							"Every server that makes IDs for the same tables needs a node of its own.",
							&setting->value, 0, 0, largest,
							PGC_SIGHUP, 0, NULL, assign_hook, NULL);

	if (asked_text)
		setting->refused = !parse_int(asked_text, &asked_value, 0, NULL) ||
			asked_value != setting->value;
}

static void
define_settings(void)
{
	define_node_setting(&generator_datacenter,
						"Sets the datacenter part of this server's node in snowflake IDs.",
						layout_max_datacenter(&layout_default), assign_datacenter_id);
	define_node_setting(&generator_worker,
						"Sets the worker part of this server's node in snowflake IDs.",
						layout_max_worker(&layout_default), assign_worker_id);

	/* One session must not push the timeline ahead for all the others. */
	DefineCustomIntVariable("idgen.max_drift",
							"Sets how far the time in IDs may run ahead of the system clock.",
							"It absorbs bursts above what the layout holds in a tick, and clocks that are set back.",
							&timeline_max_drift, timeline_max_drift, 0, MS_PER_DAY,
							PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);

	DefineCustomIntVariable("idgen.max_wait",
							"Sets how long a call may wait when the time in IDs is at idgen.max_drift.",
							"After this time the call fails.",
							&timeline_max_wait, timeline_max_wait, 0, MS_PER_DAY,
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
