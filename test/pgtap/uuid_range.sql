-- Ranges of time of the 128-bit IDs that increase with it: that predicates say what the
-- time in the bits says, for every kind of bound, and that the planner sees in them ranges
-- of the ID, which it uses for indexes and partitions.
BEGIN;
SELECT plan(115);
SET LOCAL TimeZone = 'UTC';
SET LOCAL max_parallel_workers_per_gather = 0;
\ir include/query.sql
\ir include/full.sql
SELECT CASE WHEN :'full' THEN 1 ELSE 0.5 END AS share_of_ranges \gset

-- us since 1970 as a moment, and a number below 2^64 as digits of hex
CREATE FUNCTION pg_temp.moment(us numeric) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT timestamptz '1970-01-01 00:00:00+00' + div(us, 1000000)::float8 * interval '1 s' + mod(us, 1000000)::float8 * interval '1 us' $$;
CREATE FUNCTION pg_temp.hex(number numeric, digits integer) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT right(lpad(to_hex(div(number, 4294967296)::bigint), 8, '0') || lpad(to_hex(mod(number, 4294967296)::bigint), 8, '0'), digits) $$;

-- what is below the time: all 0, all 1 or random; part says which of the parts of a tick that bits of time can tell apart
CREATE FUNCTION pg_temp.below(kind text, what text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE what WHEN 'least' THEN repeat('0', 20) WHEN 'greatest' THEN repeat('f', 20) ELSE left(md5(random()::text), 20) END $$;
-- the ID of a tick, which begins at us since 1970
CREATE FUNCTION pg_temp.id(kind text, us numeric, part numeric, below text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$
	SELECT CASE kind
		WHEN 'uuidv6' THEN left(ticks, 12) || '6' || right(ticks, 3) || variant
		WHEN 'uuidv7' THEN pg_temp.hex(div(us, 1000), 12) || '7' || left(below, 3) || variant
		WHEN 'ulid' THEN pg_temp.hex(div(us, 1000), 12) || below
		ELSE pg_temp.hex(us * 1000 + part, 16) || left(below, 16)
	END::uuid
	FROM (SELECT pg_temp.hex((us + 12219292800000000) * 10 + part, 15) AS ticks,
		translate(substr(below, 4, 1), '0123456789abcdef', '89ab89ab89ab89ab') || right(below, 15) AS variant) v
$$;

CREATE TABLE kinds (kind text, type text, tick_us integer, parts integer, first_us numeric, last_us numeric, last_part integer);
INSERT INTO kinds VALUES
	('uuidv6', 'uuid', 1, 10, -12219292800000000, 103072857660684697, 5),
	('uuidv7', 'uuid', 1000, 1, 0, 281474976710655000, 0),
	('ulid', 'ulid', 1000, 1, 0, 281474976710655000, 0),
	('snowflake128', 'uuid', 1, 1000, 0, 18446744073709551, 615);

SELECT is(pg_temp.moment(-12219292800000000), '1582-10-15', 'these functions count from 1970');
SELECT is(pg_temp.id('uuidv6', 1645557742000000, 0, '000b000000000000ffff'), '1ec9414c-232a-6b00-b000-00000000ffff', 'and make version 6 as RFC 9562 does');
SELECT is(pg_temp.id('uuidv7', 1645557742000000, 0, 'cc3b000000000000ffff'), '017f22e2-79b0-7cc3-b000-00000000ffff', 'and version 7');

--
-- What predicates say.  The oracle is range's own operator on the time that an ID was made of.
--

SELECT setseed(0.4);
CREATE TABLE ticks AS
SELECT kind, k, us FROM kinds k,
	LATERAL (SELECT first_us + i * tick_us FROM generate_series(0, 1) i UNION ALL SELECT last_us - i * tick_us FROM generate_series(0, 1) i
	         UNION ALL SELECT 1772366400000000 + i * tick_us FROM generate_series(0, 2) i) t(us);
CREATE TABLE ids AS
SELECT row_number() OVER () AS n, kind, us, pg_temp.moment(us) AS moment,
	pg_temp.id(kind, us, CASE what WHEN 'least' THEN 0 WHEN 'greatest' THEN greatest_part ELSE floor(random() * (greatest_part + 1)) END::numeric, pg_temp.below(kind, what)) AS id
FROM ticks, unnest('{least,greatest,random,random2}'::text[]) what,
	LATERAL (SELECT CASE WHEN us = (k).last_us THEN (k).last_part ELSE (k).parts - 1 END) g(greatest_part);
INSERT INTO ids SELECT 1000, kind, NULL, NULL, NULL FROM kinds;

-- around the starts of those ticks, and where timestamps themselves end; one that is NULL makes a range without an end
CREATE TABLE moments AS
SELECT kind, pg_temp.moment(us + i) AS moment FROM ticks, unnest('{-1,0,1,999}'::integer[]) i
UNION SELECT kind, moment FROM kinds, unnest(ARRAY['-infinity', '4714-11-24 00:00:00+00 BC', '1969-12-31 23:59:59.999999+00',
	'294247-01-10 04:00:54.775807+00', '294247-01-10 04:00:54.775808+00', '294276-12-31 23:59:59.999999+00', 'infinity', NULL]::timestamptz[]) moment;
CREATE TABLE ranges AS
SELECT kind, tstzrange(a.moment, b.moment, bounds) AS range
FROM moments a JOIN moments b USING (kind), unnest('{[),(],[],()}'::text[]) bounds WHERE coalesce(a.moment <= b.moment, true) AND random() < :share_of_ranges
UNION SELECT kind, range FROM kinds, unnest('{empty,NULL}'::tstzrange[]) range;

-- A volatile range keeps a predicate whole, so that its own function answers.
CREATE TABLE answers (kind text, id uuid, range tstzrange, right_answer boolean, replaced boolean, whole boolean);
SELECT format('INSERT INTO answers SELECT kind, id, range, moment <@ range, %1$s_created_in(id::%2$s, range), '
	'%1$s_created_in(id::%2$s, CASE WHEN random() < 2 THEN range END) FROM (SELECT * FROM ids JOIN ranges USING (kind) WHERE kind = %1$L OFFSET 0) p', kind, type)
FROM kinds \gexec
SELECT cmp_ok(least(count(*) FILTER (WHERE right_answer), count(*) FILTER (WHERE NOT right_answer), 5 * count(*) FILTER (WHERE right_answer IS NULL)), '>', (5000 * :share_of_ranges)::bigint,
	kind || ': there are ranges with and without an ID, and NULLs') FROM answers GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE replaced IS DISTINCT FROM right_answer), 0::bigint, kind || '_created_in says what the time of the ID says')
