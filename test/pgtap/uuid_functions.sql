-- The version of a UUID, UUIDs of versions 1 and 6 of a moment, the least and the greatest UUID,
-- and ULIDs by the array and at random.
BEGIN;
SELECT plan(33);
SET LOCAL TimeZone = 'UTC';
\ir include/query.sql

--
-- uuid_version()
--

SELECT is(array_agg(uuid_version(format('c232ab00-9414-%s1ec-b3c8-9f6bdeced846', to_hex(v))::uuid) ORDER BY v), array_agg(v ORDER BY v), 'versions 0 to 15')
FROM generate_series(0, 15) v;
SELECT is(array_agg(uuid_version(id)), '{NULL,NULL,NULL,NULL}', 'other variants have none')
FROM unnest('{00000000-0000-0000-0000-000000000000,c232ab00-9414-11ec-03c8-9f6bdeced846,c232ab00-9414-11ec-c3c8-9f6bdeced846,ffffffff-ffff-ffff-ffff-ffffffffffff}'::uuid[]) id;
SELECT is(format('%s%s%s%s%s', uuid_version(public.uuidv4()), uuid_version(public.uuidv7()), uuid_version(uuidv1()), uuid_version(uuidv6()), uuid_version(gen_random_uuid())),
	'47164', 'of all that make some');
SELECT is(pg_typeof(uuid_version('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')), 'integer'::regtype, 'an untyped literal is a UUID');
SELECT is(num_nulls(uuid_version(NULL), uuid_version(NULL::uuid), uuid_version(VARIADIC NULL), uuid_version(VARIADIC ARRAY[NULL::uuid])), 4, 'NULL gives NULL');
SELECT throws_ok('SELECT uuid_version(public.uuidv4(), public.uuidv4())', '22023', 'uuid_version() takes one UUID', 'it is for one');
SELECT throws_ok('SELECT uuid_version(VARIADIC ''{}'')', '22023', NULL, '... and not for none');
CREATE TABLE mixed (id uuid, CHECK (uuid_version(id) IN (4, 7)));
SELECT lives_ok('INSERT INTO mixed VALUES (public.uuidv4()), (public.uuidv7())', 'in a constraint');
SELECT throws_ok('INSERT INTO mixed VALUES (uuidv1())', '23514', NULL, '... that holds');
CREATE INDEX ON mixed (id) WHERE uuid_version(id) = 7;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain('SELECT id FROM mixed WHERE uuid_version(id) = 7 ORDER BY id'), 'Index Only Scan', 'in a partial index');
SET LOCAL enable_seqscan = on;

--
-- uuidv1_at(), uuidv6_at()
--

CREATE TEMP TABLE moments AS SELECT unnest('{1582-10-15,1582-10-15 00:00:00.000001,1969-12-31 23:59:59.999999,1970-01-01,2026-11-21 17:11:21.380533,5236-03-31 21:21:00.684697}'::timestamptz[]) AS t;
SELECT is(count(*), 0::bigint, 'the moment is read again') FROM moments, LATERAL (VALUES (1, uuidv1_at(t)), (6, uuidv6_at(t))) v(version, id)
WHERE uuid_timestamp(id, false) <> t OR uuid_version(id) <> version OR get_byte(uuid_send(id), 10) & 1 <> 1;
SELECT is(count(DISTINCT id), 20000::bigint, 'and the rest is random') FROM (SELECT unnest(ARRAY[uuidv1_at('2026-01-01'), uuidv6_at('2026-01-01')]) AS id FROM generate_series(1, 10000)) r;
SELECT is(array_agg(id ORDER BY t), array_agg(id ORDER BY id), 'version 6 is in order') FROM moments, uuidv6_at(t) id;
SELECT is(count(*), 6::bigint, '... within its bounds') FROM moments, uuidv6_at(t) id WHERE id BETWEEN uuidv6_lower_bound(t) AND uuidv6_upper_bound(t);
SELECT is(array_agg(pg_temp.value(format('%s(%L)', function, t))), array_fill('22008'::text, ARRAY[8]), 'moments that they do not have are errors')
FROM unnest('{uuidv1_at,uuidv6_at}'::text[]) function, unnest('{1582-10-14 23:59:59.999999,5236-03-31 21:21:00.684698,infinity,-infinity}'::text[]) t;
SELECT is(num_nulls(uuidv1_at(NULL), uuidv6_at(NULL)), 2, 'NULL gives NULL');

