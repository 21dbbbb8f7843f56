/*-------------------------------------------------------------------------
 *
 * horizon_metrics.c
 *	  Metrics of horizons: what holds them back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "metrics/metric.h"
#include "outbox/horizon_holders.h"

/* 0 if no transaction holds a horizon back. */
static void
collect_lag(MetricRun *run)
{
	TimestampTz since;
	int64		lag_us = horizon_held_since(&since) ? GetCurrentTimestamp() - since : 0;

	metric_put(run, NULL, metric_seconds(Max(lag_us, 0)));
}

static void
collect_lag_limit(MetricRun *run)
{
	if (horizon_lag_limit_ms > 0)
		metric_put(run, NULL, horizon_lag_limit_ms / 1e3);
}

const Metric horizon_metrics[] = {
	{"idgen_horizon_lag_seconds", METRIC_GAUGE, "Time for which the oldest transaction has been open that holds back a horizon.", collect_lag},
	{"idgen_horizon_lag_limit_seconds", METRIC_GAUGE, "Setting idgen.horizon_lag_limit; there is none if it is 0.", collect_lag_limit},
	{NULL}
};
