-- The table that writers fill and readers poll, and what takes several statements of a writer in one database.
CREATE TABLE outbox (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), payload integer);
CREATE TABLE seeds AS SELECT generate_series(1, 300) AS n;
ALTER TABLE seeds SET (parallel_workers = 2);
ANALYZE seeds;

-- Transactions within a statement.
CREATE PROCEDURE write_in_pieces(row_count integer) LANGUAGE plpgsql AS $$
BEGIN
  FOR piece IN 1 .. 4 LOOP
    INSERT INTO outbox (payload) SELECT g FROM generate_series(1, row_count) AS g;
    IF random() < 0.3 THEN
      ROLLBACK;
    ELSE
      COMMIT;
    END IF;
  END LOOP;
END $$;

-- An ID that is inserted by a later statement of the transaction.
CREATE FUNCTION draw_late() RETURNS void LANGUAGE sql AS $$
  SELECT set_config('torture.ids', ARRAY[snowflake_nextval(), snowflake_nextval()]::text, true)
$$;

CREATE FUNCTION insert_late() RETURNS void LANGUAGE sql AS $$
  INSERT INTO outbox (id) SELECT unnest(current_setting('torture.ids')::bigint[])
$$;

-- IDs that parallel workers draw, and the number of these: without EXECUTE, PL/pgSQL has none. The first statement
-- tells how many there are; the second draws the IDs, and has the same plan. Mostly the leader draws none, whose hold
-- would cover for the workers'.
CREATE FUNCTION draw_parallel() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  drawing constant text := 'SELECT array_agg(id) FROM (SELECT snowflake_nextval() AS id FROM seeds) AS drawn';
  line text;
  ids bigint[];
  launched integer := 0;
BEGIN
  PERFORM set_config('parallel_leader_participation', (random() < 0.2)::text, true);
  IF random() < 0.5 THEN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' || drawing LOOP
      launched := launched + COALESCE(substring(line FROM 'Workers Launched: (\d+)')::integer, 0);
    END LOOP;
  END IF;
  EXECUTE drawing INTO ids;
  PERFORM set_config('torture.ids', ids::text, true);
  RETURN launched;
END $$;

CREATE FUNCTION insert_parallel() RETURNS void LANGUAGE sql AS $$ SELECT insert_late() $$;
