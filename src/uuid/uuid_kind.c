/*-------------------------------------------------------------------------
 *
 * uuid_kind.c
 *	  Is a UUID of a version?  Where a column mixes versions, bounds of time do not tell.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "bits/uuid_bits.h"
#include "uuid/uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_uuid_has_version);

/* uuid_has_version(id uuid, version integer); not if its variant is not that of RFC 9562 */
Datum
idgen_uuid_has_version(PG_FUNCTION_ARGS)
{
	UuidBits	id = PG_GETARG_UUID_BITS(0);
	int			version = PG_GETARG_INT32(1);

	PG_RETURN_BOOL(version >= 0 && uuid_version(id) == version);
}
