/*-------------------------------------------------------------------------
 *
 * uuid_range.c
 *	  Timestamps as bounds on 128-bit IDs that increase with their time, and
 *	  how the planner replaces a range of timestamps by bounds.
 *
 * A bound is a value to compare IDs with, and need not be an ID.  Before the first time
 * that IDs can have it is the least value of all, and past the last time the greatest.
 * No timestamp is an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pg_list.h"
#include "utils/lsyscache.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"

#include "bits/id128_bounds.h"
#include "planner/range_predicate.h"
#include "planner/range_support.h"
#include "planner/time_range.h"
#include "uuid/uuid_datum.h"

PG_FUNCTION_INFO_V1(idgen_uuidv6_lower_bound);
PG_FUNCTION_INFO_V1(idgen_uuidv6_upper_bound);
PG_FUNCTION_INFO_V1(idgen_uuidv6_first_in_range);
PG_FUNCTION_INFO_V1(idgen_uuidv6_last_in_range);
PG_FUNCTION_INFO_V1(idgen_uuidv6_created_in);
PG_FUNCTION_INFO_V1(idgen_uuidv7_lower_bound);
PG_FUNCTION_INFO_V1(idgen_uuidv7_upper_bound);
PG_FUNCTION_INFO_V1(idgen_uuidv7_first_in_range);
PG_FUNCTION_INFO_V1(idgen_uuidv7_last_in_range);
PG_FUNCTION_INFO_V1(idgen_uuidv7_created_in);
PG_FUNCTION_INFO_V1(idgen_ulid_lower_bound);
PG_FUNCTION_INFO_V1(idgen_ulid_upper_bound);
PG_FUNCTION_INFO_V1(idgen_ulid_first_in_range);
PG_FUNCTION_INFO_V1(idgen_ulid_last_in_range);
PG_FUNCTION_INFO_V1(idgen_ulid_created_in);
PG_FUNCTION_INFO_V1(idgen_snowflake128_lower_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake128_upper_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake128_first_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake128_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake128_created_in);
PG_FUNCTION_INFO_V1(idgen_uuid_predicate_support);

/* The IDs with times in a range, from first to last. */
typedef struct Id128Bounds
{
	UuidBits	first;
	UuidBits	last;
} Id128Bounds;

/*
 * Bounds that no ID is between.  They are within the scale of IDs: with both bounds off
 * the scale, the planner distrusts its statistics and assumes half a percent of the rows.
 */
static const Id128Bounds no_ids = {{0, 1}, {0, 0}};

/* The tick at unix_us, rounded down. */
static int64
id128_tick_at(Id128Order order, int64 unix_us)
{
	int64		tick_us = id128_tick_us(order);

	return unix_us / tick_us - (unix_us % tick_us < 0);
}

static UuidBits
id128_least_from(Id128Order order, int64 tick)
{
	if (tick < id128_first_tick(order))
		return uuid_nil;
	return tick > id128_last_tick(order) ? uuid_max : id128_least(order, tick);
}

static UuidBits
id128_greatest_until(Id128Order order, int64 tick)
{
	if (tick < id128_first_tick(order))
		return uuid_nil;
	return tick > id128_last_tick(order) ? uuid_max : id128_greatest(order, tick);
}

/* The time of an ID is the start of its tick. */
static Id128Bounds
get_id128_bounds(Id128Order order, TimeRange times)
{
	int64		first_tick = id128_tick_at(order, times.first_us - 1) + 1;
	int64		last_tick = id128_tick_at(order, times.last_us);
	Id128Bounds bounds;

	if (first_tick > last_tick || last_tick < id128_first_tick(order) ||
		first_tick > id128_last_tick(order))
		return no_ids;
	bounds.first = id128_least_from(order, first_tick);
	bounds.last = id128_greatest_until(order, last_tick);
	return bounds;
}

static bool
is_not_above(UuidBits one, UuidBits other)
{
	return one.high < other.high || (one.high == other.high && one.low <= other.low);
}

static Id128Bounds
get_bounds_argument(FunctionCallInfo fcinfo, int argument, Id128Order order)
{
	return get_id128_bounds(order, get_time_range(fcinfo, PG_GETARG_RANGE_P(argument)));
}

