/*-------------------------------------------------------------------------
 *
 * uuid_range.c
 *	  Moments as bounds on 128-bit IDs that increase with their time, and the planner's
 *	  way from a range of moments to an index.
 *
 * A bound is a value that compares with IDs, whether there is such an ID or not.  So
 * before the first time that IDs have it is the least value of all, and past the last
 * one the greatest; nothing is an error.
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

#include "moment_range.h"
#include "range_predicate.h"
#include "uuid_datum.h"

/* How the symbols of predicates end, after that of their kind of ID. */
#define PREDICATE_SUFFIX "_created_in"

PG_FUNCTION_INFO_V1(idgen_uuid_predicate_support);

/* The IDs whose times are in a range: from first up to last. */
typedef struct UuidRange
{
	UuidBits	first;
	UuidBits	last;
} UuidRange;

/* Tick of a us, rounded down. */
static int64
tick_at(UuidOrder order, int64 unix_us)
{
	int64		tick_us = uuid_order_tick_us(order);

	return unix_us / tick_us - (unix_us % tick_us < 0);
}

static UuidBits
least_from(UuidOrder order, int64 tick)
{
	if (tick < uuid_order_first_tick(order))
		return uuid_nil;
	return tick > uuid_order_last_tick(order) ? uuid_max : uuid_order_least(order, tick);
}

static UuidBits
greatest_until(UuidOrder order, int64 tick)
{
	if (tick < uuid_order_first_tick(order))
		return uuid_nil;
	return tick > uuid_order_last_tick(order) ? uuid_max : uuid_order_greatest(order, tick);
}

/* An ID's time is the start of its tick. */
static UuidRange
ids_in_range(UuidOrder order, MomentRange moments)
{
	int64		first_tick = tick_at(order, moments.first_us - 1) + 1;
	int64		last_tick = tick_at(order, moments.last_us);

	if (first_tick > last_tick || last_tick < uuid_order_first_tick(order) ||
		first_tick > uuid_order_last_tick(order))
		return (UuidRange) {.first = uuid_max,.last = uuid_nil};
	return (UuidRange) {.first = least_from(order, first_tick),.last = greatest_until(order, last_tick)};
}

/* Is one at most as large as the other? */
static bool
is_up_to(UuidBits one, UuidBits other)
{
	return one.high < other.high || (one.high == other.high && one.low <= other.low);
}

static UuidRange
range_argument(FunctionCallInfo fcinfo, int argument, UuidOrder order)
{
	return ids_in_range(order, moment_range(fcinfo, PG_GETARG_RANGE_P(argument)));
}

static bool
is_in_range(FunctionCallInfo fcinfo, UuidOrder order)
{
	UuidBits	id = PG_GETARG_UUID_BITS(0);
	UuidRange	range = range_argument(fcinfo, 1, order);

	return is_up_to(range.first, id) && is_up_to(id, range.last);
}

/*
 * The functions of a kind of ID: NAME_lower_bound(moment timestamptz),
 * NAME_upper_bound(moment timestamptz), NAME_first_in_range(range tstzrange),
 * NAME_last_in_range(range tstzrange), NAME_created_in(id, range tstzrange)
 */
#define ORDERED_IDS(name, order) \
PG_FUNCTION_INFO_V1(idgen_##name##_lower_bound); \
PG_FUNCTION_INFO_V1(idgen_##name##_upper_bound); \
PG_FUNCTION_INFO_V1(idgen_##name##_first_in_range); \
PG_FUNCTION_INFO_V1(idgen_##name##_last_in_range); \
PG_FUNCTION_INFO_V1(idgen_##name##_created_in); \
\
Datum \
idgen_##name##_lower_bound(PG_FUNCTION_ARGS) \
{ \
	return uuid_datum(least_from(order, tick_at(order, moment_us(PG_GETARG_TIMESTAMPTZ(0))))); \
} \
\
Datum \
idgen_##name##_upper_bound(PG_FUNCTION_ARGS) \
{ \
	return uuid_datum(greatest_until(order, tick_at(order, moment_us(PG_GETARG_TIMESTAMPTZ(0))))); \
} \
\
Datum \
idgen_##name##_first_in_range(PG_FUNCTION_ARGS) \
{ \
	return uuid_datum(range_argument(fcinfo, 0, order).first); \
} \
\
Datum \
idgen_##name##_last_in_range(PG_FUNCTION_ARGS) \
{ \
	return uuid_datum(range_argument(fcinfo, 0, order).last); \
} \
\
Datum \
idgen_##name##_created_in(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(is_in_range(fcinfo, order)); \
} \
\
extern Datum idgen_##name##_created_in(PG_FUNCTION_ARGS)

ORDERED_IDS(uuidv6, UUID_ORDER_V6);
ORDERED_IDS(uuidv7, UUID_ORDER_V7);
ORDERED_IDS(ulid, UUID_ORDER_ULID);
ORDERED_IDS(snowflake128, UUID_ORDER_EXTENDED);

/* The function of a range beside a predicate, of the same kind of ID; InvalidOid if there is none. */
static Oid
bound_function(Oid predicate, const char *kind, const char *suffix)
{
	const Oid	types[1] = {TSTZRANGEOID};

	return range_predicate_function(get_func_namespace(predicate), psprintf("%s_%s", kind, suffix), types, 1);
}

static RangePredicate
read_predicate(Node *request, Oid function, List *arguments)
{
	Node	   *id = linitial(arguments);
	RangePredicate predicate = range_predicate(id, lsecond(arguments), getBaseType(exprType(id)));

	char	   *symbol = range_predicate_symbol(function);
	char	   *end = symbol == NULL ? NULL : strstr(symbol, PREDICATE_SUFFIX);

	if (end == NULL)
		return predicate;
	*end = '\0';
	predicate.first = bound_function(function, symbol, "first_in_range");
	predicate.last = bound_function(function, symbol, "last_in_range");
	return predicate;
}

/* uuid_predicate_support(request internal): the planner's questions about predicates */
Datum
idgen_uuid_predicate_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(range_predicate_support((Node *) PG_GETARG_POINTER(0), read_predicate));
}
