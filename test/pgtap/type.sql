-- The type snowflake: what bigint can do a snowflake can, with the same operators, the
-- same indexes and the same plans.  Its text is in sql/snowflake_type.sql.
BEGIN;
SELECT plan(124);
\ir include/query.sql

-- a row for each number, in a table whose first column has this type
CREATE TABLE snowflakes (id snowflake PRIMARY KEY, n integer);
CREATE TABLE bigints (id bigint PRIMARY KEY, n integer);
INSERT INTO snowflakes SELECT i, i % 10 FROM generate_series(1, 5000) i;
INSERT INTO bigints TABLE snowflakes;
ANALYZE snowflakes, bigints;

--
-- Operators
--

SELECT is(format('%s %s %s %s', typlen, typbyval, typalign, typcategory),
	(SELECT format('%s %s %s %s', typlen, typbyval, typalign, typcategory) FROM pg_type WHERE typname = 'int8'), 'stored as a bigint')
FROM pg_type WHERE oid = 'snowflake'::regtype;

-- every comparison of every pair of edges, with every way to write the two sides
CREATE TABLE edges AS
SELECT unnest('{0,1,32767,2147483647,2147483648,9007199254740993,9223372036854775806,9223372036854775807}'::bigint[]) AS b;
CREATE TABLE ways (kind text, largest bigint, written text);
INSERT INTO ways VALUES
	('a snowflake', 9223372036854775807, '%L::snowflake'),
	('a bigint', 9223372036854775807, '%L::bigint'),
	('an integer', 2147483647, '%L::integer'),
	('a smallint', 32767, '%L::smallint'),
	('an untyped literal', 9223372036854775807, '%L'),
	('a column', 9223372036854775807, '(SELECT %L::snowflake AS id OFFSET 0)');
SELECT is(string_agg(comparison, '; ') FILTER (WHERE pg_temp.value(comparison)
		IS DISTINCT FROM pg_temp.value(format('%L::bigint %s %L::bigint', l.b, operator, r.b))),
	NULL, lw.kind || ' compares as a bigint does')
FROM ways lw, ways rw, edges l, edges r, unnest('{<,<=,=,<>,>=,>}'::text[]) operator,
	format(lw.written || ' %s ' || rw.written, l.b, operator, r.b) comparison
WHERE (lw.written ~ 'snowflake' OR rw.written ~ 'snowflake') AND l.b <= lw.largest AND r.b <= rw.largest
GROUP BY lw.kind ORDER BY lw.kind;

-- what an expression of bigints gives, and of what type, that of snowflakes gives
CREATE FUNCTION pg_temp.values_and_type(expression text, type regtype) RETURNS text LANGUAGE sql AS
$$
	SELECT pg_temp.value(format('string_agg(x::text || pg_typeof(x), '', '') '
		'FROM (SELECT %s AS x FROM (VALUES (%s ''1234567''), (''1234568'')) v(id)) e', expression, type))
$$;
SELECT is(string_agg(expression, '; ') FILTER (WHERE s IS DISTINCT FROM b OR b ~ '^[0-9A-Z]{5}$'),
	NULL, kind || ' take a snowflake as they take a bigint')
FROM (VALUES
	('operators', ARRAY['id + 1', '1 + id', 'id + id', 'id + ''1''', 'id - ''1''', 'id * 2', 'id / 2', 'id % 1000', '- id', '@ id',
		'id & 4095', 'id | 1', 'id # 1', '~ id', 'id << 2', 'id >> 22', 'id || ''x''', '''x'' || id']),
	('conditions', ARRAY['id IN (1, 1234567)', 'id NOT IN (1, 1234567)', 'id IN (1, 9223372036854775807)', 'id IN (-1, 1234567)',
		'id = ANY (ARRAY[1, 1234567])', 'id = ANY (''{1,1234567}'')', 'id <> ALL (''{1,2}''::bigint[])', 'id < ANY (''{1,2}''::smallint[])',
		'id BETWEEN 1 AND 5000000000', 'id BETWEEN SYMMETRIC 5000000000 AND ''1''', 'id IS DISTINCT FROM 5',
		'id IS NOT DISTINCT FROM NULL', 'id > -1', '(id, 1) > (1234567, 0)', '(id, 1) = (1234567, 1)', '(id, 1) IN ((1234567, 1), (2, 2))',
		'id IN (SELECT 1234567)', 'id = ALL (SELECT 1234567::bigint)', '(id, 1) = ANY (SELECT 1234567, 1)']),
	('choices', ARRAY['nullif(id, 1234567)', 'nullif(id, ''5'')', 'coalesce(id, 5::bigint)', 'coalesce(NULL, 5::bigint, id)',
		'greatest(id, 5::bigint)', 'least(5::bigint, id)', 'CASE WHEN id > 5 THEN id ELSE 5::bigint END', 'CASE id WHEN 1234567 THEN 1 END']),
	('functions', ARRAY['abs(id)', 'mod(id, 10)', 'mod(10, id)', 'gcd(id, 10)', 'lcm(id, 10)', 'to_hex(id)', 'to_char(id, ''FM999G999'')',
		'concat(id, 1)', 'format(''%s %L'', id, id)', 'quote_literal(id)', 'id::text', 'length(id::text)', 'left(id::varchar, 2)',
		'generate_series(id, id + 2)', 'generate_series(id - 1, id)', 'hashint8(id)', 'hashint8extended(id, 1)', 'int8send(id)',
		'pg_size_pretty(id)', 'width_bucket(id, ''{1,5000000000}''::bigint[])', 'int8range(id, id, ''[]'')', 'num_nonnulls(id, 1)',
		'row(id)::text', 'id::bigint', 'snowflake_parse(id)', 'snowflake_timestamp(id)', 'snowflake_created_in(id, ''[2020-01-01,)'')']),
	('functions of arrays', ARRAY['array_append(''{1}''::bigint[], id)', 'array_position(''{1,1234567}''::bigint[], id)',
		'''{1}''::bigint[] || id', 'ARRAY[id, 5::bigint]', 'array_to_string(ARRAY[id], '','')', 'array_position(ARRAY[id], ''1234567'')',
		'ARRAY[id] @> ''{1234567}''', 'ARRAY[id] = ''{1234567}''', 'ARRAY[id] < ''{1234568}''', 'ARRAY[id]::bigint[]']),
	('aggregates', ARRAY['sum(id)', 'avg(id)', 'count(id)', 'count(DISTINCT id)', 'max(id)', 'min(id)', 'bit_and(id)', 'bit_or(id)',
		'stddev(id)', 'variance(id)', 'string_agg(id::text, '','')']),
	('window functions', ARRAY['sum(id) OVER (ORDER BY id)', 'rank() OVER (ORDER BY id DESC)', 'ntile(3) OVER (ORDER BY id)',
		'lag(id, 1, 0::bigint) OVER (ORDER BY id)', 'count(*) OVER (PARTITION BY id)'])
) k(kind, expressions), unnest(expressions) expression,
	pg_temp.values_and_type(expression, 'snowflake') s, pg_temp.values_and_type(expression, 'bigint') b
