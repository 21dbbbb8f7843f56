-- The type ulid: what uuid can do a ulid can, with the same indexes and the same plans; and
-- its text.  Its errors are in sql/ulid.sql, its times in uuid.sql and uuid_range.sql.
BEGIN;
SELECT plan(78);
SET LOCAL TimeZone = 'UTC';
\ir include/query.sql
\ir include/full.sql
SELECT CASE WHEN :'full' THEN 50000 ELSE 10000 END AS half \gset

-- 16 bytes that look random and are the same in each run
CREATE FUNCTION pg_temp.uuid(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(n::text)::uuid $$;
-- the digits of 128 bits, two zeros before them
CREATE FUNCTION pg_temp.base32(id uuid) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
	SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substring(bits FROM place FOR 5)::bit(5)::integer + 1, 1), '' ORDER BY place)
	FROM (SELECT B'00' || ('x' || replace(id::text, '-', ''))::bit(128)) b(bits), generate_series(1, 126, 5) place
$$;

--
-- Text
--

CREATE TABLE ids (id ulid, same uuid, n integer);
INSERT INTO ids SELECT pg_temp.uuid(i)::ulid, pg_temp.uuid(i), i FROM generate_series(1, :half) i;
INSERT INTO ids SELECT id, id::uuid, i FROM (SELECT ulid() AS id, i FROM generate_series(:half + 1, 2 * :half - 2) i OFFSET 0) u;
INSERT INTO ids SELECT id::uuid::ulid, id::uuid, i FROM (VALUES ('00000000-0000-0000-0000-000000000000', 2 * :half - 1), ('ffffffff-ffff-ffff-ffff-ffffffffffff', 2 * :half)) v(id, i);
SELECT is(count(*), 2 * :half::bigint, 'a ULID is written as its digits are') FROM ids WHERE id::text = pg_temp.base32(same);
SELECT is(count(*), 2 * :half::bigint, 'and read from them, in either case') FROM ids WHERE id::text::ulid = id AND lower(id::text)::ulid = id;
SELECT is(count(*), 2 * :half::bigint, 'it has the bytes of its UUID')
FROM ids WHERE id::uuid = same AND ulid_send(id) = uuid_send(same) AND id::bytea = uuid_send(same) AND id::bytea::ulid = id AND same::ulid = id;
SELECT is(array_agg(n ORDER BY id), array_agg(n ORDER BY same), 'ULIDs sort as their UUIDs') FROM ids;
SELECT is(array_agg(n ORDER BY id DESC), array_agg(n ORDER BY id::text COLLATE "C" DESC), 'and as their texts') FROM ids;
SELECT is(json_build_object('id', id)::text, format('{"id" : "%s"}', id), 'in JSON it is a string') FROM ids WHERE n = 1;
SELECT is(array_agg(read.id), ARRAY[ids.id], 'and is read from one') FROM ids, json_populate_record(NULL::ids, json_build_object('id', ids.id)) read WHERE ids.n = 1 GROUP BY ids.id;

-- what is a valid text
CREATE TABLE texts (text text, is_valid boolean);
INSERT INTO texts VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', true), ('01arz3ndektsv4rrffq69g5fav', true), ('OIarz3ndektsv4rrffq69g5fal', true),
	('7ZZZZZZZZZZZZZZZZZZZZZZZZZ', true), ('8ZZZZZZZZZZZZZZZZZZZZZZZZZ', false), ('01ARZ3NDEKTSV4RRFFQ69G5FA', false),
	('01ARZ3NDEKTSV4RRFFQ69G5FAVV', false), ('', false), (' 01ARZ3NDEKTSV4RRFFQ69G5FA', false), ('01ARZ3NDEKTSV4RRFFQ69G5FAU', false),
	('01563e3a-b5d3-d676-4c61-efb99302bd5b', false), (repeat(U&'\20AC', 26), false);
SELECT is(array_agg(text) FILTER (WHERE pg_temp.value(format('%L::ulid', text)) IS DISTINCT FROM
	CASE WHEN is_valid THEN translate(upper(text), 'OIL', '011') ELSE '22P02' END), NULL, 'what is no ULID is an error') FROM texts;
SELECT CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN
	is(pg_temp.value('array_agg(text) FROM texts WHERE pg_input_is_valid(text, ''ulid'') <> is_valid'), NULL, 'it can be asked first')
	ELSE pass('no asking first before PostgreSQL 16') END;

--
-- Operators
--

