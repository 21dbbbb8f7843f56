/*-------------------------------------------------------------------------
 *
 * time_zone.c
 *	  See time_zone.h.
 *
 * A zone is a series of stretches of time in each of which its clock is a fixed
 * number of seconds off UTC.  From one stretch to the next the clock jumps, ahead
 * or back, by any number of seconds.  What the clock shows is a timestamp without
 * time zone, in us, which is what a moment would be in a zone that is not off UTC.
 *
 * Moments and what is shown must be finite, and their sums with two days must not
 * overflow: that is so for all valid timestamps.  Nothing here raises an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "snowflake/time_zone.h"

#define PG_EPOCH_S ((pg_time_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/* One of those stretches, from the moment that it was asked for. */
typedef struct Stretch
{
	int64		ahead_us;		/* of UTC, within a day */
	TimestampTz until;			/* the moment of the jump; DT_NOEND if there is none */
	int64		ahead_after_us; /* as ahead_us, from the jump on */
} Stretch;

/* The whole seconds, since 1970, that a moment is in. */
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
	Stretch		stretch = {.ahead_us = ahead * USECS_PER_SEC,.until = DT_NOEND};

	if (jumps && jump - PG_EPOCH_S < DT_NOEND / USECS_PER_SEC)
	{
		stretch.until = (jump - PG_EPOCH_S) * USECS_PER_SEC;
		stretch.ahead_after_us = ahead_after * USECS_PER_SEC;
	}
	return stretch;
}

/* How far into its hour a clock is that shows this, in us. */
static int64
us_into_hour(Timestamp shown)
{
	int64		rest = shown % USECS_PER_HOUR;

	return rest < 0 ? rest + USECS_PER_HOUR : rest;
}

/* What the clock shows at a moment. */
Timestamp
zone_clock_at(pg_tz *zone, TimestampTz moment)
{
	return moment + stretch_at(zone, moment).ahead_us;
}

/*
 * The first moment at which the clock shows this or, as it jumped over it, a later
 * time.  No clock is a day off, so the search begins before that.
 */
TimestampTz
zone_first_shows(pg_tz *zone, Timestamp shown)
{
	TimestampTz from = shown - USECS_PER_DAY;

	for (;;)
	{
		Stretch		stretch = stretch_at(zone, from);
		TimestampTz first = Max(from, shown - stretch.ahead_us);

		if (first < stretch.until)
			return first;
		from = stretch.until;
	}
}

/*
 * Does the clock, by a jump, come to a full hour, or into an hour other than it was
 * in?  By whole hours it jumps to the same minute, as on Chatham from 3:45 back to
 * 2:45, and that hour goes on.
 */
static bool
jump_begins_hour(const Stretch *before)
{
	Timestamp	shown = before->until + before->ahead_after_us;
	Timestamp	last_shown = before->until + before->ahead_us - 1;

	if (us_into_hour(shown) == 0)
		return true;
	return (before->ahead_after_us - before->ahead_us) % USECS_PER_HOUR != 0 &&
		shown - us_into_hour(shown) != last_shown - us_into_hour(last_shown);
}

/*
 * The first moment after this one at which an hour begins.  One that comes twice
 * is two hours.  But where the clock jumps by half an hour, one hour may be longer
 * or shorter: it goes on while the clock shows minutes of it.
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
