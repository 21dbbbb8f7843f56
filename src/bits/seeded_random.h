/*-------------------------------------------------------------------------
 *
 * seeded_random.h
 *	  Numbers that look random and are the same for the same seed, on every machine and
 *	  every version of PostgreSQL: for tests, and nothing that is to be hard to guess.
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

/* The next 64 bits; *state is the seed at first. */
static inline uint64
seeded_word(uint64 *state)
{
	uint64		word = *state += UINT64CONST(0x9E3779B97F4A7C15);

	word = (word ^ word >> 30) * UINT64CONST(0xBF58476D1CE4E5B9);
	word = (word ^ word >> 27) * UINT64CONST(0x94D049BB133111EB);
	return word ^ word >> 31;
}

#endif							/* IDGEN_SEEDED_RANDOM_H */
