--
-- What CREATE EXTENSION brings, and how each function is marked
--
CREATE EXTENSION idgen;

SELECT p.proname,
       oidvectortypes(p.proargtypes) AS arguments,
       pg_get_function_result(p.oid) AS result,
       p.provolatile AS volatile, p.proparallel AS parallel,
       p.proisstrict AS strict, p.proleakproof AS leakproof, p.procost AS cost
FROM pg_depend d
JOIN pg_proc p ON p.oid = d.objid
WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen')
ORDER BY p.proname, arguments;

-- everything has a comment, but for the types of rows and arrays
SELECT pg_describe_object(d.classid, d.objid, 0) AS "without a comment"
FROM pg_depend d
WHERE d.deptype = 'e'
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen')
  AND obj_description(d.objid, d.classid::regclass::name) IS NULL
  AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND (t.typtype = 'c' OR t.typelem <> 0));

\d idgen_slots

-- it moves to another schema, comes again after being dropped, and lives there
CREATE SCHEMA ids;
ALTER EXTENSION idgen SET SCHEMA ids;
SELECT ids.snowflake_nextval() < ids.snowflake_nextval() AS increasing;
EXPLAIN (COSTS OFF) SELECT FROM generate_series(1, 9::bigint) AS id WHERE ids.snowflake_created_in(id, '[2020-01-01,2021-01-01)');
DROP EXTENSION idgen;
CREATE EXTENSION idgen SCHEMA ids;
SELECT count(*) FROM ids.idgen_slots WHERE pid = pg_backend_pid();
SELECT ids.uuidv7() < ids.uuidv7() AS increasing;
DROP EXTENSION idgen;
DROP SCHEMA ids;
CREATE EXTENSION idgen;
