-- UUIDs as short text and as TypeIDs, held against SQL arithmetic that shares nothing with the
-- library.
BEGIN;
SELECT plan(25);
\ir include/query.sql

CREATE TEMP TABLE encodings (name text, digits text, length int);
INSERT INTO encodings VALUES
	('base62', '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 22),
	('base58', '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 22),
	('base32', '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26),
	('hex', '0123456789abcdef', 32);

CREATE FUNCTION pg_temp.number(id uuid) RETURNS numeric LANGUAGE sql IMMUTABLE AS
$$
	SELECT sum(get_byte(uuid_send(id), byte) * 256::numeric ^ (15 - byte)) FROM generate_series(0, 15) byte
$$;
CREATE FUNCTION pg_temp.written(number numeric, digits text, length int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$
	SELECT string_agg(substr(digits, 1 + mod(div(number, length(digits)::numeric ^ place), length(digits))::int, 1),
		'' ORDER BY place DESC)
	FROM generate_series(0, length - 1) place
$$;

-- each bit, all bits below one, and UUIDs without a pattern
CREATE TEMP TABLE ids AS
SELECT DISTINCT id FROM (
	SELECT encode(set_bit(repeat(E'\\000', 16)::bytea, bit, 1), 'hex')::uuid FROM generate_series(0, 127) bit
	UNION ALL SELECT rpad(repeat('0', zeros), 32, 'f')::uuid FROM generate_series(0, 32) zeros
	UNION ALL SELECT md5(n::text)::uuid FROM generate_series(1, 100) n) x(id);
CREATE TEMP TABLE texts AS SELECT id, e.*, uuid_encode(id, name) COLLATE "C" AS text FROM ids, encodings e;

SELECT is(uuid_encode('398073a0-2859-4ff4-94ff-662a70cb15a0', 'base58'), '86qJ3nXSvhBPUbmdaMwUeb', 'a UUID that is known in base58');
SELECT is(uuid_decode('86qJ3nXSvhBPUbmdaMwUeb', 'BASE58'), '398073a0-2859-4ff4-94ff-662a70cb15a0', '... and back, whatever the case of the name');
SELECT is(count(*), 0::bigint, 'text is what arithmetic makes of the UUID') FROM texts
WHERE text IS DISTINCT FROM pg_temp.written(pg_temp.number(id), digits, length);
SELECT is(count(*), 0::bigint, 'and is read as the UUID') FROM texts WHERE uuid_decode(text, name) IS DISTINCT FROM id;
SELECT is(count(*), 0::bigint, 'texts in order are UUIDs in order, under COLLATE "C"')
FROM (SELECT id <= lag(id) OVER (PARTITION BY name ORDER BY text) AS wrong FROM texts) t WHERE wrong;
SELECT is(count(*), 0::bigint, 'zeros may be missing, or more') FROM texts
WHERE uuid_decode(left(digits, 1) || ltrim(text, left(digits, 1)), name) <> id OR uuid_decode(repeat(left(digits, 1), 50) || text, name) <> id;
SELECT is(count(*), 0::bigint, 'base32 is that of a ULID') FROM texts WHERE name = 'base32' AND text <> id::ulid::text;
SELECT is(count(*), 0::bigint, 'hex is a UUID''s own, without hyphens') FROM texts WHERE name = 'hex' AND text::uuid <> id;
SELECT is(array_agg(DISTINCT pg_temp.value(format('uuid_decode(%L, %L)', pg_temp.written(2::numeric ^ bit, digits, 40), name))), '{22003}',
	'from 2^128 on, a text is out of range')
FROM encodings, generate_series(128, 140) bit;
SELECT is(array_agg(DISTINCT pg_temp.value(format('uuid_decode(%L, ''base62'')', text))), '{22P02}', 'what is no text in an encoding is invalid')
FROM unnest(ARRAY['', ' ', '+1', '1 ', E'\u00e9', '398073a0-2859-4ff4-94ff-662a70cb15a0', '0_']) text;
SELECT is(pg_temp.value('uuid_encode(public.uuidv4(), ''base64'')') || pg_temp.value('uuid_decode(''0'', '''')'), '2202322023', 'other encodings are not there');
SELECT is(num_nulls(uuid_encode(NULL, 'hex'), uuid_encode(public.uuidv4(), NULL), uuid_decode(NULL, 'hex'), uuid_decode('0', NULL)), 4, 'NULL gives NULL');

-- an index on the UUID serves a text
CREATE TABLE links (id uuid PRIMARY KEY, slug text COLLATE "C" GENERATED ALWAYS AS (uuid_encode(id, 'base58')) STORED);
INSERT INTO links SELECT id FROM ids;
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.explain('SELECT FROM links WHERE id = uuid_decode(''86qJ3nXSvhBPUbmdaMwUeb'', ''base58'')'),
	'Index Cond: \(id = ''398073a0-2859-4ff4-94ff-662a70cb15a0''::uuid\)', 'an index is used');
SELECT matches(pg_temp.explain('SELECT FROM links WHERE id = uuid_decode_typeid(''user_01h45ytscbebyvny4gc8cr8ma2'', ''user'')'),
	'Index Cond: \(id = ''01890bed-658b-72fd-baf8-906219845142''::uuid\)', '... and for a TypeID');

--
-- TypeIDs: the specification's valid and invalid texts
--

CREATE TEMP TABLE typeids (typeid text, prefix text, id uuid);
INSERT INTO typeids VALUES
	('00000000000000000000000000', '', '00000000-0000-0000-0000-000000000000'),
	('00000000000000000000000001', '', '00000000-0000-0000-0000-000000000001'),
	('0000000000000000000000000a', '', '00000000-0000-0000-0000-00000000000a'),
	('0000000000000000000000000g', '', '00000000-0000-0000-0000-000000000010'),
	('00000000000000000000000010', '', '00000000-0000-0000-0000-000000000020'),
	('7zzzzzzzzzzzzzzzzzzzzzzzzz', '', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
	('prefix_0123456789abcdefghjkmnpqrs', 'prefix', '0110c853-1d09-52d8-d73e-1194e95b5f19'),
	('prefix_01h455vb4pex5vsknk084sn02q', 'prefix', '01890a5d-ac96-774b-bcce-b302099a8057'),
	('pre_fix_00000000000000000000000000', 'pre_fix', '00000000-0000-0000-0000-000000000000'),
	('user_01h45ytscbebyvny4gc8cr8ma2', 'user', '01890bed-658b-72fd-baf8-906219845142'),
	('my__type_01h5fskfsk4fpeqwnsyz5hj55t', 'my__type', '01895f99-bf33-23ec-ebf2-b9f7cb1914ba'),
	(repeat('a', 63) || '_7zzzzzzzzzzzzzzzzzzzzzzzzz', repeat('a', 63), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
SELECT is(string_agg(typeid, ', '), NULL, 'a TypeID is its prefix and its UUID') FROM typeids
WHERE uuid_decode_typeid(typeid) IS DISTINCT FROM id OR uuid_decode_typeid(typeid, prefix) IS DISTINCT FROM id
	OR uuid_typeid_prefix(typeid) IS DISTINCT FROM prefix OR uuid_encode_typeid(id, prefix) IS DISTINCT FROM typeid;
SELECT is(count(*), 0::bigint, 'any UUID has one') FROM ids, uuid_encode_typeid(id, 'a_b') typeid
WHERE uuid_decode_typeid(typeid, 'a_b') <> id OR typeid <> 'a_b_' || lower(id::ulid::text);

CREATE TEMP TABLE not_typeids (typeid text);
INSERT INTO not_typeids SELECT unnest(ARRAY['PREFIX_00000000000000000000000000', '12345_00000000000000000000000000', 'pre.fix_00000000000000000000000000',
	E'pr\u00e9fix_00000000000000000000000000', '  prefix_00000000000000000000000000', repeat('a', 64) || '_00000000000000000000000000',
	'_00000000000000000000000000', '_', 'prefix_1234567890123456789012345', 'prefix_123456789012345678901234567', 'prefix_1234567890123456789012345 ',
	'prefix_0123456789ABCDEFGHJKMNPQRS', 'prefix_123456789-123456789-123456', 'prefix_ooooooiiiiiiuuuuuuulllllll', 'prefix_i23456789ol23456789oi23456',
	'prefix_123456789-0123456789-0123456', 'prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz', '_prefix_00000000000000000000000000', 'prefix__00000000000000000000000000',
	'', 'prefix_', 'prefix', E'00000000000000000000000000\n', E'a_0000000000000000000000000\u00e9']);
SELECT is(string_agg(typeid, ', '), NULL, 'what is no TypeID is an error') FROM not_typeids, unnest('{uuid_decode_typeid,uuid_typeid_prefix}'::text[]) function
WHERE pg_temp.value(format('%s(%L)', function, typeid)) <> '22P02';
SELECT is(string_agg(prefix, ', '), NULL, '... as is what is no prefix')
FROM unnest(ARRAY['User', 'user1', 'user ', '_user', 'user_', '_', 'us-er', E'\u00e9', repeat('a', 64)]) prefix
WHERE pg_temp.value(format('uuid_encode_typeid(public.uuidv4(), %L)', prefix)) <> '22023';
SELECT throws_ok('SELECT uuid_decode_typeid(''user_01h45ytscbebyvny4gc8cr8ma2'', ''org'')', '22023', 'TypeID is not of type "org"', 'another prefix than wanted is an error');
SELECT throws_ok('SELECT uuid_decode_typeid(''user_01h45ytscbebyvny4gc8cr8ma2'', ''use'')', '22023', NULL, '... be it shorter');
SELECT throws_ok('SELECT uuid_decode_typeid(''01h45ytscbebyvny4gc8cr8ma2'', ''user'')', '22023', NULL, '... or none');
SELECT is(uuid_decode_typeid('01h45ytscbebyvny4gc8cr8ma2', ''), '01890bed-658b-72fd-baf8-906219845142', 'no prefix can be wanted');
SELECT is(num_nulls(uuid_encode_typeid(NULL, 'a'), uuid_encode_typeid(public.uuidv7(), NULL), uuid_decode_typeid(NULL), uuid_decode_typeid(NULL, 'a'),
	uuid_decode_typeid('a', NULL), uuid_typeid_prefix(NULL)), 6, 'NULL gives NULL');
SELECT is(uuid_version(uuid_decode_typeid(uuid_encode_typeid(public.uuidv7(), 'user'))), 7, 'as a default: the UUID of a new one is of version 7');

CREATE FUNCTION pg_temp.detail(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	detail text;
BEGIN
	EXECUTE query;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN detail;
END
$$;
SELECT is(array_agg(pg_temp.detail(format('SELECT uuid_decode_typeid(%L)', typeid)) ORDER BY n), ARRAY[
	E'A prefix has letters from "a" to "z", and "_" between them; at position 3 there is "\u00e9".',
	'The character "U" at position 27 is not a digit of base32 in lower case.',
	'The first character of the suffix is at most "7", so that it has 128 bits.',
	'The suffix of a TypeID, after its last "_" if it has one, has 26 characters.'], 'what is wrong is told, and where')
FROM unnest(ARRAY[E'pr\u00e9fix_00000000000000000000000000', 'a_000000000000000000000000UU', 'a_8zzzzzzzzzzzzzzzzzzzzzzzzz', 'a_1']) WITH ORDINALITY t(typeid, n);

SELECT * FROM finish();
ROLLBACK;
