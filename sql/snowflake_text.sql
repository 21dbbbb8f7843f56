--
-- Snowflake IDs as short text
--
SELECT id, encoding, snowflake_encode(id, encoding) AS encoded
FROM (VALUES (0), (1), (175928847299117063), (911832321554907136), (9223372036854775807)) i(id),
     unnest(ARRAY['base62', 'base58', 'base32', 'hex']) WITH ORDINALITY e(encoding, n)
ORDER BY id, n;

-- what others publish: Bitcoin, draft-msporny-base58, ULID (its 48 bits of time)
SELECT snowflake_decode('ABnLTmg', 'base58') = 349694840079 AS bitcoin,
       snowflake_decode('11233QC4', 'base58') = 679457997 AS draft,
       snowflake_decode('01ARYZ6S41', 'base32') AS ulid;

-- a snowflake is as good as a bigint, and the name of an encoding may be in either case
SELECT snowflake_encode(snowflake '911832321554907136', 'Base62'),
       snowflake_decode('15MCVMJxI9o', 'BASE62')::snowflake,
       snowflake_encode(id => 42, encoding => 'hex'),
       snowflake_decode(encoded => '2a', encoding => 'hex');
SELECT snowflake_encode(NULL, 'hex'), snowflake_encode(1, NULL), snowflake_decode(NULL, 'hex'), snowflake_decode('1', NULL);

-- zeros may be missing, or be more than enough
SELECT snowflake_decode('0', 'base62'), snowflake_decode('11', 'base58'), snowflake_decode('2a', 'hex'),
       snowflake_decode(repeat('0', 100) || '2a', 'hex'), snowflake_decode(repeat('1', 1000000) || 'NQm6nKp8qFC', 'base58');

-- base32 as Crockford reads it, and hex in either case
SELECT text, snowflake_decode(text, 'base32')
FROM unnest(ARRAY['S9VTN9AG0000', 's9vtn9ag0000', 'S9VT-N9AG-0000', '--S9VTN9AG0000-', 's9vtn9agoOoO', 'I', 'i', 'L', 'l', 'O', 'o']) text;
SELECT snowflake_decode('7FFFFFFFFFFFFFFF', 'hex'), snowflake_decode('7FfFfFfFfFfFfFfF', 'hex');

-- it can be a generated column, and the text a key that sorts like the ID
CREATE TABLE links (
    id snowflake PRIMARY KEY,
    slug text COLLATE "C" GENERATED ALWAYS AS (snowflake_encode(id, 'base62')) STORED UNIQUE
);
INSERT INTO links VALUES (9), (10), (35), (36), (61), (62), (3843), (3844), (911832321554907136), (9223372036854775807);
SELECT slug, id FROM links ORDER BY slug;
SELECT id FROM links WHERE slug = '15MCVMJxI9o';
DROP TABLE links;

-- bad input
SELECT snowflake_encode(-1, 'base62');
SELECT snowflake_encode('-9223372036854775808', 'hex');
SELECT snowflake_encode(1, 'base64');
SELECT snowflake_encode(1, '');
SELECT snowflake_decode('1', 'hexadecimal');
SELECT snowflake_decode('', 'base62');
SELECT snowflake_decode('--', 'base32');
SELECT snowflake_decode('15MCVMJxI9_', 'base62');
SELECT snowflake_decode(' 15MCVMJxI9o', 'base62');
SELECT snowflake_decode('37mBVtjiQS0', 'base58');
SELECT snowflake_decode('37mBVtjiQSl', 'base58');
SELECT snowflake_decode('S9VT-N9AG-000U', 'base32');
SELECT snowflake_decode('0xff', 'hex');
SELECT snowflake_decode('-1', 'hex');

-- too large: one more than the largest ID, 2^64, and longer than any
SELECT snowflake_decode('AzL8n0Y58m8', 'base62');
SELECT snowflake_decode('NQm6nKp8qFD', 'base58');
SELECT snowflake_decode('8000000000000', 'base32');
SELECT snowflake_decode('8000000000000000', 'hex');
SELECT snowflake_decode('10000000000000000', 'hex');
SELECT snowflake_decode('f47ac10b58cc4372a5670e02b2c3d479', 'hex');

-- of a long text only the beginning is shown
SELECT snowflake_decode(repeat('z', 1000000), 'base62');
SELECT snowflake_decode(repeat('0', 1000000) || ' ', 'base62');
SELECT snowflake_encode(1, repeat('x', 1000000));
