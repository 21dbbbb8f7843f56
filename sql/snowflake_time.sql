--
-- Times as bounds on IDs, and predicates that become ranges of the ID
--
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- the edges of a millisecond, of the epoch and of the layout's end
SELECT moment, snowflake_lower_bound(moment) AS lower, snowflake_upper_bound(moment) AS upper, snowflake_first_from(moment) AS first_from
FROM (VALUES
    (timestamptz '-infinity'),
    ('4714-11-24 00:00:00+00 BC'),
    ('2019-12-31 23:59:59.999999'),
    ('2020-01-01 00:00:00'),
    ('2020-01-01 00:00:00.000001'),
    ('2020-01-01 00:00:00.000999'),
    ('2020-01-01 00:00:00.001'),
    ('2020-01-01 00:00:00.001001'),
    ('2026-03-01 12:00:00'),
    ('2089-09-06 15:47:35.551999'),     -- the last that an ID can be of
    ('2089-09-06 15:47:35.552'),
    ('294276-12-31 23:59:59.999999'),
    ('infinity'),
    (NULL)
) m(moment);

-- from the lower to the upper bound is exactly the millisecond
SELECT id, snowflake_timestamp(id) AS created_at,
       id BETWEEN snowflake_lower_bound('2026-03-01 12:00:00.0005') AND snowflake_upper_bound('2026-03-01 12:00:00.0005') AS inside
FROM (VALUES (815916279398399999), (815916279398400000), (815916279402594303), (815916279402594304)) i(id);

-- predicates: an ID's time is the start of its millisecond
CREATE TABLE events (id snowflake PRIMARY KEY, what text);
INSERT INTO events VALUES
    (0, 'first of all'),
    (snowflake_upper_bound('2026-02-28 23:59:59.999'), 'last of February'),
    (snowflake_lower_bound('2026-03-01'), 'first of March'),
    (snowflake_upper_bound('2026-03-01'), 'its millisecond'),
    (snowflake_lower_bound('2026-03-01 00:00:00.001'), 'the next'),
    ('9223372036854775807', 'last of all');
SELECT what, id, id::timestamptz AS created_at,
       id < timestamptz '2026-03-01' AS lt, id <= timestamptz '2026-03-01' AS le,
       id > timestamptz '2026-03-01' AS gt, id >= timestamptz '2026-03-01' AS ge,
       id <@ '(2026-02-28 23:59:59.999,2026-03-01]' AS contained
FROM events ORDER BY id;
SELECT range, array_agg(what ORDER BY id) FILTER (WHERE id <@ range) AS events
FROM events, (VALUES
    (1, tstzrange '[2026-03-01,2026-03-02)'),
    (2, '(2026-03-01,2026-03-02)'),
    (3, '[2026-02-28,2026-03-01)'),
    (4, '[2026-02-28,2026-03-01]'),
    (5, '[2026-03-01 00:00:00.000001,2026-03-01 00:00:00.000999]'),
    (6, '(,2020-01-01]'),
    (7, '(,2020-01-01)'),
    (8, '[2089-09-06 15:47:35.551,)'),
    (9, '(2089-09-06 15:47:35.551,infinity]'),
    (10, '[-infinity,infinity]'),
    (11, 'empty'),
    (12, NULL)
) r(n, range)
GROUP BY n, range ORDER BY n;
SELECT count(*) FROM events WHERE id BETWEEN timestamptz '2026-02-28' AND timestamptz '2026-03-01';
SELECT count(*) FROM events WHERE date '2026-03-01' <= id;
SELECT count(*) FROM events WHERE tstzrange('2026-03-01', NULL) @> id AND NOT snowflake_created_in(id, '(2026-03-01,)');
SELECT snowflake_created_in(-1, '(,)') AS negative, snowflake_created_in(NULL, '(,)') AS "null";

-- what is untyped means the ID
SELECT what FROM events WHERE id > '815735085465600000' AND id <= '815735085469794304' ORDER BY id;
SELECT what FROM events WHERE id > '2026-03-01';
\set VERBOSITY sqlstate
SELECT what FROM events WHERE id = timestamptz '2026-03-01';
\set VERBOSITY default

-- how it is executed
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id <@ '[2026-03-01,2026-04-01)';
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE snowflake_created_in(id, '[2026-03-01,2026-04-01)');
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id >= timestamptz '2026-03-01' AND id < timestamptz '2026-04-01';
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id >= now() - interval '1 hour';
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id <@ tstzrange(now() - interval '1 hour', NULL);
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id <@ 'empty';
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP TABLE events;

-- periods are in UTC unless a time zone is named
SELECT period, p.*
FROM (VALUES (1, 'hour'), (2, 'day'), (3, 'week'), (4, 'month'), (5, 'quarter'), (6, 'Year')) u(n, period),
     snowflake_period(period, '2024-02-29 23:30:00.5+00') p ORDER BY n;