FROM answers GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE whole IS DISTINCT FROM right_answer), 0::bigint, kind || '_created_in, not replaced by the planner, too')
FROM answers GROUP BY kind ORDER BY kind;

-- bounds; the last ID of all is no lower than a moment past the end, nor is the first above one before it all
CREATE TABLE bounds (kind text, id uuid, us numeric, moment_us numeric, is_between boolean, is_from boolean, is_up_to boolean);
SELECT format('INSERT INTO bounds SELECT kind, id, us, floor(extract(epoch FROM m.moment) * 1000000 / tick_us) * tick_us, '
	'id::%2$s BETWEEN %1$s_lower_bound(m.moment) AND %1$s_upper_bound(m.moment), id::%2$s >= %1$s_lower_bound(m.moment), id::%2$s <= %1$s_upper_bound(m.moment) '
	'FROM ids JOIN moments m USING (kind) JOIN kinds USING (kind) WHERE kind = %1$L AND m.moment >= pg_temp.moment(first_us) AND m.moment < pg_temp.moment(last_us + tick_us)', kind, type)
FROM kinds \gexec
SELECT is(count(*) FILTER (WHERE (is_between, is_from, is_up_to) IS DISTINCT FROM (us = moment_us, us >= moment_us, us <= moment_us)), 0::bigint,
	kind || ': from the lower to the upper bound of a moment are the IDs of its tick')
