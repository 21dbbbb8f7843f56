-- Calls of functions of the extension with all kinds of arguments, for the tests of how
-- functions are marked.

CREATE TEMP VIEW our_functions AS
SELECT p.* FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
WHERE e.extname = 'idgen';

-- values of a type that functions may find hard to take, as expressions
CREATE TEMP TABLE arguments AS
SELECT v.type::regtype, v.value
FROM (
	SELECT 'bigint', format('(%s)::bigint', n)
	FROM unnest('{0,1,-1,42,9223372036854775807,-9223372036854775808,911952098621390848,1541815603606036480}'::numeric[]) n
	UNION ALL SELECT 'integer', format('(%s)::integer', n) FROM unnest('{0,1,-1,31,32,4096,2147483647,-2147483648}'::bigint[]) n
	UNION ALL SELECT 'smallint', format('(%s)::smallint', n) FROM unnest('{0,-1,32767,-32768}'::integer[]) n
	UNION ALL SELECT 'numeric', format('%L::numeric', n) FROM unnest('{0,-1,0.5,9223372036854775807,9223372036854775808,NaN,Infinity}'::text[]) n
	UNION ALL SELECT 'snowflake', format('(%s)::bigint::snowflake', n) FROM unnest('{0,-1,9223372036854775807,-9223372036854775808,911952098621390848}'::numeric[]) n
	UNION ALL SELECT 'hlc', format('(%s)::bigint::hlc', n) FROM unnest('{0,-1,9223372036854775807,-9223372036854775808,117700717453180945}'::numeric[]) n
	UNION ALL SELECT 'snowflake_time', format('(%s)::bigint::snowflake', n) FROM unnest('{0,-1,9223372036854775807}'::numeric[]) n
	UNION ALL SELECT type, format('%L::%s', t, type)
	FROM unnest('{timestamptz,timestamp}'::text[]) type,
		unnest('{-infinity,infinity,4714-11-24 00:00:00+00 BC,294276-12-31 23:59:59.999999+00,1582-10-14 23:59:59.999999+00,1969-12-31 23:59:59.999999+00,'
			'2019-12-31 23:59:59.999999+00,2026-11-21 12:00:00.123456+00,2089-09-06 15:47:35.552+00,10889-08-02 05:31:50.656+00}'::text[]) t
	UNION ALL SELECT type, format('%L::tstzrange%s', r, CASE type WHEN 'tstzrange' THEN '' ELSE '::snowflake_time_range' END)
	FROM unnest('{tstzrange,snowflake_time_range}'::text[]) type,
		unnest('{empty,"(,)","[-infinity,infinity]","(-infinity,infinity)","[infinity,infinity]","(,-infinity]","[294276-12-31 23:59:59.999999+00,]",'
			'"(,4714-11-24 00:00:00+00 BC]","(2026-11-21 00:00+00,2026-11-22 00:00+00]","[2026-11-21 00:00+00,2026-11-21 00:00+00]","(,1950-01-01 00:00+00)","(2100-01-01 00:00+00,)"}'::text[]) r
	UNION ALL SELECT 'snowflake_layout', format('%L::snowflake_layout', name) FROM snowflake_layout_presets()
	UNION ALL SELECT 'snowflake_layout', format('%L::snowflake_layout', l)
	FROM unnest(ARRAY['time 63 bits of 1 us since 1970-01-01, sequence 1', 'time 32 bits of 1 min since 2020-01-01, worker 31',
		'slab 40, time 13 bits of 1 s since 1970-01-01, shard 1, sequence 10', 'time 10 bits of 7 s since 1970-01-01, datacenter 20, worker 20, sequence 13']) l
	UNION ALL SELECT type, format('%L::uuid%s', u, CASE type WHEN 'uuid' THEN '' ELSE '::ulid' END)
	FROM unnest('{uuid,ulid}'::text[]) type,
		(SELECT '00000000-0000-0000-0000-000000000000' UNION ALL SELECT 'ffffffff-ffff-ffff-ffff-ffffffffffff'
		 UNION ALL SELECT format('%s-%s%s', start, to_hex(version), rest) FROM generate_series(0, 15) version,
			unnest('{00000000-0000,017f22e2-79b0}'::text[]) start, unnest('{000-8000-000000000000,fff-ffff-ffffffffffff}'::text[]) rest) uuids(u)
	UNION ALL SELECT 'uuid[]', format('%L::uuid[]', a) FROM unnest(ARRAY['{}', '{NULL}', '{{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}}', '[-5:-5]={017f22e2-79b0-7cc3-98c4-dc0c0c07398f}',
		'{017f22e2-79b0-7cc3-98c4-dc0c0c07398f,NULL}', '{c232ab00-9414-11ec-b3c8-9f6bdeced846}', '{00000000-0000-0000-0000-000000000000}']) a
	UNION ALL SELECT 'snowflake_number', format('(%s)::bigint::snowflake::snowflake_number', n) FROM unnest('{0,-1,9223372036854775807}'::numeric[]) n
	UNION ALL SELECT type, format('%L::int8range%s', r, CASE type WHEN 'int8range' THEN '' ELSE '::snowflake_number_range' END)
	FROM unnest('{int8range,snowflake_number_range}'::text[]) type, unnest('{empty,"(,)","[-9223372036854775808,9223372036854775807)","[1,2)","(,-5]"}'::text[]) r
	UNION ALL SELECT 'interval', format('%L::interval', i) FROM unnest('{0,-1 day,1 us,1 month 2 days 03:04:05.678901,178000000 years}'::text[]) i
	UNION ALL SELECT type, format('%L::%s', n, type) FROM unnest('{double precision,real}'::text[]) type, unnest('{0,-0,-1,0.5,9.3e18,1e30,NaN,-Infinity,Infinity}'::text[]) n
	UNION ALL SELECT 'jsonb', format('%L::jsonb', j) FROM unnest(ARRAY['null', '911952098621390848', '"911952098621390848"', '-1', '1.5', '{}', '"x"', '1e400']) j
	UNION ALL SELECT 'boolean', b::text FROM unnest('{true,false}'::boolean[]) b
	UNION ALL SELECT type, format('%L::%s', t, type)
	FROM unnest('{text,cstring}'::text[]) type,
		unnest(ARRAY['', 'x', '911952098621390848', '-1', '18446744073709551615', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '14ZGzT0KHPc', 'day', 'month', 'UTC', 'Europe/Berlin',
			'hex', 'base62', 'twitter', '2026-11-29T16:40:20.123Z/17', 'time 41 bits of 1 ms since 2030-01-01, worker 10, sequence 12']) t
	UNION ALL SELECT 'text[]', format('%L::text[]', a) FROM unnest(ARRAY['{}', '{layout=twitter,worker_id=1,datacenter_id=1}', '{layout=leaf,worker_id=1024}', '{"x=y"}',
		'{"layout=time 41 bits of 1 ms since 2030-01-01, worker 10, sequence 12",worker_id=1}', '{"layout=time 39 bits of 1 ms since 2010-10-01, worker 10, sequence 12",worker_id=1}']) a
	UNION ALL SELECT 'double precision[]', format('%L::double precision[]', a) FROM unnest(ARRAY['{}', '{1}', '{NaN}', '{0}', '{1,2}', '{NULL}', '{1,0.5,2,1,3}']) a
	UNION ALL SELECT 'oid', format('%s::oid', c::regclass::oid) FROM unnest('{pg_foreign_server,pg_foreign_data_wrapper,pg_user_mapping}'::text[]) c
	UNION ALL SELECT 'bigint[]', format('%L::bigint[]', a) FROM unnest(ARRAY['{}', '{NULL}', '{1}', '{500,490,NULL}', '{{1,2},{3,4}}', '{9223372036854775807}']) a
	UNION ALL SELECT type, format('%L::%s', c, type) FROM unnest('{regclass,idgen_relation}'::text[]) type, unnest('{pg_class,0,idgen_slots}'::text[]) c
	UNION ALL SELECT 'bytea', format('%L::bytea', b) FROM unnest(ARRAY['\x', '\x00', '\x017f22e279b07cc398c4dc0c0c07398f']) b
	UNION ALL SELECT 'name', format('%L::name', n) FROM unnest('{nothing}'::text[]) n
) v(type, value);

