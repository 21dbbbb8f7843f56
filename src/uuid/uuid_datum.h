/*-------------------------------------------------------------------------
 *
 * uuid_datum.h
 *	  Values of the types uuid and ulid, which are 16 bytes in SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_UUID_DATUM_H
#define IDGEN_UUID_DATUM_H

#include "fmgr.h"
#include "utils/uuid.h"

#include "bits/uuid_bits.h"

StaticAssertDecl(sizeof(pg_uuid_t) == UUID_BYTES, "a uuid is its bytes");

static inline Datum
uuid_datum(UuidBits bits)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	uuid_bits_write(bits, uuid->data);
	return UUIDPGetDatum(uuid);
}

static inline UuidBits
uuid_from_datum(Datum datum)
{
	return uuid_bits_read(DatumGetUUIDP(datum)->data);
}

#define PG_GETARG_UUID_BITS(n) uuid_from_datum(PG_GETARG_DATUM(n))

#endif							/* IDGEN_UUID_DATUM_H */
