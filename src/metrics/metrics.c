/*-------------------------------------------------------------------------
 *
 * metrics.c
 *	  idgen_metrics() and idgen_metrics_text(): everything that monitoring
 *	  systems watch, from one source.
 *
 * All values are read from shared memory, the catalog of generators and the
 * kernel's clock, without a lock that a call for IDs could wait for.  They are
 * of about the same moment, not of exactly the same.  Counters begin at 0 when
 * the server starts, as Prometheus expects.
 *
 * The functions reveal the activity of all roles, so only members of pg_monitor
 * may execute them, unless the privilege is granted to others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "metrics/metric.h"

PG_FUNCTION_INFO_V1(idgen_metrics);
PG_FUNCTION_INFO_V1(idgen_metrics_text);

static const Metric *const subjects[] = {
	server_metrics,
	timeline_metrics,
	wait_metrics,
	clock_metrics,
	reservation_metrics,
	lease_metrics,
	segment_metrics,
	horizon_metrics,
};

static void
run_collectors(MetricRun *run)
{
	run->of_sample = AllocSetContextCreate(CurrentMemoryContext, "idgen sample", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < lengthof(subjects); i++)
	{
		for (run->metric = subjects[i]; run->metric->name != NULL; run->metric++)
		{
			run->has_header = false;
			run->metric->collect(run);
		}
	}
	MemoryContextDelete(run->of_sample);
}

/*
 * idgen_metrics(OUT name text, OUT type text, OUT help text, OUT labels jsonb,
 *				 OUT value float8)
 */
Datum
idgen_metrics(PG_FUNCTION_ARGS)
{
	MetricRun	run = {.result = (ReturnSetInfo *) fcinfo->resultinfo};

	InitMaterializedSRF(fcinfo, 0);
	run_collectors(&run);
	return (Datum) 0;
}

/* idgen_metrics_text() */
Datum
idgen_metrics_text(PG_FUNCTION_ARGS)
{
	MetricRun	run = {.exposition = makeStringInfo()};

	run_collectors(&run);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(run.exposition->data, run.exposition->len));
}
