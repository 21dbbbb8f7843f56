--
-- Settings, and what monitoring shows
--
LOAD 'idgen';
SELECT name, setting, unit, min_val, max_val, context, boot_val
FROM pg_settings WHERE name LIKE 'idgen.%' ORDER BY name;

-- sessions cannot take another node, nor push the timeline ahead for others
SET idgen.worker_id = 5;
SET idgen.datacenter_id = 5;
SET idgen.max_drift = '1 day';
-- they can choose how long they wait
SET idgen.max_wait = '250 ms';
SHOW idgen.max_wait;
RESET idgen.max_wait;
-- the prefix is ours
SET idgen.wait_max = 1;
-- out of range
\set VERBOSITY sqlstate
SET idgen.max_wait = -1;
SET idgen.max_wait = '2 days';
\set VERBOSITY default
-- a node is a number that some layout can hold; that in use may be another
ALTER SYSTEM SET idgen.worker_id = -1;
ALTER SYSTEM SET idgen.datacenter_id = 'seven';
ALTER SYSTEM SET idgen.layout = 'sevenfold';
ALTER SYSTEM SET idgen.worker_id = 32;
ALTER SYSTEM RESET idgen.worker_id;

-- totals count what was drawn, exactly
SELECT ids_issued AS before FROM idgen_status() \gset
SELECT count(snowflake_nextval()) FROM generate_series(1, 12345);
SELECT cardinality(snowflake_nextvals(5000));
SELECT snowflake_next_block(300) > 0 AS drawn;
SELECT ids_issued - :before AS issued FROM idgen_status();
SELECT ids_issued >= 17645 AS counted, chunks_taken > 0 AS took_chunks,
       last_id_at BETWEEN now() - interval '1 minute' AND now() + interval '1 minute' AS recent
FROM idgen_slots WHERE pid = pg_backend_pid();

SELECT datacenter_id, worker_id, layout, timeline_at > now() - interval '1 minute' AS recent,
       ahead_of_clock BETWEEN '0' AND '1 s' AS within_drift
FROM idgen_status();
