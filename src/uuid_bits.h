/*-------------------------------------------------------------------------
 *
 * uuid_bits.h
 *	  The bits of a version 7 UUID (RFC 9562, sections 5.7 and 6.2).
 *
 *		unix_ts_ms 48 | version 4 | rand_a 12 | variant 2 | rand_b 62
 *
 * rand_a holds the fraction of the millisecond in 1/4096 (section 6.2, method
 * 3), so the first 48 + 12 bits are one fine-grained time.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_BITS_H
#define IDGEN_UUID_BITS_H

/* Random bits below the variant. */
#define UUID_TAIL_BITS 62

/*
 * Two moments at least this many ns apart never share a fraction: one of 4096
 * fractions of a millisecond is 244.14 ns long.
 */
#define UUID_FRACTION_NS 245

/* First millisecond since 1970 that 48 bits cannot hold (year 10889). */
#define UUID_END_MS (INT64CONST(1) << 48)

extern void uuid_bits_v7(unsigned char uuid[16], int64 ms, uint32 ns, uint64 tail);

#endif							/* IDGEN_UUID_BITS_H */
