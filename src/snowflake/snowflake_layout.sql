--
-- Layouts.  A layout is a value of 32 bytes; its text is the name of a preset, or
-- its fields in words.
--

CREATE TYPE snowflake_layout;

COMMENT ON TYPE snowflake_layout IS
'how the bits of a snowflake ID are divided: the name of a preset, or the fields from high to low';

CREATE FUNCTION snowflake_layout_in(cstring)
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_layout_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_in(cstring) IS 'I/O';

CREATE FUNCTION snowflake_layout_out(snowflake_layout)
RETURNS cstring
AS 'MODULE_PATHNAME', 'idgen_layout_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_out(snowflake_layout) IS 'I/O';

CREATE FUNCTION snowflake_layout_recv(internal)
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_layout_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_recv(internal) IS 'I/O';

CREATE FUNCTION snowflake_layout_send(snowflake_layout)
RETURNS bytea
AS 'MODULE_PATHNAME', 'idgen_layout_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_send(snowflake_layout) IS 'I/O';

CREATE TYPE snowflake_layout (
	INPUT = snowflake_layout_in,
	OUTPUT = snowflake_layout_out,
	RECEIVE = snowflake_layout_recv,
	SEND = snowflake_layout_send,
	INTERNALLENGTH = 32,
	ALIGNMENT = double
);

CREATE FUNCTION snowflake_layout_eq(snowflake_layout, snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_layout_eq'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_eq(snowflake_layout, snowflake_layout) IS 'implementation of = operator';

CREATE FUNCTION snowflake_layout_ne(snowflake_layout, snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_layout_ne'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_ne(snowflake_layout, snowflake_layout) IS 'implementation of <> operator';

CREATE OPERATOR pg_catalog.= (
	LEFTARG = snowflake_layout,
	RIGHTARG = snowflake_layout,
	FUNCTION = snowflake_layout_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=),
	NEGATOR = OPERATOR(pg_catalog.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);

COMMENT ON OPERATOR pg_catalog.= (snowflake_layout, snowflake_layout) IS 'equal: the same fields, tick and epoch';

CREATE OPERATOR pg_catalog.<> (
	LEFTARG = snowflake_layout,
	RIGHTARG = snowflake_layout,
	FUNCTION = snowflake_layout_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>),
	NEGATOR = OPERATOR(pg_catalog.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);

COMMENT ON OPERATOR pg_catalog.<> (snowflake_layout, snowflake_layout) IS 'not equal';

CREATE FUNCTION snowflake_layout_hash(snowflake_layout)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_layout_hash'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_hash(snowflake_layout) IS 'hash';

CREATE FUNCTION snowflake_layout_hash_extended(snowflake_layout, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_layout_hash_extended'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_hash_extended(snowflake_layout, bigint) IS 'hash';

CREATE OPERATOR CLASS snowflake_layout_ops
DEFAULT FOR TYPE snowflake_layout USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 snowflake_layout_hash(snowflake_layout),
	FUNCTION 2 snowflake_layout_hash_extended(snowflake_layout, bigint);

COMMENT ON OPERATOR CLASS snowflake_layout_ops USING hash IS 'hash of layouts, for grouping and joins';

COMMENT ON OPERATOR FAMILY snowflake_layout_ops USING hash IS 'hash of layouts, for grouping and joins';

--
-- The server's own layout is a setting, so it is not a constant in a stored
-- expression.  When a query is planned, it is a constant; see
-- snowflake_layout.c.
--

CREATE FUNCTION snowflake_layout_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_server_layout_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_support(internal) IS
'planner support for snowflake_layout()';

CREATE FUNCTION snowflake_layout()
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_snowflake_layout'
LANGUAGE C STABLE STRICT PARALLEL SAFE
SUPPORT snowflake_layout_support;

COMMENT ON FUNCTION snowflake_layout() IS
'the layout of this server''s own snowflake IDs, from the setting idgen.layout';
