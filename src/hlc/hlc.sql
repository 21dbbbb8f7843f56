--
-- The hybrid logical clock of this server.
--

CREATE FUNCTION hlc_now()
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_now'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_now() IS
'next value of the hybrid logical clock: above all that statements which have ended on this server got, also before a restart or failover';

CREATE FUNCTION hlc_update(remote hlc)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_update'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_update(hlc) IS
'the same as hlc_now(), and above a value that came from another clock, which is an error if it is further ahead than idgen.hlc_max_offset';

CREATE FUNCTION hlc_status(
	OUT last hlc,
	OUT ahead_of_clock interval,
	OUT max_offset interval,
	OUT refused bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_hlc_status'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_status() IS
'state of the hybrid logical clock since the server''s start: the last value, how far it is ahead of the system clock, how far others may be, and how many were refused';

CREATE FUNCTION hlc_stamp()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_hlc_stamp'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_stamp() IS
'trigger before INSERT or UPDATE that stamps the column that it names by the hybrid logical clock, and never with less than before';

--
-- Timestamps of TiDB, which a generator of layout "tso" issues.
--

CREATE FUNCTION tso_parse(tso bigint,
	OUT physical timestamptz,
	OUT logical integer)
RETURNS record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT p.created_at, p.sequence FROM snowflake_parse(tso, 'tso'::snowflake_layout) p;
END;

COMMENT ON FUNCTION tso_parse(bigint) IS
'time and count of a timestamp of TiDB''s oracle, as TIDB_PARSE_TSO() and TIDB_PARSE_TSO_LOGICAL() have them';
