-- Who may call what after CREATE EXTENSION, as the table of SECURITY.md says.  What is not listed here is for every role.
BEGIN;
SELECT plan(4);

CREATE TEMP TABLE closed (name text, to_monitor boolean);
INSERT INTO closed VALUES
	('idgen_reset_timeline', false), ('idgen_restore_column', false), ('idgen_restore_row', false), ('idgen_ignore_published_row', false), ('idgen_lease_create_pool', false), ('idgen_lease_widen_pool', false),
	('idgen_lease_propose_layout', false), ('idgen_lease_commit_layout', false), ('idgen_lease_abort_layout', false),
	('idgen_lease_release', false), ('idgen_lease_workers', false), ('idgen_lease', true), ('idgen_metrics', true),
	('idgen_metrics_text', true), ('idgen_create_key', false), ('idgen_drop_key', false), ('id_conceal', false),
	('id_reveal', false), ('segment_return', false), ('segment_take_back', false), ('segment_take_free', false), ('segment_set_roots', false), ('segment_create_counter', false);
CREATE TEMP VIEW ours AS
SELECT p.oid, p.proname::text AS name FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'idgen';
CREATE ROLE regress_idgen_anyone;
CREATE ROLE regress_idgen_monitor IN ROLE pg_monitor;

SELECT is(array_agg(DISTINCT name ORDER BY name), (SELECT array_agg(name ORDER BY name) FROM closed), 'these functions are not for every role')
FROM ours WHERE NOT has_function_privilege('regress_idgen_anyone', oid, 'EXECUTE');
SELECT is(array_agg(DISTINCT name ORDER BY name), (SELECT array_agg(name ORDER BY name) FROM closed WHERE NOT to_monitor), '... and these not for pg_monitor')
FROM ours WHERE NOT has_function_privilege('regress_idgen_monitor', oid, 'EXECUTE');
SELECT is(string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname), 'idgen_key_secrets, segment_free, segment_grants, segment_roots', 'every role may read all tables and views but these')
FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refobjid = e.oid AND e.extname = 'idgen'
WHERE c.relkind IN ('r', 'v', 'p') AND NOT has_table_privilege('regress_idgen_anyone', c.oid, 'SELECT');
SELECT is(string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname), NULL, 'nobody may write one')
FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refobjid = e.oid AND e.extname = 'idgen'
WHERE c.relkind IN ('r', 'v', 'p') AND has_table_privilege('regress_idgen_anyone', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE');

SELECT * FROM finish();
ROLLBACK;
