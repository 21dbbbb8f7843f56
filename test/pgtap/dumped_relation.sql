-- The type of columns by which tables that dumps contain name a table or a sequence, and the trigger of these tables.
BEGIN;
SELECT plan(13);

CREATE TABLE "Some Table" (id bigint);
SELECT is('"Some Table"'::idgen_relation::text, '"Some Table"', 'input and output are those of regclass');
SELECT is('public."Some Table"'::idgen_relation::regclass, '"Some Table"'::regclass, '... with a schema, too');
SELECT is(oid, relname::text::idgen_relation::oid, '... so it can be compared with an OID') FROM pg_class WHERE relname = 'pg_class';
SELECT is((SELECT count(*) FROM pg_class c WHERE c.oid = 'pg_class'::idgen_relation AND 'pg_class'::idgen_relation = c.oid::regclass), 1::bigint, '... and joined with a catalog');
SELECT is(pg_relation_size('"Some Table"'::idgen_relation), 0::bigint, '... and given to a function of a relation');
SELECT is(array_agg(name::idgen_relation::oid), '{0,0,0}', 'what is not there is nothing') FROM unnest('{nothing,public.nothing,nowhere.nothing}'::text[]) name;
SELECT is('-'::idgen_relation::text, '-', '... which is read as it is written');

INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', 'id', 'none', 'old'), ('"Some Table"', 'other', 'none', 'beside'), ('nothing', 'id', 'none', 'lost');
INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', 'id', 'none', 'new'), ('public.nothing', 'id', 'none', 'lost'), (4294967295::oid, 'id', 'none', 'lost');
SELECT is(array_agg(expression ORDER BY column_name), '{new,beside}', 'a row takes the place of another one of its key, and what is not there has none') FROM idgen_converted_defaults;
SELECT throws_ok($$ INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', NULL, 'none') $$, '23502', NULL, 'a key has no nulls');

CREATE TABLE others (n bigint, relation idgen_relation PRIMARY KEY);
CREATE TRIGGER early BEFORE UPDATE ON others FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();
CREATE TRIGGER late AFTER INSERT ON others FOR EACH STATEMENT EXECUTE FUNCTION idgen_restore_row();
SELECT throws_ok($$ INSERT INTO others VALUES (1, 'pg_class') $$, '39P01', NULL, 'the trigger is one of rows');
DROP TRIGGER late ON others;
INSERT INTO others VALUES (1, 'pg_class');
SELECT throws_ok($$ UPDATE others SET n = 2 $$, '39P01', NULL, '... that are inserted');
CREATE TRIGGER before BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();
SELECT throws_ok($$ INSERT INTO others VALUES (1, 'pg_type') $$, '39P01', NULL, '... into a table whose first column is of the type');
SELECT throws_ok($$ SELECT idgen_restore_row() $$, '39P01', NULL, '... and no function to be called');

SELECT * FROM finish();
ROLLBACK;
