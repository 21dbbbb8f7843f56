/*-------------------------------------------------------------------------
 *
 * lease_metrics.c
 *	  Metrics of the lease of the server's worker ID.  There are none if worker
 *	  IDs are not leased.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/lease_limit.h"
#include "metrics/metric.h"

static const char *const state_names[] = {"none", "claiming", "held", "adrift", "stopped", "lost"};

static void
collect_state(MetricRun *run)
{
	LeaseReport lease = lease_read();
	const char *present = lease_describe_state(&lease);

	for (int i = 0; i < lengthof(state_names) && lease_is_configured(); i++)
		metric_put(run, metric_one_label("state", state_names[i]), strcmp(state_names[i], present) == 0);
}

static void
collect_fence(MetricRun *run)
{
	uint64		until_us = pg_atomic_read_u64(&shmem_area()->lease_limits.until_us);

	if (lease_is_configured() && lease_has_worker(lease_holding()))
		metric_put(run, NULL, metric_seconds(until_us));
}

static void
collect_extended(MetricRun *run)
{
	int64		extended_us = lease_read().extended_us;

	if (lease_is_configured() && extended_us != 0)
		metric_put(run, NULL, metric_seconds(extended_us));
}

static void
collect_failures(MetricRun *run)
{
	if (lease_is_configured())
		metric_put(run, NULL, lease_read().machine.failures);
}

static void
collect_epoch(MetricRun *run)
{
	LeaseReport lease = lease_read();

	if (lease_is_configured() && lease.machine.is_held)
		metric_put(run, NULL, lease.machine.record.epoch);
}

static void
collect_skew(MetricRun *run)
{
	if (lease_is_configured())
		metric_put(run, NULL, metric_seconds(lease_read().machine.skew_us));
}

const Metric lease_metrics[] = {
	{"idgen_lease_state_active", METRIC_GAUGE, "1 for the state of the lease, 0 for the other states.", collect_state},
	{"idgen_lease_fence_timestamp_seconds", METRIC_GAUGE, "Time below which the server may issue IDs with its leased worker ID.", collect_fence},
	{"idgen_lease_extended_timestamp_seconds", METRIC_GAUGE, "Time at which the lease was last extended.", collect_extended},
	{"idgen_lease_failures", METRIC_GAUGE, "Attempts to reach the coordination store that have failed since the last success.", collect_failures},
	{"idgen_lease_epoch", METRIC_GAUGE, "Claims that the held worker ID has had, by any server.", collect_epoch},
	{"idgen_lease_skew_seconds", METRIC_GAUGE, "Clock of the coordination store less that of this server, when last compared.", collect_skew},
	{NULL}
};