-- Up to so many calls of a function, not always the first ones of all that there are.
CREATE FUNCTION pg_temp.calls(function oid, most integer) RETURNS SETOF text LANGUAGE sql AS
$$
	WITH RECURSIVE partial AS (
		SELECT p.pronargs, p.proargtypes, p.proretset, 0 AS n, '{}'::text[] AS given FROM pg_proc p WHERE p.oid = function
		UNION ALL
		SELECT s.pronargs, s.proargtypes, s.proretset, s.n + 1, s.given || a.value
		FROM partial s, LATERAL (SELECT value FROM arguments WHERE type = s.proargtypes[s.n]
			-- a set of two billion rows is not what is looked for
			AND NOT (s.proretset AND value = '(2147483647)::integer')
			ORDER BY md5(s.given::text || value) LIMIT CASE WHEN s.pronargs > 3 THEN 4 ELSE 1000 END) a
		WHERE s.n < s.pronargs)
	SELECT format('%s(%s%s)', function::regproc, CASE WHEN (SELECT provariadic FROM pg_proc WHERE oid = function) <> 0 THEN 'VARIADIC ' ELSE '' END,
		array_to_string(given, ', '))
	FROM partial WHERE n = pronargs ORDER BY md5(given::text) LIMIT most;
$$;

-- the state of the error of a call, or the bytes of its result, which no setting changes
CREATE FUNCTION pg_temp.outcome(call text) RETURNS text LANGUAGE plpgsql AS
$$
DECLARE
	outcome text;
BEGIN
	EXECUTE format('SELECT string_agg(md5(record_send(ROW(x))), '','') FROM %s x', call) INTO outcome;
	RETURN outcome;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;

CREATE FUNCTION pg_temp.is_error(outcome text) RETURNS boolean LANGUAGE sql AS $$ SELECT outcome ~ '^[0-9A-Z]{5}$' $$;
