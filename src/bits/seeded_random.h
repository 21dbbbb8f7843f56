/*-------------------------------------------------------------------------
 *
 * seeded_random.h
 *	  Pseudorandom numbers that are the same for the same seed on every machine and
 *	  version of PostgreSQL.  For tests, and never for what must be hard to guess.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 * Source: SplitMix64, of G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom
 * number generators", 2014.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEEDED_RANDOM_H
#define IDGEN_SEEDED_RANDOM_H

/* The next 64 bits.  Initialize *state with the seed. */
static inline uint64
seeded_word(uint64 *state)
{
	uint64		word = *state += UINT64CONST(0x9E3779B97F4A7C15);

	word = (word ^ word >> 30) * UINT64CONST(0xBF58476D1CE4E5B9);
	word = (word ^ word >> 27) * UINT64CONST(0x94D049BB133111EB);
	return word ^ word >> 31;
}

#endif							/* IDGEN_SEEDED_RANDOM_H */
