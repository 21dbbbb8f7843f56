-- Hybrid logical clocks: the type, and what a session gets. What servers, clocks and crashes do to them is in
-- test/t/073_hlc.pl.
BEGIN;
SELECT plan(68);
SET LOCAL TimeZone = 'UTC';
\ir include/query.sql

--
-- The type
--

SELECT is(hlc_make('2026-11-29 16:40:20.123+00', 17), '117700717453180945'::hlc, 'a time and a count make a value');
SELECT is('2026-11-29T16:40:20.123Z/17'::hlc::text, '117700717453180945', 'it is read from both, and written as a number');
SELECT is(hlc_timestamp('117700717453180945'), '2026-11-29 16:40:20.123+00'::timestamptz, 'its time');
SELECT is('117700717453180945'::hlc::timestamptz, '2026-11-29 16:40:20.123+00'::timestamptz, 'which a cast gives, too');
SELECT is(hlc_logical('117700717453180945'), 17, 'its count');
SELECT is(json_build_object('at', '117700717453180945'::hlc)::text, '{"at" : "117700717453180945"}', 'in JSON it is a string');
SELECT is(pg_temp.value(format('%L::hlc', text)), outcome, format('"%s" as a value', text))
FROM (VALUES ('0', '0'), (' 17 ', '17'), ('9223372036854775807', '9223372036854775807'), ('9223372036854775808', '22003'), ('-1', '22003'), ('', '22P02'), ('x', '22P02'),
	('0x10', '22P02'), ('1970-01-01T00:00:00Z/1', '1'), ('2026-11-29T16:40:20.123Z/65536', '22P02'), ('2026-02-30T16:40:20.123Z/1', '22P02'), ('2026-11-29T16:40:20.123+01/1', '22P02')) v(text, outcome);
SELECT is(pg_temp.value(call), outcome, call)
FROM (VALUES ($$hlc_make('1969-12-31 23:59:59.999+00', 0)$$, '22008'), ($$hlc_make('infinity', 0)$$, '22008'), ($$hlc_make('-infinity', 0)$$, '22008'),
	($$hlc_make('6429-10-17 02:45:55.328+00', 0)$$, '22008'), ($$hlc_make('6429-10-17 02:45:55.327+00', 65535)$$, '9223372036854775807'),
	($$hlc_make('2026-11-29', -1)$$, '22003'), ($$hlc_make('2026-11-29', 65536)$$, '22003'), ($$hlc_timestamp((-1)::bigint::hlc)$$, '22003'),
	($$hlc_logical((-1)::bigint::hlc)$$, '22003'), ($$hlc_update((-1)::bigint::hlc)$$, '22003'),
	($$hlc_lower_bound('-infinity')$$, '0'), ($$hlc_upper_bound('-infinity')$$, '-1'), ($$hlc_upper_bound('infinity')$$, '9223372036854775807'),
	($$hlc_lower_bound('2026-11-29 16:40:20.1239+00') = hlc_make('2026-11-29 16:40:20.123+00', 0)$$, 'true'),
	($$hlc_upper_bound('2026-11-29 16:40:20.1239+00') = hlc_make('2026-11-29 16:40:20.123+00', 65535)$$, 'true')) v(call, outcome);

CREATE TABLE notes (id integer PRIMARY KEY, changed hlc NOT NULL DEFAULT hlc_now(), body text);
CREATE INDEX ON notes (changed);
INSERT INTO notes SELECT n, hlc_make('2026-11-29 00:00+00'::timestamptz + n * interval '1 s', n % 10), 'x' FROM generate_series(1, 3000) n;
ANALYZE notes;
SELECT matches(pg_temp.explain($$SELECT FROM notes WHERE changed BETWEEN hlc_lower_bound('2026-11-29 00:01+00') AND hlc_upper_bound('2026-11-29 00:01:59.999+00')$$),
	'Index .*notes_changed_idx.*Index Cond: \(\(changed >= ''117\d+''::bigint\)|Index.*Index Cond', 'a condition on time uses the index');
SELECT is(count(*), 60::bigint, '... and finds the rows')
FROM notes WHERE changed BETWEEN hlc_lower_bound('2026-11-29 00:01+00') AND hlc_upper_bound('2026-11-29 00:01:59.999+00');
SELECT ok(changed IS DISTINCT FROM NULL AND NULLIF(changed, '5') = changed AND (changed, 1) > ('5', 1) AND changed > '5' AND changed <> 5, 'operators are those of bigint') FROM notes LIMIT 1;
SELECT is(n.changed, read.changed, 'it is read from JSON') FROM notes n, json_populate_record(NULL::notes, to_json(n)) read WHERE n.id = 1;

--
-- The clock
--

SELECT is(count(*), 0::bigint, 'values of a statement increase')
FROM (SELECT now, lag(now) OVER (ORDER BY n) AS before FROM (SELECT n, hlc_now() AS now FROM generate_series(1, 1000) n OFFSET 0) s) s WHERE now <= before;
SELECT ok(hlc_timestamp(hlc_now()) BETWEEN clock_timestamp() - interval '1 s' AND clock_timestamp() + interval '1 s', 'they are at the clock');
SELECT hlc_make(clock_timestamp() + interval '300 ms', 5) AS ahead \gset
SELECT is(hlc_update(:'ahead'), (:ahead + 1)::hlc, 'an update returns the next value after one that is ahead');
SELECT ok(hlc_now() > :'ahead', 'and the clock goes on from there');
SELECT hlc_now() AS last \gset
SELECT ok(hlc_update('5') > :'last' AND hlc_update(:'ahead') > :'last', 'an update by an older one is like a call of hlc_now()');
SELECT is(count(*), 0::bigint, 'calls of both in one statement increase')
FROM (SELECT now, lag(now) OVER (ORDER BY n) AS before
	FROM (SELECT n, CASE n % 3 WHEN 0 THEN hlc_now() WHEN 1 THEN hlc_update((:last + n * 3)::hlc) ELSE hlc_update('17') END AS now FROM generate_series(1, 3000) n OFFSET 0) s) s WHERE now <= before;
