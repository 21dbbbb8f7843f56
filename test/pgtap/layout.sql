-- Every preset, held against a table of fields that shares nothing with the library:
-- IDs from their parts and back, times, bounds and predicates.  And how the server's
-- layout becomes a constant.  Examples to read are in sql/snowflake_layout.sql.
BEGIN;
SELECT plan(77);
SET LOCAL TimeZone = 'UTC';
SET LOCAL max_parallel_workers_per_gather = 0;
\ir include/query.sql

-- the fields from high to low, as the systems themselves document them
CREATE TEMP TABLE presets (name text, tick_us bigint, epoch_ms bigint, fields text[], bits int[]);
INSERT INTO presets VALUES
	('default', 1000, 1577836800000, '{time,datacenter,worker,sequence}', '{41,5,5,12}'),
	('wide', 1000, 1577836800000, '{time,worker,sequence}', '{41,4,18}'),
	('widest', 1000, 1577836800000, '{time,sequence}', '{41,22}'),
	('js53', 1000, 1577836800000, '{time,worker,sequence}', '{41,5,7}'),
	('fleet', 1000, 1577836800000, '{time,worker,sequence}', '{41,10,12}'),
	('twitter', 1000, 1288834974657, '{time,datacenter,worker,sequence}', '{41,5,5,12}'),
	('leaf', 1000, 1288834974657, '{time,worker,sequence}', '{41,10,12}'),
	('discord', 1000, 1420070400000, '{time,datacenter,worker,sequence}', '{42,5,5,12}'),
	('instagram', 1000, 1314220021721, '{time,shard,sequence}', '{41,13,10}'),
	('sonyflake', 10000, 1409529600000, '{time,sequence,worker}', '{39,8,16}'),
	('sonyflake2', 10000, 1735689600000, '{time,sequence,worker}', '{39,8,16}'),
	('baidu', 1000000, 1463673600000, '{time,worker,sequence}', '{28,22,13}'),
	('mastodon', 1000, 0, '{time,sequence}', '{48,16}'),
	('pgedge', 1000, 1672531200000, '{time,worker,sequence}', '{41,10,12}'),
	('pgedge1', 1000, 1672531200000, '{time,sequence,worker}', '{41,12,10}'),
	('timeshard', 1000, 1475796139634, '{time,shard,sequence}', '{40,10,14}'),
	('cockroach', 10, 1420070400000, '{time,worker}', '{48,15}'),
	('tso', 1000, 0, '{time,sequence}', '{46,18}'),
	('yitter', 1000, 1582136402000, '{time,worker,sequence}', '{51,6,6}'),
	('shardingsphere', 1000, 1477958400000, '{time,worker,sequence}', '{41,10,12}'),
	('seata', 1000, 1588435200000, '{worker,time,sequence}', '{10,41,12}'),
	('influxdb', 1000, 1491696000000, '{time,worker,sequence}', '{42,10,12}'),
	('pgdog', 1000, 1764184395000, '{time,worker,sequence}', '{41,10,12}'),
	('hybrid', 1000000, 0, '{slab,time,sequence}', '{32,16,16}');

-- each field, with the bits below it and the largest value in a bigint that is not negative
CREATE TEMP TABLE fields AS
SELECT name, field, n, bits[n] AS bits, below, 2::numeric ^ (bits[n] - (below + bits[n] = 64)::int) - 1 AS most
FROM presets, unnest(fields) WITH ORDINALITY f(field, n),
	LATERAL (SELECT coalesce(sum(b), 0)::int AS below FROM unnest(bits) WITH ORDINALITY u(b, m) WHERE m > n) s;
CREATE TEMP VIEW layouts AS
SELECT p.*, p.name::snowflake_layout AS layout, f.most::bigint AS last_tick, f.n = 1 AS by_time, f.below AS time_below,
	timestamptz '1970-01-01' + epoch_ms * interval '1 ms' AS epoch
FROM presets p JOIN fields f ON f.name = p.name AND f.field = 'time';

-- us since 1970 as a time; a double would lose some
CREATE FUNCTION pg_temp.moment(us numeric) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT timestamptz '1970-01-01' + div(us, 86400000000)::int * interval '1 day' + mod(us, 86400000000)::bigint * interval '1 us' $$;

