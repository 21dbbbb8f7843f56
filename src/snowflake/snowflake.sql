--
-- Issuing snowflake IDs.  All state is in shared memory, so these are safe in
-- parallel workers; they change no table, so they work in read-only
-- transactions.
--

CREATE FUNCTION snowflake_nextval()
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_nextval() IS
'generates the next snowflake ID: unique on the server, strictly increasing within a session';

CREATE FUNCTION snowflake_nextvals(count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_nextvals(integer) IS
'generates the next count snowflake IDs, an array in increasing order';

CREATE FUNCTION snowflake_next_block(size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_next_block(integer) IS
'reserves size consecutive snowflake IDs and returns the first';
