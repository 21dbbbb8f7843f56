--
-- The horizon: each ID below it belongs to a transaction that has ended, so a
-- statement that begins later sees all rows below it that will ever be there.
-- Functions that take no snapshot of their own, and whose result must not be
-- moved in front of that of a statement: VOLATILE.  Other processes' state is
-- read, and a parallel worker's transaction is not the one that counts:
-- RESTRICTED.
--

CREATE FUNCTION idgen_horizon_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_horizon_support'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_horizon_support(internal) IS
'refuses to plan statements that read a table and a horizon, which would miss rows';

CREATE FUNCTION snowflake_horizon()
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon() IS
'horizon of the server''s snowflake IDs: every ID below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION snowflake_horizon(all_databases boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(boolean) IS
'horizon of the server''s snowflake IDs, for transactions of this database, or of all databases';

CREATE FUNCTION snowflake_horizon(generator name)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(name) IS
'horizon of a generator''s snowflake IDs: every ID below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION snowflake_horizon(generator name, all_databases boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(name, boolean) IS
'horizon of a generator''s snowflake IDs, for transactions of this database, or of all databases';

CREATE FUNCTION uuidv7_horizon()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION uuidv7_horizon() IS
'horizon of the UUIDs that uuidv7_sequential() generates: every one below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION uuidv7_horizon(all_databases boolean)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION uuidv7_horizon(boolean) IS
'horizon of the UUIDs that uuidv7_sequential() generates, for transactions of this database, or of all databases';

CREATE FUNCTION ulid_horizon()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION ulid_horizon() IS
'horizon of the ULIDs that ulid_sequential() generates: every one below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION ulid_horizon(all_databases boolean)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION ulid_horizon(boolean) IS
'horizon of the ULIDs that ulid_sequential() generates, for transactions of this database, or of all databases';
