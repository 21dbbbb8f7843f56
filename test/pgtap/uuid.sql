-- 128-bit IDs, bit by bit: of what fields they are made, in what order they come, and what
-- is read from them.  Names are qualified where PostgreSQL 18 has a function of that name.
BEGIN;
SELECT plan(108);
SET LOCAL TimeZone = 'UTC';
\ir include/full.sql
-- how many of each kind
SELECT CASE WHEN :'full' THEN 100000 ELSE 20000 END AS ids \gset

-- 128 bits, a number of some of them, and an ID of text, all without the library
CREATE FUNCTION pg_temp.bits(id uuid) RETURNS bit(128) LANGUAGE sql IMMUTABLE AS
$$ SELECT ('x' || replace(id::text, '-', ''))::bit(128) $$;
CREATE FUNCTION pg_temp.field(id uuid, first integer, count integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT lpad(substring(pg_temp.bits(id) FROM first + 1 FOR count)::text, 64, '0')::bit(64)::bigint $$;
CREATE FUNCTION pg_temp.ms(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.field(id, 0, 48) $$;
-- 1/4096 ms since 1970: RFC 9562, section 6.2, method 3
CREATE FUNCTION pg_temp.fractions(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.ms(id) * 4096 + pg_temp.field(id, 52, 12) $$;
-- 100 ns since 1582 of versions 1 and 6, and these since 1970: sections 5.1 and 5.6
CREATE FUNCTION pg_temp.ticks(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$
	SELECT CASE pg_temp.field(id, 48, 4)
		WHEN 1 THEN (pg_temp.field(id, 52, 12) << 48) | (pg_temp.field(id, 32, 16) << 32) | pg_temp.field(id, 0, 32)
		WHEN 6 THEN (pg_temp.field(id, 0, 48) << 12) | pg_temp.field(id, 52, 12)
	END
$$;
CREATE FUNCTION pg_temp.unix_us(moment timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (extract(epoch FROM moment) * 1000000)::bigint $$;
CREATE FUNCTION pg_temp.unix_ticks(id uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_temp.ticks(id) + pg_temp.unix_us('1582-10-15 00:00:00+00') * 10 $$;
-- half ns since 1970 of an ID that holds a moment of the server's; the rank is the half
CREATE FUNCTION pg_temp.moment(kind text, id uuid) RETURNS numeric LANGUAGE sql IMMUTABLE AS
$$
	SELECT CASE kind
		WHEN 'uuidv7_sequential' THEN (pg_temp.ms(id) * 1000000::numeric + ceil(pg_temp.field(id, 52, 12) * 1000000 * 0.000244140625)) * 2 + pg_temp.field(id, 66, 9)
		WHEN 'ulid_sequential' THEN pg_temp.ms(id) * 2000000::numeric + pg_temp.field(id, 48, 21)
		WHEN 'snowflake128_nextval' THEN pg_temp.field(id, 0, 64) * 2::numeric + pg_temp.field(id, 112, 16)
		ELSE pg_temp.unix_ticks(id) * 200::numeric + pg_temp.field(id, 72, 8)
	END
$$;
-- us since 1970, as exact as an ID has it
CREATE FUNCTION pg_temp.exact_us(kind text, id uuid) RETURNS numeric LANGUAGE sql IMMUTABLE AS
$$
	SELECT CASE
		WHEN kind IN ('uuidv1', 'uuidv6') THEN pg_temp.unix_ticks(id) * 0.1
		WHEN kind IN ('uuidv7', 'uuidv7_at') THEN pg_temp.fractions(id) * 1000 * 0.000244140625
		WHEN kind IN ('ulid', 'ulid_monotonic', 'ulid_at') THEN pg_temp.ms(id) * 1000::numeric
		ELSE pg_temp.moment(kind, id) * 0.0005
	END
$$;

SELECT is(pg_temp.ms('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), 1645557742000,
	'these functions read the example of RFC 9562, appendix A.6');
SELECT is(array_agg(pg_temp.unix_ticks(id)), '{16455577420000000,16455577420000000}', 'and those of A.1 and A.5')
FROM unnest('{C232AB00-9414-11EC-B3C8-9F6BDECED846,1EC9414C-232A-6B00-B3C8-9F6BDECED846}'::uuid[]) id;

--
-- Each kind, as fast as they can be drawn, and with the clock before and after
--

-- what comes in order, how far its time may be from the clock's in us, and where its random bits begin
CREATE TEMP TABLE kinds (kind text, expression text, version integer, is_ordered boolean, error_us integer, random_from integer);
INSERT INTO kinds VALUES
	('uuidv1', 'uuidv1()', 1, false, 1, NULL),
	('uuidv4', 'public.uuidv4()', 4, false, NULL, 0),
	('uuidv6', 'uuidv6()', 6, true, 1, NULL),
	('uuidv7', 'public.uuidv7()', 7, true, 1, 66),
	('uuidv7, shifted', 'public.uuidv7(''1 day 1 microsecond'')', 7, true, NULL, 66),
	('uuidv7_at', 'uuidv7_at(clock_timestamp())', 7, false, 1, 66),
	('uuidv7_sequential', 'uuidv7_sequential()', 7, true, 1, 75),
	('snowflake128_nextval', 'snowflake128_nextval()', NULL, true, 1, NULL),
	('ulid', 'ulid()::uuid', NULL, true, 1000, NULL),
	('ulid_monotonic', 'ulid_monotonic()::uuid', NULL, true, 1000, NULL),
	('ulid_at', 'ulid_at(clock_timestamp())::uuid', NULL, false, 1000, 48),
	('ulid_sequential', 'ulid_sequential()::uuid', NULL, true, 1, 69);
CREATE TEMP TABLE drawn (kind text, n integer, id uuid);
CREATE TEMP TABLE timed (kind text, before timestamptz, id uuid, after timestamptz);
SELECT format('INSERT INTO drawn SELECT %L, n, %s FROM generate_series(1, %s) n', kind, expression, :ids) FROM kinds \gexec
-- each in a statement of its own: of a statement, what holds a moment of the server's may have the same time for some ms
SELECT format('INSERT INTO timed SELECT %L, b, %s, clock_timestamp() FROM (SELECT clock_timestamp() AS b OFFSET 0) x', kind, expression)
FROM kinds, generate_series(1, 200) \gexec

SELECT is(count(*) FILTER (WHERE pg_temp.field(id, 48, 4) <> version OR pg_temp.field(id, 64, 2) <> 2), 0::bigint,
	format('%s: version %s, variant 10', kind, version))
FROM drawn JOIN kinds USING (kind) WHERE version IS NOT NULL GROUP BY kind, version ORDER BY kind;
SELECT is(count(DISTINCT id), (:ids)::bigint, kind || ': no ID comes twice') FROM drawn GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE id <= previous), 0::bigint, kind || ': IDs strictly increase')
FROM (SELECT kind, id, lag(id) OVER (PARTITION BY kind ORDER BY n) AS previous FROM drawn JOIN kinds USING (kind) WHERE is_ordered) d
GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE pg_temp.exact_us(kind, id) <= pg_temp.unix_us(before) - error_us
		OR pg_temp.exact_us(kind, id) >= pg_temp.unix_us(after) + 1), 0::bigint,
	kind || ': the time is that of the clock, and never ahead of it')
FROM timed JOIN kinds USING (kind) WHERE error_us IS NOT NULL GROUP BY kind ORDER BY kind;

-- Each random bit is set in half of the IDs within six standard deviations.  A burst shares
-- random bits within a fraction, so take the first of each.
CREATE TEMP TABLE first_drawn AS
SELECT DISTINCT ON (kind, CASE WHEN kind ~ '^uuidv7($|,)' THEN pg_temp.fractions(id) ELSE n END) kind, id, random_from
FROM drawn JOIN kinds USING (kind) WHERE random_from IS NOT NULL AND n <= 10000
ORDER BY kind, CASE WHEN kind ~ '^uuidv7($|,)' THEN pg_temp.fractions(id) ELSE n END, n;
SELECT is(string_agg(bit::text, ', ') FILTER (WHERE abs(share - 0.5) > 3 / sqrt(ids)), NULL, format('%s: %s random bits are balanced', kind, count(*)))
FROM (
	SELECT kind, bit, avg(get_bit(pg_temp.bits(id), bit)) AS share, count(*) AS ids
	FROM first_drawn, generate_series(random_from, 127) bit
	WHERE (bit NOT BETWEEN 48 AND 51 AND bit NOT BETWEEN 64 AND 65) OR kind ~ 'ulid'
	GROUP BY kind, bit
) s GROUP BY kind ORDER BY kind;
SELECT ok(count(DISTINCT pg_temp.field(id, 52, 12)) > 100, kind || ': the 12 bits below the millisecond are in use')
FROM drawn WHERE kind ~ '^uuidv7' GROUP BY kind ORDER BY kind;

-- a shift moves the time, and no more
SELECT is(count(*), 0::bigint, 'a shift moves the time')
FROM timed WHERE kind = 'uuidv7, shifted'
 AND pg_temp.fractions(id) NOT BETWEEN floor((pg_temp.unix_us(before) + 86400000001) * 4.096) AND ceil((pg_temp.unix_us(after) + 86400000002) * 4.096);

--
-- Versions 1 and 6
--

SELECT is(array_agg(DISTINCT pg_temp.field(id, 87, 1)), '{1}', 'a node of a session''s own has the multicast bit')
FROM drawn WHERE kind IN ('uuidv1', 'uuidv6');
SELECT is(count(DISTINCT pg_temp.field(id, 66, 62)), 1::bigint, 'a session keeps its node and clock sequence, for both versions')
FROM drawn WHERE kind IN ('uuidv1', 'uuidv6');
CREATE TEMP TABLE mixed AS
SELECT n, CASE WHEN n % 2 = 0 THEN uuidv1() ELSE uuidv6() END AS id FROM generate_series(1, :ids) n;
SELECT is(count(*), 0::bigint, 'no two have the same time, be they of version 1 or 6')
FROM (SELECT pg_temp.ticks(id) <= lag(pg_temp.ticks(id)) OVER (ORDER BY n) AS wrong FROM mixed) m WHERE wrong;

-- by digits: 8 of time_low, 4 of time_mid, the version, 3 of time_high, and the rest
CREATE FUNCTION pg_temp.in_order(id uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$
	SELECT (left(time, 12) || '6' || right(time, 3) || substr(digits, 17))::uuid
	FROM replace(id::text, '-', '') digits, LATERAL (SELECT substr(digits, 14, 3) || substr(digits, 9, 4) || left(digits, 8)) t(time)
$$;
CREATE TEMP TABLE version_1 AS
SELECT id FROM drawn WHERE kind = 'uuidv1' AND n <= 1000
UNION ALL SELECT overlay(overlay(md5(i::text) PLACING '1' FROM 13) PLACING substr('89ab', i % 4 + 1, 1) FROM 17)::uuid FROM generate_series(1, 5000) i;
SELECT is(count(*), 0::bigint, 'version 1 to 6') FROM version_1 WHERE uuidv1_to_v6(id) IS DISTINCT FROM pg_temp.in_order(id);
SELECT is(count(*), 0::bigint, 'version 6 to 1') FROM version_1 WHERE uuidv6_to_v1(pg_temp.in_order(id)) IS DISTINCT FROM id;
SELECT is(count(*), 0::bigint, 'and the time is the same')
FROM version_1, LATERAL (VALUES (id), (pg_temp.in_order(id))) v(either)
WHERE pg_temp.unix_us(uuid_timestamp(either)) IS DISTINCT FROM floor(pg_temp.unix_ticks(id) * 0.1);

--
-- What holds a moment of the server's: of all kinds together, each is later than the one before
--

SET LOCAL idgen.uuid_node = server;
CREATE TEMP TABLE moments AS
SELECT n, k.kind, CASE k.kind WHEN 'uuidv7_sequential' THEN uuidv7_sequential() WHEN 'ulid_sequential' THEN ulid_sequential()::uuid
	WHEN 'snowflake128_nextval' THEN snowflake128_nextval() WHEN 'uuidv1' THEN uuidv1() ELSE uuidv6() END AS id
FROM (SELECT n, (ARRAY['uuidv7_sequential', 'ulid_sequential', 'snowflake128_nextval', 'uuidv1', 'uuidv6'])[n % 5 + 1] AS kind
      FROM generate_series(1, :ids) n OFFSET 0) k;
SELECT is(count(*), 0::bigint, 'moments strictly increase, from kind to kind')
FROM (SELECT pg_temp.moment(kind, id) <= lag(pg_temp.moment(kind, id)) OVER (ORDER BY n) AS wrong FROM moments) m WHERE wrong;
SELECT is(count(DISTINCT pg_temp.moment(kind, id)), (:ids)::bigint, 'and none comes twice') FROM moments;
SELECT is(array_agg(DISTINCT pg_temp.field(id, 80, 48)), ARRAY[(1::bigint << 40) | (current_setting('idgen.datacenter_id')::bigint << 24)
	| current_setting('idgen.worker_id')::bigint], 'versions 1 and 6 can have the server''s node, which is no hardware address')
FROM moments WHERE kind ~ 'uuidv[16]';
SELECT is(count(DISTINCT pg_temp.field(id, 66, 6)), 1::bigint, 'the clock sequence begins with the same bits as long as the server runs')
FROM moments WHERE kind ~ 'uuidv[16]';
SELECT is(array_agg(DISTINCT pg_temp.field(id, 64, 48)), ARRAY[(current_setting('idgen.datacenter_id')::bigint << 24)
	| current_setting('idgen.worker_id')::bigint], 'as extended Snowflakes do') FROM moments WHERE kind = 'snowflake128_nextval';
RESET idgen.uuid_node;

SELECT is(count(*), 0::bigint, 'extended Snowflakes are taken apart')
FROM moments, snowflake128_parse(id) p WHERE kind = 'snowflake128_nextval'
 AND (pg_temp.unix_us(p.created_at) * 1000 + p.nanoseconds, p.datacenter_id, p.worker_id, p.sequence)
	IS DISTINCT FROM (pg_temp.field(id, 0, 64), current_setting('idgen.datacenter_id')::int, current_setting('idgen.worker_id')::int, pg_temp.field(id, 112, 16)::int);
SELECT is(count(*), 0::bigint, 'so are those of any server, at any time')
FROM (SELECT ns, node, last, (lpad(to_hex(ns), 16, '0') || lpad(to_hex(node), 12, '0') || lpad(to_hex(last), 4, '0'))::uuid AS id
      FROM unnest('{0,1,999,1000,1645557742123456789,9223372036854775807}'::bigint[]) ns,
           unnest('{0,1,16777215,16777216,1099511627775}'::bigint[]) node, unnest('{0,1,65535}'::int[]) last) v, snowflake128_parse(id) p
WHERE (pg_temp.unix_us(p.created_at), p.nanoseconds, p.datacenter_id, p.worker_id, p.sequence)
	IS DISTINCT FROM (ns / 1000, (ns % 1000)::int, (node >> 24)::int, (node & 16777215)::int, last);
SELECT is(snowflake128_parse('ffffffff-ffff-ffff-0000-000000000000')::text, '("2554-07-21 23:34:33.709551+00",615,0,0,0)', 'in the second half of its time, too');
SELECT throws_ok($$SELECT snowflake128_parse('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')$$, '22023', NULL, 'a UUID is none');

--
-- Steps within a millisecond or a fraction
--

-- of ulid() and ulid_monotonic(), alone and in turns; numbers of 80 bits
CREATE TEMP TABLE ulids AS SELECT kind, n, pg_temp.ms(id) AS ms, pg_temp.field(id, 48, 16) * 18446744073709551616
	+ pg_temp.field(id, 64, 32) * 4294967296::numeric + pg_temp.field(id, 96, 32) AS random
FROM (SELECT kind, n, id FROM drawn WHERE kind IN ('ulid', 'ulid_monotonic')
	UNION ALL SELECT CASE n % 3 WHEN 0 THEN 'both, random' ELSE 'both, by 1' END, n, CASE n % 3 WHEN 0 THEN ulid() ELSE ulid_monotonic() END::uuid
	FROM (SELECT n FROM generate_series(1, :ids) n OFFSET 0) g) u;
CREATE TEMP TABLE steps AS SELECT kind, ms - lag(ms) OVER w AS ms, random - lag(random) OVER w AS random
FROM ulids WINDOW w AS (PARTITION BY left(kind, 4), kind ~ 'monotonic' ORDER BY n);
SELECT is(array_agg(DISTINCT random), '{1}', kind || ': in the same millisecond, one more than the last')
FROM steps WHERE ms = 0 AND kind ~ 'monotonic|by 1' GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE random = 1), 0::bigint, kind || ': in the next it has new random bits') FROM steps WHERE ms > 0 AND kind ~ 'ulid' GROUP BY kind ORDER BY kind;
SELECT is(count(*) FILTER (WHERE random NOT BETWEEN 1 AND 72057594037927936), 0::bigint, kind || ': in the same millisecond, a step of 1 to 2^56')
FROM steps WHERE ms = 0 AND kind !~ 'monotonic|by 1' GROUP BY kind ORDER BY kind;
SELECT ok(count(*) > 1000, kind || ': steps in a millisecond were seen') FROM steps WHERE ms = 0 GROUP BY kind ORDER BY kind;
SELECT cmp_ok(count(*), '>', 5::bigint, 'and other milliseconds') FROM steps WHERE ms > 0;
CREATE TEMP TABLE uuid_steps AS
SELECT pg_temp.fractions(id) - lag(pg_temp.fractions(id)) OVER w AS fractions, pg_temp.field(id, 66, 62) - lag(pg_temp.field(id, 66, 62)) OVER w AS step
FROM (SELECT array_agg(public.uuidv7()) AS ids FROM generate_series(1, :ids)) a, unnest(ids) WITH ORDINALITY u(id, n) WINDOW w AS (ORDER BY n);
SELECT is(count(*) FILTER (WHERE step NOT BETWEEN 1 AND 281474976710656), 0::bigint, 'uuidv7(): in the same fraction, a step of 1 to 2^48') FROM uuid_steps WHERE fractions = 0;
-- within six standard deviations; a step is one more than the random bits
CREATE TEMP TABLE step_bits AS
(SELECT 'ulid()' AS kind, (random - 1)::bigint AS bits FROM steps WHERE ms = 0 AND kind = 'ulid' LIMIT 10000)
UNION ALL (SELECT 'uuidv7()', step - 1 FROM uuid_steps WHERE fractions = 0 LIMIT 10000);
SELECT is((SELECT string_agg(bit::text, ', ') FROM (SELECT bit, avg((bits >> bit) & 1) AS share, count(*) AS steps
	FROM step_bits s, generate_series(0, width - 1) bit WHERE s.kind = k.kind GROUP BY bit) b WHERE abs(share - 0.5) > 3 / sqrt(steps)),
	NULL, format('%s: the %s random bits of steps are balanced', kind, width))
FROM (VALUES ('ulid()', 56), ('uuidv7()', 48)) k(kind, width);

--
-- Times
--

-- every microsecond of four milliseconds, and the first and last of all
CREATE TEMP TABLE times AS
SELECT moment FROM unnest('{1970-01-01,2022-02-22 19:22:22.999,2026-11-21 17:00:00.001}'::timestamptz[]) start, generate_series(0, 1999) us,
	LATERAL (SELECT start + us * interval '1 us') m(moment)
UNION ALL SELECT timestamptz '10889-08-02 05:31:50.655999+00' - us * interval '1 us' FROM generate_series(0, 1999) us;
CREATE TEMP TABLE made AS SELECT moment, uuidv7_at(moment) AS id, ulid_at(moment) AS u FROM times;
SELECT is(count(*), 0::bigint, 'a UUID of each moment gives it back, to the microsecond if asked to')
FROM made WHERE uuid_timestamp(id, true) IS DISTINCT FROM moment OR uuid_timestamp(id) IS DISTINCT FROM date_trunc('milliseconds', moment);
SELECT is(count(*), 0::bigint, 'its fields are those of the moment') FROM made
WHERE pg_temp.ms(id) <> pg_temp.unix_us(moment) / 1000 OR pg_temp.field(id, 48, 4) <> 7 OR pg_temp.field(id, 64, 2) <> 2
   OR pg_temp.field(id, 52, 12) <> ceil(pg_temp.unix_us(moment) % 1000 * 4.096);
SELECT is(count(*), 0::bigint, 'as are those of a ULID') FROM made
WHERE pg_temp.ms(u::uuid) <> pg_temp.unix_us(moment) / 1000 OR ulid_timestamp(u) IS DISTINCT FROM date_trunc('milliseconds', moment);
SELECT is(count(*), 0::bigint, 'each fraction is read as the microsecond that it begins in')
FROM generate_series(0, 4095) f, LATERAL (SELECT ('017f22e279b07' || lpad(to_hex(f), 3, '0') || 'bfffffffffffffff')::uuid) u(id)
WHERE pg_temp.unix_us(uuid_timestamp(id, true)) <> 1645557742000000 + floor(f * 1000 * 0.000244140625) OR uuid_timestamp(id) <> '2022-02-22 19:22:22+00';
SELECT is(count(*), 0::bigint, 'what is drawn has the time of its bits')
FROM drawn WHERE n <= 5000 AND kind ~ '^uuidv[167]' AND pg_temp.unix_us(uuid_timestamp(id, true)) IS DISTINCT FROM
	floor(CASE WHEN kind ~ 'uuidv7' THEN pg_temp.fractions(id) * 1000 * 0.000244140625 ELSE pg_temp.unix_ticks(id) * 0.1 END);
SELECT is(count(*), 0::bigint, 'a UUID without a time gives NULL')
FROM (SELECT overlay(overlay(md5(i::text) PLACING to_hex(version) FROM 13) PLACING to_hex(variant) FROM 17)::uuid AS id, version, variant
      FROM generate_series(1, 5) i, generate_series(0, 15) version, generate_series(0, 15) variant) v
WHERE (uuid_timestamp(id) IS NULL AND uuid_timestamp(id, true) IS NULL) IS DISTINCT FROM (version NOT IN (1, 6, 7) OR variant NOT BETWEEN 8 AND 11);

SELECT throws_ok(format('SELECT %s(%L)', maker, moment), '22008', NULL, format('%s: %s is out of range', maker, moment))
FROM unnest('{uuidv7_at,ulid_at}'::text[]) maker,
	unnest('{-infinity,4714-11-24 00:00:00+00 BC,1969-12-31 23:59:59.999999+00,10889-08-02 05:31:50.656+00,294276-12-31 23:59:59.999999+00,infinity}'::text[]) moment;

-- NULL
CREATE FUNCTION pg_temp.value(expression text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	value text;
BEGIN
	EXECUTE 'SELECT ' || expression INTO value;
	RETURN value;
END
$$;
SELECT is(string_agg(DISTINCT coalesce(call || ': ' || pg_temp.value(call), 'NULL'), ', '), 'NULL', 'no function makes something of NULL')
FROM pg_proc f JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'idgen',
	LATERAL (SELECT format('%I.%I(%s%s)', f.pronamespace::regnamespace, f.proname, CASE WHEN f.provariadic <> 0 THEN 'VARIADIC ' ELSE '' END, string_agg(format('NULL::%s', type::regtype), ', '))
	         FROM unnest(f.proargtypes::oid[]) type) c(call)
WHERE f.proname ~ '^(uuid|ulid|snowflake128|timestamp$|bytea$)' AND f.prokind = 'f' AND f.pronargs > 0
  AND NOT f.proretset AND NOT f.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[];

SELECT throws_ok($$SELECT public.uuidv7('-100 years')$$, '22008', NULL, 'before 1970');
SELECT throws_ok($$SELECT public.uuidv7('9000 years')$$, '22008', NULL, 'beyond 48 bits of milliseconds');
SELECT throws_ok($$SELECT public.uuidv7('170000000 years')$$, '22008', NULL, 'beyond what a timestamp holds');
SELECT throws_ok(format('SELECT %s(%L)', conversion, id), '22023', NULL, format('%s(%s)', conversion, id))
FROM (VALUES ('uuidv1_to_v6', '1EC9414C-232A-6B00-B3C8-9F6BDECED846'), ('uuidv1_to_v6', '00000000-0000-0000-0000-000000000000'),
	('uuidv1_to_v6', 'C232AB00-9414-11EC-C3C8-9F6BDECED846'), ('uuidv6_to_v1', 'C232AB00-9414-11EC-B3C8-9F6BDECED846'),
	('uuidv6_to_v1', '017F22E2-79B0-7CC3-98C4-DC0C0C07398F'), ('uuidv6_to_v1', 'ffffffff-ffff-ffff-ffff-ffffffffffff')) c(conversion, id);

SELECT * FROM finish();
ROLLBACK;
