--
-- Administration.  A reset concerns all databases of the server, and can cause
-- IDs to repeat, so PUBLIC may not execute the function.
--

CREATE FUNCTION idgen_reset_timeline(
	start timestamptz DEFAULT NULL,
	force boolean DEFAULT false)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_reset_timeline'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_reset_timeline(timestamptz, boolean) IS
'sets the time at which snowflake IDs continue, by default that of the system clock';

REVOKE EXECUTE ON FUNCTION idgen_reset_timeline(timestamptz, boolean) FROM PUBLIC;
