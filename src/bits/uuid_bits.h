/*-------------------------------------------------------------------------
 *
 * uuid_bits.h
 *	  The bits of UUIDs as RFC 9562 defines them.
 *
 * From the most significant bit on.  All have the version in the 4 bits below the
 * highest 48, and the variant 10 in the highest 2 bits of the lower half:
 *
 *		1	time_low 32 | time_mid 16 | version | time_high 12 | variant | clock_seq 14 | node 48
 *		6	time_high 32 | time_mid 16 | version | time_low 12 | variant | clock_seq 14 | node 48
 *		7	unix_ts_ms 48 | version | rand_a 12 | variant | rand_b 62
 *		4	random 48 | version | random 12 | variant | random 62
 *
 * Versions 1 and 6 count 100 ns since 1582-10-15, the first day of the Gregorian
 * calendar; version 7 counts ms since 1970.  In version 7 UUIDs of idgen, rand_a is
 * the fraction of the millisecond in 1/4096 (section 6.2, method 3), so the first
 * 48 + 12 bits are one fine-grained time.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_BITS_H
#define IDGEN_UUID_BITS_H

#include "port/pg_bswap.h"

/* Any 128 bits, not only those of UUIDs.  As bytes, the most significant comes first. */
typedef struct UuidBits
{
	uint64		high;
	uint64		low;
} UuidBits;

#define UUID_BYTES 16

static inline UuidBits
uuid_bits_make(uint64 high, uint64 low)
{
	UuidBits	bits = {high, low};

	return bits;
}

static inline UuidBits
uuid_bits_read(const unsigned char *bytes)
{
	UuidBits	bits;

	memcpy(&bits.high, bytes, sizeof(bits.high));
	memcpy(&bits.low, bytes + sizeof(bits.high), sizeof(bits.low));
	bits.high = pg_ntoh64(bits.high);
	bits.low = pg_ntoh64(bits.low);
	return bits;
}

static inline void
uuid_bits_write(UuidBits bits, unsigned char *bytes)
{
	uint64		high = pg_hton64(bits.high);
	uint64		low = pg_hton64(bits.low);

	memcpy(bytes, &high, sizeof(high));
	memcpy(bytes + sizeof(high), &low, sizeof(low));
}

/* The nil and the max UUID, which are the least and the greatest. */
static const UuidBits uuid_nil = {0, 0};
static const UuidBits uuid_max = {PG_UINT64_MAX, PG_UINT64_MAX};

static inline bool
uuid_bits_equal(UuidBits one, UuidBits other)
{
	return one.high == other.high && one.low == other.low;
}

/* RFC 9562, section 4.1 */
typedef enum UuidVariant
{
	UUID_VARIANT_NCS,			/* 0: Apollo NCS */
	UUID_VARIANT_RFC,			/* 10 */
	UUID_VARIANT_MICROSOFT,		/* 110 */
	UUID_VARIANT_FUTURE,		/* 111 */
} UuidVariant;

static inline UuidVariant
uuid_variant(UuidBits uuid)
{
	if (uuid.low >> 63 == 0)
		return UUID_VARIANT_NCS;
	if (uuid.low >> 62 == 2)
		return UUID_VARIANT_RFC;
	return uuid.low >> 61 == 6 ? UUID_VARIANT_MICROSOFT : UUID_VARIANT_FUTURE;
}

/* The version (0 .. 15) of a UUID of RFC 9562; -1 for another variant. */
static inline int
uuid_version(UuidBits uuid)
{
	return uuid_variant(uuid) == UUID_VARIANT_RFC ? (int) (uuid.high >> 12 & 0xF) : -1;
}

/* Set the version (0 .. 15) and the variant. */
static inline UuidBits
uuid_stamp(UuidBits bits, int version)
{
	bits.high = (bits.high & ~UINT64CONST(0xF000)) | (uint64) version << 12;
	bits.low = (bits.low & ~(UINT64CONST(3) << 62)) | UINT64CONST(2) << 62;
	return bits;
}

/*
 * Version 7
 */

/* Random bits below the variant. */
#define UUID_TAIL_BITS 62

/* The 12 bits below the milliseconds. */
#define UUID_FRACTIONS 4096

/*
 * Two times at least this many ns apart never share a fraction, as 1/4096 of a
 * millisecond is 244.14 ns.
 */
#define UUID_FRACTION_NS 245

/* First millisecond since 1970 that 48 bits cannot hold (year 10889). */
#define UUID_END_MS (INT64CONST(1) << 48)

/* The fraction of a millisecond at ns (0 .. 999999). */
static inline uint32
uuid_fraction(uint32 ns)
{
	return (uint64) ns * UUID_FRACTIONS / 1000000;
}

/*
 * ms since 1970 (0 .. UUID_END_MS - 1), a fraction (0 .. 4095), and the lower
 * UUID_TAIL_BITS bits of tail.
 */
static inline UuidBits
uuid_make_v7(int64 ms, uint32 fraction, uint64 tail)
{
	return uuid_stamp(uuid_bits_make((uint64) ms << 16 | fraction, tail), 7);
}

static inline int64
uuid_ms(UuidBits uuid)
{
	return (int64) (uuid.high >> 16);
}

/*
 * Versions 1 and 6
 */

#define UUID_TICK_NS 100
#define UUID_TICKS_PER_US 10

/* From 1582-10-15 to 1970. */
#define UUID_GREGORIAN_TICKS_TO_1970 INT64CONST(0x01B21DD213814000)

#define UUID_GREGORIAN_BITS 60
#define UUID_CLOCK_SEQUENCES (1 << 14)
#define UUID_NODE_BITS 48

/* The lowest bit of the first byte of a node, which no hardware address has set (section 6.10). */
#define UUID_NODE_MULTICAST (UINT64CONST(1) << 40)

/* The content of versions 1 and 6. */
typedef struct UuidGregorian
{
	int64		ticks;			/* 100 ns since 1582-10-15, below 2^60 */
	uint16		clock_sequence; /* below UUID_CLOCK_SEQUENCES */
	uint64		node;			/* below 2^48 */
} UuidGregorian;

/* version is 1 or 6. */
extern UuidBits uuid_make_gregorian(int version, UuidGregorian parts);
extern UuidGregorian uuid_get_gregorian(UuidBits uuid);
extern int64 uuid_gregorian_to_us(int64 ticks);

/*
 * The time of a UUID of version 1, 6 or 7, in us since 1970.  Returns false for other
 * UUIDs.  The bits below the milliseconds of version 7 may be a fraction or random,
 * which the UUID does not tell; with_fraction reads them as a fraction.
 */
extern bool uuid_time_us(UuidBits uuid, bool with_fraction, int64 *unix_us);

#endif							/* IDGEN_UUID_BITS_H */
