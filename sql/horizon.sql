--
-- Horizons: an outbox whose readers miss nothing, and where a horizon may not be read
--
CREATE TABLE outbox (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), payload text);
INSERT INTO outbox (payload) VALUES ('a'), ('b');

-- two statements: the horizon, and then the rows below it
SELECT snowflake_horizon() AS horizon \gset
SELECT payload FROM outbox WHERE id > 0 AND id < :horizon ORDER BY id;

-- in one statement, rows would be missed
SELECT payload FROM outbox WHERE id < snowflake_horizon();
SELECT payload FROM outbox JOIN (SELECT snowflake_horizon() AS horizon) h ON id < horizon;
WITH h AS MATERIALIZED (SELECT snowflake_horizon() AS horizon) SELECT payload FROM outbox, h WHERE id < horizon;
\set VERBOSITY sqlstate
SELECT payload FROM outbox WHERE id < (SELECT snowflake_horizon());
SELECT payload FROM outbox, snowflake_horizon() AS h WHERE id < h;
SELECT snowflake_horizon(), * FROM (SELECT payload FROM outbox LIMIT 1) AS one;
WITH o AS MATERIALIZED (SELECT * FROM outbox) SELECT snowflake_horizon() FROM o;
SELECT snowflake_horizon() UNION ALL SELECT id FROM outbox;
SELECT snowflake_horizon(), (SELECT count(*) FROM outbox);
DELETE FROM outbox WHERE id < snowflake_horizon();
SELECT payload FROM outbox WHERE uuidv7_horizon() IS NOT NULL;
SELECT payload FROM outbox WHERE ulid_horizon(true) IS NOT NULL;
SELECT payload FROM outbox WHERE id < snowflake_horizon('none', true);
CREATE VIEW safe AS SELECT * FROM outbox WHERE id < snowflake_horizon();
SELECT payload FROM safe;
DROP VIEW safe;

-- functions whose statements see rows as of the calling statement
CREATE FUNCTION stable_horizon() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT snowflake_horizon()';
CREATE FUNCTION stable_plpgsql_horizon() RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN snowflake_horizon(); END';
SELECT payload FROM outbox WHERE id < stable_horizon();
SELECT payload FROM outbox WHERE id < stable_plpgsql_horizon();
\set VERBOSITY default
SELECT stable_horizon();
SELECT stable_plpgsql_horizon();

-- such a function would read rows as of a time before its horizon, whatever calls it
CREATE FUNCTION stable_reader() RETURNS SETOF bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	horizon bigint := snowflake_horizon();
BEGIN
	RETURN QUERY SELECT id FROM outbox WHERE id < horizon ORDER BY id;
END $$;
CREATE FUNCTION stable_count() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	horizon bigint := snowflake_horizon();
BEGIN
	RETURN (SELECT count(*) FROM outbox WHERE id < horizon);
END $$;
CREATE TABLE heartbeat (n integer PRIMARY KEY DEFAULT 1, horizon bigint DEFAULT snowflake_horizon());
INSERT INTO heartbeat DEFAULT VALUES;
\set VERBOSITY sqlstate
SELECT * FROM stable_reader();
INSERT INTO heartbeat SELECT 2, * FROM stable_reader();
INSERT INTO heartbeat SELECT 2, stable_horizon();
INSERT INTO heartbeat VALUES (2, stable_count());
UPDATE heartbeat SET horizon = stable_count();
DELETE FROM heartbeat WHERE n + stable_count() > 0;
MERGE INTO heartbeat h USING (VALUES (1)) AS v (n) ON h.n = v.n WHEN MATCHED THEN UPDATE SET horizon = stable_count();
CREATE TABLE copied AS SELECT * FROM stable_reader();
COPY (SELECT * FROM stable_reader()) TO STDOUT;
EXPLAIN (ANALYZE, COSTS OFF) INSERT INTO heartbeat VALUES (2, stable_count());
DO 'BEGIN PERFORM stable_reader(); END';
DO 'BEGIN PERFORM stable_horizon(); END';
DO 'BEGIN IF stable_count() > 0 THEN NULL; END IF; END';
DO 'DECLARE n bigint; BEGIN n := stable_count(); END';
DO 'DECLARE r record; BEGIN FOR r IN SELECT * FROM stable_reader() LOOP NULL; END LOOP; END';
DO 'DECLARE r record; c CURSOR FOR SELECT * FROM stable_reader(); BEGIN FOR r IN c LOOP NULL; END LOOP; END';
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM stable_reader();
FETCH c;
ROLLBACK;

-- also if the subtransaction has ended that declared the cursor
CREATE FUNCTION stable_queried_horizon() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
	horizon bigint;
BEGIN
	SELECT snowflake_horizon() INTO horizon;
	RETURN horizon;
