-- Which expressions that take a bigint take a snowflake, which do not and how they are written
-- then (the table of docs/type.md), and that nothing else has become another expression or
-- ambiguous.
BEGIN;
SELECT plan(30);
\ir include/query.sql

-- what an expression of bigints gives, and of what type
CREATE FUNCTION pg_temp.of_type(expression text, type text) RETURNS text LANGUAGE sql AS
$$
	SELECT pg_temp.value(format('string_agg(coalesce(x::text, ''NULL'') || pg_typeof(x), '', '') '
		'FROM (SELECT %s AS x FROM (VALUES (%s ''5''), (''1234567'')) v(id)) e', expression, type))
$$;

--
-- What there is
--

SELECT is(string_agg(expression, '; ') FILTER (WHERE s IS DISTINCT FROM b OR b ~ '^[0-9A-Z]{5}$'), NULL, 'casts of a snowflake are those of a bigint')
FROM unnest('{id::float8,id::float4,id::real,id::double precision,id::oid,id::numeric,"id::numeric(20)",id::integer,id::text,id::varchar,
	CAST(id AS float),float8(id),id::float8 / 1000}'::text[]) expression, pg_temp.of_type(expression, 'snowflake') s, pg_temp.of_type(expression, 'bigint') b;
SELECT is(string_agg(expression, '; ') FILTER (WHERE s IS DISTINCT FROM b OR b ~ '^[0-9A-Z]{5}$'), NULL, 'it is in a range of numbers as a bigint is')
FROM unnest('{"id <@ int8range(1, 9)","id <@ ''[1,9)''::int8range","int8range(1, 9) @> id","NOT id <@ int8range(1, 9)","id <@ int8range(NULL, 5, ''[]'')",
	"id <@ ''empty''::int8range","id <@ NULL::int8range","NULL::int8range @> id"}'::text[]) expression,
	pg_temp.of_type(expression, 'snowflake') s, pg_temp.of_type(expression, 'bigint') b;