FROM bounds WHERE id IS NOT NULL GROUP BY kind ORDER BY kind;
SELECT is(pg_temp.value(format('array_agg(DISTINCT (%1$s_lower_bound(m)::uuid, %1$s_upper_bound(m)::uuid)::text) '
		'FROM unnest(ARRAY[''-infinity'', ''4714-11-24 BC'', pg_temp.moment(%2$s - 1)]) m', kind, first_us)),
	'{"(00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000000)"}', kind || ': before all time is the least value') FROM kinds ORDER BY kind;
SELECT is(pg_temp.value(format('array_agg(DISTINCT (%1$s_lower_bound(m)::uuid, %1$s_upper_bound(m)::uuid)::text) '
		'FROM unnest(ARRAY[''infinity'', ''294276-12-31 23:59:59.999999'', pg_temp.moment(%2$s + %3$s)]) m', kind, last_us, tick_us)),
	'{"(ffffffff-ffff-ffff-ffff-ffffffffffff,ffffffff-ffff-ffff-ffff-ffffffffffff)"}', kind || ': past all time is the greatest') FROM kinds ORDER BY kind;

--
-- Plans, of a table with an ID a minute, of each kind and of a domain over each type
--

CREATE DOMAIN event_uuid AS uuid CHECK (VALUE IS NOT NULL);
CREATE DOMAIN event_ulid AS ulid CHECK (VALUE IS NOT NULL);
CREATE TABLE tables (name text, kind text, type text);
INSERT INTO tables SELECT 'minutes_' || kind, kind, type FROM kinds
UNION ALL VALUES ('domain_uuid', 'uuidv7', 'event_uuid'), ('domain_ulid', 'ulid', 'event_ulid');
SELECT format('CREATE TABLE %I (id %s PRIMARY KEY, what text)', name, type) FROM tables \gexec
SELECT format('INSERT INTO %I SELECT pg_temp.id(%L, extract(epoch FROM t) * 1000000, 0, pg_temp.below(%2$L, ''random''))::%s, ''event'' '
	'FROM generate_series(timestamptz ''2026-03-01'', ''2026-03-01 23:59'', ''1 min'') t', name, kind, type) FROM tables \gexec
SELECT format('ANALYZE %I', name) FROM tables \gexec
CREATE TABLE shifts (during tstzrange);
INSERT INTO shifts VALUES ('[2026-03-01 01:00,2026-03-01 02:00)');
ANALYZE shifts;
CREATE FUNCTION pg_temp.costly() RETURNS tstzrange LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN tstzrange('2026-03-01 01:00', '2026-03-01 02:00'); END $$;

SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL plan_cache_mode = force_generic_plan;
CREATE TABLE conditions (condition text, rows integer);
INSERT INTO conditions VALUES
	($$'[2026-03-01 01:00,2026-03-01 02:00)'$$, 60),
	($$'(2026-03-01 00:59:59.999999,2026-03-01 01:59:59.999]'$$, 60),
	($$tstzrange('2026-03-01 23:00', NULL)$$, 60),
	($$tstzrange(now() - interval '1000 years', now() - interval '900 years')$$, 0),
	($$tstzrange(now() - interval '1 hour', NULL)$$, NULL),
	('(SELECT during FROM shifts)', 60),
	('(SELECT during FROM shifts WHERE false)', 0),
	('(SELECT tstzrange(clock_timestamp(), NULL))', NULL),
	('pg_temp.costly()', 60);
SELECT matches(pg_temp.explain(format('SELECT id FROM %I WHERE %s_created_in(id, %s)', name, kind, condition)),
	'Index (Only )?Scan using [^\n]*\n *Index Cond: [^\n]*id\)?(::uuid|::ulid)? >= '
	|| CASE WHEN condition ~ '23:00.*NULL' THEN '(?![^\n]*<=)' ELSE '[^\n]*id\)?(::uuid|::ulid)? <= ' END || '(?!.*\n *Filter)',
	format('%s: an index serves %s', name, condition))
FROM tables, conditions WHERE name !~ 'domain' OR condition ~ 'during FROM shifts\)|01:00,' ORDER BY 1;
SELECT is(string_agg(format('%s, %s', name, condition), '; ') FILTER (WHERE pg_temp.value(format('count(*) FROM %I WHERE %s_created_in(id, %s)', name, kind, condition)) <> rows::text),
	NULL, kind || ': and finds its rows') FROM tables, conditions WHERE rows IS NOT NULL GROUP BY kind ORDER BY kind;
