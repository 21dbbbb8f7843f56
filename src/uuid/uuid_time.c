/*-------------------------------------------------------------------------
 *
 * uuid_time.c
 *	  SQL functions that read the version and the time of a UUID, and convert between
 *	  versions 1 and 6.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_time.h"

PG_FUNCTION_INFO_V1(idgen_uuid_version);
PG_FUNCTION_INFO_V1(idgen_uuid_has_version);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_ms);
PG_FUNCTION_INFO_V1(idgen_uuidv1_to_v6);
PG_FUNCTION_INFO_V1(idgen_uuidv6_to_v1);

/*
 * uuid_version(VARIADIC id uuid[]); NULL if the UUID has none
 *
 * It takes one UUID.  It is declared as variadic so that it does not conflict with a
 * uuid_version(uuid) of others; see idgen--0.1.sql.
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

/* uuid_has_version(id uuid, version integer); false for other variants than that of RFC 9562 */
Datum
idgen_uuid_has_version(PG_FUNCTION_ARGS)
{
	UuidBits	id = PG_GETARG_UUID_BITS(0);
	int			version = PG_GETARG_INT32(1);

	PG_RETURN_BOOL(version >= 0 && uuid_version(id) == version);
}

/*
 * us since 1970.  ERROR DATETIME_VALUE_OUT_OF_RANGE if IDs of this kind cannot hold the
 * time, also for infinity.  subject is the first part of the detail.
 */
int64
timestamptz_to_uuid_us(TimestampTz moment, const char *subject, const char *kind)
{
	if (moment < clock_timestamptz(0) || moment >= clock_timestamptz(UUID_END_MS * US_PER_MS))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range for %s", kind),
				errdetail("%s must be between 1970-01-01 and 10889-08-02 in UTC.", subject));
	return clock_unix_us(moment);
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
 * uuid_timestamp(VARIADIC id uuid[]), for one UUID.  NULL if it has no time or is NULL,
 * and for any other number of UUIDs.  Raises no errors.
 */
Datum
idgen_uuid_timestamp_ms(PG_FUNCTION_ARGS)
{
	ArrayType  *ids = PG_GETARG_ARRAYTYPE_P(0);
	int64		unix_us;

	if (ArrayGetNItems(ARR_NDIM(ids), ARR_DIMS(ids)) != 1 || array_contains_nulls(ids))
		PG_RETURN_NULL();
	if (!uuid_time_us(uuid_from_datum(PointerGetDatum(ARR_DATA_PTR(ids))), false, &unix_us))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(unix_us));
}

/* Convert from version 1 or 6 to the other.  ERROR INVALID_PARAMETER_VALUE if the UUID is not of version from. */
static Datum
convert_gregorian_version(UuidBits uuid, int from, int to)
{
	if (uuid_version(uuid) != from)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("UUID is not of version %d", from),
				uuid_variant(uuid) == UUID_VARIANT_RFC ?
				errdetail("It is of version %d.", uuid_version(uuid)) :
				errdetail("Its variant is not that of RFC 9562, so it has no version."),
				errhint("uuid_inspect() says what a UUID is."));
	return uuid_datum(uuid_make_gregorian(to, uuid_get_gregorian(uuid)));
}

/* uuidv1_to_v6(id uuid) */
Datum
idgen_uuidv1_to_v6(PG_FUNCTION_ARGS)
{
	return convert_gregorian_version(PG_GETARG_UUID_BITS(0), 1, 6);
}

/* uuidv6_to_v1(id uuid) */
Datum
idgen_uuidv6_to_v1(PG_FUNCTION_ARGS)
{
	return convert_gregorian_version(PG_GETARG_UUID_BITS(0), 6, 1);
}