-- ticks at the edges and around now, and for each the fields at their edges and anywhere
SELECT setseed(0.5);
CREATE TEMP TABLE parts AS
SELECT l.name, l.layout, l.by_time, l.tick_us, tick, us_in_tick,
	pg_temp.moment(l.epoch_ms * 1000.0 + tick::numeric * l.tick_us) AS starts_at,
	pg_temp.moment(l.epoch_ms * 1000.0 + tick::numeric * l.tick_us + us_in_tick) AS created_at,
	coalesce(sequence, 0)::int AS sequence, coalesce(worker, 0)::int AS worker, coalesce(datacenter, 0)::int AS datacenter,
	coalesce(shard, 0)::int AS shard, coalesce(slab, 0)::bigint AS slab, id::bigint
FROM layouts l, LATERAL (SELECT unnest(ARRAY[0, 1, last_tick / 2, last_tick - 1, last_tick]) AS tick
		UNION SELECT floor(random() * last_tick)::bigint FROM generate_series(1, 5)) t,
	unnest(ARRAY[0, l.tick_us - 1]) us_in_tick, generate_series(0, 3) way,
	LATERAL (SELECT max(value) FILTER (WHERE field = 'sequence') AS sequence, max(value) FILTER (WHERE field = 'worker') AS worker,
			max(value) FILTER (WHERE field = 'datacenter') AS datacenter, max(value) FILTER (WHERE field = 'shard') AS shard,
			max(value) FILTER (WHERE field = 'slab') AS slab, sum(value * 2::numeric ^ below) AS id
		FROM fields f, LATERAL (SELECT CASE WHEN field = 'time' THEN tick WHEN way = 0 THEN 0 WHEN way = 1 THEN most
			ELSE floor(random() * (most::float8 + 1))::numeric END AS value) v
		WHERE f.name = l.name) f;

--
-- Text
--

SELECT is((SELECT array_agg(layout::text ORDER BY name) FROM layouts), (SELECT array_agg(name ORDER BY name) FROM presets), 'each preset goes by its name');
SELECT is(string_agg(l.name, ' '), NULL, 'words for the same fields are that preset')
FROM layouts l, LATERAL (SELECT CASE WHEN l.name = 'js53' THEN 'unused 11, ' ELSE '' END ||
		string_agg(CASE field WHEN 'time' THEN format('time %s bits of %s us since %s', f.bits, tick_us, to_char(epoch, 'YYYY-MM-DD HH24:MI:SS.US'))
			ELSE format('%s %s', field, f.bits) END, ', ' ORDER BY f.n) AS words FROM fields f WHERE f.name = l.name) w
WHERE words::snowflake_layout::text <> l.name OR words::snowflake_layout <> layout
   OR snowflake_layout_hash(words::snowflake_layout) <> snowflake_layout_hash(layout);
SELECT is(count(DISTINCT layout), count(*), 'no two presets are the same') FROM (SELECT layout::text FROM layouts GROUP BY layout) l, (SELECT 1) o;
SELECT is(count(*), (SELECT count(*) FROM presets), 'and none has the hash of another') FROM (SELECT snowflake_layout_hash_extended(layout, 7) FROM layouts GROUP BY 1) h;
SELECT is(snowflake_layout()::text, 'default', 'the server''s layout');

SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN skip('no pg_input_is_valid before 16')
	ELSE is(string_agg(text, '; ') FILTER (WHERE pg_temp.value(format('pg_input_is_valid(%L, ''snowflake_layout'')', text)) <> valid::text), NULL,
		'pg_input_is_valid tells bad text from good') END
FROM (VALUES ('leaf', true), ('LEAF', true), ('leaf ', true), ('leaf leaf', false), ('', false), ('time 41 bits of 1 ms since 2020-01-01, sequence 22', true),
	('time 41 bits of 1 ms since 2020-01-01, sequence 21', false), ('time 63 bits of 1 ms since 2020-01-01', false)) v(text, valid);

--
-- IDs from their parts, and back
--