GROUP BY kind ORDER BY kind;

-- what only passes an ID on keeps its type; what is computed is a bigint
SELECT is(string_agg(expression || ' is a ' || actual, '; ') FILTER (WHERE actual <> type), NULL, 'expressions of type ' || type)
FROM (VALUES ('snowflake', ARRAY['id', 'coalesce(id, ''5'')', 'greatest(id, id)', 'CASE WHEN true THEN id END',
		'lag(id) OVER ()', 'lead(id, 1, ''0'') OVER ()', 'first_value(id) OVER ()', '(array_agg(id))[1]', 'unnest(ARRAY[id])',
		'mode() WITHIN GROUP (ORDER BY id)', 'percentile_disc(0.5) WITHIN GROUP (ORDER BY id)', '(SELECT id)']),
	('snowflake[]', ARRAY['ARRAY[id]', 'array_agg(id)', 'ARRAY[id] || id', 'array_append(ARRAY[id], ''5'')']),
	('bigint', ARRAY['id + 0', '- id', 'max(id)', 'nullif(id, 1)', 'coalesce(id, 5::bigint)', 'least(5::bigint, id)'])) v(type, expressions),
	unnest(expressions) expression, pg_temp.value(format('pg_typeof(%s) FROM (VALUES (snowflake ''7'')) v(id)', expression)) actual
GROUP BY type ORDER BY type;

-- other kinds of numbers take a cast; it is an error without, not another answer
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.value(format('count(*) FROM snowflakes WHERE %s', condition)) <> '42883'
		OR pg_temp.value(format('count(*) FROM snowflakes WHERE %s', replace(condition, 'id', 'id::bigint'))) <> '1'),
	NULL, 'other kinds of numbers are compared with id::bigint')
FROM unnest(ARRAY['id = 7.0', 'id = 7::float8', 'id = 7::oid', 'sqrt(id) = 3', 'ARRAY[id] = ARRAY[7::bigint]']) condition;

--
-- Parameters
--

SELECT is(string_agg(condition || ' takes ' || actual, '; ') FILTER (WHERE actual <> types), NULL, 'a parameter is ' || types)
FROM (VALUES
	('bigint', ARRAY['id = $1', 'id <> $1', 'id < $1', 'id <= $1', 'id > $1', 'id >= $1', '$1 = id', '$1 < id', '$1 >= id',
		'id IS DISTINCT FROM $1', 'id + $1 > 5', '$1 % id = 5', 'nullif(id, $1) > 5', 'id = n + $1::bigint']),
	('bigint, bigint', ARRAY['id BETWEEN $1 AND $2', 'id > $1 AND id <= $2']),
	('bigint, integer', ARRAY['(id, n) > ($1, $2)', '(id, n) = ($1, $2)']),
	('bigint[]', ARRAY['id = ANY ($1)', 'id <> ALL ($1)', '$1 @> ARRAY[id::bigint]']),
	('snowflake, snowflake', ARRAY['id IN ($1, $2)', 'coalesce(id, $1) > greatest($2, id)'])) v(types, conditions),
	unnest(conditions) condition, pg_temp.parameters('SELECT FROM snowflakes WHERE ' || condition) actual
GROUP BY types ORDER BY types;
SELECT is(pg_temp.parameters('INSERT INTO snowflakes VALUES ($1, $2)'), 'snowflake, integer', 'what is stored is a snowflake');

