-- UUIDs of version 7, bit by bit.  Names are qualified because PostgreSQL 18 has
-- its own uuidv7().
BEGIN;
SELECT plan(12);

CREATE FUNCTION pg_temp.bits(id uuid) RETURNS bit(128) LANGUAGE sql IMMUTABLE AS
$$ SELECT ('x' || replace(id::text, '-', ''))::bit(128) $$;
CREATE FUNCTION pg_temp.ms(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT substring(pg_temp.bits(id) FROM 1 FOR 48)::bit(48)::bigint $$;
-- 1/4096 ms since 1970: RFC 9562, section 6.2, method 3
CREATE FUNCTION pg_temp.fractions(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.ms(id) * 4096 + substring(pg_temp.bits(id) FROM 53 FOR 12)::bit(12)::int $$;

SELECT is(pg_temp.ms('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), 1645557742000,
	'these functions read the example of RFC 9562, appendix A.6');

CREATE TEMP TABLE drawn AS
SELECT n, public.uuidv7() AS id FROM generate_series(1, 100000) n;
CREATE TEMP TABLE timed AS
SELECT b, public.uuidv7() AS id, clock_timestamp() AS a
FROM (SELECT clock_timestamp() AS b FROM generate_series(1, 5000)) x;

SELECT is(count(*), 0::bigint, 'version 7, variant 10') FROM drawn
WHERE substring(pg_temp.bits(id) FROM 49 FOR 4) <> B'0111' OR substring(pg_temp.bits(id) FROM 65 FOR 2) <> B'10';
SELECT is(count(DISTINCT id), count(*), 'no UUID comes twice') FROM drawn;
SELECT is(count(*), 0::bigint, 'UUIDs strictly increase')
FROM (SELECT id <= lag(id) OVER (ORDER BY n) AS wrong FROM drawn) d WHERE wrong;
SELECT is(count(*), 0::bigint, 'the time is that of the clock to a microsecond, and never ahead of it')
FROM timed
WHERE pg_temp.fractions(id) NOT BETWEEN
	floor(extract(epoch FROM b)::numeric * 4096000) - 5 AND ceil(extract(epoch FROM a)::numeric * 4096000) + 5;
SELECT ok(count(DISTINCT pg_temp.fractions(id) % 4096) > 100, 'the 12 bits below the millisecond are in use') FROM drawn;

-- Each of the 62 random bits is set in about half of the UUIDs.  A burst shares
-- random bits within a fraction, so take the first of each.
SELECT is(count(*), 0::bigint, 'random bits are balanced')
FROM (
	SELECT bit, avg(get_bit(pg_temp.bits(id), bit)) AS share
	FROM (SELECT DISTINCT ON (pg_temp.fractions(id)) id FROM drawn ORDER BY pg_temp.fractions(id), n) f,
	     generate_series(66, 127) bit
	GROUP BY bit
) s WHERE share NOT BETWEEN 0.4 AND 0.6;

-- a constant shift keeps the order
CREATE TEMP TABLE shifted AS
SELECT n, public.uuidv7('1 day 1 microsecond') AS id FROM generate_series(1, 50000) n;
SELECT is(count(*), 0::bigint, 'shifted UUIDs strictly increase')
FROM (SELECT id <= lag(id) OVER (ORDER BY n) AS wrong FROM shifted) d WHERE wrong;

SELECT is(public.uuidv7(NULL), NULL, 'uuidv7(NULL)');
SELECT throws_ok($$SELECT public.uuidv7('-100 years')$$, '22008', NULL, 'before 1970');
SELECT throws_ok($$SELECT public.uuidv7('9000 years')$$, '22008', NULL, 'beyond 48 bits of milliseconds');
SELECT throws_ok($$SELECT public.uuidv7('170000000 years')$$, '22008', NULL, 'beyond what a timestamp holds');

SELECT * FROM finish();
ROLLBACK;
