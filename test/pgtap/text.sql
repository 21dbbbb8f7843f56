-- Snowflake IDs as text, held against SQL arithmetic that shares nothing with the
-- library.  Examples to read are in sql/snowflake_text.sql.
BEGIN;
SELECT plan(23);

CREATE TEMP TABLE encodings (name text, digits text, length int, also text);
INSERT INTO encodings VALUES
	('base62', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 11, ''),
	('base58', '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 11, ''),
	('base32', '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 13, 'abcdefghjkmnpqrstvwxyzIiLlOo'),
	('hex', '0123456789abcdef', 16, 'ABCDEF');

-- a number in a system of digits, as long as asked for
CREATE FUNCTION pg_temp.written(number numeric, digits text, length int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
	SELECT string_agg(substr(digits, 1 + mod(div(number, length(digits)::numeric ^ place), length(digits))::int, 1),
		'' ORDER BY place DESC)
	FROM generate_series(0, length - 1) place
$$;

-- the edges of bits and of digits, some IDs of this server, and numbers without a pattern
CREATE TEMP TABLE ids AS
SELECT DISTINCT id::bigint
FROM (
	SELECT 2::numeric ^ b + d FROM generate_series(0, 63) b, generate_series(-2, 1) d
	UNION ALL SELECT length(digits)::numeric ^ p + d FROM encodings, generate_series(0, 15) p, generate_series(-1, 1) d
	UNION ALL SELECT unnest(snowflake_nextvals(500))
	UNION ALL SELECT hashint8extended(n, 0) & 9223372036854775807 FROM generate_series(1, 2000) n
) x(id)
WHERE id BETWEEN 0 AND 9223372036854775807;

CREATE TEMP TABLE texts AS
SELECT id, e.*, snowflake_encode(id, name) COLLATE "C" AS text FROM ids, encodings e;

SELECT is(array_agg(id ORDER BY id), '{0,1,2147483648,9007199254740992,9223372036854775807}', 'these are among the IDs')
FROM ids WHERE id IN (0, 1, 2147483648, 9007199254740992, 9223372036854775807);
SELECT is(count(*), 0::bigint, 'text is what arithmetic makes of the ID') FROM texts
WHERE text IS DISTINCT FROM pg_temp.written(id, digits, length);
SELECT is(count(*), 0::bigint, 'and is read as the ID') FROM texts
WHERE snowflake_decode(text, name) IS DISTINCT FROM id;
SELECT is(count(*), 0::bigint, 'texts in order are IDs in order, under COLLATE "C"')
FROM (SELECT id <= lag(id) OVER (PARTITION BY name ORDER BY text) AS wrong FROM texts) t WHERE wrong;
SELECT is(count(*), 0::bigint, 'zeros may be missing') FROM texts
WHERE snowflake_decode(left(digits, 1) || ltrim(text, left(digits, 1)), name) <> id
   OR (id > 0 AND snowflake_decode(ltrim(text, left(digits, 1)), name) <> id);
SELECT is(count(*), 0::bigint, 'there may be more of them') FROM texts
WHERE snowflake_decode(repeat(left(digits, 1), 50) || text, name) <> id;
SELECT is(count(*), 0::bigint, 'base32 and hex are read in either case') FROM texts
WHERE name IN ('base32', 'hex') AND (snowflake_decode(lower(text), name) <> id OR snowflake_decode(upper(text), name) <> id);
SELECT is(count(*), 0::bigint, 'base32: what looks like 1 and 0 is read so, and hyphens are skipped') FROM texts
WHERE name = 'base32' AND (snowflake_decode(translate(text, '10', 'IO'), name) <> id
   OR snowflake_decode(translate(text, '10', 'lo'), name) <> id
   OR snowflake_decode('-' || regexp_replace(text, '(.)', '\1--', 'g'), name) <> id);

-- what went wrong, or NULL
CREATE FUNCTION pg_temp.error(query text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS
$$
BEGIN
	EXECUTE query;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
END
$$;
CREATE FUNCTION pg_temp.decode_error(text text, encoding text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE sql AS
$$ SELECT (pg_temp.error(format('SELECT snowflake_decode(%L, %L)', text, encoding))).* $$;

SELECT is(string_agg(chr(c), '' ORDER BY c), (SELECT string_agg(d, '' ORDER BY d COLLATE "C") FROM regexp_split_to_table(digits || also, '') d),
	'digits of ' || name || ', and no other character')
FROM encodings, generate_series(1, 127) c, pg_temp.decode_error('1' || chr(c), name) e
WHERE e.state IS NULL AND (name <> 'base32' OR chr(c) <> '-')
GROUP BY name, digits, also;
SELECT is(array_agg(DISTINCT state), '{22P02}', 'any other is invalid text')
FROM encodings, generate_series(1, 127) c, pg_temp.decode_error('1' || chr(c), name) e
WHERE e.state IS NOT NULL;

SELECT is(array_agg(DISTINCT coalesce(e.state, 'none')), '{22003}', 'from 2^63 on, a text is out of range')
FROM (SELECT 2::numeric ^ b + d AS number FROM generate_series(63, 70) b, generate_series(0, 2) d
      UNION ALL SELECT 2::numeric ^ b - 1 FROM generate_series(64, 70) b) n, encodings,
     pg_temp.decode_error(pg_temp.written(number, digits, 20), name) e;
SELECT is(e.detail, format('The largest ID in %s is "%s".', name, snowflake_encode(9223372036854775807, name)), 'the largest is named: ' || name)
FROM encodings, pg_temp.decode_error(pg_temp.written(9223372036854775808, digits, length), name) e;

-- characters of several bytes are shown whole, and counted as one
SELECT is(array_agg(detail ORDER BY n), ARRAY[
	E'The character "\u00e9" at position 3 is not a digit of hex.',
	E'The character "\u4e00" at position 1 is not a digit of hex.',
	E'The character "\U0001f600" at position 4 is not a digit of hex.'], 'a character of several bytes is shown whole')
FROM unnest(ARRAY[E'12\u00e9', E'\u4e00\u4e01', E'123\U0001f600f']) WITH ORDINALITY t(text, n), pg_temp.decode_error(text, 'hex') e;
SELECT is(array_agg(detail ORDER BY n), ARRAY[
	E'The character "\uff11" at position 1 is not a digit of base32.',
	E'The character "\u0661" at position 2 is not a digit of base32.',
	E'The character "\u2010" at position 3 is not a digit of base32.'], 'other digits and hyphens of Unicode are not ours')
FROM unnest(ARRAY[E'\uff11', E'1\u0661', E'-1\u2010']) WITH ORDINALITY t(text, n), pg_temp.decode_error(text, 'base32') e;

-- of a long text a message shows the beginning, in whole characters
SELECT is(message, 'invalid input syntax for type snowflake: "1' || repeat(E'\u00e9', 31) || '..."', 'a long text is cut between characters')
FROM pg_temp.decode_error('1' || repeat(E'\u00e9', 1000000), 'hex');
SELECT is(message, 'invalid input syntax for type snowflake: "' || repeat(' ', 64) || '"', 'one of 64 bytes is shown whole')
FROM pg_temp.decode_error(repeat(' ', 64), 'hex');
SELECT is(message, 'invalid input syntax for type snowflake: "' || repeat(' ', 64) || '..."', 'one of 65 is not')
FROM pg_temp.decode_error(repeat(' ', 65), 'hex');

SELECT * FROM finish();
ROLLBACK;
