/*-------------------------------------------------------------------------
 *
 * check_clock.c
 *	  Is the clock synchronized, and has it been set back?
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/timex.h>

#include "admin/check_clock.h"
#include "admin/check_finding.h"
#include "engine/activity.h"
#include "engine/drift.h"

/* The kernel's state of synchronization. */
static void
check_kernel_clock(ReturnSetInfo *result)
{
	struct timex state = {0};
	int64		max_drift_us = drift_max.value * US_PER_MS;

	if (ntp_adjtime(&state) < 0)
		finding_put(result, FINDING_NOTICE, "system clock",
					"Make sure that the clock is synchronized.",
					"The kernel does not tell whether the clock is synchronized: %m.");
	else if (state.status & STA_UNSYNC)
		finding_put(result, FINDING_WARNING, "system clock",
					"Run a service that synchronizes the clock, such as chrony, on this machine or its host.",
					"The kernel says that the clock is not synchronized.");
	else if (state.maxerror > max_drift_us)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out why the service that synchronizes the clock is not more accurate.",
					"The clock may be off by %.3f s, and \"idgen.max_drift\" is %d ms.",
					(double) state.maxerror / US_PER_S, drift_max.value);
}

/* Steps back of the clock. */
static void
check_clock_steps(ReturnSetInfo *result)
{
	SharedArea *area = shmem_area();
	uint64		regressions = pg_atomic_read_u64(&area->regressions);

	if (regressions > 0)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out what sets the clock, and let it slew the clock instead.",
					regressions == 1 ?
					"Since the server started, the clock went back " UINT64_FORMAT " time, by up to %.3f s." :
					"Since the server started, the clock went back " UINT64_FORMAT " times, by up to %.3f s.",
					regressions,
					(double) pg_atomic_read_u64(&area->largest_regression_ns) / NS_PER_S);
}

void
check_clock(ReturnSetInfo *result)
{
	check_kernel_clock(result);
	check_clock_steps(result);
}

/*
 * A lead of this much, or of half of the limit if that is less, is a finding;
 * in us.
 */
#define LEAD_TO_KNOW_OF_US (10 * US_PER_S)

/*
 * The lead as the caller may see it.  The reference clock reveals times of
 * IDs, so other roles see it to the second.
 */
static ReferenceLead
lead_to_show(const ReferenceLead *lead)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;
	int64		reference_us = now_us + lead->lead_us;

	if (activity_all_is_visible())
		return *lead;
	return reference_clock_lead_for(Max(reference_us - reference_us % US_PER_S - now_us, 0));
}

/*
 * Is the system clock behind its highest time, or behind where IDs began or
 * will begin?
 */
void
check_reference_clock(ReturnSetInfo *result, const ReferenceLead *lead)
{
	int64		limit_us = reference_max_regression.value * US_PER_MS;
	ReferenceLead shown = lead_to_show(lead);

	if (lead->stands_still)
		finding_put(result, FINDING_ERROR, "system clock",
					"Correct the clock or wait. If it was ahead before, see idgen_reset_timeline().",
					"The clock is %.3f s behind its highest reading or the time at which IDs began, and \"idgen.max_regression\" is %d ms. Calls wait for the difference, and fail after \"idgen.max_wait\".",
					(double) shown.lead_us / US_PER_S, reference_max_regression.value);
	else if (lead->lead_us > 0 && lead->lead_us >= Min(LEAD_TO_KNOW_OF_US, limit_us / 2))
		finding_put(result, lead->lead_us >= limit_us / 2 ? FINDING_ERROR : FINDING_WARNING, "system clock",
					"Find out what has set the clock back, before it does so again. When the clock is further behind than \"idgen.max_regression\", calls wait, and fail after \"idgen.max_wait\".",
					"The clock is %.3f s behind its highest reading or the time at which IDs began, and \"idgen.max_regression\" is %d ms. At this rate it catches up in %.0f s.",
					(double) shown.lead_us / US_PER_S, reference_max_regression.value,
					(double) shown.left_us / US_PER_S);
}