static Datum
return_lower_bound(FunctionCallInfo fcinfo, Id128Order order)
{
	return uuid_datum(id128_least_from(order, id128_tick_at(order, clamped_unix_us(PG_GETARG_TIMESTAMPTZ(0)))));
}

static Datum
return_upper_bound(FunctionCallInfo fcinfo, Id128Order order)
{
	return uuid_datum(id128_greatest_until(order, id128_tick_at(order, clamped_unix_us(PG_GETARG_TIMESTAMPTZ(0)))));
}

static Datum
return_first_in_range(FunctionCallInfo fcinfo, Id128Order order)
{
	return uuid_datum(get_bounds_argument(fcinfo, 0, order).first);
}

static Datum
return_last_in_range(FunctionCallInfo fcinfo, Id128Order order)
{
	return uuid_datum(get_bounds_argument(fcinfo, 0, order).last);
}

static Datum
return_created_in(FunctionCallInfo fcinfo, Id128Order order)
{
	UuidBits	id = PG_GETARG_UUID_BITS(0);
	Id128Bounds range = get_bounds_argument(fcinfo, 1, order);

	PG_RETURN_BOOL(is_not_above(range.first, id) && is_not_above(id, range.last));
}

/* UUIDs of version 6 */

/* uuidv6_lower_bound(moment timestamptz) */
Datum
idgen_uuidv6_lower_bound(PG_FUNCTION_ARGS)
{
	return return_lower_bound(fcinfo, ID128_ORDER_V6);
}

/* uuidv6_upper_bound(moment timestamptz) */
Datum
idgen_uuidv6_upper_bound(PG_FUNCTION_ARGS)
{
	return return_upper_bound(fcinfo, ID128_ORDER_V6);
}

/* uuidv6_first_in_range(range tstzrange) */
Datum
idgen_uuidv6_first_in_range(PG_FUNCTION_ARGS)
{
	return return_first_in_range(fcinfo, ID128_ORDER_V6);
}

/* uuidv6_last_in_range(range tstzrange) */
Datum
idgen_uuidv6_last_in_range(PG_FUNCTION_ARGS)
{
	return return_last_in_range(fcinfo, ID128_ORDER_V6);
}

/* uuidv6_created_in(id uuid, range tstzrange) */
Datum
idgen_uuidv6_created_in(PG_FUNCTION_ARGS)
{
	return return_created_in(fcinfo, ID128_ORDER_V6);
}

/* UUIDs of version 7 */

/* uuidv7_lower_bound(moment timestamptz) */
Datum
idgen_uuidv7_lower_bound(PG_FUNCTION_ARGS)
{
	return return_lower_bound(fcinfo, ID128_ORDER_V7);
}

/* uuidv7_upper_bound(moment timestamptz) */
Datum
idgen_uuidv7_upper_bound(PG_FUNCTION_ARGS)
{
	return return_upper_bound(fcinfo, ID128_ORDER_V7);
}

/* uuidv7_first_in_range(range tstzrange) */
Datum
idgen_uuidv7_first_in_range(PG_FUNCTION_ARGS)
{
	return return_first_in_range(fcinfo, ID128_ORDER_V7);
}

/* uuidv7_last_in_range(range tstzrange) */
Datum
idgen_uuidv7_last_in_range(PG_FUNCTION_ARGS)
{
	return return_last_in_range(fcinfo, ID128_ORDER_V7);
}

/* uuidv7_created_in(id uuid, range tstzrange) */
Datum
idgen_uuidv7_created_in(PG_FUNCTION_ARGS)
{
	return return_created_in(fcinfo, ID128_ORDER_V7);
}

/* ULIDs */

/* ulid_lower_bound(moment timestamptz) */
Datum
idgen_ulid_lower_bound(PG_FUNCTION_ARGS)
{
	return return_lower_bound(fcinfo, ID128_ORDER_ULID);
}

/* ulid_upper_bound(moment timestamptz) */
Datum
idgen_ulid_upper_bound(PG_FUNCTION_ARGS)
{
	return return_upper_bound(fcinfo, ID128_ORDER_ULID);
}

/* ulid_first_in_range(range tstzrange) */
Datum
idgen_ulid_first_in_range(PG_FUNCTION_ARGS)
{
	return return_first_in_range(fcinfo, ID128_ORDER_ULID);
}