SELECT cmp_ok(count(*), '>=', 23 * 9 * 2 * 4::bigint, 'there are parts to make IDs of') FROM parts;
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'snowflake_make puts each field in its place')
FROM parts WHERE id IS DISTINCT FROM snowflake_make(created_at, sequence, worker, datacenter, shard, slab, layout);
SELECT is(string_agg(DISTINCT parts.name, ' '), NULL, 'snowflake_parse gives the parts, and NULL for those that there are not')
FROM parts, snowflake_parse(id, layout) p, LATERAL (SELECT array_agg(field) AS fields FROM fields WHERE fields.name = parts.name) f
WHERE (p.created_at, p.sequence, p.worker_id, p.datacenter_id, p.shard_id, p.slab_id) IS DISTINCT FROM
	(parts.starts_at, CASE WHEN 'sequence' = ANY (fields) THEN parts.sequence END, CASE WHEN 'worker' = ANY (fields) THEN worker END,
		CASE WHEN 'datacenter' = ANY (fields) THEN datacenter END, CASE WHEN 'shard' = ANY (fields) THEN shard END,
		CASE WHEN 'slab' = ANY (fields) THEN slab END);
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'snowflake_timestamp gives the start of the tick')
FROM parts WHERE snowflake_timestamp(id, layout) IS DISTINCT FROM starts_at;

-- what a part must not be
SELECT is(string_agg(format('%s %s %s: %s', name, field, value, result), '; ') FILTER (WHERE result <> '22003'), NULL,
	'a field that is too large for the layout, negative or not there is refused')
FROM layouts l, (VALUES ('sequence', 2147483647), ('worker', 2147483647), ('datacenter', 2147483647), ('shard', 2147483647), ('slab', 9223372036854775807)) c(field, largest),
	LATERAL (SELECT trunc(max(most)) + 1 FROM fields f WHERE f.name = l.name AND f.field = c.field) m(above),
	LATERAL unnest(ARRAY[coalesce(above, 1), largest::numeric, -1]) value,
	LATERAL pg_temp.value(format('snowflake_make(%L, %s => %s, layout => %L)', epoch, CASE field WHEN 'sequence' THEN field ELSE field || '_id' END, value, name)) result
WHERE value <= largest;
SELECT is(string_agg(format('%s %s: %s', name, moment, result), '; ') FILTER (WHERE result <> '22008'), NULL,
	'a moment before the first tick or after the last is refused')
FROM layouts l, LATERAL unnest(ARRAY[epoch - interval '1 us', pg_temp.moment(epoch_ms * 1000.0 + (last_tick + 1.0) * tick_us),
		'-infinity', '4714-11-24 BC', '294276-12-31 23:59:59.999999', 'infinity']) moment,
	LATERAL pg_temp.value(format('snowflake_make(%L, layout => %L)', moment, name)) result;
SELECT is(string_agg(format('%s %s: %s', name, id, result), '; ') FILTER (WHERE (result = '22003') = (sum_of_bits = 64)), NULL,
	'a negative number is read by layouts of 64 bits, and by no others')
FROM layouts, LATERAL (SELECT sum(b) FROM unnest(bits) b) s(sum_of_bits), unnest('{-1,-9223372036854775808}'::bigint[]) id,
	LATERAL pg_temp.value(format('snowflake_parse(%L, %L)', id, name)) result;
SELECT is(string_agg(format('%s %s', name, id), '; '), NULL, 'as the unsigned number that it is')
FROM layouts, (VALUES (-1::bigint, 18446744073709551615), (-9223372036854775808, 9223372036854775808), (-81985529216486896, 18364758544493064720)) i(id, unsigned),
	LATERAL snowflake_parse(id, layout) p
WHERE (SELECT sum(b) FROM unnest(bits) b) = 64
  AND p.created_at <> pg_temp.moment(epoch_ms * 1000.0 + mod(div(unsigned, 2::numeric ^ time_below), 2::numeric ^ (SELECT f.bits FROM fields f WHERE f.name = layouts.name AND field = 'time')) * tick_us);

--
-- Bounds
--

CREATE TEMP TABLE bounded AS
SELECT parts.*, snowflake_lower_bound(created_at, layout) AS lower, snowflake_upper_bound(created_at, layout) AS upper,
	snowflake_first_from(created_at, layout) AS first_from