CREATE TABLE edges AS
SELECT id FROM unnest('{00000000-0000-0000-0000-000000000000,00000000-0000-0000-0000-000000000001,00000000-0000-0000-8000-000000000000,
	00000000-0000-0001-0000-000000000000,7fffffff-ffff-ffff-ffff-ffffffffffff,80000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-7fff-ffffffffffff,
	ffffffff-ffff-ffff-ffff-ffffffffffff}'::uuid[]) id;
SELECT is(string_agg(format('%s %s %s', l.id, operator, r.id), '; ') FILTER (WHERE
		pg_temp.value(format('%L::ulid %s %L::ulid', l.id::ulid, operator, r.id::ulid)) IS DISTINCT FROM pg_temp.value(format('%L::uuid %s %L::uuid', l.id, operator, r.id))
		OR pg_temp.value(format('%L::ulid %s %L', l.id::ulid, operator, r.id::ulid)) IS DISTINCT FROM pg_temp.value(format('%L::uuid %s %L', l.id, operator, r.id))),
	NULL, 'ULIDs compare as UUIDs, also with an untyped literal') FROM edges l, edges r, unnest('{<,<=,=,<>,>=,>}'::text[]) operator;
SELECT is(string_agg(expression, '; ') FILTER (WHERE pg_temp.value(replace(expression, 'T', 'ulid')) IS DISTINCT FROM pg_temp.value(replace(expression, 'T', 'uuid'))),
	NULL, 'functions of both')
FROM unnest(ARRAY['bool_and(T_cmp(l.id::T, r.id::T) = CASE WHEN l.id < r.id THEN -1 WHEN l.id = r.id THEN 0 ELSE 1 END) FROM edges l, edges r',
	'array_agg(T_hash(id::T)) FROM edges', 'array_agg(T_hash_extended(id::T, 42)) FROM edges', 'count(DISTINCT id::T) FROM edges',
	'array_agg(x::uuid) FROM (SELECT greatest(l.id::T, r.id::T) AS x FROM edges l, edges r) g',
	'array_agg(x::uuid) FROM (SELECT nullif(l.id::T, r.id::T) AS x FROM edges l, edges r) g',
	'array_agg((l.id::T IS NOT DISTINCT FROM r.id::T, (l.id::T, 1) > (r.id::T, 2))::text) FROM edges l, edges r']) expression;
SELECT is(format('%s %s', min(id::ulid)::uuid, max(id::ulid)::uuid), '00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff', 'min() and max()') FROM edges;
SELECT is(min(id), NULL, 'min() of none') FROM ids WHERE false;

SELECT is(pg_temp.value(condition), '42883', condition || ' is an error')
FROM unnest(ARRAY['ulid() = gen_random_uuid()', 'gen_random_uuid() < ulid()', 'count(*) FROM ids WHERE id = same', 'count(*) FROM ids a JOIN ids b ON a.same = b.id',
	'count(*) FROM ids WHERE id = ''x''::text', 'count(*) FROM ids WHERE id < now()']) condition;
SELECT is(pg_temp.parameters('SELECT FROM ids WHERE ' || condition), types, condition || ': ' || types)
FROM (VALUES ('id = $1', 'ulid'), ('$1 < id', 'ulid'), ('id IN ($1, $2)', 'ulid, ulid'), ('id BETWEEN $1 AND $2', 'ulid, ulid'), ('id = ANY ($1)', 'ulid[]'),
	('(id, n) > ($1, $2)', 'ulid, integer'), ('same = $1', 'uuid')) c(condition, types);

--
-- Indexes
--

CREATE TABLE ulids (id ulid PRIMARY KEY, n integer);
INSERT INTO ulids SELECT (timestamptz '2026-03-01' + i * interval '1 s')::ulid, i % 10 FROM generate_series(1, 5000) i;
ANALYZE ulids, ids;
-- the 4242nd, and the last but two
SELECT id AS id4242 FROM ulids ORDER BY id OFFSET 4241 LIMIT 1 \gset
SELECT id AS id4998 FROM ulids ORDER BY id OFFSET 4997 LIMIT 1 \gset

