-- What the planner makes of predicates on ranges, where it must keep its hands
-- off, and days that begin twice.
BEGIN;
SELECT plan(36);
\ir include/query.sql

-- an ID a minute, and ranges of an hour each, which begin at a full hour
SET LOCAL TimeZone = 'UTC';
CREATE TEMP TABLE minutes AS
SELECT snowflake_lower_bound(t)::snowflake AS id, n::integer
FROM generate_series(timestamptz '2026-11-01', '2026-11-21', '1 minute') WITH ORDINALITY s(t, n);
ALTER TABLE minutes ADD PRIMARY KEY (id);
CREATE TEMP TABLE hours AS
SELECT tstzrange(t, t + interval '1 hour') AS hour
FROM generate_series(timestamptz '2026-11-01', '2026-11-20', '1 hour') t;
ANALYZE minutes, hours;

-- a sub-select is computed once: its range is one range
SELECT is(array_agg(DISTINCT count), ARRAY[60::bigint], 'the bounds are of one range, whichever a sample brings')
FROM generate_series(1, 50) AS seed,
	LATERAL (SELECT count(*) FROM minutes
	         WHERE id <@ (SELECT hour FROM hours TABLESAMPLE BERNOULLI(20) REPEATABLE(seed) LIMIT 1)) AS s;
SELECT is(array_agg(DISTINCT pg_temp.explain(query) ~ 'Index Cond: .*first_in_range.*last_in_range'
	AND pg_temp.explain(query) !~ 'InitPlan 2'), ARRAY[true], 'a sub-select is computed once, and the index is used')
FROM unnest(ARRAY[
	'SELECT count(*) FROM minutes WHERE id <@ (SELECT hour FROM hours LIMIT 1)',
	'SELECT count(*) FROM minutes WHERE (SELECT hour FROM hours LIMIT 1) @> id',
	'SELECT count(*) FROM minutes WHERE snowflake_created_in(id, (SELECT hour FROM hours LIMIT 1))']) AS query;
SELECT is(array_agg(DISTINCT minutes_in), ARRAY[60::bigint], 'and so is a correlated one, for each row')
FROM (SELECT (SELECT count(*) FROM minutes WHERE id <@ (SELECT hours.hour)) AS minutes_in FROM hours) AS s;

-- and its rows are estimated, by either form: where it can be guessed well, else as few
CREATE TEMP TABLE uuids AS SELECT uuidv7_lower_bound(id::timestamptz) AS id FROM minutes;
CREATE TEMP TABLE ulids AS SELECT ulid_lower_bound(id::timestamptz) AS id FROM minutes;
ANALYZE uuids, ulids;
CREATE TEMP TABLE forms (form text);
INSERT INTO forms VALUES ('minutes WHERE snowflake_created_in(id, %s)'), ('minutes WHERE id <@ %s'), ('minutes WHERE %s @> id'),
	('uuids WHERE uuidv7_created_in(id, %s)'), ('ulids WHERE ulid_created_in(id, %s)');
SELECT is(string_agg(form || ': ' || rows, '; '), NULL, 'a sub-select that is an expression is estimated as its value')
FROM forms, pg_temp.estimate('SELECT FROM ' || format(form, $$(SELECT tstzrange('2026-11-10', timestamptz '2026-11-10' + interval '10 hours'))$$)) rows
WHERE rows NOT BETWEEN 300 AND 900;
SELECT is(string_agg(form || ': ' || rows, '; '), NULL, '... of now(), too, of which there is nothing')
FROM forms, pg_temp.estimate('SELECT FROM ' || format(form, $$(SELECT tstzrange(now() - interval '100 years', now() - interval '99 years'))$$)) rows
WHERE rows > 3;
SELECT is(string_agg(form || ': ' || rows, '; '), NULL, '... and one that reads a table as a small part')
FROM forms, pg_temp.estimate('SELECT FROM ' || format(form, '(SELECT hour FROM hours LIMIT 1)')) rows
WHERE rows NOT BETWEEN 20 AND 40;
SELECT is(string_agg(form || ', ' || range || ': ' || rows, '; '), NULL, 'a range that holds nothing is estimated to hold nothing')
FROM forms, unnest(ARRAY['tstzrange ''empty''', 'tstzrange(now(), now())', 'tstzrange(''2300-01-01'', NULL)', 'tstzrange(NULL, ''1950-01-01'')',
	'(SELECT tstzrange ''empty'')', '(SELECT NULL::tstzrange)']) range,
	pg_temp.estimate('SELECT FROM ' || format(form, range)) rows
WHERE rows > 3;
SELECT is(pg_temp.estimate($$SELECT FROM minutes WHERE snowflake_created_in(id, '[2026-11-10,2026-11-11)', 'seata')$$) < 100, true,
	'in a layout without bounds a range is estimated as a small part');

