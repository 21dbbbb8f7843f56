/*-------------------------------------------------------------------------
 *
 * check_lease.c
 *	  Is the worker ID of this server leased, and for how long?
 *
 * The store is not asked: what the agent knows is in shared memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "admin/check_finding.h"
#include "admin/check_lease.h"
#include "admin/check_lease_settings.h"
#include "engine/clock.h"
#include "engine/lease_limit.h"
#include "engine/node_settings.h"
#include "generator/leased_numbers.h"
#include "lease/lease_store.h"

/*
 * What the agent said last, or a sentence that says why it said nothing.  It
 * can contain the address of the store, as idgen.lease_store does.
 */
static const char *
get_last_error(const LeaseReport *lease)
{
	if (lease->agent_pid == 0)
		return "The lease agent is not running.";
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_SETTINGS))
		return "Members of pg_read_all_settings see what the store answered.";
	if (lease->last_error[0] != '\0')
		return lease->last_error;
	if (lease_is_overdue())
		return psprintf("The lease agent, which has PID %d, does not respond.", lease->agent_pid);
	return "The store has not answered yet.";
}

/* No worker ID is held.  A standby claims one when it is promoted. */
static void
check_no_worker(ReturnSetInfo *result, const LeaseReport *lease)
{
	if (RecoveryInProgress())
		return;
	if (lease->agent_pid == 0 && pg_atomic_read_u64(&shmem_area()->lease.start_tried_ns) == 0)
		finding_put(result, FINDING_NOTICE, lease_store.name,
					"Add \"idgen\" to \"shared_preload_libraries\", so that it is claimed when the server starts.",
					"No worker ID has been claimed yet. The first ID starts the lease agent.");
	else
		finding_put(result, FINDING_ERROR, lease_store.name,
					"See idgen_lease() and docs/leases.md.",
					"This server holds no worker ID. %s", get_last_error(lease));
}

/* The worker ID is held.  Is the lease extended? */
static void
check_extension(ReturnSetInfo *result, const LeaseReport *lease)
{
	int64		until_us = pg_atomic_read_u64(&shmem_area()->lease_limits.until_us);
	bool		is_open = until_us > clock_unix_ns() / NS_PER_US;

	if (lease->machine.failures == 0 && lease->machine.is_held && !lease_is_overdue())
		return;
	finding_put(result, is_open ? FINDING_WARNING : FINDING_ERROR, lease_store.name,
				"See idgen_lease() and docs/leases.md.",
				is_open ? "The lease of worker ID %d is not extended. IDs are issued up to %s. %s" :
				"The lease of worker ID %d has not been extended, and ended at %s. %s",
				lease_worker(lease_holding()), timestamptz_to_str(clock_timestamptz(until_us)), get_last_error(lease));
}

/* The datacenter of the pool and of this server. */
static void
check_pool_datacenter(ReturnSetInfo *result, const LeaseReport *lease, const SnowflakeLayout *layout)
{
	if (layout == NULL || !layout_has(layout, LAYOUT_DATACENTER) || !setting_is_valid(&generator_datacenter) ||
		!lease->machine.has_pool || lease->machine.pool.datacenter == generator_datacenter.value)
		return;
	finding_put(result, FINDING_ERROR, generator_datacenter.name,
				"Correct it, or let this server use a pool of its datacenter.",
				"The datacenter is %d, and that of the pool of leased worker IDs is %d, so no IDs are issued.",
				generator_datacenter.value, lease->machine.pool.datacenter);
}

/* The store's clock: no ID depends on it, but one of the two is wrong, and no worker ID can be claimed. */
static void
check_skew(ReturnSetInfo *result, const LeaseReport *lease)
{
	int64		skew_us = lease->machine.skew_us;

	if (Max(skew_us, -skew_us) / US_PER_MS <= lease_max_skew_ms)
		return;
	finding_put(result, FINDING_WARNING, lease_store.name,
				"Correct the clock that is wrong.",
				"The clock of the store differs from this server's by %.3f s, and \"idgen.lease_max_skew\" is %d ms. While it does, no worker ID can be claimed; one that is held is kept.",
				(double) skew_us / US_PER_S, lease_max_skew_ms);
}

/* The lease of the worker ID, if it is to be leased.  layout is the server's; NULL if it is not known. */
void
check_lease(ReturnSetInfo *result, const SnowflakeLayout *layout)
{
	LeaseReport lease = lease_read();
	LeaseSettings settings = {
		.store = lease_store.str,
		.pool = lease_pool.str,
		.ttl_ms = lease_ttl_ms,
		.reach_ms = lease_reach_ms,
	};

	if (!check_lease_names(result, &settings) || !lease_is_configured())
		return;
	check_lease_times(result, &settings);
	check_lease_and_worker(result, &generator_worker);
	check_pool_datacenter(result, &lease, layout);
	check_skew(result, &lease);
	if (lease_has_worker(lease_holding()))
		check_extension(result, &lease);
	else
		check_no_worker(result, &lease);
}

/* Could IDs of a generator be equal to IDs of other servers of the pool?  Then it issues none. */
void
check_leased_numbers(ReturnSetInfo *result, const char *subject, const IdNumbers *numbers, bool has_server_worker)
{
	LeaseHolding holding = lease_holding();
	LeaseReport lease;
	int			worker;

	if (!lease_is_configured())
		return;
	lease = lease_read();
	if (!lease.machine.has_pool)
		return;
	worker = leased_numbers_clash(&lease.machine.pool, numbers,
								  has_server_worker && lease_has_worker(holding) ? lease_worker(holding) : -1);
	if (worker >= 0)
		finding_put(result, FINDING_ERROR, subject,
					"Give it a node outside of the pool, or let it use the server's worker ID in the layout of the pool.",
					"Worker ID %d of the pool of leased worker IDs stands for some of its numbers, so it issues no IDs.", worker);
}
