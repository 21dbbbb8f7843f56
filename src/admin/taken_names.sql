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
