/*-------------------------------------------------------------------------
 *
 * uuid_bits.c
 *	  Putting a UUID together.  The format is described in uuid_bits.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port/pg_bswap.h"

#include "uuid_bits.h"

/*
 * Write a version 7 UUID: ms since 1970 (0 .. UUID_END_MS - 1), ns within that
 * millisecond (0 .. 999999), and UUID_TAIL_BITS bits (the rest of tail is not
 * used).
 */
void
uuid_bits_v7(unsigned char uuid[16], int64 ms, uint32 ns, uint64 tail)
{
	uint64		fraction = (uint64) ns * 4096 / 1000000;
	uint64		high = pg_hton64((uint64) ms << 16 | UINT64CONST(7) << 12 | fraction);
	uint64		low = pg_hton64(UINT64CONST(2) << UUID_TAIL_BITS |
								(tail & ((UINT64CONST(1) << UUID_TAIL_BITS) - 1)));

	memcpy(uuid, &high, sizeof(high));
	memcpy(uuid + sizeof(high), &low, sizeof(low));
}
