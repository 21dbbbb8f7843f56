-- Series of IDs that are the same each time.
BEGIN;
SELECT plan(34);
SET LOCAL TimeZone = 'UTC';
\ir include/query.sql

-- What they are must not change with a version of idgen or PostgreSQL, nor with a machine.
SELECT is(array_agg(id), '{805407031296000000,815553891532800000,826787915366400000}', 'snowflakes, a month apart')
FROM snowflake_series('2026-01-31 12:00', 3, '1 month', 'default') id;
SELECT is(array_agg(id), '{2006515713438646272,2006515713438646273,2006515713438646274}', 'snowflakes of one moment')
FROM snowflake_series('2026-01-01', 3, '0', 'twitter') id;
SELECT is(array_agg(id::text), '{910a2dec-8902-4cc1-beeb-8da1658eec67,f893a2ee-fb32-455e-b1c1-8690ee42c90b}', 'version 4')
FROM uuidv4_series(2, 1) id;
SELECT is(array_agg(id::text), '{019b76da-a800-7000-a442-8b7b22409730,019b76da-a800-7005-afba-e3685963bb19,019b76da-a800-7009-be24-e8bbbecc9557}', 'version 7')
FROM uuidv7_series('2026-01-01', 3, '1 us', 1) id;
SELECT is(array_agg(id::text), '{019b76da-a800-7000-a442-8b7b22409730,019b76da-a800-7000-a443-4a66afe1fcbf,019b76da-a800-7000-a444-42fa52d0f7f2}', 'version 7 of one moment')
FROM uuidv7_series('2026-01-01', 3, '0', 1) id;
SELECT is(array_agg(id::text), '{01KDVDNA00QVNS22HDXJ4G4Q61,01KDVDNA00QVNS40P1HXVZV3RQ,01KDVDNA00QVNS4X432R4EQMF1}', 'ULIDs of one moment')
FROM ulid_series('2026-01-01', 3, '0', 1) id;

CREATE TEMP TABLE series (kind text, made text, at text, is_made text);
INSERT INTO series VALUES
	('snowflake', 'snowflake_series(%L, 3000, %L, ''default'')', 'snowflake_timestamp(id, ''default'')', 'true'),
	('twitter', 'snowflake_series(%L, 3000, %L, 7, 3, ''twitter'')', 'snowflake_timestamp(id, ''twitter'')',
		'(SELECT (worker_id, datacenter_id) = (7, 3) FROM snowflake_parse(id, ''twitter''))'),
	('uuidv7', 'uuidv7_series(%L, 3000, %L, 42)', 'uuid_timestamp(id, true)', 'uuid_version(id) = 7'),
	('ulid', 'ulid_series(%L, 3000, %L, 42)', 'ulid_timestamp(id)', 'true');
CREATE TEMP TABLE steps (start text, step interval);
INSERT INTO steps VALUES ('2026-01-01 00:00:00.000001', '0'), ('2026-01-01', '1 us'), ('2026-01-01', '7 us'), ('2026-01-01', '0.3 ms'), ('2026-01-01', '1 ms'),
	('2026-02-27 13:14:15.167', '37 minutes'), ('2026-01-31', '1 day');

-- per series: how many, how many distinct, in order, of their kind; how far the first is from start, and most of all from their own moments
CREATE FUNCTION pg_temp.look(made text, at text, is_made text, start text, step interval, OUT ok boolean, OUT first_off interval, OUT most_off interval)
LANGUAGE plpgsql AS
$$
BEGIN
	EXECUTE format('SELECT count(*) = 3000 AND count(DISTINCT id) = 3000 AND bool_and(above AND %s), min(off) FILTER (WHERE n = 1), max(abs) FROM '
		'(SELECT n, id, id > lag(id, 1, NULL) OVER (ORDER BY n) OR n = 1 AS above, off, greatest(off, -off) AS abs FROM '
		'(SELECT n, id, %s - (%L::timestamptz + (n - 1) * %L::interval) AS off FROM %s WITH ORDINALITY s(id, n)) t) t',
		is_made, at, start, step, format(made, start, step)) INTO ok, first_off, most_off;
END
$$;
SELECT ok(bool_and(l.ok), kind || ': distinct, in increasing order, and of their kind') FROM series, steps, pg_temp.look(made, at, is_made, start, step) l
GROUP BY kind ORDER BY kind;
SELECT ok(bool_and(l.most_off < interval '1 ms'), kind || ': each is of its moment, to the millisecond')
FROM series, steps, pg_temp.look(made, at, is_made, start, step) l WHERE step >= '0.3 ms' OR kind IN ('uuidv7', 'ulid') GROUP BY kind ORDER BY kind;
SELECT is(string_agg(step::text, ', '), NULL, 'version 7: a microsecond is read from it again, if they differ in it')
FROM series, steps, pg_temp.look(made, at, is_made, start, step) l WHERE kind = 'uuidv7' AND l.most_off <> '0';

-- within one tick a series goes on as a generator does
SELECT is(array_agg((p.created_at, p.sequence)::text), ARRAY['("2026-01-01 00:00:00+00",4094)', '("2026-01-01 00:00:00+00",4095)', '("2026-01-01 00:00:00.001+00",0)'],
	'snowflakes go on in the next tick') FROM (SELECT id FROM snowflake_series('2026-01-01', 4097, '0', 'default') id OFFSET 4094) s, snowflake_parse(id, 'default') p;
SELECT is(array_agg(snowflake_timestamp(id, 'default')), '{2026-01-01 00:00:00+00,2026-01-01 00:00:00+00,2026-01-01 00:00:00.001+00}', 'and meet the next moment')
FROM snowflake_series('2026-01-01', 3, '0.6 ms', 'default') id;

