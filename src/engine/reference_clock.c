/*-------------------------------------------------------------------------
 *
 * reference_clock.c
 *	  A clock that goes on when the wall clock is set back, or is behind at a start.
 *
 * No ID needs a clock that is right: the timeline goes on by itself.  Only the limit for
 * bursts looks at a clock, and if that went back with the wall clock, calls would wait
 * until the wall clock has caught up.  So the limit looks at
 *
 *		max(wall, base + 0.9 * (monotonic - base_monotonic))
 *
 * where base is the highest clock seen, or where IDs begin after a start.  It never goes
 * back, and what it is ahead of the wall clock, the lead, is worked off at a tenth of
 * real time, even if IDs are issued as fast as the layout allows.
 *
 * If the lead, with all steps of the wall clock in it, is more than
 * idgen.max_regression, the reference clock stands still, and the limit looks at the wall
 * clock, until the lead is no more than that.  So calls wait for what is too much.
 *
 *	highest_clock_ns		where the reference clock has been, in steps.  Raised by
 *							compare-and-swap from what it was before the clocks were
 *							read, so that nobody who was interrupted in between undoes
 *							idgen_reset_timeline().
 *	reference_offset_ns		base - 0.9 * base_monotonic, so that both are read and
 *							written as one; not above 0 if the wall clock is the reference.
 *							Each time there comes to be none it is by another number, from
 *							offsets_ended.  Set by compare-and-swap, from such a number, or
 *							from what the clocks were held against to such a number;
 *							highest_clock_ns is raised before that.  So whoever was
 *							interrupted before he sets it finds his swap fail if there was
 *							another one meanwhile, or if idgen_reset_timeline() has ended
 *							it; see set_offset().  Litmus test: offset.
 *	clock_is_behind			by compare-and-swap from 0, or from IDS_BEGAN_AHEAD to WENT_BACK,
 *							and exchanged to 0, so of all who notice one reports.
 *	behind_since_us			written by that one.
 *	least_lead_ns			by compare-and-swap while the cause is IDS_BEGAN_AHEAD, in steps.
 *	largest_regression_ns	raised by compare-and-swap.
 *
 * A backend that dies between two of these leaves a step that is counted and not logged,
 * or the reverse, for as long as the area lives on.
 *
 * CLOCK_MONOTONIC is one for all processes.  It stops while the machine is suspended;
 * the lead is then worked off by the wall clock alone, and faster.  To read it costs as
 * much as a call, so that is done only while the wall clock is behind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/reference_clock.h"

/* What the clocks of two processors may differ by. */
#define TOLERANCE_NS NS_PER_MS

ServerSetting reference_max_regression = {.name = "idgen.max_regression",.value = REFERENCE_DEFAULT_MAX_REGRESSION};

/* The reference clock's nine tenths of the monotonic clock. */
static int64
slowed_ns(void)
{
	int64		monotonic = clock_monotonic_ns();

	return monotonic - monotonic / 10;
}

/* Is this lead, in ns, within idgen.max_regression?  Compared in us, as IDs have them at best. */
static bool
is_within_limit(int64 lead_ns)
{
	return lead_ns / NS_PER_US <= reference_max_regression.value * US_PER_MS;
}

/* Why the wall clock is behind; 0 in clock_is_behind: it is not. */
typedef enum BehindCause
{
	WENT_BACK = 1,
	IDS_BEGAN_AHEAD,
} BehindCause;

/* The wall clock, at wall_ns, is behind.  False if that was known. */
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
			is_within_limit(lead_ns) ?
			errdetail("Snowflake IDs go on from the last one. They are ahead of the clock, by a tenth less of each second, until it has caught up.") :
			errdetail("Snowflake IDs go on from the last one. Calls wait until they are ahead of the clock by no more than \"idgen.max_regression\", which is %d ms.",
					  reference_max_regression.value),
			errhint("Find out what sets the clock, and let it be slewed instead."));
}

/*
 * By how much is the wall clock behind the reference clock, which goes by offset or, without
 * one, stands at base_ns?  No less than this: the wall clock is read last, so the result does
 * not grow if this process is interrupted in between.
 */
