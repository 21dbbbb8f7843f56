--
-- What is found with an empty search path, as a function has that pins it, and how the
-- rest is written
--
\set VERBOSITY terse
SET timezone = 'UTC';
CREATE TABLE pinned (
	id    snowflake PRIMARY KEY DEFAULT snowflake_nextval(),
	code  ulid UNIQUE DEFAULT ulid(),
	key   uuid UNIQUE DEFAULT public.uuidv7()
);
SET search_path = '';

-- found: defaults, comparisons of IDs with each other, with literals and with times, casts, indexes
INSERT INTO public.pinned SELECT FROM pg_catalog.generate_series(1, 3);
INSERT INTO public.pinned (id, code) VALUES (100000000000000000, '01ARZ3NDEKTSV4RRFFQ69G5FAV');
SELECT count(*) FROM public.pinned WHERE code = '01ARZ3NDEKTSV4RRFFQ69G5FAV' AND code IS DISTINCT FROM '01ARZ3NDEKTSV4RRFFQ69G5FAW';
SELECT count(*) FROM public.pinned WHERE id >= now() - interval '1 hour' AND id <@ tstzrange(now() - interval '1 hour', NULL) AND id > 42;
SELECT count(*) FROM public.pinned AS a JOIN public.pinned AS b USING (id, code) WHERE (a.code, a.id) >= ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 0);
SELECT id::timestamptz, code::timestamptz, code::uuid FROM public.pinned WHERE id = 100000000000000000;
SELECT count(*) FROM (SELECT DISTINCT code FROM public.pinned ORDER BY code) AS codes;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT FROM public.pinned WHERE code = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
EXPLAIN (COSTS OFF) SELECT FROM public.pinned WHERE id < timestamptz '2021-01-01';
EXPLAIN (COSTS OFF) SELECT FROM public.pinned WHERE id <@ '[2021-01-01,2021-01-02)';
RESET enable_seqscan;

-- not found: functions, aggregates, types, views
SELECT snowflake_nextval();
SELECT max(code) FROM public.pinned;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV'::ulid;
SELECT '42'::snowflake;
SELECT 'default'::snowflake_layout;
SELECT count(*) FROM idgen_slots;
CREATE INDEX ON public.pinned USING brin (code ulid_minmax_multi_ops);

-- written with the schema, they are
SELECT public.snowflake_nextval() < public.snowflake_nextval() AS increasing, public.uuidv7() < public.uuidv7() AS increasing;
SELECT public.max(code) > public.min(code) AS later FROM public.pinned;
SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV'::public.ulid, '42'::public.snowflake, 'default'::public.snowflake_layout;
SELECT count(*) FROM public.pinned WHERE public.ulid_created_in(code, '[2016-01-01,2017-01-01)');
SELECT public.snowflake_timestamp(id, 'default') FROM public.pinned WHERE id = 100000000000000000;
SELECT count(*) > 0 AS ours FROM public.idgen_slots WHERE pid = pg_catalog.pg_backend_pid();
CREATE INDEX ON public.pinned USING brin (code public.ulid_minmax_multi_ops);

-- a function that pins it; and one that names the schema, where others can create nothing
CREATE FUNCTION public.recent(age interval) RETURNS bigint LANGUAGE sql STABLE SET search_path = ''
	AS $$ SELECT count(*) FROM public.pinned WHERE id >= now() - age AND code > public.ulid_lower_bound(now() - age) $$;
CREATE FUNCTION public.recent_named(age interval) RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = public, pg_temp
	AS $$ BEGIN RETURN (SELECT count(*) FROM pinned WHERE id >= now() - age AND code > ulid_lower_bound(now() - age)); END $$;
SELECT public.recent('1 hour'), public.recent_named('1 hour');

-- assigned without a cast: text of each kind, and times
CREATE TABLE public.posts (id public.ulid, note text);
INSERT INTO public.posts VALUES ('2016-07-30 23:54:10.259+00'::timestamptz, 'timestamptz'), ('2016-07-30 23:54:10.259'::timestamp, 'timestamp'),
	('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'literal');
INSERT INTO public.posts VALUES (text '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'text'), ('01ARZ3NDEKTSV4RRFFQ69G5FAV'::varchar, 'varchar'),
	('01ARZ3NDEKTSV4RRFFQ69G5FAV'::varchar(26), 'varchar(26)'), ('01ARZ3NDEKTSV4RRFFQ69G5FAV'::char(26), 'char(26)');
PREPARE add_text(text, varchar) AS INSERT INTO public.posts VALUES ($1, 'parameter'), ($2, 'parameter') RETURNING id;
EXECUTE add_text('01arz3ndektsv4rrffq69g5fav', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
UPDATE public.posts SET id = timestamptz '2026-11-21 00:00+00' WHERE note = 'timestamp';
TABLE public.posts ORDER BY note = 'timestamp', note COLLATE "C";
INSERT INTO public.posts VALUES (text 'no ULID');
-- and compared with one still: an assignment makes no comparison ambiguous
SELECT count(*) FROM public.posts WHERE id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
SELECT count(*) FROM public.posts WHERE id = text '01ARZ3NDEKTSV4RRFFQ69G5FAV';
SELECT count(*) FROM public.posts WHERE id > now();
SELECT coalesce(id, '01ARZ3NDEKTSV4RRFFQ69G5FAV') = greatest(id, '01ARZ3NDEKTSV4RRFFQ69G5FAV') FROM public.posts WHERE note = 'literal';
DROP TABLE public.posts;

-- ALTER EXTENSION SET SCHEMA leaves the operators in pg_catalog, and nothing of another extension's moves
CREATE SCHEMA ids;
ALTER EXTENSION idgen SET SCHEMA ids;
SELECT count(*) FROM public.pinned WHERE id >= now() - interval '1 hour' AND code <> '01ARZ3NDEKTSV4RRFFQ69G5FAV';
SELECT oprnamespace::regnamespace, count(*) FROM pg_depend JOIN pg_operator AS o ON o.oid = objid
WHERE classid = 'pg_operator'::regclass AND refclassid = 'pg_extension'::regclass
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen') GROUP BY 1;
CREATE ROLE regress_idgen_mover;
GRANT CREATE ON SCHEMA public TO regress_idgen_mover;
SET ROLE regress_idgen_mover;
ALTER EXTENSION idgen SET SCHEMA public;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM regress_idgen_mover;
DROP ROLE regress_idgen_mover;
ALTER EXTENSION idgen SET SCHEMA nowhere;
ALTER EXTENSION nobodys SET SCHEMA public;
SELECT ids.idgen_move_extension();
ALTER EXTENSION idgen SET SCHEMA public;
DROP SCHEMA ids;
DROP FUNCTION public.recent, public.recent_named;
DROP TABLE public.pinned;
RESET search_path;
