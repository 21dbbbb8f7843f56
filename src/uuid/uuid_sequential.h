/*-------------------------------------------------------------------------
 *
 * uuid_sequential.h
 *	  UUIDs with unique times.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_SEQUENTIAL_H
#define IDGEN_UUID_SEQUENTIAL_H

#include "bits/uuid_bits.h"
#include "generator/unique_time.h"

extern UuidBits uuid_sequential(UniqueTime moment, uint64 random);

#endif							/* IDGEN_UUID_SEQUENTIAL_H */
