--
-- Reading snowflake IDs.  Times are absolute, so with a layout that is named nothing
-- depends on a setting.  Without one it is the server's, which makes the call no
-- constant: an index or a generated column has to name a layout.  Not leakproof: an
-- ID that the layout does not have is an error.
--
-- Here and below, what goes by the server's layout is a function of its own and no
-- default of an argument: a default would make the calls of another function of that
-- name, which has only the arguments before it, ambiguous.  Where it is an SQL
-- function, the planner replaces it by its body, so that plans show the other one.
--

CREATE FUNCTION snowflake_parse(id bigint, layout snowflake_layout,
	OUT created_at timestamptz,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer,
	OUT shard_id integer,
	OUT slab_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_parse'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_parse(bigint, snowflake_layout) IS
'fields of a snowflake ID; fields that the layout lacks are NULL';

CREATE FUNCTION snowflake_parse(id bigint,
	OUT created_at timestamptz,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer,
	OUT shard_id integer,
	OUT slab_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_parse_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_parse(bigint) IS
'fields of a snowflake ID in the server''s layout';

CREATE FUNCTION snowflake_timestamp(id bigint, layout snowflake_layout)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_snowflake_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_timestamp(bigint, snowflake_layout) IS
'time of a snowflake ID';

CREATE FUNCTION snowflake_timestamp(id bigint)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_timestamp(id, snowflake_layout());

COMMENT ON FUNCTION snowflake_timestamp(bigint) IS
'time of a snowflake ID in the server''s layout';

CREATE FUNCTION snowflake_make(created_at timestamptz,
	sequence integer DEFAULT 0,
	worker_id integer DEFAULT 0,
	datacenter_id integer DEFAULT 0,
	shard_id integer DEFAULT 0,
	slab_id bigint DEFAULT 0,
	layout snowflake_layout DEFAULT snowflake_layout())
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_make'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_make(timestamptz, integer, integer, integer, integer, bigint, snowflake_layout) IS
'snowflake ID with the given time and fields, for tests and backdating; not unique, because it may have been issued';
