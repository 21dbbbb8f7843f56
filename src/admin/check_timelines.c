/*-------------------------------------------------------------------------
 *
 * check_timelines.c
 *	  How far are timelines, and can IDs continue from there?
 *
 * Before the first ID after a start, the time where IDs will begin counts
 * instead.  It is only read here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "admin/check_clock.h"
#include "admin/check_finding.h"
#include "admin/check_timelines.h"
#include "engine/activity.h"
#include "engine/id_space.h"
#include "engine/origin.h"
#include "engine/reservation.h"
#include "generator/generator.h"
#include "generator/layout_convert.h"
#include "generator/server_layout.h"
#include "uuid/uuid_node.h"

static int64
clock_now_us(void)
{
	return clock_unix_ns() / NS_PER_US;
}

/* Where IDs begin, or began, in us since 1970; 0 if that is not known. */
static uint64
get_start_us(void)
{
	Limits	   *limits = &shmem_area()->limits;
	uint64		left_us = 0;

	if (pg_atomic_read_u32(&limits->loaded) != 0)
	{
		pg_read_barrier();
		return pg_atomic_read_u64(&limits->start_us);
	}
	return origin_try_read(&left_us) ? Min(left_us, RESERVATION_LAST_US) : 0;
}

/* The lead of the reference clock, or what it will be when IDs begin. */
static ReferenceLead
get_lead(void)
{
	int64		ahead_us = get_start_us() - clock_now_us();

	if (pg_atomic_read_u32(&shmem_area()->limits.loaded) != 0 || ahead_us <= 0)
		return reference_clock_lead();
	return reference_clock_lead_for(ahead_us);
}

/* Is the time of these IDs, in us since 1970, too far ahead? */
static void
check_lead(ReturnSetInfo *result, const ReferenceLead *lead, int64 ids_us, const char *ids)
{
	int64		allowed_us = drift_max.value * US_PER_MS + (lead->stands_still ? 0 : lead->lead_us);
	int64		ahead_us;

	/*
	 * A precision of a second is enough to see that calls wait, and reveals
	 * no ID.
	 */
	if (!activity_all_is_visible())
		ids_us -= ids_us % US_PER_S;
	ahead_us = ids_us - clock_now_us();
	if (ahead_us > allowed_us)
		finding_put(result, FINDING_ERROR, "timeline",
					"If the clock was set back, correct it or wait. If it was ahead, see idgen_reset_timeline().",
					"%s are %.3f s ahead of the system clock, and \"idgen.max_drift\" is %d ms. Calls wait, and fail after \"idgen.max_wait\".",
					ids, (double) ahead_us / US_PER_S, drift_max.value);
}

/*
 * The time until which a timeline that idgen_reset_timeline() has left issues
 * no IDs, in us since 1970; 0 if it issues IDs.
 */
static int64
get_repeats_until_us(Timeline *timeline)
{
	int64		until_us = pg_atomic_read_u64(&timeline->repeats_until_us);

	return until_us > clock_now_us() ? until_us : 0;
}

static bool
timeline_is_used(Timeline *timeline)
{
	return shmem_is_used(shmem_area(), pg_atomic_read_u64(&timeline->next));
}

/*
 * Has the layout's time been used up, by where IDs begin or by its timeline,
 * which may be NULL?
 */
static bool
layout_is_used_up(const SnowflakeLayout *layout, Timeline *timeline)
{
	return get_start_us() >= (uint64) layout_end_us(layout) ||
		(timeline != NULL && timeline_is_used(timeline) && pg_atomic_read_u64(&timeline->next) >= layout_end(layout));
}

static void
report_repeats(ReturnSetInfo *result, const char *subject, int64 until_us)
{
	finding_put(result, FINDING_ERROR, subject,
				"Give the server a node that no server has had, or wait.",
				"idgen_reset_timeline() went back to a time before IDs of this node. The node issues no IDs until %s, and calls fail.",
				timestamptz_to_str(clock_timestamptz(until_us)));
}

/*
 * Can IDs of a layout continue on their timeline, which may be NULL?  Not if a
 * reset has left its node, nor past the end of the layout, which a clock that
 * was ahead may have reached.
 */
void
check_can_continue(ReturnSetInfo *result, const char *subject, const SnowflakeLayout *layout, Timeline *timeline)
{
	int64		end_us = layout_end_us(layout);

	if (timeline != NULL && get_repeats_until_us(timeline) != 0)
		report_repeats(result, subject, get_repeats_until_us(timeline));
	if (clock_now_us() < end_us && layout_is_used_up(layout, timeline))
		finding_put(result, FINDING_ERROR, subject,
					"If the clock was ahead, see idgen_reset_timeline(force => true) in docs/reliability.md. Otherwise change to another layout.",
					"IDs have reached the end of the layout's time, which is %s, so calls fail.",
					timestamptz_to_str(clock_timestamptz(end_us)));
}

/*
 * The time of the last ID of a timeline; 0 if there is none, or
 * idgen_reset_timeline() has left the timeline.
 */
static int64
issued_us(Timeline *timeline, const SnowflakeLayout *layout)
{
	if (!timeline_is_used(timeline) || pg_atomic_read_u64(&timeline->repeats_until_us) != 0)
		return 0;
	return shmem_timeline_us(shmem_area(), timeline, layout);
}

/*
 * The server's own IDs.  They begin where all IDs begin, so one finding is
 * enough for both.
 */
static void
check_own(ReturnSetInfo *result, const ReferenceLead *lead, Timeline *of_server)
{
	int64		from_us = get_start_us();

	if (of_server != NULL)
		from_us = Max(from_us, issued_us(of_server, &of_server->layout));
	check_lead(result, lead, from_us, "IDs");
}

/* The node of 128-bit IDs: the record of how far it has got. */
static void
check_node_record(ReturnSetInfo *result)
{
	uint64		node;
	Timeline   *record = uuid_find_server_node(&node) ? id_space_find_timeline(&layout_unique_times, node) : NULL;

	if (record != NULL && get_repeats_until_us(record) != 0)
		report_repeats(result, "128-bit IDs with the server's node", get_repeats_until_us(record));
}

/* All timelines used since the start, of any database and node. */
static void
check_used_timelines(ReturnSetInfo *result, const ReferenceLead *lead, const Timeline *of_server)
{
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline == NULL || timeline == of_server || id_space_is_record(timeline))
			continue;
		check_lead(result, lead, issued_us(timeline, &timeline->layout),
				   psprintf("A generator's IDs of layout \"%s\"", layout_to_text(&timeline->layout)));
	}
}

/*
 * Check the timelines against the lead that they may have. layout is the
 * server's; NULL if it is not known.
 */
void
check_timelines(ReturnSetInfo *result, const SnowflakeLayout *layout)
{
	ReferenceLead lead = get_lead();
	uint64		node_bits;
	Timeline   *of_server = layout != NULL && generator_find_server_node_bits(layout, &node_bits) ?
		id_space_find_timeline(layout, node_bits) : NULL;

	check_reference_clock(result, &lead);
	check_own(result, &lead, of_server);
	check_lead(result, &lead, issued_us(&shmem_area()->unique_times, &layout_unique_times), "IDs of 128 bits in order");
	check_lead(result, &lead, issued_us(&shmem_area()->hlc, &layout_hlc), "The hybrid logical clock");
	check_used_timelines(result, &lead, of_server);
	check_node_record(result);
	if (layout != NULL)
		check_can_continue(result, server_layout_setting.name, layout, of_server);
}
