-- Generators with names: what they draw, held against SQL arithmetic that shares nothing
-- with the library; what their options must be; who may draw, create and drop; and that
-- what changes is seen at once, whatever was cached.
BEGIN;
SELECT plan(142);

-- what went wrong, or NULL; with a role, as that role
CREATE FUNCTION pg_temp.error(query text, role name DEFAULT NULL, OUT state text, OUT message text, OUT detail text, OUT hint text)
LANGUAGE plpgsql AS
$$
BEGIN
	IF role IS NOT NULL THEN
		EXECUTE format('SET LOCAL ROLE %I', role);
	END IF;
	EXECUTE query;
	SET LOCAL ROLE NONE;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END
$$;
CREATE FUNCTION pg_temp.state(query text, role name DEFAULT NULL) RETURNS text LANGUAGE sql AS
'SELECT state FROM pg_temp.error(query, role)';

--
-- What is drawn.  The fields of layouts in figures: tick and epoch in us, and the
-- width and the place of time, sequence and node, which is worker or shard.
--
CREATE TEMP TABLE layouts (layout snowflake_layout, tick bigint, epoch bigint,
	time_bits int, time_shift int, sequence_bits int, sequence_shift int, node int, node_bits int, node_shift int, options text);
INSERT INTO layouts VALUES
	('default', 1000, 1577836800000000, 41, 22, 12, 0, 3 * 32 + 29, 10, 12, 'datacenter_id => 3, worker_id => 29'),
	('wide', 1000, 1577836800000000, 41, 22, 18, 0, 15, 4, 18, 'worker_id => 15'),
	('widest', 1000, 1577836800000000, 41, 22, 22, 0, 0, 0, 0, NULL),
	('js53', 1000, 1577836800000000, 41, 12, 7, 0, 31, 5, 7, 'worker_id => 31'),
	('fleet', 1000, 1577836800000000, 41, 22, 12, 0, 1023, 10, 12, 'worker_id => 1023'),
	('twitter', 1000, 1288834974657000, 41, 22, 12, 0, 31 * 32 + 30, 10, 12, 'worker_id => 30, datacenter_id => 31'),
	('leaf', 1000, 1288834974657000, 41, 22, 12, 0, 1023, 10, 12, 'worker_id => 1023'),
	('discord', 1000, 1420070400000000, 42, 22, 12, 0, 5 * 32 + 4, 10, 12, 'worker_id => 4, datacenter_id => 5'),
	('instagram', 1000, 1314220021721000, 41, 23, 10, 0, 8191, 13, 10, 'shard_id => 8191'),
	('sonyflake', 10000, 1409529600000000, 39, 24, 8, 16, 65535, 16, 0, 'worker_id => 65535'),
	('sonyflake2', 10000, 1735689600000000, 39, 24, 8, 16, 4711, 16, 0, 'worker_id => 4711'),
	('mastodon', 1000, 0, 48, 16, 16, 0, 0, 0, 0, NULL),
	('pgedge', 1000, 1672531200000000, 41, 22, 12, 0, 1, 10, 12, 'worker_id => 1'),
	('pgedge1', 1000, 1672531200000000, 41, 22, 12, 10, 1023, 10, 0, 'worker_id => 1023'),
	('timeshard', 1000, 1475796139634000, 40, 24, 14, 0, 77, 10, 14, 'shard_id => 77'),
	('cockroach', 10, 1420070400000000, 48, 15, 0, 0, 32767, 15, 0, 'worker_id => 32767'),
	('tso', 1000, 0, 46, 18, 18, 0, 0, 0, 0, NULL),
	('yitter', 1000, 1582136402000000, 51, 12, 6, 0, 63, 6, 6, 'worker_id => 63'),
	('shardingsphere', 1000, 1477958400000000, 41, 22, 12, 0, 512, 10, 12, 'worker_id => 512'),
	('seata', 1000, 1588435200000000, 41, 12, 12, 0, 1000, 10, 53, 'worker_id => 1000'),
	('influxdb', 1000, 1491696000000000, 42, 22, 12, 0, 9, 10, 12, 'worker_id => 9'),
	('pgdog', 1000, 1764184395000000, 41, 22, 12, 0, 8, 10, 12, 'worker_id => 8'),
	('time 39 bits of 10 ms since 2020-01-01, shard 4, sequence 8, unused 2, worker 10', 10000, 1577836800000000, 39, 24, 8, 12, 1000, 10, 0,
	 'shard_id => 0, worker_id => 1000'),
	('slab 22, time 31 bits of 1 s since 2024-01-01, sequence 10', 1000000, 1704067200000000, 31, 10, 10, 0, 4194303, 22, 41, 'slab_id => 4194303');

