/*-------------------------------------------------------------------------
 *
 * writers.c
 *	  Sessions that insert rows, in transactions of all kinds.
 *
 *-------------------------------------------------------------------------
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "torture.h"

#define MOST_WRITERS 100
#define MOST_STATEMENTS 8

typedef struct Writer
{
	pthread_t	thread;
	int			number;			/* from 1 */
	int			database;
	unsigned	random;
	uint64_t	transactions;
	PGconn	   *connection;
} Writer;

/*
 * A kind of transaction.  In its statements, %n is a number of rows, and %g a name
 * for a prepared transaction.  "sleep LEAST MOST" is in ms, and the client's.  "copy" is a COPY
 * with rows without IDs.  "finish" commits one of the prepared transactions there are, or rolls it back.
 */
typedef struct Kind
{
	const char *name;
	int			weight;
	const char *statements[MOST_STATEMENTS];
} Kind;

#define INSERT_ROWS "INSERT INTO outbox (payload) SELECT g FROM generate_series(1, %n) AS g"

static const Kind kinds[] = {
	{"autocommit", 12, {INSERT_ROWS}},
	{"length", 6, {"BEGIN", INSERT_ROWS, "sleep 0 30", INSERT_ROWS, "sleep 0 10", "COMMIT"}},
	{"savepoint", 4, {"BEGIN", INSERT_ROWS, "SAVEPOINT s", INSERT_ROWS, "ROLLBACK TO s", INSERT_ROWS, "COMMIT"}},
	{"nextvals", 4, {"INSERT INTO outbox SELECT unnest(snowflake_nextvals(%n))"}},
	{"block", 4, {"INSERT INTO outbox SELECT first + g - 1 FROM (SELECT snowflake_next_block(LEAST(%n, 4096)) AS first OFFSET 0) "
	"AS block, generate_series(1, LEAST(%n, 4096)) AS g"}},
	{"procedure", 3, {"CALL write_in_pieces(%n)"}},
	{"prepare", 4, {"BEGIN", INSERT_ROWS, "PREPARE TRANSACTION '%g'", "sleep 0 5", "finish"}},
	{"prepare-late", 2, {"BEGIN", "SELECT draw_late()", "sleep 0 5", "SELECT insert_late()", "PREPARE TRANSACTION '%g'"}},
	{"parallel", 3, {"BEGIN", "SELECT draw_parallel()", "sleep 0 20", "SELECT insert_parallel()", "COMMIT"}},
	{"copy", 4, {"copy"}},
	{"late", 6, {"BEGIN", "SELECT draw_late()", "sleep 0 30", "SELECT insert_late()", "COMMIT"}},
	{"idle", 1, {"BEGIN", INSERT_ROWS, "sleep 200 2200", "COMMIT"}},
	{"terminate", 1, {"BEGIN", INSERT_ROWS, "SELECT pg_terminate_backend(pg_backend_pid())"}},
	{"rollback", 2, {"BEGIN", INSERT_ROWS, "ROLLBACK"}},
	{"finish", 4, {"finish"}},
};

#define KINDS ((int) (sizeof(kinds) / sizeof(kinds[0])))

static Writer writers[MOST_WRITERS];
static int	writer_count;
static const char *kinds_wanted;
static int	largest;
static uint64_t rows_inserted = 0;
static uint64_t begun[KINDS];

static int
random_between(Writer *writer, int least, int most)
{
	return least + rand_r(&writer->random) % (most - least + 1);
}

/* Of the words in a string, or of none at all. */
static bool
is_wanted(const Kind *kind)
{
	size_t		length = strlen(kind->name);

	for (const char *word = kinds_wanted; word != NULL && *word != '\0';)
	{
		size_t		end = strcspn(word, " ");

		if (end == length && strncmp(word, kind->name, length) == 0)
			return true;
		word += end + strspn(word + end, " ");
	}
	return kinds_wanted[0] == '\0';
}

static int
choose_kind(Writer *writer)
{
	int			total = 0;
	int			kind = 0;

	for (int i = 0; i < KINDS; i++)
		total += is_wanted(&kinds[i]) ? kinds[i].weight : 0;
	total = random_between(writer, 1, total);
	for (;; kind++)
	{
		total -= is_wanted(&kinds[kind]) ? kinds[kind].weight : 0;
		if (total <= 0)
			return kind;
	}
}

/* Mostly small transactions, as the windows are at their ends; some large ones. */
static int
choose_rows(Writer *writer)
{
	return random_between(writer, 0, 3) == 0 ? random_between(writer, 1, largest) : random_between(writer, 1, 5);
}

/* ---------------------------------------------------------------- statements */

static bool
run_sql(Writer *writer, const char *sql)
{
	PGresult   *result = PQexec(writer->connection, sql);
	bool		is_good = torture_is_good(writer->connection, result, sql);

	if (is_good && strncmp(sql, "SELECT draw_parallel", 20) == 0 && PQntuples(result) == 1)
		torture_count_workers(atoi(PQgetvalue(result, 0, 0)));
	PQclear(result);
	return is_good;
}

