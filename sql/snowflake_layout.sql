--
-- Layouts as text, and IDs that are read and made with them
--
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

-- a preset goes by its name; other layouts are told in words, always the same ones
SELECT layout::snowflake_layout FROM (VALUES
    (1, 'default'),
    (2, 'Twitter'),
    (3, 'time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12'),
    (4, 'unused 1, TIME 41 BITS OF 1000 us SINCE 2020-01-01T00:00:00.000000Z, Datacenter 5,Worker 5 ,sequence 12 bits'),
    (5, 'time 41 bits of 1 ms since 2020-01-01 00:00 UTC, worker 10, sequence 12'),
    (6, 'time 39 bits of 10 ms since 2026-02-28 23:59:59.5, sequence 8, worker 16'),
    (7, 'unused 3, time 40 bits of 1500 us since 2020-01-01, unused 4, shard 13, unused 4'),
    (8, 'time 30 bits of 90 s since 1999-12-31 12:30, unused 33'),
    (9, 'time 31 bits of 2 min since 1970-01-01, slab 32'),
    (10, 'slab 33, time 16 bits of 1 s since 1970-01-01, sequence 15'),
    (11, 'time 45 bits of 1 us since 9999-12-31 23:59:59.999997, sequence 18')
) t(n, layout) ORDER BY n;

