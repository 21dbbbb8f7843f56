--
-- UUIDs of RFC 9562.  The signatures of uuidv4 and uuidv7 are those of
-- PostgreSQL 18, where PostgreSQL's own functions are found first unless ours
-- are called with their schema; their comments are at the end.
--

CREATE FUNCTION uuidv4()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv4'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7(shift interval)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_interval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_at(timestamptz) IS
'UUID version 7 with the given time, to the microsecond, and otherwise random, for backdating';

CREATE FUNCTION uuidv7_sequential()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_sequential() IS
'generates a UUID version 7 that is greater than those of all statements that have ended on this server, also before a restart or failover';

CREATE FUNCTION uuidv1()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1() IS
'generates a UUID version 1: time in units of 100 ns, clock sequence, and the node that idgen.uuid_node selects';

CREATE FUNCTION uuidv6()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6() IS 'generates a UUID version 6: like version 1, but sorting by time';

CREATE FUNCTION uuidv1_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1_at(timestamptz) IS
'UUID version 1 with the given time, to the microsecond, and otherwise random, for backdating';

CREATE FUNCTION uuidv6_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_at(timestamptz) IS
'UUID version 6 with the given time, to the microsecond, and otherwise random, for backdating';