static bool
copy_rows(Writer *writer, int rows)
{
	PGresult   *result = PQexec(writer->connection, "COPY outbox (payload) FROM STDIN");
	bool		is_good = PQresultStatus(result) == PGRES_COPY_IN;

	if (!is_good)
		(void) torture_is_good(writer->connection, result, "COPY");
	PQclear(result);
	if (!is_good)
		return false;
	for (int i = 0; i < rows; i++)
		(void) PQputCopyData(writer->connection, "1\n", 2);
	(void) PQputCopyEnd(writer->connection, NULL);
	while ((result = PQgetResult(writer->connection)) != NULL)
	{
		is_good = is_good && torture_is_good(writer->connection, result, "COPY");
		PQclear(result);
	}
	return is_good;
}

/* Another session may be first; what it has finished cannot be found. */
static bool
finish_prepared(Writer *writer, bool all)
{
	char		sql[128];
	bool		is_good = true;
	PGresult   *found = PQexec(writer->connection,
							   "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY random()");

	is_good = torture_is_good(writer->connection, found, "pg_prepared_xacts");
	for (int i = 0; is_good && i < PQntuples(found) && (all || i < 1); i++)
	{
		snprintf(sql, sizeof(sql), "%s PREPARED '%s'", random_between(writer, 0, 3) == 0 ? "ROLLBACK" : "COMMIT",
				 PQgetvalue(found, i, 0));
		is_good = run_sql(writer, sql);
	}
	PQclear(found);
	return is_good;
}

static void
expand(Writer *writer, char *sql, size_t size, const char *statement, int rows)
{
	size_t		length = 0;

	for (; *statement != '\0' && length + 32 < size; statement++)
	{
		if (statement[0] == '%' && statement[1] == 'n')
			length += snprintf(sql + length, size - length, "%d", rows);
		else if (statement[0] == '%' && statement[1] == 'g')
			length += snprintf(sql + length, size - length, "%d of writer %d", (int) writer->transactions, writer->number);
		else
		{
			sql[length++] = *statement;
			continue;
		}
		statement++;
	}
	sql[length] = '\0';
}

static bool
run_statement(Writer *writer, const char *statement, int rows)
{
	char		sql[512];
	int			least;
	int			most;

	if (sscanf(statement, "sleep %d %d", &least, &most) == 2)
		return usleep(1000 * random_between(writer, least, most)) == 0;
	if (strcmp(statement, "copy") == 0)
		return copy_rows(writer, rows);
	if (strcmp(statement, "finish") == 0)
		return finish_prepared(writer, false);
	expand(writer, sql, sizeof(sql), statement, rows);
	return run_sql(writer, sql);
}

static void
run_transaction(Writer *writer)
{
	int			number = choose_kind(writer);
	const Kind *kind = &kinds[number];
	int			rows = choose_rows(writer);

	writer->transactions++;
	__atomic_fetch_add(&begun[number], 1, __ATOMIC_RELAXED);
	for (int i = 0; i < MOST_STATEMENTS && kind->statements[i] != NULL; i++)
		if (!run_statement(writer, kind->statements[i], rows))
		{
			if (PQstatus(writer->connection) == CONNECTION_OK && PQtransactionStatus(writer->connection) != PQTRANS_IDLE)
				PQclear(PQexec(writer->connection, "ROLLBACK"));
			return;
		}
	__atomic_fetch_add(&rows_inserted, rows, __ATOMIC_RELAXED);
}

/* ---------------------------------------------------------------- sessions */

static void
connect_writer(Writer *writer)
{
	while ((writer->connection = torture_connect(writer->database, "writer")) == NULL)
		usleep(20000);
}

static void *
run_writer(void *argument)
{
	Writer	   *writer = argument;

	while (!torture_stopping)
	{
		connect_writer(writer);
		while (!torture_stopping && PQstatus(writer->connection) == CONNECTION_OK && random_between(writer, 1, 500) > 1)
			run_transaction(writer);
		PQfinish(writer->connection);
	}
	return NULL;
}

/* One writer of four, but not of the first two, is in the other database. */
void
writers_start(int count, unsigned seed, const char *names, int most_rows)
{
	kinds_wanted = names;
	largest = most_rows;
	writer_count = count < MOST_WRITERS ? count : MOST_WRITERS;
	for (int i = 0; i < writer_count; i++)
	{
		writers[i].number = i + 1;
		writers[i].database = i % 4 == 2 ? 2 : 1;
		writers[i].random = seed + i;
		if (pthread_create(&writers[i].thread, NULL, run_writer, &writers[i]) != 0)
			torture_die("pthread_create");
	}
}

/* What was prepared is finished, too. */
void
writers_join(void)
{
	char		name[64];

	for (int i = 0; i < writer_count; i++)
		pthread_join(writers[i].thread, NULL);
	for (int database = 1; database <= 2; database++)
	{
		writers[0].database = database;
		connect_writer(&writers[0]);
		(void) finish_prepared(&writers[0], true);
		PQfinish(writers[0].connection);
	}
	for (int i = 0; i < KINDS; i++)
	{
		snprintf(name, sizeof(name), "transactions: %s", kinds[i].name);
		if (is_wanted(&kinds[i]))
			torture_figure(name, begun[i]);
	}
}

/* About so many; those that were rolled back count, too. */
uint64_t
writers_rows(void)
{
	return __atomic_load_n(&rows_inserted, __ATOMIC_RELAXED);
}
