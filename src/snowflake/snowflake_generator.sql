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