CREATE FUNCTION pg_temp.create_for(layout snowflake_layout, options text) RETURNS name LANGUAGE plpgsql AS
$$
DECLARE
	name name := left(layout::text, 40);
BEGIN
	EXECUTE format('SELECT snowflake_create_generator(%L, %L%s)', name, layout, ', ' || options);
	RETURN name;
END
$$;

-- in every way there is, in one statement
CREATE TEMP TABLE drawn AS
SELECT layout, began, way, n, id
FROM (SELECT *, pg_temp.create_for(layout, options) AS name, clock_timestamp() AS began FROM layouts OFFSET 0) l
	CROSS JOIN LATERAL (
		SELECT 1 AS way, n, snowflake_nextval(name) AS id FROM generate_series(1, 100) n
		UNION ALL SELECT 2, n, id FROM unnest(snowflake_nextvals(name, 300)) WITH ORDINALITY u(id, n)
		UNION ALL SELECT 3, n, snowflake_nextval(name) AS id FROM generate_series(1, 100) n) d;

CREATE FUNCTION pg_temp.bits(id bigint, count int, shift int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
'SELECT id >> shift & ((1::bigint << count) - 1)';

SELECT is(count(*), 500::bigint * (SELECT count(*) FROM layouts), 'generators of all presets that have not ended, and of other layouts, draw')
FROM drawn WHERE id >= 0;
SELECT is(count(*), 0::bigint, '... distinct IDs') FROM (SELECT FROM drawn GROUP BY layout, id HAVING count(*) > 1) d;
SELECT is(count(*), 0::bigint, '... in increasing order') FROM
	(SELECT id <= lag(id) OVER (PARTITION BY layout::text ORDER BY way, n) AS wrong FROM drawn) d WHERE wrong;
SELECT is(count(*), 0::bigint, '... of the node they were given') FROM drawn JOIN layouts USING (layout)
WHERE pg_temp.bits(id, node_bits, node_shift) <> node;
SELECT is(count(*), 0::bigint, '... and with all other bits zero') FROM drawn JOIN layouts USING (layout)
WHERE id <> ((pg_temp.bits(id, time_bits, time_shift) << time_shift) | (pg_temp.bits(id, sequence_bits, sequence_shift) << sequence_shift)
	| (node::bigint << node_shift));
SELECT is(count(*), 0::bigint, '... at the clock') FROM drawn JOIN layouts USING (layout)
WHERE epoch + (pg_temp.bits(id, time_bits, time_shift) + 1) * tick <= extract(epoch FROM began) * 1000000
	OR epoch + pg_temp.bits(id, time_bits, time_shift) * tick > extract(epoch FROM clock_timestamp()) * 1000000 + 1000000;

SELECT is(pg_temp.state(format('SELECT snowflake_create_generator(%L, %L, %s)', 'ended', layout, options)), '22023', 'a layout that has ended: ' || layout)
FROM (VALUES ('baidu', 'worker_id => 1'), ('hybrid', 'slab_id => 1')) v(layout, options);

-- blocks
SELECT is(pg_temp.bits(snowflake_next_block('default', 4096), 12, 0), 0::bigint, 'a block of a whole tick');
SELECT is(pg_temp.state($$SELECT snowflake_next_block('default', 4097)$$), '22023', '... is the largest');
SELECT is(pg_temp.state($$SELECT snowflake_next_block('mastodon', 65536)$$), NULL, '... of the layout, not of the server''s');
SELECT ok(second - first >= 1000, 'blocks do not overlap') FROM
	(SELECT snowflake_next_block('leaf', 1000) AS first, snowflake_next_block('leaf', 1000) AS second) b;
SELECT is(pg_temp.state(format('SELECT snowflake_next_block(%L, 2)', name)), '0A000', 'no blocks where the sequence is not lowest: ' || name)
FROM unnest(ARRAY['sonyflake', 'pgedge1']) name;
SELECT is(pg_temp.state(format('SELECT snowflake_%s', call)), '22023', 'no size at all: ' || call)
FROM unnest(ARRAY[$$nextvals('leaf', 0)$$, $$nextvals('leaf', -1)$$, $$next_block('leaf', 0)$$, $$nextvals('leaf', 2147483647)$$]) call;

-- NULL
SELECT is(snowflake_nextval(NULL::name), NULL, 'of no generator, no ID');
SELECT is(string_agg((snowflake_nextval(name) IS NOT NULL)::text, ' ' ORDER BY i), 'false true false true', '... in any row')
FROM (VALUES (1, NULL::name), (2, 'leaf'), (3, NULL), (4, 'leaf')) names (i, name);
SELECT is(snowflake_nextvals('leaf', NULL), NULL, 'of no count, no IDs');
SELECT is(snowflake_next_block(NULL, 5), NULL, 'of no generator, no block');
SELECT is(snowflake_drop_generator(NULL)::text, NULL, 'no generator is not dropped');
SELECT is(pg_temp.state(query), '22004', query) FROM unnest(ARRAY[
	'SELECT snowflake_create_generator(NULL)', $$SELECT snowflake_create_generator('x', NULL)$$]) query;
SELECT lives_ok($$SELECT snowflake_create_generator('nulls', 'leaf', NULL, NULL, NULL, NULL, NULL)$$, 'options that are null are not given');
SELECT is(srvoptions, '{layout=leaf}', '... nor kept') FROM pg_foreign_server WHERE srvname = 'nulls';

--
-- The start of the sequence.  A tick at a time: the next draw comes when the clock is
-- in another tick.
--
CREATE FUNCTION pg_temp.draw_in_ticks(generator name, count int) RETURNS SETOF bigint LANGUAGE plpgsql AS
$$
DECLARE
	began timestamptz;
BEGIN
	FOR i IN 1 .. count LOOP
		RETURN NEXT snowflake_nextval(generator);
		began := clock_timestamp();
		WHILE clock_timestamp() < began + interval '1 ms' LOOP
		END LOOP;
	END LOOP;
END
$$;

SELECT snowflake_create_generator('start ' || coalesce(start, 'default'), 'leaf', worker_id => (100 + n)::int, sequence_start => start)
FROM unnest(ARRAY['zero', 'random', 'Rolling', NULL]) WITH ORDINALITY u(start, n);
CREATE TEMP TABLE in_ticks AS
SELECT start, n, pg_temp.bits(id, 41, 22) AS tick, pg_temp.bits(id, 12, 0) AS sequence
FROM unnest(ARRAY['zero', 'random', 'Rolling', 'default']) start, pg_temp.draw_in_ticks('start ' || start, 30) WITH ORDINALITY d(id, n);

SELECT is(count(*), 0::bigint, 'each of these is in a tick of its own') FROM
	(SELECT tick <= lag(tick) OVER (PARTITION BY start ORDER BY n) AS wrong FROM in_ticks) t WHERE wrong;
SELECT is(array_agg(DISTINCT sequence), '{0}', 'ticks begin with sequence 0: ' || start) FROM in_ticks WHERE start IN ('zero', 'default') GROUP BY start;
SELECT is(array_agg((sequence - first + 4096) % 4096 ORDER BY n), (SELECT array_agg(n::bigint) FROM generate_series(0, 29) n),
	'rolling: ticks begin where the one before left off')
FROM (SELECT *, first_value(sequence) OVER (ORDER BY n) AS first FROM in_ticks WHERE start = 'Rolling') t;
SELECT cmp_ok(count(DISTINCT sequence)::int, '>', 10, 'random: ticks begin anywhere') FROM in_ticks WHERE start = 'random';
SELECT cmp_ok(count(DISTINCT sequence / 1024)::int, '>', 1, '... not only low') FROM in_ticks WHERE start = 'random';

SELECT snowflake_create_generator('wraps', 'time 50 bits of 1 ms since 2020-01-01, worker 11, sequence 2', 5, sequence_start => 'rolling');
SELECT is(count(*), 8::bigint, 'rolling wraps around') FROM
	(SELECT (id & 3) = ((lag(id) OVER (ORDER BY n) & 3) + 1) % 4 AS follows FROM pg_temp.draw_in_ticks('wraps', 9) WITH ORDINALITY d(id, n)) t WHERE follows;

-- under load the start does not matter
CREATE TEMP TABLE many AS
SELECT start, n, id FROM unnest(ARRAY['zero', 'random', 'Rolling']) start,
	unnest(snowflake_nextvals('start ' || start, 20000)) WITH ORDINALITY u(id, n);
SELECT is(count(*), 0::bigint, 'batches over several ticks increase') FROM
	(SELECT id <= lag(id) OVER (PARTITION BY start ORDER BY n) AS wrong FROM many) m WHERE wrong;
SELECT is(pg_temp.bits(snowflake_next_block('start random', 4096), 12, 0), 0::bigint, 'a block that fills a tick begins at 0');

--
-- Options
--
CREATE FUNCTION pg_temp.create_state(arguments text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.state(format('SELECT snowflake_create_generator(''x'', %s)', arguments)) $$;
CREATE FUNCTION pg_temp.server_state(options text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_temp.state('CREATE SERVER x FOREIGN DATA WRAPPER idgen ' || options) $$;

SELECT is(pg_temp.create_state(arguments), '22023', 'refused: ' || arguments) FROM unnest(ARRAY[
	$$'leaf', worker_id => 1024$$, $$'leaf', worker_id => -1$$, $$'leaf', 1, datacenter_id => 0$$, $$'leaf', 1, shard_id => 0$$, $$'leaf', 1, slab_id => 0$$,
	$$'widest', worker_id => 0$$, $$'twitter', datacenter_id => 32$$, $$'instagram'$$, $$'instagram', shard_id => 8192$$, $$'instagram', shard_id => 1, worker_id => 1$$,
	$$'slab 22, time 31 bits of 1 s since 2024-01-01, sequence 10'$$, $$'slab 22, time 31 bits of 1 s since 2024-01-01, sequence 10', slab_id => 4194304$$,
	$$'slab 22, time 31 bits of 1 s since 2024-01-01, sequence 10', slab_id => 9223372036854775807$$,
	$$'leaf', sequence_start => 'middle'$$, $$'leaf', sequence_start => ''$$]) arguments;
SELECT is(pg_temp.create_state($$'leafy'$$), '22P02', 'a layout that is none');
SELECT is(detail, 'The value is 1024, and the layout''s worker goes from 0 to 1023.', 'the range is told')
FROM pg_temp.error($$SELECT snowflake_create_generator('x', 'leaf', 1024)$$);
SELECT is(pg_temp.state($$SELECT snowflake_create_generator('leaf')$$), '42710', 'a name is taken but once');
SELECT is(pg_temp.state($$SELECT snowflake_create_generator('')$$), '42602', 'an empty name is none');

SELECT is(pg_temp.server_state(options), state, 'CREATE SERVER ' || options) FROM (VALUES
	('', 'HV00J'),
	($$OPTIONS (worker_id '1')$$, 'HV00J'),
	($$OPTIONS (layout 'leaf', epoch '1')$$, 'HV00D'),
	($$OPTIONS (layout 'leaf', "Worker_id" '1')$$, 'HV00D'),
	($$OPTIONS (layout 'leafy')$$, '22P02'),
	($$OPTIONS (layout '')$$, '22P02'),
	($$OPTIONS (layout 'leaf', worker_id 'one')$$, '22023'),
	($$OPTIONS (layout 'leaf', worker_id '')$$, '22023'),
	($$OPTIONS (layout 'leaf', worker_id '99999999999999999999')$$, '22023'),
	($$OPTIONS (layout 'time 40 bits of 2 s since 2020-01-01, worker 10, sequence 13')$$, '22023'),
	($$OPTIONS (layout 'leaf', worker_id '-1')$$, '22023'),
	($$OPTIONS (layout 'leaf', worker_id '4294967296')$$, '22023'),
	($$OPTIONS (layout 'leaf', worker_id '1', worker_id '2')$$, '42710')) v(options, state);
SELECT is(pg_temp.state(query), state, query) FROM (VALUES
	($$ALTER SERVER leaf OPTIONS (SET worker_id '1024')$$, '22023'),
	($$ALTER SERVER leaf OPTIONS (ADD shard_id '1')$$, '22023'),
	($$ALTER SERVER leaf OPTIONS (DROP layout)$$, 'HV00J'),
	($$ALTER SERVER leaf OPTIONS (SET layout 'js53')$$, '22023'),
	($$ALTER SERVER instagram OPTIONS (DROP shard_id)$$, '22023'),
	($$ALTER FOREIGN DATA WRAPPER idgen OPTIONS (ADD layout 'leaf')$$, 'HV00D'),
	($$CREATE USER MAPPING FOR PUBLIC SERVER leaf OPTIONS (worker_id '1')$$, 'HV00D')) v(query, state);

-- a definition may be of any time, as a dump may be old
CREATE SERVER ended FOREIGN DATA WRAPPER idgen OPTIONS (layout 'baidu', worker_id '1');
SELECT is(state, '54000', 'IDs of a layout that has ended: none') FROM pg_temp.error($$SELECT snowflake_nextval('ended')$$);
CREATE SERVER early FOREIGN DATA WRAPPER idgen OPTIONS (layout 'time 41 bits of 1 ms since 2099-01-01, worker 10, sequence 12', worker_id '1');
SELECT is(state, '55000', 'IDs of a layout whose epoch is to come: none') FROM pg_temp.error($$SELECT snowflake_nextvals('early', 2)$$);
SELECT is(pg_temp.create_state($$'time 41 bits of 1 ms since 2099-01-01, worker 10, sequence 12', 1$$), '22023', '... nor is one created by the function');

-- the view
CREATE SERVER twitter_too FOREIGN DATA WRAPPER idgen OPTIONS (layout 'twitter', worker_id '3');
SELECT is(array_agg(g::text ORDER BY generator COLLATE "C"), ARRAY[
	format('(default,%s,default,29,3,,,zero)', current_user), format('(instagram,%s,instagram,,,8191,,zero)', current_user),
	format('(leaf,%s,leaf,1023,,,,zero)', current_user), format('("start Rolling",%s,leaf,103,,,,Rolling)', current_user),
	format('(twitter_too,%s,twitter,3,,,,zero)', current_user)], 'the view has the generators and their options')
FROM snowflake_generators g WHERE generator IN ('leaf', 'default', 'instagram', 'start Rolling', 'twitter_too');

-- a foreign server of another wrapper is no generator
CREATE FOREIGN DATA WRAPPER regress_other;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER regress_other OPTIONS (layout 'leaf', worker_id '5');
SELECT is(state || ' ' || message, '42704 generator "elsewhere" does not exist', query) FROM unnest(ARRAY[
	$$SELECT snowflake_nextval('elsewhere')$$, $$SELECT snowflake_drop_generator('elsewhere')$$, $$SELECT snowflake_next_block('elsewhere', 1)$$]) query, pg_temp.error(query);
SELECT is(count(*), 0::bigint, '... and not in the view') FROM snowflake_generators WHERE generator = 'elsewhere';
SELECT is(state || ' ' || message, '42704 generator "nobody" does not exist', query) FROM unnest(ARRAY[
	$$SELECT snowflake_nextval('nobody')$$, $$SELECT snowflake_nextvals('nobody', 5)$$, $$SELECT snowflake_drop_generator('nobody')$$]) query, pg_temp.error(query);
SELECT is(hint, expected, query) FROM (VALUES ($$SELECT snowflake_nextval('nobody')$$, 'Create it with snowflake_create_generator().'),
	($$SELECT snowflake_drop_generator('nobody')$$, 'The view "snowflake_generators" lists those that exist.')) v(query, expected), pg_temp.error(query);

-- names
CREATE TEMP TABLE x AS SELECT 1 AS kept;
CREATE TEMP TABLE names AS SELECT n, name::name FROM unnest(ARRAY['Weird "name"; DROP TABLE x', $$it's$$, 'UPPER', 'select', E'back\\slash', E'\u00e9\U0001f600', repeat('n', 63), ' ']) WITH ORDINALITY u(name, n);
SELECT snowflake_create_generator(name, 'leaf', (200 + n)::int, sequence_start => 'random') FROM names;
SELECT is(array_agg(pg_temp.bits(snowflake_nextval(name), 10, 12) ORDER BY n), '{201,202,203,204,205,206,207,208}', 'names may have any characters') FROM names;
SELECT is(pg_temp.state($$SELECT snowflake_nextval('upper')$$), '42704', '... and case counts');
SELECT is(pg_temp.bits(snowflake_nextval(repeat('n', 70)), 10, 12), 207::bigint, 'long names are cut, as all names');
SELECT is(count(snowflake_drop_generator(name)::text), 8::bigint, 'all are dropped by these names') FROM names;
SELECT is(count(*), 0::bigint, '... and gone') FROM snowflake_generators JOIN names ON name = generator;
SELECT is(kept, 1, '... and nothing else is') FROM x;
SELECT is(pg_temp.create_state($$'leaf', 1, sequence_start => 'zero'', layout ''twitter'$$), '22023', 'no option is smuggled in by a value');

--
-- Changes are seen at once, whatever has been cached
--
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE draw AS SELECT pg_temp.bits(snowflake_nextval('changing'), 10, 12) AS node;
CREATE FUNCTION pg_temp.draw() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN pg_temp.bits(snowflake_nextval('changing'), 10, 12); END $$;
CREATE TEMP TABLE t (n serial, id bigint DEFAULT snowflake_nextval('changing'));
SELECT is(pg_temp.state('EXECUTE draw'), '42704', 'a statement is prepared before there is its generator');
SELECT snowflake_create_generator('changing', 'leaf', 301);
SELECT results_eq('draw', 'SELECT 301::bigint', '... and draws when there is');
SELECT is(pg_temp.draw(), 301::bigint, '... so does a function');
INSERT INTO t DEFAULT VALUES;
ALTER SERVER changing OPTIONS (SET worker_id '302');
SELECT results_eq('draw', 'SELECT 302::bigint', 'another worker: a prepared statement');
SELECT is(pg_temp.draw(), 302::bigint, '... a function');
INSERT INTO t DEFAULT VALUES;
ALTER SERVER changing RENAME TO changed;
SELECT is(array_agg(pg_temp.state(query)), '{42704,42704,42704}', 'renamed: the old name is none')
FROM unnest(ARRAY['EXECUTE draw', 'SELECT pg_temp.draw()', 'INSERT INTO t DEFAULT VALUES']) query;
SELECT is(pg_temp.bits(snowflake_nextval('changed'), 10, 12), 302::bigint, '... the new one is');
ALTER SERVER changed RENAME TO changing;
SELECT results_eq('draw', 'SELECT 302::bigint', '... and back');
DROP SERVER changing CASCADE;
SELECT is(array_agg(pg_temp.state(query)), '{42704,42704,42704}', 'dropped: there is none')
FROM unnest(ARRAY['EXECUTE draw', 'SELECT pg_temp.draw()', 'INSERT INTO t DEFAULT VALUES']) query;
SELECT snowflake_create_generator('changing', 'leaf', 301);
INSERT INTO t SELECT FROM generate_series(1, 200);
SELECT is(count(DISTINCT id), 202::bigint, 'created anew: no ID of a default comes twice') FROM t;
SELECT is(count(*), 0::bigint, '... and those of a worker increase') FROM
	(SELECT id <= lag(id) OVER (PARTITION BY pg_temp.bits(id, 10, 12) ORDER BY n) AS wrong FROM t) d WHERE wrong;
ALTER SERVER changing OPTIONS (SET layout 'sonyflake');
SELECT is(snowflake_nextval('changing') & 65535, 301::bigint, 'another layout');
ALTER SERVER changing OPTIONS (SET layout 'leaf', DROP worker_id);
SELECT results_eq('draw', 'SELECT 0::bigint', 'without a worker of its own, it has the server''s');

-- what is rolled back never was
SAVEPOINT s;
DROP SERVER changing CASCADE;
SELECT snowflake_create_generator('changing', 'leaf', 303);
SELECT snowflake_create_generator('fleeting', 'leaf', 304);
SELECT snowflake_nextval('changing') AS changing, snowflake_nextval('fleeting') AS fleeting \gset
ROLLBACK TO s;
SELECT is(pg_temp.bits(:changing, 10, 12), 303::bigint, 'dropped and created in a subtransaction: draws');
SELECT results_eq('draw', 'SELECT 0::bigint', '... rolled back: is what it was');
SELECT is(pg_temp.state($$SELECT snowflake_nextval('fleeting')$$), '42704', '... and one that was created there is none');
SELECT snowflake_create_generator('fleeting', 'leaf', 304);
SELECT cmp_ok(snowflake_nextval('fleeting'), '>', :fleeting::bigint, '... but its IDs stay used');

-- two names for one space
SELECT snowflake_create_generator('twin', 'leaf', 304);
SELECT is(count(DISTINCT id), 4000::bigint, 'two names for the same layout and node: no ID comes twice') FROM
	(SELECT unnest(ARRAY[snowflake_nextval('twin'), snowflake_nextval('fleeting')]) AS id FROM generate_series(1, 1000)
	 UNION ALL SELECT unnest(snowflake_nextvals('twin', 1000) || snowflake_nextvals('fleeting', 1000))) d;
SELECT snowflake_create_generator('like server');
SELECT is(count(DISTINCT id), 4000::bigint, 'a generator of the server''s layout and node: none of the server''s IDs') FROM
	(SELECT unnest(ARRAY[snowflake_nextval('like server'), snowflake_nextval()]) AS id FROM generate_series(1, 1000)
	 UNION ALL SELECT unnest(snowflake_nextvals('like server', 1000) || snowflake_nextvals(1000))) d;

--
-- Rights
--
CREATE ROLE regress_generator_owner;
CREATE ROLE regress_generator_user;
CREATE ROLE regress_generator_group;
SELECT is(pg_temp.state($$SELECT snowflake_create_generator('own')$$, 'regress_generator_owner'), '42501', 'not everyone may create a generator');
GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_generator_owner;
SELECT is(pg_temp.state($$SELECT snowflake_create_generator('own', 'leaf', 401)$$, 'regress_generator_owner'), NULL, '... but who may use the wrapper');
SELECT is(owner, 'regress_generator_owner', '... and he owns it') FROM snowflake_generators WHERE generator = 'own';
REVOKE USAGE ON FOREIGN DATA WRAPPER idgen FROM regress_generator_owner;
SELECT is(pg_temp.state($$SELECT snowflake_create_generator('own2')$$, 'regress_generator_owner'), '42501', '... as long as he may');

CREATE FUNCTION pg_temp.draws(role name) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(coalesce(pg_temp.state(query, role), 'draws'), ' ') FROM unnest(ARRAY[
	'SELECT snowflake_nextval(''own'')', 'SELECT snowflake_nextvals(''own'', 3)', 'SELECT snowflake_next_block(''own'', 3)']) query $$;

SELECT is(pg_temp.draws('regress_generator_owner'), 'draws draws draws', 'the owner draws');
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... but no one else, though the owner did in this session');
SELECT is(pg_temp.draws('regress_generator_owner'), 'draws draws draws', '... and he does still');
SELECT is(pg_temp.state($$SELECT snowflake_drop_generator('own')$$, 'regress_generator_user'), '42501', 'nor may anyone else drop it');
GRANT USAGE ON FOREIGN SERVER own TO regress_generator_user;
SELECT is(pg_temp.draws('regress_generator_user'), 'draws draws draws', 'who has been granted USAGE draws');
SELECT is(pg_temp.state($$SELECT snowflake_drop_generator('own')$$, 'regress_generator_user'), '42501', '... but does not drop');
REVOKE USAGE ON FOREIGN SERVER own FROM regress_generator_user;
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... until it is revoked');
GRANT USAGE ON FOREIGN SERVER own TO regress_generator_group;
GRANT regress_generator_group TO regress_generator_user;
SELECT is(pg_temp.draws('regress_generator_user'), 'draws draws draws', 'a member of a role that has it draws');
REVOKE regress_generator_group FROM regress_generator_user;
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... as long as he is one');
GRANT USAGE ON FOREIGN SERVER own TO PUBLIC;
SELECT is(pg_temp.draws('regress_generator_user'), 'draws draws draws', 'all may draw');
REVOKE USAGE ON FOREIGN SERVER own FROM PUBLIC;
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... and may not');
ALTER ROLE regress_generator_user SUPERUSER;
SELECT is(pg_temp.draws('regress_generator_user'), 'draws draws draws', 'a superuser may');
ALTER ROLE regress_generator_user NOSUPERUSER;
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... as long as he is one');

-- a function of the owner draws for others, also in turn with those who may not
CREATE FUNCTION public.regress_draw_for_others() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ SELECT snowflake_nextval('own') $$;
ALTER FUNCTION public.regress_draw_for_others() OWNER TO regress_generator_owner;
SELECT is(pg_temp.state('SELECT public.regress_draw_for_others() FROM generate_series(1, 3)', 'regress_generator_user'), NULL, 'a function of the owner draws for others');
SELECT is(pg_temp.draws('regress_generator_user'), '42501 42501 42501', '... who may not themselves, still');
SELECT is(pg_temp.state('SELECT public.regress_draw_for_others(), snowflake_nextval(''own'')', 'regress_generator_user'), '42501', '... not in the same query');

-- the right is that of who draws, not of who began to
CREATE FUNCTION pg_temp.fetch_as(role name) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
	c refcursor;
	id bigint;
BEGIN
	OPEN c FOR SELECT snowflake_nextval('own') FROM generate_series(1, 10);
	FETCH c INTO id;
	EXECUTE format('SET LOCAL ROLE %I', role);
	FETCH c INTO id;
	SET LOCAL ROLE NONE;
	RETURN id;
END
$$;
SELECT is(pg_temp.state($$SELECT pg_temp.fetch_as('regress_generator_user')$$), '42501', 'nor through a cursor that another has begun');
SELECT is(pg_temp.state($$SELECT pg_temp.fetch_as('regress_generator_owner')$$), NULL, '... but one who may goes on with it');
ALTER SERVER own OWNER TO CURRENT_USER;
SELECT is(pg_temp.draws('regress_generator_owner'), '42501 42501 42501', 'who was the owner draws no more');

-- what depends on a generator protects it
CREATE TABLE pg_temp.depends (id bigint DEFAULT snowflake_nextval('own'));
SELECT is(pg_temp.state($$SELECT snowflake_drop_generator('own')$$), '2BP01', 'what depends on a generator keeps it from being dropped');
SELECT is(pg_temp.state('DROP EXTENSION idgen'), '2BP01', 'a generator keeps the extension from being dropped');

-- reading is all that a transaction must be able to
CREATE FUNCTION pg_temp.read_only_state(query text) RETURNS text LANGUAGE plpgsql AS
$$
BEGIN
	SET LOCAL transaction_read_only = on;
	EXECUTE query;
	RAISE EXCEPTION 'draws';
EXCEPTION WHEN OTHERS THEN
	RETURN CASE WHEN SQLERRM = 'draws' THEN SQLERRM ELSE SQLSTATE END;
END
$$;
SELECT is(pg_temp.read_only_state($$SELECT snowflake_nextval('leaf'), snowflake_nextvals('leaf', 2), snowflake_next_block('leaf', 2)$$), 'draws', 'a read-only transaction draws');
SELECT is(pg_temp.read_only_state(query), '25006', '... but does not create nor drop') FROM unnest(ARRAY[
	$$SELECT snowflake_create_generator('x')$$, $$SELECT snowflake_drop_generator('leaf')$$]) query;

SELECT * FROM finish();
ROLLBACK;
