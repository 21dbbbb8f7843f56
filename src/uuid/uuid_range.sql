--
-- Times as bounds on 128-bit IDs that increase with their time, and predicates
-- on ranges, which the planner replaces by comparisons with bounds.  Before the
-- first and past the last time, bounds are the least and the greatest value.
-- So nothing is an error, and all of these are leakproof.
--

CREATE FUNCTION uuid_predicate_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_uuid_predicate_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_predicate_support(internal) IS 'planner support for uuidv7_created_in and similar functions';

CREATE FUNCTION uuidv7_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_lower_bound(timestamptz) IS
'least UUID version 7 of the millisecond that contains a time';

CREATE FUNCTION uuidv7_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_upper_bound(timestamptz) IS
'greatest UUID version 7 of the millisecond that contains a time';

CREATE FUNCTION uuidv7_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_first_in_range(tstzrange) IS 'least UUID version 7 whose time is in a range';

CREATE FUNCTION uuidv7_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_last_in_range(tstzrange) IS 'greatest UUID version 7 whose time is in a range';

CREATE FUNCTION uuidv7_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuidv7_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION uuidv7_created_in(uuid, tstzrange) IS
'tests whether the time of a UUID version 7 is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv6_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_lower_bound(timestamptz) IS
'least UUID version 6 of the microsecond that contains a time';

CREATE FUNCTION uuidv6_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_upper_bound(timestamptz) IS
'greatest UUID version 6 of the microsecond that contains a time';

CREATE FUNCTION uuidv6_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_first_in_range(tstzrange) IS 'least UUID version 6 whose time is in a range';

CREATE FUNCTION uuidv6_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_last_in_range(tstzrange) IS 'greatest UUID version 6 whose time is in a range';

CREATE FUNCTION uuidv6_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuidv6_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION uuidv6_created_in(uuid, tstzrange) IS
'tests whether the time of a UUID version 6 is in a range; uses indexes on the ID';

CREATE FUNCTION ulid_lower_bound(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_lower_bound(timestamptz) IS 'least ULID of the millisecond that contains a time';

CREATE FUNCTION ulid_upper_bound(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_upper_bound(timestamptz) IS 'greatest ULID of the millisecond that contains a time';

CREATE FUNCTION ulid_first_in_range(range tstzrange)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_first_in_range(tstzrange) IS 'least ULID whose time is in a range';

CREATE FUNCTION ulid_last_in_range(range tstzrange)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_last_in_range(tstzrange) IS 'greatest ULID whose time is in a range';

CREATE FUNCTION ulid_created_in(id ulid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_ulid_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION ulid_created_in(ulid, tstzrange) IS 'tests whether the time of a ULID is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake128_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_lower_bound(timestamptz) IS
'least extended snowflake ID of the microsecond that contains a time';

CREATE FUNCTION snowflake128_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_upper_bound(timestamptz) IS
'greatest extended snowflake ID of the microsecond that contains a time';

CREATE FUNCTION snowflake128_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_first_in_range(tstzrange) IS
'least extended snowflake ID whose time is in a range';

CREATE FUNCTION snowflake128_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_last_in_range(tstzrange) IS
'greatest extended snowflake ID whose time is in a range';

CREATE FUNCTION snowflake128_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake128_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION snowflake128_created_in(uuid, tstzrange) IS
'tests whether the time of an extended snowflake ID is in a range; uses indexes on the ID';