-- a range without an end is one comparison, which others imply
CREATE TEMP TABLE noted AS TABLE minutes;
CREATE INDEX late ON noted (n) WHERE snowflake_created_in(id, '[2026-11-15,)', 'default');
CREATE INDEX late_uuids ON uuids ((1)) WHERE uuidv7_created_in(id, '[2026-11-15,)');
SET LOCAL enable_seqscan = off;
SELECT is(array_agg(DISTINCT pg_temp.explain('SELECT FROM noted WHERE ' || condition) ~ 'late'), ARRAY[true],
	'a partial index from a time on is found')
FROM unnest(ARRAY['id >= timestamptz ''2026-11-15''', 'id >= timestamptz ''2026-11-20''', 'id > timestamptz ''2026-11-16''', 'id <@ ''[2026-11-17,)''',
	'id <@ ''[2026-11-17,2026-11-18)''', 'id BETWEEN timestamptz ''2026-11-17'' AND timestamptz ''2026-11-18''', 'id >= snowflake_lower_bound(''2026-11-17'')']) condition;
SELECT is(array_agg(DISTINCT pg_temp.explain('SELECT FROM noted WHERE ' || condition) ~ 'late'), ARRAY[false],
	'... and not by what it does not hold')
FROM unnest(ARRAY['id >= timestamptz ''2026-11-14 23:59''', 'id < timestamptz ''2026-11-20''', 'id <@ ''(,2026-11-18)''']) condition;
SELECT matches(pg_temp.explain('SELECT FROM uuids WHERE id >= uuidv7_lower_bound(''2026-11-16'')'), 'on late_uuids|using late_uuids',
	'... and so is one of UUIDs');
RESET enable_seqscan;

-- what the range costs to compute makes no difference
SELECT matches(pg_temp.explain($$
	SELECT FROM minutes
	WHERE id <@ tstzrange((date_trunc('day', now() AT TIME ZONE 'Europe/Berlin') - interval '1 day') AT TIME ZONE 'Europe/Berlin',
	                      (date_trunc('day', now() AT TIME ZONE 'Europe/Berlin') + interval '1 day' - interval '0') AT TIME ZONE 'Europe/Berlin')$$),
	'Index Cond: .*first_in_range.*last_in_range', 'a range of more than ten operators uses the index');

-- unless it is of the same row, which no index serves
CREATE FUNCTION pg_temp.dear(n integer) RETURNS tstzrange LANGUAGE sql STABLE COST 1000
SET search_path = pg_catalog AS $$ SELECT tstzrange(timestamptz '2026-11-01 00:00+00' + n * interval '1 minute', NULL) $$;
SELECT matches(pg_temp.explain('SELECT FROM minutes WHERE id <@ pg_temp.dear(n)'), 'Filter: \(id <@ ',
	'a dear range of the row itself is computed once for the row');
SELECT is((SELECT count(*) FROM minutes WHERE id <@ pg_temp.dear(n - 1)), (SELECT count(*) FROM minutes), 'and is right');
SELECT matches(pg_temp.explain('SELECT FROM hours JOIN minutes ON id <@ hour WHERE lower(hour) = ''2026-11-05'''),
	'Index Cond: .*first_in_range\(hours.hour, ''default''::snowflake_layout\)', 'that of another row is an index condition');

-- nor where evaluating twice would show
SELECT matches(pg_temp.explain('SELECT FROM minutes WHERE id <@ tstzrange(clock_timestamp(), NULL)'), 'Filter: \(id <@ ',
	'a volatile range is computed once for each row');
SELECT matches(pg_temp.explain('SELECT FROM minutes WHERE snowflake_created_in((random() * n)::bigint, ''[2026-11-01,)'')'),
	'Filter: snowflake_created_in', 'and so is a volatile ID');

-- constants
SELECT matches(pg_temp.explain('SELECT FROM minutes WHERE id <@ NULL::tstzrange'), 'One-Time Filter: false', 'NULL is no range');
SELECT is((SELECT count(*) FROM minutes WHERE id <@ 'empty'), 0::bigint, 'nothing is in the empty range');

-- a negative number is in no range, and before every time
SELECT is(ARRAY[id <@ '(,)'::tstzrange, id < '1999-01-01'::timestamptz, id >= '-infinity'::timestamptz],
	ARRAY[false, true, false], 'a negative number') FROM (SELECT (-5)::bigint::snowflake AS id) AS s;

-- partitions: a bound at the start of one leaves out the one before
CREATE TEMP TABLE events (id snowflake) PARTITION BY RANGE (id);
DO $$
DECLARE
	p record := snowflake_period('month', '2026-10-01 00:00+00');
