/*-------------------------------------------------------------------------
 *
 * check_clock.c
 *	  The state of the system clock in the kernel, and its steps back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/timex.h>

#include "admin/check_clock.h"
#include "admin/check_finding.h"
#include "engine/window.h"

static void
check_kernel_clock(ReturnSetInfo *result)
{
	struct timex state = {0};
	int64		max_drift_us = window_max_drift.value * US_PER_MS;

	if (ntp_adjtime(&state) < 0)
		finding_put(result, FINDING_NOTICE, "system clock",
					"Make sure that the clock is synchronised.",
					"The kernel does not tell whether the clock is synchronised: %m.");
	else if (state.status & STA_UNSYNC)
		finding_put(result, FINDING_WARNING, "system clock",
					"Run a service that keeps the clock, such as chrony, on this machine or its host.",
					"The kernel says that the clock is not synchronised.");
	else if (state.maxerror > max_drift_us)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out why the clock's service cannot keep it better.",
					"The clock may be off by %.3f s, and \"idgen.max_drift\" is %d ms.",
					(double) state.maxerror / US_PER_S, window_max_drift.value);
}

static void
check_clock_steps(ReturnSetInfo *result)
{
	SharedArea *area = shmem_area();
	uint64		regressions = pg_atomic_read_u64(&area->regressions);

	if (regressions > 0)
		finding_put(result, FINDING_WARNING, "system clock",
					"Find out who sets the clock, and let it be slewed instead.",
					"Since the server started, the clock went back " UINT64_FORMAT " time%s, by up to %.3f s.",
					regressions, regressions == 1 ? "" : "s",
					(double) pg_atomic_read_u64(&area->largest_regression_ns) / NS_PER_S);
}

void
check_clock(ReturnSetInfo *result)
{
	check_kernel_clock(result);
	check_clock_steps(result);
}

/* A lead of this many us, or of half the limit, is a finding. */
#define LEAD_TO_KNOW_OF_US (10 * US_PER_S)

/* Is the system clock behind its highest reading, or behind where IDs began or will begin? */
void
check_reference_clock(ReturnSetInfo *result, const ReferenceLead *lead)
{
	int64		limit_us = reference_max_regression.value * US_PER_MS;

	if (lead->stands_still)
		finding_put(result, FINDING_ERROR, "system clock",
					"Correct it or wait. If it was ahead before, see idgen_reset_timeline().",
					"It is %.3f s behind where it has been or IDs began, and \"idgen.max_regression\" is %d ms: calls wait for the difference, and fail after \"idgen.max_wait\".",
					(double) lead->lead_us / US_PER_S, reference_max_regression.value);
	else if (lead->lead_us > 0 && lead->lead_us >= Min(LEAD_TO_KNOW_OF_US, limit_us / 2))
		finding_put(result, lead->lead_us >= limit_us / 2 ? FINDING_ERROR : FINDING_WARNING, "system clock",
					"Find out what has set it back, before it does so again: from \"idgen.max_regression\" on, calls wait, and fail after \"idgen.max_wait\".",
					"It is %.3f s behind where it has been or IDs began, and \"idgen.max_regression\" is %d ms. At this rate it will have caught up in %.0f s.",
					(double) lead->lead_us / US_PER_S, reference_max_regression.value,
					(double) lead->left_us / US_PER_S);
}