-- the rows which a condition finds by the only index of a table; NULL if that does not do it all
CREATE FUNCTION pg_temp.found_by(index text, condition text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	found text;
BEGIN
	CREATE TABLE heap AS TABLE ulids;
	EXECUTE 'CREATE INDEX heap_index ON heap USING ' || index;
	ANALYZE heap;
	IF pg_temp.explain('SELECT id FROM heap WHERE ' || condition) ~ 'heap_index(?!.*Filter)' THEN
		EXECUTE 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM heap WHERE ' || condition INTO found;
	END IF;
	DROP TABLE heap;
	RETURN found;
END
$$;
-- and which a scan of the table finds
CREATE TABLE conditions (condition text, kind text, found text);
INSERT INTO conditions SELECT format(condition, id), kind FROM (SELECT :'id4242') v(id), (VALUES
	('id = %L', 'equal'), ('%L = id', 'equal'), ('id = %L::ulid', 'equal'), ('id = ANY (ARRAY[%L]::ulid[])', 'equal'),
	('id = (SELECT %L::ulid)', 'equal'), ('id = lower(%L)::ulid', 'equal')) c(condition, kind);
INSERT INTO conditions SELECT format(condition, id), kind FROM (SELECT :'id4998') v(id), (VALUES
	('id > %L', 'range'), ('%L <= id', 'range'), ('NOT id < %L', 'range'), ('id BETWEEN %L AND ''7ZZZZZZZZZZZZZZZZZZZZZZZZZ''', 'range'),
	('id < ''00000000000000000000000000''', 'range')) c(condition, kind);
UPDATE conditions SET found = pg_temp.value('string_agg(id::text, '' '' ORDER BY id) FROM ulids WHERE id::text::ulid IS NOT NULL AND ' || regexp_replace(condition, '\mid\M', 'id::text::ulid', 'g'));
SELECT is(array_agg(DISTINCT (kind, array_length(string_to_array(found, ' '), 1))::text ORDER BY (kind, array_length(string_to_array(found, ' '), 1))::text),
	'{"(equal,1)","(range,)","(range,2)","(range,3)"}', 'conditions find one ULID, some or none') FROM conditions;
SET LOCAL enable_seqscan = off;
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.found_by(index, condition) IS DISTINCT FROM found
		OR (found IS NULL AND pg_temp.found_by(index, replace(condition, '<', '>')) IS NULL)),
	NULL, 'an index USING ' || index || ' is used')
FROM conditions c JOIN (VALUES ('equal', ARRAY['btree (id)', 'btree (id ulid_ops DESC) INCLUDE (n)', 'hash (id ulid_ops)', 'brin (id)', 'brin (id ulid_minmax_ops)',
		'brin (id ulid_minmax_multi_ops)', 'brin (id ulid_bloom_ops)']),
	('range', ARRAY['btree (id)', 'btree (id ulid_ops DESC) INCLUDE (n)', 'brin (id)', 'brin (id ulid_minmax_ops)', 'brin (id ulid_minmax_multi_ops)'])) i(kind, indexes)
	USING (kind), unnest(indexes) index
GROUP BY index ORDER BY index;

-- a parameter of a plan for all its values
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE one AS SELECT id FROM ulids WHERE id = $1;
SELECT matches(pg_temp.explain(format('EXECUTE one(%L)', :'id4242')), 'Index Cond: \(id = \$1\)', 'a parameter uses the index');
RESET plan_cache_mode;

-- order; least and greatest
SELECT matches(pg_temp.explain(query), 'Index Only Scan' || scan || ' using ulids_pkey(?!.*Sort)', query || ' by index')
FROM (VALUES ('SELECT max(id) FROM ulids', ' Backward'), ('SELECT min(id) FROM ulids', ''),
	('SELECT id FROM ulids ORDER BY id DESC LIMIT 5', ' Backward'), ('SELECT id FROM ulids ORDER BY id USING <', ''),
	('SELECT DISTINCT ON (id) id FROM ulids ORDER BY id', '')) q(query, scan);
SELECT is((SELECT min(id)::text || max(id) FROM ulids), (SELECT min(id::text COLLATE "C") || max(id::text COLLATE "C") FROM ulids), 'and they are what they are');

-- equal ones are stored once
CREATE TABLE repeated AS SELECT pg_temp.uuid(i % 10)::ulid AS l, pg_temp.uuid(i % 10) AS u FROM generate_series(1, 20000) i;
CREATE INDEX repeated_l ON repeated (l);
CREATE INDEX repeated_u ON repeated (u);
SELECT is(pg_relation_size('repeated_l'), pg_relation_size('repeated_u'), 'duplicates take no more room in an index than those of uuid');

--
-- Joins, groups, sets
--

RESET enable_seqscan;
CREATE TABLE others AS SELECT id, n FROM ulids WHERE n < 5 UNION ALL SELECT ulid_lower_bound(timestamptz '2027-01-01' + i * interval '1 s'), 7 FROM generate_series(1, 1000) i;
ANALYZE others;
SELECT is(string_agg(result, E'\n') FILTER (WHERE result IS DISTINCT FROM count), NULL, method || ' joins')
FROM unnest('{Merge,Hash,Nested Loop}'::text[]) method,
	(VALUES ('ulids a JOIN others b ON a.id = b.id', '2500'), ('others NATURAL JOIN ulids', '2500'), ('ulids WHERE id IN (SELECT id FROM others)', '2500'),
		('others o WHERE NOT EXISTS (SELECT FROM ulids u WHERE u.id = o.id)', '1000')) v(tables, count), pg_temp.joined_by(method, tables) result
