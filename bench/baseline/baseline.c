/*-------------------------------------------------------------------------
 *
 * baseline.c
 *	  Functions that do next to nothing: what a call costs at least; and what a
 *	  session has cost so far.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(baseline_empty);
PG_FUNCTION_INFO_V1(baseline_clock);
PG_FUNCTION_INFO_V1(baseline_cpu);

/* baseline_empty(): the price of calling a C function */
Datum
baseline_empty(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(1);
}

/* baseline_clock(): the same and one reading of the wall clock, in ns */
Datum
baseline_clock(PG_FUNCTION_ARGS)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	PG_RETURN_INT64((int64) now.tv_sec * INT64CONST(1000000000) + now.tv_nsec);
}

/* baseline_cpu(): the processor time of this session's process, in ns */
Datum
baseline_cpu(PG_FUNCTION_ARGS)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	PG_RETURN_INT64((int64) used.tv_sec * INT64CONST(1000000000) + used.tv_nsec);
}
