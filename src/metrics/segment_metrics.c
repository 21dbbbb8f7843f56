/*-------------------------------------------------------------------------
 *
 * segment_metrics.c
 *	  Metrics of the segments of this database that have been used.
 *
 * The label is the sequence's name with its schema.  If there are more than
 * SHOWN_MOST segments, only the first SHOWN_MOST that are found are shown:
 * idgen.max_segments bounds their number, too.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "metrics/metric.h"
#include "segment/segment_memory.h"
#include "segment/segment_report.h"

#define SHOWN_MOST 1000

/* What is read of a segment. */
typedef struct SegmentFigures
{
	MetricLabels *labels;		/* its name */
	SegmentCounts counts;
	double		left;			/* numbers that the server has taken and not
								 * issued */
	double		rate;			/* numbers issued in a second */
	bool		is_failing;		/* the last refill failed */
} SegmentFigures;

/* The segments that are shown, read once for all their metrics. */
typedef struct SegmentList
{
	int			count;
	SegmentFigures figures[FLEXIBLE_ARRAY_MEMBER];
} SegmentList;

/* The name of a sequence; NULL if it has been dropped. */
static char *
name_sequence(Oid sequence)
{
	char	   *name = get_rel_name(sequence);

	return name == NULL ? NULL :
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(sequence)), name);
}

static SegmentList *
read_segments(void)
{
	int			capacity = segment_memory_capacity();
	SegmentList *list = palloc(offsetof(SegmentList, figures) + Min(capacity, SHOWN_MOST) * sizeof(SegmentFigures));

	list->count = 0;
	for (int i = 0; i < capacity && list->count < SHOWN_MOST; i++)
	{
		SegmentEntry entry;
		char	   *name;

		if (!segment_memory_copy(i, &entry) || entry.database != MyDatabaseId)
			continue;
		name = name_sequence(entry.sequence);
		if (name == NULL)
			continue;
		list->figures[list->count++] = (SegmentFigures)
		{
			.labels = metric_one_label("segment", name),
				.counts = entry.counts,
				.left = (double) entry.left + (double) entry.reserve.count,
				.rate = segment_report_rate(&entry),
				.is_failing = entry.last_error[0] != '\0',
		};
	}
	return list;
}

/* Report a sample of each segment, or none of those whose value is not known. */
static void
put_each(MetricRun *run, bool (*find_value) (const SegmentFigures *figures, double *value))
{
	double		value;

	if (run->segments == NULL)
		run->segments = read_segments();
	for (int i = 0; i < run->segments->count; i++)
		if (find_value(&run->segments->figures[i], &value))
			metric_put(run, run->segments->figures[i].labels, value);
}

/*
 * A segment that is not being used has all the time in the world: no sample.
 * Numbers that are used up last for no time, whether calls fail or none is made.
 */
static bool
find_runway(const SegmentFigures *figures, double *value)
{
	bool		is_used_up = figures->is_failing && figures->left == 0;

	*value = is_used_up || figures->rate <= 0 ? 0 : figures->left / figures->rate;
	return is_used_up || figures->rate > 0;
}

static void
collect_runway(MetricRun *run)
{
	put_each(run, find_runway);
}

/* A counter must not fall when a session gives numbers back, a share at most. */
static bool
find_issued(const SegmentFigures *figures, double *value)
{
	*value = Max(figures->counts.issued, figures->counts.issued_most);
	return true;
}

static void
collect_issued(MetricRun *run)
{
	put_each(run, find_issued);
}

static bool
find_refills(const SegmentFigures *figures, double *value)
{
	*value = figures->counts.refills;
	return true;
}

static void
collect_refills(MetricRun *run)
{
	put_each(run, find_refills);
}

static bool
find_wasted(const SegmentFigures *figures, double *value)
{
	*value = figures->counts.wasted;
	return true;
}

static void
collect_wasted(MetricRun *run)
{
	put_each(run, find_wasted);
}

static bool
find_waits(const SegmentFigures *figures, double *value)
{
	*value = figures->counts.waits;
	return true;
}

static void
collect_waits(MetricRun *run)
{
	put_each(run, find_waits);
}

static bool
find_failing(const SegmentFigures *figures, double *value)
{
	*value = figures->is_failing;
	return true;
}

static void
collect_failing(MetricRun *run)
{
	put_each(run, find_failing);
}

const Metric segment_metrics[] = {
	{"idgen_segment_runway_seconds", METRIC_GAUGE, "Time for which the numbers of a segment last that the server has taken, at the present rate.", collect_runway},
	{"idgen_segment_issued_total", METRIC_COUNTER, "Numbers of a segment issued to sessions, including those that they hold.", collect_issued},
	{"idgen_segment_refills_total", METRIC_COUNTER, "Ranges of a segment taken from its root.", collect_refills},
	{"idgen_segment_wasted_total", METRIC_COUNTER, "Numbers of a segment neither issued nor left.", collect_wasted},
	{"idgen_segment_waits_total", METRIC_COUNTER, "Calls that waited for a refill of a segment.", collect_waits},
	{"idgen_segment_failing", METRIC_GAUGE, "1 if the last refill of a segment failed.", collect_failing},
	{NULL}
};
