/*-------------------------------------------------------------------------
 *
 * ulid.c
 *	  SQL functions that generate ULIDs.
 *
 * Within a millisecond, or while the clock is behind, a process adds a step to
 * its last ULID: a random one, so that neighbors cannot be guessed (RFC 9562,
 * section 6.2), or 1, as the specification requires, in ulid_monotonic().
 * Both continue from the same last ULID, so they are in order together.  If
 * the system clock is set back by more than CLOCK_WRONG_NS, the time follows
 * it: then order is lost, and random bits keep ULIDs distinct.
 *
 * ulid_sequential() orders ULIDs across sessions, with a time from unique_time_next()
 * and random bits.  The ULIDs of ulid_random(), whose order within a millisecond reveals
 * nothing, and of ulid_at() are independent of all others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "bits/ulid_bits.h"
#include "engine/clock.h"
#include "engine/process_state.h"
#include "engine/random.h"
#include "generator/id_batch.h"
#include "generator/unique_time.h"
#include "planner/horizon_use.h"
#include "ulid/ulid_sequential.h"
#include "ulid/ulid_type.h"
#include "uuid/uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_ulid);
PG_FUNCTION_INFO_V1(idgen_ulids);
PG_FUNCTION_INFO_V1(idgen_ulid_random);
PG_FUNCTION_INFO_V1(idgen_ulid_monotonic);
PG_FUNCTION_INFO_V1(idgen_ulid_at);
PG_FUNCTION_INFO_V1(idgen_ulid_sequential);
PG_FUNCTION_INFO_V1(idgen_ulid_horizon);

/* Random bits in a step.  On average, a millisecond has room for 2^24 steps. */
#define ULID_STEP_BITS 56

/* 20 bits for the ns of a millisecond, and the rank. */
#define BELOW_MS_BITS (20 + UNIQUE_TIME_RANK_BITS)

/* ms is since 1970, 0 .. UUID_END_MS - 1. */
static UuidBits
random_ulid(int64 ms)
{
	UuidBits	ulid = {
		.high = (uint64) ms << 16 | random_word() >> 48,
		.low = random_word(),
	};

	return ulid;
}

/* Set *last to a ULID of the clock's millisecond.  Returns false if it is of that millisecond, or a later one. */
static bool
start_millisecond(UuidBits *last)
{
	int64		now = clock_unix_ns();

	if (clock_soon_reaches(now, (uuid_ms(*last) + 1) * NS_PER_MS))
		return false;
	*last = random_ulid(now / NS_PER_MS);
	return true;
}

/* If the step overflows the random bits, the ULID is of the next millisecond. */
static UuidBits
next_ulid(void)
{
	UuidBits   *last = &process_state()->ulid;

	if (!start_millisecond(last) && !ulid_add(last, 1 + (random_word() >> (64 - ULID_STEP_BITS))))
		*last = random_ulid(uuid_ms(*last) + 1);
	return *last;
}

/* ulid() */
Datum
idgen_ulid(PG_FUNCTION_ARGS)
{
	return uuid_datum(next_ulid());
}

/* ulids(count integer) */
Datum
idgen_ulids(PG_FUNCTION_ARGS)
{
	int32		count = PG_GETARG_INT32(0);
	Oid			type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	ArrayType  *array = id_batch_array(type, UUID_BYTES, count);
	unsigned char *bytes = (unsigned char *) ARR_DATA_PTR(array);

	for (int32 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		uuid_bits_write(next_ulid(), bytes + (size_t) i * UUID_BYTES);
	}
	PG_RETURN_ARRAYTYPE_P(array);
}

/* ulid_random() */
Datum
idgen_ulid_random(PG_FUNCTION_ARGS)
{
	return uuid_datum(random_ulid(clock_unix_ns() / NS_PER_MS));
}

/* ulid_monotonic(): on overflow the specification requires an error, where next_ulid() uses the next millisecond */
Datum
idgen_ulid_monotonic(PG_FUNCTION_ARGS)
{
	UuidBits   *last = &process_state()->ulid;

	if (!start_millisecond(last) && !ulid_add(last, 1))
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("random bits of the last ULID are used up"),
				errdetail("The last ULID of this session has the greatest possible random part, and the next millisecond has not begun."),
				errhint("Run the statement again, or use ulid()."));
	return uuid_datum(*last);
}

/* ulid_at(moment timestamptz) */
Datum
idgen_ulid_at(PG_FUNCTION_ARGS)
{
	return uuid_datum(random_ulid(timestamptz_to_ulid_ms(PG_GETARG_TIMESTAMPTZ(0))));
}

/* A ULID with a unique time; random bits fill the rest. */
UuidBits
ulid_sequential(UniqueTime moment, uint64 random)
{
	uint64		below = moment.unix_ns % NS_PER_MS << UNIQUE_TIME_RANK_BITS | moment.rank;
	UuidBits	ulid;

	/* The first 16 of the BELOW_MS_BITS are the end of the high word. */
	ulid.high = (uint64) (moment.unix_ns / NS_PER_MS) << 16 | below >> (BELOW_MS_BITS - 16);
	ulid.low = below << (64 - (BELOW_MS_BITS - 16)) | random >> (BELOW_MS_BITS - 16);
	return ulid;
}

/* ulid_sequential() */
Datum
idgen_ulid_sequential(PG_FUNCTION_ARGS)
{
	return uuid_datum(ulid_sequential(unique_time_next("ulid_sequential()"), random_word()));
}

/* ulid_horizon(), ulid_horizon(all_databases boolean) */
Datum
idgen_ulid_horizon(PG_FUNCTION_ARGS)
{
	bool		all_databases = PG_NARGS() > 0 && PG_GETARG_BOOL(0);

	horizon_check_use(fcinfo, "ulid_horizon()");
	return uuid_datum(ulid_sequential(unique_time_horizon("ulid_horizon()", all_databases), 0));
}
