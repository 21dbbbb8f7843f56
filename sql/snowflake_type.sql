--
-- The type snowflake: text in and out, casts, JSON
--
CREATE TABLE orders (
    id snowflake PRIMARY KEY DEFAULT snowflake_nextval(),
    parent snowflake REFERENCES orders,
    others snowflake[]
);
\d orders

-- good input
SELECT text::snowflake FROM unnest(ARRAY[
    '42', '+42', ' 42 ', E'\t\r\n\x0b\x0c42\t\r\n\x0b\x0c', '00000000000000000000000042', '-0', '9223372036854775807'
]) text;
SELECT snowflake '42', '{42,"43",NULL}'::snowflake[];

-- bad input
SELECT ''::snowflake;
SELECT '42 43'::snowflake;
SELECT '-1'::snowflake;
SELECT ' -9223372036854775808'::snowflake;
SELECT '9223372036854775808'::snowflake;
SELECT '0x1F'::snowflake;
SELECT '1_000'::snowflake;
SELECT '{42,-1}'::snowflake[];

-- what it makes of a text, and what it says of a bad one, is what bigint does
CREATE FUNCTION read(text text, type regtype, OUT value text, OUT state text, OUT message text)
LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('SELECT %L::%s', text, type) INTO value;
EXCEPTION WHEN OTHERS THEN
    state := sqlstate;
    message := replace(sqlerrm, type::text, 'TYPE');
END
$$;
CREATE TEMP TABLE texts AS SELECT text FROM unnest(ARRAY[
    '', ' ', E'\t\n\x0b\x0c\r ', '+', '-', ' + ', '+-1', '-+1', '--1', '++1', '+ 1', '- 1', '1-', '1+', '0', '-0', '+0', '00', '-00', ' +7 ',
    '1e3', '1E3', '1.0', '1.', '.1', '1,000', '1 000', '1''000', '$1', '1;', '1x', 'x1', 'x', '0b', '0x', '0xg', '0o8', '0b2', '_1', '1_', '1__0',
    'NaN', 'inf', 'Infinity', 'NULL', 'true', '1/1', '%d', '%s%n', '"1"', '{1}', '(1)', '1)', '\x31', '\1', '1\',
    '9223372036854775806', '9223372036854775807', '9223372036854775808', ' 9223372036854775808 ', '+9223372036854775808',
    '10000000000000000000', '18446744073709551615', '18446744073709551616', '18446744073709551617', '99999999999999999999', '99999999999999999999x',
    '-9223372036854775809', '-18446744073709551615', '9223372036854775807x', '9223372036854775807 x', '9223372036854775807.0',
    E'1\x01', E'\x011', E'1\b', E'\x1b1', E'1\x1b[2J', E'1\x7f', E'1\n2', E'1\n\n', E'1\u00a0', E'\u00a01', E'1\u0085', E'1\u2003', E'1\u200b',
    E'\ufeff1', E'\u0661\u0662', E'1\u0662', E'\uff11', E'\u00b2', E'\u2160', E'\u4e00', E'\u22121',
    repeat('0', 10000) || '1', repeat('9', 10000), repeat(' ', 10000) || '1', '1' || repeat(' ', 10000) || 'x', repeat('x', 10000)
]) text
UNION ALL SELECT digit::text || repeat('0', zeros) FROM generate_series(1, 9) digit, generate_series(0, 25) zeros
UNION ALL SELECT '9' || i FROM generate_series(223372036854775800, 223372036854775815) i;
SELECT count(*), count(s.value) AS taken, count(s.state) AS refused
FROM texts, read(text, 'snowflake') s;
SELECT left(text, 30) AS text, left(b::text, 60) AS bigint, left(s::text, 60) AS snowflake
FROM texts, read(text, 'bigint') b, read(text, 'snowflake') s
WHERE b IS DISTINCT FROM s;
SELECT state, replace(message, format('"%s"', text), 'TEXT') AS message, count(*)
FROM texts, read(text, 'snowflake')
WHERE state IS NOT NULL
GROUP BY 1, 2 ORDER BY 1;
DROP FUNCTION read;

-- casts: that from bigint has no function, so it checks nothing
SELECT castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod
FROM pg_cast WHERE 'snowflake'::regtype IN (castsource, casttarget)
ORDER BY castsource::regtype::text, casttarget::regtype::text;
SELECT 42::snowflake, 42::smallint::snowflake, 5000000000::snowflake, snowflake(42), 41.5::snowflake, (-0.4)::snowflake, '42'::text::snowflake;
SELECT pg_typeof(id::bigint), id::bigint, id::numeric, id::text, id::timestamptz AT TIME ZONE 'UTC' AS utc
FROM (VALUES (snowflake '794762918195014314')) v(id);
SELECT (-1)::snowflake;
SELECT (-32768)::smallint::snowflake;
SELECT '-1'::text::snowflake;
SELECT (-5000000000)::snowflake AS unchecked;
SELECT (-1.5)::snowflake;
SELECT 9223372036854775808::snowflake;
SELECT 'NaN'::numeric::snowflake;
SELECT now()::snowflake;

INSERT INTO orders (id, parent) VALUES (1, NULL), ('2', 1), (3::smallint, 2::bigint), (9007199254740993.0, '3');
UPDATE orders SET others = ARRAY[id, parent] WHERE id > 1;
UPDATE orders SET id = id + 1 WHERE id = 9007199254740993;
INSERT INTO orders VALUES (-1);
INSERT INTO orders VALUES (float8 '1');
INSERT INTO orders (id, parent) VALUES (5, 6);
COPY orders (id, parent) FROM stdin;
10	2
 11	\N
\.
COPY orders (id) FROM stdin;
-12
\.
TABLE orders ORDER BY id;

-- JSON: a string, as JavaScript would round a number
SELECT row_to_json(o) FROM orders o ORDER BY id;
SELECT json_agg(id ORDER BY id), jsonb_agg(others ORDER BY id), json_object_agg(id, parent ORDER BY id) FROM orders WHERE id < 4;
SELECT to_json(id), to_jsonb(id), jsonb_build_object(id, id), json_build_array(id, id::bigint) FROM orders WHERE id > 11;
-- ... and back, from a string or a number
SELECT p.* FROM orders o, jsonb_populate_record(NULL::orders, to_jsonb(o)) p WHERE p = o ORDER BY id;
SELECT * FROM jsonb_populate_record(NULL::orders, '{"id": 9007199254740993, "parent": "9007199254740993", "others": [1, "2", null]}');
SELECT * FROM json_to_recordset('[{"id": 9223372036854775807}, {"id": "9223372036854775807"}, {"id": null}]') r(id snowflake);
SELECT * FROM jsonb_populate_record(NULL::orders, '{"id": -1}');
SELECT * FROM jsonb_populate_record(NULL::orders, '{"id": 1.5}');
SELECT * FROM json_populate_record(NULL::orders, '{"id": 1e3}');

DROP TABLE texts, orders;
