--
-- These are near the end because of the search path: on PostgreSQL 18 an
-- unqualified uuidv7() is that of pg_catalog unless our schema comes first.
--

SELECT pg_catalog.set_config('search_path',
	pg_catalog.format('%I, pg_catalog', pg_catalog.current_schema()), true);

COMMENT ON FUNCTION uuidv4() IS
'generates a UUID version 4 (RFC 9562): 122 random bits';

COMMENT ON FUNCTION uuidv7() IS
'generates a UUID version 7 (RFC 9562): strictly increasing within a backend unless the clock is set back by more than 10 s';

COMMENT ON FUNCTION uuidv7(interval) IS
'generates a UUID version 7 whose time is shifted by an interval';
