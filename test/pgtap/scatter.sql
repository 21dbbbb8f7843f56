-- Numbers with their bits reversed, IDs concealed with keys, and shards of keys.  The
-- arithmetic is tested in test/unit; here is what SQL makes of it.
BEGIN;
SELECT plan(65);
\ir include/query.sql

--
-- Reversed bits
--

SELECT is(array_agg(bit_reverse(n)), '{5980780305148018688,6917529027641081856,0,9223372036854775807}', 'bits of bigints are reversed as Spanner does')
FROM unnest('{101,3,0,9223372036854775807}'::bigint[]) n;
SELECT is(array_agg(bit_reverse(n)), '{1392508928,1610612736,0,2147483647}', 'and those of integers in 31 bits') FROM unnest('{101,3,0,2147483647}'::integer[]) n;
SELECT is(count(*), 0::bigint, 'twice, a number is itself') FROM generate_series(0, 100000) n WHERE bit_reverse(bit_reverse(n)) <> n OR bit_reverse(bit_reverse(n::bigint)) <> n;
SELECT throws_ok('SELECT bit_reverse(-1::bigint)', '22003', 'number must not be negative: -1', 'a negative bigint is an error');
SELECT throws_ok('SELECT bit_reverse(-1)', '22003', 'number must not be negative: -1', 'and so is a negative integer');

--
-- Keys
--

CREATE ROLE regress_idgen_owner;
CREATE ROLE regress_idgen_member;
CREATE ROLE regress_idgen_stranger;
GRANT regress_idgen_owner TO regress_idgen_member;
SET LOCAL client_min_messages = warning;
SELECT lives_ok($$SELECT idgen_create_key('orders', 'regress_idgen_owner'), idgen_create_key('other', 'regress_idgen_owner')$$, 'keys are made');
SELECT throws_ok($$SELECT idgen_create_key('orders', 'regress_idgen_owner')$$, '42710', 'key "orders" already exists', 'each once');
SELECT throws_ok(format('SELECT idgen_create_key(%L, current_user)', name), '42602', NULL, format('"%s" is no name', left(name, 5))) FROM unnest(ARRAY['', 'a/b', repeat('x', 64)]) name;
SELECT throws_ok($$SELECT idgen_create_key('nobodys', 'regress_idgen_nobody')$$, '42704', NULL, 'a key has an owner who exists');
SELECT is(count(DISTINCT secret), 2::bigint, 'keys are of 16 bytes and differ') FROM idgen_key_secrets WHERE length(secret) = 16;
SELECT is(count(*), 0::bigint, 'dumps do not contain them') FROM pg_extension, unnest(extconfig) AS dumped WHERE extname = 'idgen' AND dumped = 'idgen_key_secrets'::regclass;
SELECT is(array_agg(format('%s of %s', key, owner) ORDER BY key), '{"orders of regress_idgen_owner","other of regress_idgen_owner"}', 'their names are seen') FROM idgen_keys;

--
-- Concealing
--

SELECT is(count(*), 0::bigint, 'what is concealed is revealed') FROM (SELECT 914934989173293072 + n AS id FROM generate_series(1, 10000) n) s
WHERE id_reveal(id_conceal(id, 'orders'), 'orders') <> id OR id_conceal(id, 'orders') < 0;
SELECT is(count(DISTINCT id_conceal(n, 'orders')), 10000::bigint, 'different IDs have different masks') FROM generate_series(1, 10000) n;
SELECT ok(abs(corr(n, id_conceal(n, 'orders'))) < 0.06, 'masks of IDs in order are in none') FROM generate_series(1, 10000) n;
SELECT ok(id_conceal(42, 'orders') <> id_conceal(42, 'other'), 'keys conceal differently');
SELECT ok(id_conceal(42, 'orders') <> id_conceal(42, 'orders/items') AND id_conceal(42, 'orders/items') <> id_conceal(42, 'orders/carts')
	AND id_reveal(id_conceal(42, 'orders/items'), 'orders/items') = 42, 'and so does a key for different purposes');