-- the same arguments give the same, others something else; nothing depends on the session
SELECT is(format('%s %s', array_agg(a), array_agg(b)), format('%s %s', array_agg(b), array_agg(a)), 'the same again')
FROM ROWS FROM (uuidv7_series('2026-01-01', 100, '1 s', 7), uuidv7_series('2026-01-01', 100, '1 s', 7)) s(a, b);
SELECT is(count(*), 0::bigint, 'other seeds give others') FROM
	(SELECT a.id FROM uuidv7_series('2026-01-01', 1000, '1 s', 7) a(id) JOIN uuidv7_series('2026-01-01', 1000, '1 s', 8) b(id) USING (id)
	 UNION ALL SELECT a.id::uuid FROM ulid_series('2026-01-01', 1000, '0', -1) a(id) JOIN ulid_series('2026-01-01', 1000, '0', 0) b(id) USING (id)
	 UNION ALL SELECT a.id FROM uuidv4_series(1000, 0) a(id) JOIN uuidv4_series(1000, 1) b(id) USING (id)) u;
SELECT is(count(DISTINCT id)::text || min(uuid_version(id)) || max(uuid_version(id)), '10000044', 'version 4: distinct, and of it') FROM uuidv4_series(100000, 5) id;
CREATE TEMP TABLE in_utc AS SELECT array_agg(id) AS ids FROM snowflake_series('2026-03-28 12:00+00', 5, '1 day', 'default') id;
SET LOCAL TimeZone = 'Europe/Berlin';
SELECT is((SELECT array_agg(id) FROM snowflake_series('2026-03-28 12:00+00', 5, '1 day', 'default') id), ids, 'days are those of UTC') FROM in_utc;
SET LOCAL TimeZone = 'UTC';
SELECT is(array_agg(snowflake_timestamp(id, 'default')::date), '{2026-01-31,2026-02-28,2026-03-31}', 'months are counted from the start')
FROM snowflake_series('2026-01-31', 3, '1 month', 'default') id;
SELECT is(array_agg(a), array_agg(b), 'without a layout it is the server''s')
FROM ROWS FROM (snowflake_series('2026-01-01', 5, '1 s'), snowflake_series('2026-01-01', 5, '1 s', snowflake_layout())) s(a, b);
SELECT is(count(*), 0::bigint, 'no ID is negative, in any layout') FROM snowflake_layouts l, snowflake_series(greatest(l.starts_at, '1970-01-01'), 100, '0', l.layout) id
WHERE id < 0 OR snowflake_timestamp(id, l.layout) < l.starts_at;

-- edges
SELECT is((SELECT count(*) FROM snowflake_series('2026-01-01', 0, '1 s')) + (SELECT count(*) FROM uuidv4_series(0, 1)), 0::bigint, 'none');
SELECT is(format('%s %s', count(*), (SELECT count(*) FROM uuidv4_series(5, NULL))), '0 0', 'NULL gives none') FROM ulid_series(NULL, 5, '1 s', 1);
SELECT is(array_agg(pg_temp.value(call || ' LIMIT 1')), '{22023,22023,22023,22023}', 'counts and steps are not negative')
FROM unnest(ARRAY['snowflake_series(''2026-01-01'', -1, ''1 s'')', 'uuidv4_series(-1, 1)', 'uuidv7_series(''2026-01-01'', 1, ''-1 s'', 1)',
	'ulid_series(''2026-01-01'', 5, ''-1 month'', 1)']) call;
SELECT is(string_agg(call, '; '), NULL, 'moments that IDs do not have are errors')
FROM unnest(ARRAY['snowflake_series(''2019-12-31'', 5, ''1 s'', ''default'')', 'snowflake_series(''infinity'', 5, ''1 s'', ''default'')',
	'uuidv7_series(''1969-12-31'', 5, ''1 s'', 1)', 'ulid_series(''-infinity'', 5, ''1 s'', 1)', 'uuidv7_series(''infinity'', 5, ''1 s'', 1)',
	'count(*) FROM snowflake_series(''2089-01-01'', 5, ''1 year'', ''default'')', 'count(*) FROM ulid_series(''2026-01-01'', 5, ''178000000 years'', 1)',
	'count(*) FROM ulid_series(''10889-08-02 05:31:50.655'', 5, ''1 ms'', 1)', 'count(*) FROM uuidv7_series(''2026-01-01'', 2000000000, ''2 month'', 1)']) call
WHERE pg_temp.value(call) <> '22008';
SELECT throws_ok('SELECT count(*) FROM snowflake_series(''2089-09-06 15:47:35.551'', 4097, ''0'', ''default'')', '22008',
	'series goes past the end of layout "default"', 'the last tick has room for as many as it has');
SELECT is(count(*), 4096::bigint, '... and no fewer') FROM snowflake_series('2089-09-06 15:47:35.551', 4096, '0', 'default');
SELECT throws_ok('SELECT snowflake_series(''2026-01-01'', 1, ''0'', 32, 0, ''default'')', '22003', NULL, 'a worker that the layout has no room for');
SELECT throws_ok('SELECT snowflake_series(''2026-01-01'', 1, ''0'', 1, 0, ''instagram'')', '22003', NULL, '... or no field');
SELECT lives_ok('CREATE TABLE fixture AS SELECT uuidv7_series(''2026-01-01'', 10, ''1 s'', 1) AS id, ulid_series(''2026-01-01'', 10, ''1 s'', 1) AS other', 'two in one target list');
SELECT is(count(DISTINCT (id, other)), 10::bigint, '... go side by side') FROM fixture;

SELECT * FROM finish();
ROLLBACK;
