/*-------------------------------------------------------------------------
 *
 * permutation.h
 *	  A permutation of the numbers of a range that depends on a key, and that nobody
 *	  without the key can tell from any other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_PERMUTATION_H
#define IDGEN_PERMUTATION_H

#include "bits/siphash.h"

/* The largest number; the whole range is 0 .. PERMUTATION_MAX. */
#define PERMUTATION_MAX PG_INT64_MAX

/*
 * In a range of fewer numbers, all of them can be collected, and their masks with
 * them.
 */
#define PERMUTATION_LEAST_SIZE 1000000

typedef struct Permutation
{
	SipKey		subkey;
	int64		first;			/* of the range */
	uint64		size;			/* 1 .. 2^63 */
	int			high_bits;		/* of the halves: of the smallest power of 2 */
	int			low_bits;		/* that is not below size, half of the bits */
} Permutation;

extern void permutation_init(Permutation *permutation, SipKey key, const char *purpose, size_t purpose_length,
							 int64 first, int64 last);
extern int64 permutation_mask(const Permutation *permutation, int64 number);
extern int64 permutation_unmask(const Permutation *permutation, int64 mask);

#endif							/* IDGEN_PERMUTATION_H */
