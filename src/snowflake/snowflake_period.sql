CREATE FUNCTION snowflake_period(period text, moment timestamptz, time_zone text, layout snowflake_layout,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, text, snowflake_layout) IS
'hour, day, week, month, quarter or year that contains a time, and its IDs, from from_id up to but not including to_id';

CREATE FUNCTION snowflake_period(period text, moment timestamptz, time_zone text,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, text) IS
'the same in the server''s layout';

CREATE FUNCTION snowflake_period(period text, moment timestamptz, layout snowflake_layout,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_utc'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, snowflake_layout) IS
'the same in UTC';

CREATE FUNCTION snowflake_period(period text, moment timestamptz,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_utc_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz) IS
'the same in UTC and in the server''s layout';
