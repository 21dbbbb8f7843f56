-- Moving in: which values a column may have for idgen_convert_default() to give it a default, and what
-- idgen_revert_default() restores after sequences have been moved and renamed.  What only warns is tested by 011_uses.pl.
BEGIN;
SELECT plan(49);
SET client_min_messages = error;
CREATE ROLE regress_idgen_owner;
CREATE SCHEMA "Old Shop" AUTHORIZATION regress_idgen_owner;
CREATE SCHEMA other AUTHORIZATION regress_idgen_owner;
GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_idgen_owner;
SET ROLE regress_idgen_owner;
SET search_path = "Old Shop", public;
CREATE FUNCTION above(ahead interval) RETURNS bigint LANGUAGE sql RETURN snowflake_upper_bound(now() + ahead)::bigint;

-- values are found without an index that begins with the column, if the table is small
CREATE TABLE no_index (id bigint);
CREATE TABLE hashed (id bigint);
CREATE INDEX ON hashed USING hash (id);
CREATE TABLE partial_index (id bigint);
CREATE INDEX ON partial_index (id) WHERE id < 1000;
CREATE TABLE second (x int, id bigint, PRIMARY KEY (x, id));
CREATE TABLE of_type (id snowflake);
CREATE TABLE parted (id bigint) PARTITION BY HASH (id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE INDEX ON parted_0 (id);
CREATE TABLE parent (id bigint PRIMARY KEY);
CREATE TABLE child () INHERITS (parent);
INSERT INTO no_index VALUES (above('1 day'));
INSERT INTO hashed TABLE no_index;
INSERT INTO partial_index TABLE no_index;
INSERT INTO second SELECT 1, id FROM no_index;
INSERT INTO of_type TABLE no_index;
INSERT INTO parted TABLE no_index;
INSERT INTO child TABLE no_index;
INSERT INTO parent VALUES (1);
SELECT throws_like(format('SELECT idgen_convert_default(%L, ''id'')', t), '%has values above the IDs%', 'values that IDs would come to: ' || t)
FROM unnest('{no_index,hashed,partial_index,second,of_type,parted,parent}'::text[]) AS t;
-- and not in one that is large
CREATE TABLE large (id bigint) WITH (fillfactor = 10);
INSERT INTO large SELECT above('1 day') FROM generate_series(1, 25000);
SELECT ok(pg_relation_size('large') > 8 * 1024 * 1024, 'a table that is not read for long');
SELECT is(idgen_convert_default('large', 'id'), 'public.snowflake_nextval()', '... is converted');
CREATE INDEX ON large (id);
SELECT throws_like('SELECT idgen_convert_default(''large'', ''id'')', '%has values above the IDs%', '... or not, with an index');

-- generators: values of their own node
SELECT snowflake_create_generator('nine', 'twitter', worker_id => 9, datacenter_id => 1);
CREATE TABLE of_nine (id bigint);
INSERT INTO of_nine VALUES (snowflake_lower_bound(now() + interval '1 hour', 'twitter')::bigint | (1 << 17) | (8 << 12));
SELECT is(idgen_convert_default('of_nine', 'id', $$snowflake_nextval('nine')$$), 'public.snowflake_nextval(''nine''::name)', 'a generator beside an ID of another node that is ahead');
INSERT INTO of_nine VALUES (snowflake_lower_bound(now() - interval '1 hour', 'twitter')::bigint | (1 << 17) | (9 << 12));
SELECT is(idgen_convert_default('of_nine', 'id', $$snowflake_nextval('nine')$$), 'public.snowflake_nextval(''nine''::name)', '... and one of its own that is behind');
INSERT INTO of_nine VALUES (snowflake_lower_bound(now() + interval '1 hour', 'twitter')::bigint | (1 << 17) | (9 << 12));
SELECT throws_ok($$ SELECT idgen_convert_default('of_nine', 'id', $e$snowflake_nextval('nine')$e$) $$, '55000', 'column "id" of table "of_nine" has values that its default would issue again', '... but not beside one of its own that is ahead');
SELECT throws_ok($$ SELECT idgen_convert_default('of_nine', 'id', $e$(public.snowflake_nextval('nine'::name))::bigint$e$) $$, '55000', NULL, '... however written');
ALTER TABLE of_nine ALTER id TYPE snowflake;
CREATE INDEX ON of_nine (id);
SELECT throws_ok($$ SELECT idgen_convert_default('of_nine', 'id', $e$snowflake_nextval('nine')::snowflake$e$) $$, '55000', NULL, '... and with the type and an index, too');
SELECT throws_ok($$ SELECT idgen_convert_default('no_index', 'id', 'snowflake_nextval()') $$, '55000', 'column "id" of table "no_index" has values above the IDs that its default would issue', 'the server''s own IDs as a third argument');

-- segments and sequences
CREATE SEQUENCE fresh;
CREATE SEQUENCE odd INCREMENT 2;
CREATE SEQUENCE down INCREMENT -1;
CREATE TABLE numbers (id bigint PRIMARY KEY, small int);
INSERT INTO numbers VALUES (3, 3);
SELECT throws_ok(format('SELECT idgen_convert_default(''numbers'', %L, %L)', c, e), '55000', format('column "%s" of table "numbers" has values that its default would issue again', c), c || ': ' || e)
FROM unnest('{id,small}'::text[]) AS c, unnest(ARRAY['segment_nextval(''fresh'')', 'segment_nextval_strict(''fresh''::regclass)', 'nextval(''fresh'')']) AS e;
SELECT is(setval('fresh', 3), 3::bigint, 'a sequence that is above');
SELECT is(idgen_convert_default('numbers', 'id', $$segment_nextval('fresh')$$), 'public.segment_nextval(''"Old Shop".fresh''::regclass)', '... serves as a segment');
INSERT INTO numbers DEFAULT VALUES;
SELECT is(max(id), 4::bigint, '... from there on') FROM numbers;
SELECT is(idgen_convert_default('numbers', 'id', $$segment_nextval('fresh')$$), 'public.segment_nextval(''"Old Shop".fresh''::regclass)', '... also in use');
INSERT INTO numbers VALUES (10);
SELECT throws_ok($$ SELECT idgen_convert_default('numbers', 'id', $e$segment_nextval('fresh')$e$) $$, '55000', NULL, '... but not below a number of its chunk');
DELETE FROM numbers;
INSERT INTO numbers VALUES (1000000);
SELECT is(idgen_convert_default('numbers', 'id', $$nextval('odd')$$), 'nextval(''"Old Shop".odd''::regclass)', 'even numbers beside odd ones');
SELECT throws_ok($$ SELECT idgen_convert_default('numbers', 'id', $e$nextval('"Old Shop".fresh')$e$) $$, '55000', NULL, '... and not beside all');
INSERT INTO numbers VALUES (-5);
SELECT is(idgen_convert_default('numbers', 'id', $$nextval('down')$$), 'nextval(''"Old Shop".down''::regclass)', 'a sequence that goes down is not looked at');
SELECT is(idgen_convert_default('numbers', 'id', 'abs(7)'), 'abs(7)', 'nor is another expression');

-- a sequence that may begin anew, one that ends below the values, and one that the caller must not read
CREATE SEQUENCE anew MAXVALUE 100 START 90 CYCLE;
CREATE SEQUENCE ends MAXVALUE 10;
CREATE TABLE beside (id bigint PRIMARY KEY, small int);
INSERT INTO beside VALUES (5, 5);
SELECT throws_ok($$ SELECT idgen_convert_default('beside', 'id', $e$nextval('anew')$e$) $$, '55000', 'column "id" of table "beside" has values that its default would issue again', 'a sequence that begins anew below the values');
UPDATE beside SET id = 500;
SELECT is(idgen_convert_default('beside', 'id', $$nextval('ends')$$), 'nextval(''"Old Shop".ends''::regclass)', 'one that ends below them');
SELECT snowflake_create_generator('narrow', worker_id => 3);
SELECT throws_ok(format('SELECT idgen_convert_default(''beside'', ''small'', %L)', e), '42804', 'column "small" of table "beside" is too narrow for IDs', 'a column without room: ' || e)
FROM unnest(ARRAY['snowflake_nextval()', 'snowflake_nextval(''narrow'')']) AS e;
RESET ROLE;
CREATE SEQUENCE of_others START 500;
SET ROLE regress_idgen_owner;
SELECT is(idgen_convert_default('beside', 'id', format('nextval(''%s''::regclass)', 'of_others'::regclass::oid)), 'nextval(''"Old Shop".of_others''::regclass)', 'one that the caller must not read is not compared');

-- what is no expression
SELECT throws_ok('SELECT idgen_convert_default(''numbers'', ''id'', NULL)', '22004', 'expression must not be null', 'a NULL instead of an expression');
SELECT throws_ok('SELECT idgen_convert_default(NULL, ''id'')', '22004', 'table must not be null', '... of a table');
SELECT throws_ok('SELECT idgen_revert_default(''numbers'', NULL)', '22004', 'column must not be null', '... of a column');
SELECT throws_ok(format('SELECT idgen_convert_default(''numbers'', ''id'', %L)', e), '22023', 'default must not be empty', 'an empty expression') FROM unnest('{""," "}'::text[]) AS e;

-- the sequence of a serial is found wherever it is
CREATE TABLE moved (id bigserial PRIMARY KEY);
INSERT INTO moved SELECT FROM generate_series(1, 100);
SELECT idgen_convert_default('moved', 'id');
ALTER TABLE moved SET SCHEMA other;
CREATE TABLE moved (id bigserial PRIMARY KEY);
SELECT is(idgen_revert_default('other.moved', 'id'), 'nextval(''other.moved_id_seq''::regclass)', 'a serial whose table has been moved reverts to its own sequence');
INSERT INTO other.moved DEFAULT VALUES;
SELECT is(max(id), 101::bigint, '... from where it was') FROM other.moved;
SELECT idgen_convert_default('moved', 'id');
ALTER SEQUENCE moved_id_seq RENAME TO "Renamed Sequence";
RESET ROLE;
ALTER SCHEMA "Old Shop" RENAME TO "New Shop";
SET ROLE regress_idgen_owner;
SET search_path = "New Shop", public;
SELECT is(idgen_revert_default('moved', 'id'), 'nextval(''"New Shop"."Renamed Sequence"''::regclass)', '... one whose sequence and schema have been renamed, too');
SELECT idgen_convert_default('moved', 'id');
ALTER SEQUENCE "Renamed Sequence" OWNED BY NONE;
SELECT throws_ok('SELECT idgen_revert_default(''moved'', ''id'')', '55000', 'column "id" of table "moved" has no sequence of its own', '... and not one whose sequence is its no more');
ALTER SEQUENCE fresh OWNED BY moved.id;
ALTER SEQUENCE "Renamed Sequence" OWNED BY moved.id;
SELECT is(idgen_revert_default('moved', 'id'), 'nextval(''"New Shop"."Renamed Sequence"''::regclass)', '... of two that it owns now, that of the old name comes back');

CREATE SEQUENCE shared;
CREATE TABLE sharing (id bigint DEFAULT nextval('shared'));
SELECT idgen_convert_default('sharing', 'id');
ALTER SEQUENCE shared RENAME TO shared_2;
SELECT throws_ok('SELECT idgen_revert_default(''sharing'', ''id'')', '42P01', NULL, 'a sequence of no column is known by its name');

-- an identity needs a type of numbers
CREATE TABLE identity (id bigint GENERATED ALWAYS AS IDENTITY);
SELECT idgen_convert_default('identity', 'id');
ALTER TABLE identity ALTER id TYPE snowflake;
SELECT throws_ok('SELECT idgen_revert_default(''identity'', ''id'')', '42804', 'column "id" of table "identity" cannot be an identity again as it has type snowflake', 'an identity whose type has been changed');
ALTER TABLE identity ALTER id TYPE bigint;
SELECT is(idgen_revert_default('identity', 'id'), 'generated always as identity', '... comes back when it is as before');

SELECT * FROM finish();
ROLLBACK;
