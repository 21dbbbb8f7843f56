--
-- For columns with more than one kind of ID.  A condition on time is a pair of
-- bounds, and values of another kind may lie within them by chance.  The
-- functions are SQL functions and are inlined; the condition on time is
-- replaced by its bounds as usual.
--

CREATE FUNCTION uuid_has_version(id uuid, version integer)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuid_has_version'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_has_version(uuid, integer) IS
'tests whether a UUID has the variant of RFC 9562 and the given version';

CREATE FUNCTION snowflake_issued_in(id bigint, range tstzrange, first bigint)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN snowflake_created_in(id, range) AND id >= first;

COMMENT ON FUNCTION snowflake_issued_in(bigint, tstzrange, bigint) IS
'tests whether a number is not below a given first snowflake ID and its time is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake_issued_in(id bigint, range tstzrange, first bigint, layout snowflake_layout)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN snowflake_created_in(id, range, layout) AND id >= first;

COMMENT ON FUNCTION snowflake_issued_in(bigint, tstzrange, bigint, snowflake_layout) IS
'tests whether a number is not below a given first ID of a layout and its time is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv7_issued_in(id uuid, range tstzrange)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN uuidv7_created_in(id, range) AND uuid_has_version(id, 7);

COMMENT ON FUNCTION uuidv7_issued_in(uuid, tstzrange) IS
'tests whether a UUID has version 7 and its time is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv6_issued_in(id uuid, range tstzrange)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN uuidv6_created_in(id, range) AND uuid_has_version(id, 6);

COMMENT ON FUNCTION uuidv6_issued_in(uuid, tstzrange) IS
'tests whether a UUID has version 6 and its time is in a range; uses indexes on the ID';