GROUP BY method ORDER BY method;
RESET enable_mergejoin;
RESET enable_hashjoin;
RESET enable_nestloop;
SELECT is(pg_temp.value(expression), value, expression)
FROM (VALUES ('count(*) FROM (SELECT id FROM ulids UNION SELECT id FROM others) u', '6000'), ('count(*) FROM (SELECT id FROM ulids INTERSECT SELECT id FROM others) u', '2500'),
	('count(*) FROM (SELECT id FROM ulids EXCEPT SELECT id FROM others) u', '2500'), ('count(*) FROM (SELECT DISTINCT l FROM repeated) u', '10'),
	('string_agg(DISTINCT count::text, '','') FROM (SELECT l, count(*) FROM repeated GROUP BY l) u', '2000'),
	('count(*) FROM (SELECT rank() OVER (PARTITION BY l ORDER BY l) FROM repeated) u', '20000'),
	('pg_typeof(max(id)) FROM ulids', 'ulid'), ('pg_typeof(coalesce(id, ''01ARZ3NDEKTSV4RRFFQ69G5FAV'')) FROM ulids LIMIT 1', 'ulid')) v(expression, value);
SET LOCAL enable_hashagg = off;
SELECT is(pg_temp.value('count(*) FROM (SELECT l FROM repeated GROUP BY l) u'), '10', 'groups by sorting');
RESET enable_hashagg;

--
-- Statistics
--

CREATE TABLE skewed AS
SELECT u::ulid AS l, u, i % 4 AS n FROM generate_series(1, 20000) i, LATERAL (SELECT CASE WHEN i % 4 = 0 THEN pg_temp.uuid(0) ELSE pg_temp.uuid(i) END) v(u);
CREATE STATISTICS l_and_n ON l, n FROM skewed;
CREATE STATISTICS u_and_n ON u, n FROM skewed;
ANALYZE skewed;
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.estimate('SELECT FROM skewed WHERE ' || replace(condition, 'ID', 'l = ' || quote_literal(pg_temp.uuid(0)::ulid)))
		<> pg_temp.estimate('SELECT FROM skewed WHERE ' || replace(condition, 'ID', 'u = ' || quote_literal(pg_temp.uuid(0))))),
	NULL, 'estimates of what is equal are those of a UUID') FROM unnest('{ID,NOT ID,ID AND n = 0,ID AND n = 1}'::text[]) condition;
SELECT is(pg_temp.estimate(format(query, 'l')), pg_temp.estimate(format(query, 'u')), kind || ' are estimated as those of a UUID')
FROM (VALUES ('groups', 'SELECT %1$I FROM skewed GROUP BY %1$I'), ('joins', 'SELECT FROM skewed x JOIN skewed y ON x.%1$I = y.%1$I')) v(kind, query);

--
-- Arrays, ranges, foreign keys, partitions
--

CREATE TABLE lists AS SELECT ARRAY[pg_temp.uuid(i), pg_temp.uuid(i + 1)]::ulid[] AS ids, i FROM generate_series(1, 2000) i;
CREATE INDEX lists_gin ON lists USING gin (ids);
ANALYZE lists;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain(format('SELECT FROM lists WHERE ids @> ARRAY[%L]::ulid[]', pg_temp.uuid(700)::ulid)), 'lists_gin', 'arrays are found by a GIN index');
SELECT is(array_agg(i ORDER BY i), '{699,700}', 'and the right ones') FROM lists WHERE ids @> ARRAY[pg_temp.uuid(700)]::ulid[];
RESET enable_seqscan;

CREATE TYPE ulidrange AS RANGE (subtype = ulid);
SELECT ok(ulidrange('2026-03-01'::timestamptz::ulid, '2026-04-01'::timestamptz::ulid) @> ulid_at('2026-03-31 23:59:59.999'), 'a range type of ULIDs');
SELECT ok(NOT ulidrange('2026-03-01'::timestamptz::ulid, '2026-04-01'::timestamptz::ulid) @> '2026-04-01'::timestamptz::ulid, 'and its end');

