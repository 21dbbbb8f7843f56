/*-------------------------------------------------------------------------
 *
 * bytes.h
 *	  A hash of bytes, for search.c and small.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_BYTES_H
#define IDGEN_BYTES_H

#include "bits/seeded_random.h"

static inline uint64
bytes_hash(const void *bytes, size_t size)
{
	uint64		hash = size;

	for (size_t i = 0; i < size; i += sizeof(uint64))
	{
		uint64		word = 0;

		memcpy(&word, (const char *) bytes + i, Min(sizeof(uint64), size - i));
		word ^= hash << 23 ^ hash >> 41;
		hash = seeded_word(&word);
	}
	return hash;
}

#endif							/* IDGEN_BYTES_H */