SELECT unalike(pg_temp.explain(format('SELECT id FROM %I WHERE %s_created_in(id, tstzrange(clock_timestamp(), NULL))', name, kind)), '%Index Cond%',
	name || ': not so what is computed for each row') FROM tables WHERE name ~ 'minutes' ORDER BY name;

-- a parameter, in a plan for all its values; the range of another row
SELECT format('PREPARE %s_in(tstzrange) AS SELECT id FROM minutes_%1$s WHERE %1$s_created_in(id, $1)', kind) FROM kinds \gexec
SELECT matches(pg_temp.explain(format('EXECUTE %s_in(''[2026-03-01 01:00,2026-03-01 02:00)'')', kind)),
	format('Index Cond: \(\(id >= %s_first_in_range\(\$1\)\) AND \(id <= %1$s_last_in_range\(\$1\)\)\)', kind), kind || ': a parameter') FROM kinds ORDER BY kind;
SELECT matches(pg_temp.explain(format('SELECT id FROM shifts JOIN minutes_%s ON %1$s_created_in(id, during)', kind)),
	format('Index Cond: \(\(id >= %s_first_in_range\(shifts.during\)\) AND \(id <= %1$s_last_in_range\(shifts.during\)\)\)', kind), kind || ': a join') FROM kinds ORDER BY kind;
SELECT is(pg_temp.value(format('count(*) FROM shifts JOIN minutes_%s ON %1$s_created_in(id, during)', kind)), '60', kind || ': its rows') FROM kinds ORDER BY kind;
RESET plan_cache_mode;

--
-- Partitions that begin with the bounds of a moment
--

CREATE TABLE events_uuidv7 (id uuid) PARTITION BY RANGE (id);
CREATE TABLE events_ulid (id ulid) PARTITION BY RANGE (id);
SELECT format('CREATE TABLE events_%1$s_%2$s PARTITION OF events_%1$s FOR VALUES FROM (%1$s_lower_bound(%3$L)) TO (%1$s_lower_bound(%4$L))',
	kind, month, make_date(2026, month, 1), make_date(2026, month + 1, 1))
FROM unnest('{uuidv7,ulid}'::text[]) kind, generate_series(1, 4) month \gexec
SELECT is((SELECT string_agg(part[1], ' ') FROM regexp_matches(pg_temp.explain(format('SELECT FROM events_%s WHERE %s', kind, replace(condition, 'KIND', kind))), 'on (events_\w+)', 'g') part),
	format('events_%s_3', kind), 'one partition is left by ' || replace(condition, 'KIND', kind))
FROM unnest('{uuidv7,ulid}'::text[]) kind, unnest(ARRAY[
	$$KIND_created_in(id, '[2026-03-01,2026-04-01)')$$, $$KIND_created_in(id, '(2026-02-28 23:59:59.999999,2026-03-31 23:59:59.999999]')$$,
	$$id >= KIND_lower_bound('2026-03-01') AND id <= KIND_upper_bound('2026-03-31 23:59:59.999')$$]) condition;
INSERT INTO events_uuidv7 SELECT uuidv7_at(timestamptz '2026-01-01' + i * interval '1 h') FROM generate_series(0, 119 * 24 + 23) i;
INSERT INTO events_ulid SELECT ulid_at(timestamptz '2026-01-01' + i * interval '1 h') FROM generate_series(0, 119 * 24 + 23) i;
SELECT is(array_agg(format('%s %s', tableoid::regclass, count) ORDER BY tableoid), '{events_uuidv7_1 744,events_uuidv7_2 672,events_uuidv7_3 744,events_uuidv7_4 720}',
	'UUIDs are in the partition of their month') FROM (SELECT tableoid, count(*) FROM events_uuidv7 GROUP BY tableoid) p;
SELECT is(array_agg(count ORDER BY tableoid), '{744,672,744,720}', 'and so are ULIDs') FROM (SELECT tableoid, count(*) FROM events_ulid GROUP BY tableoid) p;

--
-- Where not all rows are to be seen: predicates are leakproof, so an index serves them before a policy is asked
--

