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

/* uuid is of version 1 or 6. */
UuidGregorian
uuid_get_gregorian(UuidBits uuid)
{
	uint64		high = uuid.high;
	UuidGregorian parts = {
		.clock_sequence = uuid.low >> UUID_NODE_BITS & (UUID_CLOCK_SEQUENCES - 1),
		.node = uuid.low & LOW_BITS(UUID_NODE_BITS),
	};

	if (uuid_version(uuid) == 1)
		parts.ticks = (high & LOW_BITS(12)) << 48 | (high >> 16 & LOW_BITS(16)) << 32 | high >> 32;
	else
		parts.ticks = high >> 16 << 12 | (high & LOW_BITS(12));
	return parts;
}

/* us since 1970 of 100-ns ticks since 1582, rounded down also before 1970. */
int64
uuid_gregorian_to_us(int64 ticks)
{
	int64		since_1970 = ticks - UUID_GREGORIAN_TICKS_TO_1970;

	return since_1970 / UUID_TICKS_PER_US - (since_1970 % UUID_TICKS_PER_US < 0);
}

bool
uuid_time_us(UuidBits uuid, bool with_fraction, int64 *unix_us)
{
	switch (uuid_version(uuid))
	{
		case 1:
		case 6:
			*unix_us = uuid_gregorian_to_us(uuid_get_gregorian(uuid).ticks);
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