--
-- uuid_least(), uuid_greatest()
--

CREATE TABLE ids (id uuid, part integer) PARTITION BY LIST (part);
CREATE TABLE ids_0 PARTITION OF ids FOR VALUES IN (0);
CREATE TABLE ids_1 PARTITION OF ids FOR VALUES IN (1);
INSERT INTO ids SELECT md5(i::text)::uuid, i % 2 FROM generate_series(1, 5000) i;
INSERT INTO ids VALUES (NULL, 0);
CREATE INDEX ON ids (id);
ANALYZE ids;
SELECT results_eq('SELECT uuid_least(id), uuid_greatest(id) FROM ids', 'SELECT (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC NULLS LAST))[1] FROM ids',
	'the least and the greatest');
SELECT matches(pg_temp.explain('SELECT ' || function || '(id) FROM ' || relation), 'Limit.*Index Only Scan' || scan, function || ' by the index of ' || relation)
FROM (VALUES ('uuid_least', ' using'), ('uuid_greatest', ' Backward')) f(function, scan), unnest('{ids,ids_0}'::text[]) relation;
SELECT is(format('%s %s', uuid_least(id), uuid_greatest(id)), ' ', 'of none there is none') FROM ids WHERE id IS NULL OR false AND id IS NOT NULL;
SELECT results_eq('SELECT part, uuid_least(id), uuid_greatest(id) FROM ids GROUP BY part ORDER BY part',
	'SELECT part, (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC NULLS LAST))[1] FROM ids GROUP BY part ORDER BY part', 'in groups');
SELECT is(uuid_least(id) OVER (ORDER BY id DESC), id, 'in a window') FROM ids WHERE id IS NOT NULL ORDER BY id DESC LIMIT 1;

--
-- ulids(), ulid_random()
--

SELECT is(ids, (SELECT array_agg(id ORDER BY id) FROM unnest(ids) id), 'ulids() increase') FROM ulids(10000) ids;
SELECT is(cardinality(ids) || pg_typeof(ids)::text, '3ulid[]', '... as many as asked for') FROM ulids(3) ids;
SELECT ok(first < ids[1] AND ids[1] < ids[2] AND ids[2] < last, 'in order with ulid()') FROM (SELECT ulid() AS first, ulids(2) AS ids, ulid() AS last OFFSET 0) u;
SELECT is(array_agg(pg_temp.value(format('ulids(%s)', count))), '{22023,22023,22023}', 'counts that an array does not have') FROM unnest('{0,-1,2147483647}'::integer[]) count;
SELECT is(ulids(NULL), NULL, 'of no count, no ULIDs');
-- 2,000 in the milliseconds that they take: in no order there, where ulid() has one
SELECT cmp_ok(count(*) FILTER (WHERE id < before)::integer, '>', 500, 'ulid_random() is in no order within a millisecond')
FROM (SELECT id, lag(id) OVER (ORDER BY n) AS before FROM (SELECT n, ulid_random() AS id FROM generate_series(1, 5000) n OFFSET 0) r) l
WHERE ulid_timestamp(id) = ulid_timestamp(before);

--
-- uuid_version() beside another one, which comes first whatever the argument is written as
--

CREATE FUNCTION uuid_version(uuid uuid) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 42';
SELECT is(array_agg(pg_temp.value(call)), '{42,42,42,42}', 'another uuid_version(uuid) of the same schema is called as before')
FROM unnest(ARRAY['uuid_version(public.uuidv4())', 'uuid_version(''017f22e2-79b0-7cc3-98c4-dc0c0c07398f'')', 'uuid_version(NULL)', 'uuid_version(uuid => public.uuidv4())']) call;
SELECT is(pg_temp.parameters('SELECT uuid_version($1)'), 'uuid', '... with a parameter of the same type');
SELECT throws_ok('INSERT INTO mixed VALUES (uuidv1())', '23514', NULL, '... and what was written before stays as it was');

SELECT * FROM finish();
ROLLBACK;
