--
-- Monitoring.  All roles may use these: process IDs and settings are visible
-- elsewhere, too, and the node can be read from any ID.
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
'IDs issued to each live backend; see the view idgen_slots';

CREATE VIEW idgen_slots AS
	SELECT pid, ids_issued, chunks_taken, waits, time_waited, last_id_at
	FROM idgen_get_slots();

COMMENT ON VIEW idgen_slots IS
'IDs issued to each live backend that has requested IDs from a timeline; other roles'' backends only with pg_read_all_stats';

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
	OUT lease_waits bigint,
	OUT time_waited interval,
	OUT reservations bigint,
	OUT time_reserving interval,
	OUT regressions bigint,
	OUT largest_regression interval,
	OUT lead interval,
	OUT lead_since timestamptz,
	OUT lead_time_left interval,
	OUT horizon_lag interval)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_status'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION idgen_status() IS
'node and layout of this server, and, with pg_read_all_stats, its timeline, its reservation and totals of all backends';

CREATE FUNCTION idgen_get_timelines(
	OUT is_server boolean,
	OUT layout snowflake_layout,
	OUT datacenter_id bigint,
	OUT worker_id bigint,
	OUT shard_id bigint,
	OUT slab_id bigint,
	OUT timeline_at timestamptz,
	OUT ahead_of_clock interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_timelines'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_timelines() IS
'position of each timeline; see the view idgen_timelines';

CREATE VIEW idgen_timelines AS
	SELECT is_server, layout, datacenter_id, worker_id, shard_id, slab_id, timeline_at, ahead_of_clock
	FROM idgen_get_timelines();

COMMENT ON VIEW idgen_timelines IS
'timelines of the server''s own IDs, of 128-bit IDs in order, and of all generators used since the server started, in all databases; without pg_read_all_stats, only the server''s own, without its time';

GRANT SELECT ON idgen_timelines TO PUBLIC;
