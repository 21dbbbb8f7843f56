-- Capacity, plans and guesses: what must hold on any day and for any layout.
BEGIN;
SELECT plan(22);

-- capacity
SELECT is(count(*), (SELECT count(*) FROM snowflake_layout_presets()), 'the view has every preset') FROM snowflake_layouts;
SELECT is(string_agg(name, ', '), NULL, 'names read as the layouts they stand for')
FROM snowflake_layouts WHERE layout IS DISTINCT FROM name::snowflake_layout OR layout IS DISTINCT FROM specification::snowflake_layout;
SELECT is(string_agg(name, ', '), NULL, 'IDs a tick and the tick make IDs a second')
FROM snowflake_layouts WHERE ids_per_second <> round(ids_per_tick / extract(epoch FROM tick), 6);
SELECT is(string_agg(name, ', '), NULL, 'time goes from the epoch to the nearer end')
FROM snowflake_layouts
WHERE time_used NOT BETWEEN 0 AND 1 OR years_left < 0
   OR NOT (starts_at < ends_at) OR NOT (negative_from < ends_at)
   OR abs(extract(epoch FROM greatest(least(ends_at, negative_from) - now(), '0')) / 31556952 - years_left) > 0.11;
SELECT is(string_agg(name, ', '), 'hybrid', 'only slabs have no date') FROM snowflake_layouts WHERE ends_at IS NULL OR years_left IS NULL;
SELECT is(string_agg(name, ', ' ORDER BY name), 'bilibili, discord, influxdb, instagram, mastodon, tiktok, timeshard, tso', 'those that use the sign say when')
FROM snowflake_layouts WHERE negative_from IS NOT NULL;
SELECT is((SELECT specification FROM snowflake_capacity()), (SELECT specification FROM snowflake_capacity(snowflake_layout())),
	'the capacity is that of the server if no layout is named');
SELECT cmp_ok((SELECT time_used FROM snowflake_capacity()), '>', 0.09, 'some of the time is used');

-- plans
CREATE TEMP TABLE plans AS
SELECT r.rate, n.nodes, y.years, p.*, c.ids_per_second, c.nodes AS nodes_there, least(c.ends_at, c.negative_from) AS ends_at
FROM (VALUES (1), (1000), (50000), (4096000), (4096001), (3e9)) r(rate), (VALUES (1), (32), (1024), (1025), (2147483647)) n(nodes),
	(VALUES (1), (30), (70), (500)) y(years), snowflake_plan(r.rate, n.nodes, y.years) p, snowflake_capacity(p.layout) c;
SELECT is(count(*), 0::bigint, 'what suits meets the demand, and nothing else does')
FROM plans WHERE suits IS DISTINCT FROM coalesce(makes_per_second >= rate AND has_nodes >= nodes
	AND lasts_until >= now() + years * interval '31556952 s', false);
SELECT is(count(*), 0::bigint, 'a layout has a reason just where it does not suit') FROM plans WHERE suits <> (reason IS NULL);
SELECT is(count(*), 0::bigint, 'the margin is 1 or more just where it suits') FROM plans WHERE suits <> (margin >= 1);
SELECT is(count(*), 0::bigint, 'plans and capacity agree')
FROM plans WHERE makes_per_second <> trunc(ids_per_second) OR has_nodes <> nodes_there OR lasts_until IS DISTINCT FROM ends_at;
SELECT is(count(*), 0::bigint, 'ranks are 1, 2, 3 ... and what suits comes first')
FROM (SELECT rank <> row_number() OVER w OR suits > lag(suits) OVER w AS wrong
	FROM plans WINDOW w AS (PARTITION BY rate, nodes, years ORDER BY rank)) r WHERE wrong;
SELECT is(count(*), 0::bigint, 'no layout is proposed twice')
FROM (SELECT FROM plans GROUP BY rate, nodes, years, layout::text HAVING count(*) > 1) d;
SELECT is(count(*), 0::bigint, 'every preset is in every plan, and at most three more')
FROM (SELECT FROM plans GROUP BY rate, nodes, years
	HAVING count(*) FILTER (WHERE layout IN (SELECT layout FROM snowflake_layouts)) <> (SELECT count(*) FROM snowflake_layouts)
		OR count(*) > (SELECT count(*) FROM snowflake_layouts) + 3) d;

-- guesses
SELECT matches(snowflake_inspect(snowflake_nextval()), '^\d+ = 0x[0-9A-F]{16}\nMost likely: ' || (SELECT snowflake_layout()::text) || '\n',
	'an ID just drawn is of the server''s layout');
SELECT matches(snowflake_inspect(snowflake_nextval()), '\n +\d+ %  default +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? UTC, (now|\d seconds? (ago|ahead)): datacenter 0, worker 0, sequence \d+; this server''s own layout\n',
	'and of this second');
SELECT is(count(*), 0::bigint, 'every preset is told of')
FROM snowflake_layouts, (VALUES ('5'), ('-1'), ('18446744073709551615'), ('1541815603606036480')) v(id)
WHERE snowflake_inspect(id) !~ ('\m' || name || '\M');
SELECT is(snowflake_inspect('18446744073709551615'), snowflake_inspect(-1), 'text and bigint are the same 64 bits');
SELECT is(string_agg(name, ', '), NULL, 'the picture of every layout shows its bits, and their sum is the ID')
FROM snowflake_layouts, LATERAL (SELECT replace(split_part(split_part(snowflake_inspect(81985529216486895, layout), E'\n\n', 2), E'\n', 2), ' ', '')) p(bits)
WHERE bits <> 81985529216486895::bit(64)::text;
SELECT is(provolatile, 'i', 'with a layout it depends on nothing else') FROM pg_proc WHERE oid = 'snowflake_inspect(bigint, snowflake_layout)'::regprocedure;
SET LOCAL TimeZone = 'Asia/Tokyo';
SET LOCAL DateStyle = 'German';
SELECT matches(snowflake_inspect(175928847299117063, 'discord'), ': 2016-04-30 11:18:25\.796 UTC$', 'not on the time zone');

SELECT * FROM finish();
ROLLBACK;