PREPARE page AS SELECT id FROM snowflakes WHERE (id, n) > ($1, $2) ORDER BY id, n LIMIT 2;
PREPARE list AS SELECT id FROM snowflakes WHERE id = ANY ($1) ORDER BY id;
PREPARE list_of_snowflakes(snowflake[]) AS SELECT id FROM snowflakes WHERE id = ANY ($1) ORDER BY id;
PREPARE list_of_integers(integer[]) AS SELECT id FROM snowflakes WHERE id = ANY ($1) ORDER BY id;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT results_eq('EXECUTE page(5, 4)', 'VALUES (snowflake ''5''), (''6'')', 'the page after a row');
SELECT results_eq('EXECUTE list(ARRAY[1, 3])', 'VALUES (snowflake ''1''), (''3'')', 'a list given as integers');
SELECT results_eq('EXECUTE list_of_snowflakes(''{1,3}'')', 'VALUES (snowflake ''1''), (''3'')', 'a list of snowflakes');
SELECT results_eq('EXECUTE list_of_integers(''{1,3}'')', 'VALUES (snowflake ''1''), (''3'')', 'a list of integers');
RESET plan_cache_mode;

--
-- Indexes
--

-- the IDs which a condition finds by the only index of a table; NULL if that does not do it all
CREATE FUNCTION pg_temp.found_by(index text, condition text) RETURNS bigint[] LANGUAGE plpgsql AS
$$
DECLARE
	found bigint[];
BEGIN
	CREATE TABLE heap AS TABLE snowflakes;
	EXECUTE 'CREATE INDEX heap_index ON heap USING ' || index;
	ANALYZE heap;
	IF pg_temp.explain('SELECT id FROM heap WHERE ' || condition) ~ 'heap_index(?!.*Filter)' THEN
		EXECUTE 'SELECT array_agg(id ORDER BY id) FROM heap WHERE ' || condition INTO found;
	END IF;
	DROP TABLE heap;
	RETURN found;
END
$$;

SET LOCAL enable_seqscan = off;
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.found_by(index, condition) IS DISTINCT FROM found),
	NULL, 'an index USING ' || index || ' is used')
FROM (VALUES
	(ARRAY['id = 4242', 'id = ''4242''', 'id = 4242::bigint', 'id = 4242::smallint', 'id = ''4242''::snowflake', '4242 = id', 'id = ANY (''{4242}'')'],
		'{4242}'::bigint[],
		ARRAY['btree (id)', 'btree (id DESC) INCLUDE (n)', 'btree (id) WHERE id < 4500', 'hash (id)', 'brin (id)', 'brin (id int8_minmax_multi_ops)']),
	(ARRAY['id = ''4242''', 'id = 4242::bigint', 'id = ''4242''::snowflake'], '{4242}', ARRAY['brin (id int8_bloom_ops)']),
	(ARRAY['id > 4998', 'id > ''4998''', 'id > 4998::bigint', 'id > 4998::smallint', 'id BETWEEN 4999 AND 30000', '4998 < id', 'NOT id <= 4998'],
		'{4999,5000}', ARRAY['btree (id)', 'btree (id DESC) INCLUDE (n)', 'brin (id)', 'brin (id int8_minmax_multi_ops)']),
	(ARRAY['n = 7 AND id < 18', 'n = ''7'' AND id < ''18''', 'n = 7 AND id IN (7, 5000000000, 17)', 'n = 7 AND (id, n) < (17, 8)'], '{7,17}',
		ARRAY['btree (id, n)', 'btree (n, id)'])
) v(conditions, found, indexes), unnest(indexes) index, unnest(conditions) condition
GROUP BY index ORDER BY index;

SELECT is(string_agg(DISTINCT opcname, ', '), 'int8_ops', 'an index of a snowflake is one of int8_ops')
FROM pg_index JOIN pg_opclass c ON c.oid = indclass[0] WHERE indrelid = 'snowflakes'::regclass;

-- a few values, many times
CREATE TABLE repeated AS SELECT snowflake(i % 10) AS s, (i % 10)::bigint AS b, i AS n FROM generate_series(1, 20000) i;
CREATE INDEX repeated_s ON repeated (s);
CREATE INDEX repeated_b ON repeated (b);
CREATE INDEX repeated_in_full ON repeated (s) WITH (deduplicate_items = off);
SELECT is(pg_relation_size('repeated_s'), pg_relation_size('repeated_b'), 'duplicates take no more room in an index than those of bigint');
SELECT ok(pg_relation_size('repeated_s') * 2 < pg_relation_size('repeated_in_full'), '... because they are stored once');
DROP INDEX repeated_s, repeated_b, repeated_in_full;
CREATE INDEX ON repeated (s, n);
ANALYZE repeated;
SELECT is(array_agg(s ORDER BY s), '{0,4}', 'an index whose first column is a snowflake is used for its second')
FROM repeated WHERE n IN (20000, 4);

-- order
SELECT matches(pg_temp.explain(query), 'Index Only Scan' || scan || ' using snowflakes_pkey(?!.*Sort)', query || ' by index')
FROM (VALUES ('SELECT max(id) FROM snowflakes', ' Backward'), ('SELECT min(id) FROM snowflakes', ''),
	('SELECT id FROM snowflakes ORDER BY id DESC LIMIT 5', ' Backward'), ('SELECT id FROM snowflakes ORDER BY id USING <', ''),
	('SELECT id FROM snowflakes ORDER BY id::bigint', ''), ('SELECT DISTINCT ON (id) id FROM snowflakes ORDER BY id', '')) q(query, scan);
SELECT results_eq('SELECT id FROM snowflakes ORDER BY id DESC LIMIT 2', 'VALUES (snowflake ''5000''), (''4999'')', 'the latest two');

--
-- Joins
--

