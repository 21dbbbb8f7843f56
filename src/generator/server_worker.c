/*-------------------------------------------------------------------------
 *
 * server_worker.c
 *	  The worker number in this server's node: that of a setting, or one that is
 *	  leased.
 *
 * If idgen.lease_store is set, the lease agent claims a worker ID, and
 * idgen.worker_id does not count.  While no worker ID is held there is none:
 * neither the setting nor the last one that was held takes its place.
 *
 * A reload reaches processes one after the other.  The agent is the first to
 * know that leases begin, and says so in shared memory; and it is the one that
 * says that they have ended.  A process whose own setting differs waits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "postmaster/interrupt.h"

#include "engine/lease_limit.h"
#include "engine/node_settings.h"
#include "engine/timeline.h"
#include "engine/wait.h"
#include "generator/server_layout.h"
#include "generator/server_worker.h"
#include "lease/lease_agent.h"
#include "lease/lease_store.h"

/* How long a process waits before it looks again whether there is an agent. */
#define AGENT_POLL_NS (100 * NS_PER_MS)

/* Do leases count, as far as this process or the agent knows? */
bool
server_worker_is_leased(void)
{
	return lease_is_configured() || lease_holding().code != LEASE_BY_SETTING;
}

/* The worker number that the server has now; SETTING_INVALID if it has none. */
int
server_worker(void)
{
	LeaseHolding holding = lease_holding();

	if (lease_has_worker(holding))
		return lease_worker(holding);
	if (lease_is_configured() || holding.code == LEASE_NO_WORKER)
		return SETTING_INVALID;
	return setting_is_valid(&generator_worker) ? generator_worker.value : SETTING_INVALID;
}

/*
 * How often the server's worker number may have changed.  To be read before
 * server_worker(): if that changes in between, the older count shows it.
 */
uint32
server_worker_changes(void)
{
	uint32		changes = lease_holding().changes;

	pg_read_barrier();
	return changes;
}

/* Do the setting of this process and the agent agree, and is there a worker number if one is leased? */
static bool
is_worker_known(void)
{
	LeaseHolding holding = lease_holding();

	return lease_is_configured() ? lease_has_worker(holding) : holding.code == LEASE_BY_SETTING;
}

/* Has the agent read the pool's record? */
static bool
is_pool_known(void)
{
	return !lease_is_configured() || lease_read().machine.has_pool;
}

/*
 * Wait until something is known that the agent finds out, and have an agent.
 * Errors: OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, those of
 * lease_agent_start(), and what CHECK_FOR_INTERRUPTS raises.
 */
static void
await_agent(bool (*is_known) (void), void (*report) (int max_wait_ms))
{
	Wait		wait = {.slot = timeline_slot};
	int64		began = clock_monotonic_ns();

	wait_begin(&wait, WAIT_LEASE, began);
	for (;;)
	{
		uint64		changes = lease_changes();
		int64		patience = wait_patience(&wait);

		if (is_known())
			break;

		/* Ask also for a caller that does not wait: it may come again. */
		if (lease_is_configured())
			lease_agent_start();
		lease_ask(0);
		if (patience <= 0)
			report(wait_max_ms);
		lease_await_change(changes, Min(patience, AGENT_POLL_NS));
	}
	wait_end(&wait, began);
}

/*
 * No worker number within max_wait_ms.  Leases may have begun or ended in a
 * reload that this process reads after its statement.
 */
static void
report_no_worker(int max_wait_ms)
{
	bool		is_leased = lease_holding().code != LEASE_BY_SETTING;

	if (ConfigReloadPending && lease_is_configured() != is_leased)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("configuration of worker IDs has changed since this statement began"),
				errdetail("A session reads a changed configuration between its statements, and \"idgen.max_wait\" is %d ms.",
						  max_wait_ms),
				errhint("Run the statement again."));
	lease_report_no_worker(max_wait_ms);
}

/*
 * ERROR OBJECT_NOT_IN_PREREQUISITE_STATE if the datacenter is no longer that of
 * the pool: with the leased worker ID, it could be the node of another pool's
 * server.
 */
static void
check_datacenter(void)
{
	int			of_pool;

	if (!layout_has(server_layout(), LAYOUT_DATACENTER))
		return;
	setting_check(&generator_datacenter);
	of_pool = pg_atomic_read_u32(&shmem_area()->lease_limits.datacenter);
	if (of_pool != generator_datacenter.value)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("datacenter of this server is not that of the pool of leased worker IDs"),
				errdetail("\"idgen.datacenter_id\" is %d, and the pool has datacenter %d.",
						  generator_datacenter.value, of_pool),
				errhint("Set \"idgen.datacenter_id\" to %d, or let this server use a pool of its datacenter.", of_pool));
}

/*
 * Wait until it is known which worker number the server has.  Errors: those of
 * await_agent(), and INVALID_PARAMETER_VALUE if the store's setting is invalid.
 * The process has its slot.
 */
void
server_worker_await(void)
{
	lease_store_check();
	if (!is_worker_known())
	{
		/* The agent compares the pool's layout with it. */
		(void) server_layout();
		await_agent(is_worker_known, report_no_worker);
	}
	if (lease_is_configured())
		check_datacenter();
}

/* Wait until the pool of worker numbers is known, if they are leased.  Errors as above. */
void
server_worker_await_pool(void)
{
	lease_store_check();
	if (is_pool_known())
		return;
	(void) server_layout();
	await_agent(is_pool_known, lease_report_no_pool);
}

/*
 * Give up the leased worker ID, after lease_suspend(), so that no ID is issued
 * with a leased one before lease_resume().  Errors:
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, those of
 * lease_agent_start(), and what CHECK_FOR_INTERRUPTS raises.
 */
void
server_worker_release(void)
{
	if (lease_is_configured())
		lease_agent_start();
	lease_release_and_wait();
}
