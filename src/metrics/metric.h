/*-------------------------------------------------------------------------
 *
 * metric.h
 *	  What a metric is, and how its samples are reported.
 *
 * A metric is a row of a table: its name, type and help, and the function that
 * collects its samples.  A file has a table for each subject, and metrics.c the
 * list of these tables.  So a new metric is a new row, and a new subject a new
 * file.
 *
 * Names follow Prometheus: base units, "_total" for counters, and labels of
 * which there is a bounded number.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_METRIC_H
#define IDGEN_METRIC_H

#include "lib/stringinfo.h"
#include "nodes/execnodes.h"

#include "bits/layout.h"
#include "engine/histogram.h"

typedef enum MetricType
{
	METRIC_COUNTER,				/* only grows while the server runs */
	METRIC_GAUGE,
	METRIC_HISTOGRAM,			/* of durations; its samples have suffixes */
} MetricType;

struct MetricRun;

typedef struct Metric
{
	const char *name;			/* NULL: the end of the table */
	MetricType	type;
	const char *help;			/* without a newline or a backslash */
	void		(*collect) (struct MetricRun *run);
} Metric;

/* The labels of a sample, as they are added; see metric_label(). */
typedef struct MetricLabels
{
	StringInfoData json;		/* members of an object, without braces */
	StringInfoData exposed;		/* the same for the exposition format */
	Datum		object;			/* of the json, when it was last needed; 0:
								 * not yet */
} MetricLabels;

/* A run of all collectors. */
typedef struct MetricRun
{
	ReturnSetInfo *result;		/* gets rows; or NULL ... */
	StringInfo	exposition;		/* ... and this gets text */
	MemoryContext of_sample;	/* for what only the next sample needs */
	const Metric *metric;		/* whose samples are being collected */
	bool		has_header;		/* its help and type have been written to the
								 * text */
	struct TimelineList *timelines; /* see timeline_metrics.c; NULL: not read
									 * yet */
	struct SegmentList *segments;	/* the same of segment_metrics.c */
} MetricRun;

/* The tables, by subject, in the files of that name. */
extern const Metric server_metrics[];
extern const Metric timeline_metrics[];
extern const Metric wait_metrics[];
extern const Metric clock_metrics[];
extern const Metric reservation_metrics[];
extern const Metric lease_metrics[];
extern const Metric segment_metrics[];
extern const Metric horizon_metrics[];

/* A time or a duration in us as seconds, the unit of metrics. */
static inline double
metric_seconds(int64 us)
{
	return us / 1e6;
}

extern const char *metric_layout_name(const SnowflakeLayout *layout);
extern MetricLabels *metric_labels(void);
extern void metric_label(MetricLabels *labels, const char *name, const char *value);
extern MetricLabels *metric_one_label(const char *name, const char *value);
extern void metric_put(MetricRun *run, MetricLabels *labels, double value);
extern void metric_put_histogram(MetricRun *run, MetricLabels *labels, Histogram *histogram);

#endif							/* IDGEN_METRIC_H */
