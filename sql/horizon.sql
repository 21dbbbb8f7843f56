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
SELECT stable_horizon() >= :horizon AS alone, stable_plpgsql_horizon() >= :horizon AS alone_too;
DROP FUNCTION stable_horizon, stable_plpgsql_horizon;

-- it can be stored, and used in a function that is volatile
CREATE TABLE heartbeat (horizon bigint);
INSERT INTO heartbeat SELECT snowflake_horizon();
UPDATE heartbeat SET horizon = snowflake_horizon();
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
DO 'BEGIN PERFORM snowflake_horizon(); END';
SELECT snowflake_horizon() >= :horizon AS "a statement of its own";
INSERT INTO heartbeat SELECT snowflake_horizon();
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
\set VERBOSITY sqlstate
INSERT INTO outbox (id, payload) VALUES (:earlier, 'of a transaction before');
UPDATE outbox SET id = id + 1;
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
DROP TABLE outbox, heartbeat CASCADE;
