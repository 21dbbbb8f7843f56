--
-- Times of ULIDs.  A timestamp without time zone is in UTC, so nothing depends
-- on TimeZone.
--

CREATE FUNCTION ulid_timestamp(id ulid)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_ulid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_timestamp(ulid) IS 'time of a ULID';

CREATE CAST (ulid AS timestamptz) WITH FUNCTION ulid_timestamp(ulid);

COMMENT ON CAST (ulid AS timestamptz) IS 'time of a ULID';

CREATE FUNCTION ulid_to_timestamp(ulid)
RETURNS timestamp
AS 'MODULE_PATHNAME', 'idgen_ulid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_to_timestamp(ulid) IS 'convert ulid to timestamp, in UTC';

CREATE CAST (ulid AS timestamp) WITH FUNCTION ulid_to_timestamp(ulid);

COMMENT ON CAST (ulid AS timestamp) IS 'time of a ULID, in UTC';

CREATE FUNCTION timestamptz_to_ulid(timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION timestamptz_to_ulid(timestamptz) IS 'least ULID of the millisecond that contains a timestamptz';

CREATE CAST (timestamptz AS ulid) WITH FUNCTION timestamptz_to_ulid(timestamptz) AS ASSIGNMENT;

COMMENT ON CAST (timestamptz AS ulid) IS 'least ULID of a millisecond';

CREATE FUNCTION timestamp_to_ulid(timestamp)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION timestamp_to_ulid(timestamp) IS 'least ULID of the millisecond that contains a timestamp, in UTC';

CREATE CAST (timestamp AS ulid) WITH FUNCTION timestamp_to_ulid(timestamp) AS ASSIGNMENT;

COMMENT ON CAST (timestamp AS ulid) IS 'least ULID of a millisecond, in UTC';

CREATE FUNCTION ulid_to_bytea(ulid)
RETURNS bytea
AS 'uuid_send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_to_bytea(ulid) IS 'convert ulid to bytea, its 16 bytes';

CREATE CAST (ulid AS bytea) WITH FUNCTION ulid_to_bytea(ulid);

COMMENT ON CAST (ulid AS bytea) IS 'the 16 bytes';

CREATE FUNCTION bytea_to_ulid(bytea)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bytea_to_ulid(bytea) IS 'convert bytea of 16 bytes to ulid';

CREATE CAST (bytea AS ulid) WITH FUNCTION bytea_to_ulid(bytea);

COMMENT ON CAST (bytea AS ulid) IS 'the 16 bytes';
