/*-------------------------------------------------------------------------
 *
 * metric.c
 *	  Reporting samples of metrics, as rows or in Prometheus's text format.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/shortest_dec.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "bits/layout_presets.h"
#include "bits/layout_text.h"
#include "metrics/metric.h"

static const char *const type_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

/* A layout as a label: the name of its preset, or else its words. */
const char *
metric_layout_name(const SnowflakeLayout *layout)
{
	const char *name = layout_preset_name(layout);
	char	   *words;

	if (name != NULL)
		return name;
	words = palloc(LAYOUT_TEXT_SIZE);
	layout_write(layout, words, LAYOUT_TEXT_SIZE);
	return words;
}

/* An empty string that becomes short: initStringInfo() takes a kB, which the kernel may have to find first. */
static void
init_short_string(StringInfo string)
{
	string->maxlen = 64;
	string->data = palloc(string->maxlen);
	resetStringInfo(string);
}

/* No labels yet. */
MetricLabels *
metric_labels(void)
{
	MetricLabels *labels = palloc(sizeof(MetricLabels));

	init_short_string(&labels->json);
	init_short_string(&labels->exposed);
	labels->object = (Datum) 0;
	return labels;
}

/* In the text format, a value of a label has three characters escaped. */
static void
append_escaped(StringInfo exposed, const char *value)
{
	for (; *value != '\0'; value++)
	{
		if (*value == '\n')
			appendStringInfoString(exposed, "\\n");
		else
		{
			if (*value == '"' || *value == '\\')
				appendStringInfoChar(exposed, '\\');
			appendStringInfoChar(exposed, *value);
		}
	}
}

/* Add a label.  name consists of letters and underscores. */
void
metric_label(MetricLabels *labels, const char *name, const char *value)
{
	if (labels->json.len > 0)
	{
		appendStringInfoString(&labels->json, ", ");
		appendStringInfoChar(&labels->exposed, ',');
	}
	appendStringInfo(&labels->json, "\"%s\": ", name);
	escape_json(&labels->json, value);
	appendStringInfo(&labels->exposed, "%s=\"", name);
	append_escaped(&labels->exposed, value);
	appendStringInfoChar(&labels->exposed, '"');
	labels->object = (Datum) 0;
}

MetricLabels *
metric_one_label(const char *name, const char *value)
{
	MetricLabels *labels = metric_labels();

	metric_label(labels, name, value);
	return labels;
}

/* The labels as jsonb, which lives as long as they do. */
static Datum
get_object(MetricLabels *labels)
{
	MemoryContext context;
	Datum		object;

	if (labels->object != (Datum) 0)
		return labels->object;
	object = DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{%s}", labels->json.data)));
	context = MemoryContextSwitchTo(GetMemoryChunkContext(labels));
	labels->object = PointerGetDatum(PG_DETOAST_DATUM_COPY(object));
	MemoryContextSwitchTo(context);
	return labels->object;
}

static void
put_row(MetricRun *run, const char *suffix, MetricLabels *labels, double value)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	values[0] = CStringGetTextDatum(suffix[0] == '\0' ? run->metric->name : psprintf("%s%s", run->metric->name, suffix));
	values[1] = CStringGetTextDatum(type_names[run->metric->type]);
	values[2] = CStringGetTextDatum(run->metric->help);
	values[3] = get_object(labels);
	values[4] = Float8GetDatum(value);
	tuplestore_putvalues(run->result->setResult, run->result->setDesc, values, nulls);
}

static void
put_text(MetricRun *run, const char *suffix, const MetricLabels *labels, double value)
{
	char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (!run->has_header)
		appendStringInfo(run->exposition, "# HELP %s %s\n# TYPE %s %s\n", run->metric->name, run->metric->help,
						 run->metric->name, type_names[run->metric->type]);
	run->has_header = true;
	double_to_shortest_decimal_buf(value, number);
	if (labels->exposed.len == 0)
		appendStringInfo(run->exposition, "%s%s %s\n", run->metric->name, suffix, number);
	else
		appendStringInfo(run->exposition, "%s%s{%s} %s\n", run->metric->name, suffix, labels->exposed.data, number);
}

/* The labels may be of the memory of a sample, which is freed. */
static void
put_sample(MetricRun *run, const char *suffix, MetricLabels *labels, double value)
{
	if (run->result == NULL)
		put_text(run, suffix, labels, value);
	else
	{
		MemoryContext context = MemoryContextSwitchTo(run->of_sample);

		put_row(run, suffix, labels, value);
		MemoryContextSwitchTo(context);
	}
	MemoryContextReset(run->of_sample);
}

/* Report a sample of the metric that is being collected; labels may be NULL. */
void
metric_put(MetricRun *run, MetricLabels *labels, double value)
{
	put_sample(run, "", labels == NULL ? metric_labels() : labels, value);
}

/* The same labels, and the upper bound of a bucket, as Prometheus has it. */
static MetricLabels *
add_bound(MetricRun *run, const MetricLabels *labels, const char *bound)
{
	MemoryContext context = MemoryContextSwitchTo(run->of_sample);
	MetricLabels *copy = metric_labels();

	appendBinaryStringInfo(&copy->json, labels->json.data, labels->json.len);
	appendBinaryStringInfo(&copy->exposed, labels->exposed.data, labels->exposed.len);
	metric_label(copy, "le", bound);
	MemoryContextSwitchTo(context);
	return copy;
}

/*
 * Report the samples of a histogram; labels may be NULL.  Its count is that of
 * the buckets, read once, so that they agree.
 */
void
metric_put_histogram(MetricRun *run, MetricLabels *labels, Histogram *histogram)
{
	static const char *const bounds[HISTOGRAM_BUCKETS] = {"1e-05", "0.0001", "0.001", "0.01", "0.1", "1", "10", "+Inf"};
	uint64		sum_us = pg_atomic_read_u64(&histogram->sum_us);
	uint64		count = 0;

	if (labels == NULL)
		labels = metric_labels();
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
	{
		count += pg_atomic_read_u64(&histogram->buckets[i]);
		put_sample(run, "_bucket", add_bound(run, labels, bounds[i]), count);
	}
	put_sample(run, "_sum", labels, metric_seconds(sum_us));
	put_sample(run, "_count", labels, count);
}
