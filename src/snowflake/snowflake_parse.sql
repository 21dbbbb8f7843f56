--
-- Reading snowflake IDs.  Times are absolute, so if a layout is named, the
-- result does not depend on settings.  Otherwise the server's layout is used,
-- and the call is not immutable: an index or a generated column has to name a
-- layout.  Not leakproof: an ID that the layout cannot have is an error.
--
-- Here and below, the form for the server's layout is a separate function, and
-- not a default of an argument: a default would make calls of another function
-- of that name, with only the arguments before it, ambiguous.  If the form is
-- an SQL function, the planner replaces it by its body, so plans show the form
-- with a layout.
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