SELECT is(id_conceal(id, 'orders'), id_conceal(id, 'orders', 0, 9223372036854775807), 'all IDs are a range') FROM (VALUES (0), (9223372036854775807)) v(id) LIMIT 1;
SELECT is(array_agg(k), array_agg(CASE key WHEN 'orders' THEN id_conceal(7, 'orders') ELSE id_conceal(7, 'other') END), 'a key may be a column')
FROM (SELECT key, id_conceal(7, key) AS k FROM unnest('{orders,other,orders}'::text[]) key) s;
SELECT ok(length(snowflake_encode(id_conceal(snowflake_nextval(), 'orders'), 'base58')) = 11, 'a concealed ID is 11 digits of base58');
SELECT throws_ok($$SELECT id_conceal(-1, 'orders')$$, '22003', 'ID is out of range: -1', 'a negative ID is an error');
SELECT throws_ok($$SELECT id_conceal(1, 'nothing')$$, '42704', 'key "nothing" does not exist', 'so is a key that does not exist');
SELECT throws_ok($$SELECT id_conceal(1, 'nothing/orders')$$, '42704', 'key "nothing" does not exist', 'also with a purpose');

SELECT is(array_agg(DISTINCT mask BETWEEN 1000 AND 1000999 AND id_reveal(mask, 'orders', 1000, 1000999) = id), '{t}', 'IDs of a range stay in it')
FROM (SELECT id, id_conceal(id, 'orders', 1000, 1000999) AS mask FROM generate_series(1000, 1000999, 101) id) s;
SELECT is(array_agg(mask ORDER BY mask), (SELECT array_agg(n::bigint) FROM generate_series(100, 899) n), 'a small range is permuted')
FROM (SELECT id_conceal(id, 'orders', 100, 899, true) AS mask FROM generate_series(100, 899) id) s;
SELECT ok(count(*) < 30, 'ranges of 1000 and of 900 are permuted differently') FROM generate_series(0, 899) id
WHERE id_conceal(id, 'orders', 0, 999, true) = id_conceal(id, 'orders', 0, 899, true);
SELECT throws_ok($$SELECT id_conceal(1, 'orders', 0, 999998)$$, '22023', 'range of IDs is too small to conceal them: 999999 numbers', 'a small range has to be asked for');
SELECT throws_ok($$SELECT id_reveal(1, 'orders', 0, 999998, false)$$, '22023', NULL, 'also with the argument for that');
SELECT lives_ok($$SELECT id_conceal(1, 'orders', 0, 999999)$$, 'a million is enough');
SELECT throws_ok($$SELECT id_conceal(1000000, 'orders', 0, 999999)$$, '22003', 'ID is out of range: 1000000', 'an ID outside of the range is an error');
SELECT throws_ok(format('SELECT id_conceal(1, %L, %s, true)', 'orders', range), '22023', NULL, format('%s is no range', range)) FROM unnest(ARRAY['-1, 5', '5, 4']) range;

-- parallel workers
CREATE TABLE many AS SELECT n::bigint FROM generate_series(1, 20000) n;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches(pg_temp.explain($$SELECT sum(id_reveal(id_conceal(n, 'orders'), 'orders')) FROM many$$), 'Gather', 'workers can conceal');
SELECT is(sum(id_reveal(id_conceal(n, 'orders'), 'orders')), 200010000::numeric, '... and do') FROM many;

-- privileges
GRANT EXECUTE ON FUNCTION id_conceal(bigint, text), idgen_create_key(text, name), idgen_drop_key(text) TO regress_idgen_member, regress_idgen_stranger;
SET LOCAL ROLE regress_idgen_stranger;
SELECT throws_ok($$SELECT id_conceal(1, 'orders')$$, '42501', 'must be owner of key "orders"', 'a stranger may not use a key');
SELECT throws_ok($$SELECT id_reveal(1, 'orders')$$, '42501', 'permission denied for function id_reveal', 'nor call what was not granted');
SELECT throws_ok($$SELECT idgen_drop_key('orders')$$, '42501', 'must be owner of key "orders"', 'nor drop it');
SELECT throws_ok($$SELECT idgen_create_key('mine', 'regress_idgen_owner')$$, '42501', NULL, 'nor make one for another role');
SELECT throws_ok('TABLE idgen_key_secrets', '42501', NULL, 'nor see the secrets');
SELECT is_empty('TABLE idgen_keys', 'nor the names');
SET LOCAL ROLE regress_idgen_member;
SELECT lives_ok($$SELECT id_conceal(1, 'orders')$$, 'who has the privileges of the owner may use a key');
SELECT throws_ok('TABLE idgen_key_secrets', '42501', NULL, 'and not see it');
SELECT lives_ok($$SELECT idgen_drop_key('other')$$, 'and may drop it');
RESET ROLE;
SELECT throws_ok($$SELECT id_conceal(1, 'other')$$, '42704', NULL, 'a key that was dropped is gone');

