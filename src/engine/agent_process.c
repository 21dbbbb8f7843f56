/*-------------------------------------------------------------------------
 *
 * agent_process.c
 *	  Background workers that talk to other servers for this one.
 *
 * Backends hold no connections to other servers, and do not wait in ways that
 * nothing interrupts.  They look at shared memory and set the latch of an agent,
 * which is started by the first process that needs it, and again by the
 * postmaster if it ends.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "engine/agent_process.h"
#include "engine/clock.h"

/* The postmaster starts an agent again after this time, in s. */
#define RESTART_S 1

BackgroundWorker
agent_process_describe(const AgentKind *kind)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = RESTART_S,
	};

	strlcpy(worker.bgw_name, kind->name, sizeof(worker.bgw_name));
	strlcpy(worker.bgw_type, kind->name, sizeof(worker.bgw_type));
	strlcpy(worker.bgw_library_name, "idgen", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, kind->function, sizeof(worker.bgw_function_name));
	return worker;
}

/*
 * Start an agent, if there is none.  At most one process tries that each
 * second; an agent that finds another one ends.  ERROR INSUFFICIENT_RESOURCES
 * if there is no room for a background worker.
 */
void
agent_process_start(const AgentKind *kind, pg_atomic_uint32 *agent, pg_atomic_uint64 *start_tried_ns)
{
	BackgroundWorker worker = agent_process_describe(kind);
	uint64		tried_ns = pg_atomic_read_u64(start_tried_ns);
	uint64		now_ns = clock_monotonic_ns();

	if (pg_atomic_read_u32(agent) != 0 || (tried_ns != 0 && now_ns - tried_ns < NS_PER_S) ||
		!pg_atomic_compare_exchange_u64(start_tried_ns, &tried_ns, now_ns))
		return;
	if (!IsUnderPostmaster)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("cannot %s in single-user mode", kind->purpose));
	if (!RegisterDynamicBackgroundWorker(&worker, NULL))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				errmsg("could not start the %s", kind->name + strlen("idgen ")),
				errdetail("No background worker is free."),
				errhint("Raise \"max_worker_processes\", or add \"idgen\" to \"shared_preload_libraries\", and restart the server."));
}

/* Set the agent's latch, if there is an agent. */
void
agent_process_wake(pg_atomic_uint32 *agent)
{
	uint32		number = pg_atomic_read_u32(agent);

	if (number != 0)
		SetLatch(&compat_proc_by_number(number - 1)->procLatch);
}

static void
leave(int code, Datum process)
{
	pg_atomic_write_u32(&((AgentProcess *) DatumGetPointer(process))->agent, 0);
}

/* What an agent does first: signals, and a memory context, as it has no transactions. */
void
agent_process_set_up(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	CurrentMemoryContext = AllocSetContextCreate(TopMemoryContext, "idgen agent", ALLOCSET_DEFAULT_SIZES);
}

/* Become the agent until this process ends.  Returns false if there is one. */
bool
agent_process_become(AgentProcess *process)
{
	uint32		none = 0;

	if (!pg_atomic_compare_exchange_u32(&process->agent, &none, compat_proc_number(MyProc) + 1))
		return false;
	before_shmem_exit(leave, PointerGetDatum(process));
	return true;
}
