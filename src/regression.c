/*-------------------------------------------------------------------------
 *
 * regression.c
 *	  Noticing that the wall clock has gone back, counting it, and saying so once.
 *
 * IDs do not depend on any of this: the timeline goes on by itself.
 *
 *	highest_clock_ns		raised by compare-and-swap, in steps.
 *	clock_went_back			exchanged, so of all who notice one reports.
 *	largest_regression_ns	raised by compare-and-swap.
 *
 * A backend that dies between two of these leaves a regression that is counted
 * and not logged, or the reverse, for as long as the area lives on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "regression.h"

/* What the clocks of two processors may differ by. */
#define TOLERANCE_NS NS_PER_MS

/*
 * The clock is now_ns, and was highest_ns at some time before; they differ by
 * more than a step, or the clock is behind.  In ns since 1970.
 */
void
regression_note(uint64 highest_ns, uint64 now_ns)
{
	SharedArea *area = shmem_area();
	Limits	   *limits = &area->limits;
	uint64		distance = highest_ns - now_ns;

	if (now_ns >= highest_ns)
	{
		shmem_raise_to(&limits->highest_clock_ns, now_ns);
		if (pg_atomic_read_u32(&limits->clock_went_back) != 0)
			pg_atomic_write_u32(&limits->clock_went_back, 0);
		return;
	}
	if (distance < TOLERANCE_NS)
		return;

	shmem_raise_to(&area->largest_regression_ns, distance);
	if (pg_atomic_exchange_u32(&limits->clock_went_back, 1) != 0)
		return;
	pg_atomic_fetch_add_u64(&area->regressions, 1);
	ereport(LOG,
			errmsg("system clock went back by %.3f s", (double) distance / NS_PER_S),
			errdetail("Snowflake IDs go on from the last one. They wait for the clock where they are more than \"idgen.max_drift\" ahead of it."),
			errhint("Find out who sets the clock, and let it be slewed instead."));
}

/* Take the clock as it is for the right one. */
void
regression_forget(void)
{
	Limits	   *limits = &shmem_area()->limits;

	pg_atomic_write_u64(&limits->highest_clock_ns, clock_unix_ns());
	pg_atomic_write_u32(&limits->clock_went_back, 0);
}