SELECT is(string_agg(result, E'\n') FILTER (WHERE result IS DISTINCT FROM count), NULL, method || ' joins')
FROM unnest('{Merge,Hash,Nested Loop}'::text[]) method,
	(VALUES ('snowflakes s JOIN bigints b ON s.id = b.id', '5000'), ('bigints b JOIN snowflakes s ON s.id = b.id', '5000'),
		('snowflakes s JOIN bigints b USING (id)', '5000'), ('snowflakes NATURAL JOIN bigints', '5000'),
		('snowflakes a JOIN snowflakes b ON a.id = b.id + 1', '4999'), ('snowflakes s JOIN bigints b ON s.id = b.n', '4500'),
		('snowflakes s WHERE id IN (SELECT n FROM bigints)', '9'),
		('snowflakes s WHERE EXISTS (SELECT FROM bigints b WHERE b.id = s.id + 1)', '4999'),
		('bigints b WHERE NOT EXISTS (SELECT FROM snowflakes s WHERE s.id = b.n)', '500')) v(tables, count),
	pg_temp.joined_by(method, tables) result
GROUP BY method ORDER BY method;
SELECT is(pg_temp.joined_by('Nested Loop.*Index[^\n]* using ' || looked_up || '_pkey.*Index Cond: [^\n]*id[^\n]*id',
		format('%s o JOIN %s i ON o.id = i.id WHERE o.n + 0 = 3', scanned, looked_up)),
	'500', format('a nested loop over %s looks up %s by index', scanned, looked_up))
FROM (VALUES ('snowflakes', 'bigints'), ('bigints', 'snowflakes')) v(scanned, looked_up);
RESET enable_mergejoin;
RESET enable_hashjoin;
RESET enable_nestloop;

SELECT is(string_agg(tables, '; ') FILTER (WHERE pg_temp.value('count(*) FROM ' || tables) IS DISTINCT FROM count), NULL, 'sets')
FROM (VALUES ('snowflakes WHERE id NOT IN (SELECT n FROM bigints)', '4991'),
	('bigints WHERE id NOT IN (SELECT id FROM snowflakes WHERE id > 5)', '5'), ('(TABLE snowflakes UNION TABLE bigints) u', '5000'),
	('(TABLE snowflakes EXCEPT TABLE bigints) u', '0'), ('(TABLE bigints INTERSECT TABLE snowflakes) u', '5000')) v(tables, count);

--
-- Statistics
--

-- one row in four has the same value, and the others crowd together towards 0
CREATE TABLE skewed AS
SELECT s::snowflake, s AS b, i % 4 AS n, i
FROM generate_series(1::bigint, 20000) i, LATERAL (SELECT CASE WHEN i % 4 = 0 THEN 1000000007 ELSE i * i * i * 1000 END) v(s);
CREATE STATISTICS s_and_n ON s, n FROM skewed;
CREATE STATISTICS b_and_n ON b, n FROM skewed;
ANALYZE skewed;

CREATE TABLE estimates AS
SELECT condition, pg_temp.estimate('SELECT FROM skewed WHERE ' || condition) AS estimate,
	pg_temp.estimate('SELECT FROM skewed WHERE ' || regexp_replace(condition, '\ms\M', 'b', 'g')) AS estimate_of_bigint,
	pg_temp.value('count(*) FROM skewed WHERE ' || condition)::numeric AS actual
FROM unnest(ARRAY['s = 1000000007', 's = ''1000000007''', 's <> 1000000007', 's < 1000000000000', 's < ''1000000000000''', 's <= 100000000000',
	's > 1000000000000000', 's >= 5000000000000000', '5000000000000000 < s', 's BETWEEN 1000000000 AND 1000000000000000',
	's > 1000000000 AND s < 2000000000', 's IN (1000000007, 8000)', 's = ANY (''{1000000007,1000}'')', 's = 1000000007 AND n = 0',
	's IS NOT NULL']) condition;
SELECT is(string_agg(condition, '; ') FILTER (WHERE greatest(estimate, actual) > 1.5 * least(estimate, actual)), NULL, 'estimates are near what is true')
FROM estimates;
SELECT is(string_agg(condition, '; ') FILTER (WHERE estimate <> estimate_of_bigint), NULL, '... and the same as those of a bigint') FROM estimates;
SELECT is(pg_temp.estimate(format(query, 's')), pg_temp.estimate(format(query, 'b')), kind || ' are estimated as those of a bigint')
FROM (VALUES ('groups', 'SELECT %1$I FROM skewed GROUP BY %1$I'), ('joins', 'SELECT FROM skewed x JOIN skewed y ON x.%1$I = y.%1$I')) v(kind, query);

--
-- Groups, windows and arrays
--

SELECT is(pg_temp.value(replace(expression, 'ID', 's')), pg_temp.value(replace(expression, 'ID', 'b')), kind || ' are those of a bigint')
FROM (VALUES
	('distinct values', 'string_agg(d::text, '','' ORDER BY d) FROM (SELECT DISTINCT ID FROM skewed) s(d)'),
	('groups', 'string_agg(g::text, '','' ORDER BY g) FROM (SELECT ID, count(*) FROM skewed GROUP BY ROLLUP (ID)) g'),
	('windows', 'string_agg(w::text, '','' ORDER BY w) FROM (SELECT count(*) OVER (ORDER BY ID RANGE BETWEEN 1000000 PRECEDING AND CURRENT ROW), '
		'count(*) OVER (ORDER BY ID DESC RANGE BETWEEN 5000000000::bigint PRECEDING AND 7::smallint FOLLOWING EXCLUDE TIES), '
		'count(*) OVER (ORDER BY ID GROUPS 3 PRECEDING), min(n) OVER (PARTITION BY ID), '
		'dense_rank() OVER (ORDER BY ID) FROM skewed WHERE i <= 300) w')) v(kind, expression);

