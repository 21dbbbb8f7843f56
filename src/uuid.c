/*-------------------------------------------------------------------------
 *
 * uuid.c
 *	  What SQL calls to make UUIDs.
 *
 * A version 7 UUID carries the time to 1/4096 ms (RFC 9562, section 6.2, method
 * 3) and 62 random bits.  When UUIDs are drawn faster than the fractions pass,
 * or the clock goes back, the time stays and the random bits are incremented by
 * a random amount (method 2).  So UUIDs of a process strictly increase, and a
 * burst of them does not run ahead of the clock.  After a clock that was ahead
 * has been corrected, they stay at its time until the clock gets there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "clock.h"
#include "random.h"
#include "uuid_bits.h"

PG_FUNCTION_INFO_V1(idgen_uuidv7);
PG_FUNCTION_INFO_V1(idgen_uuidv7_interval);

/*
 * What orders the UUIDs of a process: the time of the last one, in ns since
 * 1970, and its tail.
 */
typedef struct UuidMoment
{
	int64		unix_ns;
	uint64		tail;			/* below 2^UUID_TAIL_BITS */
} UuidMoment;

/*
 * The next moment: above the last, at the clock's time unless that would not
 * make a later fraction.  The increment's 32 random bits keep the next UUID
 * from being guessed.
 */
static UuidMoment
next_moment(void)
{
	static UuidMoment last = {-UUID_FRACTION_NS, 0};
	const uint64 tail_end = UINT64CONST(1) << UUID_TAIL_BITS;
	int64		now = clock_unix_ns();
	uint64		word = random_word();

	if (now >= last.unix_ns + UUID_FRACTION_NS)
	{
		last.unix_ns = now;
		last.tail = word & (tail_end - 1);
	}
	else
	{
		last.tail += 1 + (word & PG_UINT32_MAX);
		if (last.tail >= tail_end)
		{
			last.unix_ns += UUID_FRACTION_NS;
			last.tail = word >> (64 - UUID_TAIL_BITS);
		}
	}
	return last;
}

/*
 * A version 7 UUID.  unix_us is in us since 1970 (0 .. before UUID_END_MS ms);
 * ns (0 .. 999) is added to it.
 */
static pg_uuid_t *
make_uuidv7(int64 unix_us, int ns, uint64 tail)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	uuid_bits_v7(uuid->data, unix_us / 1000,
				 (uint32) (unix_us % 1000 * NS_PER_US + ns), tail);
	return uuid;
}

/* uuidv7() */
Datum
idgen_uuidv7(PG_FUNCTION_ARGS)
{
	UuidMoment	moment = next_moment();

	PG_RETURN_UUID_P(make_uuidv7(moment.unix_ns / NS_PER_US, moment.unix_ns % NS_PER_US,
								 moment.tail));
}

/* uuidv7(shift interval) */
Datum
idgen_uuidv7_interval(PG_FUNCTION_ARGS)
{
	Interval   *shift = PG_GETARG_INTERVAL_P(0);
	UuidMoment	moment = next_moment();
	TimestampTz now = clock_timestamptz(moment.unix_ns / NS_PER_US);
	TimestampTz shifted;

	shifted = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
													  TimestampTzGetDatum(now),
													  IntervalPGetDatum(shift)));
	if (shifted < clock_timestamptz(0) || shifted >= clock_timestamptz(UUID_END_MS * 1000))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range for UUID version 7"),
				errdetail("The shifted time must be between 1970-01-01 and 10889-08-02 in UTC."));

	PG_RETURN_UUID_P(make_uuidv7(clock_unix_us(shifted), moment.unix_ns % NS_PER_US,
								 moment.tail));
}