static int64
lead_at_least(uint64 offset, uint64 base_ns)
{
	int64		reference = reference_clock_is_offset(offset) ? (int64) offset + slowed_ns() : (int64) base_ns;

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

/* Let the highest clock be now_ns, if it was less.  False if it is not highest_ns any more. */
static bool
raise_highest(Limits *limits, uint64 highest_ns, uint64 now_ns)
{
	return now_ns <= highest_ns ||
		pg_atomic_compare_exchange_u64(&limits->highest_clock_ns, &highest_ns, now_ns);
}

/* Stands for no offset, and never did before. */
static uint64
no_offset(Limits *limits)
{
	return -pg_atomic_add_fetch_u64(&limits->offsets_ended, 1);
}

/* Take the offset away, unless there is another one by now. */
static void
clear_offset(Limits *limits, uint64 offset)
{
	if (reference_clock_is_offset(offset))
		(void) pg_atomic_compare_exchange_u64(&limits->reference_offset_ns, &offset, no_offset(limits));
}

/*
 * Let the reference clock go by itself from base_ns on, where there was no offset.  False if
 * that is not the highest clock any more.
 *
 * The highest clock is read again after what stands for no offset.  If reference_clock_forget()
 * has written that in the end, the highest clock is what it has written before.  If it writes
 * another one later, the swap fails, or it takes the offset away.
 */
static bool
set_offset(Limits *limits, uint64 none, uint64 base_ns)
{
	pg_read_barrier();
	if (pg_atomic_read_u64(&limits->highest_clock_ns) != base_ns)
		return false;
	(void) pg_atomic_compare_exchange_u64(&limits->reference_offset_ns, &none, base_ns - slowed_ns());
	return true;
}

/* The wall clock is the reference again, as it has reached it. */
static ClockReading
follow_wall(Limits *limits, uint64 highest_ns, uint64 offset, uint64 wall_ns)
{
	if (!raise_highest(limits, highest_ns, wall_ns))
		return reference_clock_read();
	clear_offset(limits, offset);
	if (pg_atomic_read_u32(&limits->clock_is_behind) != 0)
		report_caught_up();
	return (ClockReading) {wall_ns, wall_ns};
}

/* The wall clock is behind base_ns: go on from there, if that is within the limit.  None stands for no offset. */
static ClockReading
leave_wall(Limits *limits, uint64 base_ns, uint64 none, uint64 wall_ns)
{
	uint64		distance = base_ns - wall_ns;

	if (distance < TOLERANCE_NS)
		return (ClockReading) {wall_ns, base_ns};
	note_lead(limits, none, base_ns, wall_ns, distance);
	if (!is_within_limit(distance))
		return (ClockReading) {wall_ns, wall_ns};
	if (!set_offset(limits, none, base_ns))
		return reference_clock_read();
	return (ClockReading) {wall_ns, base_ns};
}

/*
 * The reference clock goes by itself.  What it shows is noted as the highest clock, in
 * steps, as with the wall clock.  The offset is given up, and the clocks are looked at without it, if the
 * wall clock went back once more; or if the offset falls behind what was noted, as it is
 * of someone who was interrupted before he set it.
 */
static ClockReading
go_on(Limits *limits, uint64 highest_ns, uint64 offset, uint64 wall_ns)
{
	uint64		reference = offset + slowed_ns();
	bool		is_late = reference + REFERENCE_STEP_NS < highest_ns;

	if (!is_late && wall_ns >= reference)
		return follow_wall(limits, highest_ns, offset, wall_ns);
	if (is_late || !is_within_limit(reference - wall_ns))
	{
		clear_offset(limits, offset);
		return reference_clock_read();
	}
	if (reference - wall_ns >= TOLERANCE_NS)
		note_lead(limits, offset, 0, wall_ns, reference - wall_ns);
	if (reference >= highest_ns + REFERENCE_STEP_NS && !raise_highest(limits, highest_ns, reference))
		return reference_clock_read();
	return (ClockReading) {wall_ns, reference};
}

/*
 * See reference_clock_read().  The wall clock is wall_ns, and the highest clock was
 * highest_ns at some time before: they differ by more than a step, or the wall clock is
 * behind.  In ns since 1970.
 *
 * Whoever finds that the highest clock has changed meanwhile looks again.
 */
ClockReading
reference_clock_look(uint64 highest_ns, uint64 wall_ns)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		offset = pg_atomic_read_u64(&limits->reference_offset_ns);

	if (reference_clock_is_offset(offset))
		return go_on(limits, highest_ns, offset, wall_ns);
	if (wall_ns >= highest_ns)
		return follow_wall(limits, highest_ns, offset, wall_ns);
	return leave_wall(limits, highest_ns, offset, wall_ns);
}

/*
 * IDs begin at start_us, in us since 1970.  If that is ahead of the wall clock, the
 * reference clock begins there.
 */
void
reference_clock_begin(uint64 start_us)
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
 * Take the wall clock as it is for the right one.  The offset goes first: with it, others
 * could take what it leads to for the highest clock once more.  If somebody has set one by
 * what the highest clock was, all is done again; who does that later finds his swap fail,
 * as what stood for none does so no more.
 */
void
reference_clock_forget(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		none;

	do
	{
		none = no_offset(limits);
		pg_atomic_write_u64(&limits->reference_offset_ns, none);
		pg_memory_barrier();
		pg_atomic_write_u64(&limits->highest_clock_ns, clock_unix_ns());
		pg_memory_barrier();
	} while (pg_atomic_exchange_u64(&limits->reference_offset_ns, no_offset(limits)) != none);
	pg_atomic_write_u32(&limits->clock_is_behind, 0);
}

/*
 * How long it takes until the reference clock shows due_ns (since 1970), in ns, at
 * least 1; or less: callers look again.
 */
int64
reference_clock_until(int64 due_ns)
{
	ClockReading now = reference_clock_read();
	int64		left = due_ns - now.reference_ns;

	/* It goes at nine tenths. */
	if (now.reference_ns > now.wall_ns)
		left += left / 9;
	return Max(1, left);
}

/* What a lead of so many us, more than 0, comes to. */
ReferenceLead
reference_clock_lead_of(int64 lead_us)
{
	int64		limit_us = reference_max_regression.value * US_PER_MS;

	/* What is too much is waited for, the rest is worked off at a tenth. */
	return (ReferenceLead)
	{
		.lead_us = lead_us,
		.left_us = Max(lead_us - limit_us, 0) + Min(lead_us, limit_us) * 10,
		.stands_still = lead_us > limit_us,
	};
}

/* For people: where the two clocks are.  This changes nothing. */
ReferenceLead
reference_clock_lead(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		highest = pg_atomic_read_u64(&limits->highest_clock_ns);
	uint64		offset = pg_atomic_read_u64(&limits->reference_offset_ns);
	int64		wall = clock_unix_ns();
	int64		reference = reference_clock_is_offset(offset) ? (int64) offset + slowed_ns() : (int64) highest;
	ReferenceLead lead = {0};

	if (pg_atomic_read_u32(&limits->clock_is_behind) == 0 || reference - wall < TOLERANCE_NS)
		return lead;
	lead = reference_clock_lead_of((reference - wall) / NS_PER_US);
	lead.since_us = pg_atomic_read_u64(&limits->behind_since_us);
	return lead;
}
