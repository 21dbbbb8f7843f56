/*-------------------------------------------------------------------------
 *
 * postgres_answer.c
 *	  What a PostgreSQL that is a coordination store answers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "postgres_answer.h"
#include "postgres_statements.h"

/* SQLSTATEs, as libpq has them. */
#define READ_ONLY "25006"
#define NO_SCHEMA "3F000"
#define NO_TABLE "42P01"
#define NO_FUNCTION "42883"

/*
 * Append a message to the error.  The server of ours may have any encoding, and
 * its log one line for it.
 */
void
postgres_answer_add_error(LeaseAnswer *answer, const char *message)
{
	size_t		length = strlen(answer->error);

	while (*message == '\n')
		message++;
	if (length > 0)
		length = strlcat(answer->error, "; ", LEASE_ERROR_SIZE);
	for (; *message != '\0' && length < LEASE_ERROR_SIZE - 1; message++)
	{
		bool		is_break = *message == '\n';

		if (is_break && message[1] == '\0')
			break;
		answer->error[length++] = is_break || *message == '\t' ? ' ' : (IS_HIGHBIT_SET(*message) ? '?' : *message);
	}
	answer->error[Min(length, LEASE_ERROR_SIZE - 1)] = '\0';
}

static const char *
sqlstate_of(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return sqlstate == NULL ? "" : sqlstate;
}

static bool
is_one_of(const char *sqlstate, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(sqlstate, *list) == 0)
			return true;
	return false;
}

/* The transaction was in somebody's way; nothing was changed, and it may be repeated. */
bool
postgres_answer_is_race(const PGresult *result, LeaseOperationKind kind)
{
	/* A serialization failure, a deadlock. */
	static const char *const races[] = {"40001", "40P01", NULL};

	/*
	 * Two sessions create the same object: it is there already, or its row of
	 * a catalog is.
	 */
	static const char *const creation_races[] = {"23505", "42P06", "42P07", "42710", "42723", "XX000", NULL};

	return is_one_of(sqlstate_of(result), races) ||
		(kind == LEASE_PREPARE && is_one_of(sqlstate_of(result), creation_races));
}

bool
postgres_answer_is_read_only(const PGresult *result)
{
	return strcmp(sqlstate_of(result), READ_ONLY) == 0;
}

/*
 * The server has ended the session.  That can happen after a commit and before
 * its answer.
 */
bool
postgres_answer_ended_session(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);

	return severity == NULL || strcmp(severity, "ERROR") != 0;
}

static bool
is_true(const PGresult *result, int row, AnswerColumn column)
{
	return strcmp(PQgetvalue(result, row, column), "t") == 0;
}

/* Copy a column, unless it is null. */
static bool
copy_column(const PGresult *result, int row, AnswerColumn column, char *text, size_t size)
{
	bool		is_there = !PQgetisnull(result, row, column);

	strlcpy(text, PQgetvalue(result, row, column), size);
	return is_there;
}

static void
read_worker(const PGresult *result, int row, LeaseWorker *worker)
{
	worker->worker = atoi(PQgetvalue(result, row, ANSWER_WORKER));
	worker->has_record = copy_column(result, row, ANSWER_RECORD, worker->record, LEASE_RECORD_SIZE);
	worker->is_held = copy_column(result, row, ANSWER_NONCE, worker->hold_nonce, LEASE_NONCE_SIZE);
}

/*
 * A number for the history of the store's data: its timelines are different
 * histories, unless a standby has all that was answered when it is promoted.
 */
uint64
postgres_answer_incarnation(const char *system, const char *timeline)
{
	uint64		of_timeline = strtou64(timeline, NULL, 10) * UINT64CONST(0x9E3779B97F4A7C15);

	return Max(strtou64(system, NULL, 10) ^ of_timeline, 1);
}

/* After the pool's, a row a worker; false if out of memory. */
static bool
read_workers(const PGresult *result, MemoryContext context, LeaseAnswer *answer)
{
	int			count = PQntuples(result) - 1;

	answer->worker_count = 0;
	answer->workers = MemoryContextAllocExtended(context, sizeof(LeaseWorker) * Max(count, 1),
												 MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
	if (answer->workers == NULL)
		return false;
	for (int i = 0; i < count; i++)
		read_worker(result, i + 1, &answer->workers[i]);
	answer->worker_count = count;
	return true;
}

/* Read the rows of an operation that did not fail. */
LeaseOutcome
postgres_answer_read(const PGresult *result, LeaseOperationKind kind, MemoryContext context, LeaseAnswer *answer)
{
	if (kind == LEASE_PREPARE)
		return LEASE_APPLIED;
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) < 1 || PQnfields(result) != ANSWER_COLUMNS)
	{
		postgres_answer_add_error(answer, "the store gave an answer of another form");
		return LEASE_UNKNOWN;
	}
	answer->has_pool = copy_column(result, 0, ANSWER_POOL, answer->pool, LEASE_POOL_SIZE);
	answer->incarnation = postgres_answer_incarnation(PQgetvalue(result, 0, ANSWER_SYSTEM),
													  PQgetvalue(result, 0, ANSWER_TIMELINE));
	answer->store_clock_us = strtoi64(PQgetvalue(result, 0, ANSWER_CLOCK), NULL, 10);

	/*
	 * Nothing was locked where there is no pool, so the answer need not have
	 * been flushed.
	 */
	answer->revision = answer->has_pool ? strtou64(PQgetvalue(result, 0, ANSWER_REVISION), NULL, 10) : 0;
	if (kind == LEASE_READ)
	{
		if (read_workers(result, context, answer))
			return LEASE_APPLIED;
		postgres_answer_add_error(answer, "out of memory");
		return LEASE_UNREACHABLE;
	}
	read_worker(result, 0, &answer->found);
	return is_true(result, 0, ANSWER_APPLIED) ? LEASE_APPLIED : LEASE_REFUSED;
}

/*
 * Read the error by which a transaction was rolled back.  Where there are no
 * tables, there are no records: that is an answer, except to who wants to
 * write one.
 */
LeaseOutcome
postgres_answer_read_error(const PGresult *result, const LeaseOperation *operation, LeaseAnswer *answer)
{
	static const char *const absences[] = {NO_SCHEMA, NO_TABLE, NULL};
	const char *sqlstate = sqlstate_of(result);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (is_one_of(sqlstate, absences) && operation->kind == LEASE_READ)
		return LEASE_APPLIED;
	if (is_one_of(sqlstate, absences) && (operation->kind == LEASE_KEEP || operation->pool != NULL))
	{
		answer->found.worker = operation->worker;
		return LEASE_REFUSED;
	}
	postgres_answer_add_error(answer, message == NULL ? PQresultErrorMessage(result) : message);
	if (strcmp(sqlstate, NO_FUNCTION) == 0)
		postgres_answer_add_error(answer, "the store has not been prepared by this version of idgen");
	return LEASE_UNREACHABLE;
}
