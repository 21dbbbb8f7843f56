--
-- Results without a time zone are in TimeZone, as for a timestamptz, so they
-- agree with "id >= date '...'" and with a cast through timestamptz.
-- PostgreSQL's own date_trunc() and date_part() are not unique if the second
-- argument is an untyped literal, so no existing call becomes ambiguous by
-- these two.  A date_bin(), or a date_trunc() with a time zone, would make
-- calls ambiguous.
--

CREATE FUNCTION snowflake_to_timestamp(snowflake)
RETURNS timestamp
AS 'MODULE_PATHNAME', 'idgen_snowflake_to_timestamp'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_timestamp(snowflake) IS 'convert snowflake to timestamp';

CREATE CAST (snowflake AS timestamp) WITH FUNCTION snowflake_to_timestamp(snowflake);

COMMENT ON CAST (snowflake AS timestamp) IS 'time of a snowflake ID, in TimeZone';

CREATE FUNCTION snowflake_to_date(snowflake)
RETURNS date
AS 'MODULE_PATHNAME', 'idgen_snowflake_to_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_date(snowflake) IS 'convert snowflake to date';

CREATE CAST (snowflake AS date) WITH FUNCTION snowflake_to_date(snowflake);

COMMENT ON CAST (snowflake AS date) IS 'day of a snowflake ID, in TimeZone';

CREATE FUNCTION date_trunc(field text, id snowflake)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_snowflake_date_trunc'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION date_trunc(text, snowflake) IS
'time of a snowflake ID truncated to a unit, in TimeZone';

CREATE FUNCTION date_part(field text, id snowflake)
RETURNS double precision
AS 'MODULE_PATHNAME', 'idgen_snowflake_date_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION date_part(text, snowflake) IS
'field of the time of a snowflake ID, in TimeZone';