SELECT period, starts_at, ends_at
FROM (VALUES (1, 'hour'), (2, 'DAY'), (3, 'week'), (4, 'month'), (5, 'quarter'), (6, 'year')) u(n, period),
     snowflake_period(period, '2023-12-31 23:30:00.5+00', 'Asia/Kolkata') p ORDER BY n;
SET TimeZone = 'America/New_York';
SELECT starts_at AT TIME ZONE 'UTC' AS starts_at_utc, from_id FROM snowflake_period('day', '2026-03-01 00:00+00');
SET TimeZone = 'UTC';

-- what the clock does to days, and to hours around two at night
SELECT day, ends_at - starts_at AS length, starts_at, ends_at, (to_id - from_id) >> 22 AS milliseconds
FROM (VALUES (timestamptz '2024-03-30 12:00+00'), ('2024-03-31 12:00+00'), ('2024-10-27 12:00+00')) d(day),
     snowflake_period('day', day, 'Europe/Berlin');
SELECT moment, starts_at, ends_at, ends_at AT TIME ZONE 'Europe/Berlin' AS ends_at_berlin
FROM (VALUES (timestamptz '2024-03-31 00:30+00'), ('2024-03-31 01:30+00'),
             ('2024-10-26 23:30+00'), ('2024-10-27 00:30+00'), ('2024-10-27 01:30+00')) m(moment),
     snowflake_period('hour', moment, 'Europe/Berlin');

-- where midnight comes twice, the first one counts; hours where the clock is set by half an hour
SELECT moment, zone, period, starts_at, ends_at
FROM (VALUES (1, 'month', timestamptz '2015-11-01 04:30+00', 'America/Havana'), (2, 'day', '2026-10-25 00:30+00', 'Atlantic/Azores'),
             (3, 'day', '2026-10-24 23:59+00', 'Atlantic/Azores'), (4, 'day', '2008-11-02 02:31+00', 'America/St_Johns'),
             (5, 'hour', '2026-04-04 15:15+00', 'Australia/Lord_Howe'), (6, 'hour', '2026-10-03 15:15+00', 'Australia/Lord_Howe'),
             (7, 'hour', '2026-10-03 15:45+00', 'Australia/Lord_Howe'), (8, 'day', '2011-12-30 09:59+00', 'Pacific/Apia'),
             (9, 'day', '2026-03-01 12:00+00', 'PST'), (10, 'day', '2026-03-01 12:00+00', '<+0530>-05:30'),
             (11, 'hour', '1880-06-01 00:00+00', 'America/New_York')) m(n, period, moment, zone),
     snowflake_period(period, moment, zone) ORDER BY n;

-- before the epoch, past the end of the layout, and where there is no period
SELECT starts_at, ends_at, from_id, to_id FROM snowflake_period('year', '2019-06-01');
SELECT starts_at, ends_at, from_id, to_id FROM snowflake_period('year', '2089-06-01');
SELECT starts_at, ends_at, from_id, to_id FROM snowflake_period('day', '2100-06-01');
SELECT snowflake_period('fortnight', '2026-03-01');
SELECT snowflake_period('days', '2026-03-01');
SELECT snowflake_period('', '2026-03-01');
SELECT snowflake_period('day', 'infinity');
SELECT snowflake_period('day', '-infinity');
SELECT snowflake_period('year', '294276-06-01');
SELECT snowflake_period('day', '2026-03-01', 'Mars/Olympus');
SELECT snowflake_period(NULL, '2026-03-01') IS NULL, snowflake_period('day', NULL) IS NULL, snowflake_period('day', '2026-03-01', NULL) IS NULL;

-- partitions of a month each
CREATE TABLE readings (id snowflake PRIMARY KEY, value float) PARTITION BY RANGE (id);
SELECT format('CREATE TABLE readings_%s PARTITION OF readings FOR VALUES FROM (%s) TO (%s)',
              to_char(starts_at, 'YYYY_MM'), from_id, to_id)
FROM generate_series(timestamptz '2025-12-01', '2026-02-01', '1 month') month, snowflake_period('month', month) \gexec
INSERT INTO readings (id)
SELECT unnest(ARRAY[snowflake_lower_bound(t), snowflake_upper_bound(t)])
FROM unnest('{2025-12-01,2025-12-31 23:59:59.999,2026-01-01,2026-02-28 23:59:59.999}'::timestamptz[]) t;
SELECT tableoid::regclass AS partition, id, id::timestamptz AS created_at FROM readings ORDER BY id;
INSERT INTO readings (id) VALUES (snowflake_lower_bound('2026-03-01'));
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM readings WHERE id <@ '[2026-01-01,2026-02-01)';
EXPLAIN (COSTS OFF) SELECT * FROM readings WHERE id BETWEEN timestamptz '2025-12-31' AND timestamptz '2026-01-01';
RESET enable_seqscan;
RESET enable_bitmapscan;
DROP TABLE readings;

-- the time of an ID's text, for pg_partman
SELECT snowflake_time_decoder('815735085465600001') AS decoded;
