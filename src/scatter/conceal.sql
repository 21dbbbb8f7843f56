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
