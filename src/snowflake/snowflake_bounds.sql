--
-- Times as bounds on IDs.  No time is an error, because bounds are clamped
-- before the epoch and past the end of the layout.  But a layout whose time is
-- not the highest field is an error, because its IDs have no bounds.  So these
-- functions are not leakproof.  Behind a security barrier, comparisons with
-- constants, parameters and now() use an index nevertheless, because only what
-- is computed from columns has to be leakproof.
--

CREATE FUNCTION snowflake_lower_bound(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_lower_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_lower_bound(timestamptz, snowflake_layout) IS
'smallest snowflake ID of the tick that contains a time';

CREATE FUNCTION snowflake_lower_bound(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_lower_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_lower_bound(timestamptz) IS
'smallest snowflake ID of the tick that contains a time, in the server''s layout';

CREATE FUNCTION snowflake_upper_bound(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_upper_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_upper_bound(timestamptz, snowflake_layout) IS
'largest snowflake ID of the tick that contains a time';

CREATE FUNCTION snowflake_upper_bound(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_upper_bound(timestamptz) IS
'largest snowflake ID of the tick that contains a time, in the server''s layout';

CREATE FUNCTION snowflake_first_from(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_first_from'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_first_from(timestamptz, snowflake_layout) IS
'smallest snowflake ID whose time is at or after a time';

CREATE FUNCTION snowflake_first_from(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_first_from(timestamptz) IS
'smallest snowflake ID whose time is at or after a time, in the server''s layout';

CREATE FUNCTION snowflake_first_in_range(range tstzrange, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_first_in_range'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_first_in_range(tstzrange, snowflake_layout) IS
'smallest snowflake ID whose time is in a range';

CREATE FUNCTION snowflake_first_in_range(range tstzrange)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_first_in_range(range, snowflake_layout());

COMMENT ON FUNCTION snowflake_first_in_range(tstzrange) IS
'smallest snowflake ID whose time is in a range, in the server''s layout';

CREATE FUNCTION snowflake_last_in_range(range tstzrange, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_last_in_range'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_last_in_range(tstzrange, snowflake_layout) IS
'largest snowflake ID whose time is in a range';

CREATE FUNCTION snowflake_last_in_range(range tstzrange)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_last_in_range(range, snowflake_layout());

COMMENT ON FUNCTION snowflake_last_in_range(tstzrange) IS
'largest snowflake ID whose time is in a range, in the server''s layout';