--
-- Shards
--

-- IDs of a generator that issues them slowly: the sequence is 0 to 2, and the low bits hardly vary
CREATE TEMP TABLE slow AS SELECT ((218139000000 + n * 7) << 22) + n % 3 AS id FROM generate_series(1, 60000) n;
SELECT results_eq('SELECT count(DISTINCT id % 16), count(DISTINCT shard_of(id, 16)) FROM slow', 'VALUES (3::bigint, 16::bigint)',
	'of 16 shards, the remainder uses 3, and shard_of all');
SELECT ok(max(abs(count * 16 / 60000.0 - 1)) < 0.05, 'shards are loaded within 5 percent') FROM (SELECT count(*) FROM slow GROUP BY shard_of(id, 16)) s;
SELECT ok(abs(avg((shard_of(id, 16) <> shard_of(id, 17))::integer) - 1.0 / 17) < 0.01 AND bool_and(shard_of(id, 16) = shard_of(id, 17) OR shard_of(id, 17) = 16),
	'a new shard gets its part of the keys, and no others move') FROM slow;
SELECT is(ARRAY[shard_of(42, 16), shard_of(914934989173293072, 1024), shard_of(-1, 2147483647), shard_of('alice', 16)], '{0,380,1764683126,1}', 'shards are fixed for ever');
SELECT is(shard_of('01ARZ3NDEKTSV4RRFFQ69G5FAV'::ulid, 1000), shard_of('01ARZ3NDEKTSV4RRFFQ69G5FAV'::ulid::uuid, 1000), 'a ULID has the shard of its UUID');
SELECT throws_ok(format('SELECT shard_of(1, %s)', n), '22023', 'number of shards must be at least 1: ' || n, format('there are no %s shards', n)) FROM unnest('{0,-1}'::integer[]) n;

SELECT is(array_agg(shard_of(n, '{a,b,c}', '{1,2,0.5}')), '{a,b,b}', 'nodes are fixed for ever') FROM unnest('{42,43,44}'::bigint[]) n;
SELECT is(count(*), 0::bigint, 'the order of nodes does not matter, and weights of 1 are no weights') FROM slow
WHERE shard_of(id, '{a,b,c,d}'::text[]) <> shard_of(id, '{d,b,a,c}'::text[]) OR shard_of(id, '{a,b,c,d}'::text[]) <> shard_of(id, '{c,d,b,a}', '{1,1,1,1}');
SELECT ok(bool_and(shard_of(id, '{a,b,c,d}'::text[]) = shard_of(id, '{a,b,d}'::text[]) OR shard_of(id, '{a,b,c,d}'::text[]) = 'c'), 'when a node goes, only its keys move') FROM slow;
SELECT ok(max(abs(count / (60000 * CASE node WHEN 'a' THEN 1 WHEN 'b' THEN 2 ELSE 5 END / 8.0) - 1)) < 0.05 AND count(*) = 3, 'nodes are loaded by their weights, and one without a weight not at all')
FROM (SELECT shard_of(id, '{a,b,c,d}', '{1,2,5,0}') AS node, count(*) FROM slow GROUP BY 1) s;
SELECT is(pg_temp.value('shard_of(1, ' || call || ')'), state, format('shard_of(1, %s) fails', call))
FROM (VALUES ($$'{}'::text[]$$, '22023'), ($$'{a,NULL}'::text[]$$, '22004'), ($$'{a,b}', '{1}'$$, '22023'), ($$'{a}', '{0}'$$, '22023'),
	($$'{a}', '{-1}'$$, '22023'), ($$'{a}', '{NaN}'$$, '22023'), ($$'{a}', '{Infinity}'$$, '22023'), ($$'{a}', '{NULL}'$$, '22004')) v(call, state);

SELECT * FROM finish();
ROLLBACK;
