--
-- Numbers with their bits in reverse order, so that those that follow each
-- other are far apart.
--

CREATE FUNCTION bit_reverse(number bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_bit_reverse_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bit_reverse(bigint) IS
'the lower 63 bits of a number that is not negative in reverse order; reversed twice, it is itself';

CREATE FUNCTION bit_reverse(number integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_bit_reverse_int4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bit_reverse(integer) IS
'the lower 31 bits of a number that is not negative in reverse order; reversed twice, it is itself';
