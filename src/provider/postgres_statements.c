/*-------------------------------------------------------------------------
 *
 * postgres_statements.c
 *	  What is said to a PostgreSQL that is a coordination store.
 *
 * An operation is one call of a function in the store, in a transaction of its
 * own.  The functions are in PL/pgSQL because each of their statements has a
 * snapshot of its own in READ COMMITTED: what a function has locked is what its
 * later statements see.  They lock the pool, the worker and its hold in that
 * order, compare, and only then write.  No row is ever deleted, so a row that
 * has been seen can be locked.  A row that has not been seen is inserted if
 * nobody else has done so, which is counted; if somebody has, the function
 * fails with serialization_failure, having changed nothing.  In the other
 * isolation levels the locks fail in the same way instead of waiting.
 *
 * What an answer tells must survive what a holder does because of it, even if
 * it is a refusal: a holder may find its own record, of which the answer was
 * lost.  After a crash, or if somebody cancels a wait for a synchronous
 * standby, there can be records that the standby lacks.  So whatever reads a
 * record locks a row, which writes WAL, and commits synchronously.
 *
 * Holds are in an unlogged table, so that keeping one waits for no disk.  They
 * are gone after a crash, which does no harm.
 *
 * The functions have the number of a version in their names, so that servers
 * with two versions of idgen can share a store.  Never change one: add another.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "postgres_statements.h"
#include "postgres_take.h"

/*
 * What a session begins with.  "on" is enough for synchronous_commit, as nothing
 * is read from a standby.
 */
#define SESSION_SQL \
	"SET search_path = pg_catalog, pg_temp;" \
	"SET synchronous_commit = on;" \
	"SET standard_conforming_strings = on;" \
	"SET default_transaction_isolation = 'read committed';" \
	"SET default_transaction_deferrable = off;" \
	"SET default_transaction_read_only = off;" \
	"SET client_min_messages = warning;" \
	"SET lock_timeout = %d;" \
	"SET statement_timeout = %d"

/* The collation does not depend on a library, an update of which might spoil an index. */
#define TABLES_SQL \
	"IF to_regnamespace('idgen_lease') IS NULL THEN\n" \
	"	CREATE SCHEMA idgen_lease;\n" \
	"END IF;\n" \
	"CREATE TABLE IF NOT EXISTS idgen_lease.pools (pool text COLLATE \"C\" PRIMARY KEY,\n" \
	"	record text COLLATE \"C\" NOT NULL) WITH (fillfactor = 50);\n" \
	"CREATE TABLE IF NOT EXISTS idgen_lease.workers (pool text COLLATE \"C\", worker integer,\n" \
	"	record text COLLATE \"C\" NOT NULL, PRIMARY KEY (pool, worker)) WITH (fillfactor = 50);\n" \
	"CREATE UNLOGGED TABLE IF NOT EXISTS idgen_lease.holds (pool text COLLATE \"C\", worker integer,\n" \
	"	nonce text COLLATE \"C\" NOT NULL, expires timestamptz NOT NULL, PRIMARY KEY (pool, worker)) WITH (fillfactor = 50);\n"

#define ATTRIBUTES_SQL " LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp "
#define FOUND_SQL "OUT applied boolean, OUT found_pool text, OUT found_worker integer, OUT found_record text, OUT found_nonce text"

/* Whatever the session has, and until the end of the transaction. */
#define DURABLE_SQL "PERFORM set_config('synchronous_commit', 'on', true);\n"

/* A writer of the pool's record cannot come in between, nor one who creates it if it is to be absent. */
#define LOCK_POOL_SQL \
	"SELECT p.record INTO found_pool FROM idgen_lease.pools p WHERE p.pool = pool_name FOR SHARE;\n"

#define READ_HOLD_SQL \
	"SELECT h.nonce, h.expires INTO found_nonce, hold_expires FROM idgen_lease.holds h\n" \
	"	WHERE h.pool = pool_name AND h.worker = worker_id "
#define DISCARD_EXPIRED_HOLD_SQL \
	"IF hold_expires <= clock_timestamp() THEN found_nonce := NULL; END IF;\n"

#define EXPECT_ONE_ROW_SQL \
	"IF NOT FOUND THEN\n" \
	"	RAISE serialization_failure USING MESSAGE = 'another session has changed the record';\n" \
	"END IF;\n"

#define READ_SQL \
	"CREATE OR REPLACE FUNCTION idgen_lease.read_1(pool_name text, " FOUND_SQL ")\n" \
	"RETURNS SETOF record" ATTRIBUTES_SQL "AS $function$\n" \
	"BEGIN\n" \
	DURABLE_SQL \
	LOCK_POOL_SQL \
	"applied := true;\n" \
	"RETURN NEXT;\n" \
	"RETURN QUERY SELECT true, NULL::text, worker, w.record, h.nonce\n" \
	"	FROM (SELECT * FROM idgen_lease.workers WHERE pool = pool_name) w\n" \
	"	FULL JOIN (SELECT * FROM idgen_lease.holds WHERE pool = pool_name AND expires > clock_timestamp()) h\n" \
	"	USING (worker);\n" \
	"END $function$;\n"

