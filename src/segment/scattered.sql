--
-- Scattered segments: the numbers of a segment with their bits reversed.
--

CREATE FUNCTION segment_nextval_scattered(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_scattered'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval_scattered(regclass) IS
'draws the next number of a segment and reverses its bits, as bit_reverse() does, so that numbers are far from each other';

CREATE FUNCTION segment_nextval_scattered(sequence regclass, skip_first bigint, skip_last bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_scattered'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval_scattered(regclass, bigint, bigint) IS
'the same, but never a number from skip_first to skip_last, such as those that a table has already';

CREATE FUNCTION segment_scattered_state(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_scattered_state'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_scattered_state(regclass) IS
'number of a segment, before its bits are reversed, up to which this server has drawn; null before the first';