-- arrays, found by each kind of index on them
CREATE TABLE lists AS SELECT ARRAY[i, i + 1]::bigint[]::snowflake[] AS ids FROM generate_series(1, 2000) i;
INSERT INTO lists VALUES ('{}'), (NULL), ('{NULL,700}');
CREATE INDEX lists_gin ON lists USING gin (ids);
CREATE INDEX lists_btree ON lists (ids);
CREATE INDEX lists_hash ON lists USING hash (ids);
ANALYZE lists;
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.explain('SELECT FROM lists WHERE ' || condition) !~ index
		OR pg_temp.value('string_agg(ids::text, '' '' ORDER BY ids) FROM lists WHERE ' || condition) IS DISTINCT FROM found),
	NULL, 'arrays are found by ' || index)
FROM (VALUES
	('lists_gin', ARRAY['ids @> ''{700}''', 'ids && ARRAY[700]::bigint[]::snowflake[]', '''{700}'' <@ ids'], '{699,700} {700,701} {NULL,700}'),
	('lists_gin', ARRAY['ids @> ''{701,700}'''], '{700,701}'),
	('lists_hash|lists_btree', ARRAY['ids = ''{700,701}''', 'ids = ARRAY[700, 701]::bigint[]::snowflake[]'], '{700,701}'),
	('lists_btree', ARRAY['ids < ''{2}'''], '{} {1,2}')) v(index, conditions, found), unnest(conditions) condition
GROUP BY index ORDER BY index;
SELECT results_eq('SELECT id FROM snowflakes WHERE id = ANY (ARRAY(SELECT unnest(ids) FROM lists WHERE ids = ''{2,3}'')) ORDER BY id',
	'VALUES (snowflake ''2''), (''3'')', 'the elements of an array are snowflakes');
SET LOCAL enable_seqscan = on;

--
-- Foreign keys
--

-- what becomes of a row that refers to ID 1, when that becomes 7000000000 and is then deleted; and of a bad reference
CREATE FUNCTION pg_temp.reference(referenced text, referencing text, partitions text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	refused text := 'taken';
	updated text;
	deleted boolean;
BEGIN
	EXECUTE format('CREATE TABLE parents (id %s PRIMARY KEY) %s', referenced, 'PARTITION ' || partitions);
	IF partitions ~ 'HASH' THEN
		CREATE TABLE parents_0 PARTITION OF parents FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE parents_1 PARTITION OF parents FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	ELSIF partitions ~ 'RANGE' THEN
		CREATE TABLE parents_0 PARTITION OF parents FOR VALUES FROM (MINVALUE) TO (1000);
		CREATE TABLE parents_1 PARTITION OF parents FOR VALUES FROM (1000) TO (9000000000);
	END IF;
	EXECUTE format('CREATE TABLE children (parent %s REFERENCES parents ON UPDATE CASCADE ON DELETE CASCADE)', referencing);
	INSERT INTO parents VALUES (1), (2);
	INSERT INTO children VALUES (1), (2), (NULL);
	BEGIN
		INSERT INTO children VALUES (3);
	EXCEPTION WHEN foreign_key_violation THEN
		refused := 'refused';
	END;
	UPDATE parents SET id = 7000000000 WHERE id = 1;
	SELECT string_agg(parent::text, ' ' ORDER BY parent) INTO updated FROM children;
	DELETE FROM parents WHERE id = 7000000000;
	SELECT count(*) = 2 INTO deleted FROM children;
	DROP TABLE children, parents;
	RETURN format('%s, updated to %s, deleted: %s', refused, updated, deleted);
END
$$;
SELECT is(pg_temp.reference(referenced, referencing, partitions), 'refused, updated to 2 7000000000, deleted: t',
	format('a %s refers to a %s%s', referencing, referenced, ', ' || partitions))
FROM (VALUES ('snowflake', 'bigint', NULL), ('bigint', 'snowflake', NULL), ('snowflake', 'snowflake', NULL),
	('snowflake', 'bigint', 'BY RANGE (id)'), ('bigint', 'snowflake', 'BY HASH (id)'),
	('snowflake', 'snowflake', 'BY HASH (id)')) v(referenced, referencing, partitions);

--
-- Partitions
--

CREATE TABLE by_range (id snowflake PRIMARY KEY, n integer) PARTITION BY RANGE (id);
CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM (0) TO ('1000');
CREATE TABLE by_range_2 PARTITION OF by_range FOR VALUES FROM (1000::bigint) TO (5000000000);
CREATE TABLE by_range_3 PARTITION OF by_range DEFAULT;
CREATE TABLE by_hash (id snowflake PRIMARY KEY, n integer) PARTITION BY HASH (id);
CREATE TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE by_hash_2 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE by_list (id snowflake, n integer) PARTITION BY LIST (id);
CREATE TABLE by_list_1 PARTITION OF by_list FOR VALUES IN (7, '1000', 5000000000);
CREATE TABLE by_list_2 PARTITION OF by_list DEFAULT;
CREATE TABLE bigints_by_hash (id bigint) PARTITION BY HASH (id);
CREATE TABLE bigints_by_hash_1 PARTITION OF bigints_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE bigints_by_hash_2 PARTITION OF bigints_by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);

