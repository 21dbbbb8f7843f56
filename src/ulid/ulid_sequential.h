/*-------------------------------------------------------------------------
 *
 * ulid_sequential.h
 *	  ULIDs with unique times.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ULID_SEQUENTIAL_H
#define IDGEN_ULID_SEQUENTIAL_H

#include "bits/uuid_bits.h"
#include "generator/unique_time.h"

extern UuidBits ulid_sequential(UniqueTime moment, uint64 random);

#endif							/* IDGEN_ULID_SEQUENTIAL_H */
