/*-------------------------------------------------------------------------
 *
 * uuid_gregorian.c
 *	  SQL functions that generate UUIDs of versions 1 and 6.
 *
 * Both contain the same: ticks of 100 ns since 1582, a clock sequence and a node (RFC
 * 9562, sections 5.1 and 5.6).  UUIDs are unique because the time only increases for
 * one node and clock sequence.
 *
 * With a random node, each process ensures that alone.  If it generates more than one
 * UUID per 100 ns, it runs ahead of the clock, by at most idgen.max_drift, and then
 * continues at the pace of the clock.  If the clock is further behind, it was set back:
 * then the clock sequence changes, and the time is that of the clock again.
 *
 * The server's node is shared by all sessions, so the time comes from
 * unique_time_next_for_node(), which also stays above the times of previous runs.  The
 * clock sequence then need not change when the clock is set back: it has 6 random bits,
 * chosen when the server starts, and below them the part of the UniqueTime that is
 * shorter than 100 ns.  So UUIDs of version 6 are in order across sessions.
 *
 * Backdated UUIDs have a random node and clock sequence each, as there is no last UUID
 * to continue from.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/compat.h"
#include "bits/id128_bounds.h"
#include "engine/clock.h"
#include "engine/process_state.h"
#include "engine/random.h"
#include "generator/generator.h"
#include "generator/unique_time.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_node.h"

PG_FUNCTION_INFO_V1(idgen_uuidv1);
PG_FUNCTION_INFO_V1(idgen_uuidv6);
PG_FUNCTION_INFO_V1(idgen_uuidv1_at);
PG_FUNCTION_INFO_V1(idgen_uuidv6_at);

/* Shorter waits spin, because a wakeup takes longer. */
#define SPUN_TICKS (NS_PER_US / UUID_TICK_NS)

/* Bits for the part of a UniqueTime below a tick, out of those of the clock sequence. */
#define BELOW_TICK_BITS (7 + UNIQUE_TIME_RANK_BITS)

/* A burst waits for a tick.  A longer wait means that the clock was set back. */
#define LONGEST_WAIT_TICKS (NS_PER_MS / UUID_TICK_NS)

static int64
unix_ns_to_gregorian(int64 unix_ns)
{
	return unix_ns / UUID_TICK_NS + UUID_GREGORIAN_TICKS_TO_1970;
}

static void
choose_node_and_sequence(GregorianState *state)
{
	uint64		word = random_word();

	state->last.ticks = 0;
	state->last.clock_sequence = state->first_sequence = word % UUID_CLOCK_SEQUENCES;
	state->last.node = word >> (64 - UUID_NODE_BITS) | UUID_NODE_MULTICAST;
}

/* For a clock that was set back.  Once all clock sequences have been used, chooses another node. */
static void
change_clock_sequence(GregorianState *state)
{
	uint16		next_sequence = (state->last.clock_sequence + 1) % UUID_CLOCK_SEQUENCES;

	if (next_sequence == state->first_sequence)
		choose_node_and_sequence(state);
	else
		state->last.clock_sequence = next_sequence;
}

/* Waits at most 1 ms, for the clock to catch up with a burst.  Errors: those of CHECK_FOR_INTERRUPTS(). */
static UuidGregorian
next_gregorian_of_process(void)
{
	static uint32 wait_event = 0;
	GregorianState *state = &process_state()->gregorian;
	UuidGregorian *last = &state->last;
	int64		drift_ticks = drift_max.value * (NS_PER_MS / UUID_TICK_NS);

	if (last->node == 0)
		choose_node_and_sequence(state);
	for (;;)
	{
		int64		now = unix_ns_to_gregorian(clock_unix_ns());
		int64		beyond = last->ticks + 1 - now - drift_ticks;

		if (beyond > LONGEST_WAIT_TICKS)
		{
			change_clock_sequence(state);
			last->ticks = now;
			return *last;
		}
		if (beyond <= 0)
		{
			last->ticks = Max(now, last->ticks + 1);
			return *last;
		}
		if (beyond > SPUN_TICKS)
			clock_wait(beyond * UUID_TICK_NS, compat_wait_event(&wait_event, "IdgenClock"));
		CHECK_FOR_INTERRUPTS();
	}
}

/* Errors: those of unique_time_next() and uuid_get_server_node(). */
static UuidGregorian
next_gregorian_of_server(const char *caller)
{
	uint64		node;
	UniqueTime	moment = unique_time_next_for_node(uuid_get_server_node, &node, caller);
	uint16		below_tick = moment.unix_ns % UUID_TICK_NS << UNIQUE_TIME_RANK_BITS | moment.rank;
	uint16		begun = shmem_area()->clock_sequence << BELOW_TICK_BITS;
	UuidGregorian parts = {
		.ticks = unix_ns_to_gregorian(moment.unix_ns),
		.clock_sequence = (begun | below_tick) % UUID_CLOCK_SEQUENCES,
		.node = node | UUID_NODE_MULTICAST,
	};

	return parts;
}

StaticAssertDecl(UUID_TICK_NS <= 1 << 7, "a moment's part of a tick fits BELOW_TICK_BITS");

static UuidGregorian
next_gregorian(const char *caller)
{
	return uuid_node_kind == UUID_NODE_SERVER ? next_gregorian_of_server(caller) : next_gregorian_of_process();
}

/* uuidv1() */
Datum
idgen_uuidv1(PG_FUNCTION_ARGS)
{
	return uuid_datum(uuid_make_gregorian(1, next_gregorian("uuidv1() with idgen.uuid_node = server")));
}

/* uuidv6() */
Datum
idgen_uuidv6(PG_FUNCTION_ARGS)
{
	return uuid_datum(uuid_make_gregorian(6, next_gregorian("uuidv6() with idgen.uuid_node = server")));
}

/* us since 1970, negative before.  ERROR DATETIME_VALUE_OUT_OF_RANGE if versions 1 and 6 cannot hold the time. */
static int64
timestamptz_to_gregorian_us(TimestampTz moment)
{
	if (moment < clock_timestamptz(id128_first_tick(ID128_ORDER_V6)) ||
		moment > clock_timestamptz(id128_last_tick(ID128_ORDER_V6)))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range for UUIDs of versions 1 and 6"),
				errdetail("The time must be between 1582-10-15 and 5236-03-31 in UTC."));
	return clock_unix_us(moment);
}

/* The tick is the first one in the microsecond, so that uuid_timestamp() returns the same timestamp. */
static Datum
make_backdated_gregorian(int version, TimestampTz moment)
{
	int64		unix_us = timestamptz_to_gregorian_us(moment);
	uint64		word = random_word();
	UuidGregorian parts = {
		.ticks = unix_us * (NS_PER_US / UUID_TICK_NS) + UUID_GREGORIAN_TICKS_TO_1970,
		.clock_sequence = word % UUID_CLOCK_SEQUENCES,
		.node = word >> (64 - UUID_NODE_BITS) | UUID_NODE_MULTICAST,
	};

	return uuid_datum(uuid_make_gregorian(version, parts));
}

/* uuidv1_at(moment timestamptz) */
Datum
idgen_uuidv1_at(PG_FUNCTION_ARGS)
{
	return make_backdated_gregorian(1, PG_GETARG_TIMESTAMPTZ(0));
}

/* uuidv6_at(moment timestamptz) */
Datum
idgen_uuidv6_at(PG_FUNCTION_ARGS)
{
	return make_backdated_gregorian(6, PG_GETARG_TIMESTAMPTZ(0));
}
