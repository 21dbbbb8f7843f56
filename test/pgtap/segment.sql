-- Segments: numbers of sequences, drawn by the range, in one session.
BEGIN;
SELECT plan(56);
\ir include/query.sql

SET LOCAL client_min_messages = warning;
CREATE SEQUENCE private;
SELECT is(ARRAY[segment_nextval('private'), segment_nextval('private'), nextval('private'), segment_nextval('private')], '{1,2,3,4}', 'a sequence of the transaction has no chunk');
SELECT is((SELECT last_value FROM private), 4::bigint, '... and its numbers are as nextval() gives them');
SELECT is(segment_nextvals('private', 3), '{5,6,7}', '... in arrays');
SELECT is(segment_next_block('private', 10), 8::bigint, '... in blocks');
SELECT is(segment_take('private', 10), int8range(18, 28), '... and in ranges');
SELECT is((SELECT last_value FROM private), 27::bigint, '... without losing any');
SELECT is((SELECT count(*) FROM segments WHERE sequence = 'private'::regclass), 0::bigint, '... and without a place in shared memory');
SELECT is(setval('private', 5), 5::bigint, '... and it can be set');
SELECT is(segment_nextval('private'), 6::bigint, '... and setval() is followed in both directions');

ALTER SEQUENCE private INCREMENT BY 10;
SELECT is(segment_nextvals('private', 3), '{16,26,36}', 'an increment is kept to');
SELECT is(segment_next_block('private', 5), 46::bigint, '... in blocks');
SELECT is(segment_nextval('private'), 96::bigint, '... and after them');
SELECT throws_ok($$SELECT segment_take('private', 2)$$, '0A000', 'numbers of sequence "private" are no ranges', '... but such numbers are no ranges');
ALTER SEQUENCE private INCREMENT BY 1 RESTART WITH -3 MINVALUE -10;
SELECT is(segment_nextvals('private', 5), '{-3,-2,-1,0,1}', 'numbers may be negative');
ALTER SEQUENCE private MAXVALUE 5;
SELECT is(segment_nextvals('private', 4), '{2,3,4,5}', 'the last number is issued');
SELECT throws_ok($$SELECT segment_nextval('private')$$, '2200H', 'reached maximum value of sequence "private" (5)', '... and no more');
SELECT throws_ok($$SELECT nextval('private')$$, '2200H', NULL, '... as with nextval()');

-- Arguments
SELECT throws_ok($$SELECT segment_nextval('no_such_sequence')$$, '42P01', NULL, 'a sequence must exist');
SELECT throws_ok($$SELECT segment_nextval('pg_class')$$, '42809', '"pg_class" is not a sequence', '... and be one');
SELECT is(segment_nextval(NULL), NULL, 'NULL gives NULL');
SELECT throws_ok(format('SELECT segment_nextvals(%L, %s)', 'private', n), '22023', NULL, format('no array of %s', n)) FROM unnest('{0,-1,2147483647}'::int[]) n;
SELECT throws_ok(format('SELECT segment_next_block(%L, %s)', 'private', n), '22023', NULL, format('no block of %s', n)) FROM unnest('{0,-1}'::int[]) n;
SELECT throws_ok(format('SELECT segment_take(%L, %s)', 'private', n), '22023', NULL, format('no range of %s', n)) FROM unnest('{0,-1,9223372036854775807}'::bigint[]) n;

