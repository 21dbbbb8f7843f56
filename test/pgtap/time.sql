-- Predicates on time: that they say what snowflake_timestamp says, for every kind of
-- bound, and that the planner sees in them ranges of the ID, which it uses for
-- indexes, partitions and estimates.  Examples to read are in sql/snowflake_time.sql.
BEGIN;
SELECT plan(286);
SET LOCAL TimeZone = 'UTC';
SET LOCAL max_parallel_workers_per_gather = 0;
\ir include/full.sql
SELECT CASE WHEN :'full' THEN 1000 ELSE 200 END AS other_ids, CASE WHEN :'full' THEN 1 ELSE 0.2 END AS share_of_ranges,
	CASE WHEN :'full' THEN 100000 ELSE 10000 END AS least_answers \gset

-- A plan, the same on all majors: the cast to bigint is left out, which only some nodes
-- show, and the result of a sub-select, $0, (InitPlan 1).col1 or (InitPlan expr_1).col1,
-- is called that.  The server's layout is left out, too, a constant wherever a query is
-- planned; it has tests of its own.
CREATE FUNCTION pg_temp.explain(query text, options text DEFAULT 'COSTS OFF') RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
		plan := plan || line || E'\n';
	END LOOP;
	plan := regexp_replace(plan, '\(([\w.]+)\)::bigint', '\1', 'g');
	plan := regexp_replace(plan, '\(InitPlan (expr_)?\d+\)\.col1', 'sub-select', 'g');
	plan := regexp_replace(plan, ', ''default''::(\w+\.)?snowflake_layout', '', 'g');
	RETURN CASE WHEN query LIKE 'EXECUTE%' THEN plan ELSE regexp_replace(plan, '\$\d+', 'sub-select', 'g') END;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;

