--
-- The schema may already have functions of other owners with the names of
-- ours.  Their calls must not become ambiguous, whether or not the types of the
-- arguments are known, because they may be stored in the database or be part
-- of an application.  Otherwise the extension is not created.
--

SELECT pg_catalog.set_config('search_path', 'pg_catalog', true);

DO $$
DECLARE
	their record;
	call text;
	is_without_ours boolean;
	callee text;		-- the function that the call is one of, or NULL
	our_functions oid[];
BEGIN
	FOR their IN
		SELECT DISTINCT p.oid, p.oid::regprocedure::text AS function, p.prokind AS kind, p.pronamespace::regnamespace AS schema, p.proname AS name,
			-- of a variadic function, a call with one element
			CASE WHEN p.provariadic <> 0 AND given = p.pronargs THEN (p.proargtypes::oid[])[0:given - 2] || p.provariadic
				ELSE (p.proargtypes::oid[])[0:given - 1] END AS types, known
		FROM pg_depend d
			JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'idgen'
			JOIN pg_proc our ON d.classid = 'pg_proc'::regclass AND d.objid = our.oid AND d.deptype = 'e'
			JOIN pg_proc p USING (pronamespace, proname)
			CROSS JOIN generate_series(p.pronargs - p.pronargdefaults, p.pronargs::integer) AS given
			-- which arguments have a type, and are not literals of an unknown one: of up to five, all combinations
			CROSS JOIN generate_series(0, (1 << least(given, 5)) - 1) AS known
		WHERE NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = d.classid AND o.objid = p.oid AND o.refobjid = e.oid)
	LOOP
		our_functions := ARRAY(
			SELECT p.oid FROM pg_proc p
				JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
				JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'idgen'
			WHERE p.proname = their.name);
		-- aggregates, such as a min() of others, are called without a schema
		call := format('%s%I(%s)',
			CASE WHEN their.kind <> 'a' THEN their.schema || '.' END, their.name,
			(SELECT string_agg('NULL' || CASE WHEN n > 5 OR their.known & (1 << n::integer - 1) <> 0 THEN '::' || format_type(type, NULL) ELSE '' END, ', ' ORDER BY n)
			 FROM unnest(their.types) WITH ORDINALITY t(type, n)));
		FOREACH is_without_ours IN ARRAY '{false,true}'::boolean[] LOOP
			-- all that this block does is undone at its end
			BEGIN
				PERFORM set_config('search_path', their.schema::text, true);
				IF is_without_ours THEN
					FOR callee IN SELECT unnest(our_functions)::regprocedure LOOP
						EXECUTE format('ALTER FUNCTION %s RENAME TO idgen_out_of_the_way', callee);
					END LOOP;
				END IF;
				EXECUTE format('CREATE TEMP VIEW idgen_call AS SELECT %s AS result', call);
				SELECT d.refobjid INTO callee FROM pg_rewrite r
					JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass
				WHERE r.ev_class = 'pg_temp.idgen_call'::regclass;
				RAISE SQLSTATE 'IDGEN' USING MESSAGE = coalesce(callee, '');
			EXCEPTION
				-- a call without a function is a cast to a type of that name
				WHEN SQLSTATE 'IDGEN' THEN callee := coalesce(nullif(SQLERRM, ''), CASE WHEN to_regtype(format('%s.%I', their.schema, their.name)) IS NOT NULL THEN 'cast' END);
				WHEN ambiguous_function THEN callee := 'ambiguous';
				WHEN OTHERS THEN callee := NULL;	-- a call that takes more, such as a type for anyelement, or a window
			END;
			EXIT WHEN callee IS NULL;
			IF NOT is_without_ours THEN
				EXIT WHEN callee NOT IN ('ambiguous', 'cast') AND callee::oid <> ALL (our_functions);
				CONTINUE WHEN callee <> 'cast';
			END IF;
			IF callee <> 'ambiguous' THEN
				RAISE ambiguous_function USING
					MESSAGE = format('calls of function %s would be ambiguous, or calls of another function', their.function),
					DETAIL = format('The extension has functions of the same name. One such call is "%s".', call),
					HINT = 'Create the extension in another schema: CREATE EXTENSION idgen SCHEMA ...';
			END IF;
		END LOOP;
	END LOOP;
END
$$;