FROM parts WHERE by_time;
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'an ID is between the bounds of its time') FROM bounded WHERE id NOT BETWEEN lower AND upper;
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'which are of its tick')
FROM bounded WHERE snowflake_timestamp(lower, layout) <> starts_at OR snowflake_timestamp(upper, layout) <> starts_at;
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'next to them are other ticks')
FROM bounded JOIN layouts l USING (name)
WHERE (tick > 0 AND snowflake_timestamp(lower - 1, bounded.layout) <> starts_at - bounded.tick_us * interval '1 us')
   OR (tick < last_tick AND snowflake_timestamp(upper + 1, bounded.layout) <> starts_at + bounded.tick_us * interval '1 us');
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'the first from a moment on is the first of its tick or of the next')
FROM bounded JOIN layouts l USING (name)
WHERE first_from <> CASE WHEN us_in_tick = 0 THEN lower WHEN tick = last_tick THEN upper ELSE upper + 1 END;
SELECT is(string_agg(DISTINCT name, ' '), NULL, 'before the epoch and past the end, bounds are clamped')
FROM layouts, LATERAL (SELECT (2::numeric ^ (SELECT sum(CASE WHEN below + f.bits = 64 THEN f.bits - 1 ELSE f.bits END) FROM fields f WHERE f.name = layouts.name) - 1)::bigint) m(largest),
	(VALUES (timestamptz '-infinity', interval '0'), (NULL, '-1 us')) before(moment, shift), unnest(ARRAY[pg_temp.moment(epoch_ms * 1000.0 + (last_tick + 1.0) * tick_us), 'infinity']) past
WHERE by_time AND (snowflake_lower_bound(coalesce(moment, epoch + shift), layout), snowflake_upper_bound(coalesce(moment, epoch + shift), layout),
		snowflake_first_from(coalesce(moment, epoch + shift), layout), snowflake_lower_bound(past, layout), snowflake_upper_bound(past, layout),
		snowflake_first_from(past, layout)) IS DISTINCT FROM (0::bigint, -1::bigint, 0::bigint, largest, largest, largest);
SELECT is(string_agg(format('%s %s: %s', name, call, result), '; ') FILTER (WHERE result <> '0A000'), NULL, 'where the time is not the highest field there are none')
FROM layouts, unnest(ARRAY['snowflake_lower_bound(now(), %L)', 'snowflake_upper_bound(now(), %L)', 'snowflake_first_from(now(), %L)',
	'snowflake_first_in_range(''(,)'', %L)', 'snowflake_last_in_range(''(,)'', %L)', 'snowflake_period(''day'', now(), layout => %L)']) call,
	LATERAL pg_temp.value(format(call, name)) result
WHERE NOT by_time;
SELECT is(string_agg(name, ' ' ORDER BY name), 'hybrid seata', 'as in these') FROM layouts WHERE NOT by_time;
SELECT is(string_agg(name, ' '), NULL, 'a period''s IDs are those of its times')
FROM layouts, unnest('{hour,day,week,month,quarter,year}'::text[]) unit,
	LATERAL snowflake_period(unit, pg_temp.moment(epoch_ms * 1000.0 + last_tick / 3.0 * tick_us), 'Asia/Kathmandu', layout) p
WHERE by_time AND (from_id <> snowflake_lower_bound(p.starts_at, layout) OR to_id <> snowflake_lower_bound(p.ends_at, layout));

--
-- Predicates.  The oracle is PostgreSQL's own "snowflake_timestamp(id) <@ range".
--

-- A constant layout lets the planner make them bounds; that of a row does not.
CREATE TEMP TABLE ranges AS
SELECT l.name, tstzrange(a, b, kind) AS range
FROM layouts l, LATERAL (SELECT array_agg(DISTINCT m) AS moments FROM parts p, unnest(ARRAY[p.starts_at, p.created_at]) m WHERE p.name = l.name) m,
	LATERAL (SELECT m[1 + floor(random() * cardinality(m))], m[1 + floor(random() * cardinality(m))] FROM (SELECT moments AS m) x, generate_series(1, 12)) two(x, y),
	LATERAL (SELECT least(x, y), greatest(x, y)) ends(a, b), unnest('{[),[],(],()}'::text[]) kind
UNION ALL
SELECT name, range FROM layouts, unnest('{"(,)","empty","(,1960-01-01)","[294000-01-01,)","[-infinity,infinity]"}'::tstzrange[]) range;
CREATE FUNCTION pg_temp.wrong(name text, OUT by_bounds bigint, OUT by_rows bigint, OUT pairs bigint) LANGUAGE plpgsql AS
$$
BEGIN
	EXECUTE format('SELECT count(*) FILTER (WHERE snowflake_created_in(id, range, %1$L) IS DISTINCT FROM (snowflake_timestamp(id, %1$L) <@ range)), '
		'count(*) FILTER (WHERE snowflake_created_in(id, range, layout) IS DISTINCT FROM (snowflake_timestamp(id, %1$L) <@ range)), count(*) '
		'FROM parts p JOIN ranges r USING (name) WHERE name = %1$L', name) INTO by_bounds, by_rows, pairs;
