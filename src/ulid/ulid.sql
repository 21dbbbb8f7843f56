--
-- Making ULIDs.
--

CREATE FUNCTION ulid()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid() IS
'generates a ULID: increasing within a backend, by a random step in the same millisecond, unless the clock is set back by more than 10 s';

CREATE FUNCTION ulids(count integer)
RETURNS ulid[]
AS 'MODULE_PATHNAME', 'idgen_ulids'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION ulids(integer) IS
'generates an array of count ULIDs, like ulid()';

CREATE FUNCTION ulid_random()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_random'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_random() IS
'generates a ULID of the current millisecond with 80 random bits, in no order within the millisecond';

CREATE FUNCTION ulid_monotonic()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_monotonic'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_monotonic() IS
'generates a ULID as the ULID specification defines it: in the same millisecond, one more than the last, so neighbors can be guessed';

CREATE FUNCTION ulid_at(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_at(timestamptz) IS
'ULID with the given time, to the millisecond, and otherwise random, for backdating';

CREATE FUNCTION ulid_sequential()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_sequential() IS
'generates a ULID that is greater than those of all statements that have ended on this server, also before a restart or failover';
