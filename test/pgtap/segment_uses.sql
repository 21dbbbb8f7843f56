-- What is built on segments: Lamport clocks, scattered segments, and IDs of layout "hybrid". Crashes and other sessions
-- are in test/t/075_segment_uses.pl.
BEGIN;
SELECT plan(59);
\ir include/query.sql
SET LOCAL client_min_messages = warning;

-- Numbers of sequences that the current transaction has created come from their pages, without a chunk.
CREATE SEQUENCE new_clock;
CREATE SEQUENCE new_fifth START 3 INCREMENT 5;

--
-- Lamport clocks
--

SELECT is(lamport_now('new_clock'), NULL, 'a clock shows nothing before its first event');
SELECT is(lamport_tick('new_clock'), 1::bigint, 'the first event is 1');
SELECT is(lamport_update('new_clock', 0), 2::bigint, 'a message from the past is an event');
SELECT is(lamport_update('new_clock', 2), 3::bigint, '... as is one of now');
SELECT is(lamport_update('new_clock', 1000000), 1000001::bigint, 'a message from the future moves the clock');
SELECT is(lamport_tick('new_clock'), 1000002::bigint, '... and it goes on from there');
SELECT is(lamport_now('new_clock'), 1000002::bigint, 'the clock shows its last event');
SELECT is(lamport_update('new_fifth', 17), 18::bigint, 'a clock may have numbers of its own: 18 is above 17 ...');
SELECT is(lamport_update('new_fifth', 23), 28::bigint, '... and 28 above 23');
SELECT is(lamport_update('new_fifth', 31), 33::bigint, '... and 33 above 31');
SELECT throws_ok($$SELECT lamport_update('new_clock', 1000003 + 4294967297)$$, '22023', 'remote value is too far ahead of Lamport clock "new_clock"', 'a jump has a limit');
SELECT throws_ok($$SELECT lamport_update('new_clock', 9223372036854775807)$$, '22023', NULL, '... far below the largest number');
SELECT throws_ok($$SELECT lamport_update('new_clock', -1)$$, '22003', 'remote value must not be negative: -1', 'there are no negative values');
SELECT ok(lamport_tick('new_clock') < 1000010, 'what is refused does not move the clock');
SELECT ok(lamport_update('new_clock', 1000010 + 4294967296 - 20) > 4294967296, '... and what is within the limit does');
SELECT is(count(*), 0::bigint, 'events of a statement increase, and are above what they saw')
FROM (SELECT seen, at, lag(at, 1, 0::bigint) OVER (ORDER BY n) AS before
	FROM (SELECT n, n * 17 % 5000 * 3 AS seen, CASE n % 3 WHEN 0 THEN lamport_tick('new_fifth') ELSE lamport_update('new_fifth', n * 17 % 5000 * 3) END AS at FROM generate_series(1, 5000) n OFFSET 0) s) s
WHERE at <= before OR (at <= seen AND at % 5 <> 3);
CREATE SEQUENCE new_small AS smallint;
SELECT throws_ok($$SELECT lamport_update('new_small', 32767)$$, '2200H', NULL, 'a clock ends with its numbers');
SELECT throws_ok($$SELECT lamport_tick('pg_class')$$, '42809', NULL, 'a clock is a sequence');
SELECT segment_configure('new_clock', order_by => 'session');
SELECT throws_ok($$SELECT lamport_tick('new_clock')$$, '55000', 'sequence "new_clock" cannot be a Lamport clock', 'whose numbers are in order');

--
-- Scattered segments
--

CREATE SEQUENCE new_scattered;
CREATE TABLE orders (id bigint PRIMARY KEY DEFAULT segment_nextval_scattered('new_scattered'), n integer);
INSERT INTO orders SELECT FROM generate_series(1, 1000);
SELECT is(array_agg(id ORDER BY bit_reverse(id)), (SELECT array_agg(bit_reverse(n::bigint) ORDER BY n) FROM generate_series(1, 1000) n), 'a column has the numbers of a segment, reversed') FROM orders;
SELECT is(array_agg(n), '{62,63}', 'which are spread over all there are') FROM (SELECT DISTINCT count(*) AS n FROM orders GROUP BY id >> 59 ORDER BY n) s;
SELECT is(segment_scattered_state('new_scattered'), 1000::bigint, 'the state is a number before it is reversed');
CREATE SEQUENCE new_tiny AS smallint;
CREATE SEQUENCE new_integers AS integer;
SELECT is(segment_nextval_scattered('new_integers'), 1073741824::bigint, 'numbers of integer sequences are reversed in 31 bits');
SELECT is(segment_nextval_scattered('new_integers')::integer, 536870912, '... and fit the type');
SELECT ok(bool_and(id NOT BETWEEN 1000 AND 4611686018427387904), 'a range is skipped') FROM (SELECT segment_nextval_scattered('new_scattered', 1000, 4611686018427387904) AS id FROM generate_series(1, 1000)) s;
SELECT ok(segment_scattered_state('new_scattered') BETWEEN 2990 AND 3010, '... of about half of the numbers');
SELECT is(segment_nextval_scattered('new_integers', 1, 1073741823) >= 1073741824, true, 'bounds are inclusive');
SELECT throws_ok(format('SELECT segment_nextval_scattered(%s)', arguments), state, NULL, format('not (%s)', arguments))
FROM (VALUES ($$'new_scattered', 2, 1$$, '22023'), ($$'new_scattered', 0, 9223372036854775807$$, '22023'), ($$'new_tiny'$$, '0A000')) v(arguments, state);
CREATE SEQUENCE new_skipped;
CREATE SEQUENCE new_odd INCREMENT 2;
SET LOCAL statement_timeout = '5s';
SELECT throws_ok(format('SELECT segment_nextval_scattered(%s)', arguments), '22023', 'range of numbers to skip ' || message, format('not (%s), which would use up the sequence', arguments))
FROM (VALUES ($$'new_skipped', 1, 9223372036854775807$$, 'leaves too few numbers'), ($$'new_skipped', 2, 9223372036854775806$$, 'leaves too few numbers'),
	($$'new_skipped', 0, 8646911284551352320$$, 'leaves too few numbers'), ($$'new_skipped', -5, 9223372036854775807$$, 'contains all numbers'),
	($$'new_integers', 0, 2147483647$$, 'contains all numbers'), ($$'new_integers', 1, 2147483647$$, 'leaves too few numbers'),
	($$'new_odd', 4611686018427387904, 9223372036854775807$$, 'contains all numbers')) v(arguments, message);
