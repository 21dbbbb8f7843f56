/*-------------------------------------------------------------------------
 *
 * id128_bounds.c
 *	  See id128_bounds.h.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/id128_bounds.h"
#include "bits/layout.h"

#define LOW_BITS(count) ((UINT64CONST(1) << (count)) - 1)

int64
id128_tick_us(Id128Order order)
{
	return order == ID128_ORDER_V7 || order == ID128_ORDER_ULID ? US_PER_MS : 1;
}

int64
id128_first_tick(Id128Order order)
{
	/* The Gregorian calendar begins at a whole microsecond since 1970. */
	return order == ID128_ORDER_V6 ? uuid_gregorian_to_us(0) : 0;
}

int64
id128_last_tick(Id128Order order)
{
	switch (order)
	{
		case ID128_ORDER_V6:
			return uuid_gregorian_to_us(LOW_BITS(UUID_GREGORIAN_BITS));
		case ID128_ORDER_V7:
		case ID128_ORDER_ULID:
			return UUID_END_MS - 1;
		case ID128_ORDER_EXTENDED:
			break;
	}
	return PG_UINT64_MAX / NS_PER_US;
}

static UuidBits
least_v6(int64 us)
{
	UuidGregorian parts = {.ticks = us * UUID_TICKS_PER_US + UUID_GREGORIAN_TICKS_TO_1970};

	return uuid_make_gregorian(6, parts);
}

UuidBits
id128_least(Id128Order order, int64 tick)
{
	switch (order)
	{
		case ID128_ORDER_V6:
			return least_v6(tick);
		case ID128_ORDER_V7:
			return uuid_make_v7(tick, 0, 0);
		case ID128_ORDER_ULID:
			return uuid_bits_make((uint64) tick << 16, 0);
		case ID128_ORDER_EXTENDED:
			break;
	}
	return uuid_bits_make((uint64) tick * NS_PER_US, 0);
}

/* The last microsecond is incomplete, as is that of the extended Snowflake. */
static UuidBits
greatest_v6(int64 us)
{
	int64		end = (us + 1) * UUID_TICKS_PER_US + UUID_GREGORIAN_TICKS_TO_1970;
	UuidGregorian parts = {
		.ticks = Min(end - 1, (int64) LOW_BITS(UUID_GREGORIAN_BITS)),
		.clock_sequence = UUID_CLOCK_SEQUENCES - 1,
		.node = LOW_BITS(UUID_NODE_BITS),
	};

	return uuid_make_gregorian(6, parts);
}

UuidBits
id128_greatest(Id128Order order, int64 tick)
{
	switch (order)
	{
		case ID128_ORDER_V6:
			return greatest_v6(tick);
		case ID128_ORDER_V7:
			return uuid_make_v7(tick, UUID_FRACTIONS - 1, PG_UINT64_MAX);
		case ID128_ORDER_ULID:
			return uuid_bits_make((uint64) tick << 16 | LOW_BITS(16), PG_UINT64_MAX);
		case ID128_ORDER_EXTENDED:
			break;
	}
	if (tick == id128_last_tick(order))
		return uuid_max;
	return uuid_bits_make((uint64) (tick + 1) * NS_PER_US - 1, PG_UINT64_MAX);
}
