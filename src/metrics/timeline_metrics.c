/*-------------------------------------------------------------------------
 *
 * timeline_metrics.c
 *	  Metrics of each timeline, and which generators of this database issue IDs
 *	  from it.
 *
 * A timeline belongs to a layout and a node, not to a generator: generators of
 * several databases may share one.  So samples have the label "timeline" alone,
 * and idgen_timeline_info and idgen_generator_info say what that is.
 *
 * The number of labels is bounded: if there are more than SHOWN_MOST timelines,
 * only the SHOWN_LEAST from which most IDs have been issued are shown.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "bits/layout_text.h"
#include "engine/id_space.h"
#include "generator/named_generator.h"
#include "generator/server_layout.h"
#include "metrics/metric.h"

#define SHOWN_MOST 1000
#define SHOWN_LEAST 50

/* What is read of a timeline. */
typedef struct TimelineFigures
{
	Timeline   *timeline;
	const SnowflakeLayout *layout;
	uint64		node_bits;
	bool		is_server;		/* of the server's own IDs */
	bool		is_shared;		/* by nodes for which there was no other */
	uint64		issued;
	int64		now_us;			/* the clock, read once for all */
	int64		reached_us;		/* as shmem_timeline_us() has it; 0: not known
								 * yet */
	char	   *name;
	MetricLabels *labels;		/* its name */
} TimelineFigures;

/* The timelines that are shown. */
typedef struct TimelineList
{
	int			count;
	TimelineFigures *figures;
	int			in_use;			/* number of all that count towards the limit */
	int64		now_us;
} TimelineList;

/* The layout and the node, as in "default: datacenter=0 worker=1". */
static char *
name_timeline(const TimelineFigures *figures)
{
	StringInfoData name;
	const char *separator = ":";

	if (figures->timeline == &shmem_area()->unique_times)
		return pstrdup("128-bit");
	if (figures->timeline == &shmem_area()->hlc)
		return pstrdup("hlc");
	initStringInfo(&name);
	appendStringInfoString(&name, metric_layout_name(figures->layout));
	if (figures->is_shared)
		appendStringInfoString(&name, ": shared");
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		if (figures->is_shared || !layout_has(figures->layout, field))
			continue;
		appendStringInfo(&name, "%s %s=%llu", separator, layout_field_names[field],
						 (unsigned long long) layout_get(figures->layout, field, figures->node_bits));
		separator = "";
	}
	return name.data;
}

static void
add_timeline(TimelineList *list, Timeline *timeline, const SnowflakeLayout *layout, uint64 node_bits, bool is_server)
{
	TimelineFigures *figures = &list->figures[list->count++];

	figures->timeline = timeline;
	figures->layout = layout;
	figures->node_bits = node_bits;
	figures->is_server = is_server;
	figures->is_shared = id_space_is_shared(timeline);
	figures->now_us = list->now_us;
	figures->issued = pg_atomic_read_u64(shmem_issued(timeline));
	figures->reached_us = shmem_timeline_us(shmem_area(), timeline, layout);
	figures->labels = NULL;
}

/* For qsort(): in descending order of the number of IDs; ties by address, to have the same order each time. */
static int
compare_issued(const void *one, const void *other)
{
	const TimelineFigures *a = one;
	const TimelineFigures *b = other;

	if (a->issued != b->issued)
		return a->issued > b->issued ? -1 : 1;
	return a->timeline < b->timeline ? -1 : 1;
}

/* Choose the timelines to show, and name them. */
static void
choose_timelines(TimelineList *list)
{
	if (list->count > SHOWN_MOST)
	{
		qsort(list->figures, list->count, sizeof(TimelineFigures), compare_issued);
		list->count = SHOWN_LEAST;
	}
	for (int i = 0; i < list->count; i++)
	{
		TimelineFigures *figures = &list->figures[i];

		figures->name = name_timeline(figures);
		figures->labels = metric_one_label("timeline", figures->name);
	}
}

static bool
is_used(Timeline *timeline)
{
	return shmem_is_used(shmem_area(), pg_atomic_read_u64(&timeline->next));
}

/* Read the timelines; records of nodes of 128-bit IDs are none. */
static TimelineList *
read_timelines(void)
{
	SharedArea *area = shmem_area();
	Timeline   *of_server = generator_server_timeline();
	int			count = id_space_count();
	TimelineList *list = palloc(sizeof(TimelineList));

	list->count = 0;
	list->now_us = clock_unix_ns() / NS_PER_US;
	list->in_use = count - SHARED_TIMELINES;
	list->figures = palloc((count + 2) * sizeof(TimelineFigures));
	if (is_used(&area->unique_times))
		add_timeline(list, &area->unique_times, &layout_unique_times, 0, false);
	if (is_used(&area->hlc))
		add_timeline(list, &area->hlc, &layout_hlc, 0, false);
	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline != NULL && !id_space_is_record(timeline))
			add_timeline(list, timeline, &timeline->layout, timeline->node_bits, timeline == of_server);
	}
	choose_timelines(list);
	return list;
}

static TimelineList *
get_timelines(MetricRun *run)
{
	if (run->timelines == NULL)
		run->timelines = read_timelines();
	return run->timelines;
}

/* Call a function for each timeline that is shown. */
static void
for_each_timeline(MetricRun *run, void (*collect) (MetricRun *run, const TimelineFigures *figures))
{
	TimelineList *list = get_timelines(run);

	for (int i = 0; i < list->count; i++)
		collect(run, &list->figures[i]);
}

