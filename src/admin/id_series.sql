--
-- Series of IDs for tests: with the same arguments they are the same, on every
-- server.  Not leakproof, because times out of range are errors.
--

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval) IS
'snowflake IDs of count times, which begin at start and increase by step, for tests';

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval, layout snowflake_layout)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval, snowflake_layout) IS
'the same in the given layout';

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval, worker_id integer, datacenter_id integer, layout snowflake_layout)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series_of_node'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval, integer, integer, snowflake_layout) IS
'the same with the given node';

CREATE FUNCTION uuidv4_series(count integer, seed bigint)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv4_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION uuidv4_series(integer, bigint) IS
'UUIDs of version 4, the same for the same seed, for tests';

CREATE FUNCTION uuidv7_series(start timestamptz, count integer, step interval, seed bigint)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION uuidv7_series(timestamptz, integer, interval, bigint) IS
'UUIDs of version 7 of count times, in increasing order, the same for the same seed, for tests';

CREATE FUNCTION ulid_series(start timestamptz, count integer, step interval, seed bigint)
RETURNS SETOF ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION ulid_series(timestamptz, integer, interval, bigint) IS
'ULIDs of count times, in increasing order, the same for the same seed, for tests';
