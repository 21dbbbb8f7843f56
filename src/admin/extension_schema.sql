--
-- Operators.  All are in pg_catalog, whatever the schema of the extension, so
-- that constructs that look them up by their bare name (IS DISTINCT FROM,
-- NULLIF, CASE, USING, comparisons of rows) find them with any search path,
-- for example when a dump is restored.  ALTER EXTENSION SET SCHEMA leaves them
-- there.
--

CREATE FUNCTION idgen_move_extension()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'idgen_move_extension'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_move_extension() IS
'lets ALTER EXTENSION idgen SET SCHEMA leave the operators in pg_catalog';

CREATE EVENT TRIGGER idgen_move_extension ON ddl_command_start
	WHEN TAG IN ('ALTER EXTENSION')
	EXECUTE FUNCTION idgen_move_extension();

COMMENT ON EVENT TRIGGER idgen_move_extension IS
'lets ALTER EXTENSION idgen SET SCHEMA leave the operators in pg_catalog';
