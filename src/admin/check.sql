CREATE FUNCTION idgen_check(
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT cure text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check() IS
'what could keep this server from making IDs, or make them repeat, and what to do about it';

CREATE FUNCTION idgen_check_configuration(
	configuration text,
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT cure text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check_configuration'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check_configuration(text) IS
'what would be wrong on this server with lines of a postgresql.conf that is yet to be deployed';
