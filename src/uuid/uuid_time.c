/*-------------------------------------------------------------------------
 *
 * uuid_time.c
 *	  What SQL calls to read version and time of a UUID, and to turn versions 1 and 6
 *	  into each other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "uuid/uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_uuid_version);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_ms);
PG_FUNCTION_INFO_V1(idgen_uuidv1_to_v6);
PG_FUNCTION_INFO_V1(idgen_uuidv6_to_v1);

/*
 * uuid_version(VARIADIC id uuid[]); NULL if the UUID has none
 *
 * It is for one UUID.  That it is declared for any number of them makes room for the
 * uuid_version(uuid) of others; see uuid_time.sql.
 */
Datum
idgen_uuid_version(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int			version;

	if (count != 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("uuid_version() takes one UUID"),
				errdetail("It was given %d.", count));
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		PG_RETURN_NULL();
	version = uuid_version(uuid_bits_read((unsigned char *) ARR_DATA_PTR(array)));
	if (version < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(version);
}

/* uuid_timestamp(id uuid, with_fraction boolean); NULL if the UUID has no time */
Datum
idgen_uuid_timestamp(PG_FUNCTION_ARGS)
{
	int64		unix_us;

	if (!uuid_time_us(PG_GETARG_UUID_BITS(0), PG_GETARG_BOOL(1), &unix_us))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(unix_us));
}

/*
 * uuid_timestamp(VARIADIC id uuid[]), which is called with one UUID; NULL if it has no
 * time or is NULL, and for any other number of UUIDs.  Nothing is an error.
 */
Datum
idgen_uuid_timestamp_ms(PG_FUNCTION_ARGS)
{
	ArrayType  *ids = PG_GETARG_ARRAYTYPE_P(0);
	int64		unix_us;

	if (ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)) != 1 || array_contains_nulls(ids))
		PG_RETURN_NULL();
	if (!uuid_time_us(uuid_of_datum(PointerGetDatum(ARR_DATA_PTR(ids))), false, &unix_us))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(unix_us));
}

/* The same time, clock sequence and node in another version (1 or 6).  ERROR if the UUID is not of version from. */
static Datum
convert(UuidBits uuid, int from, int to)
{
	if (uuid_version(uuid) != from)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("UUID is not of version %d", from),
				uuid_variant(uuid) == UUID_VARIANT_RFC ?
				errdetail("It is of version %d.", uuid_version(uuid)) :
				errdetail("Its variant is not that of RFC 9562, so it has no version."),
				errhint("uuid_inspect() says what a UUID is."));
	return uuid_datum(uuid_make_gregorian(to, uuid_gregorian(uuid)));
}

/* uuidv1_to_v6(id uuid) */
Datum
idgen_uuidv1_to_v6(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_UUID_BITS(0), 1, 6);
}

/* uuidv6_to_v1(id uuid) */
Datum
idgen_uuidv6_to_v1(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_UUID_BITS(0), 6, 1);
}
