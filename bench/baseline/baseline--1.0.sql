/* bench/baseline/baseline--1.0.sql */
\echo Use "CREATE EXTENSION baseline" to load this file. \quit

CREATE FUNCTION baseline_empty() RETURNS bigint
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION baseline_clock() RETURNS bigint
AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
