/*-------------------------------------------------------------------------
 *
 * uuid_time.c
 *	  What SQL calls to read version and time of a UUID, and to turn versions 1 and 6
 *	  into each other.
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

PG_FUNCTION_INFO_V1(idgen_uuid_version);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_ms);
PG_FUNCTION_INFO_V1(idgen_uuid_timestamp_support);
PG_FUNCTION_INFO_V1(idgen_uuidv1_to_v6);
PG_FUNCTION_INFO_V1(idgen_uuidv6_to_v1);

/*
 * The UUID of an array that holds one, on behalf of the SQL function caller; false if it is
 * NULL.  ERROR INVALID_PARAMETER_VALUE if there are more of them, or none.
 *
 * The functions are for one UUID.  That they are declared for any number of them makes room
 * for the functions of others that take one uuid; see idgen--0.1.sql.
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
	*uuid = uuid_of_datum(PointerGetDatum(ARR_DATA_PTR(array)));
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
 * A call of uuid_timestamp(VARIADIC id uuid[]) with one UUID is one of uuid_timestamp(id, false),
 * which needs no array and is leakproof.
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
	function = range_predicate_function(get_func_namespace(request->fcall->funcid), "uuid_timestamp",
										argument_types, lengthof(argument_types), idgen_uuid_timestamp);
	if (!OidIsValid(function))
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(makeFuncExpr(function, TIMESTAMPTZOID,
								   list_make2(linitial(array->elements), makeBoolConst(false, false)),
								   InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL));
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
