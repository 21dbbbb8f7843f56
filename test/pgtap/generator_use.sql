-- What names a generator keeps it from being dropped, and is named; nothing that others
-- make of a generator does; a definition that is not valid hides no other.
BEGIN;
SELECT plan(55);

-- what went wrong, or NULL; with a role, as that role
CREATE FUNCTION pg_temp.error(query text, role name DEFAULT NULL, OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS
$$
BEGIN
	IF role IS NOT NULL THEN
		EXECUTE format('SET LOCAL ROLE %I', role);
	END IF;
	EXECUTE query;
	SET LOCAL ROLE NONE;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END
$$;

CREATE SCHEMA "Regress uses";
SET LOCAL search_path = "$user", public;

--
-- Each kind of object, and each way to write a name.  Objects are named o.
--
CREATE TEMP TABLE kinds (kind text, made text, named text);
INSERT INTO kinds VALUES
	('default', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used'))$$, 'column "Regress uses".o.id'),
	('its name is quoted', $$CREATE TABLE "Regress uses".o ("The ID" bigint DEFAULT snowflake_nextval('used'))$$, 'column "Regress uses".o."The ID"'),
	('of type snowflake', $$CREATE TABLE "Regress uses".o (id snowflake DEFAULT snowflake_nextval('used'))$$, 'column "Regress uses".o.id'),
	('default within an expression', $$CREATE TABLE "Regress uses".o (id text DEFAULT 'x-' || abs(snowflake_nextval('used') % 1000)::text)$$, 'column "Regress uses".o.id'),
	('within a CASE', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT CASE WHEN random() < 2 THEN coalesce(snowflake_nextval('used'), 1) END)$$, 'column "Regress uses".o.id'),
	('of an array', $$CREATE TABLE "Regress uses".o (id bigint[] DEFAULT ARRAY[1, snowflake_nextval('used')])$$, 'column "Regress uses".o.id'),
	('many at a time', $$CREATE TABLE "Regress uses".o (id bigint[] DEFAULT snowflake_nextvals('used', 3))$$, 'column "Regress uses".o.id'),
	('a block', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_next_block('used', 3))$$, 'column "Regress uses".o.id'),
	('arguments in another order', $$CREATE TABLE "Regress uses".o (id bigint[] DEFAULT snowflake_nextvals(count => 3, generator => 'used'))$$, 'column "Regress uses".o.id'),
	('name', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used'::name))$$, 'column "Regress uses".o.id'),
	('text', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used'::text))$$, 'column "Regress uses".o.id'),
	('varchar', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used'::varchar))$$, 'column "Regress uses".o.id'),
	('char', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used  '::bpchar))$$, 'column "Regress uses".o.id'),
	('collation', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used' COLLATE "C"))$$, 'column "Regress uses".o.id'),
	('two in one expression', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('used') + snowflake_next_block('used', 1) * 0)$$, 'column "Regress uses".o.id'),
	('default of a view', $$CREATE VIEW "Regress uses".o AS SELECT 1::bigint AS id; ALTER VIEW "Regress uses".o ALTER id SET DEFAULT snowflake_nextval('used')$$, 'column "Regress uses".o.id'),
	('domain', $$CREATE DOMAIN "Regress uses".o AS bigint DEFAULT snowflake_nextval('used')$$, 'type "Regress uses".o'),
	('view', $$CREATE VIEW "Regress uses".o AS SELECT snowflake_nextval('used') AS id$$, 'rule _RETURN on view "Regress uses".o'),
	('subquery of a view', $$CREATE VIEW "Regress uses".o AS SELECT (SELECT max(id) FROM (SELECT snowflake_nextval('used') AS id FROM generate_series(1, 2)) s)$$, 'rule _RETURN on view "Regress uses".o'),
	('set-returning in a view', $$CREATE VIEW "Regress uses".o AS SELECT * FROM unnest(snowflake_nextvals('used', 2)) u(id)$$, 'rule _RETURN on view "Regress uses".o'),
	('body of a function', $$CREATE FUNCTION "Regress uses".o() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT snowflake_nextval('used'); END$$, 'function "Regress uses".o()'),
	('default of an argument', $$CREATE FUNCTION "Regress uses".o(id bigint DEFAULT snowflake_nextval('used')) RETURNS bigint LANGUAGE sql AS 'SELECT $1'$$, 'function "Regress uses".o(bigint)'),
	('constraint', $$CREATE TABLE "Regress uses".o (id bigint CONSTRAINT c CHECK (id < snowflake_nextval('used')))$$, 'constraint c on table "Regress uses".o'),
	('policy', $$CREATE TABLE "Regress uses".o (id bigint); CREATE POLICY p ON "Regress uses".o USING (id < snowflake_nextval('used'))$$, 'policy p on table "Regress uses".o'),
	('trigger', $$CREATE TABLE "Regress uses".o (id bigint); CREATE TRIGGER t BEFORE INSERT ON "Regress uses".o FOR EACH ROW WHEN (NEW.id < snowflake_nextval('used')) EXECUTE FUNCTION suppress_redundant_updates_trigger()$$, 'trigger t on table "Regress uses".o'),
	('rule', $$CREATE TABLE "Regress uses".o (id bigint); CREATE RULE r AS ON UPDATE TO "Regress uses".o DO ALSO INSERT INTO "Regress uses".o VALUES (snowflake_nextval('used'))$$, 'rule r on table "Regress uses".o'),
	('another one', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval('Used'), other bigint DEFAULT snowflake_nextval())$$, NULL),
	('a text that is no call', $$CREATE TABLE "Regress uses".o (id text DEFAULT 'snowflake_nextval(''used'')')$$, NULL),
	('a name that is computed', $$CREATE TABLE "Regress uses".o (id bigint DEFAULT snowflake_nextval(lower('USED')::name))$$, NULL);

-- what it takes to drop generator "used" beside such an object: the detail, or NULL
CREATE FUNCTION pg_temp.detail_beside(made text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	error record;
BEGIN
	EXECUTE made;
	SELECT * INTO error FROM pg_temp.error($q$SELECT snowflake_drop_generator('used')$q$);
	RAISE EXCEPTION USING MESSAGE = 'back';
EXCEPTION WHEN raise_exception THEN
	IF SQLERRM <> 'back' THEN
		RAISE;
	END IF;
	IF error.state IS DISTINCT FROM NULLIF('2BP01', error.detail) THEN
		RETURN error.state || ' ' || error.message;
	END IF;
	RETURN error.detail;
END
$$;

SELECT snowflake_create_generator('used', 'leaf', 1);
SELECT is(pg_temp.detail_beside(made), named || ' depends on generator used', kind) FROM kinds;

-- all of them, and what to do
CREATE TABLE "Regress uses".a (one bigint DEFAULT snowflake_nextval('used'), two bigint DEFAULT snowflake_nextval('used'));
CREATE TABLE "Regress uses".b (LIKE "Regress uses".a INCLUDING DEFAULTS);
CREATE TEMP TABLE t AS SELECT * FROM pg_temp.error($$SELECT snowflake_drop_generator('used')$$);
SELECT is(message, 'cannot drop generator "used" because other objects depend on it', 'used: refused') FROM t;
SELECT is(string_to_array(detail, E'\n'), ARRAY['column "Regress uses".a.one depends on generator used', 'column "Regress uses".a.two depends on generator used',
	'column "Regress uses".b.one depends on generator used', 'column "Regress uses".b.two depends on generator used'], '... by what') FROM t;
SELECT matches(hint, 'SET DEFAULT') FROM t;
SELECT lives_ok('INSERT INTO "Regress uses".a DEFAULT VALUES', '... and it issues IDs still');

-- what is changed or dropped names it no more
DROP TABLE "Regress uses".b;
ALTER TABLE "Regress uses".a ALTER one DROP DEFAULT, ALTER two SET DEFAULT snowflake_nextval();
SELECT is(state, NULL, '... until nothing names it') FROM pg_temp.error($$SELECT snowflake_drop_generator('used')$$);

-- more than an error shows
SELECT snowflake_create_generator('used', 'leaf', 1);
DO $$ BEGIN FOR i IN 1 .. 103 LOOP EXECUTE format('CREATE TABLE "Regress uses".many_%s (id bigint DEFAULT snowflake_nextval(''used''))', i); END LOOP; END $$;
SELECT is(array_length(string_to_array(detail, E'\n'), 1), 101, 'a hundred and three uses: a hundred are named') FROM pg_temp.error($$SELECT snowflake_drop_generator('used')$$);
SELECT matches(detail, E'\nand 3 other objects$', '... and the others counted') FROM pg_temp.error($$SELECT snowflake_drop_generator('used')$$);

--
-- A name that names nothing
--
CREATE FUNCTION pg_temp.findings(name text) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(severity || ': ' || finding, ' ') FROM idgen_check() WHERE subject = format('generator "%s"', name) AND severity = 'error' $$;
SELECT is(pg_temp.findings('used'), NULL, 'nothing is found of a generator that there is');
ALTER SERVER used RENAME TO reused;
SELECT is(pg_temp.findings('used'), 'error: It does not exist, but column "Regress uses".many_1.id and 102 other objects depend on it and fail when they need an ID.', 'renamed: what names it is found');
SELECT is(state, NULL, '... which does not keep it by its new name') FROM pg_temp.error($$SELECT snowflake_drop_generator('reused')$$);
CREATE FOREIGN DATA WRAPPER regress_other;
CREATE SERVER used FOREIGN DATA WRAPPER regress_other;
SELECT matches(pg_temp.findings('used'), '102 other', 'a foreign server of another wrapper is none');
DROP SERVER used;
SELECT snowflake_create_generator('used', 'leaf', 1);
SELECT is(pg_temp.findings('used'), NULL, '... but one that is created is');

--
-- What others make of a generator
--
CREATE ROLE regress_use_owner;
CREATE ROLE regress_use_user;
GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_use_owner;
SELECT is(state, NULL, 'an owner creates a generator')
FROM pg_temp.error($$SELECT snowflake_create_generator('owned', 'leaf', 2); GRANT USAGE ON FOREIGN SERVER owned TO regress_use_user WITH GRANT OPTION$$, 'regress_use_owner');
SELECT is(state || ' ' || message, '42809 a generator has no user mappings', query) FROM unnest(ARRAY[
	'CREATE USER MAPPING FOR regress_use_user SERVER owned', 'CREATE USER MAPPING FOR CURRENT_USER SERVER owned']) query, pg_temp.error(query, 'regress_use_user');
SELECT is(state, '42809', 'nor has it one for all') FROM pg_temp.error('CREATE USER MAPPING FOR PUBLIC SERVER owned', 'regress_use_owner');
GRANT CREATE ON SCHEMA "Regress uses" TO regress_use_user;
SELECT is(state || ' ' || message, '42809 a generator has no foreign tables', 'nor foreign tables') FROM pg_temp.error('CREATE FOREIGN TABLE "Regress uses".f (a int) SERVER owned', 'regress_use_user');

-- where a superuser has taken the validator away
ALTER FOREIGN DATA WRAPPER idgen NO VALIDATOR;
CREATE USER MAPPING FOR PUBLIC SERVER owned;
CREATE USER MAPPING FOR regress_use_user SERVER owned;
SELECT is(state, '42501', 'who may use a generator does not drop it') FROM pg_temp.error($$SELECT snowflake_drop_generator('owned')$$, 'regress_use_user');
SELECT is(state, NULL, 'user mappings of others do not keep its owner from that') FROM pg_temp.error($$SELECT snowflake_drop_generator('owned')$$, 'regress_use_owner');

-- a definition that is not valid
CREATE SERVER spoiled FOREIGN DATA WRAPPER idgen OPTIONS (layout 'nonsense', worker_id 'x');
CREATE SERVER without FOREIGN DATA WRAPPER idgen;
CREATE SERVER wild FOREIGN DATA WRAPPER idgen OPTIONS (layout 'leaf', color 'red', worker_id '99999999999');
ALTER FOREIGN DATA WRAPPER idgen VALIDATOR snowflake_generator_validator;
SELECT is(pg_temp.findings('spoiled'), 'error: Its options cannot be read, so it issues no IDs: invalid input syntax for type snowflake_layout: "nonsense".', 'a layout that is none is found');
SELECT is(pg_temp.findings('without'), 'error: Its options cannot be read, so it issues no IDs: option "layout" is required.', '... and none at all');
SELECT is(pg_temp.findings('wild'), 'error: Its options cannot be read, so it issues no IDs: invalid option "color".', '... and what is no option');
SELECT is(array_agg(g::text ORDER BY generator), ARRAY[format('(spoiled,%s,,,,,,)', current_user), format('(used,%s,leaf,1,,,,zero)', current_user)], 'the view goes on, too')
FROM snowflake_generators g WHERE generator IN ('used', 'spoiled');
ALTER SERVER spoiled OPTIONS (SET layout 'leaf', SET worker_id '5');
SELECT is(pg_temp.findings('spoiled'), NULL, 'corrected, it is none');
SELECT lives_ok($$SELECT snowflake_nextval('spoiled')$$, '... and issues IDs');
SELECT is(state, NULL, 'one that is not valid can be dropped') FROM pg_temp.error($$SELECT snowflake_drop_generator('wild')$$);

SELECT * FROM finish();
ROLLBACK;
