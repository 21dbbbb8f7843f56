CREATE FUNCTION idgen_check(
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check() IS
'reports what could prevent this server from issuing IDs or cause IDs to repeat, and what to do about it';

CREATE FUNCTION idgen_check_configuration(
	configuration text,
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check_configuration'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check_configuration(text) IS
'reports what idgen_check() would find on this server with the given lines of a postgresql.conf';
