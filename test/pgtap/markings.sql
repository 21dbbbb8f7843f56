-- How functions are marked is true by PostgreSQL's definitions: of all that are there, and
-- not of those on a list.  What needs another server or clock is in test/t/046_markings.pl.
BEGIN;
SELECT plan(10);
\ir include/query.sql
\ir include/calls.sql

SELECT is(string_agg(DISTINCT a.type::regtype::text, ', '), NULL, 'there are arguments of every type that functions take, but for internal ones')
FROM our_functions, unnest(proargtypes) a(type)
WHERE a.type <> 'internal'::regtype AND NOT EXISTS (SELECT FROM arguments WHERE type = a.type) AND provolatile <> 'v';

-- "has no side effects ... a function which throws an error message for some argument values but not others ... is not leakproof"
CREATE TEMP TABLE leakproof_calls AS
SELECT oid, call, pg_temp.outcome(call) AS outcome FROM our_functions, pg_temp.calls(oid, 500) call WHERE proleakproof;
SELECT is(string_agg(call, E'\n'), NULL, 'what is leakproof is not called with an argument that makes it fail')
FROM (SELECT format('%s: %s', call, outcome) AS call FROM leakproof_calls WHERE pg_temp.is_error(outcome) LIMIT 5) s;
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, '... and each was called with more than one')
FROM our_functions p WHERE proleakproof AND (SELECT count(*) FROM leakproof_calls c WHERE c.oid = p.oid) < 2;
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, '... and none of them is volatile')
FROM our_functions WHERE proleakproof AND provolatile = 'v';

-- what an index needs behind a security barrier: the operators of its class
SELECT is(string_agg(DISTINCT amopopr::regoperator::text, ', '), NULL, 'operators of our operator classes are leakproof')
FROM pg_amop JOIN pg_operator o ON o.oid = amopopr JOIN our_functions p ON p.oid = o.oprcode WHERE NOT p.proleakproof;

-- the row that is kept from a query cannot make it fail
CREATE ROLE regress_idgen_marked;
CREATE FUNCTION pg_temp.is_own(owner name) RETURNS boolean LANGUAGE plpgsql COST 10000 AS 'BEGIN RETURN owner = current_user; END';
CREATE TABLE layouts_of_all (layout snowflake_layout, moment timestamptz, during tstzrange, owner name);
INSERT INTO layouts_of_all VALUES ('default', now(), '(,)', 'regress_idgen_marked'), ('hybrid', now(), '(,)', 'other'), ('seata', now(), '(,)', 'other');
ALTER TABLE layouts_of_all ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON layouts_of_all USING (pg_temp.is_own(owner));
GRANT SELECT ON layouts_of_all TO regress_idgen_marked;
SET LOCAL ROLE regress_idgen_marked;
SELECT is(string_agg(format('%s: %s', bound, outcome), ', '), NULL, 'bounds of what a policy hides are not computed')
FROM unnest(ARRAY['lower_bound(moment', 'upper_bound(moment', 'first_from(moment', 'first_in_range(during', 'last_in_range(during']) bound,
	pg_temp.value(format('count(*) FROM layouts_of_all WHERE snowflake_%s, layout) >= 0', bound)) outcome WHERE outcome <> '1';
RESET ROLE;

-- "IMMUTABLE ... does not do database lookups", "STABLE ... cannot modify the database": a caller is not more constant than what it calls
SELECT is(string_agg(p.oid::regprocedure || ' calls ' || c.oid::regprocedure, ', '), NULL, 'no SQL function is marked as more constant than what it calls')
FROM our_functions p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
	JOIN pg_proc c ON c.oid = d.refobjid
WHERE p.prosqlbody IS NOT NULL AND position(p.provolatile IN 'isv') < position(c.provolatile IN 'isv');
SELECT is(string_agg(p.oid::regprocedure || ' calls ' || c.oid::regprocedure, ', '), NULL, '... nor as safer in parallel workers')
FROM our_functions p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
	JOIN pg_proc c ON c.oid = d.refobjid
WHERE p.prosqlbody IS NOT NULL AND position(p.proparallel IN 'sru') < position(c.proparallel IN 'sru');
SELECT is(string_agg(oid::regprocedure::text, ', '), NULL, 'what answers the planner, which goes by settings and catalogs, is not immutable')
FROM our_functions WHERE provolatile = 'i' AND (prorettype = 'internal'::regtype AND proname ~ '_support$' OR proname ~ '_selectivity$');

-- a function whose result a table can keep is one that an index can be on
CREATE TEMP TABLE immutable_calls AS
SELECT call, pg_temp.outcome(call) AS outcome FROM our_functions, pg_temp.calls(oid, 60) call
WHERE provolatile = 'i' AND NOT 'internal'::regtype = ANY (proargtypes::oid[]);
SET LOCAL TimeZone = 'Asia/Kathmandu';
SET LOCAL DateStyle = 'German';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL bytea_output = 'escape';
SET LOCAL extra_float_digits = -10;
SELECT is(string_agg(call, E'\n'), NULL, 'what is immutable gives the same again with other settings of the session')
FROM (SELECT call FROM immutable_calls WHERE pg_temp.outcome(call) IS DISTINCT FROM outcome LIMIT 5) s;

SELECT * FROM finish();
ROLLBACK;
