--
-- Leased worker IDs.  What changes a pool, or tells about other servers, is for
-- administrators.
--

CREATE FUNCTION idgen_lease_create_pool(first_worker integer, last_worker integer, after_loss boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_create_pool'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_create_pool(integer, integer, boolean) IS
'creates the pool of worker IDs that idgen.lease_pool names, with the layout and the datacenter of this server; after_loss says that the store has lost data, and lets IDs begin beyond all that servers may still issue';

REVOKE ALL ON FUNCTION idgen_lease_create_pool(integer, integer, boolean) FROM PUBLIC;

CREATE FUNCTION idgen_lease_widen_pool(first_worker integer, last_worker integer)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_widen_pool'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_widen_pool(integer, integer) IS
'adds worker IDs to the pool; servers that hold one keep it';

REVOKE ALL ON FUNCTION idgen_lease_widen_pool(integer, integer) FROM PUBLIC;

CREATE FUNCTION idgen_lease_propose_layout(layout snowflake_layout)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_propose_layout'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_propose_layout(snowflake_layout) IS
'proposes another layout for the pool; each server acknowledges it with the next extension of its lease';

REVOKE ALL ON FUNCTION idgen_lease_propose_layout(snowflake_layout) FROM PUBLIC;

CREATE FUNCTION idgen_lease_commit_layout()
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_commit_layout'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_commit_layout() IS
'makes the proposed layout that of the pool, if all servers have acknowledged it; each server uses it from its next start on';

REVOKE ALL ON FUNCTION idgen_lease_commit_layout() FROM PUBLIC;

CREATE FUNCTION idgen_lease_abort_layout()
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_abort_layout'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_abort_layout() IS
'withdraws the layout that was proposed for the pool';

REVOKE ALL ON FUNCTION idgen_lease_abort_layout() FROM PUBLIC;

CREATE FUNCTION idgen_lease_workers(
	OUT worker_id integer,
	OUT holder text,
	OUT epoch bigint,
	OUT fence timestamptz,
	OUT is_held boolean,
	OUT resting_until timestamptz,
	OUT is_acknowledged boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_lease_workers'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10000 ROWS 32;

COMMENT ON FUNCTION idgen_lease_workers() IS
'worker IDs of the pool, as the coordination store has them: the last holder, the number of claims, the time below which the holder may issue IDs, whether a server uses it now, until when it rests otherwise, and whether a proposed layout has been acknowledged';

REVOKE ALL ON FUNCTION idgen_lease_workers() FROM PUBLIC;

CREATE FUNCTION idgen_lease(
	OUT state text,
	OUT store text,
	OUT pool text,
	OUT worker_id integer,
	OUT epoch bigint,
	OUT fence timestamptz,
	OUT extended_at timestamptz,
	OUT failures bigint,
	OUT last_error text,
	OUT skew interval)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_lease'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION idgen_lease() IS
'lease of this server''s worker ID, as the server knows it: its state is none, claiming, held, adrift (the store does not answer, and IDs are still issued), stopped (none are), or lost';

REVOKE ALL ON FUNCTION idgen_lease() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_lease() TO pg_monitor;

CREATE FUNCTION idgen_lease_release()
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_lease_release'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_release() IS
'gives up this server''s worker ID, so that another server can have it at once; the next ID claims one again; returns whether one was held';

REVOKE ALL ON FUNCTION idgen_lease_release() FROM PUBLIC;
