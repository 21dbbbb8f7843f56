-- What snowflake IDs are, checked by SQL arithmetic that shares nothing with the
-- library: an ID is ms since 2020 << 22 | datacenter << 17 | worker << 12 | sequence.
BEGIN;
SELECT plan(22);

CREATE TEMP TABLE drawn (n serial, way text, id bigint, before timestamptz, after timestamptz);

-- each way to draw, in one session, in this order
INSERT INTO drawn (way, id, before, after)
SELECT 'single', snowflake_nextval(), b, clock_timestamp()
FROM (SELECT clock_timestamp() AS b FROM generate_series(1, 5000)) x;
INSERT INTO drawn (way, id) SELECT 'batch', unnest(snowflake_nextvals(20000));
INSERT INTO drawn (way, id)
SELECT 'block', first + i FROM (SELECT snowflake_next_block(1000) AS first OFFSET 0) b, generate_series(0, 999) i;
INSERT INTO drawn (way, id) SELECT 'single', snowflake_nextval() FROM generate_series(1, 5000);

DO $$
BEGIN
	FOR i IN 1..2000 LOOP
		INSERT INTO drawn (way, id) VALUES ('plpgsql', snowflake_nextval());
	END LOOP;
END
$$;

SELECT is(count(DISTINCT id), count(*), 'no ID comes twice') FROM drawn;
SELECT is(count(*), 0::bigint, 'IDs strictly increase, whichever way they are drawn')
FROM (SELECT id <= lag(id) OVER (ORDER BY n) AS wrong FROM drawn) d WHERE wrong;
SELECT is(count(*), 0::bigint, 'no ID is negative') FROM drawn WHERE id < 0;
SELECT is(count(*), 0::bigint, 'node bits are those of the settings') FROM drawn
WHERE (id >> 17) & 31 <> current_setting('idgen.datacenter_id')::int
   OR (id >> 12) & 31 <> current_setting('idgen.worker_id')::int;

-- ms since the epoch, computed without the library
CREATE FUNCTION pg_temp.id_time(id bigint) RETURNS timestamptz LANGUAGE sql AS
$$ SELECT timestamptz '2020-01-01 00:00:00+00' + (id >> 22) * interval '1 millisecond' $$;

-- a burst looks at a clock that moves with the kernel's timer, 10 ms at most
SELECT is(count(*), 0::bigint, 'no ID is older than when it was asked for')
FROM drawn WHERE pg_temp.id_time(id) < date_trunc('milliseconds', before) - interval '10 milliseconds';
CREATE TEMP TABLE asked AS SELECT clock_timestamp() AS before;
SELECT ok(pg_temp.id_time(snowflake_nextval()) >= date_trunc('milliseconds', before),
	'the first ID of a statement is not even a millisecond older') FROM asked;
SELECT is(count(*), 0::bigint, 'no ID is further ahead than idgen.max_drift')
FROM drawn WHERE pg_temp.id_time(id) > after + current_setting('idgen.max_drift')::interval;

-- reading
SELECT is(count(*), 0::bigint, 'snowflake_parse reads what arithmetic reads')
FROM drawn, snowflake_parse(id) p
WHERE (p.created_at, p.datacenter_id, p.worker_id, p.sequence) IS DISTINCT FROM
      (pg_temp.id_time(id), ((id >> 17) & 31)::int, ((id >> 12) & 31)::int, (id & 4095)::int);
SELECT is(count(*), 0::bigint, 'and so does snowflake_timestamp')
FROM drawn WHERE snowflake_timestamp(id) IS DISTINCT FROM pg_temp.id_time(id);
SELECT is(count(*), 0::bigint, 'fields survive a round trip, over the whole range of bigint')
FROM generate_series(0, 62) b,
     LATERAL (SELECT (1::bigint << b) AS id UNION ALL SELECT (1::bigint << b) - 1 + (1::bigint << b)) v,
     snowflake_parse(v.id) p
WHERE (extract(epoch FROM p.created_at) * 1000 - 1577836800000) * 4194304
      + p.datacenter_id * 131072 + p.worker_id * 4096 + p.sequence <> v.id;

-- NULL in, NULL out
SELECT is(snowflake_timestamp(NULL), NULL, 'snowflake_timestamp(NULL)');
SELECT is(snowflake_nextvals(NULL), NULL, 'snowflake_nextvals(NULL)');
SELECT is(snowflake_next_block(NULL), NULL, 'snowflake_next_block(NULL)');

-- bad input, by SQLSTATE
SELECT throws_ok('SELECT snowflake_nextvals(0)', '22023', NULL, 'count of zero');
SELECT throws_ok('SELECT snowflake_nextvals(-5)', '22023', NULL, 'negative count');
SELECT throws_ok('SELECT snowflake_nextvals(2147483647)', '22023', NULL, 'more than an array holds');
SELECT throws_ok('SELECT snowflake_next_block(0)', '22023', NULL, 'size of zero');
SELECT throws_ok('SELECT snowflake_next_block(4097)', '22023', 'size must be between 1 and 4096',
	'a block larger than a tick, with the largest size in the message');
SELECT throws_ok('SELECT snowflake_parse(-1)', '22003', NULL, 'a negative ID');
SELECT throws_ok('SELECT snowflake_timestamp(-9223372036854775808)', '22003', NULL, 'the smallest bigint');

-- a rolled-back subtransaction gives nothing back
CREATE TEMP TABLE lost (id bigint);
DO $$
DECLARE
	drawn bigint;
BEGIN
	BEGIN
		drawn := snowflake_nextval();
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN
		INSERT INTO lost VALUES (drawn);
	END;
END
$$;
SELECT ok(snowflake_nextval() > (SELECT id FROM lost), 'a rollback gives nothing back');

-- a cursor draws in several messages
DECLARE c CURSOR FOR SELECT snowflake_nextval() FROM generate_series(1, 300);
CREATE TEMP TABLE fetched (n serial, id bigint);
DO $$
DECLARE
	c refcursor := 'c';
	fetched bigint;
BEGIN
	FOR i IN 1..300 LOOP
		FETCH c INTO fetched;
		INSERT INTO fetched (id) VALUES (fetched), (snowflake_nextval());
	END LOOP;
END
$$;
SELECT is(count(*), 0::bigint, 'a cursor and single calls, interleaved, increase')
FROM (SELECT id <= lag(id) OVER (ORDER BY n) AS wrong FROM fetched) d WHERE wrong;

SELECT * FROM finish();
ROLLBACK;
