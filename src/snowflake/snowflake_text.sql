--
-- IDs as short text.  Not leakproof: error messages show the argument.
--

CREATE FUNCTION snowflake_encode(id bigint, encoding text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_encode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_encode(bigint, text) IS
'text of a snowflake ID in base62, base58, base32 or hex, of fixed length and sorting like the ID';

CREATE FUNCTION snowflake_decode(encoded text, encoding text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_decode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_decode(text, text) IS
'snowflake ID of a text in base62, base58, base32 or hex';
