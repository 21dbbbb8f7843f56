/*-------------------------------------------------------------------------
 *
 * reservation_metrics.c
 *	  Metrics of the reservation of time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/reservation.h"
#include "metrics/metric.h"

static void
collect_reserved_until(MetricRun *run)
{
	uint64		reserved_us = pg_atomic_read_u64(&shmem_area()->limits.reserved_us);

	if (reserved_us != 0)
		metric_put(run, NULL, metric_seconds(reserved_us));
}

static void
collect_reservations(MetricRun *run)
{
	metric_put_histogram(run, NULL, &shmem_area()->slow_counts.reservations);
}

static void
collect_reserve_ahead(MetricRun *run)
{
	metric_put(run, NULL, metric_seconds(reservation_ahead * US_PER_MS));
}

const Metric reservation_metrics[] = {
	{"idgen_reserved_until_timestamp_seconds", METRIC_GAUGE, "Time up to which IDs may be issued, durably reserved.", collect_reserved_until},
	{"idgen_reservation_seconds", METRIC_HISTOGRAM, "Time that it took to write a reservation and to flush it.", collect_reservations},
	{"idgen_reserve_ahead_seconds", METRIC_GAUGE, "Setting idgen.reserve_ahead: how far a reservation reaches beyond the IDs.", collect_reserve_ahead},
	{NULL}
};
