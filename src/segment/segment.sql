--
-- Segments: numbers of a sequence, drawn by the range.  Like nextval(), these
-- need USAGE or UPDATE on the sequence.  Unlike it, they work in read-only
-- transactions and in parallel workers, and leave lastval() alone.
--

CREATE TABLE segment_options (
	sequence idgen_relation PRIMARY KEY,
	step bigint CHECK (step BETWEEN 1 AND 2147483647),
	order_by text NOT NULL CHECK (order_by IN ('statement', 'session')),
	grants boolean NOT NULL,
	free_list boolean NOT NULL);

COMMENT ON TABLE segment_options IS
'options of segments, as segment_configure() has set them; dumps contain them';

GRANT SELECT ON segment_options TO PUBLIC;

-- For pg_dump and restore by an owner of the database who is no superuser; the trigger looks at whose sequences rows name.
GRANT INSERT ON segment_options TO pg_database_owner;

-- Not those of sequences that have been dropped, or are of extensions.
SELECT pg_catalog.pg_extension_config_dump('segment_options', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_options FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_options ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_options FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

ALTER TABLE segment_options ENABLE ALWAYS TRIGGER restore;

CREATE TABLE segment_grants (
	sequence idgen_relation NOT NULL,
	range int8range NOT NULL,
	granted_at timestamptz NOT NULL,
	role text NOT NULL,
	application text NOT NULL,
	address inet);

-- There is no key, and so rows could not be deleted while all tables are published.
ALTER TABLE segment_grants REPLICA IDENTITY FULL;

COMMENT ON TABLE segment_grants IS
'ranges that segment_take() has handed on, for segments with the option grants; dumps contain them';

GRANT SELECT, INSERT ON segment_grants TO pg_database_owner;

SELECT pg_catalog.pg_extension_config_dump('segment_grants', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_grants FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_grants ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_grants FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

ALTER TABLE segment_grants ENABLE ALWAYS TRIGGER restore;

CREATE TABLE segment_roots (
	sequence idgen_relation PRIMARY KEY,
	roots text[] NOT NULL,
	counter text NOT NULL,
	skip bigint);

COMMENT ON TABLE segment_roots IS
'roots of segments that are not on this server, as segment_set_roots() has named them; dumps contain them';

GRANT SELECT, INSERT ON segment_roots TO pg_database_owner;

SELECT pg_catalog.pg_extension_config_dump('segment_roots', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_roots FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_roots ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_roots FOR EACH ROW EXECUTE FUNCTION idgen_restore_row('superuser');

ALTER TABLE segment_roots ENABLE ALWAYS TRIGGER restore;

-- Not in dumps: what a dump has may be taken after it was made.
CREATE TABLE segment_free (
	sequence idgen_relation PRIMARY KEY,
	file oid NOT NULL,
	timeline integer NOT NULL,
	free int8multirange NOT NULL);

COMMENT ON TABLE segment_free IS
'ranges that servers below a root have given back to it, for segments with the option free_list; of one file of the sequence and one timeline of the server';

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_free FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_free ENABLE ALWAYS TRIGGER ignore_published;

CREATE FUNCTION segment_set_roots(
	sequence regclass,
	roots text[],
	counter text DEFAULT NULL,
	skip bigint DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_segment_set_roots'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_set_roots(regclass, text[], text, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_set_roots(regclass, text[], text, bigint) IS
'names the servers or stores that a segment takes its numbers from, in the order in which they are tried; none: this server';

CREATE FUNCTION segment_create_counter(store text, counter text, next bigint DEFAULT 1)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_segment_create_counter'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;

REVOKE ALL ON FUNCTION segment_create_counter(text, text, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_create_counter(text, text, bigint) IS
'creates a counter in etcd, ZooKeeper or Redis that segments can take numbers from; false if it exists';

CREATE FUNCTION segment_configure(
	sequence regclass,
	step bigint DEFAULT NULL,
	order_by text DEFAULT NULL,
	grants boolean DEFAULT NULL,
	free_list boolean DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_segment_configure'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100;

COMMENT ON FUNCTION segment_configure(regclass, bigint, text, boolean, boolean) IS
'sets options of a segment; those that are null remain as they are';

CREATE FUNCTION segment_nextval(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval(regclass) IS
'draws the next number of a segment: strictly increasing within a session, not gapless';

CREATE FUNCTION segment_nextvals(sequence regclass, count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_segment_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION segment_nextvals(regclass, integer) IS
'draws the next count numbers of a segment, an array in increasing order';

CREATE FUNCTION segment_next_block(sequence regclass, size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_next_block(regclass, integer) IS
'draws size numbers of a segment in a row and returns the first';

CREATE FUNCTION segment_take(sequence regclass, count bigint)
RETURNS int8range
AS 'MODULE_PATHNAME', 'idgen_segment_take'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_take(regclass, bigint) IS
'draws a range of count numbers of a segment, to hand them on';

CREATE FUNCTION segment_grant(sequence regclass, count bigint, OUT range int8range, OUT token bigint, OUT epoch bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_segment_grant'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_grant(regclass, bigint) IS
'draws a range of count numbers of a segment for a server below, with the token and the epoch by which that can give its end back';

CREATE FUNCTION segment_take_back(sequence regclass, first bigint, last bigint, token bigint, epoch bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_segment_take_back'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_take_back(regclass, bigint, bigint, bigint, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_take_back(regclass, bigint, bigint, bigint, bigint) IS
'takes back the end of a range that segment_grant() has handed on and nobody has used, for servers below; "taken back", "listed", or null if it is refused';

CREATE FUNCTION segment_take_free(sequence regclass, at_least bigint, at_most bigint, OUT range int8range, OUT epoch bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_segment_take_free'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_take_free(regclass, bigint, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_take_free(regclass, bigint, bigint) IS
'takes at_least to at_most numbers in a row of the free list of a segment, for servers below; they may be used when the transaction has been committed';

CREATE FUNCTION segment_nextval_strict(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_strict'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION segment_nextval_strict(regclass) IS
'takes a number from the root of a segment: above every number that had been returned anywhere before the call began';

CREATE FUNCTION segment_take_strict(sequence regclass, count bigint)
RETURNS int8range
AS 'MODULE_PATHNAME', 'idgen_segment_take_strict'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION segment_take_strict(regclass, bigint) IS
'takes a range of count numbers from the root of a segment: above every number that had been returned anywhere before the call began';

CREATE FUNCTION segment_return(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_return'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

REVOKE ALL ON FUNCTION segment_return(regclass) FROM PUBLIC;

COMMENT ON FUNCTION segment_return(regclass) IS
'gives numbers that this server has taken and not used back to the root, if nobody has taken any since, and returns how many';

CREATE FUNCTION idgen_get_segments(
	OUT sequence regclass,
	OUT root text,
	OUT chunk int8range,
	OUT next bigint,
	OUT reserve int8range,
	OUT step bigint,
	OUT rate double precision,
	OUT taken bigint,
	OUT issued bigint,
	OUT wasted bigint,
	OUT returned bigint,
	OUT refills bigint,
	OUT waits bigint,
	OUT runway double precision,
	OUT last_error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_segments'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_segments() IS
'segments of this database that have been used; see the view segments';

CREATE VIEW segments AS
	SELECT sequence, root, chunk, next, reserve, step, rate, taken, issued, wasted, returned, refills, waits, runway, last_error
	FROM idgen_get_segments();

COMMENT ON VIEW segments IS
'segments of this database that have been used since the server started: what is left here, and what became of their numbers; those of sequences that the role may read or use, or all with pg_read_all_stats';

GRANT SELECT ON segments TO PUBLIC;

CREATE FUNCTION idgen_get_segment_roots(
	OUT sequence regclass,
	OUT root integer,
	OUT address text,
	OUT counter text,
	OUT is_used boolean,
	OUT failures integer,
	OUT is_open boolean,
	OUT last_taken bigint,
	OUT last_error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_segment_roots'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_segment_roots() IS
'roots of segments of this database that are elsewhere; see the view segment_root_states';

CREATE VIEW segment_root_states AS
	SELECT sequence, root, address, counter, is_used, failures, is_open, last_taken, last_error
	FROM idgen_get_segment_roots();

COMMENT ON VIEW segment_root_states IS
'roots elsewhere of segments that have asked them since the server started: which one is used, failures in a row, whether it is left alone for a while, the last number taken from it; for pg_read_all_stats';

GRANT SELECT ON segment_root_states TO PUBLIC;
