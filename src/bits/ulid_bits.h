/*-------------------------------------------------------------------------
 *
 * ulid_bits.h
 *	  The random part of a ULID: the 80 bits below its 48 bits of ms since 1970.
 *
 * Arithmetic on its arguments, as layout.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ULID_BITS_H
#define IDGEN_ULID_BITS_H

#include "bits/uuid_bits.h"

/* Adds a step to the 80 random bits.  Returns false, with *ulid unchanged, if they overflow. */
static inline bool
ulid_add(UuidBits *ulid, uint64 step)
{
	uint64		low = ulid->low + step;
	bool		carry = low < step;

	if (carry && (ulid->high & 0xFFFF) == 0xFFFF)
		return false;
	ulid->low = low;
	ulid->high += carry;
	return true;
}

#endif							/* IDGEN_ULID_BITS_H */