SELECT is(segment_nextval_scattered('new_skipped'), 4611686018427387904, '... and draws nothing');
SELECT ok(bool_and(id < 288230376151711744 OR id > 8935141660703064063) AND segment_scattered_state('new_skipped') <= 101 * 64, 'a sixteenth is enough, and costs 64 numbers for each at most')
FROM (SELECT segment_nextval_scattered('new_skipped', 288230376151711744, 8935141660703064063) AS id FROM generate_series(1, 100)) s;
RESET statement_timeout;
CREATE SEQUENCE new_negative MINVALUE -5 START -5;
SELECT throws_ok($$SELECT segment_nextval_scattered('new_negative')$$, '22003', 'number of sequence "new_negative" must not be negative: -5', 'a negative number is not reversed');
SELECT is(segment_scattered_state('new_negative'), -5::bigint, '... although it is drawn');
SELECT segment_configure('new_integers', free_list => true);
SELECT throws_ok($$SELECT segment_scattered_state('new_integers')$$, '55000', 'segment "new_integers" has no state', 'a segment with a free list has no state');
SELECT segment_configure('new_integers', free_list => false);
SELECT lives_ok($$SELECT segment_scattered_state('new_integers')$$, '... until it is switched off');

--
-- IDs of layout hybrid
--

CREATE SEQUENCE new_slabs AS integer;
CREATE TABLE events (id bigint PRIMARY KEY DEFAULT slab_nextval('new_slabs'), n integer);
INSERT INTO events (n) SELECT n FROM generate_series(1, 1000) n;
SELECT is(array_agg(DISTINCT (p).slab_id), '{1}', 'IDs are of one slab') FROM (SELECT snowflake_parse(id, 'hybrid') AS p FROM events) s;
SELECT ok(bool_and((p).sequence < 1000) AND count(DISTINCT id) = 1000 AND max(id) < 1::bigint << 33, 'within which they count') FROM (SELECT id, snowflake_parse(id, 'hybrid') AS p FROM events) s;
SELECT ok(slab_nextval('new_slabs') > max(id), 'and increase') FROM events;
SELECT is(last_value, 1::bigint, 'from which the sequence has moved by one slab') FROM new_slabs;
SELECT ok(slab_nextval('new_slabs') < slab_nextval('new_slabs'), 'IDs of a statement increase');
ALTER SEQUENCE new_slabs RESTART WITH 2147483647;
SELECT is(slab_nextval('new_slabs') >> 32, 2147483647::bigint, 'a sequence that is altered gives another slab');
CREATE SEQUENCE new_large MINVALUE 0 START 2147483648;
SELECT throws_ok($$SELECT slab_nextval('new_large')$$, '2200H', 'sequence "new_large" has reached the end of its slabs', 'slabs end');
SELECT throws_ok($$SELECT slab_nextval('pg_class')$$, '42809', NULL, 'slabs are of a sequence');
SELECT throws_ok($$SELECT snowflake_create_generator('in_slabs', 'hybrid', slab_id => 1)$$, '22023', NULL, 'a generator has no slab of a sequence');

--
-- Privileges
--

CREATE ROLE regress_idgen_user;
SET LOCAL ROLE regress_idgen_user;
SELECT throws_ok('SELECT ' || call, '42501', NULL, format('%s needs a privilege', call))
FROM unnest(ARRAY[$$lamport_tick('new_fifth')$$, $$lamport_update('new_fifth', 1)$$, $$lamport_now('new_fifth')$$, $$segment_nextval_scattered('new_scattered')$$,
	$$segment_scattered_state('new_scattered')$$, $$slab_nextval('new_slabs')$$]) call;
RESET ROLE;
GRANT USAGE ON SEQUENCE new_fifth, new_scattered, new_slabs TO regress_idgen_user;
SET LOCAL ROLE regress_idgen_user;
SELECT ok(lamport_tick('new_fifth') < lamport_update('new_fifth', 100000) AND segment_nextval_scattered('new_scattered') > 0 AND slab_nextval('new_slabs') > 0, '... which is that of nextval()');

SELECT * FROM finish();
ROLLBACK;