-- what is looked up in the index; the whole plan if nothing is
CREATE FUNCTION pg_temp.condition(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	plan text := pg_temp.explain(query);
BEGIN
	RETURN coalesce(substring(plan FROM 'Index Cond: ([^\n]*)'), plan);
END
$$;

-- the number of rows that the planner expects
CREATE FUNCTION pg_temp.estimate(query text) RETURNS numeric LANGUAGE plpgsql AS
$$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;

-- the types that parameters have if nobody states them; of a domain, what it is over
CREATE FUNCTION pg_temp.parameters(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	types text;
BEGIN
	EXECUTE 'PREPARE query AS ' || query;
	SELECT string_agg(coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text, ', ' ORDER BY n) INTO types
	FROM pg_prepared_statements p, unnest(p.parameter_types) WITH ORDINALITY u(type, n), pg_type t
	WHERE p.name = 'query' AND t.oid = u.type;
	DEALLOCATE query;
	RETURN types;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;

-- ms since 2020 and the 22 bits below as an ID, and a time as such ms, without the library
CREATE FUNCTION pg_temp.id(ms bigint, rest bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT ms << 22 | rest $$;
CREATE FUNCTION pg_temp.ms(moment timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (extract(epoch FROM moment) * 1000)::bigint - 1577836800000 $$;

--
-- What predicates say.  The oracle is PostgreSQL's own comparison of snowflake_timestamp(id).
--

SELECT setseed(0.4);

-- both ends of the layout and five neighbouring ticks between: first and last IDs of
-- ticks, and random ones; IDs from all over; and no ID
CREATE TABLE ids AS
WITH ticks(ms) AS (
	SELECT unnest(ARRAY[0, 1, 2, (1::bigint << 41) - 2, (1::bigint << 41) - 1])
	UNION ALL SELECT pg_temp.ms('2026-03-01 12:00:00+00') + generate_series(0, 4)
), numbers(number, edge) AS (
	SELECT pg_temp.id(ms, rest), true FROM ticks, unnest('{0,1,4194302,4194303}'::bigint[]) rest
	UNION ALL SELECT pg_temp.id(ms, floor(random() * 4194304)::bigint), true FROM ticks, generate_series(1, 6)
	UNION ALL SELECT floor(random() * 2147483648)::bigint << 32 | floor(random() * 4294967296)::bigint, false
	FROM generate_series(1, :other_ids)
	UNION ALL VALUES (NULL::bigint, true)
)
SELECT row_number() OVER () AS n, number, number::snowflake AS id, edge FROM numbers;

-- around the starts of those ticks, and where timestamps themselves end; 294247-01-10 is
-- when us since 1970 no longer fit into 63 bits
CREATE TABLE moments AS
WITH ticks(ms) AS (
	SELECT unnest(ARRAY[-1, 0, 1, (1::bigint << 41) - 1, 1::bigint << 41])
	UNION ALL SELECT pg_temp.ms('2026-03-01 12:00:00+00') + generate_series(0, 4, 2)
), moments(moment, edge) AS (
	SELECT timestamptz '2020-01-01 00:00:00+00' + ms * interval '1 millisecond' + us * interval '1 microsecond', true
	FROM ticks, unnest('{-1,0,1,500,999}'::int[]) us
	UNION ALL SELECT unnest(ARRAY['-infinity', '4714-11-24 00:00:00+00 BC', '1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:00+00',
		'294247-01-10 04:00:54.775807+00', '294247-01-10 04:00:54.775808+00',
		'294276-12-31 23:59:59.999999+00', 'infinity']::timestamptz[]), true
	UNION ALL SELECT timestamptz '2018-01-01 00:00:00+00' + random() * interval '75 years', false FROM generate_series(1, 100)
	UNION ALL VALUES (NULL::timestamptz, true)
)
SELECT row_number() OVER () AS n, moment, edge FROM moments;

-- all ranges of edges (or a sample, see above) and some hundred of other moments, with all
-- kinds of bounds; one that is NULL makes a range without an end
CREATE TABLE ranges AS
WITH ranges(range, edge) AS (
	SELECT tstzrange(a.moment, b.moment, kind), a.edge
	FROM moments a JOIN moments b ON coalesce(a.moment <= b.moment, true) AND a.edge = b.edge,
	     unnest('{[),(],[],()}'::text[]) kind
	WHERE random() < CASE WHEN a.edge THEN :share_of_ranges ELSE 0.02 END
	UNION ALL VALUES ('empty'::tstzrange, true), (NULL::tstzrange, true)
)
SELECT row_number() OVER () AS n, range, edge FROM ranges;

-- A volatile range keeps a predicate whole, so that its own function answers.
CREATE TABLE answers AS
SELECT *,
	snowflake_created_in(number, range) AS on_bigint,
	snowflake_created_in(id, range) AS on_snowflake,
	id <@ range AS contained,
	range @> id AS contains,
	snowflake_created_in(number, CASE WHEN random() < 2 THEN range END) AS on_bigint_whole,
	id <@ CASE WHEN random() < 2 THEN range END AS contained_whole,
	CASE WHEN random() < 2 THEN range END @> id AS contains_whole
FROM (SELECT i.number, i.id, r.n, r.range, snowflake_timestamp(i.number) <@ r.range AS right_answer
      FROM ids i JOIN ranges r ON i.edge = r.edge OFFSET 0) pairs;

SELECT cmp_ok(least(count(*) FILTER (WHERE right_answer), count(*) FILTER (WHERE NOT right_answer)), '>', :least_answers::bigint,
	'there are ranges with and without an ID') FROM answers;
SELECT cmp_ok(count(*), '>', 1000::bigint, 'and NULLs') FROM answers WHERE right_answer IS NULL;
SELECT is(count(*) FILTER (WHERE answer IS DISTINCT FROM right_answer), 0::bigint, way || ' says what snowflake_timestamp(id) <@ range says')
FROM answers, LATERAL (VALUES (1, 'snowflake_created_in(bigint, range)', on_bigint),
	(2, 'snowflake_created_in(snowflake, range)', on_snowflake),
	(3, 'id <@ range', contained), (4, 'range @> id', contains),
	(5, 'snowflake_created_in, not replaced by the planner,', on_bigint_whole),
	(6, '<@, not replaced by the planner,', contained_whole), (7, '@>, not replaced by the planner,', contains_whole)) a(n, way, answer)
GROUP BY a.n, way ORDER BY a.n;

-- comparisons; those of ANY keep their function
CREATE TABLE compared AS
SELECT *, id < moment AS lt, id <= moment AS le, id > moment AS gt, id >= moment AS ge,
	moment > id AS lt_turned, moment >= id AS le_turned, moment < id AS gt_turned, moment <= id AS ge_turned,
	id < ANY (ARRAY[moment]) AS lt_whole, id <= ANY (ARRAY[moment]) AS le_whole,
	id > ANY (ARRAY[moment]) AS gt_whole, id >= ANY (ARRAY[moment]) AS ge_whole,
	moment > ANY (ARRAY[id]) AS lt_turned_whole, moment >= ANY (ARRAY[id]) AS le_turned_whole,
	moment < ANY (ARRAY[id]) AS gt_turned_whole, moment <= ANY (ARRAY[id]) AS ge_turned_whole,
	number BETWEEN snowflake_lower_bound(moment) AND snowflake_upper_bound(moment) AS in_tick
FROM (SELECT i.number, i.id, m.moment, snowflake_timestamp(i.number) AS id_time FROM ids i, moments m OFFSET 0) pairs;

-- There is no number above the last ID, which therefore counts as later than any time after its own.
CREATE TEMP VIEW compared_exactly AS
SELECT * FROM compared WHERE (number = 9223372036854775807 AND moment > '2089-09-06 15:47:35.551+00') IS NOT TRUE;
SELECT is(count(*) FILTER (WHERE (answer, turned, whole, turned_whole) IS DISTINCT FROM (right_answer, right_answer, right_answer, right_answer)),
	0::bigint, format('id %s time says what snowflake_timestamp(id) %1$s time says, either way round', operator))
FROM compared_exactly, LATERAL (VALUES
	('<', id_time < moment, lt, lt_turned, lt_whole, lt_turned_whole),
	('<=', id_time <= moment, le, le_turned, le_whole, le_turned_whole),
	('>', id_time > moment, gt, gt_turned, gt_whole, gt_turned_whole),
	('>=', id_time >= moment, ge, ge_turned, ge_whole, ge_turned_whole)) c(operator, right_answer, answer, turned, whole, turned_whole)
GROUP BY operator ORDER BY operator;
SELECT is(count(*), 0::bigint, 'from the lower to the upper bound of a moment are the IDs of its millisecond')
FROM compared_exactly WHERE in_tick IS DISTINCT FROM (id_time = date_trunc('milliseconds', moment));
SELECT is(count(*), 0::bigint, 'an ID is one of those from the first from a moment if its time is at or after that')
FROM compared_exactly WHERE (number >= snowflake_first_from(moment)) IS DISTINCT FROM (id_time >= moment);
SELECT is(array_agg(DISTINCT (number, lt, le, gt, ge, in_tick)::text), '{"(9223372036854775807,f,t,f,t,t)"}', 'what the last ID is past the end')
FROM compared WHERE number = 9223372036854775807 AND moment >= '2089-09-06 15:47:35.552+00';

-- each with an index, in either direction, and without
CREATE INDEX ON ids (number);
CREATE INDEX ON ids (id);
ANALYZE ids, ranges, moments;
CREATE FUNCTION pg_temp.same_rows(condition text, driver text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	query text := format('SELECT d.n AS outer_n, i.n FROM %I d, ids i WHERE %s', driver, condition);
	wrong bigint;
BEGIN
	SET LOCAL enable_seqscan = off;
	SET LOCAL enable_indexscan = on;
	SET LOCAL enable_material = off;
	IF pg_temp.explain(query) !~ 'Index Cond' THEN
		RETURN pg_temp.explain(query);
	END IF;
	EXECUTE 'CREATE TABLE by_index AS ' || query;
	SET LOCAL enable_seqscan = on;
	SET LOCAL enable_indexscan = off;
	IF pg_temp.explain(query) ~ 'Index Cond' THEN
		RETURN pg_temp.explain(query);
	END IF;
	EXECUTE 'CREATE TABLE by_table AS ' || query;
	SELECT count(*) INTO wrong FROM
		((TABLE by_index EXCEPT ALL TABLE by_table) UNION ALL (TABLE by_table EXCEPT ALL TABLE by_index)) d;
	DROP TABLE by_index, by_table;
	RETURN wrong;
END
$$;
CREATE TABLE some_ranges AS SELECT * FROM ranges WHERE n % 37 = 0 OR range IS NULL OR isempty(range);
SET LOCAL enable_bitmapscan = off;
SELECT is(pg_temp.same_rows(condition, driver), '0', 'an index finds what a scan of the table finds: ' || condition)
FROM (VALUES ('snowflake_created_in(i.number, d.range)', 'some_ranges'), ('snowflake_created_in(i.id, d.range)', 'some_ranges'),
	('i.id <@ d.range', 'some_ranges'), ('d.range @> i.id', 'some_ranges'),
	('i.id < d.moment', 'moments'), ('i.id <= d.moment', 'moments'), ('i.id > d.moment', 'moments'), ('i.id >= d.moment', 'moments'),
	('d.moment < i.id', 'moments'), ('d.moment <= i.id', 'moments'), ('d.moment > i.id', 'moments'), ('d.moment >= i.id', 'moments'))
	c(condition, driver);
RESET enable_bitmapscan;
RESET enable_seqscan;
RESET enable_indexscan;
RESET enable_material;

-- negative numbers, which the cast from bigint lets in, are at no time
CREATE TABLE negative AS SELECT number, number::snowflake AS id FROM (VALUES (-1::bigint), (-4194304), ((-9223372036854775808)::bigint)) n(number);
SELECT is(count(*), 0::bigint, 'a negative number is in no range')
FROM negative, ranges WHERE snowflake_created_in(number, range) OR id <@ range OR range @> id
   OR snowflake_created_in(number, CASE WHEN random() < 2 THEN range END);
SELECT is(count(*), 0::bigint, 'nor is it at or after any moment')
FROM negative, moments WHERE id > moment OR id >= moment OR moment < id OR moment <= id
   OR id > ANY (ARRAY[moment]) OR id >= ANY (ARRAY[moment]);
SELECT is(count(*), 0::bigint, 'and what is not at or after a moment is before it')
FROM negative, moments WHERE (id < moment AND id <= moment AND moment > id AND moment >= id) IS DISTINCT FROM (moment IS NOT NULL OR NULL);

--
-- Operators, by what the catalog says of them
--

CREATE FUNCTION pg_temp.pairs(condition text) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
	pairs bigint;
BEGIN
	EXECUTE 'SELECT count(*) FROM (SELECT id FROM ids WHERE edge) i, (SELECT moment FROM moments WHERE edge) m, '
		'(SELECT range FROM some_ranges LIMIT 30) r WHERE ' || condition INTO pairs;
	RETURN pairs;
END
$$;
CREATE TEMP VIEW operators AS
SELECT o.oprname AS name, negator.oprname AS negator, commutator.oprname AS commutator, o.oid::regoperator AS operator,
       CASE WHEN l.typname ~ 'range' THEN 'range' WHEN l.typname = 'timestamptz' THEN 'moment' ELSE 'id' END AS a,
       CASE WHEN r.typname ~ 'range' THEN 'range' WHEN r.typname = 'timestamptz' THEN 'moment' ELSE 'id' END AS b
FROM pg_operator o JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright
LEFT JOIN pg_operator negator ON negator.oid = o.oprnegate
LEFT JOIN pg_operator commutator ON commutator.oid = o.oprcom
JOIN pg_depend d ON d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'idgen'
WHERE o.oprleft <> ALL ('{snowflake_layout,ulid,snowflake_number,snowflake_number_range}'::regtype[])
ORDER BY o.oid;

SELECT is(count(*), 10::bigint, 'there are ten operators') FROM operators;
SELECT is(pg_temp.pairs(format('(%s %s %s) IS DISTINCT FROM (%3$s %4$s %1$s)', a, name, b, commutator)), 0::bigint,
	format('the other way round, %s is %s', operator, commutator)) FROM operators;
SELECT is(pg_temp.pairs(format('(%s %s %s) IS DISTINCT FROM NOT (%1$s %4$s %3$s)', a, name, b, negator)), 0::bigint,
	format('the opposite of %s is %s', operator, negator)) FROM operators WHERE negator IS NOT NULL;

--
-- What is untyped means the ID beside <, and a range beside <@
--

SELECT is(pg_temp.parameters('SELECT FROM ids WHERE ' || condition), types, condition || ': ' || types)
FROM (VALUES ('id > $1', 'bigint'), ('$1 >= id', 'bigint'), ('id BETWEEN $1 AND $2', 'bigint, bigint'),
	('id <@ $1', 'tstzrange'), ('$1 @> id', 'tstzrange'), ('snowflake_created_in(id, $1)', 'tstzrange'),
	('id >= $1::timestamptz', 'timestamp with time zone'),
	('id <@ tstzrange($1, $2)', 'timestamp with time zone, timestamp with time zone')) c(condition, types);
SELECT is((SELECT count(*) FROM ids WHERE id >= '4194304'), (SELECT count(*) FROM ids WHERE number >= 4194304),
	'a literal beside >= is an ID');
SELECT throws_ok($$ SELECT FROM ids WHERE id >= '2026-03-01' $$, '22P02', NULL, 'even if it looks like a time');
SELECT is((SELECT count(*) FROM ids WHERE id <@ '[2026-03-01,2026-04-01)'),
	(SELECT count(*) FROM ids WHERE snowflake_timestamp(number) <@ tstzrange('2026-03-01', '2026-04-01')), 'and beside <@ a range');
SELECT throws_ok($$ SELECT FROM ids WHERE id = timestamptz '2026-03-01' $$, '42883', NULL, 'an ID is not equal to a time');
SELECT throws_ok($$ SELECT FROM ids WHERE number < timestamptz '2026-03-01' $$, '42883', NULL, 'nor is a bigint compared with one');

-- nothing has changed for what was there before
SELECT is(pg_temp.parameters('SELECT FROM moments, ranges WHERE ' || condition), types, condition || ': still ' || types)
FROM (VALUES ('moment > $1', 'timestamp with time zone'), ('$1 > moment', 'timestamp with time zone'),
	('range <@ $1', 'tstzrange'), ('$1 @> range', 'tstzrange'), ('range && $1', 'tstzrange')) c(condition, types);
SELECT is(pg_temp.parameters('SELECT FROM moments, ranges WHERE ' || condition), types, condition || ': still ' || types)
FROM (VALUES ('range @> $1', 'tstzrange'), ('$1 <@ range', 'tstzrange')) c(condition, types);
SELECT lives_ok('SELECT FROM ranges WHERE ' || condition, condition || ': still a range')
FROM (VALUES ($$range @> '[2026-03-01,2026-03-02)'$$), ($$'[2026-03-01,2026-03-02)' <@ range$$)) c(condition);

--
-- Indexes
--

-- a row every two seconds of 2026-03-01, by snowflake, bigint and others
CREATE TABLE events (id snowflake PRIMARY KEY, tenant integer, what text);
INSERT INTO events
SELECT snowflake_lower_bound(t), extract(minute FROM t), 'event' FROM generate_series(timestamptz '2026-03-01', '2026-03-01 23:59:59', '2 s') t;
CREATE TABLE bigints (id bigint PRIMARY KEY);
INSERT INTO bigints SELECT id FROM events;
CREATE DOMAIN event_id AS snowflake CHECK (VALUE > 0);
CREATE TABLE domains (id event_id PRIMARY KEY);
INSERT INTO domains SELECT id FROM events;
CREATE TABLE shifts (name text, starts_at timestamptz, during tstzrange);
INSERT INTO shifts VALUES ('night', '2026-03-01 02:00', '[2026-03-01 02:00,2026-03-01 03:00)');
ANALYZE events, bigints, domains, shifts;

SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_indexonlyscan = off;

-- the first ID of 2026-03-01 is 815735085465600000, of 01:00 815750184960000000
\set hour_ids '((id >= \'815735085465600000\'::bigint) AND (id <= \'815750184959999999\'::bigint))'
\set hour_before '((id >= \'815735085465600000\'::bigint) AND (id < \'815750184960000000\'::bigint))'
SELECT is(pg_temp.condition('SELECT * FROM events WHERE ' || condition), :'hour_ids', 'constants: ' || condition)
FROM (VALUES ($$id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$), ($$tstzrange('2026-03-01', '2026-03-01 01:00') @> id$$),
	($$snowflake_created_in(id, '[2026-03-01 00:00,2026-03-01 01:00)')$$),
	($$id <@ '(2026-02-28 23:59:59.999,2026-03-01 00:59:59.999]'$$),
	($$id <@ '[2026-03-01,2026-04-01)' * tstzrange '[2026-02-01,2026-03-01 01:00)'$$),
	($$id BETWEEN timestamptz '2026-03-01' AND timestamptz '2026-03-01 00:59:59.9995'$$),
	($$NOT (id < timestamptz '2026-03-01' OR id > timestamptz '2026-03-01 00:59:59.999')$$)) c(condition);
SELECT is(pg_temp.condition('SELECT * FROM events WHERE ' || condition), :'hour_before', 'constants: ' || condition)
FROM (VALUES ($$id >= timestamptz '2026-03-01' AND id < timestamptz '2026-03-01 01:00'$$),
	($$timestamptz '2026-03-01' <= id AND timestamptz '2026-03-01 01:00' > id$$),
	($$NOT (id < timestamptz '2026-03-01' OR id >= timestamptz '2026-03-01 01:00')$$)) c(condition);
SELECT is(pg_temp.condition('SELECT * FROM ' || relation || $$ WHERE snowflake_created_in(id, '[2026-03-01 00:00,2026-03-01 01:00)')$$),
	:'hour_ids', relation || ': snowflake_created_in') FROM unnest('{bigints,domains}'::text[]) relation;
SELECT is(pg_temp.condition('SELECT * FROM domains WHERE ' || condition), looked_up, 'domain over snowflake: ' || condition)
FROM (VALUES ($$id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$, :'hour_ids'), ($$tstzrange('2026-03-01', '2026-03-01 01:00') @> id$$, :'hour_ids'),
	($$id >= timestamptz '2026-03-01' AND id < timestamptz '2026-03-01 01:00'$$, :'hour_before')) c(condition, looked_up);
SELECT is(pg_temp.explain($$SELECT * FROM events WHERE id <@ 'empty'$$) !~ 'Filter', true, 'nothing is filtered for an empty range');
SELECT matches(pg_temp.explain('SELECT * FROM events WHERE ' || condition), 'One-Time Filter: false', 'nothing is read: ' || condition)
FROM (VALUES ('id <@ NULL::tstzrange'), ('snowflake_created_in(NULL, $$[,)$$)'), ('id < NULL::timestamptz')) c(condition);

-- what is known when the statement starts
SELECT is(pg_temp.condition('SELECT * FROM events WHERE ' || condition), replace(looked_up, '~', 'id >= snowflake_first_'),
	'at start-up: ' || condition)
FROM (VALUES ($$id >= now() - interval '1 hour'$$, $$(~from((now() - '01:00:00'::interval)))$$),
	($$NOT (id < now() - interval '1 hour')$$, $$(~from((now() - '01:00:00'::interval)))$$),
	('id >= date $$2026-03-01$$', $$(~from(('2026-03-01'::date)::timestamp with time zone))$$),
	('id >= timestamp $$2026-03-01$$', $$(~from(('2026-03-01 00:00:00'::timestamp without time zone)::timestamp with time zone))$$),
	('id >= current_date', '(~from((CURRENT_DATE)::timestamp with time zone))'),
	($$id >= date_trunc('day', now(), 'Europe/Berlin')$$, $$(~from(date_trunc('day'::text, now(), 'Europe/Berlin'::text)))$$),
	('id >= (SELECT max(starts_at) FROM shifts)', '(~from(sub-select))'),
	('id <@ tstzrange(now(), NULL)', '((~in_range(tstzrange(now(), NULL::timestamp with time zone))) '
		'AND (id <= snowflake_last_in_range(tstzrange(now(), NULL::timestamp with time zone))))'),
	('id <@ (SELECT during FROM shifts)', '((~in_range(sub-select)) AND (id <= snowflake_last_in_range(sub-select)))'),
	('(SELECT during FROM shifts) @> id', '((~in_range(sub-select)) AND (id <= snowflake_last_in_range(sub-select)))')) c(condition, looked_up);

-- the planner itself would not repeat an expression which takes as much as this
CREATE FUNCTION pg_temp.this_week() RETURNS tstzrange LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN tstzrange('2026-02-23', '2026-03-02'); END $$;
SELECT matches(pg_temp.condition('SELECT * FROM events WHERE id <@ pg_temp.this_week()'),
	'id >= snowflake_first_in_range\(.*this_week\(\)\)\) AND \(id <= snowflake_last_in_range\(.*this_week\(\)\)\)', 'a range that is costly to compute');
SELECT is(pg_temp.condition('SELECT * FROM events WHERE id <@ (SELECT tstzrange(clock_timestamp(), NULL))'),
	'((id >= snowflake_first_in_range(sub-select)) AND (id <= snowflake_last_in_range(sub-select)))', 'or changes all the time, but is computed once');
SELECT unalike(pg_temp.explain('SELECT * FROM events WHERE id <@ tstzrange(clock_timestamp(), NULL)'), '%Index Cond%',
	'not one that is computed for each row');
SELECT is((SELECT count(*) FROM events WHERE id <@ tstzrange(clock_timestamp() - interval '1000 years', NULL)), 43200::bigint,
	'which gives the right answer nevertheless');
SELECT is((SELECT count(*) FROM events WHERE id <@ (SELECT during FROM shifts WHERE name = 'night')), 1800::bigint, 'a sub-select: the right rows');
SELECT is((SELECT count(*) FROM events WHERE id <@ (SELECT during FROM shifts WHERE name = 'day')), 0::bigint, 'a sub-select without a row: none');
SELECT is((SELECT count(*) FROM shifts s JOIN events ON id <@ (SELECT during FROM shifts WHERE name = s.name)), 1800::bigint,
	'a sub-select that depends on an outer row: the right rows');
SELECT is(pg_temp.condition(query), '((id >= snowflake_first_in_range(sub-select)) AND (id <= snowflake_last_in_range(sub-select)))',
	'a sub-select, and a column of a type like it: ' || query)
FROM (VALUES ('SELECT * FROM domains WHERE id <@ (SELECT during FROM shifts)'), ('SELECT * FROM domains WHERE (SELECT during FROM shifts) @> id'),
	('SELECT * FROM bigints WHERE id::snowflake <@ (SELECT during FROM shifts)'),
	('SELECT * FROM bigints WHERE (SELECT during FROM shifts) @> id::snowflake')) q(query);

-- parameters of plans that are made for all their values
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE created_in(tstzrange) AS SELECT * FROM events WHERE snowflake_created_in(id, $1);
PREPARE bigint_created_in(tstzrange) AS SELECT * FROM bigints WHERE snowflake_created_in(id, $1);
PREPARE contained AS SELECT * FROM events WHERE id <@ $1;
PREPARE contains AS SELECT * FROM events WHERE $1 @> id;
PREPARE bounds AS SELECT * FROM events WHERE id <@ tstzrange($1, $2);
PREPARE less(timestamptz) AS SELECT * FROM events WHERE id < $1;
PREPARE less_or_equal(timestamptz) AS SELECT * FROM events WHERE id <= $1;
PREPARE greater(timestamptz) AS SELECT * FROM events WHERE id > $1;
PREPARE greater_or_equal(timestamptz) AS SELECT * FROM events WHERE id >= $1;
PREPARE less_turned(timestamptz) AS SELECT * FROM events WHERE $1 < id;
PREPARE less_or_equal_turned(timestamptz) AS SELECT * FROM events WHERE $1 <= id;
PREPARE greater_turned(timestamptz) AS SELECT * FROM events WHERE $1 > id;
PREPARE greater_or_equal_turned(timestamptz) AS SELECT * FROM events WHERE $1 >= id;
PREPARE time_between(timestamptz, timestamptz) AS SELECT * FROM events WHERE id BETWEEN $1 AND $2;
PREPARE since(interval) AS SELECT * FROM events WHERE id >= now() - $1;
SELECT is(pg_temp.condition(format('EXECUTE %s', call)), looked_up, 'in a generic plan: ' || call)
FROM (VALUES ($$created_in('[2026-03-01,2026-03-02)')$$, '((id >= snowflake_first_in_range($1)) AND (id <= snowflake_last_in_range($1)))'),
	($$bigint_created_in('[2026-03-01,2026-03-02)')$$, '((id >= snowflake_first_in_range($1)) AND (id <= snowflake_last_in_range($1)))'),
	($$bounds('2026-03-01', '2026-03-02')$$,
		'((id >= snowflake_first_in_range(tstzrange($1, $2))) AND (id <= snowflake_last_in_range(tstzrange($1, $2))))'),
	($$less('2026-03-01')$$, '(id < snowflake_first_from($1))'),
	($$less_or_equal('2026-03-01')$$, '(id <= snowflake_upper_bound($1))'),
	($$greater('2026-03-01')$$, '(id > snowflake_upper_bound($1))'),
	($$greater_or_equal('2026-03-01')$$, '(id >= snowflake_first_from($1))'),
	($$less_turned('2026-03-01')$$, '(id > snowflake_upper_bound($1))'),
	($$less_or_equal_turned('2026-03-01')$$, '(id >= snowflake_first_from($1))'),
	($$greater_turned('2026-03-01')$$, '(id < snowflake_first_from($1))'),
	($$greater_or_equal_turned('2026-03-01')$$, '(id <= snowflake_upper_bound($1))'),
	($$time_between('2026-03-01', '2026-03-02')$$, '((id >= snowflake_first_from($1)) AND (id <= snowflake_upper_bound($2)))'),
	($$since('1 hour')$$, '(id >= snowflake_first_from((now() - $1)))')) c(call, looked_up);
SELECT matches(pg_temp.condition(format('EXECUTE %s', call)),
	'^\(\(id >= snowflake_first_in_range\(.*\$1.*\)\) AND \(id <= snowflake_last_in_range\(.*\$1.*\)\)\)$',
	'in a generic plan: ' || call)
FROM (VALUES ($$contained('[2026-03-01,2026-03-02)')$$), ($$contains('[2026-03-01,2026-03-02)')$$)) c(call);

-- the same plan, run with different parameters
CREATE FUNCTION pg_temp.rows_between(starts_at timestamptz, ends_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS
$$
BEGIN
	RETURN (SELECT count(*) FROM events WHERE id >= starts_at AND id < ends_at AND id <@ tstzrange(starts_at, ends_at));
END
$$;
SELECT is(array_agg(pg_temp.rows_between(hour, hour + interval '1 hour')), array_fill(1800::bigint, '{24}'), 'each hour has its rows')
FROM generate_series(timestamptz '2026-03-01', '2026-03-01 23:00', '1 hour') hour;
RESET plan_cache_mode;

-- variables of a function
CREATE FUNCTION pg_temp.explain_with_variables() RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	starts_at timestamptz := '2026-03-01';
	during tstzrange := '[2026-02-01,2026-03-01 01:00)';
	line text;
	plan text := '';
BEGIN
	FOR line IN EXPLAIN (COSTS OFF) SELECT * FROM events WHERE id >= starts_at AND id <@ during LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;
SELECT alike(pg_temp.explain_with_variables(), '%Index Cond: %''815735085465600000''%<= ''815750184959999999''%', 'variables of a function');

-- what an outer row knows
SELECT is(pg_temp.condition('SELECT * FROM shifts s JOIN ' || join_), looked_up, 'in a nested loop: ' || join_)
FROM (VALUES ('events e ON e.id <@ s.during', '((id >= snowflake_first_in_range(s.during)) AND (id <= snowflake_last_in_range(s.during)))'),
	('events e ON s.during @> e.id', '((id >= snowflake_first_in_range(s.during)) AND (id <= snowflake_last_in_range(s.during)))'),
	('bigints b ON snowflake_created_in(b.id, s.during)', '((id >= snowflake_first_in_range(s.during)) AND (id <= snowflake_last_in_range(s.during)))'),
	('events e ON e.id >= s.starts_at', '(id >= snowflake_first_from(s.starts_at))'),
	('events e ON s.starts_at > e.id', '(id < snowflake_first_from(s.starts_at))'),
	($$events e ON e.id BETWEEN s.starts_at AND s.starts_at + interval '1 h'$$,
		'((id >= snowflake_first_from(s.starts_at)) AND (id <= snowflake_upper_bound((s.starts_at + ''01:00:00''::interval))))'),
	('LATERAL (SELECT * FROM events WHERE id >= s.starts_at ORDER BY id LIMIT 1) e ON true',
		'(id >= snowflake_first_from(s.starts_at))')) j(join_, looked_up);
SELECT is((SELECT count(*) FROM shifts JOIN events ON id <@ during), 1800::bigint, 'with the right rows');

-- other statements, and what queries are put together from
CREATE VIEW recent AS SELECT id, what, id::timestamptz AS created_at FROM events WHERE tenant >= 0;
CREATE VIEW both_kinds AS SELECT id FROM events UNION ALL SELECT id::snowflake FROM bigints;
CREATE VIEW march AS SELECT * FROM events WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)';
CREATE FUNCTION events_during(range tstzrange) RETURNS SETOF events LANGUAGE sql STABLE AS
$$ SELECT * FROM events WHERE id <@ range $$;
SELECT is(pg_temp.condition(query), :'hour_ids', 'in other statements: ' || query)
FROM (VALUES ($$SELECT * FROM recent WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	('SELECT * FROM march'),
	($$SELECT * FROM events_during('[2026-03-01 00:00,2026-03-01 01:00)')$$),
	($$WITH e AS (SELECT * FROM events) SELECT * FROM e WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	($$UPDATE events SET what = '' WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	($$DELETE FROM events WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	($$MERGE INTO events e USING shifts ON e.id <@ '[2026-03-01 00:00,2026-03-01 01:00)' WHEN MATCHED THEN DELETE$$),
	($$SELECT * FROM events WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)' ORDER BY id DESC LIMIT 1$$),
	($$SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY id) FROM events) e WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$)) q(query);
SELECT alike(pg_temp.condition($$SELECT max(id) FROM events WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	'%' || substr(:'hour_ids', 2), 'max(id) is the last in the index');
SELECT unalike(pg_temp.explain($$SELECT * FROM events WHERE id <@ '[2026-03-01,2026-03-02)' ORDER BY id DESC LIMIT 1$$), '%Sort%',
	'and the order is that of the index');
SELECT is(array_length(regexp_split_to_array(pg_temp.explain($$SELECT * FROM both_kinds WHERE id >= timestamptz '2026-03-01'$$), 'Index Cond'), 1), 3,
	'both branches of UNION ALL are looked up');
SELECT is(pg_get_viewdef('march'::regclass) ~ 'id <@ ', true, 'a view shows what was written');

-- other indexes
CREATE TABLE by_tenant (tenant integer, id snowflake, PRIMARY KEY (tenant, id));
SELECT is(pg_temp.condition($$SELECT * FROM by_tenant WHERE tenant = 7 AND id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$),
	replace(:'hour_ids', '((', '((tenant = 7) AND ('), 'an index that the ID comes second in');
CREATE TABLE late (id snowflake, what text);
CREATE INDEX late_march ON late (what) WHERE id >= snowflake_first_from('2026-03-01', 'default');
SELECT alike(pg_temp.explain($$SELECT * FROM late WHERE id <@ '[2026-03-02,2026-03-03)' AND what = 'x'$$), '%late_march%', 'a partial index for times from March on');
SELECT unalike(pg_temp.explain($$SELECT * FROM late WHERE id >= timestamptz '2026-02-28' AND what = 'x'$$), '%late_march%', 'but not for one before');
CREATE TABLE documents (document jsonb);
CREATE FUNCTION pg_temp.document_id(jsonb) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1 ->> 'id'; END $$;
INSERT INTO documents SELECT jsonb_build_object('id', id::text) FROM bigints WHERE id % 7 = 0;
CREATE INDEX cheap ON documents (((document ->> 'id')::bigint));
CREATE INDEX costly ON documents (pg_temp.document_id(document));
ANALYZE documents;
SELECT alike(pg_temp.explain(format('SELECT * FROM documents WHERE snowflake_created_in(%s, %s)', id, range)),
	format('Index Scan using %s%%Index Cond: %% >= %% AND %% <= %%', index),
	format('an ID that is computed: %s, %s', id, range))
FROM (VALUES ($$(document ->> 'id')::bigint$$, 'cheap'), ('pg_temp.document_id(document)', 'costly')) i(id, index),
     (VALUES ($$'[2026-03-01 02:00,2026-03-01 03:00)'$$), ('(SELECT during FROM shifts)')) r(range);
SELECT is((SELECT count(*) FROM documents WHERE snowflake_created_in(pg_temp.document_id(document), during)),
	(SELECT count(*) FROM bigints WHERE id % 7 = 0 AND snowflake_created_in(id, during)), 'with the right rows') FROM shifts;
CREATE INDEX events_timestamp ON events (snowflake_timestamp(id, 'default'));
ANALYZE events;
SELECT alike(pg_temp.explain(format($$SELECT * FROM events WHERE %s < '2026-03-01 01:00'$$, expression)),
	'Index Scan using events_timestamp on events%Index Cond%', 'an index on the time itself: ' || expression)
FROM unnest('{"snowflake_timestamp(id)",id::timestamptz,"snowflake_timestamp(id, ''default'')"}'::text[]) expression;
DROP INDEX events_timestamp;
SELECT throws_ok(statement, '42P17', NULL, 'a layout that is a setting is no part of an index: ' || statement)
FROM unnest(ARRAY['CREATE INDEX ON events (snowflake_timestamp(id))', 'CREATE INDEX ON events ((id::timestamptz))',
	'CREATE INDEX ON late (what) WHERE id >= timestamptz ''2026-03-01''',
	'CREATE INDEX ON late (what) WHERE id <@ ''[2026-03-01,2026-04-01)''',
	'CREATE INDEX ON late (what) WHERE snowflake_created_in(id, ''[2026-03-01,2026-04-01)'')']) statement;

RESET enable_indexonlyscan;
RESET enable_bitmapscan;
RESET enable_seqscan;
SELECT is((SELECT array_agg((hour, rows)::text ORDER BY hour) FROM (
		SELECT date_bin('7 hours', id::timestamptz, '2026-03-01') AS hour, count(*) AS rows FROM events GROUP BY 1) g),
	(SELECT array_agg((hour, rows)::text ORDER BY hour) FROM (
		SELECT date_bin('7 hours', snowflake_timestamp(id), '2026-03-01') AS hour, count(*) AS rows FROM bigints GROUP BY 1) g),
	'the cast to timestamptz is the time: by date_bin');
SELECT results_eq($$SELECT date_trunc('hour', id::timestamptz, 'Asia/Kolkata'), count(*) FROM events GROUP BY 1 ORDER BY 1$$,
	$$SELECT date_trunc('hour', snowflake_timestamp(id), 'Asia/Kolkata'), count(*) FROM bigints GROUP BY 1 ORDER BY 1$$, 'by date_trunc');


-- bitmaps, of more than one range and of BRIN
SELECT matches(pg_temp.explain($$SELECT * FROM events WHERE id <@ '[2026-03-01 01:00,2026-03-01 01:01)' OR id <@ '[2026-03-01 07:00,2026-03-01 07:01)'$$),
	'BitmapOr.*Index Cond.*Index Cond', 'two ranges are two index conditions');
SELECT is((SELECT count(*) FROM events WHERE id <@ (SELECT during FROM shifts) OR id <@ (SELECT tstzrange(NULL, '2026-03-01 00:10') FROM shifts)),
	2100::bigint, 'two sub-selects: the right rows');
CREATE TABLE readings (id snowflake, number bigint, value text);
INSERT INTO readings
SELECT id, id, repeat('x', 60)
FROM (SELECT snowflake_upper_bound(t) AS id FROM generate_series(timestamptz '2026-03-01', '2026-03-01 23:59:59.5', '0.8 s') t) r;
CREATE INDEX ON readings USING brin (id) WITH (pages_per_range = 4);
CREATE INDEX ON readings USING brin (number) WITH (pages_per_range = 4);
ANALYZE readings;
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.pages_read(condition text) RETURNS integer LANGUAGE plpgsql AS
$$
BEGIN
	RETURN substring(pg_temp.explain('SELECT count(*) FROM readings WHERE ' || condition,
	                                 'ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF') FROM 'Heap Blocks: lossy=(\d+)');
END
$$;
SELECT cmp_ok(relpages, '>', 1000, 'a table of many pages') FROM pg_class WHERE oid = 'readings'::regclass;
SELECT cmp_ok(pg_temp.pages_read(condition), '<', (SELECT relpages / 24 + 2 * 4 FROM pg_class WHERE oid = 'readings'::regclass),
	'a BRIN index leaves the pages of an hour: ' || condition)
FROM (VALUES ($$id <@ '[2026-03-01 14:00,2026-03-01 15:00)'$$), ($$id >= timestamptz '2026-03-01 14:00' AND id < timestamptz '2026-03-01 15:00'$$),
	($$snowflake_created_in(number, '[2026-03-01 14:00,2026-03-01 15:00)')$$),
	($$id <@ (SELECT tstzrange('2026-03-01 14:00', '2026-03-01 15:00') FROM shifts)$$)) c(condition);
SELECT is(pg_temp.pages_read($$id > timestamptz '2026-03-02'$$), NULL, 'and none where there is none');
SELECT is(count(*), 4500::bigint, 'with the right rows') FROM readings WHERE id <@ '[2026-03-01 14:00,2026-03-01 15:00)';
RESET enable_seqscan;

--
-- Estimates
--

CREATE TABLE day (id snowflake PRIMARY KEY, number bigint UNIQUE);
INSERT INTO day SELECT id, id
FROM (SELECT snowflake_lower_bound(timestamptz '2026-03-01' + i * interval '1.728 s') + i % 4096 AS id FROM generate_series(0, 49999) i) ids;
ANALYZE day;
SELECT cmp_ok(abs(ln(pg_temp.estimate('SELECT FROM day WHERE ' || condition) / rows)), '<', ln(1.5), format('about %s rows are expected: %s', rows, condition))
FROM (VALUES ($$id <@ '[2026-03-01 10:00,2026-03-01 11:00)'$$, 2083), ($$tstzrange('2026-03-01 10:00', '2026-03-01 11:00') @> id$$, 2083),
	($$snowflake_created_in(id, '[2026-03-01 10:00,2026-03-01 11:00)')$$, 2083),
	($$snowflake_created_in(number, '[2026-03-01 10:00,2026-03-01 11:00)')$$, 2083),
	($$id >= timestamptz '2026-03-01 10:00' AND id < timestamptz '2026-03-01 11:00'$$, 2083),
	($$id BETWEEN timestamptz '2026-03-01 10:00' AND timestamptz '2026-03-01 11:00'$$, 2083),
	($$id > timestamptz '2026-03-01 23:00'$$, 2083), ($$timestamptz '2026-03-01 01:00' >= id$$, 2083),
	($$id <@ tstzrange('2026-03-01 18:00', NULL)$$, 12500), ($$id <@ tstzrange(NULL, '2026-03-01 18:00')$$, 37500),
	($$NOT id <@ '[2026-03-01 10:00,2026-03-01 11:00)'$$, 47917), ($$id <@ '(,)'$$, 50000)) c(condition, rows);
SELECT is(pg_temp.estimate('SELECT FROM day WHERE ' || condition), 1::numeric, 'no row is expected: ' || condition)
FROM (VALUES ($$id <@ '[2025-03-01,2026-03-01)'$$), ($$id > timestamptz '2026-03-03'$$)) c(condition);
SELECT is(pg_temp.estimate('SELECT FROM day WHERE ' || condition),
	pg_temp.estimate('SELECT FROM day WHERE ' || by_hand), format('expected as if it were %s: %s', by_hand, condition))
FROM (VALUES ($$id <@ '[2026-03-01 10:00,2026-03-01 11:00)'$$,
		'id >= snowflake_first_from($$2026-03-01 10:00$$) AND id <= snowflake_upper_bound($$2026-03-01 10:59:59.999$$)'),
	($$snowflake_created_in(number, '[2026-03-01 10:00,2026-03-01 11:00]')$$,
		'number >= snowflake_first_from($$2026-03-01 10:00$$) AND number <= snowflake_upper_bound($$2026-03-01 11:00$$)'),
	($$id > timestamptz '2026-03-01 10:00' AND id < timestamptz '2026-03-01 11:00'$$,
		'id > snowflake_upper_bound($$2026-03-01 10:00$$) AND id < snowflake_first_from($$2026-03-01 11:00$$)'),
	('id >= now()', 'id >= snowflake_first_from(now())')) e(condition, by_hand);

--
-- Partitions
--

-- the months of a quarter and what is left, by snowflake and by bigint
CREATE TABLE by_month (id snowflake PRIMARY KEY, what text) PARTITION BY RANGE (id);
CREATE TABLE bigint_by_month (id bigint PRIMARY KEY, what text) PARTITION BY RANGE (id);
DO $$
DECLARE
	month text;
	parent text;
	p record;
BEGIN
	FOREACH parent IN ARRAY '{by_month,bigint_by_month}'::text[] LOOP
		FOREACH month IN ARRAY '{jan,feb,mar}'::text[] LOOP
			p := snowflake_period('month', to_date('2026' || month, 'YYYYMon'));
			EXECUTE format('CREATE TABLE %s_%s PARTITION OF %1$s FOR VALUES FROM (%3$L) TO (%4$L)', parent, month, p.from_id, p.to_id);
		END LOOP;
		EXECUTE format('CREATE TABLE %s_rest PARTITION OF %1$s DEFAULT', parent);
		EXECUTE format('INSERT INTO %s SELECT snowflake_upper_bound(t) '
			'FROM generate_series(timestamptz ''2025-12-31 12:00'', ''2026-04-01 12:00'', ''1 h'') t', parent);
	END LOOP;
END
$$;
ANALYZE by_month, bigint_by_month;
SELECT results_eq($$SELECT tableoid::regclass::text, count(*), min(id::timestamptz), max(id::timestamptz) FROM by_month GROUP BY 1 ORDER BY 1$$,
	$$VALUES ('by_month_feb', 672::bigint, timestamptz '2026-02-01 00:00', timestamptz '2026-02-28 23:00'),
		('by_month_jan', 744, '2026-01-01 00:00', '2026-01-31 23:00'), ('by_month_mar', 744, '2026-03-01 00:00', '2026-03-31 23:00'),
		('by_month_rest', 25, '2025-12-31 12:00', '2026-04-01 12:00')$$, 'rows are in the partition of their month');

-- the partitions that a plan names; with ANALYZE, those that were read
CREATE FUNCTION pg_temp.partitions(query text, options text DEFAULT 'COSTS OFF') RETURNS text LANGUAGE sql AS
$$
	SELECT string_agg(DISTINCT partition, ' ' ORDER BY partition)
	FROM regexp_split_to_table(pg_temp.explain(query, options), '\n') line, substring(line FROM 'by_month_(jan|feb|mar|rest)') partition
	WHERE line ~ 'Scan' AND line !~ 'never executed'
$$;
SELECT is(pg_temp.partitions(format('SELECT * FROM %s WHERE %s', relation, condition)), partitions,
	format('when it is planned: %s, %s', relation, condition))
FROM (VALUES ('by_month'), ('bigint_by_month')) r(relation),
     (VALUES ($$snowflake_created_in(id, '[2026-02-01 00:00:00.001,2026-03-01)')$$, 'feb'),
	($$snowflake_created_in(id, '[2026-02-11,2026-03-01]')$$, 'feb mar'),
	($$snowflake_created_in(id, '[2026-01-31 23:59:59.999,2026-02-01]')$$, 'feb jan'),
	($$snowflake_created_in(id, '[2026-03-07,)')$$, 'mar rest'), ($$snowflake_created_in(id, '(,2026-02-01)')$$, 'jan rest'),
	($$snowflake_created_in(id, 'empty')$$, NULL), ($$snowflake_created_in(id, '(,)')$$, 'feb jan mar rest')) c(condition, partitions)
UNION ALL
SELECT is(pg_temp.partitions('SELECT * FROM by_month WHERE ' || condition), partitions, 'when it is planned: ' || condition)
FROM (VALUES ($$id <@ '[2026-02-11,2026-03-01)'$$, 'feb'), ($$id > timestamptz '2026-02-01' AND id < timestamptz '2026-03-01'$$, 'feb'),
	($$id >= timestamptz '2026-02-11' AND id <= timestamptz '2026-03-01'$$, 'feb mar'),
	($$id BETWEEN timestamptz '2026-01-31 23:59:59.999' AND timestamptz '2026-01-31 23:59:59.9999'$$, 'jan'),
	($$timestamptz '2026-02-01' > id AND tstzrange('2026-01-31', '2026-02-28') @> id$$, 'jan'),
	($$id <@ '[2026-01-10,2026-01-11)' OR id <@ '[2026-03-10,2026-03-11)'$$, 'jan mar'),
	($$id < timestamptz '2026-02-01' AND id > timestamptz '2026-03-01'$$, NULL),
	($$id = snowflake_lower_bound('2026-02-01')$$, 'feb')) c(condition, partitions);
SELECT is(pg_temp.partitions(format('SELECT * FROM %s WHERE %s', relation, condition)), 'feb',
	format('a whole month is one partition: %s, %s', relation, condition))
FROM (VALUES ('by_month', $$snowflake_created_in(id, '[2026-02-01,2026-03-01)')$$),
	('bigint_by_month', $$snowflake_created_in(id, '[2026-02-01,2026-03-01)')$$),
	('by_month', $$id <@ '[2026-02-01,2026-03-01)'$$),
	('by_month', $$id >= timestamptz '2026-02-01' AND id < timestamptz '2026-03-01'$$)) c(relation, condition);
SELECT is((SELECT count(*) FROM by_month WHERE id <@ '[2026-01-31 12:00,2026-02-01 12:00)'), 24::bigint, 'with the right rows');

-- when a statement starts: with parameters, and with now(), on a table that is parted there
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE month_at(timestamptz) AS SELECT * FROM by_month WHERE id >= $1 AND id < $1 + interval '1 month';
PREPARE month_in(tstzrange) AS SELECT * FROM by_month WHERE id <@ $1;
PREPARE bigint_month_in(tstzrange) AS SELECT * FROM bigint_by_month WHERE snowflake_created_in(id, $1);
SELECT is(format('%s, without %s', pg_temp.partitions('EXECUTE ' || call), substring(pg_temp.explain('EXECUTE ' || call) FROM 'Subplans Removed: (\d)')),
	read, 'when it starts: ' || call)
FROM (VALUES ($$month_at('2026-02-11')$$, 'feb mar, without 2'), ($$month_in('[2026-02-11,2026-03-01)')$$, 'feb, without 3'),
	($$month_in('[2026-02-11,2026-03-01]')$$, 'feb mar, without 2'), ($$bigint_month_in('[2026-02-11,2026-03-01)')$$, 'feb, without 3')) c(call, read);
SELECT is(pg_temp.partitions('EXECUTE ' || call), 'feb', 'a whole month is one partition: ' || call)
FROM (VALUES ($$month_at('2026-02-01')$$), ($$month_in('[2026-02-01,2026-03-01)')$$), ($$bigint_month_in('[2026-02-01,2026-03-01)')$$)) c(call);
RESET plan_cache_mode;
CREATE TABLE by_age (id snowflake) PARTITION BY RANGE (id);
SELECT format('CREATE TABLE by_age_%s PARTITION OF by_age FOR VALUES FROM (%s) TO (%s)', name, from_id, to_id)
FROM (VALUES ('old', '0', snowflake_lower_bound(now() - interval '1 day')::text),
	('new', snowflake_lower_bound(now() - interval '1 day')::text, 'MAXVALUE')) p(name, from_id, to_id) \gexec
SELECT matches(pg_temp.explain('SELECT * FROM by_age WHERE ' || condition), 'Subplans Removed: 1\n.*Scan on by_age_' || partition,
	'when it starts: ' || condition)
FROM (VALUES ($$id >= now() - interval '1 hour'$$, 'new'), ($$id < now() - interval '2 days'$$, 'old'),
	($$id <@ tstzrange(now() - interval '1 hour', NULL)$$, 'new'),
	($$snowflake_created_in(id, tstzrange(NULL, now() - interval '2 days'))$$, 'old')) c(condition, partition);

-- while it runs: what comes from a sub-select or from the outer row
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL enable_material = off;
SELECT is(pg_temp.partitions(query, 'ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF'), partitions, 'while it runs: ' || query)
FROM (VALUES ($$SELECT * FROM by_month WHERE id > (SELECT max(starts_at) + interval '1 week' FROM shifts)$$, 'mar rest'),
	($$SELECT * FROM by_month WHERE id < (SELECT min(starts_at) - interval '1 month' FROM shifts)$$, 'feb jan rest'),
	($$SELECT * FROM shifts LEFT JOIN by_month ON id <@ during$$, 'mar'),
	($$SELECT * FROM shifts LEFT JOIN bigint_by_month ON snowflake_created_in(id, during)$$, 'mar'),
	($$SELECT * FROM shifts LEFT JOIN by_month ON id BETWEEN starts_at AND starts_at + interval '1 h'$$, 'mar')) q(query, partitions);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;

-- what a table is checked for is known of it
CREATE TABLE old (id snowflake CHECK (snowflake_created_in(id, '(,2026-02-01)', 'default')));
SET LOCAL constraint_exclusion = on;
SELECT matches(pg_temp.explain($$SELECT * FROM old WHERE id >= timestamptz '2026-02-01'$$), 'One-Time Filter: false', 'a check constraint excludes a table');
SELECT alike(pg_temp.explain($$SELECT * FROM old WHERE id > timestamptz '2026-01-31'$$), 'Seq Scan on old%', 'if it has no such row');
RESET constraint_exclusion;

--
-- Where an expression stands alone
--

CREATE TABLE bookings (
	id snowflake PRIMARY KEY,
	during tstzrange,
	in_march boolean GENERATED ALWAYS AS (snowflake_created_in(id, '[2026-03-01,2026-04-01)', 'default')) STORED,
	CHECK (id <@ during), CHECK (snowflake_created_in(id, '[2026-01-01,2027-01-01)')), CHECK (id >= timestamptz '2020-01-02')
);
CREATE INDEX bookings_march ON bookings (in_march) WHERE snowflake_created_in(id, '[2026-03-01,2026-04-01)', 'default');
CREATE TABLE noticed (id snowflake);
CREATE FUNCTION notice_booking() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
	IF NEW.id <@ NEW.during AND NEW.during @> NEW.id AND NEW.id >= lower(NEW.during) THEN
		INSERT INTO noticed VALUES (NEW.id);
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER notice BEFORE INSERT ON bookings FOR EACH ROW WHEN (NEW.id >= timestamptz '2026-02-01') EXECUTE FUNCTION notice_booking();
SELECT lives_ok($$INSERT INTO bookings VALUES (snowflake_lower_bound('2026-03-05'), '[2026-03-01,2026-04-01)'),
	(snowflake_lower_bound('2026-01-05'), '(,)')$$,
	'constraints, generated columns, partial indexes and triggers can have predicates');
SELECT is(array_agg(in_march ORDER BY id), '{f,t}', 'a generated column') FROM bookings;
SELECT is(array_agg(id::timestamptz), '{2026-03-05}', 'conditions of a trigger, and in a function') FROM noticed;
SELECT throws_ok($$INSERT INTO bookings VALUES (snowflake_lower_bound('2026-04-01'), '[2026-03-01,2026-04-01)')$$, '23514', NULL,
	'a constraint on two columns');
SELECT throws_ok($$INSERT INTO bookings VALUES (snowflake_lower_bound('2027-01-01'), '(,)')$$, '23514', NULL, 'a constraint on one');
CREATE TRIGGER constant BEFORE INSERT ON bookings FOR EACH ROW WHEN (NEW.id <@ tstzrange '[2026-05-01,2026-06-01)') EXECUTE FUNCTION notice_booking();
CREATE TRIGGER of_row BEFORE INSERT ON bookings FOR EACH ROW WHEN (snowflake_created_in(NEW.id, NEW.during)) EXECUTE FUNCTION notice_booking();
SELECT lives_ok($$INSERT INTO bookings VALUES (snowflake_lower_bound('2026-05-05'), '[2026-05-01,2026-06-01)')$$, 'a range in the condition of a trigger');

--
-- Row-level security, security barriers, other schemas
--

CREATE ROLE regress_idgen_time;
CREATE TABLE secrets (id snowflake PRIMARY KEY, owner name, what text);
INSERT INTO secrets SELECT id, CASE id::bigint >> 22 & 1 WHEN 0 THEN 'regress_idgen_time' ELSE 'other' END FROM events;
ANALYZE secrets;
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secrets USING (owner = current_user);
GRANT SELECT ON secrets, shifts TO regress_idgen_time;
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM secrets WHERE owner = 'regress_idgen_time';
CREATE TABLE seen (relation text, condition text, plan text);
GRANT SELECT, INSERT ON seen TO regress_idgen_time;
GRANT SELECT ON barrier TO regress_idgen_time;
SET LOCAL enable_seqscan = off;
SET LOCAL ROLE regress_idgen_time;
INSERT INTO seen
SELECT 'barrier', condition, pg_temp.explain('SELECT * FROM barrier WHERE ' || condition)
FROM unnest(ARRAY[$$id <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$, $$tstzrange('2026-03-01', '2026-03-01 01:00') @> id$$,
	$$snowflake_created_in(id, '[2026-03-01 00:00,2026-03-01 01:00)')$$, $$id >= timestamptz '2026-03-01'$$, $$timestamptz '2026-03-01' > id$$,
	$$id >= now() - interval '1 hour'$$, $$id <@ tstzrange(now() - interval '1 hour', NULL)$$, $$id <@ (SELECT tstzrange(max(starts_at), NULL) FROM shifts)$$,
	$$id <@ (SELECT during FROM shifts)$$]) condition;
INSERT INTO seen SELECT 'secrets', condition, pg_temp.explain('SELECT * FROM secrets WHERE ' || condition) FROM seen;
INSERT INTO seen
SELECT 'secrets', condition, pg_temp.explain('SELECT * FROM shifts JOIN secrets ON ' || condition)
FROM unnest('{id <@ during,during @> id,"snowflake_created_in(id, during)"}'::text[]) condition;
SELECT count(*) AS own FROM secrets WHERE id <@ '[2026-03-01 00:00,2026-03-01 01:00)' \gset
RESET ROLE;
SELECT matches(plan, 'Index Cond: [^\n]*id [<>].*Filter: \(owner = ', format('where not all rows are to be seen: %s, %s', relation, condition))
FROM seen WHERE condition !~ 'SELECT during';
SELECT matches(plan, 'Index Cond: [^\n]*id [<>].*Filter: \(owner = ', format('where not all rows are to be seen: %s, %s', relation, condition))
FROM seen WHERE condition ~ 'SELECT during';
SELECT is(:'own', (SELECT count(*) FROM secrets WHERE owner = 'regress_idgen_time' AND id <@ '[2026-03-01 00:00,2026-03-01 01:00)')::text,
	'and those that are are seen');
RESET enable_seqscan;

-- the extension is found where it is, whatever the search path says
CREATE SCHEMA elsewhere;
ALTER EXTENSION idgen SET SCHEMA elsewhere;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT is(pg_temp.condition('SELECT * FROM bigints WHERE ' || condition), looked_up, 'in another schema: ' || condition)
FROM (VALUES ($$elsewhere.snowflake_created_in(id, '[2026-03-01 00:00,2026-03-01 01:00)')$$, :'hour_ids'),
	($$id::elsewhere.snowflake <@ '[2026-03-01 00:00,2026-03-01 01:00)'$$, :'hour_ids'),
	($$id::elsewhere.snowflake < timestamptz '2026-03-01'$$, '(id < ''815735085465600000''::bigint)')) c(condition, looked_up);
ALTER EXTENSION idgen SET SCHEMA public;
RESET enable_seqscan;
RESET enable_bitmapscan;

--
-- Periods.  The oracle is the calendar of interval arithmetic.
--

-- every hour, and its last microsecond, of days around changes of the clock, some of them
-- at midnight; and random moments, but not of Havana, where midnight comes twice in November
-- and date_trunc takes the second one
CREATE TABLE periods AS
WITH changes(zone, day) AS (VALUES ('Europe/Berlin', date '2024-03-31'), ('Europe/Berlin', '2024-10-27'), ('America/New_York', '2024-03-10'),
	('America/New_York', '2024-11-03'), ('Pacific/Chatham', '2024-04-07'), ('Pacific/Chatham', '2024-09-29'), ('Asia/Beirut', '2021-03-28'),
	('Asia/Beirut', '2021-10-31'), ('America/Havana', '2021-03-14'), ('Asia/Kathmandu', '2023-12-31'), ('UTC', '2020-02-29'))
SELECT name, unit, zone, moment, p.*
FROM (VALUES ('hour', interval '1 hour'), ('day', '1 day'), ('week', '1 week'), ('month', '1 month'), ('quarter', '3 months'), ('year', '1 year')) u(name, unit),
     (SELECT zone, day + i * interval '1 h' - us * interval '1 us' AS moment FROM changes, generate_series(-60, 60) i, generate_series(0, 1) us
      UNION ALL SELECT zone, timestamptz '2020-01-01' + random() * interval '68 years' FROM changes, generate_series(1, 50) WHERE zone <> 'America/Havana') m,
     snowflake_period(name, moment, zone) p;
SELECT is(count(*), 0::bigint, 'a moment is in its period') FROM periods WHERE NOT (starts_at <= moment AND moment < ends_at);
SELECT is(count(*), 0::bigint, 'a period starts where date_trunc says')
FROM periods WHERE starts_at IS DISTINCT FROM date_trunc(name, moment, zone);
SELECT is(count(*), 0::bigint, 'and ends where the calendar says')
FROM periods WHERE ends_at IS DISTINCT FROM
	CASE name WHEN 'hour' THEN starts_at + unit ELSE (date_trunc(name, moment AT TIME ZONE zone) + unit) AT TIME ZONE zone END;
SELECT is(count(*), 0::bigint, 'a period follows on the other')
FROM periods p, snowflake_period(p.name, p.ends_at, p.zone) n WHERE n.starts_at <> p.ends_at OR n.from_id <> p.to_id;
SELECT is(count(*), 0::bigint, 'and its first and last moment have the same period')
FROM periods p, unnest(ARRAY[p.starts_at, p.ends_at - interval '1 us']) m, snowflake_period(p.name, m, p.zone) s
WHERE (s.starts_at, s.ends_at, s.from_id, s.to_id) IS DISTINCT FROM (p.starts_at, p.ends_at, p.from_id, p.to_id);
SELECT is(count(*), 0::bigint, 'its IDs are those of its times') FROM periods
WHERE from_id <> snowflake_lower_bound(starts_at) OR to_id <> snowflake_lower_bound(ends_at)
   OR snowflake_timestamp(from_id) <> greatest(starts_at, '2020-01-01') OR snowflake_timestamp(to_id - 1) <> ends_at - interval '1 ms';
SELECT is(array_agg(DISTINCT ends_at - starts_at ORDER BY ends_at - starts_at), '{23:00,24:00,25:00}'::interval[], 'days have 23, 24 or 25 hours')
FROM periods WHERE name = 'day';
SELECT is(count(*), 0::bigint, 'a moment is in its period, also if midnight comes twice')
FROM generate_series(timestamptz '2021-11-06', '2021-11-08', '15 min') moment, snowflake_period('day', moment, 'America/Havana')
WHERE NOT (starts_at <= moment AND moment < ends_at);

--
-- pg_partman's time as text
--

SELECT is(count(*), 0::bigint, 'the text of a lower bound is decoded as the millisecond')
FROM moments WHERE moment >= '2020-01-01' AND moment < '2089-09-06 15:47:35.552'
  AND snowflake_time_decoder(snowflake_lower_bound(moment)::text) IS DISTINCT FROM date_trunc('milliseconds', moment);
SELECT is(count(*), 0::bigint, 'and back it is the first ID of the millisecond')
FROM ids WHERE snowflake_lower_bound(snowflake_time_decoder(id::text)) IS DISTINCT FROM number >> 22 << 22;
SELECT is(snowflake_time_decoder(snowflake_lower_bound('2019-12-31')::text), '2020-01-01', 'what is before the epoch becomes the epoch');
SELECT is(snowflake_time_decoder(NULL), NULL, 'NULL is decoded as NULL');
SELECT throws_ok($$SELECT snowflake_time_decoder('-1')$$, '22003', NULL, 'a negative number is no time');
SELECT throws_ok($$SELECT snowflake_time_decoder('2026-03-01')$$, '22P02', NULL, 'nor is what is no number');

SELECT * FROM finish();
ROLLBACK;
