--
-- Lamport clocks: a segment is the clock, and each number that is drawn an event.
--

CREATE FUNCTION lamport_tick(name regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_tick'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_tick(regclass) IS
'next value of a Lamport clock, a sequence: above all that statements which have ended on this server got, also before a restart';

CREATE FUNCTION lamport_update(name regclass, remote bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_update'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_update(regclass, bigint) IS
'the same as lamport_tick(), and above a value that came from another clock, which is an error if it is further ahead than idgen.lamport_max_jump';

CREATE FUNCTION lamport_now(name regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_now'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_now(regclass) IS
'value of a Lamport clock, which no event of this server is above; null before the first event';