#define WRITE_POOL_SQL \
	"CREATE OR REPLACE FUNCTION idgen_lease.write_pool_1(pool_name text, expected_pool text, new_pool text, " FOUND_SQL ")\n" \
	"RETURNS record" ATTRIBUTES_SQL "AS $function$\n" \
	"BEGIN\n" \
	DURABLE_SQL \
	"SELECT p.record INTO found_pool FROM idgen_lease.pools p WHERE p.pool = pool_name FOR NO KEY UPDATE;\n" \
	"applied := found_pool IS NOT DISTINCT FROM expected_pool;\n" \
	"IF NOT applied THEN\n" \
	"	RETURN;\n" \
	"ELSIF found_pool IS NULL THEN\n" \
	"	INSERT INTO idgen_lease.pools (pool, record) VALUES (pool_name, new_pool) ON CONFLICT DO NOTHING;\n" \
	"ELSE\n" \
	"	UPDATE idgen_lease.pools p SET record = new_pool WHERE p.pool = pool_name;\n" \
	"END IF;\n" \
	EXPECT_ONE_ROW_SQL \
	"END $function$;\n"

#define WRITE_SQL \
	"CREATE OR REPLACE FUNCTION idgen_lease.write_1(pool_name text, worker_id integer, expected_pool text,\n" \
	"	expected_record text, new_record text, hold_change text, hold_nonce text, ttl_ms integer, " FOUND_SQL ")\n" \
	"RETURNS record" ATTRIBUTES_SQL "AS $function$\n" \
	"DECLARE\n" \
	"	hold_expires timestamptz;\n" \
	"BEGIN\n" \
	DURABLE_SQL \
	"IF expected_pool IS NULL THEN\n" \
	"	LOCK TABLE idgen_lease.pools IN SHARE MODE;\n" \
	"END IF;\n" \
	LOCK_POOL_SQL \
	"SELECT w.record INTO found_record FROM idgen_lease.workers w\n" \
	"	WHERE w.pool = pool_name AND w.worker = worker_id FOR NO KEY UPDATE;\n" \
	READ_HOLD_SQL "FOR NO KEY UPDATE;\n" \
	DISCARD_EXPIRED_HOLD_SQL \
	"found_worker := worker_id;\n" \
	"applied := found_pool IS NOT DISTINCT FROM expected_pool AND found_record IS NOT DISTINCT FROM expected_record\n" \
	"	AND (hold_change <> 'take' OR found_nonce IS NULL);\n" \
	"IF NOT applied THEN\n" \
	"	RETURN;\n" \
	"ELSIF found_record IS NULL THEN\n" \
	"	INSERT INTO idgen_lease.workers (pool, worker, record) VALUES (pool_name, worker_id, new_record)\n" \
	"		ON CONFLICT DO NOTHING;\n" \
	"ELSE\n" \
	"	UPDATE idgen_lease.workers w SET record = new_record WHERE w.pool = pool_name AND w.worker = worker_id;\n" \
	"END IF;\n" \
	EXPECT_ONE_ROW_SQL \
	"IF hold_change = 'take' THEN\n" \
	"	INSERT INTO idgen_lease.holds AS h (pool, worker, nonce, expires)\n" \
	"		VALUES (pool_name, worker_id, hold_nonce, clock_timestamp() + ttl_ms * interval '1 millisecond')\n" \
	"		ON CONFLICT (pool, worker) DO UPDATE SET nonce = excluded.nonce, expires = excluded.expires\n" \
	"		WHERE h.expires <= clock_timestamp();\n" \
	"	" EXPECT_ONE_ROW_SQL \
	"ELSIF hold_change = 'drop' THEN\n" \
	"	UPDATE idgen_lease.holds h SET expires = '-infinity'\n" \
	"		WHERE h.pool = pool_name AND h.worker = worker_id AND h.nonce = hold_nonce;\n" \
	"END IF;\n" \
	"END $function$;\n"

#define KEEP_SQL \
	"CREATE OR REPLACE FUNCTION idgen_lease.keep_1(pool_name text, worker_id integer, hold_nonce text, ttl_ms integer,\n" \
	"	" FOUND_SQL ")\n" \
	"RETURNS record" ATTRIBUTES_SQL "AS $function$\n" \
	"DECLARE\n" \
	"	hold_expires timestamptz;\n" \
	"BEGIN\n" \
	DURABLE_SQL \
	"UPDATE idgen_lease.holds h SET expires = clock_timestamp() + ttl_ms * interval '1 millisecond'\n" \
	"	WHERE h.pool = pool_name AND h.worker = worker_id AND h.nonce = hold_nonce AND h.expires > clock_timestamp();\n" \
	"found_worker := worker_id;\n" \
	"applied := FOUND;\n" \
	"IF applied THEN\n" \
	"	RETURN;\n" \
	"END IF;\n" \
	LOCK_POOL_SQL \
	"SELECT w.record INTO found_record FROM idgen_lease.workers w\n" \
	"	WHERE w.pool = pool_name AND w.worker = worker_id FOR SHARE;\n" \
	READ_HOLD_SQL ";\n" \
	DISCARD_EXPIRED_HOLD_SQL \
	"END $function$;\n"

