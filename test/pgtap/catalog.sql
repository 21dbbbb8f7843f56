-- What the extension puts into the catalogs: nothing left to chance, and nothing
-- that a plain user needs is closed to them.  Whether functions are what they are marked
-- as is in markings.sql.
BEGIN;
SELECT plan(15);

CREATE TEMP VIEW ours AS
SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'idgen';
CREATE TEMP VIEW our_functions AS
SELECT p.* FROM pg_proc p JOIN ours ON objid = p.oid AND classid = 'pg_proc'::regclass;

SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'every function that changes nothing is STRICT or takes nothing')
FROM our_functions WHERE NOT proisstrict AND pronargs > 0 AND prokind = 'f' AND proname NOT IN ('idgen_convert_default', 'idgen_revert_default', 'idgen_reset_timeline', 'snowflake_create_generator', 'segment_configure', 'segment_set_roots')
  AND proname !~ '^idgen_lease_(create_pool|widen_pool|propose_layout)$'
  -- The hot path: it does the same, where it need not look at its argument.
  AND oid <> 'snowflake_nextval(name)'::regprocedure
  -- AND is not strict, and what is STRICT beside its body is not inlined
  AND proname !~ '_issued_in$';
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'no predicate is kept from being inlined')
FROM our_functions WHERE prosqlbody IS NOT NULL AND prorettype = 'boolean'::regtype AND proconfig IS NOT NULL;
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'every function that changes nothing is PARALLEL SAFE, unless it reads tables, which may be temporary, or is a horizon')
FROM our_functions WHERE proparallel <> (CASE WHEN proname IN ('idgen_check', 'idgen_check_configuration', 'sequence_interleave_check') OR proname ~ '_horizon$' THEN 'r' ELSE 's' END)
  AND proname NOT IN ('idgen_ignore_published_row', 'idgen_move_extension', 'idgen_reset_timeline', 'idgen_restore_column', 'idgen_restore_row', 'snowflake_create_generator', 'snowflake_drop_generator', 'idgen_create_key', 'idgen_drop_key', 'idgen_convert_default', 'idgen_revert_default', 'segment_configure', 'segment_set_roots', 'segment_create_counter', 'segment_return', 'segment_take_back', 'segment_take_free', 'sequence_interleave')
  AND proname !~ '^idgen_lease_(create_pool|widen_pool|release|.*_layout)$';
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'no function has default arguments, but for those that take options by name')
FROM our_functions WHERE pronargdefaults > 0 AND proname NOT IN ('idgen_reset_timeline', 'snowflake_create_generator', 'snowflake_make', 'idgen_lease_create_pool', 'segment_configure', 'segment_set_roots', 'segment_create_counter');
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'no function runs as its owner')
FROM our_functions WHERE prosecdef;
SELECT is(string_agg(pg_describe_object(classid, objid, 0), ', '), NULL, 'everything has a comment, but for the types of rows and arrays')
FROM ours WHERE obj_description(objid, classid::regclass::name) IS NULL
  AND NOT EXISTS (SELECT FROM pg_type t WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (t.typtype = 'c' OR t.typelem <> 0));
SELECT is(string_agg(oid::regoperator::text, ', '), NULL, 'every operator says what it commutes with and how it is estimated, and each comparison its negator')
FROM pg_operator JOIN ours ON objid = oid AND classid = 'pg_operator'::regclass
WHERE oprcom = 0 OR oprrest = 0 OR oprjoin = 0 OR (oprnegate = 0 AND oprname NOT IN ('<@', '@>'));
SELECT is(string_agg(oid::regoperator::text, ', '), NULL, 'every operator is found with any search path')
FROM pg_operator JOIN ours ON objid = oid AND classid = 'pg_operator'::regclass WHERE oprnamespace <> 'pg_catalog'::regnamespace;
SELECT ok(extrelocatable, 'the extension can be moved') FROM pg_extension WHERE extname = 'idgen';

SELECT is(string_agg(c.oid::regclass::text, ', '), NULL, 'rows of every table can be changed while all tables are published')
FROM pg_class c JOIN ours ON objid = c.oid AND classid = 'pg_class'::regclass
WHERE relkind = 'r' AND relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary);

CREATE ROLE regress_idgen_user;
SET ROLE regress_idgen_user;
SELECT lives_ok('SELECT snowflake_nextval(), snowflake_nextvals(2), snowflake_next_block(2), public.uuidv4(), public.uuidv7(), uuidv7_sequential(), uuidv1(), uuidv6(), ulid(), ulids(2), ulid_random(), ulid_monotonic(), ulid_sequential(), snowflake128_nextval()',
	'anyone may draw');
SELECT lives_ok('SELECT * FROM idgen_slots, idgen_status(), snowflake_layouts', 'anyone may look');
SELECT throws_ok('SELECT idgen_reset_timeline()', '42501', NULL, 'not anyone may reset the timeline');
SELECT throws_ok('SELECT idgen_lease_create_pool(0, 1)', '42501', NULL, 'not anyone may create a pool of worker IDs');
SELECT throws_ok('SELECT * FROM idgen_lease()', '42501', NULL, 'not anyone may see the lease');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
