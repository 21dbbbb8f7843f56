/*-------------------------------------------------------------------------
 *
 * reference_clock.c
 *	  A clock that continues when the wall clock is set back, or is behind at a
 *	  start.
 *
 * IDs are unique and in order even if the clock is wrong, because the timeline
 * only advances.  Only the drift limit, which bounds bursts, depends on a
 * clock.  If that clock went back with the wall clock, calls would wait until
 * the wall clock has caught up.  So the limit is relative to
 *
 *		max(wall, base + 0.9 * (monotonic - base_monotonic))
 *
 * where base is the highest clock seen, or the time at which IDs begin after a
 * start.  The reference clock never goes back.  The lead, by which it is ahead
 * of the wall clock, shrinks by a tenth of a second each second, even if IDs
 * are issued as fast as the layout allows.
 *
 * If the lead, including all steps of the wall clock, exceeds
 * idgen.max_regression, the reference clock stands still and the limit is
 * relative to the wall clock until the lead is within idgen.max_regression
 * again.  So calls wait for the excess.
 *
 *	highest_clock_ns		where the reference clock has been, in steps.  Raised by
 *							compare-and-swap from its value before the clocks were read, so
 *							that a process that was interrupted in between does not undo
 *							idgen_reset_timeline().
 *	reference_offset_ns		base - 0.9 * base_monotonic, so that both are read and written
 *							as one; not above 0 if the wall clock is the reference.  Each
 *							time the offset ends, another such value is stored, from
 *							offsets_ended.  An offset is set by compare-and-swap from such
 *							a value, and ended by compare-and-swap from the offset that the
 *							clocks were compared with; highest_clock_ns is raised before
 *							that.  So if a process is interrupted before it sets an offset,
 *							its swap fails if there has been another offset meanwhile, or if
 *							idgen_reset_timeline() has ended it; see
 *							set_reference_offset().  Litmus test: offset.
 *	clock_is_behind			set by compare-and-swap from 0, or from IDS_BEGAN_AHEAD to
 *							WENT_BACK, and exchanged to 0, so that of all processes that
 *							notice one reports.
 *	behind_since_us			written by that process.
 *	least_lead_ns			set by compare-and-swap while the cause is IDS_BEGAN_AHEAD, in
 *							steps.
 *	largest_regression_ns	raised by compare-and-swap.
 *
 * If a backend dies between two of these writes, a step is counted and not
 * logged, or the reverse, for as long as the shared area exists.
 *
 * CLOCK_MONOTONIC is the same for all processes.  It stops while the machine
 * is suspended; the lead then shrinks by the wall clock alone, and faster.
 * Reading it costs as much as a call, so it is read only while the wall clock
 * is behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/reference_clock.h"

/* The clocks of two processors may differ by this. */
#define TOLERANCE_NS NS_PER_MS

ServerSetting reference_max_regression = {
	.name = "idgen.max_regression",
	.value = REFERENCE_DEFAULT_MAX_REGRESSION,
};

/* The part of the monotonic clock by which the reference clock advances: nine tenths. */
static int64
slowed_monotonic_ns(void)
{
	int64		monotonic = clock_monotonic_ns();

	return monotonic - monotonic / 10;
}

/*
 * Is this lead, in ns, within idgen.max_regression?  Compared in us, the finest
 * resolution of IDs.
 */
static bool
is_within_max_regression(int64 lead_ns)
{
	return lead_ns / NS_PER_US <= reference_max_regression.value * US_PER_MS;
}

/* Why the wall clock is behind.  In clock_is_behind, 0 means that it is not. */
typedef enum BehindCause
{
	WENT_BACK = 1,
	IDS_BEGAN_AHEAD,
} BehindCause;

/* Note that the wall clock, at wall_ns, is behind.  False if that was known already. */
static bool
note_behind(BehindCause cause, uint64 wall_ns)
{
	Limits	   *limits = &shmem_area()->limits;
	uint32		none = 0;

	if (!pg_atomic_compare_exchange_u32(&limits->clock_is_behind, &none, cause))
		return false;
	pg_atomic_write_u64(&limits->behind_since_us, wall_ns / NS_PER_US);
	return true;
}