/* The last one to be created is found if all are there: then a role that may create nothing succeeds, too. */
#define PREPARE_SQL \
	"DO $prepare$\n" \
	"BEGIN\n" \
	"IF to_regclass('idgen_lease.pools') IS NOT NULL AND to_regclass('idgen_lease.workers') IS NOT NULL\n" \
	"	AND to_regclass('idgen_lease.holds') IS NOT NULL\n" \
	"	AND to_regprocedure('idgen_lease.keep_1(text, integer, text, integer)') IS NOT NULL THEN\n" \
	"	RETURN;\n" \
	"END IF;\n" \
	TABLES_SQL \
	READ_SQL \
	WRITE_POOL_SQL \
	WRITE_SQL \
	KEEP_SQL \
	"END $prepare$"

/*
 * What is told of the store with each answer, read once.  The insertion point of
 * the WAL is before the commit record, so it is flushed, here and on a
 * synchronous standby, when the commit is.
 */
#define OPERATION_SQL(call, revision) \
	"SELECT answer.applied, answer.found_pool, answer.found_worker, answer.found_record, answer.found_nonce," \
	POSTGRES_HISTORY_SQL "," \
	" (SELECT " revision ")," \
	" (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)" \
	" FROM idgen_lease." call " AS answer"

#define FLUSHED_REVISION "pg_current_wal_insert_lsn() - '0/0'::pg_lsn"

static const char *const texts[] = {
	[LEASE_PREPARE] = PREPARE_SQL,
	[LEASE_READ] = OPERATION_SQL("read_1($1)", FLUSHED_REVISION),
	[LEASE_WRITE_POOL] = OPERATION_SQL("write_pool_1($1, $2, $3)", FLUSHED_REVISION),
	[LEASE_WRITE] = OPERATION_SQL("write_1($1, $2, $3, $4, $5, $6, $7, $8)", FLUSHED_REVISION),
	[LEASE_KEEP] = OPERATION_SQL("keep_1($1, $2, $3, $4)", "0"),
	[LEASE_MAKE_COUNTER] = "DO $$ BEGIN RAISE feature_not_supported USING MESSAGE ="
	" 'in PostgreSQL, a counter is a sequence: it is created there'; END $$",
};

static const char *const hold_names[] = {
	[LEASE_HOLD_LEAVE] = "leave",
	[LEASE_HOLD_TAKE] = "take",
	[LEASE_HOLD_DROP] = "drop",
};

/* A store that waits for somebody else's lock says so before it is given up. */
void
statement_of_session(const LeaseOperation *operation, int timeout_ms, char *text, size_t size)
{
	snprintf(text, size, SESSION_SQL, Max(timeout_ms / 2, 1), Max(timeout_ms, 1));
	if (operation->kind == LEASE_TAKE || operation->kind == LEASE_RETURN)
		postgres_take_write_session(text, size);
}

static void
add_parameter(Statement *statement, const char *value)
{
	statement->parameters[statement->count++] = value;
}

void
statement_of_operation(const LeaseOperation *operation, const char *pool, Statement *statement)
{
	statement->text = texts[operation->kind];
	statement->count = 0;
	snprintf(statement->worker, sizeof(statement->worker), "%d", operation->worker);
	snprintf(statement->ttl_ms, sizeof(statement->ttl_ms), "%d", operation->ttl_ms);
	if (operation->kind == LEASE_PREPARE || operation->kind == LEASE_MAKE_COUNTER)
		return;
	add_parameter(statement, pool);
	if (operation->kind == LEASE_WRITE_POOL)
	{
		add_parameter(statement, operation->pool);
		add_parameter(statement, operation->new_pool);
	}
	if (operation->kind == LEASE_WRITE || operation->kind == LEASE_KEEP)
		add_parameter(statement, statement->worker);
	if (operation->kind == LEASE_WRITE)
	{
		add_parameter(statement, operation->pool);
		add_parameter(statement, operation->record);
		add_parameter(statement, operation->new_record);
		add_parameter(statement, hold_names[operation->hold]);
	}
	if (operation->kind == LEASE_WRITE || operation->kind == LEASE_KEEP)
	{
		add_parameter(statement, operation->hold_nonce);
		add_parameter(statement, statement->ttl_ms);
	}
}