SELECT hlc_make(clock_timestamp(), 65535) AS full \gset
SELECT ok(hlc_update(:'full') > :'full', 'a full count is carried into the next millisecond');
SELECT refused FROM hlc_status() \gset
SELECT throws_ok($$SELECT hlc_update(hlc_make(clock_timestamp() + interval '700 ms', 0))$$, '22023', 'remote clock is too far ahead of the system clock', 'what is too far ahead is refused');
SELECT throws_ok($$SELECT hlc_update('4611686018427387904')$$, '22023', 'remote clock is too far ahead of the system clock', 'also by thousands of years');
SELECT is(refused, :refused + 2::bigint, '... and counted') FROM hlc_status();
SELECT ok(hlc_timestamp(hlc_now()) < clock_timestamp() + interval '1 s', '... and changes nothing');
SELECT ok(last IS NOT NULL AND ahead_of_clock >= interval '0' AND max_offset = interval '500 ms', 'the state of the clock is seen') FROM hlc_status();
SELECT ok(hlc_timestamp(hlc_now()) >= snowflake_timestamp(snowflake_nextval()) - interval '1 ms', 'snowflakes have not been moved');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches(pg_temp.explain('SELECT count(DISTINCT now) FROM (SELECT hlc_now() AS now FROM notes OFFSET 0) s'), 'Gather', 'workers can call it');
SELECT is(count(DISTINCT now), 3000::bigint, '... and get values of their own') FROM (SELECT hlc_now() AS now FROM notes OFFSET 0) s;

--
-- Rows that are stamped
--

CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION hlc_stamp('changed');
UPDATE notes SET body = 'later' WHERE id = 1;
SELECT ok(changed > :'last', 'a row that is changed is stamped') FROM notes WHERE id = 1;
SELECT hlc_make(clock_timestamp() + interval '400 ms', 3) AS theirs \gset
UPDATE notes SET body = 'theirs', changed = :'theirs' WHERE id = 2;
SELECT is(changed, :'theirs'::hlc, 'a stamp from elsewhere is kept if it is later') FROM notes WHERE id = 2;
UPDATE notes SET body = 'ours' WHERE id = 2;
SELECT ok(changed > :'theirs' AND body = 'ours', 'a change after that is stamped above it, although the clock is behind') FROM notes WHERE id = 2;
UPDATE notes SET body = 'old', changed = :'theirs' WHERE id = 2;
SELECT is(body, 'ours', 'what comes late and is older changes nothing') FROM notes WHERE id = 2;
INSERT INTO notes VALUES (2, :'theirs', 'old') ON CONFLICT (id) DO UPDATE SET body = excluded.body, changed = excluded.changed;
SELECT is(body, 'ours', 'also as an upsert') FROM notes WHERE id = 2;
INSERT INTO notes VALUES (4000, NULL, 'new'), (4001, '17', 'from elsewhere');
SELECT ok(max(changed) FILTER (WHERE id = 4000) > :'last' AND max(changed) FILTER (WHERE id = 4001) = 17, 'a new row is stamped if it has no stamp') FROM notes;
CREATE TABLE odd (id integer, at timestamptz, changed bigint);
CREATE TRIGGER stamp BEFORE UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION hlc_stamp('changed');
INSERT INTO odd VALUES (1, NULL, NULL);
UPDATE odd SET id = 2;
SELECT ok(changed > :'last', 'the column may be a bigint, and null before') FROM odd;
SELECT throws_ok(format('CREATE TRIGGER bad %s EXECUTE FUNCTION hlc_stamp(%s); INSERT INTO odd VALUES (3); DELETE FROM odd', trigger, argument), state, NULL, format('no stamp by a trigger %s with (%s)', trigger, argument))
FROM (VALUES ('AFTER INSERT ON odd FOR EACH ROW', '''changed''', '39P01'), ('BEFORE DELETE ON odd FOR EACH ROW', '''changed''', '39P01'), ('BEFORE INSERT ON odd', '''changed''', '39P01'),
	('BEFORE INSERT ON odd FOR EACH ROW', '', '22023'), ('BEFORE INSERT ON odd FOR EACH ROW', '''nothing''', '42703'), ('BEFORE INSERT ON odd FOR EACH ROW', '''at''', '42703')) v(trigger, argument, state);

--
-- A timestamp oracle
--

SELECT results_eq('SELECT * FROM tso_parse(462325180596289536)', $$VALUES ('2025-11-20 09:23:22.25+00'::timestamptz, 65536)$$, 'a timestamp of TiDB is a time and a count');
SELECT lives_ok($$SELECT snowflake_create_generator('tso', 'tso')$$, 'a generator is an oracle');
SELECT ok(bool_and(tso > before) AND bool_and(abs(extract(epoch FROM (tso_parse(tso)).physical - clock_timestamp())) < 2), '... whose timestamps increase')
FROM (SELECT tso, lag(tso, 1, 0::bigint) OVER (ORDER BY n) AS before FROM (SELECT n, snowflake_nextval('tso') AS tso FROM generate_series(1, 1000) n OFFSET 0) s) s;

SELECT * FROM finish();
ROLLBACK;
