/*-------------------------------------------------------------------------
 *
 * ulid.c
 *	  What SQL calls to make ULIDs.
 *
 * Within a millisecond, or after the clock went back, a process adds 1 to its last
 * ULID, as the specification has it.  That carries into the time only after 2^80 less
 * a random number of them; the specification has the call fail there.
 *
 * Those in order across sessions hold a moment of the server's, and random bits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/timestamp.h"

#include "clock.h"
#include "random.h"
#include "server_moment.h"
#include "ulid_time.h"
#include "uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_ulid);
PG_FUNCTION_INFO_V1(idgen_ulid_at);
PG_FUNCTION_INFO_V1(idgen_ulid_sequential);

/* The ns of a millisecond, 20 bits, and the rank. */
#define BELOW_MS_BITS (20 + SERVER_MOMENT_RANK_BITS)

/* ms since 1970 (0 .. UUID_END_MS - 1), and 80 random bits. */
static UuidBits
random_ulid(int64 ms)
{
	return (UuidBits) {.high = (uint64) ms << 16 | random_word() >> 48,.low = random_word()};
}

static UuidBits
next_ulid(void)
{
	static UuidBits last = {0, 0};
	int64		ms = clock_unix_ns() / NS_PER_MS;

	if (ms > uuid_ms(last))
		last = random_ulid(ms);
	else
		last.high += ++last.low == 0;
	return last;
}

/* ulid() */
Datum
idgen_ulid(PG_FUNCTION_ARGS)
{
	return uuid_datum(next_ulid());
}

/* ulid_at(moment timestamptz) */
Datum
idgen_ulid_at(PG_FUNCTION_ARGS)
{
	return uuid_datum(random_ulid(ulid_ms_of(PG_GETARG_TIMESTAMPTZ(0))));
}

/* ulid_sequential() */
Datum
idgen_ulid_sequential(PG_FUNCTION_ARGS)
{
	ServerMoment moment = server_moment_next("ulid_sequential()");
	uint64		below = moment.unix_ns % NS_PER_MS << SERVER_MOMENT_RANK_BITS | moment.rank;
	UuidBits	bits = random_ulid(moment.unix_ns / NS_PER_MS);

	/* The first 16 of those bits end the high word. */
	bits.high = (bits.high & ~UINT64CONST(0xFFFF)) | below >> (BELOW_MS_BITS - 16);
	bits.low = below << (64 - (BELOW_MS_BITS - 16)) | bits.low >> (BELOW_MS_BITS - 16);
	return uuid_datum(bits);
}
