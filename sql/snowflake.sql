--
-- Making and reading snowflake IDs
--

-- as a column default
CREATE TABLE orders (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), item text);
INSERT INTO orders (item) SELECT 'item ' || i FROM generate_series(1, 10000) i;
SELECT count(*), count(DISTINCT id) FROM orders;
SELECT bool_and(id > previous) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY ctid) AS previous FROM orders) o;
SELECT bool_and(snowflake_timestamp(id) BETWEEN now() - interval '1 minute' AND now() + interval '1 minute') AS recent
FROM orders;
COPY orders (item) FROM stdin;
from
copy
\.
SELECT count(DISTINCT id) FROM orders;
DROP TABLE orders;

-- fields of IDs computed by hand
SELECT id, p.created_at AT TIME ZONE 'UTC' AS created_at_utc, p.datacenter_id, p.worker_id, p.sequence
FROM (VALUES
    (0::bigint),
    (1),
    (4095),
    (4096),                     -- worker 1
    (131072),                   -- datacenter 1
    (4194304),                  -- the second millisecond
    (189486245678 * 4194304 + 21 * 131072 + 10 * 4096 + 2730),
    (9223372036854775807)
) v(id), snowflake_parse(v.id) p;
SELECT snowflake_timestamp(4194304) AT TIME ZONE 'UTC' AS utc;
SELECT snowflake_parse(NULL), snowflake_timestamp(NULL);

-- nothing depends on TimeZone, so reading can be indexed; the layout has to be named
CREATE TABLE events (id bigint);
CREATE INDEX ON events (snowflake_timestamp(id, 'default'));
CREATE INDEX ON events (((snowflake_parse(id, 'default')).worker_id));
\set VERBOSITY sqlstate
CREATE INDEX ON events (snowflake_timestamp(id));
\set VERBOSITY default
DROP TABLE events;

-- batches
SELECT count(*), count(DISTINCT id) FROM unnest(snowflake_nextvals(100000)) id;
SELECT cardinality(snowflake_nextvals(1));
SELECT snowflake_nextvals(NULL);
SELECT array_dims(snowflake_nextvals(5)), pg_typeof(snowflake_nextvals(5));
SELECT bool_and(id > previous) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY n) AS previous
      FROM unnest(snowflake_nextvals(50000)) WITH ORDINALITY u(id, n)) o;

-- blocks: consecutive integers of one tick and node
CREATE FUNCTION is_one_block(first bigint, size integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS
$$
    SELECT ((first >> 12) = ((first + size - 1) >> 12))
$$;
SELECT size, bool_and(is_one_block(snowflake_next_block(size), size))
FROM generate_series(1, 20), (VALUES (1), (2), (1000), (4095), (4096)) s(size)
GROUP BY size ORDER BY size;
SELECT snowflake_next_block(NULL);
-- what follows a block is above it
SELECT b + 99 < n AS above FROM (SELECT snowflake_next_block(100) AS b, snowflake_nextval() AS n) x;
DROP FUNCTION is_one_block;

-- bad input
SELECT snowflake_nextvals(0);
SELECT snowflake_nextvals(-1);
SELECT snowflake_nextvals(2147483647);
SELECT snowflake_next_block(0);
SELECT snowflake_next_block(-2147483648);
SELECT snowflake_next_block(4097);
SELECT snowflake_parse(-1);
SELECT snowflake_timestamp((-9223372036854775808)::bigint);

-- a rollback gives nothing back, and read-only transactions may draw
BEGIN;
SELECT snowflake_nextval() AS drawn \gset
ROLLBACK;
SELECT snowflake_nextval() > :drawn AS above;
BEGIN READ ONLY;
SELECT snowflake_nextval() > :drawn AS above, cardinality(snowflake_nextvals(10));
COMMIT;