-- what is no layout: state, detail and hint
CREATE FUNCTION refused(layout text, OUT state text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS
$$
DECLARE
    message text;
BEGIN
    PERFORM layout::snowflake_layout;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    IF message <> format('invalid input syntax for type snowflake_layout: "%s"', layout) THEN
        RAISE;
    END IF;
END
$$;
SELECT 'snowflake'::snowflake_layout;
SELECT 'time 41 bits of 1 ms since 2020-01-01, sequence 12'::snowflake_layout;
\pset format unaligned
SELECT n, state, detail, hint <> '' AS hint FROM (VALUES
    (1, ''),
    (2, ' '),
    (3, ','),
    (4, 'default '),                                                    -- a name is a name
    (5, 'time'),
    (6, 'time 41'),
    (7, 'time 41 bits'),
    (8, 'time 41 bits of 1 ms'),
    (9, 'time 41 bits of 1 ms since'),
    (10, 'time 41 bits of 1 ms since yesterday, sequence 22'),
    (11, 'time 41 bits of 1 ms since 2020-02-30, sequence 22'),
    (12, 'time 41 bits of 1 ms since 2021-02-29, sequence 22'),
    (13, 'time 41 bits of 1 ms since 2020-13-01, sequence 22'),
    (14, 'time 41 bits of 1 ms since 1969-12-31, sequence 22'),
    (15, 'time 41 bits of 1 ms since 20200-01-01, sequence 22'),
    (16, 'time 41 bits of 1 ms since 2020-01-01 24:00, sequence 22'),
    (17, 'time 41 bits of 1 ms since 2020-01-01 00:00:00.0000001, sequence 22'),
    (18, 'time 41 bits of 1 ms since 2020-01-01 00:00+01, sequence 22'),
    (19, 'time 41 bits of 1 s since 2020-01-01 00:00:00.5, sequence 22'),
    (20, 'time 41 bits of 0 ms since 2020-01-01, sequence 22'),
    (21, 'time 41 bits of -1 ms since 2020-01-01, sequence 22'),
    (22, 'time 41 bits of 1 ns since 2020-01-01, sequence 22'),
    (23, 'time 41 bits of 99999999999999999999 s since 2020-01-01, sequence 22'),
    (24, 'time 0 bits of 1 ms since 2020-01-01, sequence 63'),
    (25, 'time 64 bits of 1 ms since 2020-01-01'),
    (26, 'time 63 bits of 1 ms since 2020-01-01'),
    (27, 'time 62 bits of 1 ms since 2020-01-01, sequence 1'),
    (28, 'time 1 bits of 1 ms since 2020-01-01, slab 62, worker 1'),
    (29, 'time 41 bits of 1 ms since 2020-01-01, sequence 21'),
    (30, 'time 41 bits of 1 ms since 2020-01-01, sequence 24'),
    (31, 'time 41 bits of 1 ms since 2020-01-01, sequence 2222222222'),
    (32, 'time 41 bits of 1 ms since 2020-01-01, sequence -1, worker 23'),
    (33, 'time 30 bits of 1 s since 2020-01-01, sequence 32, worker 1'),
    (34, 'time 41 bits of 1 ms since 2020-01-01, worker 11, worker 11'),
    (35, 'time 20 bits of 1 ms since 2020-01-01, time 21 bits of 1 ms since 2020-01-01, sequence 22'),
    (36, 'sequence 22, time 41 bits of 1 ms since 2020-01-01'),
    (37, 'worker 31, sequence 12, shard 20'),
    (38, 'unused 63'),
    (39, 'time 41 bits of 1 ms since 2020-01-01, machine 10, sequence 12'),
    (40, 'time 41 bits of 1 ms since 2020-01-01, sequence 22,'),
    (41, 'time 41 bits of 1 ms since 2020-01-01 sequence 22'),
    (42, 'time 41 bits of 1 ms since 2020-01-01, sequence 22; DROP TABLE users'),
    (43, '%s%n%s%n'),
    (44, 'time 41 bits of 1 ms since 2020-01-01, sequence %d'),
    (45, 'tïme 41 bits of 1 ms since 2020-01-01, sequence 22'),
    (46, 'aaaaaaaaaaaaaaaaaaaö, sequence 22')
) t(n, layout), refused(layout) ORDER BY n;
\pset format aligned
SELECT (refused(layout)).state, length(layout) FROM (VALUES
    (repeat('x', 1000000)), (repeat('unused 1, ', 64) || 'sequence 1'), (repeat('unused 0,', 100000)), (repeat(' ', 1000000)),
    (repeat('9', 1000000)), ('time ' || repeat('0', 100000) || '41 bits of 1 ms since 2020-01-01, sequence 22'), (repeat(',', 1000))) t(layout);
DROP FUNCTION refused(text);

-- equal, grouped, joined, sent and stored
SELECT 'default'::snowflake_layout = 'time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 5, sequence 12' AS equal,
       'pgedge'::snowflake_layout <> 'pgedge1' AS differs;
CREATE TABLE sources (name text, layout snowflake_layout);
INSERT INTO sources VALUES ('ours', 'default'), ('theirs', 'discord'), ('also ours', 'default'), ('old', 'sonyflake'), ('none', NULL);
SELECT layout, count(*) FROM sources GROUP BY layout ORDER BY count(*), layout::text;
SET enable_mergejoin = off;
SET enable_nestloop = off;
SELECT a.name, b.name FROM sources a JOIN sources b USING (layout) WHERE a.name < b.name;
RESET enable_mergejoin;
RESET enable_nestloop;
SELECT count(*) FROM sources s WHERE snowflake_layout_send(layout) = convert_to(layout::text, 'UTF8');
CREATE TABLE by_layout (layout snowflake_layout) PARTITION BY HASH (layout);
CREATE TABLE by_layout_0 PARTITION OF by_layout FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_layout_1 PARTITION OF by_layout FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_layout SELECT layout FROM sources;
SELECT count(*) FROM by_layout WHERE layout = 'default';
SELECT layout FROM sources ORDER BY layout;
DROP TABLE sources, by_layout;

-- IDs that others have published: what they say of them
SELECT id, layout, p.*
FROM (VALUES
    (175928847299117063, 'discord'),            -- in Discord's own documentation
    (1541815603606036480, 'twitter'),
    (2384288897814875714, 'instagram'),
    (235191684988928001, 'cockroach'),
    (136169504773242881, 'pgedge1'),
    (170505378935607296, 'pgedge'),
    (180363646902239241, 'time 29 bits of 1 s since 2016-09-19 16:00:00, worker 21, sequence 13'),  -- uid-generator's README
    (129053495681099, 'yitter')
) i(id, layout), snowflake_parse(id, layout::snowflake_layout) p;

-- a field that a layout lacks is NULL; what a layout does not use is 0
SELECT * FROM snowflake_parse(0, 'mastodon');
SELECT * FROM snowflake_parse(snowflake_make('1970-01-01 09:30', slab_id => 7, sequence => 65535, layout => 'hybrid'), 'hybrid');
SELECT snowflake_parse(-1);
SELECT snowflake_timestamp(-1, 'twitter');
SELECT snowflake_timestamp(9007199254740992, 'js53');
SELECT snowflake_timestamp(9007199254740991, 'js53');
SELECT snowflake_parse(1, 'time 40 bits of 1 ms since 2020-01-01, sequence 21, unused 2');
SELECT snowflake_parse(NULL, 'twitter'), snowflake_timestamp(0, NULL);

-- where the sign bit is used, a negative number is an ID whose time is after the sign date
SELECT * FROM snowflake_parse((-9223372036854775808)::bigint, 'discord');
SELECT * FROM snowflake_parse(-1, 'instagram');
SELECT snowflake_timestamp(-1, 'time 63 bits of 1 us since 2000-01-01, sequence 1');

-- bounds: the tick of a moment, clamped before the epoch, at the end and where the sign turns
SELECT layout, moment, snowflake_lower_bound(moment, layout) AS lower, snowflake_upper_bound(moment, layout) AS upper,
       snowflake_first_from(moment, layout) AS first_from
FROM (VALUES
    ('sonyflake'::snowflake_layout, timestamptz '2014-08-31 23:59:59.999999'),
    ('sonyflake', '2014-09-01'),
    ('sonyflake', '2014-09-01 00:00:00.009999'),
    ('sonyflake', '2014-09-01 00:00:00.01'),
    ('js53', '2089-09-06 15:47:35.551'),
    ('js53', '2089-09-06 15:47:35.552'),
    ('baidu', '2024-11-20 13:24:15.5'),
    ('baidu', '2024-11-20 13:24:16'),
    ('discord', '2084-09-06 15:47:35.551'),
    ('discord', '2084-09-06 15:47:35.552'),
    ('discord', 'infinity'),
    ('tso', '-infinity')
) m(layout, moment);
SELECT range, snowflake_first_in_range(range, 'js53') AS first, snowflake_last_in_range(range, 'js53') AS last
FROM (VALUES (tstzrange '(,)'), ('[2089-09-06 15:47:35.551,]'), ('[2089-09-06 15:47:35.552,]'), ('[2100-01-01,)'), ('empty')) r(range);
SELECT id, snowflake_created_in(id, '(,)', 'js53') AS js53, snowflake_created_in(id, '(,)', 'discord') AS discord,
       snowflake_created_in(id, '(,)', 'hybrid') AS hybrid, snowflake_created_in(id, '(,)', 'seata') AS seata
FROM (VALUES (-1::bigint), (0), (9007199254740991), (9007199254740992), (9223372036854775807)) i(id);
SELECT p.* FROM snowflake_period('month', '2016-02-29', layout => 'instagram') p;
SELECT snowflake_timestamp(from_id, 'instagram') AS starts_at, snowflake_timestamp(to_id - 1, 'instagram') AS ends_at
FROM snowflake_period('day', '2016-02-29', 'Asia/Tokyo', 'instagram');

-- where time is not the highest field there are no bounds
SELECT snowflake_lower_bound('2026-03-01', 'hybrid');
SELECT snowflake_upper_bound('2026-03-01', 'seata');
SELECT snowflake_first_from('2026-03-01', 'seata');
SELECT snowflake_first_in_range('[2026-03-01,)', 'seata');
SELECT snowflake_last_in_range('[2026-03-01,)', 'seata');
SELECT snowflake_period('day', '2026-03-01', layout => 'seata');
CREATE TABLE transactions (id bigint);
INSERT INTO transactions
SELECT snowflake_make(timestamptz '2026-03-01 12:00' + n * interval '1 day', worker_id => n, layout => 'seata') FROM generate_series(0, 9) n;
SELECT (p).worker_id, (p).created_at FROM (SELECT snowflake_parse(id, 'seata') AS p FROM transactions
WHERE snowflake_created_in(id, '[2026-03-03,2026-03-05)', 'seata')) t;
EXPLAIN (COSTS OFF) SELECT * FROM transactions WHERE snowflake_created_in(id, '[2026-03-03,2026-03-05)', 'seata');
DROP TABLE transactions;

-- an ID from its parts
SELECT layout, id, p.* FROM (VALUES
    (1, 'default'::snowflake_layout, snowflake_make('2026-03-01 12:00:00.0009', 1, 2, 3)),
    (2, 'twitter', snowflake_make('2022-06-28 16:07:40.105', worker_id => 378 % 32, datacenter_id => 378 / 32, layout => 'twitter')),
    (3, 'instagram', snowflake_make('2020-08-26 13:43:27.313', 578, shard_id => 2675, layout => 'instagram')),
    (4, 'sonyflake2', snowflake_make('2026-03-01 12:00:00.019999', 255, 65535, layout => 'sonyflake2')),
    (5, 'hybrid', snowflake_make('1970-01-01 00:00:01', slab_id => 2147483647, layout => 'hybrid')),
    (6, 'discord', snowflake_make('2084-09-06 15:47:35.551', 4095, 31, 31, layout => 'discord'))
) m(n, layout, id), snowflake_parse(id, layout) p ORDER BY n;
SELECT snowflake_make('2026-03-01'), snowflake_make(NULL), snowflake_make('2026-03-01', NULL), snowflake_make('2026-03-01', layout => NULL);
SELECT snowflake_make('2026-03-01', 4096);
SELECT snowflake_make('2026-03-01', -1);
SELECT snowflake_make('2026-03-01', worker_id => 32);
SELECT snowflake_make('2026-03-01', datacenter_id => -2147483648);
SELECT snowflake_make('2026-03-01', shard_id => 1);
SELECT snowflake_make('2026-03-01', slab_id => -1);
SELECT snowflake_make('2026-03-01', 1, layout => 'cockroach');
SELECT snowflake_make('2026-03-01', datacenter_id => 1, layout => 'leaf');
SELECT snowflake_make('1970-01-01', slab_id => 2147483648, layout => 'hybrid');
SELECT snowflake_make('2019-12-31 23:59:59.999999');
SELECT snowflake_make('2089-09-06 15:47:35.552');
SELECT snowflake_make('2084-09-06 15:47:35.552', layout => 'discord');
SELECT snowflake_make('2024-11-20 13:24:16', layout => 'baidu');
SELECT snowflake_make('infinity');
SELECT snowflake_make('-infinity', layout => 'mastodon');
SELECT snowflake_make('294276-12-31 23:59:59.999999', layout => 'yitter');

-- the server's layout is a constant in queries, and none in what is stored
CREATE TABLE events (id bigint PRIMARY KEY, what text);
\set VERBOSITY sqlstate
CREATE INDEX ON events (snowflake_timestamp(id));
CREATE INDEX ON events ((id::snowflake::timestamptz));
CREATE INDEX ON events (id) WHERE snowflake_created_in(id, '[2026-01-01,)');
\set VERBOSITY default
ALTER TABLE events ADD created_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id)) STORED;
CREATE INDEX events_time ON events (snowflake_timestamp(id, 'default'));
CREATE INDEX events_late ON events (what) WHERE snowflake_created_in(id, '[2026-01-01,)', 'default');
ALTER TABLE events ADD created_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'default')) STORED;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE snowflake_timestamp(id) > '2026-03-01';
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id::snowflake::timestamptz > '2026-03-01';
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE snowflake_created_in(id, '[2026-01-01,)') AND what = 'x';
RESET enable_seqscan;
RESET enable_bitmapscan;
EXPLAIN (COSTS OFF) SELECT * FROM events WHERE snowflake_timestamp(id, 'twitter') > '2026-03-01';
DROP TABLE events;
