--
-- The type ulid.  It has the bytes of a uuid and its comparison functions, but
-- operators of its own: those of uuid would read the literal in "id =
-- '01ARZ...'" as a UUID.  The casts between the two are binary coercible.  They
-- are not implicit, so that functions of UUIDs do not accept a ULID, and a
-- comparison of the two is an error and does not silently lose the index.
--

CREATE TYPE ulid;

COMMENT ON TYPE ulid IS
'ULID: 48 bits of milliseconds and 80 random bits, shown as 26 digits of base32 that sort like the bytes';

CREATE FUNCTION ulid_in(cstring)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_in(cstring) IS 'I/O';

CREATE FUNCTION ulid_out(ulid)
RETURNS cstring
AS 'MODULE_PATHNAME', 'idgen_ulid_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_out(ulid) IS 'I/O';

CREATE FUNCTION ulid_recv(internal)
RETURNS ulid
AS 'uuid_recv'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_recv(internal) IS 'I/O';

CREATE FUNCTION ulid_send(ulid)
RETURNS bytea
AS 'uuid_send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_send(ulid) IS 'I/O';

CREATE TYPE ulid (
	INPUT = ulid_in,
	OUTPUT = ulid_out,
	RECEIVE = ulid_recv,
	SEND = ulid_send,
	LIKE = pg_catalog.uuid
);

CREATE CAST (ulid AS uuid) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (ulid AS uuid) IS 'the same bytes';

CREATE CAST (uuid AS ulid) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (uuid AS ulid) IS 'the same bytes';

