--
-- Sequences of several servers that issue numbers in turns: node 3 of 16 issues
-- those that leave 3 when divided by 16.
--

CREATE FUNCTION sequence_interleave(sequence regclass, node integer, nodes integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION sequence_interleave(regclass, integer, integer) IS
'alters a sequence to issue, from its next number on, those numbers that leave node when divided by nodes; returns the next one';

CREATE FUNCTION sequence_interleave(sequence regclass, node integer, nodes integer, above bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION sequence_interleave(regclass, integer, integer, bigint) IS
'alters a sequence to issue, above a number that no node has reached, those that leave node when divided by nodes; returns the next one';

CREATE FUNCTION sequence_interleave_plan(
	sequence text, last bigint[], nodes integer, new_nodes integer, margin bigint,
	OUT step integer,
	OUT node integer,
	OUT command text,
	OUT barrier bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave_plan'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION sequence_interleave_plan(text, bigint[], integer, integer, bigint) IS
'commands that change by how many nodes a sequence is interleaved, from the last number of each; a step begins when the one before is done on all nodes';

CREATE FUNCTION sequence_interleave_check(
	sequence regclass, node integer, nodes integer,
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave_check'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10 ROWS 1;

COMMENT ON FUNCTION sequence_interleave_check(regclass, integer, integer) IS
'reports what could make a sequence issue numbers of another node, and what to do about it; no rows if there is nothing';
