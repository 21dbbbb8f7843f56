/* idgen--0.1.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION idgen" to load this file. \quit

--
-- Making snowflake IDs.  All state is in shared memory, so these are safe in
-- parallel workers; they change no table, so they work in read-only transactions.
--

CREATE FUNCTION snowflake_nextval()
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_nextval() IS
'next snowflake ID: unique on the server, strictly increasing within a session';

CREATE FUNCTION snowflake_nextvals(count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_nextvals(integer) IS
'array of the next count snowflake IDs, in increasing order';

CREATE FUNCTION snowflake_next_block(size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_next_block(integer) IS
'first of size consecutive snowflake IDs, all for the caller';

--
-- Reading snowflake IDs.  The layout is fixed, and times are absolute: nothing
-- depends on a setting.  Not leakproof: a negative argument is an error.
--

CREATE FUNCTION snowflake_parse(id bigint,
	OUT created_at timestamptz,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_parse'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_parse(bigint) IS
'fields of a snowflake ID: time, datacenter, worker and sequence';

CREATE FUNCTION snowflake_timestamp(id bigint)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_snowflake_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_timestamp(bigint) IS
'time of a snowflake ID';

--
-- UUIDs.  The signatures are those of PostgreSQL 18, whose own functions are
-- found first there unless ours are called by their schema.
--

CREATE FUNCTION uuidv7()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7(shift interval)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_interval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

--
-- Monitoring.  Open to everyone: pids and settings are so elsewhere too, and the
-- node can be read from any ID.
--

CREATE FUNCTION idgen_get_slots(
	OUT pid integer,
	OUT ids_issued bigint,
	OUT chunks_taken bigint,
	OUT waits bigint,
	OUT time_waited interval,
	OUT last_id_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_slots'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 100;

COMMENT ON FUNCTION idgen_get_slots() IS
'what each live backend has drawn; see the view idgen_slots';

CREATE VIEW idgen_slots AS
	SELECT pid, ids_issued, chunks_taken, waits, time_waited, last_id_at
	FROM idgen_get_slots();

COMMENT ON VIEW idgen_slots IS
'what each live backend that has asked for snowflake IDs has drawn';

GRANT SELECT ON idgen_slots TO PUBLIC;

CREATE FUNCTION idgen_status(
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT layout text,
	OUT timeline_at timestamptz,
	OUT ahead_of_clock interval,
	OUT reserved_until timestamptz,
	OUT preloaded boolean,
	OUT ids_issued bigint,
	OUT chunks_taken bigint,
	OUT sequence_waits bigint,
	OUT drift_waits bigint,
	OUT reservation_waits bigint,
	OUT time_waited interval,
	OUT reservations bigint,
	OUT time_reserving interval,
	OUT regressions bigint,
	OUT largest_regression interval)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_status'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION idgen_status() IS
'node, layout, timeline and reservation of this server, with totals of all backends';

--
-- Administration.  What it does concerns all databases of the server, and can
-- make IDs repeat, so it is not for everyone.
--

CREATE FUNCTION idgen_reset_timeline(
	start timestamptz DEFAULT NULL,
	force boolean DEFAULT false)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_reset_timeline'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_reset_timeline(timestamptz, boolean) IS
'sets the time from which snowflake IDs go on, by default the system clock';

REVOKE EXECUTE ON FUNCTION idgen_reset_timeline(timestamptz, boolean) FROM PUBLIC;

--
-- Last, because of the search path: on PostgreSQL 18 an unqualified uuidv7()
-- means that of pg_catalog unless our schema comes first.
--

SELECT pg_catalog.set_config('search_path',
	pg_catalog.format('%I, pg_catalog', pg_catalog.current_schema()), true);

COMMENT ON FUNCTION uuidv7() IS
'UUID version 7 (RFC 9562): time-ordered, strictly increasing within a backend';

COMMENT ON FUNCTION uuidv7(interval) IS
'UUID version 7 whose time is shifted by an interval';