END $$;
BEGIN;
SAVEPOINT outer_one;
SAVEPOINT inner_one;
DECLARE c CURSOR FOR SELECT payload, stable_queried_horizon() FROM outbox;
RELEASE inner_one;
RELEASE outer_one;
FETCH c;
ROLLBACK;
DROP FUNCTION stable_queried_horizon;

-- so would one that has the horizon as an argument, and a prepared statement
CREATE FUNCTION stable_below(horizon bigint) RETURNS SETOF bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT id FROM outbox WHERE id < horizon ORDER BY id;
END $$;
CREATE FUNCTION stable_sql_below(horizon bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS 'SELECT id FROM outbox WHERE id < horizon ORDER BY id';
PREPARE below(bigint) AS SELECT payload FROM outbox WHERE id < $1 ORDER BY id;
SELECT stable_below(snowflake_horizon());
SELECT * FROM stable_sql_below(snowflake_horizon());
INSERT INTO heartbeat SELECT 2, * FROM stable_below(snowflake_horizon());
EXECUTE below(snowflake_horizon());
\set VERBOSITY terse
SELECT below FROM snowflake_horizon() AS horizon, stable_below(horizon) AS below;
INSERT INTO heartbeat SELECT 2, horizon + (SELECT count(*) FROM outbox) FROM (SELECT snowflake_horizon() AS horizon OFFSET 0) AS h;
\set VERBOSITY default
EXECUTE below(:horizon);

-- after an error, everything is as before
CREATE FUNCTION failing() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT snowflake_horizon() / (random() * 0)::integer';
DO $$
DECLARE
	horizon bigint;
	failures integer := 0;
	rows bigint;
BEGIN
	FOR i IN 1 .. 50 LOOP
		BEGIN
			PERFORM stable_reader();
		EXCEPTION WHEN feature_not_supported THEN
			failures := failures + 1;
		END;
		BEGIN
			horizon := failing();
		EXCEPTION WHEN division_by_zero THEN
			failures := failures + 1;
		END;
		horizon := snowflake_horizon();
		SELECT count(*) INTO rows FROM outbox WHERE id < horizon;
		EXECUTE 'SELECT count(*) FROM outbox WHERE id < $1' INTO rows USING snowflake_horizon();
	END LOOP;
	RAISE NOTICE '% failures, % rows', failures, rows;
	COMMIT;
	horizon := snowflake_horizon();
	ROLLBACK;
	horizon := snowflake_horizon();
END $$;
DROP FUNCTION stable_horizon, stable_plpgsql_horizon, stable_reader, stable_count, stable_below, stable_sql_below, failing;

-- it can be stored, and used in a function that is volatile
INSERT INTO heartbeat SELECT 2, snowflake_horizon();
INSERT INTO heartbeat (n) VALUES (3), (4);
INSERT INTO heartbeat VALUES (4, snowflake_horizon()) ON CONFLICT (n) DO UPDATE SET horizon = EXCLUDED.horizon;
INSERT INTO heartbeat VALUES (4, 0) ON CONFLICT (n) DO UPDATE SET horizon = snowflake_horizon();
UPDATE heartbeat SET horizon = snowflake_horizon();
MERGE INTO heartbeat h USING (VALUES (4), (5)) AS v (n) ON h.n = v.n
	WHEN MATCHED THEN UPDATE SET horizon = snowflake_horizon() WHEN NOT MATCHED THEN INSERT VALUES (v.n, snowflake_horizon());
WITH new AS (INSERT INTO heartbeat VALUES (6, snowflake_horizon()) RETURNING n) SELECT n FROM new;
PREPARE beat(bigint) AS INSERT INTO heartbeat VALUES (7, $1);
EXECUTE beat(snowflake_horizon());
CREATE TABLE kept AS SELECT snowflake_horizon() AS horizon;
DROP TABLE kept;
CREATE VIEW alone AS SELECT snowflake_horizon() AS horizon;
SELECT horizon > 0 AS positive FROM alone;
DROP VIEW alone;
CREATE FUNCTION read_outbox(last bigint) RETURNS SETOF outbox LANGUAGE plpgsql AS $$
DECLARE
	horizon bigint := snowflake_horizon();
BEGIN
	RETURN QUERY SELECT * FROM outbox WHERE id > last AND id < horizon ORDER BY id;
END $$;
SELECT payload FROM read_outbox(0);
CREATE TABLE handled AS SELECT payload FROM read_outbox(0);
INSERT INTO handled SELECT payload FROM read_outbox(0);
CREATE FUNCTION below(horizon bigint) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT id FROM outbox WHERE id < horizon ORDER BY id;
END $$;
SELECT count(*) FROM below(snowflake_horizon());
CREATE FUNCTION beat_and_count() RETURNS bigint LANGUAGE sql AS $$
	UPDATE heartbeat SET horizon = snowflake_horizon();
	SELECT count(*) FROM outbox WHERE id < (SELECT min(horizon) FROM heartbeat);
$$;
SELECT beat_and_count();
CREATE PROCEDURE count_below(INOUT horizon bigint) LANGUAGE plpgsql AS $$
BEGIN
	horizon := count(*) FROM outbox WHERE id < horizon;
	COMMIT;
	horizon := horizon + count(*) FROM outbox WHERE id < snowflake_nextval();
END $$;
CALL count_below(snowflake_horizon());
DROP FUNCTION below, beat_and_count;
DROP PROCEDURE count_below;
CREATE FUNCTION read_outbox_in_loops() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	c CURSOR FOR SELECT snowflake_horizon() AS horizon;
	r record;
BEGIN
	FOR r IN SELECT snowflake_horizon() AS horizon LOOP
		RETURN QUERY SELECT payload FROM outbox WHERE id < r.horizon ORDER BY id;
	END LOOP;
	FOR r IN c LOOP
		RETURN QUERY EXECUTE 'SELECT payload FROM outbox WHERE id < $1 ORDER BY id' USING r.horizon;
	END LOOP;
END $$;
SELECT * FROM read_outbox_in_loops();
DROP FUNCTION read_outbox_in_loops;

-- a transaction with one snapshot sees nothing that is committed later
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT snowflake_horizon();
ROLLBACK;
\set VERBOSITY sqlstate
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT uuidv7_horizon();
ROLLBACK;
SET default_transaction_isolation = 'repeatable read';
SELECT payload FROM read_outbox(0);
INSERT INTO handled SELECT payload FROM read_outbox(0);
DO 'BEGIN PERFORM snowflake_horizon(); END';
SELECT snowflake_horizon() >= :horizon AS "a statement of its own";
INSERT INTO heartbeat SELECT 8, snowflake_horizon();
RESET default_transaction_isolation;
\set VERBOSITY default

-- a generator's horizon; a literal is a name
SELECT snowflake_create_generator('orders', worker_id => 7);
SELECT snowflake_horizon('orders') > 0 AS of_orders, snowflake_horizon('orders', true) > 0 AS of_all, snowflake_horizon(all_databases => true) > 0 AS of_server;
SELECT snowflake_horizon('nobody');
SELECT snowflake_create_generator('slabs', layout => 'worker 10, time 41 of 1 ms since 2020-01-01, sequence 12', worker_id => 1);
SELECT snowflake_horizon('slabs');
SELECT snowflake_drop_generator('orders'), snowflake_drop_generator('slabs');

-- IDs that were generated elsewhere may be below the horizon
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION idgen_outbox_guard('id');
INSERT INTO outbox (payload) VALUES ('c');
INSERT INTO outbox (id, payload) VALUES (1, 'by hand');
SELECT snowflake_nextval() AS earlier \gset
INSERT INTO outbox (id, payload) VALUES (NULL, 'of nobody');
\set VERBOSITY sqlstate
INSERT INTO outbox (id, payload) VALUES (:earlier, 'of a transaction before');
UPDATE outbox SET id = id + 1;
UPDATE outbox SET id = NULL;

-- also in a transaction with IDs of more generators than it holds one by one
SELECT count(snowflake_create_generator('of' || n, worker_id => 20 + n)) AS generators FROM generate_series(1, 3) AS n;
CREATE TABLE of_generator (id bigint PRIMARY KEY DEFAULT snowflake_nextval('of1'));
CREATE TRIGGER guard BEFORE INSERT ON of_generator FOR EACH ROW EXECUTE FUNCTION idgen_outbox_guard('id', 'of1');
SELECT snowflake_nextval('of1') AS earlier, pg_sleep(0.01) \gset
SELECT snowflake_horizon('of1') > :earlier AS passed;
BEGIN;
INSERT INTO of_generator DEFAULT VALUES;
SELECT count(snowflake_nextval('of' || n)) AS drawn FROM generate_series(1, 3) AS n;
INSERT INTO of_generator DEFAULT VALUES;
INSERT INTO of_generator VALUES (:earlier);
ROLLBACK;
DROP TABLE of_generator;
SELECT count(snowflake_drop_generator('of' || n)) AS dropped FROM generate_series(1, 3) AS n;
\set VERBOSITY default
UPDATE outbox SET payload = upper(payload);
SELECT payload FROM outbox ORDER BY id;
CREATE TRIGGER no_ids BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION idgen_outbox_guard('payload');
INSERT INTO outbox DEFAULT VALUES;
DROP TRIGGER no_ids ON outbox;
CREATE TRIGGER no_column BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION idgen_outbox_guard('ID');
INSERT INTO outbox DEFAULT VALUES;
DROP TRIGGER no_column ON outbox;
CREATE TRIGGER no_argument BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION idgen_outbox_guard();
INSERT INTO outbox DEFAULT VALUES;
DROP TABLE outbox, heartbeat, handled CASCADE;