CREATE ROLE regress_idgen_range;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM minutes_uuidv7 WHERE what = current_user;
SELECT format('CREATE POLICY own ON %I USING (what = current_user)', name), format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name),
	format('GRANT SELECT ON %I TO regress_idgen_range', name) FROM tables \gexec
GRANT SELECT ON shifts, barrier, tables TO regress_idgen_range;
CREATE TABLE seen (name text, condition text, plan text);
GRANT SELECT, INSERT ON seen TO regress_idgen_range;
SET LOCAL ROLE regress_idgen_range;
INSERT INTO seen
SELECT name, condition, pg_temp.explain(format('SELECT id, what FROM %I WHERE %s_created_in(id, %s)', name, kind, condition))
FROM (SELECT name, kind FROM tables WHERE name ~ 'minutes' UNION ALL SELECT 'barrier', 'uuidv7') t,
	unnest(ARRAY[$$'[2026-03-01 01:00,2026-03-01 02:00)'$$, '(SELECT during FROM shifts)']) condition;
RESET ROLE;
SELECT matches(plan, 'Index Cond: [^\n]*id >= .*Filter: ', format('%s, where not all rows are to be seen: %s', name, condition)) FROM seen ORDER BY name, condition;
RESET enable_seqscan;
RESET enable_bitmapscan;

--
-- Elsewhere
--

CREATE SCHEMA elsewhere;
ALTER EXTENSION idgen SET SCHEMA elsewhere;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain(format('SELECT FROM minutes_%s WHERE elsewhere.%1$s_created_in(id, ''[2026-03-01 01:00,2026-03-01 02:00)'')', kind)),
	'Index Cond: [^\n]*id [^\n]*>=[^\n]*id [^\n]*<=', kind || ': in another schema') FROM kinds ORDER BY kind;
ALTER EXTENSION idgen SET SCHEMA public;
ALTER FUNCTION uuidv7_last_in_range RENAME TO renamed;
SELECT is((SELECT count(*) FROM minutes_uuidv7 WHERE uuidv7_created_in(id, '[2026-03-01 01:00,2026-03-01 02:00)')), 60::bigint,
	'if a bound is renamed, the predicate stays and is right');
SELECT unalike(pg_temp.explain($$SELECT FROM minutes_uuidv7 WHERE uuidv7_created_in(id, '[2026-03-01 01:00,2026-03-01 02:00)')$$), '%Index Cond%', 'by itself');

--
-- Names do not matter: a predicate is what its symbol says, and so are the bounds
--

CREATE TEMP TABLE hours AS
SELECT uuidv7_at(timestamptz '2024-01-01 00:00+00' + g * interval '1 hour') AS id FROM generate_series(0, 2000) g;
CREATE FUNCTION pg_temp.in_january() RETURNS bigint LANGUAGE plpgsql AS
$$ BEGIN RETURN (SELECT count(*) FROM hours WHERE uuidv7_created_in(id, '[2024-01-01 00:00+00,2024-02-01 00:00+00)')); END $$;
SELECT is(pg_temp.in_january(), 744::bigint, 'the hours of a month');
ALTER FUNCTION uuidv7_first_in_range(tstzrange) RENAME TO mine;
ALTER FUNCTION uuidv6_first_in_range(tstzrange) RENAME TO uuidv7_first_in_range;
SELECT is(pg_temp.in_january(), 744::bigint, 'also if the name of its bound is that of another');
ALTER FUNCTION uuidv7_created_in(uuid, tstzrange) RENAME TO snowflake128_created_in_v7;
SELECT is(count(*), 744::bigint, 'and if its name is like that of another')
FROM hours WHERE snowflake128_created_in_v7(id, '[2024-01-01 00:00+00,2024-02-01 00:00+00)');
ALTER FUNCTION uuidv7_first_in_range(tstzrange) RENAME TO uuidv6_first_in_range;
ALTER FUNCTION mine(tstzrange) RENAME TO uuidv7_first_in_range;
SELECT is(count(*), 744::bigint, '... with its own bounds')
FROM hours WHERE snowflake128_created_in_v7(id, '[2024-01-01 00:00+00,2024-02-01 00:00+00)');

SELECT * FROM finish();
ROLLBACK;
