/*-------------------------------------------------------------------------
 *
 * clock_metrics.c
 *	  Metrics of the clock: steps back that were noticed, and what the kernel
 *	  knows of its synchronization.
 *
 * The kernel is asked by adjtimex(2), which needs no privilege to read.  Its
 * clock counts as synchronized while a daemon such as chronyd or ntpd says so;
 * without one, the kernel increases the largest error until it gives up.  Where
 * adjtimex() is refused, as in some containers, these metrics are missing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#ifdef __linux__
#include <sys/timex.h>
#endif

#include "engine/drift.h"
#include "engine/reference_clock.h"
#include "metrics/metric.h"

static void
collect_lead(MetricRun *run)
{
	metric_put(run, NULL, metric_seconds(reference_clock_lead().lead_us));
}

static void
collect_lead_left(MetricRun *run)
{
	metric_put(run, NULL, metric_seconds(reference_clock_lead().left_us));
}

static void
collect_regressions(MetricRun *run)
{
	metric_put(run, NULL, pg_atomic_read_u64(&shmem_area()->regressions));
}

static void
collect_largest_regression(MetricRun *run)
{
	metric_put(run, NULL, metric_seconds(pg_atomic_read_u64(&shmem_area()->largest_regression_ns) / NS_PER_US));
}

/* A setting in ms, which is not shown while it is invalid. */
static void
put_setting(MetricRun *run, const ServerSetting *setting)
{
	if (setting_is_valid(setting))
		metric_put(run, NULL, metric_seconds(setting->value * US_PER_MS));
}

static void
collect_max_regression(MetricRun *run)
{
	put_setting(run, &reference_max_regression);
}

static void
collect_max_drift(MetricRun *run)
{
	put_setting(run, &drift_max);
}

/* What the kernel knows of its clock. */
typedef struct KernelClock
{
	bool		is_synchronized;
	double		max_error;		/* in s, as the others */
	double		offset;
} KernelClock;

/* False if the kernel does not tell. */
static bool
read_kernel_clock(KernelClock *clock)
{
#ifdef __linux__
	struct timex answer = {0};

	if (adjtimex(&answer) < 0)
		return false;
	clock->is_synchronized = (answer.status & STA_UNSYNC) == 0;
	clock->max_error = answer.maxerror / 1e6;
	clock->offset = answer.offset / (answer.status & STA_NANO ? 1e9 : 1e6);
	return true;
#else
	return false;
#endif
}

static void
collect_synchronized(MetricRun *run)
{
	KernelClock clock;

	if (read_kernel_clock(&clock))
		metric_put(run, NULL, clock.is_synchronized);
}

static void
collect_max_error(MetricRun *run)
{
	KernelClock clock;

	if (read_kernel_clock(&clock))
		metric_put(run, NULL, clock.max_error);
}

static void
collect_offset(MetricRun *run)
{
	KernelClock clock;

	if (read_kernel_clock(&clock))
		metric_put(run, NULL, clock.offset);
}

const Metric clock_metrics[] = {
	{"idgen_clock_lead_seconds", METRIC_GAUGE, "Time by which the reference clock is ahead of the system clock.", collect_lead},
	{"idgen_clock_lead_remaining_seconds", METRIC_GAUGE, "Time until the system clock has caught up with the reference clock.", collect_lead_left},
	{"idgen_clock_regressions_total", METRIC_COUNTER, "Steps back of the system clock that were noticed.", collect_regressions},
	{"idgen_largest_regression_seconds", METRIC_GAUGE, "Largest step back of the system clock since the server started.", collect_largest_regression},
	{"idgen_max_regression_seconds", METRIC_GAUGE, "Setting idgen.max_regression: with a larger lead, calls wait.", collect_max_regression},
	{"idgen_max_drift_seconds", METRIC_GAUGE, "Setting idgen.max_drift: how far IDs may be ahead of the reference clock.", collect_max_drift},
	{"idgen_clock_synchronized", METRIC_GAUGE, "1 if the kernel's clock is synchronized, as by NTP.", collect_synchronized},
	{"idgen_clock_max_error_seconds", METRIC_GAUGE, "Largest error of the kernel's clock, as its daemon estimates it.", collect_max_error},
	{"idgen_clock_offset_seconds", METRIC_GAUGE, "Offset of the clock that the kernel is correcting.", collect_offset},
	{NULL}
};
