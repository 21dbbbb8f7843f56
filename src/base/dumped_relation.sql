--
-- How tables of the extension that dumps contain name tables and sequences.
-- Input of type regclass is an error if there is none of that name, and so a
-- restore of a part of a dump would lose all that such a table says.
--

CREATE TYPE idgen_relation;

COMMENT ON TYPE idgen_relation IS
'regclass for tables that are dumped: a name of nothing is no error, but nothing';

CREATE FUNCTION idgen_relation_in(cstring)
RETURNS idgen_relation
AS 'MODULE_PATHNAME', 'idgen_relation_in'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_in(cstring) IS 'I/O';

CREATE FUNCTION idgen_relation_out(idgen_relation)
RETURNS cstring
AS 'regclassout'
LANGUAGE internal STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_out(idgen_relation) IS 'I/O';

CREATE FUNCTION idgen_relation_recv(internal)
RETURNS idgen_relation
AS 'regclassrecv'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_recv(internal) IS 'I/O';

CREATE FUNCTION idgen_relation_send(idgen_relation)
RETURNS bytea
AS 'regclasssend'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_send(idgen_relation) IS 'I/O';

CREATE TYPE idgen_relation (
	INPUT = idgen_relation_in,
	OUTPUT = idgen_relation_out,
	RECEIVE = idgen_relation_recv,
	SEND = idgen_relation_send,
	LIKE = pg_catalog.regclass
);

CREATE CAST (idgen_relation AS oid) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (idgen_relation AS oid) IS 'for comparisons, and for joins with catalogs';

CREATE CAST (idgen_relation AS regclass) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (idgen_relation AS regclass) IS 'for functions of a relation';

CREATE CAST (oid AS idgen_relation) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (oid AS idgen_relation) IS 'the same relation';

CREATE CAST (regclass AS idgen_relation) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (regclass AS idgen_relation) IS 'the same relation';

CREATE FUNCTION idgen_restore_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_restore_row'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_restore_row() IS
'for tables that are dumped: a row of a relation that is not there is left out, others take the place of what was said of theirs, and only its owner adds one, or with an argument only superusers';

REVOKE ALL ON FUNCTION idgen_restore_row() FROM PUBLIC;
