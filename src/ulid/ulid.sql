--
-- Making ULIDs.
--

CREATE FUNCTION ulid()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid() IS
'ULID: increasing within a backend unless the clock is set back by more than 10 s; in the same millisecond, by a random step';

CREATE FUNCTION ulids(count integer)
RETURNS ulid[]
AS 'MODULE_PATHNAME', 'idgen_ulids'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION ulids(integer) IS
'array of the next count ULIDs, as ulid() issues them';

CREATE FUNCTION ulid_random()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_random'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_random() IS
'ULID of the present millisecond with 80 random bits: in no order within it';

CREATE FUNCTION ulid_monotonic()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_monotonic'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_monotonic() IS
'the same as the ULID specification has it, so a neighbour can be guessed: in the same millisecond, one more than the last';

CREATE FUNCTION ulid_at(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_at(timestamptz) IS
'ULID of a moment, to the millisecond, and random otherwise: for backdating';

CREATE FUNCTION ulid_sequential()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_sequential() IS
'ULID, above all of any statement that had ended on this server, also before a restart or failover';
