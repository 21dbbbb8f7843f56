-- Sequences of several servers that issue numbers in turns. A server is a schema here; what other sessions have cached
-- is in test/isolation/specs/interleave.spec.
BEGIN;
SELECT plan(53);
\ir include/query.sql
SET LOCAL client_min_messages = warning;

--
-- One sequence
--

CREATE SEQUENCE tickets;
SELECT is(sequence_interleave('tickets', 1, 2), 1::bigint, 'a new sequence issues the numbers of a node');
SELECT is(array_agg(nextval('tickets')), '{1,3,5}', 'which are every other one of two nodes') FROM generate_series(1, 3);
SELECT pg_relation_filenode('tickets') AS file \gset
SELECT is(sequence_interleave('tickets', 1, 2), 7::bigint, 'a sequence that is right is left alone');
SELECT is(sequence_interleave('tickets', 1, 2, 5), 7::bigint, 'also by a barrier below its next number');
SELECT is(pg_relation_filenode('tickets'), :file::oid, '... so that nobody drops what is cached');
SELECT is(sequence_interleave('tickets', 1, 2, 7), 9::bigint, 'and goes beyond a barrier');
SELECT is(sequence_interleave('tickets', 1, 2, 9), 11::bigint, 'also before a number has been issued');
SELECT throws_ok($$SELECT sequence_interleave('tickets', 0, 2)$$, '55000', 'sequence public.tickets cannot become that of node 0 of 2 without a barrier', 'to the numbers of another node it goes by a barrier');
SELECT throws_ok($$SELECT sequence_interleave('tickets', 1, 3)$$, '55000', NULL, 'and so to those of another number of nodes');
SELECT is(sequence_interleave('tickets', 3, 4), 11::bigint, 'a part of its numbers it issues without one');
SELECT nextval('tickets'), nextval('tickets') \gset
SELECT throws_ok($$SELECT sequence_interleave('tickets', 1, 3, 14)$$, '55000', 'sequence public.tickets has passed the barrier', 'it does not go below what it has issued');
SELECT is(sequence_interleave('tickets', 1, 3, 15), 16::bigint, 'it goes to other numbers at a barrier');
SELECT is(array_agg(nextval('tickets')), '{16,19,22}', '... and issues them') FROM generate_series(1, 3);
ALTER SEQUENCE tickets RESTART;
SELECT is(nextval('tickets'), 16::bigint, 'a restart stays within the numbers of the node');
SELECT is(sequence_interleave('tickets', 0, 1, 100), 101::bigint, 'one node issues all numbers');

CREATE SEQUENCE negative MINVALUE -10 START -10;
SELECT is(sequence_interleave('negative', 2, 3), -10::bigint, 'numbers may be negative');
SELECT is(array_agg(nextval('negative')), '{-10,-7,-4,-1,2,5}', '... and are of the same node below 0') FROM generate_series(1, 6);
CREATE SEQUENCE small AS smallint;
SELECT is(sequence_interleave('small', 5, 8, 32700), 32701::bigint, 'types have an end');
SELECT throws_ok($$SELECT sequence_interleave('small', 5, 8, 32765)$$, '2200H', 'sequence public.small has no number left for node 5 of 8', '... beyond which there is nothing');
CREATE SEQUENCE last_ones START 9223372036854775806;
SELECT is(sequence_interleave('last_ones', 7, 10), 9223372036854775807, 'the largest number is issued');
SELECT throws_ok($$SELECT sequence_interleave('last_ones', 7, 10, 9223372036854775807)$$, '2200H', NULL, '... and is the last');

