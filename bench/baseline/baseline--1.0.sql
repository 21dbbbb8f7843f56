/* bench/baseline/baseline--1.0.sql */
\echo Use "CREATE EXTENSION baseline" to load this file. \quit

CREATE FUNCTION baseline_empty() RETURNS bigint
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION baseline_empty() IS
'the least that a call of a C function costs';

CREATE FUNCTION baseline_clock() RETURNS bigint
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION baseline_clock() IS
'wall clock in ns since 1970: the least that a call which looks at the clock costs';

CREATE FUNCTION baseline_cpu() RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE;