BEGIN
	FOR i IN 10 .. 13 LOOP
		EXECUTE format('CREATE TEMP TABLE events_%s PARTITION OF events FOR VALUES FROM (%s) TO (%s)', i, p.from_id, p.to_id);
		p := snowflake_period('month', p.ends_at);
	END LOOP;
END $$;
SELECT is((SELECT string_agg(DISTINCT part[1], ' ') FROM regexp_matches(pg_temp.explain('SELECT FROM events WHERE ' || condition), 'events_1\d', 'g') part),
	'events_12', condition)
FROM unnest(ARRAY[
	$$id <@ '[2026-12-01, 2027-01-01)'$$,
	$$id <@ '(2026-11-30 23:59:59.999999, 2026-12-31 23:59:59.999999]'$$,
	$$id >= timestamptz '2026-12-01' AND id < timestamptz '2027-01-01'$$,
	$$timestamptz '2026-12-01' <= id AND timestamptz '2026-12-31 23:59:59.999' >= id$$,
	$$snowflake_created_in(id, '[2026-12-01, 2027-01-01)')$$]) AS condition;
-- a predicate does not depend on what it is replaced by
SAVEPOINT before;
ALTER FUNCTION snowflake_last_in_range(tstzrange, snowflake_layout) RENAME TO renamed;
SELECT is((SELECT count(*) FROM minutes WHERE id <@ '[2026-11-11 00:00+00, 2026-11-12 00:00+00)'), 1440::bigint,
	'if a bound is renamed, the predicate stays and is right');
ROLLBACK TO before;

-- where clocks go back over midnight, a moment is in its day all the same, and days follow one another
SELECT is(count(*), 0::bigint, 'a moment is in its own day and month')
FROM unnest(ARRAY['Atlantic/Azores', 'America/Havana', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo']) AS zone,
	unnest(ARRAY['day', 'month']) AS period,
	generate_series(timestamptz '2026-03-01 00:00+00', '2026-11-30', '30 minutes') AS t,
	LATERAL snowflake_period(period, t, zone) AS p,
	LATERAL snowflake_period(period, p.ends_at, zone) AS next
WHERE t < p.starts_at OR t >= p.ends_at OR next.starts_at <> p.ends_at
	OR p.from_id <> snowflake_lower_bound(p.starts_at) OR p.to_id <> next.from_id;
SELECT is(ends_at - starts_at, interval '25 hours', 'the day of two midnights has 25 hours')
FROM snowflake_period('day', '2026-10-25 00:30+00', 'Atlantic/Azores');
SELECT is(ends_at - starts_at, interval '23 hours', 'a day of daylight saving has 23 hours')
FROM snowflake_period('day', '2026-03-29 12:00+00', 'Europe/Berlin');

-- columns that do not have IDs of one kind alone
CREATE TEMP TABLE was_serial AS
SELECT i::bigint::snowflake AS id FROM generate_series(1, 1000) i UNION ALL SELECT id FROM minutes;
ALTER TABLE was_serial ADD PRIMARY KEY (id);
CREATE TEMP TABLE mixed AS
SELECT uuidv7_at(t) AS id, 7 AS version FROM generate_series(timestamptz '2026-11-01', '2026-11-05', '1 minute') t
UNION ALL SELECT gen_random_uuid(), 4 FROM generate_series(1, 5000);
ALTER TABLE mixed ADD PRIMARY KEY (id);
ANALYZE was_serial, mixed;
SELECT is(count(*), 1000 + 24 * 60::bigint, 'numbers of before read as the epoch') FROM was_serial WHERE id < timestamptz '2026-11-02';
SELECT is(count(*), 24 * 60::bigint, 'but below the first ID they are in no range')
FROM was_serial WHERE snowflake_issued_in(id, '[,2026-11-02)', 1001);
SELECT is(count(*), 24 * 60::bigint, '... in a layout that is named, too')
FROM was_serial WHERE snowflake_issued_in(id, '[,2026-11-02)', 1001, 'default');
SELECT matches(pg_temp.explain($$SELECT * FROM was_serial WHERE snowflake_issued_in(id, '[,2026-11-02)', 1001)$$),
	'Index Cond: .*<= ''[0-9]{18}''.*>= ''1001''', 'and the index is used');
SELECT cmp_ok(count(*), '>', 9000::bigint, 'random UUIDs lie above any time') FROM mixed WHERE uuidv7_created_in(id, '[2026-11-01,)');
SELECT is(count(*), 4 * 24 * 60 + 1::bigint, 'but are of no version 7') FROM mixed WHERE uuidv7_issued_in(id, '[2026-11-01,)');
SELECT matches(pg_temp.explain($$SELECT * FROM mixed WHERE uuidv7_issued_in(id, '[2026-11-02,2026-11-02 01:00)')$$),
	'Index Cond: .*Filter: uuid_has_version', 'and the index is used');

SELECT * FROM finish();
ROLLBACK;
