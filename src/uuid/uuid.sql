--
-- UUIDs of RFC 9562.  The signatures of uuidv4 and uuidv7 are those of PostgreSQL 18,
-- whose own functions are found first there unless ours are called by their schema;
-- their comments are at the end.
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
'UUID version 7 of a moment, to the microsecond, and random otherwise: for backdating';

CREATE FUNCTION uuidv7_sequential()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_sequential() IS
'UUID version 7, above all of any statement that had ended on this server, also before a restart or failover';

CREATE FUNCTION uuidv1()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1() IS
'UUID version 1: time in 100 ns, clock sequence, and a node as idgen.uuid_node says';

CREATE FUNCTION uuidv6()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6() IS 'UUID version 6: as version 1, with the time in order';

CREATE FUNCTION uuidv1_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1_at(timestamptz) IS
'UUID version 1 of a moment, to the microsecond, and random otherwise: for backdating';

CREATE FUNCTION uuidv6_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_at(timestamptz) IS
'UUID version 6 of a moment, to the microsecond, and random otherwise: for backdating';
