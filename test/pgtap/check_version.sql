-- idgen_check() tells of a database in which ALTER EXTENSION has not been run.
BEGIN;
SELECT plan(2);

SELECT is(count(*), 0::bigint, 'the extension has the version of the library, and there is nothing to say')
FROM idgen_check() WHERE subject = 'extension idgen';
UPDATE pg_extension SET extversion = '0.0.9' WHERE extname = 'idgen';
SELECT ok(severity = 'warning' AND finding ~ 'has version 0\.0\.9, and the library that the server has loaded has version \d' AND hint ~ 'ALTER EXTENSION idgen UPDATE',
	'... and if it has another one, there is a warning')
FROM idgen_check() WHERE subject = 'extension idgen';

SELECT * FROM finish();
ROLLBACK;
