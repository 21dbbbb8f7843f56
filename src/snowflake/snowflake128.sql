--
-- Extended Snowflakes: ns, node and sequence in a uuid.  They are not UUIDs of
-- RFC 9562.
--

CREATE FUNCTION snowflake128_nextval()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_nextval() IS
'generates the next extended snowflake ID: 64 bits of ns, 48 of node, 16 of sequence; greater than those of all statements that have ended';

CREATE FUNCTION snowflake128_parse(id uuid,
	OUT created_at timestamptz,
	OUT nanoseconds integer,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake128_parse'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_parse(uuid) IS
'fields of an extended snowflake ID; nanoseconds holds the digits that created_at cannot';
