--
-- How the extension's tables stay as they are when another server's are published.
--

CREATE FUNCTION idgen_ignore_published_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_ignore_published_row'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_ignore_published_row() IS
'for tables of the extension: leaves out what a subscription brings, as it says how another server is set up';

REVOKE ALL ON FUNCTION idgen_ignore_published_row() FROM PUBLIC;
