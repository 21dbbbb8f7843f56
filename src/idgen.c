/*-------------------------------------------------------------------------
 *
 * idgen.c
 *	  Loading the library.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "admin/upgrade_casts.h"
#include "base/compat.h"
#include "engine/prepared_hold.h"
#include "engine/shmem.h"
#include "generator/generator_ddl.h"
#include "generator/server_layout.h"
#include "lease/lease_agent.h"
#include "planner/horizon_use.h"
#include "segment/segment_desk.h"
#include "segment/segment_memory.h"
#include "segment/segment_rounds.h"
#include "settings.h"

COMPAT_MODULE_MAGIC;

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;

/* idgen.max_generators and idgen.max_segments when the memory was requested. */
static int	requested_generators = 0;
static int	requested_segments = 0;

static void
request_shared_memory(void)
{
	if (previous_shmem_request_hook)
		previous_shmem_request_hook();
	requested_generators = settings_max_generators;
	requested_segments = segment_memory_max;
	RequestAddinShmemSpace(add_size(shmem_size(requested_generators),
									add_size(segment_memory_size(requested_segments),
											 add_size(segment_desk_size(requested_segments),
													  segment_rounds_size(requested_segments)))));
}

static void
create_shared_memory(void)
{
	if (previous_shmem_startup_hook)
		previous_shmem_startup_hook();
	shmem_startup(requested_generators);
	segment_memory_startup(requested_segments);
	segment_desk_startup(requested_segments);
	segment_rounds_startup(requested_segments);
	server_layout_startup();
}

void
_PG_init(void)
{
	settings_define();
	generator_ddl_init();
	upgrade_casts_init();
	prepared_hold_init();
	horizon_use_init();

	if (!process_shared_preload_libraries_in_progress)
		return;

	lease_agent_register();
	previous_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = request_shared_memory;
	previous_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = create_shared_memory;
}