INSERT INTO by_range SELECT unnest('{0,7,999,1000,4999999999,5000000000}'::bigint[]);
INSERT INTO by_hash SELECT id FROM by_range;
INSERT INTO by_list SELECT id FROM by_range;
INSERT INTO bigints_by_hash SELECT id FROM by_range;
SELECT results_eq('SELECT string_agg(id::text, '' '' ORDER BY id) FROM by_range GROUP BY tableoid ORDER BY tableoid',
	'VALUES (''0 7 999''), (''1000 4999999999''), (''5000000000'')', 'rows go where they belong by range');
SELECT results_eq('SELECT string_agg(id::text, '' '' ORDER BY id) FROM by_list GROUP BY tableoid ORDER BY tableoid',
	'VALUES (''7 1000 5000000000''), (''0 999 4999999999'')', '... by list');
SELECT is(array_agg(id::bigint ORDER BY id), (SELECT array_agg(id ORDER BY id) FROM bigints_by_hash_1),
	'... and by hash, where a bigint would go') FROM by_hash_1;
SELECT is(string_agg(condition, '; ') FILTER (WHERE pg_temp.explain('SELECT FROM ' || condition) ~ 'Append'
		OR pg_temp.value('count(*) FROM ' || condition) <> '1'),
	NULL, 'other partitions are not looked at')
FROM unnest('{by_range,by_hash,by_list}'::text[]) partitioned,
	unnest('{= 7,= ''7'',= 7::bigint,= 7::smallint,= ''7''::snowflake,IN (7)}'::text[]) value,
	format('%s WHERE id %s', partitioned, value) condition;
PREPARE from_partition AS SELECT id FROM by_hash WHERE id = $1;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT matches(pg_temp.explain('EXECUTE from_partition(7)'), 'Subplans Removed: 1', '... with a generic plan');
RESET plan_cache_mode;
SELECT is(pg_temp.value('count(*) FROM by_hash JOIN by_range USING (id) JOIN bigints_by_hash USING (id)'), '6', 'partitions are joined');
ANALYZE by_hash, bigints_by_hash;
SET LOCAL enable_partitionwise_join = on;
SELECT matches(pg_temp.explain('SELECT count(*) FROM by_hash JOIN bigints_by_hash USING (id)'), 'Append\s+->  (Hash|Merge|Nested)',
	'... one by one');
SELECT is(pg_temp.value('count(*) FROM by_hash JOIN bigints_by_hash USING (id)'), '6', '... with the same result');
RESET enable_partitionwise_join;
INSERT INTO by_range SELECT snowflake_nextval() FROM generate_series(1, 10);
SELECT is(pg_temp.value('count(*) FROM by_range_3'), '11', 'new IDs find their partition');
UPDATE by_range SET id = id + 1000 WHERE id = 7;
SELECT is(tableoid::regclass::text, 'by_range_2', 'an updated row moves to another partition') FROM by_range WHERE id = 1007;

--
-- Columns of all kinds
--

CREATE DOMAIN order_id AS snowflake CHECK (VALUE >= 1000);
CREATE TYPE leg AS (id snowflake, previous order_id, others snowflake[]);
CREATE TYPE snowflake_range AS RANGE (SUBTYPE = snowflake);
CREATE TABLE orders (
	id snowflake PRIMARY KEY DEFAULT snowflake_nextval(),
	parent order_id REFERENCES orders,
	leg leg,
	range snowflake_range,
	created_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'default')) STORED,
	n integer,
	CHECK (id <> n)
);
CREATE INDEX ON orders (parent);

INSERT INTO orders (n) VALUES (1), (2);
SELECT ok(bool_and(created_at BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute' AND created_at = id::timestamptz),
	'a generated column has the time of an ID') FROM orders;
DELETE FROM orders;
INSERT INTO orders (id, n) VALUES (5, 1), ('6', 2), (7::smallint, 3), (8000000000, 4), (8000000000.7, 5);
SELECT results_eq('SELECT id, created_at AT TIME ZONE ''UTC'' FROM orders ORDER BY id',
	'VALUES (snowflake ''5'', timestamp ''2020-01-01''), (''6'', ''2020-01-01''), (''7'', ''2020-01-01''), (''8000000000'', ''2020-01-01 00:00:01.907''),
		(''8000000001'', ''2020-01-01 00:00:01.907'')',
	'numbers of all types are stored');
SELECT throws_ok('INSERT INTO orders (id) VALUES (-1)', '22003', 'value "-1" is out of range for type snowflake', 'but no negative ones');
SELECT throws_ok('UPDATE orders SET id = ''-1''', '22003', 'value "-1" is out of range for type snowflake', '... nor as text');
SELECT throws_ok('INSERT INTO orders (id) VALUES (-1.5)', '22003', NULL, '... nor as a numeric');
SELECT throws_ok('INSERT INTO orders (id, n) VALUES (9, 9)', '23514', NULL, 'a check applies');
SELECT throws_ok('INSERT INTO orders (parent) VALUES (5)', '23514', NULL, '... that of a domain, too');
SELECT throws_ok('INSERT INTO orders (parent) VALUES (9000)', '23503', NULL, 'a domain refers to a snowflake');
SELECT lives_ok('INSERT INTO orders (id, parent) VALUES (9000, 8000000000)', '... that is there');
SELECT results_eq('SELECT id FROM orders WHERE parent = 8000000000 AND parent > 5 AND parent = ''8000000000''',
	'VALUES (snowflake ''9000'')', 'a domain is compared');
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain('SELECT FROM orders WHERE parent = 8000000000'), 'Index Cond', '... by index');
SELECT matches(pg_temp.explain('SELECT FROM orders a JOIN orders b ON a.parent = b.id WHERE a.n = 3'), 'Index Cond', '... and joined by index');
RESET enable_seqscan;