CREATE TEMP SEQUENCE short_lived;
CREATE SEQUENCE cycling MAXVALUE 10 CYCLE;
CREATE SEQUENCE descending INCREMENT -1;
SELECT throws_ok(format('SELECT sequence_interleave(%s)', arguments), state, NULL, format('not (%s)', arguments))
FROM (VALUES ($$'tickets', 2, 2$$, '22023'), ($$'tickets', -1, 2$$, '22023'), ($$'tickets', 0, 0$$, '22023'), ($$'pg_class', 0, 1$$, '42809'), ('0, 0, 1', '42P01'),
	($$'short_lived', 0, 2$$, '55000'), ($$'cycling', 0, 2$$, '55000'), ($$'descending', 0, 2$$, '55000')) v(arguments, state);

CREATE ROLE regress_idgen_owner;
CREATE ROLE regress_idgen_user;
GRANT ALL ON SEQUENCE tickets TO regress_idgen_user;
GRANT USAGE, CREATE ON SCHEMA public TO regress_idgen_owner;
SET LOCAL ROLE regress_idgen_user;
SELECT throws_ok($$SELECT sequence_interleave('tickets', 0, 1)$$, '42501', 'must be owner of sequence tickets', 'only the owner alters a sequence');
SET LOCAL ROLE regress_idgen_owner;
CREATE TABLE owned (id integer GENERATED ALWAYS AS IDENTITY);
SELECT is(sequence_interleave(pg_get_serial_sequence('owned', 'id'), 1, 4), 1::bigint, '... which needs no superuser, and may be of an identity column');
RESET ROLE;

--
-- Findings
--

SELECT is_empty($$SELECT * FROM sequence_interleave_check('tickets', 0, 1)$$, 'nothing is found of a sequence that is right');
SELECT matches((SELECT string_agg(severity || ': ' || finding, '|') FROM sequence_interleave_check(v.sequence::regclass, v.node, v.nodes)), v.found, format('of %s as node %s of %s: %s', v.sequence, v.node, v.nodes, v.found))
FROM (VALUES ('tickets', 0, 2, '^error: The sequence is incremented by 1, and there are 2 nodes\.$'), ('negative', 1, 3, '^error: The next number, 8, is one of node 2\.$'),
	('cycling', 0, 1, '^error: The sequence cycles.*notice: There are 10 numbers left'), ('short_lived', 0, 1, '^error: The sequence is not permanent'),
	('small', 5, 8, '^notice: There are 9 numbers left up to the maximum value, 32767\.$')) v(sequence, node, nodes, found);
ALTER SEQUENCE tickets CACHE 20;
CREATE TABLE one (id bigint DEFAULT nextval('tickets'));
CREATE TABLE two (id bigint DEFAULT nextval('tickets'));
SELECT is(string_agg(finding, ' '), 'Sessions cache 20 numbers each. 2 columns have their default from the sequence.', 'caches and columns are found') FROM sequence_interleave_check('tickets', 0, 1);

--
-- Plans, for schemas as servers
--

SELECT throws_ok(format('SELECT * FROM sequence_interleave_plan(%s)', arguments), state, NULL, format('no plan for %s', arguments))
FROM (VALUES ($$'t', '{1}', 2, 4, 10$$, '22023'), ($$'t', '{NULL}', 1, 2, 10$$, '22023'), ($$'t', '{1}', 1, 0, 10$$, '22023'), ($$'t', '{1}', 1, 2, -1$$, '22023'),
	($$'t', '{9223372036854775807}', 1, 2, 1$$, '22003')) v(arguments, state);

CREATE TABLE issued (id bigint PRIMARY KEY);
-- so many numbers of each of the first nodes
CREATE FUNCTION pg_temp.issue(nodes integer, most integer) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
	FOR node IN 0 .. nodes - 1 LOOP
		PERFORM set_config('search_path', 'node' || node || ', public', true);
		INSERT INTO issued SELECT nextval('ticket') FROM generate_series(1, 1 + (random() * most)::integer);
	END LOOP;
	PERFORM set_config('search_path', 'public', true);
