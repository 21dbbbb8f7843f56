--
-- The horizon: each ID below it belongs to a transaction that has ended, so a
-- statement that begins later sees all rows below it that will ever be there.
-- A horizon is another one each time: VOLATILE.  Whether the snapshot is that of
-- a query which reads a table can be seen in the leader alone: RESTRICTED.
--

CREATE FUNCTION idgen_horizon_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_horizon_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

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

CREATE FUNCTION idgen_outbox_guard()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_outbox_guard'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_outbox_guard() IS
'refuses a row whose ID was not generated in the inserting transaction; arguments: the column, and optionally a generator';

CREATE FUNCTION idgen_get_horizon_holders(
	OUT pid integer,
	OUT xid xid,
	OUT database oid,
	OUT ids text,
	OUT first_id bigint,
	OUT first_id_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_horizon_holders'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_get_horizon_holders() IS
'transactions that hold back horizons; see the view idgen_horizon_holders';

CREATE VIEW idgen_horizon_holders AS
	SELECT h.pid, p.gid, d.datname AS database, a.application_name,
		CASE WHEN h.pid IS NULL THEN 'prepared' ELSE a.state END AS state,
		CASE WHEN h.pid IS NULL THEN p.prepared ELSE a.xact_start END AS since,
		h.ids, h.first_id, h.first_id_at
	FROM idgen_get_horizon_holders() h
		LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) h.database
		LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) h.pid
		LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction OPERATOR(pg_catalog.=) h.xid;

COMMENT ON VIEW idgen_horizon_holders IS
'transactions in which IDs were generated and that have not ended, with the first of these IDs, where a horizon stops; other roles'' only with pg_read_all_stats';

GRANT SELECT ON idgen_horizon_holders TO PUBLIC;
