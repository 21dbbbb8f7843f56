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
