/*-------------------------------------------------------------------------
 *
 * postgres_take.c
 *	  Taking ranges of numbers from sequences of another PostgreSQL.
 *
 * There, idgen is installed, too, and a counter is a sequence, named as regclass
 * reads it.  segment_grant() has the range on disk before it answers, and so has
 * the commit after segment_take_free().  All takes of an operation are sent together,
 * in a pipeline, each in a transaction of its own: one that waits for a lock, or fails,
 * costs the others nothing but time.
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
	TAKE_TOKEN,
	TAKE_EPOCH,
	TAKE_COUNT,
	TAKE_COLUMNS
} TakeColumn;

#define TAKE_SQL(range, token, epoch, count, call) \
	"SELECT lower(" range ")," POSTGRES_HISTORY_SQL ", pg_current_wal_insert_lsn() - '0/0'::pg_lsn, " token ", " epoch ", " count \
	" FROM " call " AS taken"

#define GRANT_SQL TAKE_SQL("taken.range", "taken.token", "taken.epoch", "0", "segment_grant($1::regclass, $2::int8)")
#define STRICT_SQL TAKE_SQL("taken", "0", "0", "0", "segment_take_strict($1::regclass, $2::int8)")
#define FREE_SQL TAKE_SQL("taken.range", "0", "taken.epoch", "upper(taken.range) - lower(taken.range)", \
	"segment_take_free($1::regclass, $3::int8, $2::int8)")

#define RETURN_SQL "SELECT segment_take_back($1::regclass, $2::int8, $3::int8, $4::int8, $5::int8)"

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

static bool
send_take(PGconn *connection, const LeaseTake *take)
{
	char		count[24];
	char		least[24];
	const char *parameters[] = {take->counter, count, least};
	const char *statement = take->is_free ? FREE_SQL : (take->is_strict ? STRICT_SQL : GRANT_SQL);

	snprintf(count, sizeof(count), INT64_FORMAT, take->count);
	snprintf(least, sizeof(least), INT64_FORMAT, take->least);
	return PQsendQueryParams(connection, statement, take->is_free ? 3 : 2, NULL, parameters, NULL, NULL, 0) == 1;
}

/* Returns false if libpq could not. */
bool
postgres_take_send(PostgresTakes *takes, PGconn *connection, const LeaseOperation *operation)
{
	memset(takes, 0, sizeof(*takes));
	if (PQenterPipelineMode(connection) != 1)
		return false;
	for (int i = 0; i < operation->take_count; i++)
		if (!send_take(connection, &operation->takes[i]) || PQpipelineSync(connection) != 1)
			return false;
	return true;
}

/* The same for LEASE_RETURN.  Token and epoch are numbers of 64 bits with a sign there. */
bool
postgres_take_send_return(PGconn *connection, const LeaseReturn *returned)
{
	char		first[24];
	char		last[24];
	char		token[24];
	char		epoch[24];
	const char *parameters[] = {returned->counter, first, last, token, epoch};

	snprintf(first, sizeof(first), INT64_FORMAT, returned->first);
	snprintf(last, sizeof(last), INT64_FORMAT, returned->last);
	snprintf(token, sizeof(token), INT64_FORMAT, (int64) returned->token);
	snprintf(epoch, sizeof(epoch), INT64_FORMAT, (int64) returned->epoch);
	return PQsendQueryParams(connection, RETURN_SQL, lengthof(parameters), NULL, parameters, NULL, NULL, 0) == 1;
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

/* A column that is a number; false if it is none. */
static bool
read_number(const PGresult *result, TakeColumn column, int64 *number)
{
	const char *str = PQgetvalue(result, 0, column);
	char	   *end;

	errno = 0;
	*number = strtoi64(str, &end, 10);
	return errno == 0 && end != str && *end == '\0';
}

static void
read_row(const PGresult *result, const LeaseTake *take, LeaseTaken *taken, LeaseAnswer *answer)
{
	bool		is_row = PQntuples(result) == 1 && PQnfields(result) == TAKE_COLUMNS;
	int64		first;
	int64		token;
	int64		epoch;
	int64		count;

	if (is_row && take->is_free && PQgetisnull(result, 0, TAKE_FIRST))
	{
		store_answer_take_range(taken, LEASE_EXHAUSTED, 0, 0, "");
		return;
	}
	if (!is_row || !read_number(result, TAKE_FIRST, &first) || !read_number(result, TAKE_TOKEN, &token) ||
		!read_number(result, TAKE_EPOCH, &epoch) || !read_number(result, TAKE_COUNT, &count) || (take->is_free && (count < 1 || count > take->count)))
	{
		store_answer_take_range(taken, LEASE_NOT_TAKEN, 0, 0, "the root gave an answer of another form");
		return;
	}
	store_answer_take_range(taken, LEASE_TAKEN, first, 0, "");
	taken->token = (uint64) token;
	taken->epoch = (uint64) epoch;
	taken->is_free = take->is_free;
	taken->count = count;
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
			read_row(result, &operation->takes[Min(takes->ended, operation->take_count - 1)], taken, answer);
			takes->has_result = true;
			break;
		default:
			read_error(takes, result, taken, answer);
			takes->has_result = true;
			break;
	}
}

/*
 * Is an error one after which nothing has been returned: of what was asked for, of
 * what is not supported, or of the state of the sequence?  Memory may run out also
 * while the answer is made.
 */
static bool
is_before_return(const PGresult *result)
{
	static const char *const classes[] = {"0A", "42", "55"};
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	for (int i = 0; sqlstate != NULL && i < lengthof(classes); i++)
		if (strncmp(sqlstate, classes[i], strlen(classes[i])) == 0)
			return true;
	return false;
}

/*
 * Read what has become of LEASE_RETURN.  Other errors leave open whether it has been
 * done, as what it changes there is not undone with the transaction.
 */
LeaseOutcome
postgres_take_read_return(const PGresult *result, LeaseAnswer *answer)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *value;

	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1 || PQnfields(result) != 1)
	{
		postgres_answer_add_error(answer, message == NULL ? "the root gave an answer of another form" : message);
		return is_before_return(result) ? LEASE_UNREACHABLE : LEASE_UNKNOWN;
	}
	value = PQgetvalue(result, 0, 0);
	answer->is_listed = strcmp(value, "listed") == 0;
	return answer->is_listed || strcmp(value, "taken back") == 0 ? LEASE_APPLIED : LEASE_REFUSED;
}