END
$$;
SELECT is((by_bounds, by_rows, pairs > 4000)::text, '(0,0,t)', name || ': snowflake_created_in says what snowflake_timestamp(id) <@ range says')
FROM presets, pg_temp.wrong(name);
SELECT is(string_agg(format('%s %s', name, id), '; '), NULL, 'what is no ID of a layout was created at no time')
FROM (VALUES ('js53', 1::bigint << 53), ('js53', -1), ('default', -1), ('seata', -1), ('sonyflake', -9223372036854775808)) i(name, id)
WHERE snowflake_created_in(id, '(,)', name::snowflake_layout);

--
-- The layout in plans
--

CREATE TABLE tweets (id bigint PRIMARY KEY, own snowflake DEFAULT snowflake_nextval(), layout snowflake_layout DEFAULT 'twitter',
	created_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'twitter')) STORED,
	worker_id int GENERATED ALWAYS AS ((snowflake_parse(id, 'twitter')).worker_id) STORED,
	CHECK (snowflake_created_in(id, '[2010-11-04,)', 'twitter')));
INSERT INTO tweets
SELECT snowflake_make(timestamptz '2022-06-01' + n * interval '1 minute', worker_id => n % 32, layout => 'twitter') FROM generate_series(0, 9999) n;
CREATE INDEX tweets_time ON tweets (snowflake_timestamp(id, 'twitter'));
CREATE INDEX tweets_worker ON tweets (((snowflake_parse(id, 'twitter')).worker_id));
CREATE INDEX tweets_own_time ON tweets (snowflake_timestamp(own, 'default'));
CREATE INDEX tweets_june ON tweets ((id % 997)) WHERE snowflake_created_in(id, '[2022-06-01,2022-07-01)', 'twitter');
ANALYZE tweets;
SELECT is(count(*), 0::bigint, 'generated columns name a layout') FROM tweets
WHERE extract(epoch FROM created_at) * 1000 <> (id >> 22) + 1288834974657 OR worker_id <> (id >> 12) % 32;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT matches(pg_temp.explain('SELECT * FROM tweets WHERE ' || condition), looked_up, condition)
FROM (VALUES ('snowflake_timestamp(id, ''twitter'') > ''2022-06-07''', 'tweets_time.*Index Cond: \(snowflake_timestamp\(id, ''twitter''::snowflake_layout\) >'),
	('snowflake_timestamp(id, ''time 41 bits of 1 ms since 2010-11-04 01:42:54.657, datacenter 5, worker 5, sequence 12'') > ''2022-06-07''', 'tweets_time.*Index Cond'),
	('(snowflake_parse(id, ''twitter'')).worker_id = 7', 'tweets_worker.*Index Cond'),
	('snowflake_timestamp(own) > now()', 'tweets_own_time.*Index Cond: \(snowflake_timestamp\(\(own\)::bigint, ''default''::snowflake_layout\) > now'),
	('snowflake_timestamp(own, snowflake_layout()) > now()', 'tweets_own_time.*Index Cond'),
	('own::timestamptz > now()', 'tweets_own_time.*Index Cond'),
	('snowflake_created_in(id, ''[2022-06-01,2022-07-01)'', ''twitter'') AND id % 997 = 7', 'tweets_june.*Index Cond: [^<>]*\n$'),
	('snowflake_created_in(id, ''[2022-06-03,2022-06-04)'', ''twitter'')', 'tweets_pkey.*Index Cond: \(\(id >= ''\d+''::bigint\) AND \(id <= ''\d+''::bigint\)\)\n$'),
	('snowflake_created_in(id, tstzrange(now(), NULL), ''twitter'')', 'tweets_pkey.*Index Cond: .*first_in_range\(tstzrange\(.*, ''twitter''::snowflake_layout\).*last_in_range'),
	('snowflake_created_in(id, (SELECT tstzrange(now(), NULL) OFFSET 0), ''twitter'')', 'tweets_pkey.*Index Cond: .*first_in_range\(.*, ''twitter''::snowflake_layout\).*last_in_range'),
	('id >= snowflake_first_from(now(), ''twitter'')', 'tweets_pkey.*Index Cond: \(id >= snowflake_first_from\(now\(\), ''twitter''::snowflake_layout\)\)')) c(condition, looked_up);
