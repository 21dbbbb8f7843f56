--
-- UUIDs as short text, and as TypeIDs.  Not leakproof: error messages show the
-- argument.
--

CREATE FUNCTION uuid_encode(id uuid, encoding text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_encode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_encode(uuid, text) IS
'text of a UUID in base62, base58, base32 or hex, of fixed length and sorting like the UUID';

CREATE FUNCTION uuid_decode(encoded text, encoding text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode(text, text) IS
'UUID of a text in base62, base58, base32 or hex';

CREATE FUNCTION uuid_encode_typeid(id uuid, prefix text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_encode_typeid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_encode_typeid(uuid, text) IS
'TypeID of a UUID: a prefix, which may be empty, and 26 digits of base32';

CREATE FUNCTION uuid_decode_typeid(typeid text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode_typeid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode_typeid(text) IS
'UUID of a TypeID with any prefix';

CREATE FUNCTION uuid_decode_typeid(typeid text, prefix text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode_typeid_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode_typeid(text, text) IS
'UUID of a TypeID with the given prefix; any other prefix is an error';

CREATE FUNCTION uuid_typeid_prefix(typeid text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_typeid_prefix'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_typeid_prefix(text) IS
'prefix of a TypeID';