static void
collect_count(MetricRun *run)
{
	metric_put(run, NULL, get_timelines(run)->in_use);
}

static void
collect_limit(MetricRun *run)
{
	metric_put(run, NULL, shmem_area()->timeline_limit);
}

static void
put_info(MetricRun *run, const TimelineFigures *figures)
{
	MetricLabels *labels = metric_one_label("timeline", figures->name);

	metric_label(labels, "layout", metric_layout_name(figures->layout));
	for (int field = LAYOUT_FIRST_NODE_FIELD; field < LAYOUT_FIELDS; field++)
	{
		bool		is_known = layout_has(figures->layout, field) && !figures->is_shared;

		metric_label(labels, layout_field_names[field], !is_known ? "" :
					 psprintf("%llu", (unsigned long long) layout_get(figures->layout, field, figures->node_bits)));
	}
	metric_label(labels, "is_server", figures->is_server ? "true" : "false");
	metric_put(run, labels, 1);
}

static void
collect_info(MetricRun *run)
{
	for_each_timeline(run, put_info);
}

static void
put_issued(MetricRun *run, const TimelineFigures *figures)
{
	metric_put(run, figures->labels, figures->issued);
}

static void
collect_issued(MetricRun *run)
{
	for_each_timeline(run, put_issued);
}

static void
put_ahead(MetricRun *run, const TimelineFigures *figures)
{
	if (figures->reached_us != 0)
		metric_put(run, figures->labels, metric_seconds(Max(figures->reached_us - figures->now_us, 0)));
}

static void
collect_ahead(MetricRun *run)
{
	for_each_timeline(run, put_ahead);
}

/* The share of the layout's time that has gone by, or has been used ahead of the clock: 0 .. 1. */
static void
put_used(MetricRun *run, const TimelineFigures *figures)
{
	int64		start_us = layout_tick_start_us(figures->layout, 0);
	int64		end_us = layout_end_us(figures->layout);
	int64		used_us = Max(figures->reached_us, figures->now_us);
	double		used = ((double) used_us - start_us) / ((double) end_us - start_us);

	metric_put(run, figures->labels, Min(Max(used, 0), 1));
}

static void
collect_used(MetricRun *run)
{
	for_each_timeline(run, put_used);
}

static void
put_end(MetricRun *run, const TimelineFigures *figures)
{
	metric_put(run, figures->labels, metric_seconds(layout_end_us(figures->layout)));
}

static void
collect_end(MetricRun *run)
{
	for_each_timeline(run, put_end);
}

/* The name of a timeline that is shown, or NULL. */
static const char *
find_name(const TimelineList *list, const Timeline *timeline)
{
	for (int i = 0; i < list->count; i++)
		if (list->figures[i].timeline == timeline)
			return list->figures[i].name;
	return NULL;
}

/*
 * Report a generator, unless it has issued no IDs yet, or cannot issue any.
 * Returns whether it was reported.
 */
static bool
put_generator(MetricRun *run, Oid server_oid)
{
	/* By OID, because it may be dropped concurrently. */
	ForeignServer *server = GetForeignServerExtended(server_oid, FSV_MISSING_OK);
	GeneratorOptions options;
	OptionsProblem problem;
	uint64		node_bits;
	const char *timeline = NULL;
	MetricLabels *labels;

	if (server != NULL && generator_options_try(server->options, &options, &problem) &&
		named_generator_find_node_bits(&options, &node_bits))
		timeline = find_name(get_timelines(run), id_space_find_timeline(&options.layout, node_bits));
	if (timeline == NULL)
		return false;
	labels = metric_one_label("generator", server->servername);
	metric_label(labels, "timeline", timeline);
	metric_put(run, labels, 1);
	return true;
}

/* Those of the timelines that are shown.  Generators may share a timeline, so their number is bounded, too. */
static void
collect_generators(MetricRun *run)
{
	List	   *servers = named_generator_list();
	int			left = list_length(servers) > SHOWN_MOST ? SHOWN_LEAST : SHOWN_MOST;
	ListCell   *cell;

	foreach(cell, servers)
	{
		CHECK_FOR_INTERRUPTS();
		if (left > 0 && put_generator(run, lfirst_oid(cell)))
			left--;
	}
}

const Metric timeline_metrics[] = {
	{"idgen_timelines", METRIC_GAUGE, "Layouts and nodes with which IDs have been issued since the server started.", collect_count},
	{"idgen_timelines_max", METRIC_GAUGE, "Layouts and nodes for which there is room; half of it is reserved for the server and superusers.", collect_limit},
	{"idgen_timeline_info", METRIC_GAUGE, "Layout and node of a timeline; always 1.", collect_info},
	{"idgen_generator_info", METRIC_GAUGE, "Timeline of a generator of this database that has issued IDs; always 1.", collect_generators},
	{"idgen_ids_issued_total", METRIC_COUNTER, "IDs issued from a timeline.", collect_issued},
	{"idgen_ahead_of_clock_seconds", METRIC_GAUGE, "Time by which the last ID of a timeline is ahead of the system clock.", collect_ahead},
	{"idgen_id_space_used_ratio", METRIC_GAUGE, "Share of the time of a timeline's layout that is used up.", collect_used},
	{"idgen_id_space_end_timestamp_seconds", METRIC_GAUGE, "Time at which the layout of a timeline ends.", collect_end},
	{NULL}
};
