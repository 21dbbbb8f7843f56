--
-- Planning: the capacity of a layout, which layout to choose, and the formats
-- that an ID of unknown origin may have.  Functions that depend on the current
-- time are STABLE.
--

CREATE FUNCTION snowflake_capacity(layout snowflake_layout,
	OUT specification text,
	OUT tick interval,
	OUT ids_per_tick bigint,
	OUT ids_per_second numeric,
	OUT nodes bigint,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT negative_from timestamptz,
	OUT years_left numeric,
	OUT time_used numeric)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_capacity'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_capacity(snowflake_layout) IS
'number of IDs a layout has room for, on how many nodes and for how long';

CREATE FUNCTION snowflake_capacity(
	OUT specification text,
	OUT tick interval,
	OUT ids_per_tick bigint,
	OUT ids_per_second numeric,
	OUT nodes bigint,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT negative_from timestamptz,
	OUT years_left numeric,
	OUT time_used numeric)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_capacity_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_capacity() IS
'the same for the server''s layout';

CREATE FUNCTION snowflake_layout_presets(
	OUT name text,
	OUT used_by text,
	OUT layout snowflake_layout)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_layout_presets'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 33;

COMMENT ON FUNCTION snowflake_layout_presets() IS
'named layouts; see the view snowflake_layouts';

CREATE VIEW snowflake_layouts AS
	SELECT p.name, p.used_by, c.specification, c.tick, c.ids_per_tick, c.ids_per_second, c.nodes,
		c.starts_at, c.ends_at, c.negative_from, c.years_left, c.time_used, p.layout
	FROM snowflake_layout_presets() p, snowflake_capacity(p.layout) c;

COMMENT ON VIEW snowflake_layouts IS
'named layouts, the systems that use them, and their capacity';

GRANT SELECT ON snowflake_layouts TO PUBLIC;

CREATE FUNCTION snowflake_plan(ids_per_second numeric, nodes integer, years integer,
	OUT rank integer,
	OUT layout snowflake_layout,
	OUT suits boolean,
	OUT margin numeric,
	OUT makes_per_second bigint,
	OUT has_nodes bigint,
	OUT lasts_until timestamptz,
	OUT reason text,
	OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_snowflake_plan'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 36;

COMMENT ON FUNCTION snowflake_plan(numeric, integer, integer) IS
'layouts with room for the given IDs per second on each node, nodes and years, the best first, and why others do not suit';

CREATE FUNCTION snowflake_inspect(id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_inspect(bigint) IS
'inspects an ID of unknown origin: the layouts that it may have, the most plausible first, and a picture of its bits';

CREATE FUNCTION snowflake_inspect(id text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_text'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_inspect(text) IS
'the same for the text of an ID, up to 2^64 - 1';

CREATE FUNCTION snowflake_inspect(id bigint, layout snowflake_layout)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_layout'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_inspect(bigint, snowflake_layout) IS
'picture of the bits of an ID in a layout, and their meaning';

CREATE FUNCTION snowflake_inspect(id text, layout snowflake_layout)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_text_layout'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_inspect(text, snowflake_layout) IS
'the same for the text of an ID, up to 2^64 - 1';
