-- What is asked of queries by the tests that include this.

-- the value of an expression, or the SQLSTATE of its error
CREATE FUNCTION pg_temp.value(expression text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	value text;
BEGIN
	EXECUTE 'SELECT ' || expression INTO value;
	RETURN value;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;

CREATE FUNCTION pg_temp.explain(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;

-- the number of rows that the planner expects
CREATE FUNCTION pg_temp.estimate(query text) RETURNS numeric LANGUAGE plpgsql AS
$$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;

-- the types that the parameters of a query have if nobody states them
CREATE FUNCTION pg_temp.parameters(query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	types text;
BEGIN
	EXECUTE 'PREPARE query AS ' || query;
	SELECT array_to_string(parameter_types, ', ') INTO types FROM pg_prepared_statements WHERE name = 'query';
	DEALLOCATE query;
	RETURN types;
END
$$;

-- the number of rows of a join by a method, which is the only one there is; or its plan, if it needs another
CREATE FUNCTION pg_temp.joined_by(method text, query text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	plan text;
	count text;
BEGIN
	PERFORM set_config('enable_mergejoin', (method ~ 'Merge')::text, true), set_config('enable_hashjoin', (method ~ 'Hash')::text, true),
		set_config('enable_nestloop', (method ~ 'Nested')::text, true);
	plan := pg_temp.explain('SELECT FROM ' || query);
	IF plan !~ method THEN
		RETURN plan;
	END IF;
	EXECUTE 'SELECT count(*) FROM ' || query INTO count;
	RETURN count;
END
$$;
