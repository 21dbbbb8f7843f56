/*-------------------------------------------------------------------------
 *
 * bit_reverse.h
 *	  The bits of a number that is not negative, in reverse order.
 *
 * The sign bit stays 0: the lowest of the other bits becomes the highest.  So
 * numbers that follow each other are far apart, and reversing twice gives the
 * number again.
 *
 * Source: Cloud Spanner's bit-reversed positive sequences.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BIT_REVERSE_H
#define IDGEN_BIT_REVERSE_H

/* All 64 bits: neighbors change places, then pairs, then nibbles, and so on. */
static inline uint64
bit_reverse_64(uint64 bits)
{
	bits = (bits >> 1 & UINT64CONST(0x5555555555555555)) | (bits & UINT64CONST(0x5555555555555555)) << 1;
	bits = (bits >> 2 & UINT64CONST(0x3333333333333333)) | (bits & UINT64CONST(0x3333333333333333)) << 2;
	bits = (bits >> 4 & UINT64CONST(0x0f0f0f0f0f0f0f0f)) | (bits & UINT64CONST(0x0f0f0f0f0f0f0f0f)) << 4;
	bits = (bits >> 8 & UINT64CONST(0x00ff00ff00ff00ff)) | (bits & UINT64CONST(0x00ff00ff00ff00ff)) << 8;
	bits = (bits >> 16 & UINT64CONST(0x0000ffff0000ffff)) | (bits & UINT64CONST(0x0000ffff0000ffff)) << 16;
	return bits >> 32 | bits << 32;
}

/* number is not negative. */
static inline int64
bit_reverse_63(int64 number)
{
	return (int64) (bit_reverse_64((uint64) number) >> 1);
}

/* number is not negative. */
static inline int32
bit_reverse_31(int32 number)
{
	return (int32) (bit_reverse_64((uint64) number) >> 33);
}

#endif							/* IDGEN_BIT_REVERSE_H */