SELECT is(string_agg(number, '; ') FILTER (WHERE replace(s, 'snowflake', 'bigint') IS DISTINCT FROM b), NULL, 'other numbers become snowflakes as they become bigints')
FROM unnest(ARRAY['5::float8', '5.5::float8', '5.5::float4', '1e30::float8', '''NaN''::float8', '9223372036854774784::float8', '9223372036854775807::float8', '5::oid',
	'4294967295::oid', '''5''::jsonb', '''5.5''::jsonb', '''{}''::jsonb', '''true''::jsonb', 'NULL::jsonb', 'NULL::float8']) number,
	pg_temp.value(format('x || pg_typeof(x)::text FROM (SELECT (%s)::snowflake AS x) e', number)) s,
	pg_temp.value(format('x || pg_typeof(x)::text FROM (SELECT (%s)::bigint AS x) e', number)) b;
SELECT is(array_agg(pg_temp.value(format('(%s)::snowflake', number))), '{22003,22003,22003}', '... but for negative ones')
FROM unnest('{(-1)::float8,(-1)::float4,''-1''::jsonb}'::text[]) number;
SELECT is(array_agg(pg_temp.value(format('(%L::jsonb -> ''id'')::snowflake', object))), '{911952098625585152,911952098625585152,NULL,NULL,22P02,22003}',
	'what JSON has, a string or a number, is read')
FROM unnest(ARRAY['{"id":"911952098625585152"}', '{"id":911952098625585152}', '{"id":null}', '{}', '{"id":"x"}', '{"id":"-5"}']) object;
CREATE TABLE kept (id snowflake PRIMARY KEY, f float8, o oid);
SELECT lives_ok('INSERT INTO kept (id, o) SELECT 5::oid, id FROM (VALUES (snowflake ''6'')) v(id)', 'an oid is assigned');
SELECT throws_ok('INSERT INTO kept (' || target || ') VALUES (' || number || ')', '42804', NULL, number || ' is not, as it rounds')
FROM (VALUES ('id', '5::float8'), ('id', '5::float4'), ('f', 'snowflake ''5''')) v(target, number);

-- a number's range uses the index where PostgreSQL knows how to, which is from 17 on
INSERT INTO kept (id) SELECT generate_series(10, 5000);
ANALYZE kept;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN
	matches(pg_temp.explain('SELECT id FROM kept WHERE id <@ int8range(10, 12)'), 'Index Cond: .* >= .* AND .* < ', 'a range of numbers uses an index')
	ELSE is(pg_temp.value('count(*) FROM kept WHERE id <@ int8range(10, 12)'), '2', 'a range of numbers') END;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- time
CREATE TEMP TABLE times AS SELECT snowflake_lower_bound(t)::snowflake AS id, t
FROM unnest('{2020-01-01 00:00:00+00,2026-03-29 00:59:59.999+00,2026-03-29 01:00:00+00,2026-10-25 00:30:00+00,2026-10-25 01:30:00+00,2026-11-21 17:11:21.380+00}'::timestamptz[]) t;
SELECT is(string_agg(format('%s in %s', expression, zone), '; ') FILTER (WHERE s IS DISTINCT FROM b OR b ~ '^[0-9A-Z]{5}$'), NULL, expression || ' is that of the time, in every TimeZone')
FROM unnest('{x::timestamp,x::date,"date_trunc(''day'', x)","date_trunc(''month'', x)","date_part(''hour'', x)","date_part(''epoch'', x)"}'::text[]) expression,
	unnest('{UTC,Europe/Berlin,Asia/Kathmandu,America/St_Johns}'::text[]) zone, set_config('TimeZone', zone, true), LATERAL (
	SELECT pg_temp.value(format('string_agg((%s)::text || pg_typeof(%1$s), '' '' ORDER BY t) FROM times', regexp_replace(expression, '\mx\M', 'id'))) AS s,
		pg_temp.value(format('string_agg((%s)::text || pg_typeof(%1$s), '' '' ORDER BY t) FROM times', regexp_replace(expression, '\mx\M', 't'))) AS b OFFSET 0) v
GROUP BY expression ORDER BY expression;
SET LOCAL TimeZone = 'UTC';
SELECT throws_ok('SELECT (-1)::bigint::snowflake::date', '22003', NULL, 'a number that is no ID of the layout has no day');
SELECT throws_ok('SELECT date_trunc(''fortnight'', ''5''::snowflake)', NULL, NULL, 'units are PostgreSQL''s');

--
-- What there is not: the table of docs/type.md
--

-- what does not work, and what does; with what a bigint, or the time, gives
CREATE TEMP TABLE ways (tried text, written text, gives text);
INSERT INTO ways VALUES
	('extract(year FROM id)', 'extract(year FROM id::timestamptz)', '2020'),
	('date_trunc(''day'', id, ''Asia/Tokyo'')', 'date_trunc(''day'', id::timestamptz, ''Asia/Tokyo'')', '2019-12-31 15:00:00+00'),
	('date_bin(''1 h'', id, ''2020-01-01'')', 'date_bin(''1 h'', id::timestamptz, ''2020-01-01'')', '2020-01-01 00:00:00+00'),
	('age(now(), id) > ''1 year''', 'age(now(), id::timestamptz) > ''1 year''', 'true'),
	('id AT TIME ZONE ''Asia/Tokyo''', 'id::timestamptz AT TIME ZONE ''Asia/Tokyo''', '2020-01-01 09:00:00'),
	('id + interval ''1 day''', 'id::timestamptz + interval ''1 day''', '2020-01-02 00:00:00+00'),
	('now() - id > ''1 day''', 'now() - id::timestamptz > ''1 day''', 'true'),
	('id::time', 'id::timestamptz::time', '00:00:00'),
	('coalesce(id, 0)', 'coalesce(id, ''0'')', '5'),
	('coalesce(id, -1)', 'coalesce(id::bigint, -1)', '5'),
	('greatest(id, 0)', 'greatest(id, ''0'')', '5'),
	('CASE WHEN true THEN id ELSE 0 END', 'CASE WHEN true THEN id ELSE ''0'' END', '5'),
	('lag(id, 1, 0) OVER ()', 'lag(id, 1, ''0'') OVER ()', '0'),
	('array_remove(ARRAY[id], 5)', 'array_remove(ARRAY[id], ''5'')', '{}'),
	('(ARRAY[id] || 1)', '(ARRAY[id] || ''1''::snowflake)', '{5,1}'),
	('id = 5.0', 'id::bigint = 5.0', 'true'),
	('id / 2.0', 'id::bigint / 2.0', '2.5000000000000000'),
	('id = 5::float8', 'id::bigint = 5::float8', 'true'),
	('id = 5::oid', 'id::bigint = 5::oid', 'true'),
	('round(id, -1)', 'round(id::bigint, -1)', '10'),
	('sqrt(id) > 2', 'sqrt(id::bigint) > 2', 'true'),
	('id <@ numrange(1, 9)', 'id::numeric <@ numrange(1, 9)', 'true'),
	('id <@ int8multirange(int8range(1, 9))', 'id::bigint <@ int8multirange(int8range(1, 9))', 'true'),
	('int8range(1, 9) + id', 'int8range(1, 9) + int8range(id, id, ''[]'')', '[1,9)'),
	('ARRAY[id] && ARRAY[5::bigint]', 'ARRAY[id] && ARRAY[5::bigint]::snowflake[]', 'true'),
	('ARRAY[id] = ARRAY[5::bigint]', 'ARRAY[id]::bigint[] = ARRAY[5::bigint]', 'true'),
	('ARRAY[id] @> ARRAY[5]', 'ARRAY[id] @> ''{5}''', 'true'),
	('id::money', 'id::bigint::money', '$5.00'),
	('id::bit(8)', 'id::bigint::bit(8)', '00000101'),
	('id::bytea', 'int8send(id)', '\x0000000000000005'),
	('id::regclass', 'id::oid::regclass', '5'),
	('make_interval(secs => id)', 'make_interval(secs => id::float8)', '00:00:05'),
	('to_timestamp(id)', 'to_timestamp(id::float8)', '1970-01-01 00:00:05+00');
SET LOCAL lc_monetary = 'C';
CREATE FUNCTION pg_temp.of_five(expression text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.value(format('(%s)::text FROM (VALUES (''5''::snowflake)) v(id)', expression)) $$;
SELECT is(string_agg(format('%s gives %s', tried, pg_temp.of_five(tried)), '; '), NULL, 'what does not work is an error')
FROM ways WHERE pg_temp.of_five(tried) !~ '^42[0-9A-Z]{3}$';
SELECT is(string_agg(format('%s gives %s', written, pg_temp.of_five(written)), '; '), NULL, '... and written otherwise it works')
FROM ways WHERE pg_temp.of_five(written) IS DISTINCT FROM replace(gives, '$5.00', pg_temp.value('5::bigint::money'));
SELECT is(pg_temp.of_five('to_char(id, ''YYYY'')'), pg_temp.value('to_char(5::bigint, ''YYYY'')'), 'to_char() has a number, as of a bigint');
SELECT throws_ok('SELECT id, id::timestamptz FROM times ORDER BY id', '42702', NULL, 'a column cast to timestamptz is called as the column is');
SELECT lives_ok('SELECT id, id::timestamptz FROM times ORDER BY times.id', '... so that it is named with its table');
SELECT lives_ok('SELECT id, id::timestamptz AS created_at FROM times ORDER BY id', '... or the other one has a name of its own');

--
-- Nothing else has changed: expressions without a snowflake mean the same with idgen on the search
-- path, and before everything else there, as without
--

CREATE TEMP TABLE samples (written text);
INSERT INTO samples SELECT unnest(ARRAY['''5''', '''[1,9)''', '''{[1,9)}''', '''{5}''', '''2026-01-01''', '''[2026-01-01,2027-01-01)''', '''1 day''', 'NULL', '5::smallint', '5', '5::bigint', '5.0',
	'5::float8', '5::oid', '''5''::text', '''5''::varchar', 'date ''2026-01-01''', 'timestamp ''2026-01-01''', 'timestamptz ''2026-01-01''', 'interval ''1 day''', 'time ''12:00''',
	'int4range(1, 9)', 'int8range(1, 9)', 'numrange(1, 9)', 'int8multirange(int8range(1, 9))', 'tstzrange(''2026-01-01'', NULL)', 'daterange(''2026-01-01'', NULL)',
	'ARRAY[5]', 'ARRAY[5::bigint]', '''5''::jsonb', '''398073a0-2859-4ff4-94ff-662a70cb15a0''::uuid', 'ARRAY[''398073a0-2859-4ff4-94ff-662a70cb15a0'']::uuid[]', 'ROW(5)', '''5''::"char"', 'B''101''']);
CREATE TEMP TABLE expressions AS
SELECT format('%s %s %s', l.written, oprname, r.written) AS expression FROM samples l, samples r,
	(SELECT DISTINCT oprname FROM pg_operator JOIN pg_depend ON objid = pg_operator.oid AND classid = 'pg_operator'::regclass AND deptype = 'e'
	 JOIN pg_extension e ON e.oid = refobjid AND extname = 'idgen') o
UNION ALL
SELECT format('%s(%s)', proname, r.written) FROM samples r,
	(SELECT DISTINCT o.proname FROM pg_proc o JOIN pg_depend ON objid = o.oid AND classid = 'pg_proc'::regclass AND deptype = 'e'
	 JOIN pg_extension e ON e.oid = refobjid AND extname = 'idgen' JOIN pg_proc p ON p.proname = o.proname AND p.pronamespace = 'pg_catalog'::regnamespace
	 WHERE o.proname NOT IN ('date_trunc', 'date_part', 'numeric', 'uuidv4', 'uuidv7')) f
UNION ALL
SELECT format(call, written) FROM samples, unnest(ARRAY['date_trunc(''day'', %s)', 'date_trunc(''day'', %s, ''UTC'')', 'date_trunc(%s, timestamptz ''2026-01-01'')',
	'date_part(''day'', %s)', 'date_part(%s, date ''2026-01-01'')', 'date_bin(''1 day'', %s, ''2026-01-01'')', 'extract(year FROM %s)', 'coalesce(%s, 5)', 'CASE WHEN true THEN 5::bigint ELSE %s END',
	'greatest(5, %s)', '(%s)::float8', '(%s)::oid', '(%s)::bigint', '(%s)::timestamp', '(%s)::date', 'float8(%s)', 'oid(%s)', 'min(%s)', 'max(%s)', 'abs(%s)', 'round(%s)',
	'to_char(%s, ''9'')', 'sum(%s)', 'least(%s, ''5'')', '%s IN (5, 6)', '%s = ANY (''{5}'')', '%s BETWEEN 1 AND 9', 'array_append(ARRAY[5::bigint], %s)', 'array_position(ARRAY[5], %s)',
	'nullif(%s, 5)', 'generate_series(1, %s)', 'width_bucket(%s, 1, 9, 5)', 'lower(%s)', 'age(%s)', 'numeric ''5'' + %s']) call;
SELECT cmp_ok(count(DISTINCT expression)::integer, '>', 9000, 'there are thousands of expressions to try') FROM expressions;
CREATE TEMP TABLE outcomes (expression text, path text, outcome text);
SET LOCAL search_path = pg_catalog;
INSERT INTO outcomes SELECT DISTINCT expression, 'without', pg_temp.value(format('x::text || pg_typeof(x) FROM (SELECT %s AS x) e', expression)) FROM expressions;
SET LOCAL search_path = public, pg_catalog;
INSERT INTO outcomes SELECT DISTINCT expression, 'with', pg_temp.value(format('x::text || pg_typeof(x) FROM (SELECT %s AS x) e', expression)) FROM expressions;
RESET search_path;
ANALYZE outcomes;
SELECT is(string_agg(DISTINCT format('%s: %s, was %s', expression, a.outcome, b.outcome), E'\n'), NULL, 'what means something without idgen means the same with it')
FROM outcomes a JOIN outcomes b USING (expression) WHERE a.path = 'with' AND b.path = 'without' AND a.outcome IS DISTINCT FROM b.outcome AND b.outcome !~ '^42[0-9A-Z]{3}$';
SELECT is(string_agg(DISTINCT format('%s: %s, was %s', expression, a.outcome, b.outcome), E'\n'), NULL, 'and what does not exist still does not')
FROM outcomes a JOIN outcomes b USING (expression) WHERE a.path = 'with' AND b.path = 'without' AND a.outcome IS DISTINCT FROM b.outcome AND b.outcome ~ '^42[0-9A-Z]{3}$'
	AND NOT (a.outcome = '42725' OR b.outcome = '42725');
-- a cast from integer that is implicit would make these not unique, and 5 < now() true
CREATE FUNCTION pg_temp.of_either(bigint) RETURNS text LANGUAGE sql AS 'SELECT ''bigint''';
CREATE FUNCTION pg_temp.of_either(snowflake) RETURNS text LANGUAGE sql AS 'SELECT ''snowflake''';
SELECT is(format('%s %s %s', pg_temp.of_either(5), pg_temp.of_either(5::bigint), pg_temp.of_either('5'::snowflake)), 'bigint bigint snowflake',
	'of a function for both, that for bigint takes other integers');
SELECT is(pg_temp.value('5 < now()'), '42883', 'and an integer has no time');
-- an untyped literal is a snowflake where nothing else is known of it, in a range of times as before
SELECT is(pg_temp.value('''5''::snowflake <@ ''[2019-12-31,2020-01-02)'''), 'true', 'an untyped range beside a snowflake is one of times');

SELECT * FROM finish();
ROLLBACK;
