--
-- Values of hybrid logical clocks.  Like snowflake, the type casts to bigint
-- implicitly and without a function, so operators, index support and
-- statistics are those of bigint.
--

CREATE TYPE hlc;

COMMENT ON TYPE hlc IS
'value of a hybrid logical clock: a bigint of 47 bits of milliseconds since 1970 and 16 bits of a count; a string in JSON';

CREATE FUNCTION hlc_in(cstring)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_in(cstring) IS 'I/O';

CREATE FUNCTION hlc_out(hlc)
RETURNS cstring
AS 'int8out'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_out(hlc) IS 'I/O';

CREATE FUNCTION hlc_recv(internal)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_recv(internal) IS 'I/O';

CREATE FUNCTION hlc_send(hlc)
RETURNS bytea
AS 'int8send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_send(hlc) IS 'I/O';

CREATE TYPE hlc (
	INPUT = hlc_in,
	OUTPUT = hlc_out,
	RECEIVE = hlc_recv,
	SEND = hlc_send,
	LIKE = pg_catalog.int8,
	CATEGORY = 'N'
);

CREATE CAST (hlc AS bigint) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (hlc AS bigint) IS 'the same number';

CREATE CAST (bigint AS hlc) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (bigint AS hlc) IS 'the same number, unchecked';

CREATE FUNCTION hlc_timestamp(value hlc)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_hlc_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_timestamp(hlc) IS 'time of a value of a hybrid logical clock, to the millisecond';

CREATE CAST (hlc AS timestamptz) WITH FUNCTION hlc_timestamp(hlc);

COMMENT ON CAST (hlc AS timestamptz) IS 'time of a value of a hybrid logical clock';

CREATE FUNCTION hlc_logical(value hlc)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_hlc_logical'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_logical(hlc) IS 'count of a value of a hybrid logical clock within its millisecond';

CREATE FUNCTION hlc_make(moment timestamptz, logical integer)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_make'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_make(timestamptz, integer) IS
'value of a hybrid logical clock with the given time and count';

CREATE FUNCTION hlc_lower_bound(moment timestamptz)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_lower_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_lower_bound(timestamptz) IS
'smallest value of a hybrid logical clock in the millisecond that contains a time';

CREATE FUNCTION hlc_upper_bound(moment timestamptz)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_upper_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_upper_bound(timestamptz) IS
'largest value of a hybrid logical clock in the millisecond that contains a time; -1 before 1970';
