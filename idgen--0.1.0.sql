/* The install script of idgen, which `make script` assembles */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION idgen" to load this file. \quit

--
-- The schema may already have objects of others with the names of ours, such as a table
-- "segments".  PostgreSQL's error says only that they exist; ours says what to do, and
-- names all of them.  049_functions_beside_others.pl compares the lists with what the
-- extension has.  Functions whose arguments are of types of ours are left out: nobody
-- has them without such a type.
--

DO $$
DECLARE
	schema oid = pg_catalog.current_schema()::regnamespace;
	path text = pg_catalog.current_setting('search_path');
	relations text[] = pg_catalog.regexp_split_to_array(pg_catalog.btrim('
		idgen_converted_defaults idgen_horizon_holders idgen_key_secrets idgen_keys idgen_slots idgen_timelines segment_free
		segment_grants segment_options segment_root_states segment_roots segments snowflake_generators snowflake_layouts
	', E' \t\n'), E'\\s+');
	types text[] = pg_catalog.regexp_split_to_array(pg_catalog.btrim('
		hlc idgen_relation snowflake snowflake_layout snowflake_number snowflake_number_range snowflake_time
		snowflake_time_range ulid
	', E' \t\n'), E'\\s+');
	-- as regprocedure reads them
	functions text[] = pg_catalog.regexp_split_to_array(pg_catalog.btrim('
		bit_reverse(bigint) bit_reverse(int) bytea_to_ulid(bytea) float4_to_snowflake(real) float8_to_snowflake(float8)
		hlc_in(cstring) hlc_lower_bound(timestamptz) hlc_make(timestamptz,int) hlc_now() hlc_recv(internal) hlc_stamp() hlc_status()
		hlc_upper_bound(timestamptz) id_conceal(bigint,text) id_conceal(bigint,text,bigint,bigint)
		id_conceal(bigint,text,bigint,bigint,bool) id_reveal(bigint,text) id_reveal(bigint,text,bigint,bigint)
		id_reveal(bigint,text,bigint,bigint,bool) idgen_check() idgen_check_configuration(text) idgen_convert_default(regclass,name)
		idgen_convert_default(regclass,name,text) idgen_create_key(text,name) idgen_drop_key(text) idgen_get_horizon_holders()
		idgen_get_segment_roots() idgen_get_segments() idgen_get_slots() idgen_get_timelines() idgen_horizon_support(internal)
		idgen_ignore_published_row() idgen_lease() idgen_lease_abort_layout() idgen_lease_commit_layout()
		idgen_lease_create_pool(int,int,bool) idgen_lease_release() idgen_lease_widen_pool(int,int) idgen_lease_workers()
		idgen_metrics() idgen_metrics_text() idgen_move_extension() idgen_outbox_guard() idgen_read_generator(text[])
		idgen_relation_in(cstring) idgen_relation_recv(internal) idgen_reset_timeline(timestamptz,bool) idgen_restore_column()
		idgen_restore_row() idgen_revert_default(regclass,name) idgen_status() jsonb_to_snowflake(jsonb) lamport_now(regclass)
		lamport_tick(regclass) lamport_update(regclass,bigint) oid_to_snowflake(oid)
		segment_configure(regclass,bigint,text,bool,bool) segment_create_counter(text,text,bigint) segment_grant(regclass,bigint)
		segment_next_block(regclass,int) segment_nextval(regclass) segment_nextval_scattered(regclass)
		segment_nextval_scattered(regclass,bigint,bigint) segment_nextval_strict(regclass) segment_nextvals(regclass,int)
		segment_return(regclass) segment_scattered_state(regclass) segment_set_roots(regclass,text[],text,bigint)
		segment_take(regclass,bigint) segment_take_back(regclass,bigint,bigint,bigint,bigint)
		segment_take_free(regclass,bigint,bigint) segment_take_strict(regclass,bigint) sequence_interleave(regclass,int,int)
		sequence_interleave(regclass,int,int,bigint) sequence_interleave_check(regclass,int,int)
		sequence_interleave_plan(text,bigint[],int,int,bigint) shard_of(bigint,int) shard_of(bigint,text[])
		shard_of(bigint,text[],float8[]) shard_of(text,int) shard_of(text,text[]) shard_of(text,text[],float8[]) shard_of(uuid,int)
		shard_of(uuid,text[]) shard_of(uuid,text[],float8[]) slab_nextval(regclass) snowflake(int) snowflake(numeric)
		snowflake(smallint) snowflake128_created_in(uuid,tstzrange) snowflake128_first_in_range(tstzrange)
		snowflake128_last_in_range(tstzrange) snowflake128_lower_bound(timestamptz) snowflake128_nextval() snowflake128_parse(uuid)
		snowflake128_upper_bound(timestamptz) snowflake_capacity() snowflake_created_in(bigint,tstzrange) snowflake_decode(text,text)
		snowflake_drop_generator(name) snowflake_encode(bigint,text) snowflake_first_from(timestamptz)
		snowflake_first_in_range(tstzrange) snowflake_generator_validator(text[],oid) snowflake_horizon() snowflake_horizon(bool)
		snowflake_horizon(name) snowflake_horizon(name,bool) snowflake_in(cstring) snowflake_inspect(bigint) snowflake_inspect(text)
		snowflake_issued_in(bigint,tstzrange,bigint) snowflake_last_in_range(tstzrange) snowflake_layout()
		snowflake_layout_in(cstring) snowflake_layout_presets() snowflake_layout_recv(internal) snowflake_layout_support(internal)
		snowflake_lower_bound(timestamptz) snowflake_next_block(int) snowflake_next_block(name,int) snowflake_nextval()
		snowflake_nextval(name) snowflake_nextvals(int) snowflake_nextvals(name,int) snowflake_parse(bigint)
		snowflake_period(text,timestamptz) snowflake_period(text,timestamptz,text) snowflake_plan(numeric,int,int)
		snowflake_predicate_support(internal) snowflake_range_selectivity(internal,oid,internal,int) snowflake_recv(internal)
		snowflake_series(timestamptz,int,interval) snowflake_time_decoder(text) snowflake_timestamp(bigint)
		snowflake_upper_bound(timestamptz) timestamp_to_ulid(timestamp) timestamptz_to_ulid(timestamptz) tso_parse(bigint) ulid()
		ulid_at(timestamptz) ulid_first_in_range(tstzrange) ulid_horizon() ulid_horizon(bool) ulid_in(cstring)
		ulid_last_in_range(tstzrange) ulid_lower_bound(timestamptz) ulid_monotonic() ulid_random() ulid_recv(internal)
		ulid_sequential() ulid_series(timestamptz,int,interval,bigint) ulid_upper_bound(timestamptz) ulids(int)
		uuid_decode(text,text) uuid_decode_typeid(text) uuid_decode_typeid(text,text) uuid_encode(uuid,text)
		uuid_encode_typeid(uuid,text) uuid_greater_of(uuid,uuid) uuid_greatest(uuid) uuid_has_version(uuid,int) uuid_inspect(uuid)
		uuid_least(uuid) uuid_lesser_of(uuid,uuid) uuid_predicate_support(internal) uuid_timestamp(uuid,bool)
		uuid_timestamp(uuid,text) uuid_timestamp(uuid[]) uuid_timestamp_support(internal) uuid_typeid_prefix(text)
		uuid_version(uuid[]) uuidv1() uuidv1_at(timestamptz) uuidv1_to_v6(uuid) uuidv4() uuidv4_series(int,bigint) uuidv6()
		uuidv6_at(timestamptz) uuidv6_created_in(uuid,tstzrange) uuidv6_first_in_range(tstzrange) uuidv6_issued_in(uuid,tstzrange)
		uuidv6_last_in_range(tstzrange) uuidv6_lower_bound(timestamptz) uuidv6_to_v1(uuid) uuidv6_upper_bound(timestamptz) uuidv7()
		uuidv7(interval) uuidv7_at(timestamptz) uuidv7_created_in(uuid,tstzrange) uuidv7_first_in_range(tstzrange) uuidv7_horizon()
		uuidv7_horizon(bool) uuidv7_issued_in(uuid,tstzrange) uuidv7_last_in_range(tstzrange) uuidv7_lower_bound(timestamptz)
		uuidv7_sequential() uuidv7_series(timestamptz,int,interval,bigint) uuidv7_upper_bound(timestamptz)
	', E' \t\n'), E'\\s+');
	theirs text[];
BEGIN
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
	theirs := ARRAY(
		SELECT pg_describe_object(class, object, 0) AS name FROM (
			SELECT 'pg_class'::regclass AS class, oid AS object FROM pg_class WHERE relnamespace = schema AND relname = ANY (relations)
			-- a table has a type of its name
			UNION SELECT CASE WHEN typrelid = 0 THEN 'pg_type'::regclass ELSE 'pg_class' END, CASE WHEN typrelid = 0 THEN oid ELSE typrelid END
			FROM pg_type WHERE typnamespace = schema AND typname = ANY (relations || types)
			UNION SELECT 'pg_proc'::regclass, to_regprocedure(schema::regnamespace || '.' || f)::oid FROM unnest(functions) AS f) AS taken
		WHERE object IS NOT NULL
		ORDER BY class, name);
	IF theirs <> '{}' THEN
		RAISE duplicate_object USING
			MESSAGE = format('%s already exists', theirs[1]),
			DETAIL = format('The extension has objects of the same names as: %s.', array_to_string(theirs, ', ')),
			HINT = 'Create the extension in another schema: CREATE EXTENSION idgen SCHEMA ...';
	END IF;
	PERFORM set_config('search_path', path, true);
END
$$;

--
-- How tables of the extension that dumps contain name tables and sequences.
-- Input of type regclass is an error if there is none of that name, and so a
-- restore of a part of a dump would lose all that such a table says.
--

CREATE TYPE idgen_relation;

COMMENT ON TYPE idgen_relation IS
'regclass for tables that are dumped: a name of nothing is no error, but nothing';

CREATE FUNCTION idgen_relation_in(cstring)
RETURNS idgen_relation
AS 'MODULE_PATHNAME', 'idgen_relation_in'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_in(cstring) IS 'I/O';

CREATE FUNCTION idgen_relation_out(idgen_relation)
RETURNS cstring
AS 'regclassout'
LANGUAGE internal STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_out(idgen_relation) IS 'I/O';

CREATE FUNCTION idgen_relation_recv(internal)
RETURNS idgen_relation
AS 'regclassrecv'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_recv(internal) IS 'I/O';

CREATE FUNCTION idgen_relation_send(idgen_relation)
RETURNS bytea
AS 'regclasssend'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_relation_send(idgen_relation) IS 'I/O';

CREATE TYPE idgen_relation (
	INPUT = idgen_relation_in,
	OUTPUT = idgen_relation_out,
	RECEIVE = idgen_relation_recv,
	SEND = idgen_relation_send,
	LIKE = pg_catalog.regclass
);

CREATE CAST (idgen_relation AS oid) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (idgen_relation AS oid) IS 'for comparisons, and for joins with catalogs';

CREATE CAST (idgen_relation AS regclass) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (idgen_relation AS regclass) IS 'for functions of a relation';

CREATE CAST (oid AS idgen_relation) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (oid AS idgen_relation) IS 'the same relation';

CREATE CAST (regclass AS idgen_relation) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (regclass AS idgen_relation) IS 'the same relation';

CREATE FUNCTION idgen_restore_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_restore_row'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_restore_row() IS
'for tables that are dumped: a row of a relation that is not there is left out, others take the place of what was said of theirs, and only its owner adds one, or with an argument only superusers';

REVOKE ALL ON FUNCTION idgen_restore_row() FROM PUBLIC;

--
-- How the extension's tables stay as they are when another server's are published.
--

CREATE FUNCTION idgen_ignore_published_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_ignore_published_row'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_ignore_published_row() IS
'for tables of the extension: leaves out what a subscription brings, as it says how another server is set up';

REVOKE ALL ON FUNCTION idgen_ignore_published_row() FROM PUBLIC;

--
-- Layouts.  A layout is a value of 32 bytes; its text is the name of a preset, or
-- its fields in words.
--

CREATE TYPE snowflake_layout;

COMMENT ON TYPE snowflake_layout IS
'how the bits of a snowflake ID are divided: the name of a preset, or the fields from high to low';

CREATE FUNCTION snowflake_layout_in(cstring)
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_layout_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_in(cstring) IS 'I/O';

CREATE FUNCTION snowflake_layout_out(snowflake_layout)
RETURNS cstring
AS 'MODULE_PATHNAME', 'idgen_layout_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_out(snowflake_layout) IS 'I/O';

CREATE FUNCTION snowflake_layout_recv(internal)
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_layout_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_recv(internal) IS 'I/O';

CREATE FUNCTION snowflake_layout_send(snowflake_layout)
RETURNS bytea
AS 'MODULE_PATHNAME', 'idgen_layout_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_send(snowflake_layout) IS 'I/O';

CREATE TYPE snowflake_layout (
	INPUT = snowflake_layout_in,
	OUTPUT = snowflake_layout_out,
	RECEIVE = snowflake_layout_recv,
	SEND = snowflake_layout_send,
	INTERNALLENGTH = 32,
	ALIGNMENT = double
);

CREATE FUNCTION snowflake_layout_eq(snowflake_layout, snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_layout_eq'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_eq(snowflake_layout, snowflake_layout) IS 'implementation of = operator';

CREATE FUNCTION snowflake_layout_ne(snowflake_layout, snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_layout_ne'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_ne(snowflake_layout, snowflake_layout) IS 'implementation of <> operator';

CREATE OPERATOR pg_catalog.= (
	LEFTARG = snowflake_layout,
	RIGHTARG = snowflake_layout,
	FUNCTION = snowflake_layout_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=),
	NEGATOR = OPERATOR(pg_catalog.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES
);

COMMENT ON OPERATOR pg_catalog.= (snowflake_layout, snowflake_layout) IS 'equal: the same fields, tick and epoch';

CREATE OPERATOR pg_catalog.<> (
	LEFTARG = snowflake_layout,
	RIGHTARG = snowflake_layout,
	FUNCTION = snowflake_layout_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>),
	NEGATOR = OPERATOR(pg_catalog.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);

COMMENT ON OPERATOR pg_catalog.<> (snowflake_layout, snowflake_layout) IS 'not equal';

CREATE FUNCTION snowflake_layout_hash(snowflake_layout)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_layout_hash'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_hash(snowflake_layout) IS 'hash';

CREATE FUNCTION snowflake_layout_hash_extended(snowflake_layout, bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_layout_hash_extended'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_hash_extended(snowflake_layout, bigint) IS 'hash';

CREATE OPERATOR CLASS snowflake_layout_ops
DEFAULT FOR TYPE snowflake_layout USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 snowflake_layout_hash(snowflake_layout),
	FUNCTION 2 snowflake_layout_hash_extended(snowflake_layout, bigint);

COMMENT ON OPERATOR CLASS snowflake_layout_ops USING hash IS 'hash of layouts, for grouping and joins';

COMMENT ON OPERATOR FAMILY snowflake_layout_ops USING hash IS 'hash of layouts, for grouping and joins';

--
-- The server's own layout is a setting, so it is not a constant in a stored
-- expression.  When a query is planned, it is a constant; see
-- snowflake_layout.c.
--

CREATE FUNCTION snowflake_layout_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_server_layout_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_layout_support(internal) IS
'planner support for snowflake_layout()';

CREATE FUNCTION snowflake_layout()
RETURNS snowflake_layout
AS 'MODULE_PATHNAME', 'idgen_snowflake_layout'
LANGUAGE C STABLE STRICT PARALLEL SAFE
SUPPORT snowflake_layout_support;

COMMENT ON FUNCTION snowflake_layout() IS
'the layout of this server''s own snowflake IDs, from the setting idgen.layout';

--
-- Issuing snowflake IDs.  All state is in shared memory, so these are safe in
-- parallel workers; they change no table, so they work in read-only
-- transactions.
--

CREATE FUNCTION snowflake_nextval()
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_nextval() IS
'generates the next snowflake ID: unique on the server, strictly increasing within a session';

CREATE FUNCTION snowflake_nextvals(count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_snowflake_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_nextvals(integer) IS
'generates the next count snowflake IDs, an array in increasing order';

CREATE FUNCTION snowflake_next_block(size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_next_block(integer) IS
'reserves size consecutive snowflake IDs and returns the first';

--
-- Generators with names.  A generator is a foreign server of this wrapper, so
-- it has an owner and is dumped.  GRANT USAGE ON FOREIGN SERVER lets a role
-- request its IDs, and GRANT USAGE ON FOREIGN DATA WRAPPER idgen lets a role
-- create generators.
--

CREATE FUNCTION snowflake_generator_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_generator_validator'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_generator_validator(text[], oid) IS
'checks the options of generators';

CREATE FOREIGN DATA WRAPPER idgen
	NO HANDLER
	VALIDATOR snowflake_generator_validator;

COMMENT ON FOREIGN DATA WRAPPER idgen IS
'generators of snowflake IDs; snowflake_nextval(generator) generates IDs of its servers';

CREATE FUNCTION snowflake_create_generator(
	generator name,
	layout snowflake_layout DEFAULT snowflake_layout(),
	worker_id integer DEFAULT NULL,
	datacenter_id integer DEFAULT NULL,
	shard_id integer DEFAULT NULL,
	slab_id bigint DEFAULT NULL,
	sequence_start text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_create_generator'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION snowflake_create_generator(name, snowflake_layout, integer, integer, integer, bigint, text) IS
'creates a generator of snowflake IDs with a layout and a node of its own';

CREATE FUNCTION snowflake_drop_generator(generator name)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_drop_generator'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION snowflake_drop_generator(name) IS
'drops a generator; a later generator of the same name repeats none of its IDs';

CREATE FUNCTION snowflake_nextval(generator name)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_nextval'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL SAFE;	-- null for null: see idgen_generator_nextval()

COMMENT ON FUNCTION snowflake_nextval(name) IS
'generates the next snowflake ID of a generator: strictly increasing within a session';

CREATE FUNCTION snowflake_nextvals(generator name, count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_generator_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_nextvals(name, integer) IS
'generates the next count snowflake IDs of a generator, an array in increasing order';

CREATE FUNCTION snowflake_next_block(generator name, size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_next_block(name, integer) IS
'reserves size consecutive snowflake IDs of a generator and returns the first';

CREATE FUNCTION idgen_read_generator(options text[],
	OUT layout snowflake_layout,
	OUT worker_id integer,
	OUT datacenter_id integer,
	OUT shard_id integer,
	OUT slab_id bigint,
	OUT sequence_start text)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_read_generator'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_read_generator(text[]) IS
'options of a generator, or NULL if they are invalid; see the view snowflake_generators';

CREATE VIEW snowflake_generators AS
	SELECT s.srvname AS generator,
		pg_catalog.pg_get_userbyid(s.srvowner) AS owner,
		o.layout, o.worker_id, o.datacenter_id, o.shard_id, o.slab_id, o.sequence_start
	FROM pg_catalog.pg_foreign_server s
		JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid OPERATOR(pg_catalog.=) s.srvfdw,
		LATERAL idgen_read_generator(s.srvoptions) o
	WHERE w.fdwname OPERATOR(pg_catalog.=) 'idgen';

COMMENT ON VIEW snowflake_generators IS
'generators of this database; if datacenter or worker is null, the generator follows the server''s; if the layout is null, the options are invalid';

GRANT SELECT ON snowflake_generators TO PUBLIC;

--
-- Reading snowflake IDs.  Times are absolute, so if a layout is named, the
-- result does not depend on settings.  Otherwise the server's layout is used,
-- and the call is not immutable: an index or a generated column has to name a
-- layout.  Not leakproof: an ID that the layout cannot have is an error.
--
-- Here and below, the form for the server's layout is a separate function, and
-- not a default of an argument: a default would make calls of another function
-- of that name, with only the arguments before it, ambiguous.  If the form is
-- an SQL function, the planner replaces it by its body, so plans show the form
-- with a layout.
--

CREATE FUNCTION snowflake_parse(id bigint, layout snowflake_layout,
	OUT created_at timestamptz,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer,
	OUT shard_id integer,
	OUT slab_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_parse'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_parse(bigint, snowflake_layout) IS
'fields of a snowflake ID; fields that the layout lacks are NULL';

CREATE FUNCTION snowflake_parse(id bigint,
	OUT created_at timestamptz,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer,
	OUT shard_id integer,
	OUT slab_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_parse_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_parse(bigint) IS
'fields of a snowflake ID in the server''s layout';

CREATE FUNCTION snowflake_timestamp(id bigint, layout snowflake_layout)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_snowflake_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_timestamp(bigint, snowflake_layout) IS
'time of a snowflake ID';

CREATE FUNCTION snowflake_timestamp(id bigint)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_timestamp(id, snowflake_layout());

COMMENT ON FUNCTION snowflake_timestamp(bigint) IS
'time of a snowflake ID in the server''s layout';

CREATE FUNCTION snowflake_make(created_at timestamptz,
	sequence integer DEFAULT 0,
	worker_id integer DEFAULT 0,
	datacenter_id integer DEFAULT 0,
	shard_id integer DEFAULT 0,
	slab_id bigint DEFAULT 0,
	layout snowflake_layout DEFAULT snowflake_layout())
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_make'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_make(timestamptz, integer, integer, integer, integer, bigint, snowflake_layout) IS
'snowflake ID with the given time and fields, for tests and backdating; not unique, because it may have been issued';

--
-- The type.  It casts to bigint implicitly and without a function, so
-- operators, index support and statistics are those of bigint, as varchar's
-- are those of text: an index on a snowflake uses int8_ops, and a bigint
-- column can be changed to snowflake without a rewrite.  The cast from bigint
-- is for assignments only, so that no call is ambiguous.
--

CREATE TYPE snowflake;

COMMENT ON TYPE snowflake IS
'snowflake ID: a non-negative bigint that is a string in JSON and can be compared with times';

CREATE FUNCTION snowflake_in(cstring)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_in(cstring) IS 'I/O';

CREATE FUNCTION snowflake_out(snowflake)
RETURNS cstring
AS 'int8out'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_out(snowflake) IS 'I/O';

CREATE FUNCTION snowflake_recv(internal)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_recv(internal) IS 'I/O';

CREATE FUNCTION snowflake_send(snowflake)
RETURNS bytea
AS 'int8send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_send(snowflake) IS 'I/O';

CREATE TYPE snowflake (
	INPUT = snowflake_in,
	OUTPUT = snowflake_out,
	RECEIVE = snowflake_recv,
	SEND = snowflake_send,
	LIKE = pg_catalog.int8,
	CATEGORY = 'N'
);

CREATE CAST (snowflake AS bigint) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (snowflake AS bigint) IS 'the same number';

CREATE CAST (bigint AS snowflake) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (bigint AS snowflake) IS 'the same number, unchecked';

CREATE FUNCTION snowflake(integer)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_int4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(integer) IS 'convert integer to snowflake';

CREATE FUNCTION snowflake(smallint)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_int2'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(smallint) IS 'convert smallint to snowflake';

CREATE CAST (integer AS snowflake) WITH FUNCTION snowflake(integer) AS ASSIGNMENT;

COMMENT ON CAST (integer AS snowflake) IS 'so that small literals can be inserted';

CREATE CAST (smallint AS snowflake) WITH FUNCTION snowflake(smallint) AS ASSIGNMENT;

COMMENT ON CAST (smallint AS snowflake) IS 'like the cast from integer';

CREATE FUNCTION snowflake(numeric)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_numeric'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake(numeric) IS 'convert numeric to snowflake';

CREATE CAST (numeric AS snowflake) WITH FUNCTION snowflake(numeric) AS ASSIGNMENT;

COMMENT ON CAST (numeric AS snowflake) IS 'for drivers that send decimal numbers';

--
-- The other casts from snowflake use functions that take a snowflake, not
-- those that take a bigint: pg_upgrade creates casts in the order of their
-- names, and the latter would need the cast to bigint before it exists.
--

CREATE FUNCTION "numeric"(snowflake)
RETURNS numeric
AS 'int8_numeric'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION "numeric"(snowflake) IS 'convert snowflake to numeric';

CREATE CAST (snowflake AS numeric) WITH FUNCTION "numeric"(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS numeric) IS 'like the cast from bigint';

CREATE FUNCTION int4(snowflake)
RETURNS integer
AS 'int84'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION int4(snowflake) IS 'convert snowflake to integer';

CREATE CAST (snowflake AS integer) WITH FUNCTION int4(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS integer) IS 'like the cast from bigint';

CREATE FUNCTION int2(snowflake)
RETURNS smallint
AS 'int82'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION int2(snowflake) IS 'convert snowflake to smallint';

CREATE CAST (snowflake AS smallint) WITH FUNCTION int2(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS smallint) IS 'like the cast from bigint';

CREATE FUNCTION snowflake_to_float8(snowflake)
RETURNS float8
AS 'i8tod'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_float8(snowflake) IS 'convert snowflake to float8';

CREATE CAST (snowflake AS float8) WITH FUNCTION snowflake_to_float8(snowflake);

COMMENT ON CAST (snowflake AS float8) IS 'like the cast from bigint, but explicit because it rounds';

CREATE FUNCTION snowflake_to_float4(snowflake)
RETURNS float4
AS 'i8tof'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_float4(snowflake) IS 'convert snowflake to float4';

CREATE CAST (snowflake AS float4) WITH FUNCTION snowflake_to_float4(snowflake);

COMMENT ON CAST (snowflake AS float4) IS 'like the cast from bigint, but explicit because it rounds';

CREATE FUNCTION snowflake_to_oid(snowflake)
RETURNS oid
AS 'i8tooid'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_oid(snowflake) IS 'convert snowflake to oid';

CREATE CAST (snowflake AS oid) WITH FUNCTION snowflake_to_oid(snowflake) AS ASSIGNMENT;

COMMENT ON CAST (snowflake AS oid) IS 'like the cast from bigint';

CREATE FUNCTION float8_to_snowflake(float8)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_float8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION float8_to_snowflake(float8) IS 'convert float8 to snowflake';

CREATE CAST (float8 AS snowflake) WITH FUNCTION float8_to_snowflake(float8);

COMMENT ON CAST (float8 AS snowflake) IS 'like the cast to bigint, but explicit because it rounds';

CREATE FUNCTION float4_to_snowflake(float4)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_float4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION float4_to_snowflake(float4) IS 'convert float4 to snowflake';

CREATE CAST (float4 AS snowflake) WITH FUNCTION float4_to_snowflake(float4);

COMMENT ON CAST (float4 AS snowflake) IS 'like the cast to bigint, but explicit because it rounds';

CREATE FUNCTION oid_to_snowflake(oid)
RETURNS snowflake
AS 'oidtoi8'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION oid_to_snowflake(oid) IS 'convert oid to snowflake';

CREATE CAST (oid AS snowflake) WITH FUNCTION oid_to_snowflake(oid) AS ASSIGNMENT;

COMMENT ON CAST (oid AS snowflake) IS 'like the cast to bigint';

CREATE FUNCTION jsonb_to_snowflake(jsonb)
RETURNS snowflake
AS 'MODULE_PATHNAME', 'idgen_snowflake_from_jsonb'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION jsonb_to_snowflake(jsonb) IS 'convert jsonb, a string or a number, to snowflake';

CREATE CAST (jsonb AS snowflake) WITH FUNCTION jsonb_to_snowflake(jsonb);

COMMENT ON CAST (jsonb AS snowflake) IS 'for strings, the type''s form in JSON; numbers are cast like to bigint';

-- This uses the server's layout.  The planner replaces it by its body, so it
-- can use an index on snowflake_timestamp().  Its cast is created after that to
-- bigint.
CREATE FUNCTION timestamptz(snowflake)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_timestamp($1::bigint, snowflake_layout());

COMMENT ON FUNCTION timestamptz(snowflake) IS 'convert snowflake to timestamptz';

CREATE CAST (snowflake AS timestamptz) WITH FUNCTION timestamptz(snowflake);

COMMENT ON CAST (snowflake AS timestamptz) IS 'time of a snowflake ID';

--
-- Results without a time zone are in TimeZone, as for a timestamptz, so they
-- agree with "id >= date '...'" and with a cast through timestamptz.
-- PostgreSQL's own date_trunc() and date_part() are not unique if the second
-- argument is an untyped literal, so no existing call becomes ambiguous by
-- these two.  A date_bin(), or a date_trunc() with a time zone, would make
-- calls ambiguous.
--

CREATE FUNCTION snowflake_to_timestamp(snowflake)
RETURNS timestamp
AS 'MODULE_PATHNAME', 'idgen_snowflake_to_timestamp'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_timestamp(snowflake) IS 'convert snowflake to timestamp';

CREATE CAST (snowflake AS timestamp) WITH FUNCTION snowflake_to_timestamp(snowflake);

COMMENT ON CAST (snowflake AS timestamp) IS 'time of a snowflake ID, in TimeZone';

CREATE FUNCTION snowflake_to_date(snowflake)
RETURNS date
AS 'MODULE_PATHNAME', 'idgen_snowflake_to_date'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_to_date(snowflake) IS 'convert snowflake to date';

CREATE CAST (snowflake AS date) WITH FUNCTION snowflake_to_date(snowflake);

COMMENT ON CAST (snowflake AS date) IS 'day of a snowflake ID, in TimeZone';

CREATE FUNCTION date_trunc(field text, id snowflake)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_snowflake_date_trunc'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION date_trunc(text, snowflake) IS
'time of a snowflake ID truncated to a unit, in TimeZone';

CREATE FUNCTION date_part(field text, id snowflake)
RETURNS double precision
AS 'MODULE_PATHNAME', 'idgen_snowflake_date_part'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION date_part(text, snowflake) IS
'field of the time of a snowflake ID, in TimeZone';

--
-- Times as bounds on IDs.  No time is an error, because bounds are clamped
-- before the epoch and past the end of the layout.  But a layout whose time is
-- not the highest field is an error, because its IDs have no bounds.  So these
-- functions are not leakproof.  Behind a security barrier, comparisons with
-- constants, parameters and now() use an index nevertheless, because only what
-- is computed from columns has to be leakproof.
--

CREATE FUNCTION snowflake_lower_bound(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_lower_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_lower_bound(timestamptz, snowflake_layout) IS
'smallest snowflake ID of the tick that contains a time';

CREATE FUNCTION snowflake_lower_bound(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_lower_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_lower_bound(timestamptz) IS
'smallest snowflake ID of the tick that contains a time, in the server''s layout';

CREATE FUNCTION snowflake_upper_bound(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_upper_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_upper_bound(timestamptz, snowflake_layout) IS
'largest snowflake ID of the tick that contains a time';

CREATE FUNCTION snowflake_upper_bound(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_upper_bound(timestamptz) IS
'largest snowflake ID of the tick that contains a time, in the server''s layout';

CREATE FUNCTION snowflake_first_from(moment timestamptz, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_first_from'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_first_from(timestamptz, snowflake_layout) IS
'smallest snowflake ID whose time is at or after a time';

CREATE FUNCTION snowflake_first_from(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_first_from(timestamptz) IS
'smallest snowflake ID whose time is at or after a time, in the server''s layout';

CREATE FUNCTION snowflake_first_in_range(range tstzrange, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_first_in_range'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_first_in_range(tstzrange, snowflake_layout) IS
'smallest snowflake ID whose time is in a range';

CREATE FUNCTION snowflake_first_in_range(range tstzrange)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_first_in_range(range, snowflake_layout());

COMMENT ON FUNCTION snowflake_first_in_range(tstzrange) IS
'smallest snowflake ID whose time is in a range, in the server''s layout';

CREATE FUNCTION snowflake_last_in_range(range tstzrange, layout snowflake_layout)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_last_in_range'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_last_in_range(tstzrange, snowflake_layout) IS
'largest snowflake ID whose time is in a range';

CREATE FUNCTION snowflake_last_in_range(range tstzrange)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_last_in_range(range, snowflake_layout());

COMMENT ON FUNCTION snowflake_last_in_range(tstzrange) IS
'largest snowflake ID whose time is in a range, in the server''s layout';

CREATE FUNCTION snowflake_period(period text, moment timestamptz, time_zone text, layout snowflake_layout,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, text, snowflake_layout) IS
'hour, day, week, month, quarter or year that contains a time, and its IDs, from from_id up to but not including to_id';

CREATE FUNCTION snowflake_period(period text, moment timestamptz, time_zone text,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, text) IS
'the same in the server''s layout';

CREATE FUNCTION snowflake_period(period text, moment timestamptz, layout snowflake_layout,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_utc'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz, snowflake_layout) IS
'the same in UTC';

CREATE FUNCTION snowflake_period(period text, moment timestamptz,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT from_id bigint,
	OUT to_id bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_period_utc_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_period(text, timestamptz) IS
'the same in UTC and in the server''s layout';

--
-- Predicates on time.  The planner replaces them by comparisons of the ID
-- itself with bounds, so they use indexes, partitions and statistics.
-- Operators cannot be given a layout: they use the server's, so they are
-- STABLE.
--

CREATE FUNCTION snowflake_predicate_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_snowflake_predicate_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_predicate_support(internal) IS
'planner support for snowflake_created_in and the operators <@ and @>';

CREATE FUNCTION snowflake_created_in(id bigint, range tstzrange, layout snowflake_layout)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION snowflake_created_in(bigint, tstzrange, snowflake_layout) IS
'tests whether the time of a snowflake ID is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake_created_in(id bigint, range tstzrange)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN snowflake_created_in(id, range, snowflake_layout());

COMMENT ON FUNCTION snowflake_created_in(bigint, tstzrange) IS
'tests whether the time of a snowflake ID is in a range, in the server''s layout; uses indexes on the ID';

--
-- The operand is a domain, so that existing expressions with tstzrange keep
-- their meaning: in "range @> '[...)'", PostgreSQL would prefer an operator
-- that takes exactly a tstzrange over those for all ranges, and read the
-- literal as an ID.
--

CREATE DOMAIN snowflake_time_range AS tstzrange;

COMMENT ON DOMAIN snowflake_time_range IS
'operand of the operators <@ and @> of snowflake; not for columns';

CREATE FUNCTION snowflake_contained_by_range(id snowflake, range snowflake_time_range)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake_contained_by_range'
LANGUAGE C STABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION snowflake_contained_by_range(snowflake, snowflake_time_range) IS
'implementation of <@ operator';

CREATE FUNCTION range_contains_snowflake(range snowflake_time_range, id snowflake)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_range_contains_snowflake'
LANGUAGE C STABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT snowflake_predicate_support;

COMMENT ON FUNCTION range_contains_snowflake(snowflake_time_range, snowflake) IS
'implementation of @> operator';

CREATE FUNCTION snowflake_range_selectivity(internal, oid, internal, integer)
RETURNS float8
AS 'MODULE_PATHNAME', 'idgen_snowflake_range_selectivity'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_range_selectivity(internal, oid, internal, integer) IS
'restriction selectivity of the operators <@ and @>';

CREATE OPERATOR pg_catalog.<@ (
	LEFTARG = snowflake,
	RIGHTARG = snowflake_time_range,
	FUNCTION = snowflake_contained_by_range,
	COMMUTATOR = OPERATOR(pg_catalog.@>),
	RESTRICT = snowflake_range_selectivity,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.<@ (snowflake, snowflake_time_range) IS 'time is contained by';

CREATE OPERATOR pg_catalog.@> (
	LEFTARG = snowflake_time_range,
	RIGHTARG = snowflake,
	FUNCTION = range_contains_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<@),
	RESTRICT = snowflake_range_selectivity,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.@> (snowflake_time_range, snowflake) IS 'contains time of';

--
-- Is the number in a range of numbers?  PostgreSQL's operators need the same
-- type on both sides.  Both operands are domains, which do not count as exact
-- matches: so the literal in "id <@ '[...)'" is still a range of times, and an
-- untyped literal beside an int8range is a range.
--

CREATE DOMAIN snowflake_number AS snowflake;

COMMENT ON DOMAIN snowflake_number IS
'operand of the operators that test whether a snowflake is in a range of numbers; not for columns';

CREATE DOMAIN snowflake_number_range AS int8range;

COMMENT ON DOMAIN snowflake_number_range IS
'operand of the operators that test whether a snowflake is in a range of numbers; not for columns';

CREATE FUNCTION snowflake_in_int8range(id snowflake_number, range snowflake_number_range)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN id::bigint <@ range::int8range;

COMMENT ON FUNCTION snowflake_in_int8range(snowflake_number, snowflake_number_range) IS
'implementation of <@ operator';

CREATE FUNCTION int8range_contains_snowflake(range snowflake_number_range, id snowflake_number)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN range::int8range @> id::bigint;

COMMENT ON FUNCTION int8range_contains_snowflake(snowflake_number_range, snowflake_number) IS
'implementation of @> operator';

CREATE OPERATOR pg_catalog.<@ (
	LEFTARG = snowflake_number,
	RIGHTARG = snowflake_number_range,
	FUNCTION = snowflake_in_int8range,
	COMMUTATOR = OPERATOR(pg_catalog.@>),
	RESTRICT = contsel,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.<@ (snowflake_number, snowflake_number_range) IS 'is contained by';

CREATE OPERATOR pg_catalog.@> (
	LEFTARG = snowflake_number_range,
	RIGHTARG = snowflake_number,
	FUNCTION = int8range_contains_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<@),
	RESTRICT = contsel,
	JOIN = contjoinsel
);

COMMENT ON OPERATOR pg_catalog.@> (snowflake_number_range, snowflake_number) IS 'contains';

--
-- Comparisons with a time.  The planner replaces these SQL functions by their
-- bodies.  The functions that they call were looked up when they were created,
-- so they need no SET search_path, with which they could not be inlined.  The
-- casts make the operators exactly those of pg_catalog.
--
-- Their operand is a domain over snowflake because of untyped literals and
-- parameters: for "id > '42'", PostgreSQL would prefer an operator that takes
-- exactly a snowflake over those of bigint, and read the literal as a time.  A
-- domain does not count as an exact match, so bigint's operators are
-- preferred, and only a timestamptz is read as a time.
--

CREATE DOMAIN snowflake_time AS snowflake;

COMMENT ON DOMAIN snowflake_time IS
'operand of the operators that compare the time of a snowflake with a timestamptz; not for columns';

CREATE FUNCTION snowflake_lt_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint < snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_lt_timestamptz(snowflake_time, timestamptz) IS
'implementation of < operator';

CREATE FUNCTION snowflake_le_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint <= snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_le_timestamptz(snowflake_time, timestamptz) IS
'implementation of <= operator';

CREATE FUNCTION snowflake_gt_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint > snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_gt_timestamptz(snowflake_time, timestamptz) IS
'implementation of > operator';

CREATE FUNCTION snowflake_ge_timestamptz(id snowflake_time, moment timestamptz)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint >= snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION snowflake_ge_timestamptz(snowflake_time, timestamptz) IS
'implementation of >= operator';

CREATE FUNCTION timestamptz_lt_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint > snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_lt_snowflake(timestamptz, snowflake_time) IS
'implementation of < operator';

CREATE FUNCTION timestamptz_le_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint >= snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_le_snowflake(timestamptz, snowflake_time) IS
'implementation of <= operator';

CREATE FUNCTION timestamptz_gt_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint < snowflake_first_from(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_gt_snowflake(timestamptz, snowflake_time) IS
'implementation of > operator';

CREATE FUNCTION timestamptz_ge_snowflake(moment timestamptz, id snowflake_time)
RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN id::bigint <= snowflake_upper_bound(moment, snowflake_layout());

COMMENT ON FUNCTION timestamptz_ge_snowflake(timestamptz, snowflake_time) IS
'implementation of >= operator';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_lt_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (snowflake_time, timestamptz) IS 'is before';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_le_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (snowflake_time, timestamptz) IS 'is at or before';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_gt_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (snowflake_time, timestamptz) IS 'is after';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = snowflake_time,
	RIGHTARG = timestamptz,
	FUNCTION = snowflake_ge_timestamptz,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (snowflake_time, timestamptz) IS 'is at or after';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_lt_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (timestamptz, snowflake_time) IS 'is before';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_le_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (timestamptz, snowflake_time) IS 'is at or before';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_gt_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (timestamptz, snowflake_time) IS 'is after';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = timestamptz,
	RIGHTARG = snowflake_time,
	FUNCTION = timestamptz_ge_snowflake,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (timestamptz, snowflake_time) IS 'is at or after';

--
-- For pg_partman, which needs a function from the text of an ID to its time.
-- From a time to an ID it uses snowflake_lower_bound().
--

CREATE FUNCTION snowflake_time_decoder(id text)
RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 10
RETURN snowflake_timestamp(id::snowflake::bigint, snowflake_layout());

COMMENT ON FUNCTION snowflake_time_decoder(text) IS
'time of the text of a snowflake ID: time decoder for pg_partman';

--
-- IDs as short text.  Not leakproof: error messages show the argument.
--

CREATE FUNCTION snowflake_encode(id bigint, encoding text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_encode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_encode(bigint, text) IS
'text of a snowflake ID in base62, base58, base32 or hex, of fixed length and sorting like the ID';

CREATE FUNCTION snowflake_decode(encoded text, encoding text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_decode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake_decode(text, text) IS
'snowflake ID of a text in base62, base58, base32 or hex';

--
-- Planning: the capacity of a layout, which layout to choose, and the formats
-- that an ID of unknown origin may have.  Functions that depend on the current
-- time are STABLE.
--

CREATE FUNCTION snowflake_capacity(layout snowflake_layout,
	OUT specification text,
	OUT tick interval,
	OUT ids_per_tick bigint,
	OUT ids_per_second numeric,
	OUT nodes bigint,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT negative_from timestamptz,
	OUT years_left numeric,
	OUT time_used numeric)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_capacity'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_capacity(snowflake_layout) IS
'number of IDs a layout has room for, on how many nodes and for how long';

CREATE FUNCTION snowflake_capacity(
	OUT specification text,
	OUT tick interval,
	OUT ids_per_tick bigint,
	OUT ids_per_second numeric,
	OUT nodes bigint,
	OUT starts_at timestamptz,
	OUT ends_at timestamptz,
	OUT negative_from timestamptz,
	OUT years_left numeric,
	OUT time_used numeric)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake_capacity_own'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_capacity() IS
'the same for the server''s layout';

CREATE FUNCTION snowflake_layout_presets(
	OUT name text,
	OUT used_by text,
	OUT layout snowflake_layout)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_layout_presets'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 ROWS 33;

COMMENT ON FUNCTION snowflake_layout_presets() IS
'named layouts; see the view snowflake_layouts';

CREATE VIEW snowflake_layouts AS
	SELECT p.name, p.used_by, c.specification, c.tick, c.ids_per_tick, c.ids_per_second, c.nodes,
		c.starts_at, c.ends_at, c.negative_from, c.years_left, c.time_used, p.layout
	FROM snowflake_layout_presets() p, snowflake_capacity(p.layout) c;

COMMENT ON VIEW snowflake_layouts IS
'named layouts, the systems that use them, and their capacity';

GRANT SELECT ON snowflake_layouts TO PUBLIC;

CREATE FUNCTION snowflake_plan(ids_per_second numeric, nodes integer, years integer,
	OUT rank integer,
	OUT layout snowflake_layout,
	OUT suits boolean,
	OUT margin numeric,
	OUT makes_per_second bigint,
	OUT has_nodes bigint,
	OUT lasts_until timestamptz,
	OUT reason text,
	OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_snowflake_plan'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 36;

COMMENT ON FUNCTION snowflake_plan(numeric, integer, integer) IS
'layouts with room for the given IDs per second on each node, nodes and years, the best first, and why others do not suit';

CREATE FUNCTION snowflake_inspect(id bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_inspect(bigint) IS
'inspects an ID of unknown origin: the layouts that it may have, the most plausible first, and a picture of its bits';

CREATE FUNCTION snowflake_inspect(id text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_text'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION snowflake_inspect(text) IS
'the same for the text of an ID, up to 2^64 - 1';

CREATE FUNCTION snowflake_inspect(id bigint, layout snowflake_layout)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_layout'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_inspect(bigint, snowflake_layout) IS
'picture of the bits of an ID in a layout, and their meaning';

CREATE FUNCTION snowflake_inspect(id text, layout snowflake_layout)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_snowflake_inspect_text_layout'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION snowflake_inspect(text, snowflake_layout) IS
'the same for the text of an ID, up to 2^64 - 1';

--
-- UUIDs of RFC 9562.  The signatures of uuidv4 and uuidv7 are those of
-- PostgreSQL 18, where PostgreSQL's own functions are found first unless ours
-- are called with their schema; their comments are at the end.
--

CREATE FUNCTION uuidv4()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv4'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7(shift interval)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_interval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

CREATE FUNCTION uuidv7_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_at(timestamptz) IS
'UUID version 7 with the given time, to the microsecond, and otherwise random, for backdating';

CREATE FUNCTION uuidv7_sequential()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_sequential() IS
'generates a UUID version 7 that is greater than those of all statements that have ended on this server, also before a restart or failover';

CREATE FUNCTION uuidv1()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1() IS
'generates a UUID version 1: time in units of 100 ns, clock sequence, and the node that idgen.uuid_node selects';

CREATE FUNCTION uuidv6()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6() IS 'generates a UUID version 6: like version 1, but sorting by time';

CREATE FUNCTION uuidv1_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1_at(timestamptz) IS
'UUID version 1 with the given time, to the microsecond, and otherwise random, for backdating';

CREATE FUNCTION uuidv6_at(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_at(timestamptz) IS
'UUID version 6 with the given time, to the microsecond, and otherwise random, for backdating';

--
-- Reading UUIDs.  For UUIDs without a time, such as version 4, other variants,
-- nil and max, the result is NULL, as in uuid_extract_timestamp() of
-- PostgreSQL 17.
--

CREATE FUNCTION uuid_timestamp(id uuid, with_fraction boolean)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_timestamp(uuid, boolean) IS
'time of a UUID of version 1, 6 or 7; with_fraction includes the fraction of a millisecond that version 7 can contain';

-- A literal or a parameter without a type is taken as a text here.  Without
-- this function it would be taken as a second UUID of the variadic one below.
CREATE FUNCTION uuid_timestamp(id uuid, with_fraction text)
RETURNS timestamptz
IMMUTABLE STRICT PARALLEL SAFE
RETURN uuid_timestamp(id, with_fraction::boolean);

COMMENT ON FUNCTION uuid_timestamp(uuid, text) IS
'the same, for a literal or a parameter without a type';

CREATE FUNCTION uuid_timestamp_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_timestamp_support(internal) IS
'planner support for uuid_timestamp() of one UUID';

-- TimescaleDB has a uuid_timestamp(uuid), and so have many applications.  If
-- two functions match a call equally well, PostgreSQL calls the one that is
-- not variadic.  So if theirs is in the same schema, it is still called,
-- whichever was created first.
CREATE FUNCTION uuid_timestamp(VARIADIC id uuid[])
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_uuid_timestamp_ms'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
SUPPORT uuid_timestamp_support;

COMMENT ON FUNCTION uuid_timestamp(uuid[]) IS
'time of one UUID of version 1, 6 or 7; that of version 7 is in milliseconds';

--
-- It is VARIADIC because others have a uuid_version(uuid), for example
-- TimescaleDB.  If both are in one schema, PostgreSQL calls theirs, and the two
-- can be created in any order.
--

CREATE FUNCTION uuid_version(VARIADIC id uuid[])
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_uuid_version'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_version(VARIADIC uuid[]) IS
'version of one UUID, or NULL if its variant is not that of RFC 9562';

CREATE FUNCTION uuid_inspect(id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_inspect'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION uuid_inspect(uuid) IS
'inspects a UUID: version, variant, time, node, sequence, and a picture of its fields';

CREATE FUNCTION uuidv1_to_v6(id uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv1_to_v6'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv1_to_v6(uuid) IS
'converts a UUID of version 1 to version 6, with the same time, clock sequence and node';

CREATE FUNCTION uuidv6_to_v1(id uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_to_v1'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_to_v1(uuid) IS
'converts a UUID of version 6 to version 1, with the same time, clock sequence and node';

--
-- The least and the greatest UUID of an index.  They are not called min and
-- max, because PostgreSQL 20 has these, and many databases have their own.
--

CREATE FUNCTION uuid_lesser_of(uuid, uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_ulid_smaller'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_lesser_of(uuid, uuid) IS 'lesser of two';

CREATE FUNCTION uuid_greater_of(uuid, uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_ulid_larger'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_greater_of(uuid, uuid) IS 'greater of two';

CREATE AGGREGATE uuid_least(uuid) (
	SFUNC = uuid_lesser_of,
	STYPE = uuid,
	COMBINEFUNC = uuid_lesser_of,
	SORTOP = OPERATOR(pg_catalog.<),
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE uuid_least(uuid) IS 'least UUID of all input values; uses an index';

CREATE AGGREGATE uuid_greatest(uuid) (
	SFUNC = uuid_greater_of,
	STYPE = uuid,
	COMBINEFUNC = uuid_greater_of,
	SORTOP = OPERATOR(pg_catalog.>),
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE uuid_greatest(uuid) IS 'greatest UUID of all input values; uses an index';

--
-- UUIDs as short text, and as TypeIDs.  Not leakproof: error messages show the
-- argument.
--

CREATE FUNCTION uuid_encode(id uuid, encoding text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_encode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_encode(uuid, text) IS
'text of a UUID in base62, base58, base32 or hex, of fixed length and sorting like the UUID';

CREATE FUNCTION uuid_decode(encoded text, encoding text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode(text, text) IS
'UUID of a text in base62, base58, base32 or hex';

CREATE FUNCTION uuid_encode_typeid(id uuid, prefix text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_encode_typeid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_encode_typeid(uuid, text) IS
'TypeID of a UUID: a prefix, which may be empty, and 26 digits of base32';

CREATE FUNCTION uuid_decode_typeid(typeid text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode_typeid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode_typeid(text) IS
'UUID of a TypeID with any prefix';

CREATE FUNCTION uuid_decode_typeid(typeid text, prefix text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuid_decode_typeid_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_decode_typeid(text, text) IS
'UUID of a TypeID with the given prefix; any other prefix is an error';

CREATE FUNCTION uuid_typeid_prefix(typeid text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_uuid_typeid_prefix'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_typeid_prefix(text) IS
'prefix of a TypeID';

--
-- Extended Snowflakes: ns, node and sequence in a uuid.  They are not UUIDs of
-- RFC 9562.
--

CREATE FUNCTION snowflake128_nextval()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_nextval() IS
'generates the next extended snowflake ID: 64 bits of ns, 48 of node, 16 of sequence; greater than those of all statements that have ended';

CREATE FUNCTION snowflake128_parse(id uuid,
	OUT created_at timestamptz,
	OUT nanoseconds integer,
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT sequence integer)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_snowflake128_parse'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_parse(uuid) IS
'fields of an extended snowflake ID; nanoseconds holds the digits that created_at cannot';

--
-- The type ulid.  It has the bytes of a uuid and its comparison functions, but
-- operators of its own: those of uuid would read the literal in "id =
-- '01ARZ...'" as a UUID.  The casts between the two are binary coercible.  They
-- are not implicit, so that functions of UUIDs do not accept a ULID, and a
-- comparison of the two is an error and does not silently lose the index.
--

CREATE TYPE ulid;

COMMENT ON TYPE ulid IS
'ULID: 48 bits of milliseconds and 80 random bits, shown as 26 digits of base32 that sort like the bytes';

CREATE FUNCTION ulid_in(cstring)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_in(cstring) IS 'I/O';

CREATE FUNCTION ulid_out(ulid)
RETURNS cstring
AS 'MODULE_PATHNAME', 'idgen_ulid_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_out(ulid) IS 'I/O';

CREATE FUNCTION ulid_recv(internal)
RETURNS ulid
AS 'uuid_recv'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_recv(internal) IS 'I/O';

CREATE FUNCTION ulid_send(ulid)
RETURNS bytea
AS 'uuid_send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_send(ulid) IS 'I/O';

CREATE TYPE ulid (
	INPUT = ulid_in,
	OUTPUT = ulid_out,
	RECEIVE = ulid_recv,
	SEND = ulid_send,
	LIKE = pg_catalog.uuid
);

CREATE CAST (ulid AS uuid) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (ulid AS uuid) IS 'the same bytes';

CREATE CAST (uuid AS ulid) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (uuid AS ulid) IS 'the same bytes';

-- A parameter or a column of type text can be assigned; PostgreSQL's own
-- conversion would need an explicit cast.
CREATE CAST (text AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (text AS ulid) IS 'for drivers that send text';

CREATE CAST (varchar AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (varchar AS ulid) IS 'like the cast from text';

CREATE CAST (character AS ulid) WITH INOUT AS ASSIGNMENT;

COMMENT ON CAST (character AS ulid) IS 'like the cast from text';

CREATE FUNCTION ulid_lt(ulid, ulid)
RETURNS boolean
AS 'uuid_lt'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_lt(ulid, ulid) IS 'implementation of < operator';

CREATE FUNCTION ulid_le(ulid, ulid)
RETURNS boolean
AS 'uuid_le'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_le(ulid, ulid) IS 'implementation of <= operator';

CREATE FUNCTION ulid_eq(ulid, ulid)
RETURNS boolean
AS 'uuid_eq'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_eq(ulid, ulid) IS 'implementation of = operator';

CREATE FUNCTION ulid_ge(ulid, ulid)
RETURNS boolean
AS 'uuid_ge'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_ge(ulid, ulid) IS 'implementation of >= operator';

CREATE FUNCTION ulid_gt(ulid, ulid)
RETURNS boolean
AS 'uuid_gt'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_gt(ulid, ulid) IS 'implementation of > operator';

CREATE FUNCTION ulid_ne(ulid, ulid)
RETURNS boolean
AS 'uuid_ne'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_ne(ulid, ulid) IS 'implementation of <> operator';

CREATE OPERATOR pg_catalog.< (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_lt,
	COMMUTATOR = OPERATOR(pg_catalog.>),
	NEGATOR = OPERATOR(pg_catalog.>=),
	RESTRICT = scalarltsel,
	JOIN = scalarltjoinsel
);

COMMENT ON OPERATOR pg_catalog.< (ulid, ulid) IS 'is less than';

CREATE OPERATOR pg_catalog.<= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_le,
	COMMUTATOR = OPERATOR(pg_catalog.>=),
	NEGATOR = OPERATOR(pg_catalog.>),
	RESTRICT = scalarlesel,
	JOIN = scalarlejoinsel
);

COMMENT ON OPERATOR pg_catalog.<= (ulid, ulid) IS 'is less than or equal to';

CREATE OPERATOR pg_catalog.= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_eq,
	COMMUTATOR = OPERATOR(pg_catalog.=),
	NEGATOR = OPERATOR(pg_catalog.<>),
	RESTRICT = eqsel,
	JOIN = eqjoinsel,
	HASHES,
	MERGES
);

COMMENT ON OPERATOR pg_catalog.= (ulid, ulid) IS 'equal';

CREATE OPERATOR pg_catalog.>= (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_ge,
	COMMUTATOR = OPERATOR(pg_catalog.<=),
	NEGATOR = OPERATOR(pg_catalog.<),
	RESTRICT = scalargesel,
	JOIN = scalargejoinsel
);

COMMENT ON OPERATOR pg_catalog.>= (ulid, ulid) IS 'is greater than or equal to';

CREATE OPERATOR pg_catalog.> (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_gt,
	COMMUTATOR = OPERATOR(pg_catalog.<),
	NEGATOR = OPERATOR(pg_catalog.<=),
	RESTRICT = scalargtsel,
	JOIN = scalargtjoinsel
);

COMMENT ON OPERATOR pg_catalog.> (ulid, ulid) IS 'is greater than';

CREATE OPERATOR pg_catalog.<> (
	LEFTARG = ulid,
	RIGHTARG = ulid,
	FUNCTION = ulid_ne,
	COMMUTATOR = OPERATOR(pg_catalog.<>),
	NEGATOR = OPERATOR(pg_catalog.=),
	RESTRICT = neqsel,
	JOIN = neqjoinsel
);

COMMENT ON OPERATOR pg_catalog.<> (ulid, ulid) IS 'not equal';

CREATE FUNCTION ulid_cmp(ulid, ulid)
RETURNS integer
AS 'uuid_cmp'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_cmp(ulid, ulid) IS 'less-equal-greater';

CREATE FUNCTION ulid_hash(ulid)
RETURNS integer
AS 'uuid_hash'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_hash(ulid) IS 'hash';

CREATE FUNCTION ulid_hash_extended(ulid, bigint)
RETURNS bigint
AS 'uuid_hash_extended'
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_hash_extended(ulid, bigint) IS 'hash';

CREATE OPERATOR CLASS ulid_ops
DEFAULT FOR TYPE ulid USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 ulid_cmp(ulid, ulid),
	FUNCTION 2 (ulid, ulid) pg_catalog.uuid_sortsupport(internal),
	FUNCTION 4 (ulid, ulid) pg_catalog.btequalimage(oid);

COMMENT ON OPERATOR CLASS ulid_ops USING btree IS 'order of ULIDs, the same as that of their times and texts';

COMMENT ON OPERATOR FAMILY ulid_ops USING btree IS 'order of ULIDs, the same as that of their times and texts';

CREATE OPERATOR CLASS ulid_ops
DEFAULT FOR TYPE ulid USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 ulid_hash(ulid),
	FUNCTION 2 ulid_hash_extended(ulid, bigint);

COMMENT ON OPERATOR CLASS ulid_ops USING hash IS 'hash of ULIDs';

COMMENT ON OPERATOR FAMILY ulid_ops USING hash IS 'hash of ULIDs';

CREATE OPERATOR CLASS ulid_minmax_ops
DEFAULT FOR TYPE ulid USING brin AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
	FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);

COMMENT ON OPERATOR CLASS ulid_minmax_ops USING brin IS 'least and greatest ULID of each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_minmax_ops USING brin IS 'least and greatest ULID of each range of blocks';

CREATE OPERATOR CLASS ulid_minmax_multi_ops
FOR TYPE ulid USING brin AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 pg_catalog.brin_minmax_multi_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_minmax_multi_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_minmax_multi_consistent(internal, internal, internal, integer),
	FUNCTION 4 pg_catalog.brin_minmax_multi_union(internal, internal, internal),
	FUNCTION 5 pg_catalog.brin_minmax_multi_options(internal),
	FUNCTION 11 (ulid, ulid) pg_catalog.brin_minmax_multi_distance_uuid(internal, internal);

COMMENT ON OPERATOR CLASS ulid_minmax_multi_ops USING brin IS 'a few ranges of ULIDs for each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_minmax_multi_ops USING brin IS 'a few ranges of ULIDs for each range of blocks';

CREATE OPERATOR CLASS ulid_bloom_ops
FOR TYPE ulid USING brin AS
	OPERATOR 1 =,
	FUNCTION 1 pg_catalog.brin_bloom_opcinfo(internal),
	FUNCTION 2 pg_catalog.brin_bloom_add_value(internal, internal, internal, internal),
	FUNCTION 3 pg_catalog.brin_bloom_consistent(internal, internal, internal, integer),
	FUNCTION 4 pg_catalog.brin_bloom_union(internal, internal, internal),
	FUNCTION 5 pg_catalog.brin_bloom_options(internal),
	FUNCTION 11 (ulid, ulid) ulid_hash(ulid);

COMMENT ON OPERATOR CLASS ulid_bloom_ops USING brin IS 'Bloom filter of ULIDs for each range of blocks';

COMMENT ON OPERATOR FAMILY ulid_bloom_ops USING brin IS 'Bloom filter of ULIDs for each range of blocks';

CREATE FUNCTION ulid_smaller(ulid, ulid)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_smaller'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_smaller(ulid, ulid) IS 'smaller of two';

CREATE FUNCTION ulid_larger(ulid, ulid)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_larger'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_larger(ulid, ulid) IS 'larger of two';

CREATE AGGREGATE min(ulid) (
	SFUNC = ulid_smaller,
	STYPE = ulid,
	COMBINEFUNC = ulid_smaller,
	SORTOP = <,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE min(ulid) IS 'minimum ULID of all input values';

CREATE AGGREGATE max(ulid) (
	SFUNC = ulid_larger,
	STYPE = ulid,
	COMBINEFUNC = ulid_larger,
	SORTOP = >,
	PARALLEL = SAFE
);

COMMENT ON AGGREGATE max(ulid) IS 'maximum ULID of all input values';

--
-- Times of ULIDs.  A timestamp without time zone is in UTC, so nothing depends
-- on TimeZone.
--

CREATE FUNCTION ulid_timestamp(id ulid)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_ulid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_timestamp(ulid) IS 'time of a ULID';

CREATE CAST (ulid AS timestamptz) WITH FUNCTION ulid_timestamp(ulid);

COMMENT ON CAST (ulid AS timestamptz) IS 'time of a ULID';

CREATE FUNCTION ulid_to_timestamp(ulid)
RETURNS timestamp
AS 'MODULE_PATHNAME', 'idgen_ulid_timestamp'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_to_timestamp(ulid) IS 'convert ulid to timestamp, in UTC';

CREATE CAST (ulid AS timestamp) WITH FUNCTION ulid_to_timestamp(ulid);

COMMENT ON CAST (ulid AS timestamp) IS 'time of a ULID, in UTC';

CREATE FUNCTION timestamptz_to_ulid(timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION timestamptz_to_ulid(timestamptz) IS 'least ULID of the millisecond that contains a timestamptz';

CREATE CAST (timestamptz AS ulid) WITH FUNCTION timestamptz_to_ulid(timestamptz) AS ASSIGNMENT;

COMMENT ON CAST (timestamptz AS ulid) IS 'least ULID of a millisecond';

CREATE FUNCTION timestamp_to_ulid(timestamp)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION timestamp_to_ulid(timestamp) IS 'least ULID of the millisecond that contains a timestamp, in UTC';

CREATE CAST (timestamp AS ulid) WITH FUNCTION timestamp_to_ulid(timestamp) AS ASSIGNMENT;

COMMENT ON CAST (timestamp AS ulid) IS 'least ULID of a millisecond, in UTC';

CREATE FUNCTION ulid_to_bytea(ulid)
RETURNS bytea
AS 'uuid_send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_to_bytea(ulid) IS 'convert ulid to bytea, its 16 bytes';

CREATE CAST (ulid AS bytea) WITH FUNCTION ulid_to_bytea(ulid);

COMMENT ON CAST (ulid AS bytea) IS 'the 16 bytes';

CREATE FUNCTION bytea_to_ulid(bytea)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_of_bytea'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bytea_to_ulid(bytea) IS 'convert bytea of 16 bytes to ulid';

CREATE CAST (bytea AS ulid) WITH FUNCTION bytea_to_ulid(bytea);

COMMENT ON CAST (bytea AS ulid) IS 'the 16 bytes';

--
-- Making ULIDs.
--

CREATE FUNCTION ulid()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid() IS
'generates a ULID: increasing within a backend, by a random step in the same millisecond, unless the clock is set back by more than 10 s';

CREATE FUNCTION ulids(count integer)
RETURNS ulid[]
AS 'MODULE_PATHNAME', 'idgen_ulids'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION ulids(integer) IS
'generates an array of count ULIDs, like ulid()';

CREATE FUNCTION ulid_random()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_random'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_random() IS
'generates a ULID of the current millisecond with 80 random bits, in no order within the millisecond';

CREATE FUNCTION ulid_monotonic()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_monotonic'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_monotonic() IS
'generates a ULID as the ULID specification defines it: in the same millisecond, one more than the last, so neighbors can be guessed';

CREATE FUNCTION ulid_at(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_at'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_at(timestamptz) IS
'ULID with the given time, to the millisecond, and otherwise random, for backdating';

CREATE FUNCTION ulid_sequential()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_sequential'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION ulid_sequential() IS
'generates a ULID that is greater than those of all statements that have ended on this server, also before a restart or failover';

--
-- Values of hybrid logical clocks.  Like snowflake, the type casts to bigint
-- implicitly and without a function, so operators, index support and
-- statistics are those of bigint.
--

CREATE TYPE hlc;

COMMENT ON TYPE hlc IS
'value of a hybrid logical clock: a bigint of 47 bits of milliseconds since 1970 and 16 bits of a count; a string in JSON';

CREATE FUNCTION hlc_in(cstring)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_in(cstring) IS 'I/O';

CREATE FUNCTION hlc_out(hlc)
RETURNS cstring
AS 'int8out'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_out(hlc) IS 'I/O';

CREATE FUNCTION hlc_recv(internal)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_recv(internal) IS 'I/O';

CREATE FUNCTION hlc_send(hlc)
RETURNS bytea
AS 'int8send'
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_send(hlc) IS 'I/O';

CREATE TYPE hlc (
	INPUT = hlc_in,
	OUTPUT = hlc_out,
	RECEIVE = hlc_recv,
	SEND = hlc_send,
	LIKE = pg_catalog.int8,
	CATEGORY = 'N'
);

CREATE CAST (hlc AS bigint) WITHOUT FUNCTION AS IMPLICIT;

COMMENT ON CAST (hlc AS bigint) IS 'the same number';

CREATE CAST (bigint AS hlc) WITHOUT FUNCTION AS ASSIGNMENT;

COMMENT ON CAST (bigint AS hlc) IS 'the same number, unchecked';

CREATE FUNCTION hlc_timestamp(value hlc)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_hlc_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_timestamp(hlc) IS 'time of a value of a hybrid logical clock, to the millisecond';

CREATE CAST (hlc AS timestamptz) WITH FUNCTION hlc_timestamp(hlc);

COMMENT ON CAST (hlc AS timestamptz) IS 'time of a value of a hybrid logical clock';

CREATE FUNCTION hlc_logical(value hlc)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_hlc_logical'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_logical(hlc) IS 'count of a value of a hybrid logical clock within its millisecond';

CREATE FUNCTION hlc_make(moment timestamptz, logical integer)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_make'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_make(timestamptz, integer) IS
'value of a hybrid logical clock with the given time and count';

CREATE FUNCTION hlc_lower_bound(moment timestamptz)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_lower_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_lower_bound(timestamptz) IS
'smallest value of a hybrid logical clock in the millisecond that contains a time';

CREATE FUNCTION hlc_upper_bound(moment timestamptz)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_upper_bound'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_upper_bound(timestamptz) IS
'largest value of a hybrid logical clock in the millisecond that contains a time; -1 before 1970';

--
-- The hybrid logical clock of this server.
--

CREATE FUNCTION hlc_now()
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_now'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_now() IS
'next value of the hybrid logical clock: above all that statements which have ended on this server got, also before a restart or failover';

CREATE FUNCTION hlc_update(remote hlc)
RETURNS hlc
AS 'MODULE_PATHNAME', 'idgen_hlc_update'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_update(hlc) IS
'the same as hlc_now(), and above a value that came from another clock, which is an error if it is further ahead than idgen.hlc_max_offset';

CREATE FUNCTION hlc_status(
	OUT last hlc,
	OUT ahead_of_clock interval,
	OUT max_offset interval,
	OUT refused bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_hlc_status'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_status() IS
'state of the hybrid logical clock since the server''s start: the last value, how far it is ahead of the system clock, how far others may be, and how many were refused';

CREATE FUNCTION hlc_stamp()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_hlc_stamp'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION hlc_stamp() IS
'trigger before INSERT or UPDATE that stamps the column that it names by the hybrid logical clock, and never with less than before';

--
-- Timestamps of TiDB, which a generator of layout "tso" issues.
--

CREATE FUNCTION tso_parse(tso bigint,
	OUT physical timestamptz,
	OUT logical integer)
RETURNS record
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT p.created_at, p.sequence FROM snowflake_parse(tso, 'tso'::snowflake_layout) p;
END;

COMMENT ON FUNCTION tso_parse(bigint) IS
'time and count of a timestamp of TiDB''s oracle, as TIDB_PARSE_TSO() and TIDB_PARSE_TSO_LOGICAL() have them';

--
-- Segments: numbers of a sequence, drawn by the range.  Like nextval(), these
-- need USAGE or UPDATE on the sequence.  Unlike it, they work in read-only
-- transactions and in parallel workers, and leave lastval() alone.
--

CREATE TABLE segment_options (
	sequence idgen_relation PRIMARY KEY,
	step bigint CHECK (step BETWEEN 1 AND 2147483647),
	order_by text NOT NULL CHECK (order_by IN ('statement', 'session')),
	grants boolean NOT NULL,
	free_list boolean NOT NULL);

COMMENT ON TABLE segment_options IS
'options of segments, as segment_configure() has set them; dumps contain them';

GRANT SELECT ON segment_options TO PUBLIC;

-- For pg_dump and restore by an owner of the database who is no superuser; the trigger looks at whose sequences rows name.
GRANT INSERT ON segment_options TO pg_database_owner;

-- Not those of sequences that have been dropped, or are of extensions.
SELECT pg_catalog.pg_extension_config_dump('segment_options', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_options FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_options ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_options FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

ALTER TABLE segment_options ENABLE ALWAYS TRIGGER restore;

CREATE TABLE segment_grants (
	sequence idgen_relation NOT NULL,
	range int8range NOT NULL,
	granted_at timestamptz NOT NULL,
	role text NOT NULL,
	application text NOT NULL,
	address inet);

-- There is no key, and so rows could not be deleted while all tables are published.
ALTER TABLE segment_grants REPLICA IDENTITY FULL;

COMMENT ON TABLE segment_grants IS
'ranges that segment_take() has handed on, for segments with the option grants; dumps contain them';

GRANT SELECT, INSERT ON segment_grants TO pg_database_owner;

SELECT pg_catalog.pg_extension_config_dump('segment_grants', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_grants FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_grants ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_grants FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

ALTER TABLE segment_grants ENABLE ALWAYS TRIGGER restore;

CREATE TABLE segment_roots (
	sequence idgen_relation PRIMARY KEY,
	roots text[] NOT NULL,
	counter text NOT NULL,
	skip bigint);

COMMENT ON TABLE segment_roots IS
'roots of segments that are not on this server, as segment_set_roots() has named them; dumps contain them';

GRANT SELECT, INSERT ON segment_roots TO pg_database_owner;

SELECT pg_catalog.pg_extension_config_dump('segment_roots', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = sequence AND c.relkind = ''S'')');

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_roots FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_roots ENABLE ALWAYS TRIGGER ignore_published;

CREATE TRIGGER restore BEFORE INSERT ON segment_roots FOR EACH ROW EXECUTE FUNCTION idgen_restore_row('superuser');

ALTER TABLE segment_roots ENABLE ALWAYS TRIGGER restore;

-- Not in dumps: what a dump has may be taken after it was made.
CREATE TABLE segment_free (
	sequence idgen_relation PRIMARY KEY,
	file oid NOT NULL,
	timeline integer NOT NULL,
	free int8multirange NOT NULL);

COMMENT ON TABLE segment_free IS
'ranges that servers below a root have given back to it, for segments with the option free_list; of one file of the sequence and one timeline of the server';

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON segment_free FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE segment_free ENABLE ALWAYS TRIGGER ignore_published;

CREATE FUNCTION segment_set_roots(
	sequence regclass,
	roots text[],
	counter text DEFAULT NULL,
	skip bigint DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_segment_set_roots'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_set_roots(regclass, text[], text, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_set_roots(regclass, text[], text, bigint) IS
'names the servers or stores that a segment takes its numbers from, in the order in which they are tried; none: this server';

CREATE FUNCTION segment_create_counter(store text, counter text, next bigint DEFAULT 1)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_segment_create_counter'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;

REVOKE ALL ON FUNCTION segment_create_counter(text, text, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_create_counter(text, text, bigint) IS
'creates a counter in etcd, ZooKeeper or Redis that segments can take numbers from; false if it exists';

CREATE FUNCTION segment_configure(
	sequence regclass,
	step bigint DEFAULT NULL,
	order_by text DEFAULT NULL,
	grants boolean DEFAULT NULL,
	free_list boolean DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_segment_configure'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 100;

COMMENT ON FUNCTION segment_configure(regclass, bigint, text, boolean, boolean) IS
'sets options of a segment; those that are null remain as they are';

CREATE FUNCTION segment_nextval(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval(regclass) IS
'draws the next number of a segment: strictly increasing within a session, not gapless';

CREATE FUNCTION segment_nextvals(sequence regclass, count integer)
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'idgen_segment_nextvals'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

COMMENT ON FUNCTION segment_nextvals(regclass, integer) IS
'draws the next count numbers of a segment, an array in increasing order';

CREATE FUNCTION segment_next_block(sequence regclass, size integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_next_block'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_next_block(regclass, integer) IS
'draws size numbers of a segment in a row and returns the first';

CREATE FUNCTION segment_take(sequence regclass, count bigint)
RETURNS int8range
AS 'MODULE_PATHNAME', 'idgen_segment_take'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_take(regclass, bigint) IS
'draws a range of count numbers of a segment, to hand them on';

CREATE FUNCTION segment_grant(sequence regclass, count bigint, OUT range int8range, OUT token bigint, OUT epoch bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_segment_grant'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_grant(regclass, bigint) IS
'draws a range of count numbers of a segment for a server below, with the token and the epoch by which that can give its end back';

CREATE FUNCTION segment_take_back(sequence regclass, first bigint, last bigint, token bigint, epoch bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_segment_take_back'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_take_back(regclass, bigint, bigint, bigint, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_take_back(regclass, bigint, bigint, bigint, bigint) IS
'takes back the end of a range that segment_grant() has handed on and nobody has used, for servers below; "taken back", "listed", or null if it is refused';

CREATE FUNCTION segment_take_free(sequence regclass, at_least bigint, at_most bigint, OUT range int8range, OUT epoch bigint)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_segment_take_free'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100;

REVOKE ALL ON FUNCTION segment_take_free(regclass, bigint, bigint) FROM PUBLIC;

COMMENT ON FUNCTION segment_take_free(regclass, bigint, bigint) IS
'takes at_least to at_most numbers in a row of the free list of a segment, for servers below; they may be used when the transaction has been committed';

CREATE FUNCTION segment_nextval_strict(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_strict'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION segment_nextval_strict(regclass) IS
'takes a number from the root of a segment: above every number that had been returned anywhere before the call began';

CREATE FUNCTION segment_take_strict(sequence regclass, count bigint)
RETURNS int8range
AS 'MODULE_PATHNAME', 'idgen_segment_take_strict'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION segment_take_strict(regclass, bigint) IS
'takes a range of count numbers from the root of a segment: above every number that had been returned anywhere before the call began';

CREATE FUNCTION segment_return(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_return'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100;

REVOKE ALL ON FUNCTION segment_return(regclass) FROM PUBLIC;

COMMENT ON FUNCTION segment_return(regclass) IS
'gives numbers that this server has taken and not used back to the root, if nobody has taken any since, and returns how many';

CREATE FUNCTION idgen_get_segments(
	OUT sequence regclass,
	OUT root text,
	OUT chunk int8range,
	OUT next bigint,
	OUT reserve int8range,
	OUT step bigint,
	OUT rate double precision,
	OUT taken bigint,
	OUT issued bigint,
	OUT wasted bigint,
	OUT returned bigint,
	OUT refills bigint,
	OUT waits bigint,
	OUT runway double precision,
	OUT last_error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_segments'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_segments() IS
'segments of this database that have been used; see the view segments';

CREATE VIEW segments AS
	SELECT sequence, root, chunk, next, reserve, step, rate, taken, issued, wasted, returned, refills, waits, runway, last_error
	FROM idgen_get_segments();

COMMENT ON VIEW segments IS
'segments of this database that have been used since the server started: what is left here, and what became of their numbers; those of sequences that the role may read or use, or all with pg_read_all_stats';

GRANT SELECT ON segments TO PUBLIC;

CREATE FUNCTION idgen_get_segment_roots(
	OUT sequence regclass,
	OUT root integer,
	OUT address text,
	OUT counter text,
	OUT is_used boolean,
	OUT failures integer,
	OUT is_open boolean,
	OUT last_taken bigint,
	OUT last_error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_segment_roots'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_segment_roots() IS
'roots of segments of this database that are elsewhere; see the view segment_root_states';

CREATE VIEW segment_root_states AS
	SELECT sequence, root, address, counter, is_used, failures, is_open, last_taken, last_error
	FROM idgen_get_segment_roots();

COMMENT ON VIEW segment_root_states IS
'roots elsewhere of segments that have asked them since the server started: which one is used, failures in a row, whether it is left alone for a while, the last number taken from it; for pg_read_all_stats';

GRANT SELECT ON segment_root_states TO PUBLIC;

--
-- Numbers with their bits in reverse order, so that those that follow each
-- other are far apart.
--

CREATE FUNCTION bit_reverse(number bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_bit_reverse_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bit_reverse(bigint) IS
'the lower 63 bits of a number that is not negative in reverse order; reversed twice, it is itself';

CREATE FUNCTION bit_reverse(number integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_bit_reverse_int4'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION bit_reverse(integer) IS
'the lower 31 bits of a number that is not negative in reverse order; reversed twice, it is itself';

--
-- The shard or the node of a key.  What these functions return never changes,
-- so tables can be partitioned by it.
--

CREATE FUNCTION shard_of(key bigint, shards integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_shard_of_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION shard_of(bigint, integer) IS
'shard of a key, 0 to shards - 1, by jump consistent hashing: when a shard is added at the end, only the keys that it gets move';

CREATE FUNCTION shard_of(key bigint, nodes text[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(bigint, text[]) IS
'node of a key, by rendezvous hashing: when a node is added or removed, only the keys that it gets or had move';

CREATE FUNCTION shard_of(key bigint, nodes text[], weights float8[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_int8'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(bigint, text[], float8[]) IS
'node of a key, by rendezvous hashing, where nodes get keys in proportion to their weights';

CREATE FUNCTION shard_of(key text, shards integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_shard_of_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION shard_of(text, integer) IS
'shard of a key, 0 to shards - 1, by jump consistent hashing: when a shard is added at the end, only the keys that it gets move';

CREATE FUNCTION shard_of(key text, nodes text[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(text, text[]) IS
'node of a key, by rendezvous hashing: when a node is added or removed, only the keys that it gets or had move';

CREATE FUNCTION shard_of(key text, nodes text[], weights float8[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(text, text[], float8[]) IS
'node of a key, by rendezvous hashing, where nodes get keys in proportion to their weights';

CREATE FUNCTION shard_of(key uuid, shards integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_shard_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION shard_of(uuid, integer) IS
'shard of a key, 0 to shards - 1, by jump consistent hashing: when a shard is added at the end, only the keys that it gets move';

CREATE FUNCTION shard_of(key uuid, nodes text[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(uuid, text[]) IS
'node of a key, by rendezvous hashing: when a node is added or removed, only the keys that it gets or had move';

CREATE FUNCTION shard_of(key uuid, nodes text[], weights float8[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(uuid, text[], float8[]) IS
'node of a key, by rendezvous hashing, where nodes get keys in proportion to their weights';

CREATE FUNCTION shard_of(key ulid, shards integer)
RETURNS integer
AS 'MODULE_PATHNAME', 'idgen_shard_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION shard_of(ulid, integer) IS
'shard of a key, 0 to shards - 1, by jump consistent hashing: when a shard is added at the end, only the keys that it gets move';

CREATE FUNCTION shard_of(key ulid, nodes text[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(ulid, text[]) IS
'node of a key, by rendezvous hashing: when a node is added or removed, only the keys that it gets or had move';

CREATE FUNCTION shard_of(key ulid, nodes text[], weights float8[])
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_node_of_uuid'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION shard_of(ulid, text[], float8[]) IS
'node of a key, by rendezvous hashing, where nodes get keys in proportion to their weights';

--
-- Keys, and IDs that are concealed with them.  Nobody is granted anything on the
-- table, and its rows are not marked for dumps, which would contain the keys; see
-- docs/concealing.md.  Functions that use a key read this table, so they are
-- STABLE; they are not leakproof, because their errors show IDs.
--

CREATE TABLE idgen_key_secrets (
	name text COLLATE pg_catalog."C" PRIMARY KEY,
	owner oid NOT NULL,
	created_at timestamptz NOT NULL,
	secret bytea NOT NULL
);

REVOKE ALL ON idgen_key_secrets FROM PUBLIC;

COMMENT ON TABLE idgen_key_secrets IS
'keys of id_conceal(), which nobody but superusers can see; not in dumps, so copy them: see docs/concealing.md';

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON idgen_key_secrets FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE idgen_key_secrets ENABLE ALWAYS TRIGGER ignore_published;

CREATE VIEW idgen_keys WITH (security_barrier) AS
	SELECT name AS key, pg_catalog.pg_get_userbyid(owner) AS owner, created_at
	FROM idgen_key_secrets
	WHERE pg_catalog.pg_has_role(owner, 'USAGE');

COMMENT ON VIEW idgen_keys IS
'names of the keys of id_conceal() that the current user may use';

GRANT SELECT ON idgen_keys TO PUBLIC;

CREATE FUNCTION idgen_create_key(key text, owner name)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_create_key'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_create_key(text, name) IS
'makes a random key for id_conceal(); if the key is lost, what it concealed cannot be revealed, and dumps do not contain it';

REVOKE ALL ON FUNCTION idgen_create_key(text, name) FROM PUBLIC;

CREATE FUNCTION idgen_drop_key(key text)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_drop_key'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_drop_key(text) IS
'drops a key of id_conceal(): what it concealed cannot be revealed any more';

REVOKE ALL ON FUNCTION idgen_drop_key(text) FROM PUBLIC;

CREATE FUNCTION id_conceal(id bigint, key text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_conceal'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_conceal(bigint, text) IS
'ID as a number that shows nothing of it to those who lack the key; another for each ID';

REVOKE ALL ON FUNCTION id_conceal(bigint, text) FROM PUBLIC;

CREATE FUNCTION id_conceal(id bigint, key text, first bigint, last bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_conceal_in_range'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_conceal(bigint, text, bigint, bigint) IS
'ID as a number that shows nothing of it to those who lack the key; another for each ID, where both are in a range of at least 1000000 numbers';

REVOKE ALL ON FUNCTION id_conceal(bigint, text, bigint, bigint) FROM PUBLIC;

CREATE FUNCTION id_conceal(id bigint, key text, first bigint, last bigint, allow_small boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_conceal_in_range'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_conceal(bigint, text, bigint, bigint, boolean) IS
'ID as a number that shows nothing of it to those who lack the key; another for each ID, where both are in a range, also of fewer numbers if that is allowed';

REVOKE ALL ON FUNCTION id_conceal(bigint, text, bigint, bigint, boolean) FROM PUBLIC;

CREATE FUNCTION id_reveal(id bigint, key text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_reveal'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_reveal(bigint, text) IS
'the ID that id_conceal() made this number of';

REVOKE ALL ON FUNCTION id_reveal(bigint, text) FROM PUBLIC;

CREATE FUNCTION id_reveal(id bigint, key text, first bigint, last bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_reveal_in_range'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_reveal(bigint, text, bigint, bigint) IS
'the ID that id_conceal() made this number of, where both are in a range of at least 1000000 numbers';

REVOKE ALL ON FUNCTION id_reveal(bigint, text, bigint, bigint) FROM PUBLIC;

CREATE FUNCTION id_reveal(id bigint, key text, first bigint, last bigint, allow_small boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_id_reveal_in_range'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION id_reveal(bigint, text, bigint, bigint, boolean) IS
'the ID that id_conceal() made this number of, where both are in a range, also of fewer numbers if that is allowed';

REVOKE ALL ON FUNCTION id_reveal(bigint, text, bigint, bigint, boolean) FROM PUBLIC;

--
-- Sequences of several servers that issue numbers in turns: node 3 of 16 issues
-- those that leave 3 when divided by 16.
--

CREATE FUNCTION sequence_interleave(sequence regclass, node integer, nodes integer)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION sequence_interleave(regclass, integer, integer) IS
'alters a sequence to issue, from its next number on, those numbers that leave node when divided by nodes; returns the next one';

CREATE FUNCTION sequence_interleave(sequence regclass, node integer, nodes integer, above bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION sequence_interleave(regclass, integer, integer, bigint) IS
'alters a sequence to issue, above a number that no node has reached, those that leave node when divided by nodes; returns the next one';

CREATE FUNCTION sequence_interleave_plan(
	sequence text, last bigint[], nodes integer, new_nodes integer, margin bigint,
	OUT step integer,
	OUT node integer,
	OUT command text,
	OUT barrier bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave_plan'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;

COMMENT ON FUNCTION sequence_interleave_plan(text, bigint[], integer, integer, bigint) IS
'commands that change by how many nodes a sequence is interleaved, from the last number of each; a step begins when the one before is done on all nodes';

CREATE FUNCTION sequence_interleave_check(
	sequence regclass, node integer, nodes integer,
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_sequence_interleave_check'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10 ROWS 1;

COMMENT ON FUNCTION sequence_interleave_check(regclass, integer, integer) IS
'reports what could make a sequence issue numbers of another node, and what to do about it; no rows if there is nothing';

--
-- Lamport clocks: a segment is the clock, and each number that is drawn an event.
--

CREATE FUNCTION lamport_tick(name regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_tick'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_tick(regclass) IS
'next value of a Lamport clock, a sequence: above all that statements which have ended on this server got, also before a restart';

CREATE FUNCTION lamport_update(name regclass, remote bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_update'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_update(regclass, bigint) IS
'the same as lamport_tick(), and above a value that came from another clock, which is an error if it is further ahead than idgen.lamport_max_jump';

CREATE FUNCTION lamport_now(name regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_lamport_now'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION lamport_now(regclass) IS
'value of a Lamport clock, which no event of this server is above; null before the first event';

--
-- Scattered segments: the numbers of a segment with their bits reversed.
--

CREATE FUNCTION segment_nextval_scattered(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_scattered'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval_scattered(regclass) IS
'draws the next number of a segment and reverses its bits, as bit_reverse() does, so that numbers are far from each other';

CREATE FUNCTION segment_nextval_scattered(sequence regclass, skip_first bigint, skip_last bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_nextval_scattered'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_nextval_scattered(regclass, bigint, bigint) IS
'the same, but never a number from skip_first to skip_last, such as those that a table has already';

CREATE FUNCTION segment_scattered_state(sequence regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_segment_scattered_state'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION segment_scattered_state(regclass) IS
'number of a segment, before its bits are reversed, up to which this server has drawn; null before the first';

--
-- IDs of layout "hybrid": a slab, which is a number of a segment, and seconds and a
-- count within it.
--

CREATE FUNCTION slab_nextval(slabs regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_slab_nextval'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION slab_nextval(regclass) IS
'draws the next ID of layout "hybrid", in a slab that this server draws from a sequence, and another one after 65536 seconds or a restart';

--
-- Series of IDs for tests: with the same arguments they are the same, on every
-- server.  Not leakproof, because times out of range are errors.
--

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series'
LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval) IS
'snowflake IDs of count times, which begin at start and increase by step, for tests';

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval, layout snowflake_layout)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval, snowflake_layout) IS
'the same in the given layout';

CREATE FUNCTION snowflake_series(start timestamptz, count integer, step interval, worker_id integer, datacenter_id integer, layout snowflake_layout)
RETURNS SETOF bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_series_of_node'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION snowflake_series(timestamptz, integer, interval, integer, integer, snowflake_layout) IS
'the same with the given node';

CREATE FUNCTION uuidv4_series(count integer, seed bigint)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv4_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION uuidv4_series(integer, bigint) IS
'UUIDs of version 4, the same for the same seed, for tests';

CREATE FUNCTION uuidv7_series(start timestamptz, count integer, step interval, seed bigint)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION uuidv7_series(timestamptz, integer, interval, bigint) IS
'UUIDs of version 7 of count times, in increasing order, the same for the same seed, for tests';

CREATE FUNCTION ulid_series(start timestamptz, count integer, step interval, seed bigint)
RETURNS SETOF ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_series'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;

COMMENT ON FUNCTION ulid_series(timestamptz, integer, interval, bigint) IS
'ULIDs of count times, in increasing order, the same for the same seed, for tests';

--
-- Times as bounds on 128-bit IDs that increase with their time, and predicates
-- on ranges, which the planner replaces by comparisons with bounds.  Before the
-- first and past the last time, bounds are the least and the greatest value.
-- So nothing is an error, and all of these are leakproof.
--

CREATE FUNCTION uuid_predicate_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_uuid_predicate_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION uuid_predicate_support(internal) IS 'planner support for uuidv7_created_in and similar functions';

CREATE FUNCTION uuidv7_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_lower_bound(timestamptz) IS
'least UUID version 7 of the millisecond that contains a time';

CREATE FUNCTION uuidv7_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_upper_bound(timestamptz) IS
'greatest UUID version 7 of the millisecond that contains a time';

CREATE FUNCTION uuidv7_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_first_in_range(tstzrange) IS 'least UUID version 7 whose time is in a range';

CREATE FUNCTION uuidv7_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv7_last_in_range(tstzrange) IS 'greatest UUID version 7 whose time is in a range';

CREATE FUNCTION uuidv7_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuidv7_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION uuidv7_created_in(uuid, tstzrange) IS
'tests whether the time of a UUID version 7 is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv6_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_lower_bound(timestamptz) IS
'least UUID version 6 of the microsecond that contains a time';

CREATE FUNCTION uuidv6_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_upper_bound(timestamptz) IS
'greatest UUID version 6 of the microsecond that contains a time';

CREATE FUNCTION uuidv6_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_first_in_range(tstzrange) IS 'least UUID version 6 whose time is in a range';

CREATE FUNCTION uuidv6_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv6_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuidv6_last_in_range(tstzrange) IS 'greatest UUID version 6 whose time is in a range';

CREATE FUNCTION uuidv6_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuidv6_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION uuidv6_created_in(uuid, tstzrange) IS
'tests whether the time of a UUID version 6 is in a range; uses indexes on the ID';

CREATE FUNCTION ulid_lower_bound(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_lower_bound(timestamptz) IS 'least ULID of the millisecond that contains a time';

CREATE FUNCTION ulid_upper_bound(moment timestamptz)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_upper_bound(timestamptz) IS 'greatest ULID of the millisecond that contains a time';

CREATE FUNCTION ulid_first_in_range(range tstzrange)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_first_in_range(tstzrange) IS 'least ULID whose time is in a range';

CREATE FUNCTION ulid_last_in_range(range tstzrange)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION ulid_last_in_range(tstzrange) IS 'greatest ULID whose time is in a range';

CREATE FUNCTION ulid_created_in(id ulid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_ulid_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION ulid_created_in(ulid, tstzrange) IS 'tests whether the time of a ULID is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake128_lower_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_lower_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_lower_bound(timestamptz) IS
'least extended snowflake ID of the microsecond that contains a time';

CREATE FUNCTION snowflake128_upper_bound(moment timestamptz)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_upper_bound'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_upper_bound(timestamptz) IS
'greatest extended snowflake ID of the microsecond that contains a time';

CREATE FUNCTION snowflake128_first_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_first_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_first_in_range(tstzrange) IS
'least extended snowflake ID whose time is in a range';

CREATE FUNCTION snowflake128_last_in_range(range tstzrange)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_snowflake128_last_in_range'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION snowflake128_last_in_range(tstzrange) IS
'greatest extended snowflake ID whose time is in a range';

CREATE FUNCTION snowflake128_created_in(id uuid, range tstzrange)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_snowflake128_created_in'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE
SUPPORT uuid_predicate_support;

COMMENT ON FUNCTION snowflake128_created_in(uuid, tstzrange) IS
'tests whether the time of an extended snowflake ID is in a range; uses indexes on the ID';

--
-- For columns with more than one kind of ID.  A condition on time is a pair of
-- bounds, and values of another kind may lie within them by chance.  The
-- functions are SQL functions and are inlined; the condition on time is
-- replaced by its bounds as usual.
--

CREATE FUNCTION uuid_has_version(id uuid, version integer)
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_uuid_has_version'
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;

COMMENT ON FUNCTION uuid_has_version(uuid, integer) IS
'tests whether a UUID has the variant of RFC 9562 and the given version';

CREATE FUNCTION snowflake_issued_in(id bigint, range tstzrange, first bigint)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN snowflake_created_in(id, range) AND id >= first;

COMMENT ON FUNCTION snowflake_issued_in(bigint, tstzrange, bigint) IS
'tests whether a number is not below a given first snowflake ID and its time is in a range; uses indexes on the ID';

CREATE FUNCTION snowflake_issued_in(id bigint, range tstzrange, first bigint, layout snowflake_layout)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN snowflake_created_in(id, range, layout) AND id >= first;

COMMENT ON FUNCTION snowflake_issued_in(bigint, tstzrange, bigint, snowflake_layout) IS
'tests whether a number is not below a given first ID of a layout and its time is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv7_issued_in(id uuid, range tstzrange)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN uuidv7_created_in(id, range) AND uuid_has_version(id, 7);

COMMENT ON FUNCTION uuidv7_issued_in(uuid, tstzrange) IS
'tests whether a UUID has version 7 and its time is in a range; uses indexes on the ID';

CREATE FUNCTION uuidv6_issued_in(id uuid, range tstzrange)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN uuidv6_created_in(id, range) AND uuid_has_version(id, 6);

COMMENT ON FUNCTION uuidv6_issued_in(uuid, tstzrange) IS
'tests whether a UUID has version 6 and its time is in a range; uses indexes on the ID';

--
-- The horizon: each ID below it belongs to a transaction that has ended, so a
-- statement that begins later sees all rows below it that will ever be there.
-- A horizon is another one each time: VOLATILE.  Whether the snapshot is that of
-- a query which reads a table can be seen in the leader alone: RESTRICTED.
--

CREATE FUNCTION idgen_horizon_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'idgen_horizon_support'
LANGUAGE C STABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_horizon_support(internal) IS
'refuses to plan statements that read a table and a horizon, which would miss rows';

CREATE FUNCTION snowflake_horizon()
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon() IS
'horizon of the server''s snowflake IDs: every ID below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION snowflake_horizon(all_databases boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_snowflake_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(boolean) IS
'horizon of the server''s snowflake IDs, for transactions of this database, or of all databases';

CREATE FUNCTION snowflake_horizon(generator name)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(name) IS
'horizon of a generator''s snowflake IDs: every ID below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION snowflake_horizon(generator name, all_databases boolean)
RETURNS bigint
AS 'MODULE_PATHNAME', 'idgen_generator_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION snowflake_horizon(name, boolean) IS
'horizon of a generator''s snowflake IDs, for transactions of this database, or of all databases';

CREATE FUNCTION uuidv7_horizon()
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION uuidv7_horizon() IS
'horizon of the UUIDs that uuidv7_sequential() generates: every one below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION uuidv7_horizon(all_databases boolean)
RETURNS uuid
AS 'MODULE_PATHNAME', 'idgen_uuidv7_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION uuidv7_horizon(boolean) IS
'horizon of the UUIDs that uuidv7_sequential() generates, for transactions of this database, or of all databases';

CREATE FUNCTION ulid_horizon()
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION ulid_horizon() IS
'horizon of the ULIDs that ulid_sequential() generates: every one below it belongs to a transaction of this database that has ended, or of another one';

CREATE FUNCTION ulid_horizon(all_databases boolean)
RETURNS ulid
AS 'MODULE_PATHNAME', 'idgen_ulid_horizon'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 50
SUPPORT idgen_horizon_support;

COMMENT ON FUNCTION ulid_horizon(boolean) IS
'horizon of the ULIDs that ulid_sequential() generates, for transactions of this database, or of all databases';

CREATE FUNCTION idgen_outbox_guard()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_outbox_guard'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL SAFE;

COMMENT ON FUNCTION idgen_outbox_guard() IS
'refuses a row whose ID was not generated in the inserting transaction; arguments: the column, and optionally a generator';

CREATE FUNCTION idgen_get_horizon_holders(
	OUT pid integer,
	OUT xid xid,
	OUT database oid,
	OUT ids text,
	OUT first_id bigint,
	OUT first_id_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_horizon_holders'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_get_horizon_holders() IS
'transactions that hold back horizons; see the view idgen_horizon_holders';

CREATE VIEW idgen_horizon_holders AS
	SELECT h.pid, p.gid, d.datname AS database, a.application_name,
		CASE WHEN h.pid IS NULL THEN 'prepared' ELSE a.state END AS state,
		CASE WHEN h.pid IS NULL THEN p.prepared ELSE a.xact_start END AS since,
		h.ids, h.first_id, h.first_id_at
	FROM idgen_get_horizon_holders() h
		LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) h.database
		LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) h.pid
		LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction OPERATOR(pg_catalog.=) h.xid;

COMMENT ON VIEW idgen_horizon_holders IS
'transactions in which IDs were generated and that have not ended, with the first of these IDs, where a horizon stops; other roles'' only with pg_read_all_stats';

GRANT SELECT ON idgen_horizon_holders TO PUBLIC;

--
-- Monitoring.  All roles may use these: process IDs and settings are visible
-- elsewhere, too, and the node can be read from any ID.
--

CREATE FUNCTION idgen_get_slots(
	OUT pid integer,
	OUT ids_issued bigint,
	OUT chunks_taken bigint,
	OUT waits bigint,
	OUT time_waited interval,
	OUT last_id_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_slots'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 100;

COMMENT ON FUNCTION idgen_get_slots() IS
'IDs issued to each live backend; see the view idgen_slots';

CREATE VIEW idgen_slots AS
	SELECT pid, ids_issued, chunks_taken, waits, time_waited, last_id_at
	FROM idgen_get_slots();

COMMENT ON VIEW idgen_slots IS
'IDs issued to each live backend that has requested IDs from a timeline; other roles'' backends only with pg_read_all_stats';

GRANT SELECT ON idgen_slots TO PUBLIC;

CREATE FUNCTION idgen_status(
	OUT datacenter_id integer,
	OUT worker_id integer,
	OUT layout text,
	OUT timeline_at timestamptz,
	OUT ahead_of_clock interval,
	OUT reserved_until timestamptz,
	OUT preloaded boolean,
	OUT ids_issued bigint,
	OUT chunks_taken bigint,
	OUT sequence_waits bigint,
	OUT drift_waits bigint,
	OUT reservation_waits bigint,
	OUT lease_waits bigint,
	OUT time_waited interval,
	OUT reservations bigint,
	OUT time_reserving interval,
	OUT regressions bigint,
	OUT largest_regression interval,
	OUT lead interval,
	OUT lead_since timestamptz,
	OUT lead_time_left interval,
	OUT horizon_lag interval)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_status'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION idgen_status() IS
'node and layout of this server, and, with pg_read_all_stats, its timeline, its reservation and totals of all backends';

CREATE FUNCTION idgen_get_timelines(
	OUT is_server boolean,
	OUT layout snowflake_layout,
	OUT datacenter_id bigint,
	OUT worker_id bigint,
	OUT shard_id bigint,
	OUT slab_id bigint,
	OUT timeline_at timestamptz,
	OUT ahead_of_clock interval)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_get_timelines'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10 ROWS 10;

COMMENT ON FUNCTION idgen_get_timelines() IS
'position of each timeline; see the view idgen_timelines';

CREATE VIEW idgen_timelines AS
	SELECT is_server, layout, datacenter_id, worker_id, shard_id, slab_id, timeline_at, ahead_of_clock
	FROM idgen_get_timelines();

COMMENT ON VIEW idgen_timelines IS
'timelines of the server''s own IDs, of 128-bit IDs in order, and of all generators used since the server started, in all databases; without pg_read_all_stats, only the server''s own, without its time';

GRANT SELECT ON idgen_timelines TO PUBLIC;

--
-- Leased worker IDs.  What changes a pool, or tells about other servers, is for
-- administrators.
--

CREATE FUNCTION idgen_lease_create_pool(first_worker integer, last_worker integer, after_loss boolean DEFAULT false)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_create_pool'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_create_pool(integer, integer, boolean) IS
'creates the pool of worker IDs that idgen.lease_pool names, with the layout and the datacenter of this server; after_loss says that the store has lost data, and lets IDs begin beyond all that servers may still issue';

REVOKE ALL ON FUNCTION idgen_lease_create_pool(integer, integer, boolean) FROM PUBLIC;

CREATE FUNCTION idgen_lease_widen_pool(first_worker integer, last_worker integer)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_widen_pool'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_widen_pool(integer, integer) IS
'adds worker IDs to the pool; servers that hold one keep it';

REVOKE ALL ON FUNCTION idgen_lease_widen_pool(integer, integer) FROM PUBLIC;

CREATE FUNCTION idgen_lease_propose_layout(layout snowflake_layout)
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_propose_layout'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_propose_layout(snowflake_layout) IS
'proposes another layout for the pool; each server acknowledges it with the next extension of its lease';

REVOKE ALL ON FUNCTION idgen_lease_propose_layout(snowflake_layout) FROM PUBLIC;

CREATE FUNCTION idgen_lease_commit_layout()
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_commit_layout'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_commit_layout() IS
'makes the proposed layout that of the pool, if all servers have acknowledged it; each server uses it from its next start on';

REVOKE ALL ON FUNCTION idgen_lease_commit_layout() FROM PUBLIC;

CREATE FUNCTION idgen_lease_abort_layout()
RETURNS void
AS 'MODULE_PATHNAME', 'idgen_lease_abort_layout'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_abort_layout() IS
'withdraws the layout that was proposed for the pool';

REVOKE ALL ON FUNCTION idgen_lease_abort_layout() FROM PUBLIC;

CREATE FUNCTION idgen_lease_workers(
	OUT worker_id integer,
	OUT holder text,
	OUT epoch bigint,
	OUT fence timestamptz,
	OUT is_held boolean,
	OUT resting_until timestamptz,
	OUT is_acknowledged boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_lease_workers'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10000 ROWS 32;

COMMENT ON FUNCTION idgen_lease_workers() IS
'worker IDs of the pool, as the coordination store has them: the last holder, the number of claims, the time below which the holder may issue IDs, whether a server uses it now, until when it rests otherwise, and whether a proposed layout has been acknowledged';

REVOKE ALL ON FUNCTION idgen_lease_workers() FROM PUBLIC;

CREATE FUNCTION idgen_lease(
	OUT state text,
	OUT store text,
	OUT pool text,
	OUT worker_id integer,
	OUT epoch bigint,
	OUT fence timestamptz,
	OUT extended_at timestamptz,
	OUT failures bigint,
	OUT last_error text,
	OUT skew interval)
RETURNS record
AS 'MODULE_PATHNAME', 'idgen_lease'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 10;

COMMENT ON FUNCTION idgen_lease() IS
'lease of this server''s worker ID, as the server knows it: its state is none, claiming, held, adrift (the store does not answer, and IDs are still issued), stopped (none are), or lost';

REVOKE ALL ON FUNCTION idgen_lease() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_lease() TO pg_monitor;

CREATE FUNCTION idgen_lease_release()
RETURNS boolean
AS 'MODULE_PATHNAME', 'idgen_lease_release'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION idgen_lease_release() IS
'gives up this server''s worker ID, so that another server can have it at once; the next ID claims one again; returns whether one was held';

REVOKE ALL ON FUNCTION idgen_lease_release() FROM PUBLIC;

--
-- Metrics for monitoring systems.
--

CREATE FUNCTION idgen_metrics(
	OUT name text,
	OUT type text,
	OUT help text,
	OUT labels jsonb,
	OUT value float8)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_metrics'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 100;

COMMENT ON FUNCTION idgen_metrics() IS
'samples of all metrics of idgen, with names, types and labels as Prometheus has them';

REVOKE ALL ON FUNCTION idgen_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_metrics() TO pg_monitor;

CREATE FUNCTION idgen_metrics_text()
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_metrics_text'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000;

COMMENT ON FUNCTION idgen_metrics_text() IS
'the samples of idgen_metrics() in the text format of Prometheus, as for the textfile collector of node_exporter';

REVOKE ALL ON FUNCTION idgen_metrics_text() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION idgen_metrics_text() TO pg_monitor;

CREATE FUNCTION idgen_check(
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check() IS
'reports what could prevent this server from issuing IDs or cause IDs to repeat, and what to do about it';

CREATE FUNCTION idgen_check_configuration(
	configuration text,
	OUT severity text,
	OUT subject text,
	OUT finding text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'idgen_check_configuration'
LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED COST 100 ROWS 10;

COMMENT ON FUNCTION idgen_check_configuration(text) IS
'reports what idgen_check() would find on this server with the given lines of a postgresql.conf';

--
-- Operators.  All are in pg_catalog, whatever the schema of the extension, so
-- that constructs that look them up by their bare name (IS DISTINCT FROM,
-- NULLIF, CASE, USING, comparisons of rows) find them with any search path,
-- for example when a dump is restored.  ALTER EXTENSION SET SCHEMA leaves them
-- there.
--

CREATE FUNCTION idgen_move_extension()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'idgen_move_extension'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_move_extension() IS
'lets ALTER EXTENSION idgen SET SCHEMA leave the operators in pg_catalog';

CREATE EVENT TRIGGER idgen_move_extension ON ddl_command_start
	WHEN TAG IN ('ALTER EXTENSION')
	EXECUTE FUNCTION idgen_move_extension();

COMMENT ON EVENT TRIGGER idgen_move_extension IS
'lets ALTER EXTENSION idgen SET SCHEMA leave the operators in pg_catalog';

--
-- Administration.  A reset concerns all databases of the server, and can cause
-- IDs to repeat, so PUBLIC may not execute the function.
--

CREATE FUNCTION idgen_reset_timeline(
	start timestamptz DEFAULT NULL,
	force boolean DEFAULT false)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'idgen_reset_timeline'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_reset_timeline(timestamptz, boolean) IS
'sets the time at which snowflake IDs continue, by default that of the system clock';

REVOKE EXECUTE ON FUNCTION idgen_reset_timeline(timestamptz, boolean) FROM PUBLIC;

--
-- Moving in: the default of a column that has been filled otherwise.
--

CREATE TABLE idgen_converted_defaults (
	relation idgen_relation NOT NULL,
	column_name name NOT NULL,
	was text NOT NULL CHECK (was IN ('none', 'expression', 'serial', 'generated by default as identity', 'generated always as identity')),
	expression text CHECK ((expression IS NULL) = (was NOT IN ('expression', 'serial'))),
	converted_at timestamptz NOT NULL DEFAULT now(),
	column_number smallint NOT NULL,
	converted_to text,
	PRIMARY KEY (relation, column_number)
);

SELECT pg_catalog.pg_extension_config_dump('idgen_converted_defaults', 'WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = relation AND a.attnum = column_number AND NOT a.attisdropped)');

CREATE FUNCTION idgen_restore_column()
RETURNS trigger
AS 'MODULE_PATHNAME', 'idgen_restore_column'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_restore_column() IS
'for the table of converted defaults: finds the column of a row by its name, or by its number if it has been renamed';

REVOKE ALL ON FUNCTION idgen_restore_column() FROM PUBLIC;

CREATE TRIGGER ignore_published BEFORE INSERT OR UPDATE OR DELETE ON idgen_converted_defaults FOR EACH ROW EXECUTE FUNCTION idgen_ignore_published_row();

ALTER TABLE idgen_converted_defaults ENABLE ALWAYS TRIGGER ignore_published;

-- Triggers are called in the order of their names: this one before "restore".
CREATE TRIGGER number BEFORE INSERT ON idgen_converted_defaults FOR EACH ROW EXECUTE FUNCTION idgen_restore_column();

ALTER TABLE idgen_converted_defaults ENABLE ALWAYS TRIGGER number;

CREATE TRIGGER restore BEFORE INSERT ON idgen_converted_defaults FOR EACH ROW EXECUTE FUNCTION idgen_restore_row();

ALTER TABLE idgen_converted_defaults ENABLE ALWAYS TRIGGER restore;

GRANT SELECT ON idgen_converted_defaults TO PUBLIC;

-- For a restore by an owner of the database who is no superuser; the trigger looks at whose tables rows name.
GRANT INSERT ON idgen_converted_defaults TO pg_database_owner;

COMMENT ON TABLE idgen_converted_defaults IS
'the defaults of columns before idgen_convert_default()';

CREATE FUNCTION idgen_convert_default("table" regclass, "column" name)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_convert_default'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_convert_default(regclass, name) IS
'give a column the default whose IDs suit its type, in one short lock; rows stay as they are';

CREATE FUNCTION idgen_convert_default("table" regclass, "column" name, expression text)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_convert_default_to'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_convert_default(regclass, name, text) IS
'the same with the given default';

CREATE FUNCTION idgen_revert_default("table" regclass, "column" name)
RETURNS text
AS 'MODULE_PATHNAME', 'idgen_revert_default'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;

COMMENT ON FUNCTION idgen_revert_default(regclass, name) IS
'give a column the default, or the identity, that it had before idgen_convert_default()';

--
-- These are near the end because of the search path: on PostgreSQL 18 an
-- unqualified uuidv7() is that of pg_catalog unless our schema comes first.
--

SELECT pg_catalog.set_config('search_path',
	pg_catalog.format('%I, pg_catalog', pg_catalog.current_schema()), true);

COMMENT ON FUNCTION uuidv4() IS
'generates a UUID version 4 (RFC 9562): 122 random bits';

COMMENT ON FUNCTION uuidv7() IS
'generates a UUID version 7 (RFC 9562): strictly increasing within a backend unless the clock is set back by more than 10 s';

COMMENT ON FUNCTION uuidv7(interval) IS
'generates a UUID version 7 whose time is shifted by an interval';

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
