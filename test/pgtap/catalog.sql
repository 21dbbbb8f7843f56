-- What the extension puts into the catalogs: nothing left to chance, and nothing
-- that a plain user needs is closed to them.
BEGIN;
SELECT plan(16);

CREATE TEMP VIEW ours AS
SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'idgen';
CREATE TEMP VIEW our_functions AS
SELECT p.* FROM pg_proc p JOIN ours ON objid = p.oid AND classid = 'pg_proc'::regclass;

SELECT is(count(*), 129::bigint, 'all functions are looked at') FROM our_functions;
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'every function that changes nothing is STRICT or takes nothing')
FROM our_functions WHERE NOT proisstrict AND pronargs > 0 AND prokind = 'f' AND proname NOT IN ('idgen_reset_timeline', 'snowflake_create_generator');
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'no predicate is kept from being inlined')
FROM our_functions WHERE prosqlbody IS NOT NULL AND prorettype = 'boolean'::regtype AND proconfig IS NOT NULL;
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'every function that changes nothing is PARALLEL SAFE')
FROM our_functions WHERE proparallel <> 's'
  AND proname NOT IN ('idgen_reset_timeline', 'snowflake_create_generator', 'snowflake_drop_generator');
SELECT is(string_agg(DISTINCT proname, ', ' ORDER BY proname),
	'idgen_check, idgen_get_slots, idgen_get_timelines, idgen_reset_timeline, idgen_status, snowflake128_nextval, snowflake_create_generator, '
	'snowflake_drop_generator, snowflake_next_block, snowflake_nextval, snowflake_nextvals, ulid, ulid_at, ulid_monotonic, ulid_sequential, '
	'uuidv1, uuidv4, uuidv6, uuidv7, uuidv7_at, uuidv7_sequential', 'what makes IDs or looks at the server is VOLATILE')
FROM our_functions WHERE provolatile = 'v';
SELECT is(string_agg(DISTINCT proname, ', ' ORDER BY proname),
	'range_contains_snowflake, snowflake_capacity, snowflake_contained_by_range, snowflake_ge_timestamptz, snowflake_gt_timestamptz, '
	'snowflake_inspect, snowflake_layout, snowflake_le_timestamptz, snowflake_lt_timestamptz, snowflake_period, snowflake_plan, snowflake_range_selectivity, snowflake_time_decoder, '
	'timestamptz, timestamptz_ge_snowflake, timestamptz_gt_snowflake, timestamptz_le_snowflake, timestamptz_lt_snowflake',
	'what goes by the server''s layout and takes none is STABLE, as are time zones and the time of day')
FROM our_functions WHERE provolatile = 's';
SELECT is(string_agg(oid::regprocedure::text, ', ' ORDER BY oid),
	'snowflake_layout_eq(snowflake_layout,snowflake_layout), snowflake_layout_ne(snowflake_layout,snowflake_layout), '
	'snowflake_layout_hash(snowflake_layout), snowflake_layout_hash_extended(snowflake_layout,bigint), '
	'snowflake_lower_bound(timestamp with time zone,snowflake_layout), snowflake_upper_bound(timestamp with time zone,snowflake_layout), '
	'snowflake_first_from(timestamp with time zone,snowflake_layout), snowflake_first_in_range(tstzrange,snowflake_layout), '
	'snowflake_last_in_range(tstzrange,snowflake_layout), snowflake_created_in(bigint,tstzrange,snowflake_layout), '
	'snowflake_contained_by_range(snowflake,snowflake_time_range), range_contains_snowflake(snowflake_time_range,snowflake)',
	'only what fails for no ID and no moment is leakproof')
FROM our_functions WHERE proleakproof AND proname !~ '^(uuid|ulid|snowflake128)';
SELECT is(string_agg(DISTINCT proname, ', ' ORDER BY proname),
	'ulid_cmp, ulid_eq, ulid_ge, ulid_gt, ulid_hash, ulid_hash_extended, ulid_larger, ulid_le, ulid_lt, ulid_ne, ulid_smaller, '
	'ulid_timestamp, ulid_to_timestamp, uuid_timestamp', 'of 128 bits, comparisons and times are leakproof')
FROM our_functions WHERE proleakproof AND proname ~ '^(uuid|ulid|snowflake128)' AND proname !~ '_(bound|in_range|created_in)$';
SELECT is(count(*), 20::bigint, 'and all bounds and predicates')
FROM our_functions WHERE proleakproof AND proname ~ '^(uuid|ulid|snowflake128).*_(bound|in_range|created_in)$';
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'no function runs as its owner')
FROM our_functions WHERE prosecdef;
SELECT is(string_agg(pg_describe_object(classid, objid, 0), ', '), NULL, 'everything has a comment, but for the types of rows and arrays')
FROM ours WHERE obj_description(objid, classid::regclass::name) IS NULL
  AND NOT EXISTS (SELECT FROM pg_type t WHERE classid = 'pg_type'::regclass AND t.oid = objid AND (t.typtype = 'c' OR t.typelem <> 0));
SELECT is(string_agg(oid::regoperator::text, ', '), NULL, 'every operator says what it commutes with and how it is estimated, and each comparison its negator')
FROM pg_operator JOIN ours ON objid = oid AND classid = 'pg_operator'::regclass
WHERE oprcom = 0 OR oprrest = 0 OR oprjoin = 0 OR (oprnegate = 0 AND oprname NOT IN ('<@', '@>'));
SELECT ok(extrelocatable, 'the extension can be moved') FROM pg_extension WHERE extname = 'idgen';

CREATE ROLE regress_idgen_user;
SET ROLE regress_idgen_user;
SELECT lives_ok('SELECT snowflake_nextval(), snowflake_nextvals(2), snowflake_next_block(2), public.uuidv4(), public.uuidv7(), uuidv7_sequential(), uuidv1(), uuidv6(), ulid(), ulid_monotonic(), ulid_sequential(), snowflake128_nextval()',
	'anyone may draw');
SELECT lives_ok('SELECT * FROM idgen_slots, idgen_status(), snowflake_layouts', 'anyone may look');
SELECT throws_ok('SELECT idgen_reset_timeline()', '42501', NULL, 'not anyone may reset the timeline');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
