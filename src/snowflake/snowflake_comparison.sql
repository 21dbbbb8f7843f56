--
-- Comparisons with a time.  The planner replaces these SQL functions by their
-- bodies.  The functions that they call were looked up when they were created,
-- so they need no SET search_path, with which they could not be inlined.  The
-- casts make the operators exactly those of pg_catalog.
--
-- Their operand is a domain over snowflake because of untyped literals and
-- parameters: for "id > '42'", PostgreSQL would prefer an operator that takes
-- exactly a snowflake over those of bigint, and read the literal as a time.  A
-- domain does not count as an exact match, so bigint's operators are
-- preferred, and only a timestamptz is read as a time.
--

CREATE DOMAIN snowflake_time AS snowflake;

COMMENT ON DOMAIN snowflake_time IS
'operand of the operators that compare the time of a snowflake with a timestamptz; not for columns';

CREATE FUNCTION snowflake_lt_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint < snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_lt_timestamptz(snowflake_time, timestamptz) IS
'implementation of < operator';

CREATE FUNCTION snowflake_le_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint <= snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_le_timestamptz(snowflake_time, timestamptz) IS
'implementation of <= operator';

CREATE FUNCTION snowflake_gt_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint > snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_gt_timestamptz(snowflake_time, timestamptz) IS
'implementation of > operator';

CREATE FUNCTION snowflake_ge_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint >= snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_ge_timestamptz(snowflake_time, timestamptz) IS
'implementation of >= operator';

CREATE FUNCTION timestamptz_lt_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint > snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_lt_snowflake(timestamptz, snowflake_time) IS
'implementation of < operator';

CREATE FUNCTION timestamptz_le_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint >= snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_le_snowflake(timestamptz, snowflake_time) IS
'implementation of <= operator';

CREATE FUNCTION timestamptz_gt_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint < snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_gt_snowflake(timestamptz, snowflake_time) IS
'implementation of > operator';

CREATE FUNCTION timestamptz_ge_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint <= snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_ge_snowflake(timestamptz, snowflake_time) IS
'implementation of >= operator';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_lt_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (snowflake_time, timestamptz) IS 'is before';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_le_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (snowflake_time, timestamptz) IS 'is at or before';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_gt_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (snowflake_time, timestamptz) IS 'is after';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_ge_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (snowflake_time, timestamptz) IS 'is at or after';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_lt_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (timestamptz, snowflake_time) IS 'is before';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_le_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (timestamptz, snowflake_time) IS 'is at or before';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_gt_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (timestamptz, snowflake_time) IS 'is after';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_ge_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (timestamptz, snowflake_time) IS 'is at or after';

--
-- For pg_partman, which needs a function from the text of an ID to its time.
-- From a time to an ID it uses snowflake_lower_bound().
--

CREATE FUNCTION snowflake_time_decoder(id text)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 10
RETURN snowflake_timestamp(id::snowflake::bigint, snowflake_layout());

COMMENT ON FUNCTION snowflake_time_decoder(text) IS
'time of the text of a snowflake ID: time decoder for pg_partman';
