/*-------------------------------------------------------------------------
 *
 * lease_agent_start.c
 *	  Starting the process that leases this server's worker ID.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/agent_process.h"
#include "engine/lease_limit.h"
#include "lease/lease_agent.h"

static const AgentKind kind = {
	.name = "idgen lease agent",
	.function = "idgen_lease_agent",
	.purpose = "lease a worker ID",
};

/* Register the agent while the server starts, if worker IDs are leased. */
void
lease_agent_register(void)
{
	BackgroundWorker worker = agent_process_describe(&kind);

	if (lease_is_configured())
		RegisterBackgroundWorker(&worker);
}

/* Start an agent, if there is none.  Errors: those of agent_process_start(). */
void
lease_agent_start(void)
{
	Lease	   *lease = &shmem_area()->lease;

	agent_process_start(&kind, &lease->agent, &lease->start_tried_ns);
}