UPDATE orders SET leg = ROW(id, 1000, ARRAY[id, 6::bigint]), range = snowflake_range(id, '100') WHERE id = 5;
SELECT is(leg, '(5,1000,"{5,6}")', 'a composite holds snowflakes') FROM orders WHERE id = 5;
SELECT is((leg).others[2] + 1, 7::bigint, '... and arrays of them') FROM orders WHERE id = 5;
SELECT throws_ok('UPDATE orders SET leg.previous = 999', '23514', NULL, '... and a domain with its check');
SELECT ok(range @> snowflake '99' AND NOT range @> snowflake '100' AND upper(range) = 100, 'a range of snowflakes') FROM orders WHERE id = 5;

INSERT INTO orders (id, n) VALUES (5, 50), (10, 51) ON CONFLICT (id) DO UPDATE SET n = excluded.n + excluded.id;
MERGE INTO orders o USING (VALUES (6::bigint, 60), (11, 61)) s(id, n) ON o.id = s.id
WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n);
UPDATE orders SET id = id + 1 WHERE id = 11;
SELECT results_eq('SELECT id::bigint, n FROM orders WHERE id < 100 ORDER BY id', 'VALUES (5::bigint, 55), (6, 60), (7, 3), (10, 51), (12, 61)',
	'upserts, merges and updates');

CREATE TABLE copied AS SELECT id, parent, max(id) AS latest FROM orders GROUP BY id;
SELECT col_type_is('copied', 'id', 'snowflake', 'a table made of a query keeps the type');
SELECT col_type_is('copied', 'latest', 'bigint', '... but that of an aggregate');

CREATE FUNCTION pg_temp.procedural(first snowflake, VARIADIC others snowflake[]) RETURNS SETOF snowflake LANGUAGE plpgsql AS
$$
DECLARE
	id snowflake := 5;
	number numeric;
BEGIN
	id := id + 1;
	RETURN NEXT id;
	RETURN NEXT first;
	FOR id IN SELECT s.id FROM snowflakes s WHERE s.id <= 2 ORDER BY s.id LOOP
		RETURN NEXT id;
	END LOOP;
	FOREACH id IN ARRAY others LOOP
		number := id;
		RETURN NEXT number * 10;
	END LOOP;
	id := first;
	FOR i IN id .. id + 1 LOOP
		id := i;
		RETURN NEXT id;
	END LOOP;
	id := -1;
EXCEPTION WHEN numeric_value_out_of_range THEN
	RETURN NEXT NULL;
END
$$;
SELECT results_eq('SELECT pg_temp.procedural(''7'', ''8'', ''9'')',
	'VALUES (snowflake ''6''), (''7''), (''1''), (''2''), (''80''), (''90''), (''7''), (''8''), (NULL)', 'variables of PL/pgSQL');
CREATE FUNCTION pg_temp.next_id() RETURNS snowflake LANGUAGE sql AS 'SELECT snowflake_nextval()';
SELECT ok(pg_temp.next_id() < pg_temp.next_id(), 'a function in SQL that returns a snowflake');

CREATE VIEW recent AS SELECT id, n FROM orders WHERE id > 5 WITH CHECK OPTION;
SELECT lives_ok('UPDATE recent SET id = 13 WHERE id = 12', 'a view is updated');
SELECT throws_ok('UPDATE recent SET id = 1 WHERE id = 13', '44000', NULL, '... as far as it goes');
CREATE RULE log AS ON DELETE TO orders DO ALSO INSERT INTO copied VALUES (old.id + 1);
CREATE FUNCTION pg_temp.next_n() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.n := new.id % 10; RETURN new; END';
CREATE TRIGGER next_n BEFORE INSERT ON orders FOR EACH ROW WHEN (new.id > 100) EXECUTE FUNCTION pg_temp.next_n();
INSERT INTO orders (id) VALUES (20), (107);
SELECT results_eq('SELECT n FROM orders WHERE id IN (20, 107) ORDER BY id', 'VALUES (NULL), (7)', 'a trigger goes by an ID');

SELECT is(string_agg(id::text, ' ') FILTER (WHERE encode(snowflake_send(id), 'hex') <> encode(int8send(b), 'hex')), NULL, 'sent as a bigint is')
FROM edges, CAST(b AS snowflake) id;

--
-- A bigint that becomes a snowflake, and back
--

CREATE TABLE parents (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), n integer, CHECK (id > 0), UNIQUE (n, id));
CREATE INDEX ON parents USING hash (id);
CREATE INDEX ON parents USING brin (id);
CREATE INDEX ON parents USING brin (id int8_minmax_multi_ops, id int8_bloom_ops);
CREATE INDEX ON parents (id DESC NULLS LAST) INCLUDE (n);
CREATE TABLE children (parent bigint REFERENCES parents ON DELETE CASCADE);
CREATE INDEX ON children (parent);
CREATE TABLE split (day date, id bigint) PARTITION BY LIST (day);
CREATE TABLE split_1 PARTITION OF split FOR VALUES IN ('2020-01-01');
CREATE INDEX ON split_1 (id);
INSERT INTO parents TABLE snowflakes;
INSERT INTO children SELECT id FROM snowflakes;
INSERT INTO split SELECT '2020-01-01', id FROM snowflakes;

