/*-------------------------------------------------------------------------
 *
 * lease_agent_start.c
 *	  Starting the process that leases this server's worker ID.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"

#include "engine/clock.h"
#include "engine/lease_limit.h"
#include "lease/lease_agent.h"

/* The postmaster starts the agent again after this time, in s. */
#define RESTART_S 1

static BackgroundWorker
describe_worker(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = RESTART_S,
	};

	strlcpy(worker.bgw_name, "idgen lease agent", sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, "idgen lease agent", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_library_name, "idgen", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "idgen_lease_agent", sizeof(worker.bgw_function_name));
	return worker;
}

/* Register the agent while the server starts, if worker IDs are leased. */
void
lease_agent_register(void)
{
	BackgroundWorker worker = describe_worker();

	if (lease_is_configured())
		RegisterBackgroundWorker(&worker);
}

/*
 * Start an agent, if there is none.  At most one process tries that each
 * second; an agent that finds another one ends.  ERROR INSUFFICIENT_RESOURCES
 * if there is no room for a background worker.
 */
void
lease_agent_start(void)
{
	Lease	   *lease = &shmem_area()->lease;
	BackgroundWorker worker = describe_worker();
	uint64		tried_ns = pg_atomic_read_u64(&lease->start_tried_ns);
	uint64		now_ns = clock_monotonic_ns();

	if (pg_atomic_read_u32(&lease->agent) != 0 || now_ns - tried_ns < NS_PER_S ||
		!pg_atomic_compare_exchange_u64(&lease->start_tried_ns, &tried_ns, now_ns))
		return;
	if (!IsUnderPostmaster)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("cannot lease a worker ID in single-user mode"));
	if (!RegisterDynamicBackgroundWorker(&worker, NULL))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				errmsg("could not start the lease agent"),
				errdetail("No background worker is free."),
				errhint("Raise \"max_worker_processes\", or add \"idgen\" to \"shared_preload_libraries\", and restart the server."));
}