END
$$;
-- the plan, with some numbers of nodes that exist between commands; one that is refused because a sequence has passed
-- the barrier is planned again
CREATE FUNCTION pg_temp.change(nodes integer, new_nodes integer, margin integer) RETURNS integer LANGUAGE plpgsql AS
$$
DECLARE
	last bigint[];
	value bigint;
	row record;
	refused integer := 0;
BEGIN
	FOR node IN 0 .. nodes - 1 LOOP
		EXECUTE format('SELECT last_value FROM node%s.ticket', node) INTO value;
		last := last || value;
	END LOOP;
	FOR row IN SELECT * FROM sequence_interleave_plan('ticket', last, nodes, new_nodes, margin) LOOP
		PERFORM set_config('search_path', 'node' || row.node || ', public', true);
		BEGIN
			EXECUTE row.command;
		EXCEPTION WHEN object_not_in_prerequisite_state OR invalid_parameter_value THEN
			RETURN -1;
		END;
		BEGIN
			PERFORM pg_temp.issue(nodes, 5);
		EXCEPTION WHEN sequence_generator_limit_exceeded THEN
			refused := refused + 1;
		END;
	END LOOP;
	PERFORM set_config('search_path', 'public', true);
	RETURN refused;
END
$$;
SELECT format('CREATE SCHEMA node%s CREATE SEQUENCE ticket', n) FROM generate_series(0, 5) n \gexec
SELECT pg_temp.issue(1, 20);
SELECT is((SELECT array_agg(format('%s|%s|%s', step, node, command)) FROM sequence_interleave_plan('orders', '{500,490,NULL}', 3, 6, 1000)),
	'{"1|0|SELECT sequence_interleave(''orders'', 0, 6, 1500)","1|1|SELECT sequence_interleave(''orders'', 1, 6, 1490)","2|3|SELECT sequence_interleave(''orders'', 3, 6, 1500)","2|4|SELECT sequence_interleave(''orders'', 4, 6, 1490)"}',
	'twice as many nodes are told in two steps, each old one before the new one that shares its numbers');
SELECT is((SELECT array_agg(format('%s|%s|%s', step, node, command)) FROM sequence_interleave_plan('orders', '{500,490}', 2, 3, 1000)),
	'{"1|0|ALTER SEQUENCE orders MAXVALUE 1500","1|1|ALTER SEQUENCE orders MAXVALUE 1500","2|0|SELECT sequence_interleave(''orders'', 0, 3, 1500)","2|1|SELECT sequence_interleave(''orders'', 1, 3, 1500)","2|2|SELECT sequence_interleave(''orders'', 2, 3, 1500)"}',
	'for another number all nodes stop at one barrier first');
SELECT is(pg_temp.change(1, 2, 1000), 0, 'one node becomes two');
SELECT pg_temp.issue(2, 100);
SELECT is(pg_temp.change(2, 3, 1000), 0, 'two become three');
SELECT pg_temp.issue(3, 100);
SELECT is(pg_temp.change(3, 6, 1000), 0, 'three become six');
SELECT pg_temp.issue(6, 100);
SELECT is(pg_temp.change(6, 4, 1000), 0, 'and six four');
SELECT pg_temp.issue(4, 100);
SELECT is(sequence_limit, 2::bigint, 'the others stay where they were stopped')
FROM (SELECT count(*) AS sequence_limit FROM pg_sequences WHERE schemaname IN ('node4', 'node5') AND max_value < 100000) s;
ALTER SEQUENCE node4.ticket NO MAXVALUE;
ALTER SEQUENCE node5.ticket NO MAXVALUE;
SELECT ok(pg_temp.change(4, 6, 1) <> 0, 'with a margin that is too small, calls or commands are refused');
-- Nodes may still be stopped at the barrier of the plan before, until they are told of this one.
SELECT cmp_ok(pg_temp.change(4, 6, 1000), '>=', 0, '... and with one that is large enough, no command is');
SELECT ok(count(*) > 400, 'no number was issued twice') FROM issued;

SELECT * FROM finish();
ROLLBACK;