SELECT matches(pg_temp.explain('SELECT * FROM tweets WHERE ' || condition), '^Seq Scan on tweets\n( +Disabled: true\n)? +Filter: .*snowflake_created_in', 'a filter: ' || condition)
FROM (VALUES ('snowflake_created_in(id, ''[2022-06-03,2022-06-04)'', layout)'), ('snowflake_created_in(id, ''[2022-06-03,2022-06-04)'', ''seata'')'),
	('snowflake_created_in(id, (SELECT tstzrange(now(), NULL) OFFSET 0), ''seata'')')) c(condition);
SELECT is((SELECT count(*) FROM tweets WHERE snowflake_created_in(id, '[2022-06-03,2022-06-04)', layout)), 1440::bigint, 'with the right rows');
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT is(pg_temp.explain('SELECT snowflake_timestamp(0), snowflake_layout() FROM tweets') !~ 'snowflake_', true, 'the server''s layout is a constant in a query');
PREPARE with_layout(snowflake_layout) AS SELECT count(*) FROM tweets WHERE snowflake_created_in(id, '[2022-06-03,2022-06-04)', $1);
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT results_eq('EXECUTE with_layout(''twitter'')', 'VALUES (1440::bigint)', 'a layout that is a parameter');
SELECT results_eq('EXECUTE with_layout(NULL)', 'VALUES (0::bigint)', 'or NULL');
SET LOCAL plan_cache_mode = force_custom_plan;
SELECT results_eq('EXECUTE with_layout(''seata'')', 'SELECT count(*) FROM tweets WHERE snowflake_timestamp(id, ''seata'') <@ tstzrange ''[2022-06-03,2022-06-04)''',
	'whichever');
RESET plan_cache_mode;

-- PostgreSQL holds a constraint against the bounds of a partition without a query
CREATE TABLE by_month (id snowflake) PARTITION BY RANGE (id);
CREATE FUNCTION pg_temp.scans_to_attach(constraint_on_id text) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
	month record := snowflake_period('month', '2026-03-01');
	scans bigint;
BEGIN
	EXECUTE format('CREATE TABLE march (id snowflake NOT NULL, CHECK (%s))', constraint_on_id);
	EXECUTE format('ALTER TABLE by_month ATTACH PARTITION march FOR VALUES FROM (%s) TO (%s)', month.from_id, month.to_id);
	scans := pg_stat_get_xact_numscans('march'::regclass);
	DROP TABLE march;
	RETURN scans;
END
$$;
SELECT is(pg_temp.scans_to_attach(constraint_on_id), scans::bigint, format('%s scans to attach a partition: %s', scans, constraint_on_id))
FROM (VALUES ($$snowflake_created_in(id, '[2026-03-01,2026-04-01)', 'default')$$, 0),
	($$id >= snowflake_first_from('2026-03-01', 'default') AND id < snowflake_first_from('2026-04-01', 'default')$$, 0),
	($$id <@ '[2026-03-01,2026-04-01)'$$, 1)) c(constraint_on_id, scans);

SELECT throws_ok(statement, '42P17', NULL, 'refused where it is stored: ' || statement)
FROM unnest(ARRAY['CREATE INDEX ON tweets (snowflake_timestamp(id))', 'CREATE INDEX ON tweets (((snowflake_parse(id)).worker_id))',
	'CREATE INDEX ON tweets (snowflake_timestamp(id, snowflake_layout()))', 'CREATE INDEX ON tweets ((own::timestamptz))',
	'CREATE INDEX ON tweets (id) WHERE own > timestamptz ''2026-01-01''',
	'ALTER TABLE tweets ADD t timestamptz GENERATED ALWAYS AS (snowflake_timestamp(own)) STORED']) statement;

-- a tick of a microsecond since 1970 is where numbers of ticks are largest
SELECT is(ROW(snowflake_lower_bound(m, l), snowflake_upper_bound(m, l), snowflake_first_in_range(tstzrange(NULL, m), l), snowflake_last_in_range(tstzrange(NULL, m), l)),
	ROW(9223372036854775807, 9223372036854775807, 0::bigint, 9223372036854775807), 'no moment is too late for a bound')
FROM (VALUES (timestamptz 'infinity', snowflake_layout 'time 53 bits of 1 us since 1970-01-01, sequence 10')) v(m, l);

SELECT * FROM finish();
ROLLBACK;
