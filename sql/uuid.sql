--
-- Making UUIDs.  Names are qualified because PostgreSQL 18 has its own uuidv7().
--
CREATE TABLE events (id uuid PRIMARY KEY DEFAULT public.uuidv7(), payload text);
INSERT INTO events (payload) SELECT 'event ' || i FROM generate_series(1, 10000) i;
SELECT count(*), count(DISTINCT id) FROM events;
SELECT bool_and(id > previous) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY ctid) AS previous FROM events) e;

-- version 7 and variant 10 of RFC 9562
SELECT DISTINCT substr(id::text, 15, 1) AS version, substr(id::text, 20, 1) IN ('8', '9', 'a', 'b') AS variant
FROM events;
DROP TABLE events;

-- the time is that of the clock, and moves with the shift
CREATE FUNCTION uuid_time(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE AS
$$
    SELECT to_timestamp(('x' || lpad(translate(left(id::text, 13), '-', ''), 16, '0'))::bit(64)::bigint / 1000.0)
$$;
SELECT bool_and(uuid_time(public.uuidv7()) BETWEEN clock_timestamp() - interval '1 s' AND clock_timestamp() + interval '1 s')
FROM generate_series(1, 1000);
SELECT shift, uuid_time(public.uuidv7(shift)) BETWEEN now() + shift - interval '1 s' AND clock_timestamp() + shift + interval '1 s' AS ok
FROM (VALUES ('0'::interval), ('1 hour'), ('-1 hour'), ('1 day'), ('-50 years'), ('1 month'), ('8000 years'),
             ('1 microsecond'), ('-0.5 microsecond')) s(shift);

-- also in order when the shift is constant
CREATE TEMP TABLE shifted AS
SELECT n, public.uuidv7('-3 hours 1 microsecond') AS id FROM generate_series(1, 20000) n;
SELECT bool_and(id > previous) AS increasing
FROM (SELECT id, lag(id) OVER (ORDER BY n) AS previous FROM shifted) s;

-- the edges of the format; in UTC, where a day has 24 hours
SET TimeZone = 'UTC';
SELECT uuid_time(public.uuidv7(timestamptz '10889-08-02 05:31:00+00' - now())) > '10889-01-01' AS late;
SELECT uuid_time(public.uuidv7(timestamptz '1970-01-01 00:01:00+00' - now())) < '1970-01-02' AS early;

-- bad input
SELECT public.uuidv7(NULL);
SELECT public.uuidv7('-100 years');
SELECT public.uuidv7(timestamptz '1969-12-31 23:59:00+00' - now());
SELECT public.uuidv7(timestamptz '10889-08-02 05:32:00+00' - now());
SELECT public.uuidv7('9000 years');
SELECT public.uuidv7('1000000 years');
DROP FUNCTION uuid_time;
