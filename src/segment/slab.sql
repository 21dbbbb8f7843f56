--
-- IDs of layout "hybrid": a slab, which is a number of a segment, and seconds and a
-- count within it.
--

CREATE FUNCTION slab_nextval(slabs regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_slab_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION slab_nextval(regclass) IS
'draws the next ID of layout "hybrid", in a slab that this server draws from a sequence, and another one after 65536 seconds or a restart';