-- A parameter or a column of type text can be assigned; PostgreSQL's own
-- conversion would need an explicit cast.
CREATE CAST (text AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (text AS ulid) IS 'for drivers that send text';

CREATE CAST (varchar AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (varchar AS ulid) IS 'like the cast from text';

CREATE CAST (character AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (character AS ulid) IS 'like the cast from text';

CREATE FUNCTION ulid_lt(ulid, ulid)
RETURNS boolean
AS 'uuid_lt'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_lt(ulid, ulid) IS 'implementation of < operator';

CREATE FUNCTION ulid_le(ulid, ulid)
RETURNS boolean
AS 'uuid_le'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_le(ulid, ulid) IS 'implementation of <= operator';

CREATE FUNCTION ulid_eq(ulid, ulid)
RETURNS boolean
AS 'uuid_eq'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_eq(ulid, ulid) IS 'implementation of = operator';

CREATE FUNCTION ulid_ge(ulid, ulid)
RETURNS boolean
AS 'uuid_ge'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_ge(ulid, ulid) IS 'implementation of >= operator';

CREATE FUNCTION ulid_gt(ulid, ulid)
RETURNS boolean
AS 'uuid_gt'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_gt(ulid, ulid) IS 'implementation of > operator';

CREATE FUNCTION ulid_ne(ulid, ulid)
RETURNS boolean
AS 'uuid_ne'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_ne(ulid, ulid) IS 'implementation of <> operator';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (ulid, ulid) IS 'is less than';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (ulid, ulid) IS 'is less than or equal to';

CREATE OPERATOR pg_catalog.= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=),
	NEGATOR = OPERATOR(pg_catalog.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES,
	MERGES
);

COMMENT ON OPERATOR pg_catalog.= (ulid, ulid) IS 'equal';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (ulid, ulid) IS 'is greater than or equal to';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (ulid, ulid) IS 'is greater than';

CREATE OPERATOR pg_catalog.<> (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>),
	NEGATOR = OPERATOR(pg_catalog.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);

COMMENT ON OPERATOR pg_catalog.<> (ulid, ulid) IS 'not equal';

CREATE FUNCTION ulid_cmp(ulid, ulid)
RETURNS integer
AS 'uuid_cmp'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_cmp(ulid, ulid) IS 'less-equal-greater';

CREATE FUNCTION ulid_hash(ulid)
RETURNS integer
AS 'uuid_hash'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_hash(ulid) IS 'hash';

CREATE FUNCTION ulid_hash_extended(ulid, bigint)
RETURNS bigint
AS 'uuid_hash_extended'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_hash_extended(ulid, bigint) IS 'hash';

CREATE OPERATOR CLASS ulid_ops
DEFAULT FOR TYPE ulid USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 ulid_cmp(ulid, ulid),
	FUNCTION 2 (ulid, ulid) pg_catalog.uuid_sortsupport(internal),
	FUNCTION 4 (ulid, ulid) pg_catalog.btequalimage(oid);

COMMENT ON OPERATOR CLASS ulid_ops USING btree IS 'order of ULIDs, the same as that of their times and texts';

COMMENT ON OPERATOR FAMILY ulid_ops USING btree IS 'order of ULIDs, the same as that of their times and texts';

CREATE OPERATOR CLASS ulid_ops
DEFAULT FOR TYPE ulid USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 ulid_hash(ulid),
	FUNCTION 2 ulid_hash_extended(ulid, bigint);

COMMENT ON OPERATOR CLASS ulid_ops USING hash IS 'hash of ULIDs';

COMMENT ON OPERATOR FAMILY ulid_ops USING hash IS 'hash of ULIDs';

CREATE OPERATOR CLASS ulid_minmax_ops
DEFAULT FOR TYPE ulid USING brin AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
	FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);

COMMENT ON OPERATOR CLASS ulid_minmax_ops USING brin IS 'least and greatest ULID of each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_minmax_ops USING brin IS 'least and greatest ULID of each range of blocks';

CREATE OPERATOR CLASS ulid_minmax_multi_ops
FOR TYPE ulid USING brin AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 pg_catalog.brin_minmax_multi_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_multi_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_multi_consistent(internal, internal, internal, integer),
	FUNCTION 4 pg_catalog.brin_minmax_multi_union(internal, internal, internal),
	FUNCTION 5 pg_catalog.brin_minmax_multi_options(internal),
	FUNCTION 11 (ulid, ulid) pg_catalog.brin_minmax_multi_distance_uuid(internal, internal);

COMMENT ON OPERATOR CLASS ulid_minmax_multi_ops USING brin IS 'a few ranges of ULIDs for each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_minmax_multi_ops USING brin IS 'a few ranges of ULIDs for each range of blocks';

CREATE OPERATOR CLASS ulid_bloom_ops
FOR TYPE ulid USING brin AS
	OPERATOR 1 =,
	FUNCTION 1 pg_catalog.brin_bloom_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_bloom_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_bloom_consistent(internal, internal, internal, integer),
	FUNCTION 4 pg_catalog.brin_bloom_union(internal, internal, internal),
	FUNCTION 5 pg_catalog.brin_bloom_options(internal),
	FUNCTION 11 (ulid, ulid) ulid_hash(ulid);

COMMENT ON OPERATOR CLASS ulid_bloom_ops USING brin IS 'Bloom filter of ULIDs for each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_bloom_ops USING brin IS 'Bloom filter of ULIDs for each range of blocks';

CREATE FUNCTION ulid_smaller(ulid, ulid)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_smaller'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_smaller(ulid, ulid) IS 'smaller of two';

CREATE FUNCTION ulid_larger(ulid, ulid)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_larger'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_larger(ulid, ulid) IS 'larger of two';

CREATE AGGREGATE min(ulid) (
	SFUNC = ulid_smaller,
	STYPE = ulid,
	COMBINEFUNC = ulid_smaller,
	SORTOP = <,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE min(ulid) IS 'minimum ULID of all input values';

CREATE AGGREGATE max(ulid) (
	SFUNC = ulid_larger,
	STYPE = ulid,
	COMBINEFUNC = ulid_larger,
	SORTOP = >,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE max(ulid) IS 'maximum ULID of all input values';

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
