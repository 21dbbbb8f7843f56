/*-------------------------------------------------------------------------
 *
 * check_timelines.c
 *	  How far are timelines, and can IDs continue from there?
 *
 * Before the first ID after a start, what counts is where IDs will begin.  This reads it, but
 * leaves it to the first call to publish it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "admin/check_clock.h"
#include "admin/check_timelines.h"
#include "admin/check_finding.h"
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

/* Where IDs began or will begin, in us since 1970; 0 if not known. */
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

/* The lead of the reference clock now, or when IDs will begin. */
static ReferenceLead
get_lead(void)
{
	int64		ahead_us = get_start_us() - clock_now_us();

	if (pg_atomic_read_u32(&shmem_area()->limits.loaded) != 0 || ahead_us <= 0)
		return reference_clock_lead();
	return reference_clock_lead_of(ahead_us);
}

/* Is ids_us, the time of the IDs that ids names, in us since 1970, too far ahead? */
static void
check_lead(ReturnSetInfo *result, const ReferenceLead *lead, int64 ids_us, const char *ids)
{
	int64		allowed_us = window_max_drift.value * US_PER_MS + (lead->stands_still ? 0 : lead->lead_us);
	int64		ahead_us;

	/* A whole second is enough to see that calls wait, and reveals no ID. */
	if (!activity_is_shown())
		ids_us -= ids_us % US_PER_S;
	ahead_us = ids_us - clock_now_us();
	if (ahead_us > allowed_us)
		finding_put(result, FINDING_ERROR, "timeline",
					"If the clock was set back, correct it or wait. If it was ahead, see idgen_reset_timeline().",
					"%s are %.3f s ahead of the system clock, and \"idgen.max_drift\" is %d ms: calls wait, and fail after \"idgen.max_wait\".",
					ids, (double) ahead_us / US_PER_S, window_max_drift.value);
}

/* us since 1970 until which a timeline left behind by idgen_reset_timeline() issues no IDs; 0 if it does. */
static int64
get_left_until_us(Timeline *timeline)
{
	int64		until_us = pg_atomic_read_u64(&timeline->left_until_us);

	return until_us > clock_now_us() ? until_us : 0;
}

static bool
timeline_is_used(Timeline *timeline)
{
	return shmem_is_used(shmem_area(), pg_atomic_read_u64(&timeline->next));
}

/* Has the start of IDs, or the timeline, unless that is NULL, reached the end of the layout? */
static bool
layout_is_used_up(const SnowflakeLayout *layout, Timeline *timeline)
{
	return get_start_us() >= (uint64) layout_end_us(layout) ||
		(timeline != NULL && timeline_is_used(timeline) && pg_atomic_read_u64(&timeline->next) >= layout_end(layout));
}

static void
report_left_timeline(ReturnSetInfo *result, const char *subject, int64 until_us)
{
	finding_put(result, FINDING_ERROR, subject,
				"Give the server a node that no server has had, or wait.",
				"idgen_reset_timeline() went back below IDs of this node: it issues no more until %s, and calls fail.",
				timestamptz_to_str(clock_timestamptz(until_us)));
}

/*
 * Can IDs of a layout continue from their timeline, which may be NULL?  Not if a reset left
 * the node behind, nor if the clock was ahead, so that the timeline is at the layout's end.
 */
void
check_can_continue(ReturnSetInfo *result, const char *subject, const SnowflakeLayout *layout, Timeline *timeline)
{
	int64		end_us = layout_end_us(layout);

	if (timeline != NULL && get_left_until_us(timeline) != 0)
		report_left_timeline(result, subject, get_left_until_us(timeline));
	if (clock_now_us() < end_us && layout_is_used_up(layout, timeline))
		finding_put(result, FINDING_ERROR, subject,
					"If the clock was ahead, see idgen_reset_timeline(force => true) in docs/reliability.md, or else go to another layout.",
					"IDs have got to the end of the layout's time, which is %s: calls fail.",
					timestamptz_to_str(clock_timestamptz(end_us)));
}

/* Is a timeline too far ahead?  A timeline left behind by idgen_reset_timeline() is another finding. */
static void
check_timeline(ReturnSetInfo *result, const ReferenceLead *lead, Timeline *timeline,
			   const SnowflakeLayout *layout, const char *ids)
{
	if (timeline_is_used(timeline) && pg_atomic_read_u64(&timeline->left_until_us) == 0)
		check_lead(result, lead, shmem_timeline_us(shmem_area(), timeline, layout), ids);
}

/* For 128-bit IDs with the server's node: their timeline is only a record of how far they are. */
static void
check_node_record(ReturnSetInfo *result)
{
	Timeline   *record = uuid_server_node_fits() ? id_space_find(&layout_moments, uuid_get_server_node()) : NULL;

	if (record != NULL && get_left_until_us(record) != 0)
		report_left_timeline(result, "128-bit IDs with the server's node", get_left_until_us(record));
}

/* All timelines used since the start, of all databases and nodes. */
static void
check_used_timelines(ReturnSetInfo *result, const ReferenceLead *lead, const Timeline *of_server)
{
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_by_number(i);

		if (timeline == NULL || id_space_is_record(timeline))
			continue;
		check_timeline(result, lead, timeline, &timeline->layout,
					   timeline == of_server ? "IDs" :
					   psprintf("A generator's IDs of layout \"%s\"", layout_to_text(&timeline->layout)));
	}
}

/* layout is the server's, or NULL if it is not known. */
void
check_timelines(ReturnSetInfo *result, const SnowflakeLayout *layout)
{
	ReferenceLead lead = get_lead();
	Timeline   *of_server = layout == NULL || !generator_server_fits(layout) ? NULL :
		id_space_find(layout, generator_server_node_bits(layout));

	check_reference_clock(result, &lead);
	check_lead(result, &lead, get_start_us(), "IDs");
	check_timeline(result, &lead, &shmem_area()->moments, &layout_moments, "IDs of 128 bits in order");
	check_used_timelines(result, &lead, of_server);
	check_node_record(result);
	if (layout != NULL)
		check_can_continue(result, server_layout_setting.name, layout, of_server);
}