/* IDs began ahead of the wall clock, and are by no more than lead_ns now; noted in steps. */
static void
lower_least_lead(Limits *limits, uint64 lead_ns)
{
	uint64		least = pg_atomic_read_u64(&limits->least_lead_ns);

	if (least == 0 || lead_ns + REFERENCE_STEP_NS <= least)
		(void) pg_atomic_compare_exchange_u64(&limits->least_lead_ns, &least, lead_ns);
}

static void
report_step_back(uint64 step_ns, uint64 lead_ns)
{
	SharedArea *area = shmem_area();

	pg_atomic_fetch_add_u64(&area->regressions, 1);
	shmem_raise_to(&area->largest_regression_ns, step_ns);
	ereport(LOG,
			errmsg("system clock went back by %.3f s", (double) step_ns / NS_PER_S),
			is_within_max_regression(lead_ns) ?
			errdetail("Snowflake IDs continue after the last one. Until the clock has caught up, they are ahead of it, by 0.1 s less each second.") :
			errdetail("Snowflake IDs continue after the last one. Calls wait until the IDs are ahead of the clock by no more than \"idgen.max_regression\", which is %d ms.",
					  reference_max_regression.value),
			errhint("Find out what sets the clock, and let it slew the clock instead."));
}

/*
 * By how much is the wall clock behind the reference clock, which goes by offset or, without
 * one, stands at base_ns?  No less than this: the wall clock is read last, so the result does
 * not grow if this process is interrupted in between.
 */
static int64
lead_at_least(uint64 offset, uint64 base_ns)
{
	int64		reference = reference_clock_is_offset(offset) ? (int64) offset + slowed_monotonic_ns() : (int64) base_ns;

	pg_read_barrier();
	return reference - clock_unix_ns();
}

/*
 * The wall clock, at wall_ns, seems to be behind the reference clock by lead_ns, or by less if
 * this process has been interrupted since it was read.  If that is new, or more than it can be
 * without a step of the clock, say so, once.  What IDs began ahead only shrinks without a step.
 *
 * The least lead is read before the clocks: others may lower it meanwhile, as time goes by.
 */
static void
note_lead(Limits *limits, uint64 offset, uint64 base_ns, uint64 wall_ns, uint64 lead_ns)
{
	uint32		cause = pg_atomic_read_u32(&limits->clock_is_behind);
	int64		least;
	int64		lead;

	if (cause == IDS_BEGAN_AHEAD)
		lower_least_lead(limits, lead_ns);
	least = pg_atomic_read_u64(&limits->least_lead_ns);
	if (cause == IDS_BEGAN_AHEAD && lead_ns < least + TOLERANCE_NS)
		return;
	if (cause == WENT_BACK && lead_ns <= pg_atomic_read_u64(&shmem_area()->largest_regression_ns))
		return;
	pg_read_barrier();
	lead = lead_at_least(offset, base_ns);
	if (lead < TOLERANCE_NS)
		return;
	if (cause == WENT_BACK)
		shmem_raise_to(&shmem_area()->largest_regression_ns, lead);
	else if (cause == 0 && note_behind(WENT_BACK, wall_ns))
		report_step_back(lead, lead);
	else if (cause == IDS_BEGAN_AHEAD && lead >= least + TOLERANCE_NS &&
			 pg_atomic_compare_exchange_u32(&limits->clock_is_behind, &cause, WENT_BACK))
		report_step_back(lead - least, lead);
}

static void
report_caught_up(void)
{
	if (pg_atomic_exchange_u32(&shmem_area()->limits.clock_is_behind, 0) != 0)
		ereport(LOG,
				errmsg("system clock has caught up with snowflake IDs"));
}

