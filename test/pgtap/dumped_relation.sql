-- The type of columns by which tables that dumps contain name a table or a sequence, and the trigger of these tables.
BEGIN;
SELECT plan(21);

CREATE TABLE "Some Table" (id bigint, other bigint DEFAULT 1);
SELECT is('"Some Table"'::idgen_relation::text, '"Some Table"', 'input and output are those of regclass');
SELECT is('public."Some Table"'::idgen_relation::regclass, '"Some Table"'::regclass, '... with a schema, too');
SELECT is(oid, relname::text::idgen_relation::oid, '... so it can be compared with an OID') FROM pg_class WHERE relname = 'pg_class';
SELECT is((SELECT count(*) FROM pg_class c WHERE c.oid = 'pg_class'::idgen_relation AND 'pg_class'::idgen_relation = c.oid::regclass), 1::bigint, '... and joined with a catalog');
SELECT is(pg_relation_size('"Some Table"'::idgen_relation), 0::bigint, '... and given to a function of a relation');
SELECT is(array_agg(name::idgen_relation::oid), '{0,0,0}', 'what is not there is nothing') FROM unnest('{nothing,public.nothing,nowhere.nothing}'::text[]) name;
SELECT is('-'::idgen_relation::text, '-', '... which is read as it is written');

INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', 'id', 'expression', 'old'), ('"Some Table"', 'other', 'expression', 'beside'), ('nothing', 'id', 'expression', 'lost');
INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', 'id', 'expression', 'new'), ('public.nothing', 'id', 'expression', 'lost'), (4294967295::oid, 'id', 'expression', 'lost');
SELECT is(array_agg(expression ORDER BY column_name), '{new,beside}', 'a row takes the place of another one of its key, and what is not there has none') FROM idgen_converted_defaults;
SELECT throws_ok($$ INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', NULL, 'none') $$, '23502', NULL, 'a key has no nulls');

-- a column that was renamed before the dump, or is not there
INSERT INTO idgen_converted_defaults (relation, column_name, was, column_number)
VALUES ('"Some Table"', 'former', 'none', 2), ('"Some Table"', 'without a default', 'none', 1), ('"Some Table"', 'no number', 'none', NULL), ('"Some Table"', 'nothing', 'none', 3), ('"Some Table"', 'system', 'none', -1), ('"Some Table"', 'id', 'none', 2);
SELECT is(array_agg(row(column_number, column_name, was)::text ORDER BY column_number), '{"(1,id,none)","(2,other,none)"}', 'a row gets the number of a column by its name, or else the name by its number') FROM idgen_converted_defaults;

-- who may restore
CREATE ROLE regress_idgen_owner;
GRANT ALL ON SCHEMA public TO regress_idgen_owner;
CREATE SEQUENCE a_superusers_sequence;
GRANT INSERT ON idgen_converted_defaults, segment_options, segment_grants, segment_roots TO regress_idgen_owner;
SET ROLE regress_idgen_owner;
CREATE TABLE owned (id bigserial);
INSERT INTO idgen_converted_defaults VALUES ('owned', 'id', 'none');
INSERT INTO segment_options VALUES ('owned_id_seq', 5, 'statement', true, false), ('nothing', 5, 'statement', true, false);
INSERT INTO segment_grants VALUES ('owned_id_seq', '[1,2)', now(), 'a role', 'an application');
SELECT throws_ok($$ INSERT INTO idgen_converted_defaults VALUES ('"Some Table"', 'id', 'none') $$, '42501', 'must be owner of table Some Table', 'only its owner says something of a table');
SELECT throws_ok($$ INSERT INTO segment_options VALUES ('a_superusers_sequence', 5, 'statement', true, false) $$, '42501', 'must be owner of sequence a_superusers_sequence', '... or of a sequence');
SELECT throws_ok($$ INSERT INTO segment_roots VALUES ('owned_id_seq', '{postgresql://127.0.0.1:1/postgres}', 'owned_id_seq') $$, '42501', 'permission denied to restore rows of table "segment_roots"', '... and no roots, which only superusers name');
SELECT throws_ok($$ INSERT INTO segment_options VALUES ('owned_id_seq', 0, 'statement', true, false) $$, '23514', NULL, '... and no step that there is not');
SELECT throws_ok($$ INSERT INTO idgen_converted_defaults VALUES ('owned', 'id', 'expression', NULL) $$, '23514', NULL, '... and no expression that is none');
INSERT INTO idgen_converted_defaults VALUES ('owned', 'id', 'expression', '1; DROP TABLE owned');
SELECT throws_ok($$ SELECT idgen_revert_default('owned', 'id') $$, '42601', NULL, '... and no command that another role would run');
RESET ROLE;

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

CREATE TRIGGER column_number BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION idgen_restore_column();
DROP TRIGGER before ON others;
SELECT throws_ok($$ INSERT INTO others VALUES (1, 'pg_type') $$, '39P01', NULL, 'the trigger of columns is one of its table');

SELECT * FROM finish();
ROLLBACK;
