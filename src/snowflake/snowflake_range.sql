--
-- Predicates on time.  The planner replaces them by comparisons of the ID
-- itself with bounds, so they use indexes, partitions and statistics.
-- Operators cannot be given a layout: they use the server's, so they are
-- STABLE.
--

CREATE FUNCTION snowflake_predicate_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_snowflake_predicate_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_predicate_support(internal) IS
'planner support for snowflake_created_in and the operators <@ and @>';

CREATE FUNCTION snowflake_created_in(id bigint, range tstzrange, layout snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION snowflake_created_in(bigint, tstzrange, snowflake_layout) IS
'tests whether the time of a snowflake ID is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake_created_in(id bigint, range tstzrange)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_created_in(id, range, snowflake_layout());

COMMENT ON FUNCTION snowflake_created_in(bigint, tstzrange) IS
'tests whether the time of a snowflake ID is in a range, in the server''s layout; uses indexes on the ID';

--
-- The operand is a domain, so that existing expressions with tstzrange keep
-- their meaning: in "range @> '[...)'", PostgreSQL would prefer an operator
-- that takes exactly a tstzrange over those for all ranges, and read the
-- literal as an ID.
--

CREATE DOMAIN snowflake_time_range AS tstzrange;

COMMENT ON DOMAIN snowflake_time_range IS
'operand of the operators <@ and @> of snowflake; not for columns';

CREATE FUNCTION snowflake_contained_by_range(id snowflake, range snowflake_time_range)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake_contained_by_range'
LANGUAGE C STABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION snowflake_contained_by_range(snowflake, snowflake_time_range) IS
'implementation of <@ operator';

CREATE FUNCTION range_contains_snowflake(range snowflake_time_range, id snowflake)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_range_contains_snowflake'
LANGUAGE C STABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION range_contains_snowflake(snowflake_time_range, snowflake) IS
'implementation of @> operator';

CREATE FUNCTION snowflake_range_selectivity(internal, oid, internal, integer)
RETURNS float8
AS 'MODULE_PATHNAME', 'idgen_snowflake_range_selectivity'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_range_selectivity(internal, oid, internal, integer) IS
'restriction selectivity of the operators <@ and @>';

CREATE OPERATOR pg_catalog.<@ (
	LEFTARG = snowflake,
	RIGHTARG = snowflake_time_range,
	FUNCTION = snowflake_contained_by_range,
	COMMUTATOR = OPERATOR(pg_catalog.@>),
	RESTRICT = snowflake_range_selectivity,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.<@ (snowflake, snowflake_time_range) IS 'time is contained by';

CREATE OPERATOR pg_catalog.@> (
	LEFTARG = snowflake_time_range,
	RIGHTARG = snowflake,
	FUNCTION = range_contains_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<@),
	RESTRICT = snowflake_range_selectivity,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.@> (snowflake_time_range, snowflake) IS 'contains time of';

--
-- Is the number in a range of numbers?  PostgreSQL's operators need the same
-- type on both sides.  Both operands are domains, which do not count as exact
-- matches: so the literal in "id <@ '[...)'" is still a range of times, and an
-- untyped literal beside an int8range is a range.
--

CREATE DOMAIN snowflake_number AS snowflake;

COMMENT ON DOMAIN snowflake_number IS
'operand of the operators that test whether a snowflake is in a range of numbers; not for columns';

CREATE DOMAIN snowflake_number_range AS int8range;

COMMENT ON DOMAIN snowflake_number_range IS
'operand of the operators that test whether a snowflake is in a range of numbers; not for columns';

CREATE FUNCTION snowflake_in_int8range(id snowflake_number, range snowflake_number_range)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN id::bigint <@ range::int8range;

COMMENT ON FUNCTION snowflake_in_int8range(snowflake_number, snowflake_number_range) IS
'implementation of <@ operator';

CREATE FUNCTION int8range_contains_snowflake(range snowflake_number_range, id snowflake_number)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN range::int8range @> id::bigint;

COMMENT ON FUNCTION int8range_contains_snowflake(snowflake_number_range, snowflake_number) IS
'implementation of @> operator';

CREATE OPERATOR pg_catalog.<@ (
	LEFTARG = snowflake_number,
	RIGHTARG = snowflake_number_range,
	FUNCTION = snowflake_in_int8range,
	COMMUTATOR = OPERATOR(pg_catalog.@>),
	RESTRICT = contsel,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.<@ (snowflake_number, snowflake_number_range) IS 'is contained by';

CREATE OPERATOR pg_catalog.@> (
	LEFTARG = snowflake_number_range,
	RIGHTARG = snowflake_number,
	FUNCTION = int8range_contains_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<@),
	RESTRICT = contsel,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.@> (snowflake_number_range, snowflake_number) IS 'contains';