-- Options
SELECT is((SELECT count(*) FROM segment_options WHERE sequence = 'private'::regclass), 0::bigint, 'there are no options at first');
SELECT lives_ok($$SELECT segment_configure('private', step => 77)$$, 'an option is set');
SELECT is((SELECT o::text FROM segment_options o WHERE sequence = 'private'::regclass), '(private,77,statement,f,f)', '... and the others have defaults');
SELECT lives_ok($$SELECT segment_configure('private', order_by => 'session', grants => true)$$, 'others are set');
SELECT is((SELECT o::text FROM segment_options o WHERE sequence = 'private'::regclass), '(private,77,session,t,f)', '... and that one remains');
SELECT lives_ok($$SELECT segment_configure('private', step => 0)$$, '0 is the default step');
SELECT is((SELECT step FROM segment_options WHERE sequence = 'private'::regclass), NULL, '... which depends on the type');
SELECT throws_ok($$SELECT segment_configure('private', step => -1)$$, '22023', NULL, 'a step is not negative');
SELECT throws_ok($$SELECT segment_configure('private', step => 3000000000)$$, '22023', NULL, '... nor huge');
SELECT throws_ok($$SELECT segment_configure('private', order_by => 'none')$$, '22023', 'invalid order of a segment: "none"', 'orders are known');
SELECT throws_ok($$SELECT segment_configure('pg_class')$$, '42809', NULL, 'a table has no options');
SELECT throws_ok($$SELECT segment_configure(NULL)$$, '22004', NULL, 'nor has NULL');
ALTER SEQUENCE private MAXVALUE 1000;
SELECT lives_ok($$SELECT segment_configure('private', free_list => true)$$, 'a sequence that may run out has a free list');
SELECT is((SELECT range FROM segment_take_free('private', 1, 10)), NULL, '... without any ranges at first');
SELECT throws_ok($$SELECT segment_take_free('private', 10, 9)$$, '22023', NULL, '... of which no such range can be taken');
SELECT throws_ok($$SELECT lamport_tick('private')$$, '55000', 'sequence "private" cannot be a Lamport clock', '... and no Lamport clock');
SELECT lives_ok($$SELECT segment_configure('private', free_list => false)$$, '... until it is switched off');
CREATE SEQUENCE endless;
SELECT throws_ok($$SELECT segment_configure('endless', free_list => true)$$, '22023', 'sequence "endless" cannot have a free list', '... which others cannot have');
SELECT is(segment_take_back('private', 1, 2, 0, 0), NULL, 'nothing is taken back of a sequence of the transaction');
SELECT throws_ok(format('SELECT segment_set_roots(%L, NULL, skip => %s)', 'private', 140737488355329), '22023', 'skip must be between 0 and 140737488355328', 'what is skipped is bounded');
SELECT is(segment_take('private', 3), int8range(6, 9), 'a range is handed on');
SELECT is((SELECT format('%s %s %s', sequence, range, role = current_user AND granted_at > now()) FROM segment_grants WHERE sequence = 'private'::regclass), 'private [6,9) t', '... and recorded');
CREATE SEQUENCE other;
SELECT lives_ok($$SELECT segment_configure('other')$$, 'options may all be defaults');
DROP SEQUENCE private;
SELECT lives_ok($$SELECT segment_configure('other', 5)$$, '... or one changed');
SELECT is((SELECT array_agg(sequence::text) FROM segment_options), '{other}', 'options of a sequence that was dropped go with the next change');
SELECT is((SELECT count(*) FROM pg_extension, unnest(extconfig) c WHERE extname = 'idgen' AND c IN ('segment_options'::regclass, 'segment_grants'::regclass)), 2::bigint, 'dumps contain options and grants');

-- Findings
ALTER SEQUENCE other CYCLE CACHE 7;
SELECT is((SELECT array_agg(severity || ': ' || finding ORDER BY severity) FROM idgen_check() WHERE subject = 'segment public.other'),
	'{"error: The sequence cycles, so numbers would repeat. Calls fail.","notice: CACHE is 7, which has an effect on nextval() only. If nextval() is used as well, each of its calls has what is left of the segment''s chunk dropped."}',
	'idgen_check() finds CYCLE and CACHE');
SELECT throws_ok($$SELECT segment_nextval('other')$$, '42809', 'sequence "other" cannot be a segment', '... and calls do fail');

SELECT * FROM finish();
ROLLBACK;
