/*-------------------------------------------------------------------------
 *
 * time_zone.c
 *	  See time_zone.h.
 *
 * A zone is a series of stretches of time with a constant offset of its clock from UTC.
 * From one stretch to the next the clock jumps, ahead or back, by any number of seconds.
 * What the clock shows is a timestamp without time zone, in us.
 *
 * Timestamps must be finite, and must not overflow when a week is added, which is true
 * for all valid timestamps.  Nothing here raises an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "snowflake/time_zone.h"

#define PG_EPOCH_S ((pg_time_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* A POSIX time zone such as XXX-167:59 may be almost this far from UTC. */
#define FARTHEST_CLOCK_US (7 * USECS_PER_DAY)

/* A stretch, from the moment passed to stretch_at(). */
typedef struct Stretch
{
	int64		ahead_us;		/* offset from UTC, less than
								 * FARTHEST_CLOCK_US either way */
	TimestampTz until;			/* the jump at its end; DT_NOEND if there is
								 * none */
	int64		ahead_after_us; /* ahead_us after the jump */
} Stretch;

/* Seconds since 1970, rounded down. */
static pg_time_t
timestamp_to_seconds(TimestampTz moment)
{
	int64		seconds = moment / USECS_PER_SEC;

	return seconds - (moment % USECS_PER_SEC < 0) + PG_EPOCH_S;
}

static Stretch
stretch_at(pg_tz *zone, TimestampTz moment)
{
	pg_time_t	at = timestamp_to_seconds(moment);
	pg_time_t	jump = 0;
	long		ahead = 0;
	long		ahead_after = 0;
	int			is_dst;
	int			is_dst_after;
	bool		jumps = pg_next_dst_boundary(&at, &ahead, &is_dst, &jump, &ahead_after, &is_dst_after, zone) == 1;
	Stretch		stretch = {
		.ahead_us = ahead * USECS_PER_SEC,
		.until = DT_NOEND,
	};

	if (jumps && jump - PG_EPOCH_S < DT_NOEND / USECS_PER_SEC)
	{
		stretch.until = (jump - PG_EPOCH_S) * USECS_PER_SEC;
		stretch.ahead_after_us = ahead_after * USECS_PER_SEC;
	}
	return stretch;
}

/* us since the start of the hour that a clock shows. */
static int64
us_into_hour(Timestamp local)
{
	int64		rest = local % USECS_PER_HOUR;

	return rest < 0 ? rest + USECS_PER_HOUR : rest;
}

Timestamp
zone_clock_at(pg_tz *zone, TimestampTz moment)
{
	return moment + stretch_at(zone, moment).ahead_us;
}

/*
 * The first moment when the clock shows this time or, if it jumps over it, a later one.
 * The search begins before any clock can show it.
 */
TimestampTz
zone_first_shows(pg_tz *zone, Timestamp local)
{
	TimestampTz from = local - FARTHEST_CLOCK_US;

	for (;;)
	{
		Stretch		stretch = stretch_at(zone, from);
		TimestampTz first = Max(from, local - stretch.ahead_us);

		if (first < stretch.until)
			return first;
		from = stretch.until;
	}
}

/*
 * Does an hour begin with the jump: does the clock jump to a full hour, or into another
 * hour?  After a jump by whole hours it shows the same minute, as in Chatham, from 3:45
 * back to 2:45, and the hour continues.
 */
static bool
jump_begins_hour(const Stretch *before)
{
	Timestamp	local = before->until + before->ahead_after_us;
	Timestamp	last_local = before->until + before->ahead_us - 1;

	if (us_into_hour(local) == 0)
		return true;
	return (before->ahead_after_us - before->ahead_us) % USECS_PER_HOUR != 0 &&
		local - us_into_hour(local) != last_local - us_into_hour(last_local);
}

/*
 * The next moment when an hour begins.  An hour that the clock shows twice is two hours.
 * If the clock jumps by half an hour, an hour may be longer or shorter: it continues while
 * the clock shows minutes of it.
 */
TimestampTz
zone_next_hour(pg_tz *zone, TimestampTz moment)
{
	for (;;)
	{
		Stretch		stretch = stretch_at(zone, moment);
		TimestampTz full = moment + USECS_PER_HOUR - us_into_hour(moment + stretch.ahead_us);

		if (full < stretch.until)
			return full;
		if (jump_begins_hour(&stretch))
			return stretch.until;
		moment = stretch.until;
	}
}
