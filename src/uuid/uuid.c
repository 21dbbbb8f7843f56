/*-------------------------------------------------------------------------
 *
 * uuid.c
 *	  SQL functions that generate UUIDs of versions 4 and 7.
 *
 * A version 7 UUID carries the time to 1/4096 ms (RFC 9562, section 6.2, method
 * 3) and 62 random bits.  If a process generates UUIDs faster than the fractions
 * pass, or the system clock is set back, the time stays and the random bits are
 * incremented by a random amount (method 2).  So the UUIDs of a process strictly
 * increase, and a burst of them does not run ahead of the clock.  If the clock is set
 * back by more than CLOCK_WRONG_NS, the time follows it: then order is lost, and
 * random bits keep UUIDs distinct.
 *
 * uuidv7_sequential() orders UUIDs across sessions.  Their time comes from
 * unique_time_next(), and what is below the fraction is in the highest random bits
 * (method 1).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "engine/process_state.h"
#include "engine/random.h"
#include "generator/unique_time.h"
#include "planner/horizon_use.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_sequential.h"
#include "uuid/uuid_time.h"

PG_FUNCTION_INFO_V1(idgen_uuidv4);
PG_FUNCTION_INFO_V1(idgen_uuidv7);
PG_FUNCTION_INFO_V1(idgen_uuidv7_interval);
PG_FUNCTION_INFO_V1(idgen_uuidv7_at);
PG_FUNCTION_INFO_V1(idgen_uuidv7_sequential);
PG_FUNCTION_INFO_V1(idgen_uuidv7_horizon);

/* Bits for the part of a UniqueTime below the fraction: less than UUID_FRACTION_NS ns, and the rank. */
#define BELOW_FRACTION_BITS (8 + UNIQUE_TIME_RANK_BITS)

/*
 * Random bits in the step from a UUID to the next one of its fraction, so that it cannot
 * be guessed.  On average, a fraction has room for 2^14 steps.
 */
#define UUID_STEP_BITS 48

/* uuidv4() */
Datum
idgen_uuidv4(PG_FUNCTION_ARGS)
{
	UuidBits	random = {
		.high = random_word(),
		.low = random_word(),
	};

	return uuid_datum(uuid_stamp(random, 4));
}

static UuidV7State
random_uuidv7_tail(int64 unix_ns)
{
	UuidV7State state = {
		.unix_ns = unix_ns,
		.tail = random_word() >> (64 - UUID_TAIL_BITS),
	};

	return state;
}

/*
 * The time and tail of the next UUID, above the last one: the time of the clock if it is
 * a later fraction, and the last time otherwise.
 */
static UuidV7State
next_uuidv7_time(void)
{
	UuidV7State *last = &process_state()->uuidv7;
	int64		now = clock_unix_ns();

	if (!clock_soon_reaches(now, last->unix_ns + UUID_FRACTION_NS))
		*last = random_uuidv7_tail(now);
	else
	{
		last->tail += 1 + (random_word() >> (64 - UUID_STEP_BITS));
		if (last->tail >> UUID_TAIL_BITS != 0)
			*last = random_uuidv7_tail(last->unix_ns + UUID_FRACTION_NS);
	}
	return *last;
}

/*
 * A version 7 UUID.  unix_us is us since 1970 (not negative, and before UUID_END_MS ms);
 * ns (0 .. 999) is added to it.
 */
static Datum
make_uuidv7(int64 unix_us, int ns, uint64 tail)
{
	uint32		ns_of_ms = unix_us % US_PER_MS * NS_PER_US + ns;

	return uuid_datum(uuid_make_v7(unix_us / US_PER_MS, uuid_fraction(ns_of_ms), tail));
}

/* uuidv7() */
Datum
idgen_uuidv7(PG_FUNCTION_ARGS)
{
	UuidV7State moment = next_uuidv7_time();

	return make_uuidv7(moment.unix_ns / NS_PER_US, moment.unix_ns % NS_PER_US, moment.tail);
}

/* uuidv7(shift interval) */
Datum
idgen_uuidv7_interval(PG_FUNCTION_ARGS)
{
	Interval   *shift = PG_GETARG_INTERVAL_P(0);
	UuidV7State moment = next_uuidv7_time();
	TimestampTz now = clock_timestamptz(moment.unix_ns / NS_PER_US);
	TimestampTz shifted;

	shifted = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
													  TimestampTzGetDatum(now),
													  IntervalPGetDatum(shift)));
	return make_uuidv7(timestamptz_to_uuid_us(shifted, true, "UUID version 7"), moment.unix_ns % NS_PER_US, moment.tail);
}

/*
 * uuidv7_at(moment timestamptz)
 *
 * The fraction is the first one in the microsecond, so that uuid_timestamp() returns the
 * same timestamp.
 */
Datum
idgen_uuidv7_at(PG_FUNCTION_ARGS)
{
	int64		unix_us = timestamptz_to_uuid_us(PG_GETARG_TIMESTAMPTZ(0), false, "UUID version 7");
	uint32		fraction = (unix_us % US_PER_MS * UUID_FRACTIONS + US_PER_MS - 1) / US_PER_MS;

	return uuid_datum(uuid_make_v7(unix_us / US_PER_MS, fraction, random_word()));
}

/* A UUID of version 7 with a unique time; random bits fill the rest. */
UuidBits
uuid_sequential(UniqueTime moment, uint64 random)
{
	uint32		ns = moment.unix_ns % NS_PER_MS;
	uint32		fraction = uuid_fraction(ns);
	uint32		fraction_start_ns = (fraction * NS_PER_MS + UUID_FRACTIONS - 1) / UUID_FRACTIONS;
	uint64		below = (ns - fraction_start_ns) << UNIQUE_TIME_RANK_BITS | moment.rank;
	uint64		tail = below << (UUID_TAIL_BITS - BELOW_FRACTION_BITS) |
		random >> (64 - UUID_TAIL_BITS + BELOW_FRACTION_BITS);

	return uuid_make_v7(moment.unix_ns / NS_PER_MS, fraction, tail);
}

/* uuidv7_sequential() */
Datum
idgen_uuidv7_sequential(PG_FUNCTION_ARGS)
{
	return uuid_datum(uuid_sequential(unique_time_next("uuidv7_sequential()"), random_word()));
}

/* uuidv7_horizon(), uuidv7_horizon(all_databases boolean) */
Datum
idgen_uuidv7_horizon(PG_FUNCTION_ARGS)
{
	bool		all_databases = PG_NARGS() > 0 && PG_GETARG_BOOL(0);

	horizon_check_use(fcinfo, "uuidv7_horizon()");
	return uuid_datum(uuid_sequential(unique_time_horizon("uuidv7_horizon()", all_databases), 0));
}
