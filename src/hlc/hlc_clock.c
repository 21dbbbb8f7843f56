/*-------------------------------------------------------------------------
 *
 * hlc_clock.c
 *	  The hybrid logical clock of this server.
 *
 * It is a timeline whose positions are the values of the clock, plus one operation:
 * an update takes a position above what another clock has said.  So the clock has all
 * that timelines have: it never goes back, and reaches only times that were reserved
 * durably before, whatever crashes.  It has a timeline of its own, so that an update
 * moves nobody's IDs.
 *
 * A clock of others that is too far ahead of the wall clock is refused, or one wrong
 * clock would push all others.  The limit is at most idgen.max_drift, so an update
 * need not wait for the clock.
 *
 * Source: Kulkarni, Demirbas, Madappa, Avva and Leone, "Logical physical clocks and
 * consistent snapshots in globally distributed databases" (2014).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "generator/generator.h"
#include "hlc/hlc_clock.h"

ServerSetting hlc_max_offset = {
	.name = "idgen.hlc_max_offset",
	.value = 500,
};

static Generator hlc_generator;

/* Errors: those of generator_attach() and generator_set_up(). */
static void
ready_hlc(const char *caller)
{
	uint64		as_of = generator_changes;

	generator_attach(caller);
	generator_set_up(&hlc_generator, &layout_hlc, 0, &shmem_area()->hlc);
	hlc_generator.ready_as_of = as_of;
}

static PositionSource *
get_source(const char *caller)
{
	if (!generator_is_ready(&hlc_generator))
		ready_hlc(caller);
	return &hlc_generator.source;
}

/* How far a clock of others may be ahead of the wall clock, in ms. */
int
hlc_clock_max_offset_ms(void)
{
	return Min(hlc_max_offset.value, drift_max.value);
}

/*
 * The next value: above all that this session has had, and above all that any session
 * had got before this statement began.  Errors: those of generator_attach() and
 * chunk_next_position().
 */
int64
hlc_clock_now(const char *caller)
{
	return (int64) chunk_next_position(get_source(caller));
}

/* ERROR INVALID_PARAMETER_VALUE, which is counted, if a clock of others is too far ahead. */
static void
check_offset(int64 remote, ClockReading now)
{
	int64		remote_ms = layout_position_tick(&layout_hlc, (uint64) remote);
	int64		ahead_ms = remote_ms - now.wall_ns / NS_PER_MS;

	if (likely(setting_is_valid(&hlc_max_offset) && ahead_ms <= hlc_clock_max_offset_ms()))
		return;
	setting_check(&hlc_max_offset);
	pg_atomic_fetch_add_u64(&shmem_area()->hlc_refused, 1);
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("remote clock is too far ahead of the system clock"),
			errdetail("Its time is %s, %lld ms ahead. \"idgen.hlc_max_offset\" is %d ms, and \"idgen.max_drift\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(remote_ms * US_PER_MS)), (long long) ahead_ms,
					  hlc_max_offset.value, drift_max.value),
			errhint("Check the system clocks of both sides. This clock has not been changed."));
}

/*
 * The next value, which is also above a value of another clock (0 ..).
 *
 * If that is below what is next of our chunk, nothing has to be pushed.  What is next
 * may be from before a reset of the timelines, so the result is compared, too.
 *
 * Errors: also those of check_offset().
 */
int64
hlc_clock_update(int64 remote, const char *caller)
{
	PositionSource *source = get_source(caller);
	ClockReading now;

	if ((uint64) remote < source->next)
	{
		int64		next = (int64) chunk_next_position(source);

		if (likely(next > remote))
			return next;
	}
	now = drift_read_clocks();
	check_offset(remote, now);
	return (int64) chunk_issue_from(source, now, (uint64) remote + 1);
}
