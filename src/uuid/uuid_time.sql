--
-- Reading UUIDs.  For UUIDs without a time, such as version 4, other variants,
-- nil and max, the result is NULL, as in uuid_extract_timestamp() of
-- PostgreSQL 17.
--

CREATE FUNCTION uuid_timestamp(id uuid, with_fraction boolean)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_timestamp(uuid, boolean) IS
'time of a UUID of version 1, 6 or 7; with_fraction includes the fraction of a millisecond that version 7 can contain';

-- A literal or a parameter without a type is taken as a text here.  Without
-- this function it would be taken as a second UUID of the variadic one below.
CREATE FUNCTION uuid_timestamp(id uuid, with_fraction text)
RETURNS timestamptz
IMMUTABLE STRICT PARALLEL SAFE
RETURN uuid_timestamp(id, with_fraction::boolean);

COMMENT ON FUNCTION uuid_timestamp(uuid, text) IS
'the same, for a literal or a parameter without a type';

CREATE FUNCTION uuid_timestamp_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_timestamp_support(internal) IS
'planner support for uuid_timestamp() of one UUID';

-- TimescaleDB has a uuid_timestamp(uuid), and so have many applications.  If
-- two functions match a call equally well, PostgreSQL calls the one that is
-- not variadic.  So if theirs is in the same schema, it is still called,
-- whichever was created first.
CREATE FUNCTION uuid_timestamp(VARIADIC id uuid[])
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp_ms'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
SUPPORT uuid_timestamp_support;

COMMENT ON FUNCTION uuid_timestamp(uuid[]) IS
'time of one UUID of version 1, 6 or 7; that of version 7 is in milliseconds';

--
-- It is VARIADIC because others have a uuid_version(uuid), for example
-- TimescaleDB.  If both are in one schema, PostgreSQL calls theirs, and the two
-- can be created in any order.
--

CREATE FUNCTION uuid_version(VARIADIC id uuid[])
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_uuid_version'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_version(VARIADIC uuid[]) IS
'version of one UUID, or NULL if its variant is not that of RFC 9562';

CREATE FUNCTION uuid_inspect(id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_inspect'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION uuid_inspect(uuid) IS
'inspects a UUID: version, variant, time, node, sequence, and a picture of its fields';

CREATE FUNCTION uuidv1_to_v6(id uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1_to_v6'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1_to_v6(uuid) IS
'converts a UUID of version 1 to version 6, with the same time, clock sequence and node';

CREATE FUNCTION uuidv6_to_v1(id uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_to_v1'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_to_v1(uuid) IS
'converts a UUID of version 6 to version 1, with the same time, clock sequence and node';

--
-- The least and the greatest UUID of an index.  They are not called min and
-- max, because PostgreSQL 20 has these, and many databases have their own.
--

CREATE FUNCTION uuid_lesser_of(uuid, uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_ulid_smaller'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_lesser_of(uuid, uuid) IS 'lesser of two';

CREATE FUNCTION uuid_greater_of(uuid, uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_ulid_larger'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_greater_of(uuid, uuid) IS 'greater of two';

CREATE AGGREGATE uuid_least(uuid) (
	SFUNC = uuid_lesser_of,
	STYPE = uuid,
	COMBINEFUNC = uuid_lesser_of,
	SORTOP = OPERATOR(pg_catalog.<),
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE uuid_least(uuid) IS 'least UUID of all input values; uses an index';

CREATE AGGREGATE uuid_greatest(uuid) (
	SFUNC = uuid_greater_of,
	STYPE = uuid,
	COMBINEFUNC = uuid_greater_of,
	SORTOP = OPERATOR(pg_catalog.>),
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE uuid_greatest(uuid) IS 'greatest UUID of all input values; uses an index';
