/*-------------------------------------------------------------------------
 *
 * snowflake_range.c
 *	  Timestamps as bounds on Snowflake IDs, and whether the time of an ID is in a
 *	  range.
 *
 * Comparisons of IDs with timestamps are SQL functions around the bounds, which the
 * planner inlines; see snowflake_range.sql.  A support function replaces the predicates on
 * ranges by comparisons of the ID with the first and the last ID of the range; see
 * range_support.c.
 *
 * Only layouts that are by time have bounds.  For other layouts a predicate stays and
 * reads the time of each ID.  It also stays if the layout is not known yet, as in a
 * stored condition that uses the server's layout.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "nodes/supportnodes.h"
#include "utils/lsyscache.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "engine/clock.h"
#include "generator/server_layout.h"
#include "planner/range_predicate.h"
#include "planner/range_selectivity.h"
#include "planner/range_support.h"
#include "planner/time_range.h"
#include "snowflake/snowflake_bounds.h"
#include "snowflake/snowflake_layout.h"

PG_FUNCTION_INFO_V1(idgen_snowflake_lower_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_upper_bound);
PG_FUNCTION_INFO_V1(idgen_snowflake_first_from);
PG_FUNCTION_INFO_V1(idgen_snowflake_first_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_last_in_range);
PG_FUNCTION_INFO_V1(idgen_snowflake_created_in);
PG_FUNCTION_INFO_V1(idgen_snowflake_contained_by_range);
PG_FUNCTION_INFO_V1(idgen_range_contains_snowflake);
PG_FUNCTION_INFO_V1(idgen_snowflake_predicate_support);
PG_FUNCTION_INFO_V1(idgen_snowflake_range_selectivity);

/* snowflake_lower_bound(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_lower_bound(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	snowflake_check_has_bounds(layout);
	PG_RETURN_INT64(snowflake_first_id_at(layout, PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_upper_bound(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_upper_bound(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	snowflake_check_has_bounds(layout);
	PG_RETURN_INT64(snowflake_last_id_at(layout, PG_GETARG_TIMESTAMPTZ(0)));
}

/* snowflake_first_from(moment timestamptz, layout snowflake_layout) */
Datum
idgen_snowflake_first_from(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	snowflake_check_has_bounds(layout);
	PG_RETURN_INT64(snowflake_first_id_from(layout, PG_GETARG_TIMESTAMPTZ(0)));
}

/* The IDs with times in a range, from first to last. */
typedef struct SnowflakeBounds
{
	int64		first;
	int64		last;
} SnowflakeBounds;

/*
 * Bounds that no ID is between.  One is within the scale of IDs: with both bounds off the
 * scale, the planner distrusts its statistics and assumes half a percent of the rows.
 */
static const SnowflakeBounds no_ids = {0, -1};

/* The layout must be by time. */
static SnowflakeBounds
get_snowflake_bounds(FunctionCallInfo fcinfo, RangeType *range, const SnowflakeLayout *layout)
{
	TimeRange	times = get_time_range(fcinfo, range);
	int64		last_before = layout_last_id_until(layout, layout_tick_at_us(layout, times.first_us - 1));
	int64		last = layout_last_id_until(layout, layout_tick_at_us(layout, times.last_us));
	SnowflakeBounds bounds = no_ids;

	/* Past the end of the layout there is no first ID. */
	if (last_before < layout_max_id(layout))
	{
		bounds.first = last_before + 1;
		bounds.last = last;
	}
	return bounds;
}

/* snowflake_first_in_range(range tstzrange, layout snowflake_layout) */
Datum
idgen_snowflake_first_in_range(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	snowflake_check_has_bounds(layout);
	PG_RETURN_INT64(get_snowflake_bounds(fcinfo, PG_GETARG_RANGE_P(0), layout).first);
}

/* snowflake_last_in_range(range tstzrange, layout snowflake_layout) */
Datum
idgen_snowflake_last_in_range(PG_FUNCTION_ARGS)
{
	const SnowflakeLayout *layout = PG_GETARG_LAYOUT_P(1);

	snowflake_check_has_bounds(layout);
	PG_RETURN_INT64(get_snowflake_bounds(fcinfo, PG_GETARG_RANGE_P(0), layout).last);
}

/*
 * For layouts that are not by time.  A number that cannot be an ID of the layout has no
 * time, so it is in no range.
 */
static bool
time_is_in_range(FunctionCallInfo fcinfo, int64 id, RangeType *range, const SnowflakeLayout *layout)
{
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(range));
	uint64		tick = layout_get(layout, LAYOUT_TIME, (uint64) id);
	TimestampTz created_at = clock_timestamptz(layout_tick_start_us(layout, (int64) tick));

	return layout_stray_bits(layout, (uint64) id) == 0 &&
		range_contains_elem_internal(type, range, TimestampTzGetDatum(created_at));
}