-- the files of these tables and of their indexes
CREATE FUNCTION pg_temp.files() RETURNS text LANGUAGE sql AS
$$
	SELECT string_agg(format('%s %s', relname, pg_relation_filenode(oid)), ', ' ORDER BY relname)
	FROM pg_class WHERE relname ~ '^(parents|children|split)'
$$;
CREATE TEMP TABLE before AS SELECT pg_temp.files() AS files;

ALTER TABLE parents ALTER id TYPE snowflake;
SELECT is(pg_temp.files(), files, 'a bigint becomes a snowflake without being written again') FROM before;
SELECT throws_ok('INSERT INTO children VALUES (6000)', '23503', NULL, '... with bigints that refer to it');
ALTER TABLE children ALTER parent TYPE snowflake;
ALTER TABLE split ALTER id TYPE snowflake;
SELECT is(pg_temp.files(), files, '... which may follow, as may partitions') FROM before;
SELECT throws_ok('INSERT INTO parents (id) VALUES (0)', '23514', NULL, 'its check is still there');
SELECT throws_ok('INSERT INTO parents VALUES (4)', '23505', NULL, '... so is the key');
SELECT throws_ok('INSERT INTO children VALUES (6000)', '23503', NULL, '... so is the reference');
SELECT lives_ok('INSERT INTO parents (n) VALUES (4)', '... and the default');
DELETE FROM parents WHERE id = 4 OR id > 5000;
SELECT is(count(*), 4999::bigint, '... and what follows from a deletion') FROM children;

ALTER TABLE parents ALTER id TYPE bigint;
ALTER TABLE children ALTER parent TYPE bigint;
ALTER TABLE split ALTER id TYPE bigint;
SELECT is(pg_temp.files(), files, 'back, nothing is written again either') FROM before;

-- indexes with an expression or a condition are built again, whatever the types
CREATE INDEX parents_late ON parents (id) WHERE id > 4000;
CREATE INDEX parents_node ON parents ((id % 1024), n);
ALTER TABLE parents ALTER id TYPE snowflake;
ANALYZE parents;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain('SELECT FROM parents WHERE id % 1024 = 7'), 'parents_node.*Index Cond', 'an index with an expression survives');
SELECT ok(pg_get_indexdef('parents_late'::regclass) ~ 'id.*> 4000', 'one with a condition, too');
RESET enable_seqscan;

-- what depends on a column's type
CREATE VIEW listed AS SELECT id FROM parents;
SELECT throws_ok('ALTER TABLE parents ALTER id TYPE bigint', '0A000', NULL, 'a column that a view shows stays as it is');
CREATE TABLE counted (n integer, id snowflake);
INSERT INTO counted VALUES (5), (-1);
SELECT throws_ok('ALTER TABLE counted ALTER n TYPE snowflake', '22003', NULL, 'an integer becomes a snowflake, unless it is negative');
DELETE FROM counted WHERE n < 0;
SELECT lives_ok('ALTER TABLE counted ALTER n TYPE snowflake', '... which it is not');
SELECT lives_ok('ALTER TABLE counted ALTER id TYPE integer', 'and back, if it is small enough');
CREATE TABLE large (id snowflake PRIMARY KEY);
CREATE TABLE small (id integer REFERENCES large ON UPDATE CASCADE);
INSERT INTO large VALUES (1);
INSERT INTO small VALUES (1);
UPDATE large SET id = 2;
SELECT is((SELECT id FROM small), 2, 'a snowflake that is updated takes integers along that refer to it');

--
-- Bad text that need not be an error
--

SELECT CASE WHEN current_setting('server_version_num')::integer < 160000 THEN skip('no pg_input_is_valid before 16')
	ELSE is(string_agg(left(text, 30), '; ') FILTER (WHERE pg_temp.value(format('pg_input_is_valid(%L, %L)', text, type)) IS DISTINCT FROM valid::text),
		NULL, 'pg_input_is_valid tells bad text from good') END
FROM (VALUES ('snowflake', '5', true), ('snowflake', ' +5 ', true), ('snowflake', '9223372036854775807', true), ('snowflake', '-0', true),
	('snowflake', '', false), ('snowflake', ' ', false), ('snowflake', '-1', false), ('snowflake', '5x', false), ('snowflake', '0x5', false),
	('snowflake', '9223372036854775808', false), ('snowflake', repeat('9', 100000), false), ('snowflake[]', '{5,6}', true),
	('snowflake[]', '{5,-6}', false), ('order_id', '1000', true), ('order_id', '999', false), ('order_id', 'x', false)) v(type, text, valid);
SELECT CASE WHEN current_setting('server_version_num')::integer < 170000 THEN skip('no JSON_VALUE before 17')
	ELSE is(string_agg(pg_temp.value(format('JSON_VALUE(%L, ''$'' RETURNING snowflake DEFAULT ''42'' ON ERROR)', json)), ' '),
		'9007199254740993 9007199254740993 42 42 42 42', 'JSON_VALUE has a default instead') END
FROM unnest('{9007199254740993,"\"9007199254740993\"",-1,1.5,true,"\"x\""}'::text[]) json;

SELECT * FROM finish();
ROLLBACK;
