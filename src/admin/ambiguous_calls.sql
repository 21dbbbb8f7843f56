--
-- Others may have had functions of our names in our schema.  No call of theirs may be
-- ambiguous now, be the types of its arguments known or not: it may be stored somewhere,
-- or be in an application.  Better no extension than that.
--

SELECT pg_catalog.set_config('search_path', 'pg_catalog', true);

DO $$
DECLARE
	their record;
	type_known text;
BEGIN
	FOR their IN
		SELECT DISTINCT p.oid::regprocedure AS function, p.pronamespace::regnamespace AS schema, p.proname AS name,
			(p.proargtypes::oid[])[0:given - 1] AS types
		FROM pg_depend d
			JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'idgen'
			JOIN pg_proc our ON d.classid = 'pg_proc'::regclass AND d.objid = our.oid AND d.deptype = 'e'
			JOIN pg_proc p USING (pronamespace, proname)
			CROSS JOIN generate_series(p.pronargs - p.pronargdefaults, p.pronargs::integer) AS given
		WHERE NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = d.classid AND o.objid = p.oid AND o.refobjid = e.oid)
	LOOP
		FOREACH type_known IN ARRAY ARRAY['', '::%s'] LOOP
			BEGIN
				EXECUTE format('PREPARE idgen_call AS SELECT %s.%I(%s)', their.schema, their.name,
					(SELECT string_agg('NULL' || format(type_known, format_type(type, NULL)), ', ' ORDER BY n)
					 FROM unnest(their.types) WITH ORDINALITY t(type, n)));
				DEALLOCATE idgen_call;
			EXCEPTION
				WHEN ambiguous_function THEN
					RAISE ambiguous_function USING
						MESSAGE = format('calls of function %s would be ambiguous', their.function),
						DETAIL = 'The extension has functions of the same name.',
						HINT = 'Create the extension in another schema: CREATE EXTENSION idgen SCHEMA ...';
				WHEN OTHERS THEN
					NULL;	-- a call that takes more, such as a type for anyelement, or a window
			END;
		END LOOP;
	END LOOP;
END
$$;