/* ulid_last_in_range(range tstzrange) */
Datum
idgen_ulid_last_in_range(PG_FUNCTION_ARGS)
{
	return return_last_in_range(fcinfo, ID128_ORDER_ULID);
}

/* ulid_created_in(id ulid, range tstzrange) */
Datum
idgen_ulid_created_in(PG_FUNCTION_ARGS)
{
	return return_created_in(fcinfo, ID128_ORDER_ULID);
}

/* Extended Snowflakes */

/* snowflake128_lower_bound(moment timestamptz) */
Datum
idgen_snowflake128_lower_bound(PG_FUNCTION_ARGS)
{
	return return_lower_bound(fcinfo, ID128_ORDER_EXTENDED);
}

/* snowflake128_upper_bound(moment timestamptz) */
Datum
idgen_snowflake128_upper_bound(PG_FUNCTION_ARGS)
{
	return return_upper_bound(fcinfo, ID128_ORDER_EXTENDED);
}

/* snowflake128_first_in_range(range tstzrange) */
Datum
idgen_snowflake128_first_in_range(PG_FUNCTION_ARGS)
{
	return return_first_in_range(fcinfo, ID128_ORDER_EXTENDED);
}

/* snowflake128_last_in_range(range tstzrange) */
Datum
idgen_snowflake128_last_in_range(PG_FUNCTION_ARGS)
{
	return return_last_in_range(fcinfo, ID128_ORDER_EXTENDED);
}

/* snowflake128_created_in(id uuid, range tstzrange) */
Datum
idgen_snowflake128_created_in(PG_FUNCTION_ARGS)
{
	return return_created_in(fcinfo, ID128_ORDER_EXTENDED);
}

/* A predicate, and its functions for the first and the last ID of a range. */
typedef struct PredicateKind
{
	PGFunction	created_in;
	const char *first_name;
	PGFunction	first;
	const char *last_name;
	PGFunction	last;
} PredicateKind;

static const PredicateKind kinds[] = {
	{
		idgen_uuidv6_created_in,
		"uuidv6_first_in_range", idgen_uuidv6_first_in_range,
		"uuidv6_last_in_range", idgen_uuidv6_last_in_range
	},
	{
		idgen_uuidv7_created_in,
		"uuidv7_first_in_range", idgen_uuidv7_first_in_range,
		"uuidv7_last_in_range", idgen_uuidv7_last_in_range
	},
	{
		idgen_ulid_created_in,
		"ulid_first_in_range", idgen_ulid_first_in_range,
		"ulid_last_in_range", idgen_ulid_last_in_range
	},
	{
		idgen_snowflake128_created_in,
		"snowflake128_first_in_range", idgen_snowflake128_first_in_range,
		"snowflake128_last_in_range", idgen_snowflake128_last_in_range
	},
};

/* Returns NULL if the SQL function is not a predicate of idgen. */
static const PredicateKind *
find_predicate_kind(Oid function)
{
	PGFunction	code = get_function_code(function);

	for (int i = 0; i < lengthof(kinds); i++)
		if (kinds[i].created_in == code)
			return &kinds[i];
	return NULL;
}

/* RangePredicateReader */
static RangePredicate
read_uuid_predicate(Node *request, Oid function, List *arguments)
{
	const Oid	types[1] = {TSTZRANGEOID};
	const PredicateKind *kind = find_predicate_kind(function);
	Oid			schema = get_func_namespace(function);
	Node	   *id = linitial(arguments);
	RangePredicate predicate = make_range_predicate(id, lsecond(arguments), getBaseType(exprType(id)));

	predicate.least = uuid_datum(uuid_nil);
	predicate.greatest = uuid_datum(uuid_max);
	if (kind != NULL)
	{
		predicate.first = find_own_function(schema, kind->first_name, types, 1, kind->first);
		predicate.last = find_own_function(schema, kind->last_name, types, 1, kind->last);
	}
	return predicate;
}

/* uuid_predicate_support(request internal) */
Datum
idgen_uuid_predicate_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(range_predicate_support((Node *) PG_GETARG_POINTER(0), read_uuid_predicate));
}
