--
-- What layouts have room for, and which is best; dates as of the layout, not as of today
--
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';

SELECT name, specification, used_by FROM snowflake_layouts;
SELECT name, tick, ids_per_tick, ids_per_second, nodes, starts_at, ends_at, negative_from FROM snowflake_layouts;
SELECT name FROM snowflake_layouts WHERE layout::text <> name;

-- other layouts: less than an ID a second, the most of all, an end that no timestamp can be, an end long ago, slabs
SELECT layout, tick, ids_per_tick, ids_per_second, nodes, ends_at, negative_from
FROM (VALUES
    (1, snowflake_layout 'time 32 bits of 1 min since 2020-01-01, worker 31'),
    (2, 'time 32 bits of 1 us since 2020-01-01, sequence 31'),
    (3, 'time 63 bits of 1 us since 1970-01-01, sequence 1'),
    (4, 'time 10 bits of 7 s since 1970-01-01, datacenter 20, worker 20, sequence 13'),
    (5, 'slab 40, time 13 bits of 1 s since 1970-01-01, shard 1, sequence 10'),
    (6, 'time 44 bits of 1 ms since 2020-01-01, slab 10, sequence 10')) l(n, l), snowflake_capacity(l), LATERAL (SELECT l) AS x(layout)
ORDER BY n;
SELECT years_left, time_used FROM snowflake_capacity('baidu');
SELECT years_left, time_used FROM snowflake_capacity('hybrid');
SELECT specification FROM snowflake_capacity();
SELECT snowflake_capacity(NULL) IS NULL AS "null";

-- a plan: what suits comes first; a layout made for the demand counts from the start of this year
CREATE VIEW demand AS
SELECT rank, replace(layout::text, extract(year FROM now() AT TIME ZONE 'UTC')::text || '-01-01', '(this year)') AS layout,
       suits, makes_per_second, has_nodes, reason, note
FROM snowflake_plan(1000000, 100, 5);
SELECT layout, makes_per_second, has_nodes FROM demand WHERE suits AND rank <= 4 ORDER BY rank;
SELECT layout, reason FROM demand WHERE NOT suits AND layout <> 'timeshard' ORDER BY rank;
SELECT layout, note FROM demand WHERE note IS NOT NULL AND layout <> 'timeshard' ORDER BY rank;
DROP VIEW demand;
-- single nodes, one above what any preset of ours makes, nodes by the million
SELECT (SELECT layout FROM snowflake_plan(1, 1, 1) LIMIT 1) AS small,
       (SELECT layout FROM snowflake_plan(2e8, 16, 1) LIMIT 1) AS wide,
       (SELECT layout FROM snowflake_plan(4e9, 1, 1) LIMIT 1) AS widest;
SELECT regexp_replace(layout::text, 'since \d+', 'since (year)'), suits FROM snowflake_plan(5e9, 2, 5) ORDER BY rank LIMIT 2;
SELECT regexp_replace(layout::text, 'since \d+', 'since (year)'), suits FROM snowflake_plan(0.25, 10000000, 5) ORDER BY rank LIMIT 2;
-- nothing suits; the shortfall is least where the list begins
SELECT count(*) > 20 AS many, bool_or(suits) AS any_suits, min(reason) FILTER (WHERE rank = 1) AS reason
FROM snowflake_plan(2147483648000000, 1, 1);
-- arguments
SELECT * FROM snowflake_plan(0, 1, 1);
SELECT * FROM snowflake_plan(-1, 1, 1);
SELECT * FROM snowflake_plan(2147483648000001, 1, 1);
SELECT * FROM snowflake_plan(1e30, 1, 1);
SELECT * FROM snowflake_plan('NaN', 1, 1);
SELECT * FROM snowflake_plan(1, 0, 1);
SELECT * FROM snowflake_plan(1, 1, 0);
SELECT * FROM snowflake_plan(1, 1, 10001);
SELECT count(*) FROM snowflake_plan(NULL, 1, 1);