/* The predicates are leakproof, so this must not raise errors. */
static bool
snowflake_is_in_range(FunctionCallInfo fcinfo, int64 id, RangeType *range, const SnowflakeLayout *layout)
{
	SnowflakeBounds ids;

	if (!layout_is_by_time(layout))
		return time_is_in_range(fcinfo, id, range, layout);
	ids = get_snowflake_bounds(fcinfo, range, layout);
	return id >= ids.first && id <= ids.last;
}

/* snowflake_created_in(id bigint, range tstzrange, layout snowflake_layout) */
Datum
idgen_snowflake_created_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(snowflake_is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1), PG_GETARG_LAYOUT_P(2)));
}

/* snowflake_contained_by_range(id snowflake, range snowflake_time_range), operator <@ */
Datum
idgen_snowflake_contained_by_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(snowflake_is_in_range(fcinfo, PG_GETARG_INT64(0), PG_GETARG_RANGE_P(1), server_layout()));
}

/* range_contains_snowflake(range snowflake_time_range, id snowflake), operator @> */
Datum
idgen_range_contains_snowflake(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(snowflake_is_in_range(fcinfo, PG_GETARG_INT64(1), PG_GETARG_RANGE_P(0), server_layout()));
}

/*
 * The layout of a predicate: its third argument or, in a query only, the server's.
 * Returns NULL if it is not a constant, or has no bounds.
 */
static Const *
get_layout_with_bounds(bool server_layout_is_known, Oid schema, List *arguments)
{
	Const	   *layout = NULL;

	if (list_length(arguments) > 2)
		layout = IsA(lthird(arguments), Const) ? lthird(arguments) : NULL;
	else if (server_layout_is_known)
	{
		Oid			function = find_own_function(schema, "snowflake_layout", NULL, 0, idgen_snowflake_layout);

		if (OidIsValid(function))
			layout = snowflake_layout_constant(get_func_rettype(function));
	}
	if (layout == NULL || layout->constisnull || !layout_is_by_time(DatumGetLayoutP(layout->constvalue)))
		return NULL;
	return layout;
}

/* Requests for an index condition or an estimate come from the planning of a query. */
static bool
is_server_layout_known(Node *request)
{
	return request == NULL || !IsA(request, SupportRequestSimplify) ||
		snowflake_layout_is_known(((SupportRequestSimplify *) request)->root);
}

/* RangePredicateReader.  request is NULL in an estimate for an operator. */
static RangePredicate
read_snowflake_predicate(Node *request, Oid function, List *arguments)
{
	bool		range_first = getBaseType(exprType(linitial(arguments))) == TSTZRANGEOID;
	Node	   *id = range_first ? lsecond(arguments) : linitial(arguments);
	Node	   *range = range_first ? linitial(arguments) : lsecond(arguments);
	RangePredicate predicate = make_range_predicate(id, range, INT8OID);
	Oid			schema = get_func_namespace(function);
	Oid			types[2] = {TSTZRANGEOID};

	predicate.least = Int64GetDatum(PG_INT64_MIN);
	predicate.greatest = Int64GetDatum(PG_INT64_MAX);
	predicate.layout = get_layout_with_bounds(is_server_layout_known(request), schema, arguments);
	if (predicate.layout != NULL)
	{
		types[1] = predicate.layout->consttype;
		predicate.first = find_own_function(schema, "snowflake_first_in_range", types, 2,
											idgen_snowflake_first_in_range);
		predicate.last = find_own_function(schema, "snowflake_last_in_range", types, 2,
										   idgen_snowflake_last_in_range);
	}
	return predicate;
}

/* snowflake_predicate_support(request internal) */
Datum
idgen_snowflake_predicate_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(range_predicate_support((Node *) PG_GETARG_POINTER(0), read_snowflake_predicate));
}

/* snowflake_range_selectivity(root internal, operator oid, arguments internal, relation integer) */
Datum
idgen_snowflake_range_selectivity(PG_FUNCTION_ARGS)
{
	Oid			function = get_opcode(PG_GETARG_OID(1));
	RangePredicate predicate = read_snowflake_predicate(NULL, function, (List *) PG_GETARG_POINTER(2));

	PG_RETURN_FLOAT8(estimate_range_selectivity((PlannerInfo *) PG_GETARG_POINTER(0), &predicate,
												PG_GETARG_INT32(3), JOIN_INNER, NULL));
}