/* Raise the highest clock to now_ns, if it is lower.  False if it is no longer highest_ns. */
static bool
raise_highest_clock(Limits *limits, uint64 highest_ns, uint64 now_ns)
{
	return now_ns <= highest_ns ||
		pg_atomic_compare_exchange_u64(&limits->highest_clock_ns, &highest_ns, now_ns);
}

/* A value that means "no offset" and has never been used before. */
static uint64
new_no_offset(Limits *limits)
{
	return -pg_atomic_add_fetch_u64(&limits->offsets_ended, 1);
}

/* End the offset, unless there is another one by now. */
static void
clear_reference_offset(Limits *limits, uint64 offset)
{
	if (reference_clock_is_offset(offset))
		(void) pg_atomic_compare_exchange_u64(&limits->reference_offset_ns, &offset, new_no_offset(limits));
}

/*
 * Let the reference clock run by itself from base_ns on, where there was no
 * offset.  False if base_ns is no longer the highest clock.
 *
 * The highest clock is read again after the value that means "no offset".  If
 * reference_clock_reset() wrote that value at its end, the highest clock is the
 * one that it wrote before.  If it writes another value later, our swap fails,
 * or it ends the offset that we have set.
 */
static bool
set_reference_offset(Limits *limits, uint64 none, uint64 base_ns)
{
	pg_read_barrier();
	if (pg_atomic_read_u64(&limits->highest_clock_ns) != base_ns)
		return false;
	(void) pg_atomic_compare_exchange_u64(&limits->reference_offset_ns, &none, base_ns - slowed_monotonic_ns());
	return true;
}

/* The wall clock has reached the reference clock, and is the reference again. */
static ClockPair
follow_wall_clock(Limits *limits, uint64 highest_ns, uint64 offset, uint64 wall_ns)
{
	if (!raise_highest_clock(limits, highest_ns, wall_ns))
		return reference_clock_read();
	clear_reference_offset(limits, offset);
	if (pg_atomic_read_u32(&limits->clock_is_behind) != 0)
		report_caught_up();
	return clock_pair(wall_ns, wall_ns);
}

/*
 * The wall clock is behind base_ns: continue from there, if that is within
 * idgen.max_regression.  none is the value that means "no offset".
 */
static ClockPair
start_reference(Limits *limits, uint64 base_ns, uint64 none, uint64 wall_ns)
{
	uint64		distance = base_ns - wall_ns;

	if (distance < TOLERANCE_NS)
		return clock_pair(wall_ns, base_ns);
	note_lead(limits, none, base_ns, wall_ns, distance);
	if (!is_within_max_regression(distance))
		return clock_pair(wall_ns, wall_ns);
	if (!set_reference_offset(limits, none, base_ns))
		return reference_clock_read();
	return clock_pair(wall_ns, base_ns);
}

/*
 * The reference clock runs by itself.  Its time is stored as the highest clock,
 * in steps, as with the wall clock.  The offset is given up, and the clocks are
 * compared without it, if the wall clock was set back once more, or if the
 * offset is behind the highest clock, as it is if the process that set it was
 * interrupted before that.
 */
static ClockPair
continue_reference(Limits *limits, uint64 highest_ns, uint64 offset, uint64 wall_ns)
{
	uint64		reference = offset + slowed_monotonic_ns();
	bool		is_late = reference + REFERENCE_STEP_NS < highest_ns;

	if (!is_late && wall_ns >= reference)
		return follow_wall_clock(limits, highest_ns, offset, wall_ns);
	if (is_late || !is_within_max_regression(reference - wall_ns))
	{
		clear_reference_offset(limits, offset);
		return reference_clock_read();
	}
	if (reference - wall_ns >= TOLERANCE_NS)
		note_lead(limits, offset, 0, wall_ns, reference - wall_ns);
	if (reference >= highest_ns + REFERENCE_STEP_NS && !raise_highest_clock(limits, highest_ns, reference))
		return reference_clock_read();
	return clock_pair(wall_ns, reference);
}

