/*-------------------------------------------------------------------------
 *
 * clock.c
 *	  Interruptible waits for the clock, which show in pg_stat_activity, and
 *	  intervals for SQL.  The clocks are read in clock.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/pmsignal.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "engine/clock.h"

/*
 * A latch counts whole milliseconds, which would lose most of every other tick
 * to a backend that waits for the next one.  So the last milliseconds are slept
 * with pg_usleep, which a signal ends early, too.
 */
#define SHORT_WAIT_NS	(2 * NS_PER_MS)

/* A long wait notices a clock that is stepped forward. */
#define LONGEST_WAIT_MS	100

/*
 * Wait about ns (1 ..), reported as wait_event.  The wait ends early on a
 * signal, when the latch is set, and after LONGEST_WAIT_MS; callers read the
 * clock and call again.  Raises what CHECK_FOR_INTERRUPTS raises, so the caller
 * must hold no lock.
 */
void
clock_wait(int64 ns, uint32 wait_event)
{
	CHECK_FOR_INTERRUPTS();
	if (ns < SHORT_WAIT_NS)
	{
		pgstat_report_wait_start(wait_event);
		pg_usleep((long) ((ns + NS_PER_US - 1) / NS_PER_US));
		pgstat_report_wait_end();

		/* As a latch would do: many short waits can be a long one. */
		if (!PostmasterIsAlive())
			proc_exit(1);
	}
	else
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) Min(ns / NS_PER_MS, LONGEST_WAIT_MS), wait_event);
		ResetLatch(MyLatch);
	}
	CHECK_FOR_INTERRUPTS();
}

Datum
clock_interval(int64 us)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->time = us;
	return IntervalPGetDatum(interval);
}
