/*-------------------------------------------------------------------------
 *
 * server_metrics.c
 *	  Metrics of the server: what it is, and how much all backends have issued.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"

#include "generator/generator.h"
#include "generator/server_layout.h"
#include "metrics/metric.h"

/* The value of a field of the server's node; empty if it has none. */
static const char *
describe_field(LayoutField field)
{
	const SnowflakeLayout *layout = server_layout_if_valid();
	int			value = generator_field_value(field);

	if (layout == NULL || !layout_has(layout, field) || value == SETTING_INVALID)
		return "";
	return psprintf("%d", value);
}

static void
collect_info(MetricRun *run)
{
	const SnowflakeLayout *layout = server_layout_if_valid();
	MetricLabels *labels = metric_one_label("version", IDGEN_VERSION);

	metric_label(labels, "layout", layout == NULL ? "" : metric_layout_name(layout));
	metric_label(labels, "datacenter", describe_field(LAYOUT_DATACENTER));
	metric_label(labels, "worker", describe_field(LAYOUT_WORKER));
	metric_label(labels, "preloaded", shmem_area()->preloaded ? "true" : "false");
	metric_put(run, labels, 1);
}

static void
collect_recovery(MetricRun *run)
{
	metric_put(run, NULL, RecoveryInProgress());
}

static void
collect_issued(MetricRun *run)
{
	metric_put(run, NULL, shmem_total_counts().ids_issued);
}

static void
collect_chunks(MetricRun *run)
{
	metric_put(run, NULL, shmem_total_counts().chunks_taken);
}

static void
collect_hlc_refused(MetricRun *run)
{
	metric_put(run, NULL, pg_atomic_read_u64(&shmem_area()->hlc_refused));
}

const Metric server_metrics[] = {
	{"idgen_server_info", METRIC_GAUGE, "Version of idgen, and layout and node of the server's own IDs; always 1.", collect_info},
	{"idgen_in_recovery", METRIC_GAUGE, "1 if the server is in recovery, and issues no IDs that need a timeline.", collect_recovery},
	{"idgen_server_ids_issued_total", METRIC_COUNTER, "IDs issued from all timelines.", collect_issued},
	{"idgen_chunks_taken_total", METRIC_COUNTER, "Chunks taken from all timelines; several IDs can come from one chunk.", collect_chunks},
	{"idgen_hlc_refused_total", METRIC_COUNTER, "Values of other hybrid logical clocks that were refused because they were too far ahead.", collect_hlc_refused},
	{NULL}
};
