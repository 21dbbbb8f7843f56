/*-------------------------------------------------------------------------
 *
 * wait_metrics.c
 *	  Metrics of calls that waited or failed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/shmem.h"
#include "metrics/metric.h"

static const char *const cause_names[WAIT_CAUSES] = {
	[WAIT_SEQUENCE] = "sequence",
	[WAIT_DRIFT] = "drift",
	[WAIT_RESERVATION] = "reservation",
	[WAIT_LEASE] = "lease",
};

static void
collect_waits(MetricRun *run)
{
	IssueCounts counts = shmem_total_counts();

	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		metric_put(run, metric_one_label("cause", cause_names[cause]), counts.waits[cause]);
}

static void
collect_wait_times(MetricRun *run)
{
	for (int cause = 0; cause < WAIT_CAUSES; cause++)
		metric_put_histogram(run, metric_one_label("cause", cause_names[cause]),
							 &shmem_area()->slow_counts.waits[cause]);
}

/* Those that were not usual are shown from the first on; "other" are those for which there was no room. */
static void
collect_errors(MetricRun *run)
{
	FailureCount *failures = shmem_area()->slow_counts.failures;

	for (int i = 0; i < FAILURE_KINDS; i++)
	{
		uint32		sqlstate = pg_atomic_read_u32(&failures[i].sqlstate);
		uint64		count = pg_atomic_read_u64(&failures[i].count);

		if (sqlstate != 0 || count > 0)
			metric_put(run, metric_one_label("sqlstate", i == FAILURE_OTHERS ? "other" : unpack_sql_state(sqlstate)), count);
	}
}

const Metric wait_metrics[] = {
	{"idgen_waits_total", METRIC_COUNTER, "Calls that waited, by the first cause; counted when the wait begins.", collect_waits},
	{"idgen_call_wait_seconds", METRIC_HISTOGRAM, "Time from the first wait of a call to its end, for calls that waited, by the first cause.", collect_wait_times},
	{"idgen_errors_total", METRIC_COUNTER, "Calls that failed while they made a generator ready or waited, by SQLSTATE.", collect_errors},
	{NULL}
};