/*
 * The slow path of reference_clock_read().  The wall clock is wall_ns, and the
 * highest clock was highest_ns at some time before that, both in ns since
 * 1970.  They differ by more than a step, the wall clock is behind, or the
 * reference clock runs by itself.
 *
 * If the highest clock has changed meanwhile, the clocks are read again.
 */
ClockPair
reference_clock_adjust(uint64 highest_ns, uint64 wall_ns)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		offset = pg_atomic_read_u64(&limits->reference_offset_ns);

	if (reference_clock_is_offset(offset))
		return continue_reference(limits, highest_ns, offset, wall_ns);
	if (wall_ns >= highest_ns)
		return follow_wall_clock(limits, highest_ns, offset, wall_ns);
	return start_reference(limits, highest_ns, offset, wall_ns);
}

/*
 * IDs begin at start_us, in us since 1970.  If that is ahead of the wall clock,
 * the reference clock begins there.
 */
void
reference_clock_start(uint64 start_us)
{
	uint64		wall_ns = clock_unix_ns();

	if (start_us <= wall_ns / NS_PER_US)
		return;
	if (start_us * NS_PER_US - wall_ns >= TOLERANCE_NS)
	{
		pg_atomic_write_u64(&shmem_area()->limits.least_lead_ns, 0);
		(void) note_behind(IDS_BEGAN_AHEAD, wall_ns);
	}
	shmem_raise_to(&shmem_area()->limits.highest_clock_ns, start_us * NS_PER_US);
}

/*
 * Treat the wall clock as right.  The offset is ended first: with it, other
 * processes could store what it leads to as the highest clock again.  If a
 * process has set an offset from the old highest clock meanwhile, all is
 * repeated.  A process that tries that later has its swap fail, because the
 * value that it read as "no offset" has been replaced.
 */
void
reference_clock_reset(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		none;

	do
	{
		none = new_no_offset(limits);
		pg_atomic_write_u64(&limits->reference_offset_ns, none);
		pg_memory_barrier();
		pg_atomic_write_u64(&limits->highest_clock_ns, clock_unix_ns());
		pg_memory_barrier();
	} while (pg_atomic_exchange_u64(&limits->reference_offset_ns, new_no_offset(limits)) != none);
	pg_atomic_write_u32(&limits->clock_is_behind, 0);
}

/*
 * How long it takes until the reference clock shows due_ns (since 1970), in ns,
 * at least 1.  It may be too short: callers check again.
 */
int64
reference_clock_until(int64 due_ns)
{
	ClockPair	now = reference_clock_read();
	int64		left = due_ns - now.reference_ns;

	/* The reference clock runs at nine tenths. */
	if (now.reference_ns > now.wall_ns)
		left += left / 9;
	return Max(1, left);
}

/* The lead of this many us, more than 0, and what follows from it. */
ReferenceLead
reference_clock_lead_for(int64 lead_us)
{
	int64		limit_us = reference_max_regression.value * US_PER_MS;
	ReferenceLead lead = {
		.lead_us = lead_us,
		.stands_still = lead_us > limit_us,
	};

	/* Calls wait for the excess; the rest shrinks at a tenth of real time. */
	lead.left_us = Max(lead_us - limit_us, 0) + Min(lead_us, limit_us) * 10;
	return lead;
}

/* The lead, for reports.  Changes nothing. */
ReferenceLead
reference_clock_lead(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		highest = pg_atomic_read_u64(&limits->highest_clock_ns);
	uint64		offset = pg_atomic_read_u64(&limits->reference_offset_ns);
	int64		wall = clock_unix_ns();
	int64		reference = reference_clock_is_offset(offset) ? (int64) offset + slowed_monotonic_ns() : (int64) highest;
	ReferenceLead lead = {0};

	if (pg_atomic_read_u32(&limits->clock_is_behind) == 0 || reference - wall < TOLERANCE_NS)
		return lead;
	lead = reference_clock_lead_for((reference - wall) / NS_PER_US);
	lead.since_us = pg_atomic_read_u64(&limits->behind_since_us);
	return lead;
}
