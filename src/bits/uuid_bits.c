/*-------------------------------------------------------------------------
 *
 * uuid_bits.c
 *	  See uuid_bits.h.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/layout.h"
#include "bits/uuid_bits.h"

#define LOW_BITS(count) ((UINT64CONST(1) << (count)) - 1)

#define TICKS_PER_US (NS_PER_US / UUID_TICK_NS)

UuidBits
uuid_make_gregorian(int version, UuidGregorian parts)
{
	uint64		ticks = (uint64) parts.ticks;
	UuidBits	bits = {.low = (uint64) parts.clock_sequence << UUID_NODE_BITS | parts.node};

	if (version == 1)
		bits.high = ticks << 32 | (ticks >> 32 & LOW_BITS(16)) << 16 | ticks >> 48;
	else
		bits.high = (ticks & ~LOW_BITS(12)) << 4 | (ticks & LOW_BITS(12));
	return uuid_stamp(bits, version);
}

/* The parts of a UUID of version 1 or 6. */
UuidGregorian
uuid_get_gregorian(UuidBits uuid)
{
	uint64		high = uuid.high;
	uint64		ticks;

	if (uuid_version(uuid) == 1)
		ticks = (high & LOW_BITS(12)) << 48 | (high >> 16 & LOW_BITS(16)) << 32 | high >> 32;
	else
		ticks = high >> 16 << 12 | (high & LOW_BITS(12));
	return (UuidGregorian)
	{
		.ticks = (int64) ticks,
		.clock_sequence = uuid.low >> UUID_NODE_BITS & (UUID_CLOCK_SEQUENCES - 1),
		.node = uuid.low & LOW_BITS(UUID_NODE_BITS),
	};
}

/* Rounded down, also before 1970. */
static int64
gregorian_to_us(int64 ticks)
{
	int64		since_1970 = ticks - UUID_GREGORIAN_TICKS_TO_1970;

	return since_1970 / TICKS_PER_US - (since_1970 % TICKS_PER_US < 0);
}

bool
uuid_time_us(UuidBits uuid, bool with_fraction, int64 *unix_us)
{
	switch (uuid_version(uuid))
	{
		case 1:
		case 6:
			*unix_us = gregorian_to_us(uuid_get_gregorian(uuid).ticks);
			return true;
		case 7:
			*unix_us = uuid_ms(uuid) * US_PER_MS;
			if (with_fraction)
				*unix_us += (uuid.high & LOW_BITS(12)) * US_PER_MS / UUID_FRACTIONS;
			return true;
		default:
			return false;
	}
}

int64
uuid_order_tick_us(UuidOrder order)
{
	return order == UUID_ORDER_V7 || order == UUID_ORDER_ULID ? US_PER_MS : 1;
}

int64
uuid_order_first_tick(UuidOrder order)
{
	/* The Gregorian calendar began with a whole microsecond. */
	return order == UUID_ORDER_V6 ? gregorian_to_us(0) : 0;
}

int64
uuid_order_last_tick(UuidOrder order)
{
	switch (order)
	{
		case UUID_ORDER_V6:
			return gregorian_to_us(LOW_BITS(UUID_GREGORIAN_BITS));
		case UUID_ORDER_V7:
		case UUID_ORDER_ULID:
			return UUID_END_MS - 1;
		case UUID_ORDER_EXTENDED:
			break;
	}
	return PG_UINT64_MAX / NS_PER_US;
}

UuidBits
uuid_order_least(UuidOrder order, int64 tick)
{
	switch (order)
	{
		case UUID_ORDER_V6:
			return uuid_make_gregorian(6, (UuidGregorian) {.ticks = tick * TICKS_PER_US + UUID_GREGORIAN_TICKS_TO_1970});
		case UUID_ORDER_V7:
			return uuid_make_v7(tick, 0, 0);
		case UUID_ORDER_ULID:
			return (UuidBits) {.high = (uint64) tick << 16};
		case UUID_ORDER_EXTENDED:
			break;
	}
	return (UuidBits) {.high = (uint64) tick * NS_PER_US};
}

UuidBits
uuid_order_greatest(UuidOrder order, int64 tick)
{
	switch (order)
	{
		case UUID_ORDER_V6:
			/* The last microsecond is not a whole one, nor is that of the extended Snowflake. */
			return uuid_make_gregorian(6, (UuidGregorian)
			{
				.ticks = Min(tick * TICKS_PER_US + UUID_GREGORIAN_TICKS_TO_1970 + TICKS_PER_US - 1,
							 (int64) LOW_BITS(UUID_GREGORIAN_BITS)),
				.clock_sequence = UUID_CLOCK_SEQUENCES - 1,
				.node = LOW_BITS(UUID_NODE_BITS),
			});
		case UUID_ORDER_V7:
			return uuid_make_v7(tick, UUID_FRACTIONS - 1, PG_UINT64_MAX);
		case UUID_ORDER_ULID:
			return (UuidBits) {.high = (uint64) tick << 16 | LOW_BITS(16), .low = PG_UINT64_MAX};
		case UUID_ORDER_EXTENDED:
			break;
	}
	if (tick == uuid_order_last_tick(order))
		return uuid_max;
	return (UuidBits) {.high = (uint64) (tick + 1) * NS_PER_US - 1,.low = PG_UINT64_MAX};
}
