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

--
-- UUIDs of a moment
--
SET DateStyle = 'ISO, MDY';
SELECT uuid_timestamp(uuidv7_at('2026-11-21 17:00:00.123456+00')), uuid_timestamp(uuidv7_at('2026-11-21 17:00:00.123456+00'), with_fraction => true);
SELECT left(uuidv7_at('1970-01-01 00:00:00+00')::text, 18) AS first, left(uuidv7_at('10889-08-02 05:31:50.655999+00')::text, 18) AS last;
SELECT uuidv7_at(NULL);
SELECT uuidv7_at('1969-12-31 23:59:59.999999+00');
SELECT uuidv7_at('10889-08-02 05:31:50.656+00');
SELECT uuidv7_at('-infinity');
SELECT uuidv7_at('infinity');

--
-- Reading: the examples of RFC 9562, appendices A and B, and others
--
CREATE TABLE examples (n serial, id uuid);
INSERT INTO examples (id) VALUES
    ('C232AB00-9414-11EC-B3C8-9F6BDECED846'), ('000003e8-cbb9-21ea-b201-00045a86c8a1'), ('5df41881-3aed-3515-88a7-2f4a814cf09e'),
    ('919108f7-52d1-4320-9bac-f847db4148a8'), ('2ed6657d-e927-568b-95e1-2665a8aea6a2'), ('1EC9414C-232A-6B00-B3C8-9F6BDECED846'),
    ('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), ('2489E9AD-2EE2-8E00-8EC9-32D5F69181C0'), ('5c146b14-3c52-8afd-938a-375d0df1fbf6'),
    ('017f22e2-79b0-9cc3-98c4-dc0c0c07398f'), ('00000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff');
SELECT id, uuid_timestamp(id), uuid_timestamp(id, true) AS with_fraction FROM examples ORDER BY n;
-- pg_uuidv7's, and the first and last times
SELECT id, uuid_timestamp(id) FROM unnest('{018570bb-4a7d-7c7e-8df4-6d47afd8c8fc,018570bb-4a7d-7000-8000-000000000000,00000000-0000-1000-8000-000000000000,
    ffffffff-ffff-1fff-bfff-ffffffffffff,00000000-0000-6000-8000-000000000000,ffffffff-ffff-6fff-bfff-ffffffffffff,
    00000000-0000-7000-8000-000000000000,ffffffff-ffff-7fff-bfff-ffffffffffff}'::uuid[]) id;
SELECT uuid_timestamp(NULL), uuid_timestamp(NULL, true), uuid_timestamp('017F22E2-79B0-7CC3-98C4-DC0C0C07398F', with_fraction => NULL);

\a
\t
SELECT uuid_inspect(id) || E'\n' FROM examples ORDER BY n;
-- other variants: Apollo's, Microsoft's IUnknown, one of the future; a ULID and an extended Snowflake
SELECT uuid_inspect(id) || E'\n' FROM unnest('{333a2276-0000-0000-0d00-00809c000000,00000000-0000-0000-c000-000000000046,017f22e2-79b0-7cc3-f8c4-dc0c0c07398f,
    0186cb65-25d7-81da-415c-7e25a6bfe7db,16d6320c-3d4d-cc00-0000-010000050001}'::uuid[]) id;
-- nodes: a hardware address, a random one, a server's
SELECT uuid_inspect(id) || E'\n' FROM unnest('{c232ab00-9414-11ec-b3c8-00045a86c8a1,c232ab00-9414-11ec-b3c8-9f6bdeced846,1ec9414c-232a-6b00-8001-010003000005}'::uuid[]) id;
-- the first and last times, whatever the settings of this session
SET DateStyle = 'SQL, DMY';
SET TimeZone = 'Asia/Tokyo';
SELECT uuid_inspect(id) || E'\n' FROM unnest('{00000000-0000-1000-8000-000000000000,ffffffff-ffff-6fff-bfff-ffffffffffff,ffffffff-ffff-7fff-bfff-ffffffffffff}'::uuid[]) id;
\a
\t
SET DateStyle = 'ISO, MDY';
SET TimeZone = 'UTC';
SELECT uuid_inspect(NULL);
DROP TABLE examples;

--
-- Versions 1 and 6
--
SELECT uuidv1_to_v6('C232AB00-9414-11EC-B3C8-9F6BDECED846'), uuidv6_to_v1('1EC9414C-232A-6B00-B3C8-9F6BDECED846');
SELECT uuidv1_to_v6(NULL), uuidv6_to_v1(NULL);
SELECT uuid_timestamp(uuidv1()) BETWEEN now() AND clock_timestamp() AS v1, uuid_timestamp(uuidv6()) BETWEEN now() AND clock_timestamp() AS v6,
       uuid_timestamp(uuidv7_sequential(), true) BETWEEN now() AND clock_timestamp() AS v7;
SELECT uuidv6_to_v1(uuidv1_to_v6(id)) = id AS same FROM uuidv1() id;
SELECT uuidv1_to_v6('1EC9414C-232A-6B00-B3C8-9F6BDECED846');
SELECT uuidv1_to_v6('00000000-0000-0000-0000-000000000000');
SELECT uuidv6_to_v1('017F22E2-79B0-7CC3-98C4-DC0C0C07398F');
SELECT uuidv6_to_v1('ffffffff-ffff-ffff-ffff-ffffffffffff');

--
-- Extended Snowflakes
--
SELECT * FROM snowflake128_parse('16d6320c-3d4d-cee1-0000-030000050001');
SELECT * FROM snowflake128_parse('ffffffff-ffff-ffff-00ff-ffffffffffff');
SELECT * FROM snowflake128_parse(NULL);
SELECT created_at BETWEEN now() AND clock_timestamp() AS now, datacenter_id, worker_id FROM snowflake128_parse(snowflake128_nextval());
SELECT * FROM snowflake128_parse('017F22E2-79B0-7CC3-98C4-DC0C0C07398F');

--
-- Moments as bounds, and ranges of them
--
SELECT moment, uuidv7_lower_bound(moment), uuidv7_upper_bound(moment)
FROM unnest('{-infinity,1970-01-01,2022-02-22 19:22:22.000999,10889-08-02 05:31:50.655,10889-08-02 05:31:50.656,infinity}'::timestamptz[]) moment;
SELECT moment, uuidv6_lower_bound(moment), uuidv6_upper_bound(moment)
FROM unnest('{-infinity,1582-10-15,2022-02-22 19:22:22.000999,5236-03-31 21:21:00.684697,5236-03-31 21:21:00.684698,infinity}'::timestamptz[]) moment;
SELECT moment, snowflake128_lower_bound(moment), snowflake128_upper_bound(moment)
FROM unnest('{-infinity,1970-01-01,2022-02-22 19:22:22.000999,2554-07-21 23:34:33.709551,2554-07-21 23:34:33.709552,infinity}'::timestamptz[]) moment;
SELECT range, uuidv7_first_in_range(range), uuidv7_last_in_range(range)
FROM unnest('{"[2026-03-01,2026-04-01)","(2026-03-01,2026-04-01]","(,)","[2026-03-01,)",empty,"[1900-01-01,1950-01-01)"}'::tstzrange[]) range;
SELECT uuidv7_lower_bound(NULL), uuidv7_created_in(NULL, '(,)'), uuidv7_created_in('017F22E2-79B0-7CC3-98C4-DC0C0C07398F', NULL);
SELECT uuidv7_created_in('017F22E2-79B0-7CC3-98C4-DC0C0C07398F', '[2022-02-22,2022-02-23)') AS v7,
       uuidv6_created_in('1EC9414C-232A-6B00-B3C8-9F6BDECED846', '[2022-02-22,2022-02-23)') AS v6,
       snowflake128_created_in('16d6320c-3d4d-cee1-0000-030000050001', '[2022-02-22,2022-02-23)') AS snowflake128,
       uuidv7_created_in('017F22E2-79B0-7CC3-98C4-DC0C0C07398F', '[2022-02-23,)') AS later;
CREATE TABLE events (id uuid PRIMARY KEY);
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET enable_indexonlyscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE uuidv7_created_in(id, '[2026-03-01,2026-04-01)');
RESET enable_bitmapscan;
RESET enable_seqscan;
RESET enable_indexonlyscan;
DROP TABLE events;
