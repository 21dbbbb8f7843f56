--
-- The type.  It casts to bigint implicitly and without a function, so
-- operators, index support and statistics are those of bigint, as varchar's
-- are those of text: an index on a snowflake uses int8_ops, and a bigint
-- column can be changed to snowflake without a rewrite.  The cast from bigint
-- is for assignments only, so that no call is ambiguous.
--

CREATE TYPE snowflake;

COMMENT ON TYPE snowflake IS
'snowflake ID: a non-negative bigint that is a string in JSON and can be compared with times';

CREATE FUNCTION snowflake_in(cstring)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_in(cstring) IS 'I/O';

CREATE FUNCTION snowflake_out(snowflake)
RETURNS cstring
AS 'int8out'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_out(snowflake) IS 'I/O';

CREATE FUNCTION snowflake_recv(internal)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_recv(internal) IS 'I/O';

CREATE FUNCTION snowflake_send(snowflake)
RETURNS bytea
AS 'int8send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_send(snowflake) IS 'I/O';

CREATE TYPE snowflake (
	INPUT = snowflake_in,
	OUTPUT = snowflake_out,
	RECEIVE = snowflake_recv,
	SEND = snowflake_send,
	LIKE = pg_catalog.int8,
	CATEGORY = 'N'
);

CREATE CAST (snowflake AS bigint) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (snowflake AS bigint) IS 'the same number';

CREATE CAST (bigint AS snowflake) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (bigint AS snowflake) IS 'the same number, unchecked';

CREATE FUNCTION snowflake(integer)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_int4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(integer) IS 'convert integer to snowflake';

CREATE FUNCTION snowflake(smallint)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_int2'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(smallint) IS 'convert smallint to snowflake';

CREATE CAST (integer AS snowflake) WITH FUNCTION snowflake(integer) AS ASSIGNMENT;

COMMENT ON CAST (integer AS snowflake) IS 'so that small literals can be inserted';

CREATE CAST (smallint AS snowflake) WITH FUNCTION snowflake(smallint) AS ASSIGNMENT;

COMMENT ON CAST (smallint AS snowflake) IS 'like the cast from integer';

CREATE FUNCTION snowflake(numeric)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(numeric) IS 'convert numeric to snowflake';

CREATE CAST (numeric AS snowflake) WITH FUNCTION snowflake(numeric) AS ASSIGNMENT;

COMMENT ON CAST (numeric AS snowflake) IS 'for drivers that send decimal numbers';

--
-- The other casts from snowflake use functions that take a snowflake, not
-- those that take a bigint: pg_upgrade creates casts in the order of their
-- names, and the latter would need the cast to bigint before it exists.
--

CREATE FUNCTION "numeric"(snowflake)
RETURNS numeric
AS 'int8_numeric'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION "numeric"(snowflake) IS 'convert snowflake to numeric';

CREATE CAST (snowflake AS numeric) WITH FUNCTION "numeric"(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS numeric) IS 'like the cast from bigint';

CREATE FUNCTION int4(snowflake)
RETURNS integer
AS 'int84'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION int4(snowflake) IS 'convert snowflake to integer';

CREATE CAST (snowflake AS integer) WITH FUNCTION int4(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS integer) IS 'like the cast from bigint';

CREATE FUNCTION int2(snowflake)
RETURNS smallint
AS 'int82'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION int2(snowflake) IS 'convert snowflake to smallint';

CREATE CAST (snowflake AS smallint) WITH FUNCTION int2(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS smallint) IS 'like the cast from bigint';

CREATE FUNCTION snowflake_to_float8(snowflake)
RETURNS float8
AS 'i8tod'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_float8(snowflake) IS 'convert snowflake to float8';

CREATE CAST (snowflake AS float8) WITH FUNCTION snowflake_to_float8(snowflake);

COMMENT ON CAST (snowflake AS float8) IS 'like the cast from bigint, but explicit because it rounds';

CREATE FUNCTION snowflake_to_float4(snowflake)
RETURNS float4
AS 'i8tof'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_float4(snowflake) IS 'convert snowflake to float4';

CREATE CAST (snowflake AS float4) WITH FUNCTION snowflake_to_float4(snowflake);

COMMENT ON CAST (snowflake AS float4) IS 'like the cast from bigint, but explicit because it rounds';

CREATE FUNCTION snowflake_to_oid(snowflake)
RETURNS oid
AS 'i8tooid'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_oid(snowflake) IS 'convert snowflake to oid';

CREATE CAST (snowflake AS oid) WITH FUNCTION snowflake_to_oid(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS oid) IS 'like the cast from bigint';

CREATE FUNCTION float8_to_snowflake(float8)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_float8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION float8_to_snowflake(float8) IS 'convert float8 to snowflake';

CREATE CAST (float8 AS snowflake) WITH FUNCTION float8_to_snowflake(float8);

COMMENT ON CAST (float8 AS snowflake) IS 'like the cast to bigint, but explicit because it rounds';

CREATE FUNCTION float4_to_snowflake(float4)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_float4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION float4_to_snowflake(float4) IS 'convert float4 to snowflake';

CREATE CAST (float4 AS snowflake) WITH FUNCTION float4_to_snowflake(float4);

COMMENT ON CAST (float4 AS snowflake) IS 'like the cast to bigint, but explicit because it rounds';

CREATE FUNCTION oid_to_snowflake(oid)
RETURNS snowflake
AS 'oidtoi8'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION oid_to_snowflake(oid) IS 'convert oid to snowflake';

CREATE CAST (oid AS snowflake) WITH FUNCTION oid_to_snowflake(oid) AS ASSIGNMENT;

COMMENT ON CAST (oid AS snowflake) IS 'like the cast to bigint';

CREATE FUNCTION jsonb_to_snowflake(jsonb)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_jsonb'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION jsonb_to_snowflake(jsonb) IS 'convert jsonb, a string or a number, to snowflake';

CREATE CAST (jsonb AS snowflake) WITH FUNCTION jsonb_to_snowflake(jsonb);

COMMENT ON CAST (jsonb AS snowflake) IS 'for strings, the type''s form in JSON; numbers are cast like to bigint';

-- This uses the server's layout.  The planner replaces it by its body, so it
-- can use an index on snowflake_timestamp().  Its cast is created after that to
-- bigint.
CREATE FUNCTION timestamptz(snowflake)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_timestamp($1::bigint, snowflake_layout());

COMMENT ON FUNCTION timestamptz(snowflake) IS 'convert snowflake to timestamptz';

CREATE CAST (snowflake AS timestamptz) WITH FUNCTION timestamptz(snowflake);

COMMENT ON CAST (snowflake AS timestamptz) IS 'time of a snowflake ID';