CREATE TABLE children (parent ulid REFERENCES ulids ON UPDATE CASCADE ON DELETE CASCADE);
INSERT INTO children SELECT id FROM ulids WHERE n = 3;
SELECT throws_ok('INSERT INTO children VALUES (ulid())', '23503', NULL, 'a foreign key refuses what is not there');
UPDATE ulids SET id = (ulid_timestamp(id) + interval '1 year')::ulid WHERE n = 3;
SELECT is(count(*), 500::bigint, 'and follows') FROM children WHERE ulid_timestamp(parent) > '2027-01-01';
DELETE FROM ulids WHERE n = 3;
SELECT is_empty('SELECT FROM children', 'to the end');
SELECT throws_ok('CREATE TABLE bad (id uuid REFERENCES ulids)', '42804', NULL, 'a UUID refers to no ULID');

CREATE TABLE by_hash (id ulid PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE uuids_by_hash (id uuid PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE uuids_by_hash_0 PARTITION OF uuids_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE uuids_by_hash_1 PARTITION OF uuids_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hash SELECT id FROM ids;
INSERT INTO uuids_by_hash SELECT same FROM ids;
SELECT is(array_agg(id::uuid ORDER BY id), (SELECT array_agg(id ORDER BY id) FROM uuids_by_hash_0), 'partitions by hash have what those of a UUID have') FROM by_hash_0;
SELECT unalike(pg_temp.explain('SELECT FROM by_hash WHERE id = ''01ARZ3NDEKTSV4RRFFQ69G5FAV'''), '%Append%', 'and one is looked at');

--
-- A column changes its type without a rewrite, and its indexes serve on
--

CREATE TABLE changed (id uuid, n integer);
INSERT INTO changed SELECT same, n FROM ids;
CREATE FUNCTION pg_temp.change(type text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	before oid := (SELECT relfilenode FROM pg_class WHERE oid = 'changed'::regclass);
BEGIN
	EXECUTE format('ALTER TABLE changed ALTER id TYPE %s', type);
	RETURN CASE WHEN before = (SELECT relfilenode FROM pg_class WHERE oid = 'changed'::regclass) THEN 'same' ELSE 'rewritten' END;
END
$$;
SELECT is(pg_temp.change('ulid'), 'same', 'from uuid to ulid the table stays as it is');
SELECT is(count(*), 2 * :half::bigint, 'with the same IDs') FROM changed JOIN ids USING (id, n);
CREATE INDEX changed_id ON changed (id);
SELECT is(pg_temp.change('uuid'), 'same', 'and back');
SET LOCAL enable_seqscan = off;
SELECT is((SELECT n FROM changed WHERE id = pg_temp.uuid(4242)), 4242, 'found by its index');
SELECT is(pg_temp.change('text'), 'rewritten', 'to text it is rewritten');
RESET enable_seqscan;
CREATE TABLE assigned (u uuid, l ulid);
INSERT INTO assigned SELECT id, same FROM ids WHERE n = 42;
SELECT ok(u = pg_temp.uuid(42) AND l::uuid = u, 'one is stored as the other without a cast') FROM assigned;

--
-- Times
--

SELECT is(count(*), 0::bigint, 'a ULID of a time has it, and nothing else; no cast depends on TimeZone')
FROM (SELECT t, zone, set_config('TimeZone', zone, true) FROM unnest('{UTC,America/Havana,Asia/Kathmandu}'::text[]) zone,
	unnest('{1970-01-01,2016-07-30 23:54:10.259,2024-10-27 01:30:00.001,10889-08-02 05:31:50.655}'::timestamp[]) t OFFSET 0) v, LATERAL (SELECT t AT TIME ZONE 'UTC') m(moment)
WHERE t::ulid <> moment::ulid OR t::ulid::timestamp <> t OR moment::ulid::timestamptz <> moment OR t::ulid::timestamptz <> moment OR moment::ulid::timestamp <> t
   OR t::ulid::uuid::text !~ '-0000-0000-000000000000$' OR ulid_timestamp(t::ulid) <> moment OR t::ulid <> ulid_lower_bound(moment);
SET LOCAL TimeZone = 'UTC';
SELECT is(id::ulid::timestamptz, moment, id) FROM (VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', timestamptz '2016-07-30 23:54:10.259'),
	('01BX5ZZKBKACTAV9WEVGEMMVRZ', '2017-10-24 01:29:36.371'), ('01GV5PA9EQG7D82Q3Y4PKBZSYV', '2023-03-10 12:00:49.111')) v(id, moment);
SELECT is('01GV5PA9EQG7D82Q3Y4PKBZSYV'::ulid::uuid, '0186cb65-25d7-81da-815c-7e25a6bfe7db', 'and as a UUID');

SELECT * FROM finish();
ROLLBACK;
