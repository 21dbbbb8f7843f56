--
-- Moving in: the default of a column that has been filled otherwise.
--

CREATE TABLE idgen_converted_defaults (
	relation idgen_relation NOT NULL,
	column_name name NOT NULL,
	was text NOT NULL,
	expression text,
	converted_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (relation, column_name)
);

SELECT pg_catalog.pg_extension_config_dump('idgen_converted_defaults', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = relation)');

CREATE TRIGGER restore BEFORE INSERT ON idgen_converted_defaults FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

GRANT SELECT ON idgen_converted_defaults TO PUBLIC;

COMMENT ON TABLE idgen_converted_defaults IS
'the defaults of columns before idgen_convert_default()';

CREATE FUNCTION idgen_convert_default("table" regclass, "column" name)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_convert_default'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_convert_default(regclass, name) IS
'give a column the default whose IDs suit its type, in one short lock; rows stay as they are';

CREATE FUNCTION idgen_convert_default("table" regclass, "column" name, expression text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_convert_default_to'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_convert_default(regclass, name, text) IS
'the same with the given default';

CREATE FUNCTION idgen_revert_default("table" regclass, "column" name)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_revert_default'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_revert_default(regclass, name) IS
'give a column the default, or the identity, that it had before idgen_convert_default()';
