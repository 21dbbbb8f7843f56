--
-- The type ulid
--
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV'::ulid, '01arz3ndektsv4rrffq69g5fav'::ulid AS lower, 'oLARZ3NDEKTSV4RRFFQ69G5FAV'::ulid AS look_alikes,
       ulid '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' AS last, NULL::ulid;
SELECT id, ulid_timestamp(id), id::uuid, id::bytea
FROM unnest('{01ARZ3NDEKTSV4RRFFQ69G5FAV,01BX5ZZKBKACTAV9WEVGEMMVRZ,01GV5PA9EQG7D82Q3Y4PKBZSYV,00000000000000000000000000,7ZZZZZZZZZZZZZZZZZZZZZZZZZ}'::ulid[]) id;

-- a key, in order within a session and in the same millisecond one more than the last
CREATE TABLE events (id ulid PRIMARY KEY DEFAULT ulid(), what text);
INSERT INTO events (what) SELECT 'event ' || i FROM generate_series(1, 1000) i;
SELECT count(DISTINCT id), bool_and(id > previous) AS increasing, bool_and(length(id::text) = 26) AS digits
FROM (SELECT id, lag(id) OVER (ORDER BY ctid) AS previous FROM events) e;
SELECT ulid_timestamp(ulid()) BETWEEN date_trunc('milliseconds', now()) AND clock_timestamp() AS ulid,
       ulid_timestamp(ulid_sequential()) BETWEEN date_trunc('milliseconds', now()) AND clock_timestamp() AS sequential;
SELECT ulid_timestamp(ulid_at('2016-07-30 23:54:10.259999+00')), left(ulid_at('10889-08-02 05:31:50.655999+00')::text, 10) AS last;
DROP TABLE events;

-- casts
SELECT '01563e3a-b5d3-d676-4c61-efb99302bd5b'::uuid::ulid, '\x01563e3ab5d3d6764c61efb99302bd5b'::bytea::ulid,
       '2016-07-30 23:54:10.259+00'::timestamptz::ulid, '2016-07-30 23:54:10.259'::timestamp::ulid;
SET TimeZone = 'America/New_York';
SELECT '2016-07-30 23:54:10.259'::timestamp::ulid, ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV'::timestamp, ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV'::timestamptz;
SET TimeZone = 'UTC';

-- JSON
SELECT to_json(id), row_to_json(v) FROM (SELECT ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV' AS id) v;
SELECT * FROM json_to_record('{"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}') AS v(id ulid);

-- COPY, as text and binary
CREATE TABLE ulids (id ulid);
COPY ulids FROM stdin;
01ARZ3NDEKTSV4RRFFQ69G5FAV
7zzzzzzzzzzzzzzzzzzzzzzzzz
\N
\.
COPY ulids TO stdout;
COPY ulids TO stdout WITH (FORMAT csv, NULL 'none');
COPY ulids FROM stdin;
01ARZ3NDEKTSV4RRFFQ69G5FAU
\.
SELECT ulid_send(id) FROM ulids ORDER BY id;
\copy ulids TO 'results/ulids.bin' WITH (FORMAT binary)
CREATE TABLE uuids (id uuid);
\copy uuids FROM 'results/ulids.bin' WITH (FORMAT binary)
TABLE uuids;
TRUNCATE ulids;
\copy ulids FROM 'results/ulids.bin' WITH (FORMAT binary)
TABLE ulids;
DROP TABLE ulids, uuids;

-- order and equality; a ULID is compared with no UUID
SELECT ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV' = '01arz3ndektsv4rrffq69g5fav' AS equal, ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV' < '01BX5ZZKBKACTAV9WEVGEMMVRZ' AS less,
       min(id), max(id) FROM unnest('{01BX5ZZKBKACTAV9WEVGEMMVRZ,01ARZ3NDEKTSV4RRFFQ69G5FAV}'::ulid[]) id;
\set VERBOSITY sqlstate
SELECT ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV' = '01563e3a-b5d3-d676-4c61-efb99302bd5b'::uuid;
\set VERBOSITY default
SELECT ulid '01ARZ3NDEKTSV4RRFFQ69G5FAV' = '01563e3a-b5d3-d676-4c61-efb99302bd5b';

-- moments as bounds, and ranges of them
SELECT moment, ulid_lower_bound(moment), ulid_upper_bound(moment)
FROM unnest('{-infinity,1970-01-01,2016-07-30 23:54:10.259999,10889-08-02 05:31:50.655,10889-08-02 05:31:50.656,infinity}'::timestamptz[]) moment;
SELECT range, ulid_first_in_range(range), ulid_last_in_range(range), ulid_created_in('01ARZ3NDEKTSV4RRFFQ69G5FAV', range)
FROM unnest('{"[2016-07-30,2016-07-31)","(2016-07-30,2016-07-31]","(,)","[2026-03-01,)",empty}'::tstzrange[]) range;

-- NULL
SELECT ulid_at(NULL), ulid_timestamp(NULL), ulid_lower_bound(NULL), ulid_created_in(NULL, '(,)'), ulid_created_in('01ARZ3NDEKTSV4RRFFQ69G5FAV', NULL);

-- bad input
SELECT ''::ulid;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FA'::ulid;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAVV'::ulid;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAU'::ulid;
SELECT 'U1ARZ3NDEKTSV4RRFFQ69G5FAV'::ulid;
SELECT ' 01ARZ3NDEKTSV4RRFFQ69G5FA'::ulid;
SELECT '01ARZ3NDEKT-SV4RRFFQ69G5FA'::ulid;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAVé'::ulid;
SELECT '01ARZ3NDEKTSV€RRFFQ69G5FAV'::ulid;
SELECT '8ZZZZZZZZZZZZZZZZZZZZZZZZZ'::ulid;
SELECT 'zzzzzzzzzzzzzzzzzzzzzzzzzz'::ulid;
SELECT '01563e3a-b5d3-d676-4c61-efb99302bd5b'::ulid;
SELECT '01563e3ab5d3d6764c61efb99302bd5b'::ulid;
SELECT '{01563e3a-b5d3-d676-4c61-efb99302bd5b}'::ulid;
SELECT repeat('0', 1000)::ulid;
SELECT '\x01563e3ab5d3d6764c61efb99302bd'::bytea::ulid;
SELECT '\x01563e3ab5d3d6764c61efb99302bd5b00'::bytea::ulid;
SELECT ulid_at('1969-12-31 23:59:59.999999+00');
SELECT ulid_at('10889-08-02 05:31:50.656+00');
SELECT ulid_at('infinity');
SELECT '-infinity'::timestamptz::ulid;
SELECT '10889-08-02 05:31:50.656'::timestamp::ulid;
