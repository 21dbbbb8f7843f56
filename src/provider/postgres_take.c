/*-------------------------------------------------------------------------
 *
 * postgres_take.c
 *	  Taking ranges of numbers from sequences of another PostgreSQL.
 *
 * There, idgen is installed, too, and a counter is a sequence, named as regclass
 * reads it.  segment_take() has the range on disk before it answers.  All takes
 * of an operation are sent together, in a pipeline, each in a transaction of its
 * own: one that waits for a lock, or fails, costs the others nothing but time.
 *
 * The statement names its functions without a schema, as that of the other
 * server's idgen is not known: the session's search_path begins with pg_catalog,
 * and then has that schema alone.  Arguments have exactly the types of the
 * functions and operators, so that nobody else's are chosen.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "postgres_answer.h"
#include "postgres_statements.h"
#include "postgres_take.h"
#include "store_answer.h"

/* SQLSTATEs, as libpq has them. */
#define NO_SCHEMA "3F000"
#define NO_TABLE "42P01"
#define NO_FUNCTION "42883"
#define LIMIT_EXCEEDED "2200H"

/* The columns of an answer. */
typedef enum TakeColumn
{
	TAKE_FIRST,
	TAKE_SYSTEM,
	TAKE_TIMELINE,
	TAKE_REVISION,
	TAKE_COLUMNS
} TakeColumn;

#define TAKE_SQL(function) \
	"SELECT lower(taken)," POSTGRES_HISTORY_SQL ", pg_current_wal_insert_lsn() - '0/0'::pg_lsn" \
	" FROM " function "($1::regclass, $2::int8) AS taken"

/* Appended to what a session begins with. */
void
postgres_take_write_session(char *sql, size_t size)
{
	strlcat(sql, "; SELECT pg_catalog.set_config('search_path', 'pg_catalog, ' OPERATOR(pg_catalog.||) "
			"pg_catalog.quote_ident(n.nspname::pg_catalog.text) OPERATOR(pg_catalog.||) ', pg_temp', false) "
			"FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n "
			"ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'idgen'::pg_catalog.name",
			size);
}

/* Returns false if libpq could not. */
bool
postgres_take_send(PostgresTakes *takes, PGconn *connection, const LeaseOperation *operation)
{
	memset(takes, 0, sizeof(*takes));
	if (PQenterPipelineMode(connection) != 1)
		return false;
	for (int i = 0; i < operation->take_count; i++)
	{
		char		count[24];
		const char *parameters[] = {operation->takes[i].counter, count};
		const char *statement = operation->takes[i].is_strict ? TAKE_SQL("segment_take_strict") : TAKE_SQL("segment_take");

		snprintf(count, sizeof(count), INT64_FORMAT, operation->takes[i].count);
		if (PQsendQueryParams(connection, statement, lengthof(parameters), NULL, parameters, NULL, NULL, 0) != 1 ||
			PQpipelineSync(connection) != 1)
			return false;
	}
	return true;
}

static bool
is_sqlstate(const PGresult *result, const char *wanted)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return sqlstate != NULL && strcmp(sqlstate, wanted) == 0;
}

static void
read_error(PostgresTakes *takes, const PGresult *result, LeaseTaken *taken, LeaseAnswer *answer)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	LeaseTakeResult why = LEASE_NOT_TAKEN;

	if (is_sqlstate(result, NO_TABLE) || is_sqlstate(result, NO_SCHEMA))
		why = LEASE_NO_COUNTER;
	else if (is_sqlstate(result, LIMIT_EXCEEDED))
		why = LEASE_EXHAUSTED;
	else if (is_sqlstate(result, NO_FUNCTION))
		message = "idgen is not installed in the database of the root, or is older";
	if (postgres_answer_is_read_only(result))
	{
		if (!takes->is_read_only && message != NULL)
			postgres_answer_add_error(answer, message);
		takes->is_read_only = true;
	}
	store_answer_take_range(taken, why, 0, 0, message == NULL ? "error without a message" : message);
}

static void
read_row(const PGresult *result, LeaseTaken *taken, LeaseAnswer *answer)
{
	int64		first = 0;

	if (PQntuples(result) == 1 && PQnfields(result) == TAKE_COLUMNS)
		first = strtoi64(PQgetvalue(result, 0, TAKE_FIRST), NULL, 10);
	if (first == 0)
	{
		store_answer_take_range(taken, LEASE_NOT_TAKEN, 0, 0, "the root gave an answer of another form");
		return;
	}
	store_answer_take_range(taken, LEASE_TAKEN, first, 0, "");
	answer->incarnation = postgres_answer_incarnation(PQgetvalue(result, 0, TAKE_SYSTEM),
													  PQgetvalue(result, 0, TAKE_TIMELINE));
	answer->revision = strtou64(PQgetvalue(result, 0, TAKE_REVISION), NULL, 10);
}

/* Read what has come.  An error after a row is of its commit, and makes nobody sure of the range. */
void
postgres_take_read(PostgresTakes *takes, const PGresult *result, const LeaseOperation *operation, LeaseAnswer *answer)
{
	LeaseTaken *taken = &answer->taken[Min(takes->ended, LEASE_MOST_TAKES - 1)];

	switch (PQresultStatus(result))
	{
		case PGRES_PIPELINE_SYNC:
			if (!takes->has_result)
				store_answer_take_range(taken, LEASE_NOT_TAKEN, 0, 0, "the root gave no answer");
			takes->has_result = false;
			takes->ended++;
			break;
		case PGRES_TUPLES_OK:
			read_row(result, taken, answer);
			takes->has_result = true;
			break;
		default:
			read_error(takes, result, taken, answer);
			takes->has_result = true;
			break;
	}
}
