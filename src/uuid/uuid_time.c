/*-------------------------------------------------------------------------
 *
 * uuid_time.c
 *	  SQL functions that read the version and the time of a UUID, and convert between
 *	  versions 1 and 6.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "engine/clock.h"
#include "planner/range_predicate.h"
#include "uuid/uuid_datum.h"
#include "uuid/uuid_time.h"

PG_FUNCTION_INFO_V1(idgen_uuid_version);
PG_FUNCTION_INFO_V1(idgen_uuid_has_version);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_ms);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_support);
PG_FUNCTION_INFO_V1(idgen_uuidv1_to_v6);
PG_FUNCTION_INFO_V1(idgen_uuidv6_to_v1);

/*
 * The only UUID of an array, for the SQL function caller.  Returns false if it is NULL.
 * ERROR INVALID_PARAMETER_VALUE if there are none, or several.
 *
 * The functions take one UUID.  They are declared as variadic so that they do not conflict
 * with functions of others that take one uuid; see uuid_time.sql.
 */
static bool
get_only_uuid(ArrayType *array, const char *caller, UuidBits *uuid)
{
	int			count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (count != 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s takes one UUID", caller),
				errdetail("The number of UUIDs given is %d.", count));
	if (array_contains_nulls(array))
		return false;
	*uuid = uuid_from_datum(PointerGetDatum(ARR_DATA_PTR(array)));
	return true;
}

/* uuid_version(VARIADIC id uuid[]); NULL if the UUID has none */
Datum
idgen_uuid_version(PG_FUNCTION_ARGS)
{
	UuidBits	uuid;
	int			version;

	if (!get_only_uuid(PG_GETARG_ARRAYTYPE_P(0), "uuid_version()", &uuid))
		PG_RETURN_NULL();
	version = uuid_version(uuid);
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
 * time, also for infinity.
 */
int64
timestamptz_to_uuid_us(TimestampTz moment, bool is_shifted, const char *kind)
{
	if (moment < clock_timestamptz(0) || moment >= clock_timestamptz(UUID_END_MS * US_PER_MS))
		ereport(ERROR,
				errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("timestamp out of range for %s", kind),
				is_shifted ?
				errdetail("The shifted time must be between 1970-01-01 and 10889-08-02 in UTC.") :
				errdetail("The time must be between 1970-01-01 and 10889-08-02 in UTC."));
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

/* uuid_timestamp(VARIADIC id uuid[]); NULL if the UUID has no time */
Datum
idgen_uuid_timestamp_ms(PG_FUNCTION_ARGS)
{
	UuidBits	uuid;
	int64		unix_us;

	if (!get_only_uuid(PG_GETARG_ARRAYTYPE_P(0), "uuid_timestamp()", &uuid) ||
		!uuid_time_us(uuid, false, &unix_us))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(clock_timestamptz(unix_us));
}

/*
 * Replaces uuid_timestamp(VARIADIC id uuid[]) with one UUID by uuid_timestamp(id, false), which
 * needs no array and is leakproof.
 */
Datum
idgen_uuid_timestamp_support(PG_FUNCTION_ARGS)
{
	static const Oid argument_types[] = {UUIDOID, BOOLOID};
	SupportRequestSimplify *request = (SupportRequestSimplify *) PG_GETARG_POINTER(0);
	ArrayExpr  *array;
	Oid			function;

	if (!IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	array = linitial(request->fcall->args);
	if (!IsA(array, ArrayExpr) || array->multidims || list_length(array->elements) != 1)
		PG_RETURN_POINTER(NULL);
	function = find_own_function(get_func_namespace(request->fcall->funcid), "uuid_timestamp",
								 argument_types, lengthof(argument_types), idgen_uuid_timestamp);
	if (!OidIsValid(function))
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(makeFuncExpr(function, TIMESTAMPTZOID,
								   list_make2(linitial(array->elements), makeBoolConst(false, false)),
								   InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
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
