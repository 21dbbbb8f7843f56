/*-------------------------------------------------------------------------
 *
 * readers.c
 *	  Sessions that poll the table for new rows, each in a way of its own, and the
 *	  comparison of what they got with what the table has.
 *
 *-------------------------------------------------------------------------
 */
#include <arpa/inet.h>
#include <endian.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "torture.h"

#define PATIENCE_US 60000000

/*
 * How a reader polls.  With a horizon, it asks for that and then reads the rows from the last
 * one on, which is the hardest: it does not stop at the last row that it has seen.
 */
typedef struct Way
{
	const char *name;
	int			database;
	const char *horizon;		/* NULL: the last row seen is where the reader
								 * continues */
	const char *rows;
	bool		must_miss;		/* or else must not */
} Way;

#define BELOW_HORIZON "SELECT id FROM outbox WHERE id >= $1 AND id < $2 ORDER BY id"

static const Way ways[] = {
	{"own", 1, "SELECT snowflake_horizon()", BELOW_HORIZON, false},
	{"own-2", 1, "SELECT snowflake_horizon()", BELOW_HORIZON, false},
	{"other", 2, "SELECT snowflake_horizon()", BELOW_HORIZON, false},
	{"all", 1, "SELECT snowflake_horizon(all_databases => true)", BELOW_HORIZON, false},
	{"naive", 1, NULL, "SELECT id FROM outbox WHERE id > $1 ORDER BY id", true},
	{"second", 1, NULL, "SELECT id FROM outbox WHERE id > $1 AND "
	"id < snowflake_lower_bound(clock_timestamp() - interval '1 s') ORDER BY id", true},

	/*
	 * It fails, as the snapshot was taken before; with a row that has the
	 * horizon alone.
	 */
	{"same", 1, NULL, "SELECT id, h FROM (SELECT snowflake_horizon() AS h OFFSET 0) AS horizon LEFT JOIN outbox "
	"ON id >= $1 AND id < h ORDER BY id", false},
};

#define WAYS ((int) (sizeof(ways) / sizeof(ways[0])))

typedef struct Reader
{
	pthread_t	thread;
	const Way  *way;
	bool		is_started;
	PGconn	   *connection;
	int64_t		bookmark;
	IdList		list;
	uint64_t	polls;
	uint64_t	went_down;
	uint64_t	refused;
	bool		is_done;
} Reader;

static Reader readers[WAYS];

/* 0 until the writers have ended; then the table is complete, and this is its last ID. */
static int64_t last_id[2];
static int	is_complete = 0;

/* ---------------------------------------------------------------- polling */

static PGresult *
read_statement(Reader *reader, const char *sql, int arguments, const int64_t *values)
{
	uint64_t	network[2];
	const char *pointers[2] = {(char *) &network[0], (char *) &network[1]};
	const int	lengths[2] = {8, 8};
	const int	formats[2] = {1, 1};
	const Oid	types[2] = {20, 20};

	for (int i = 0; i < arguments; i++)
		network[i] = htobe64(values[i]);
	return PQexecParams(reader->connection, sql, arguments, types, pointers, lengths, formats, 1);
}

static void
note_horizon(Reader *reader, int64_t horizon)
{
	if (horizon < reader->bookmark)
		reader->went_down++;
	else
		reader->bookmark = horizon;
}

static void
take_rows(Reader *reader, const PGresult *result)
{
	int			rows = PQntuples(result);

	for (int i = 0; i < rows; i++)
		if (!PQgetisnull(result, i, 0))
			torture_add(&reader->list, torture_int64(result, i, 0));
	if (PQnfields(result) == 2 && rows > 0)
		note_horizon(reader, torture_int64(result, 0, 1));
	else if (reader->way->horizon == NULL && rows > 0)
		reader->bookmark = torture_int64(result, rows - 1, 0);
}

/* Two statements, in autocommit: each has a snapshot of its own. */
static void
poll_below_horizon(Reader *reader)
{
	int64_t		values[2] = {reader->bookmark, 0};
	PGresult   *result = read_statement(reader, reader->way->horizon, 0, NULL);
	bool		is_good = torture_is_good(reader->connection, result, reader->way->horizon);

	if (is_good)
		values[1] = torture_int64(result, 0, 0);
	PQclear(result);
	if (!is_good)
		return;
	result = read_statement(reader, reader->way->rows, 2, values);
	if (torture_is_good(reader->connection, result, reader->way->rows))
	{
		take_rows(reader, result);
		note_horizon(reader, values[1]);
		reader->polls++;
	}
	PQclear(result);
}

/* A horizon in the statement that reads is an error: feature_not_supported, or the like. */
static bool
is_refused(Reader *reader, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return reader->way->must_miss == false && reader->way->horizon == NULL && PQstatus(reader->connection) == CONNECTION_OK &&
		state != NULL && strncmp(state, "57", 2) != 0 && strncmp(state, "08", 2) != 0;
}

static void
poll_in_one_statement(Reader *reader)
{
	PGresult   *result = read_statement(reader, reader->way->rows, 1, &reader->bookmark);

	if (PQresultStatus(result) != PGRES_TUPLES_OK && is_refused(reader, result))
		reader->refused++;
	else if (torture_is_good(reader->connection, result, reader->way->rows))
	{
		take_rows(reader, result);
		reader->polls++;
	}
	PQclear(result);
}

static void
poll_once(Reader *reader)
{
	if (reader->way->horizon != NULL)
		poll_below_horizon(reader);
	else
		poll_in_one_statement(reader);
}

/* Once the table is complete: has the reader all that it will get? */
static bool
is_finished(Reader *reader, int64_t complete_since_us)
{
	if (!__atomic_load_n(&is_complete, __ATOMIC_ACQUIRE))
		return false;
	reader->is_done = reader->bookmark >= last_id[reader->way->database - 1];
	return reader->is_done || torture_now_us() > complete_since_us + PATIENCE_US || reader->refused > reader->polls;
}

static void *
run_reader(void *argument)
{
	Reader	   *reader = argument;
	unsigned	random = reader - readers + 1;
	int64_t		complete_since_us = INT64_MAX / 2;

	while (!is_finished(reader, complete_since_us))
	{
		if (complete_since_us == INT64_MAX / 2 && __atomic_load_n(&is_complete, __ATOMIC_ACQUIRE))
			complete_since_us = torture_now_us();
		if (reader->connection != NULL && PQstatus(reader->connection) != CONNECTION_OK)
		{
			PQfinish(reader->connection);
			reader->connection = NULL;
		}
		if (reader->connection == NULL && (reader->connection = torture_connect(reader->way->database, "reader")) == NULL)
			usleep(20000);
		else
			poll_once(reader);
		usleep(1000 * (rand_r(&random) % 9));
	}
	PQfinish(reader->connection);
	return NULL;
}

void
readers_start(const char *names)
{
	char		words[256];

	snprintf(words, sizeof(words), " %s ", names);
	for (int i = 0; i < WAYS; i++)
	{
		char		word[32];

		readers[i].way = &ways[i];
		snprintf(word, sizeof(word), " %s ", ways[i].name);
		readers[i].is_started = strstr(words, word) != NULL;
		if (readers[i].is_started && pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]) != 0)
			torture_die("pthread_create");
	}
}

/* ---------------------------------------------------------------- comparison */

static void
read_table(int database, IdList *list)
{
	PGconn	   *connection;
	PGresult   *result;

	while ((connection = torture_connect(database, "check")) == NULL)
		usleep(100000);
	PQclear(PQexec(connection, "BEGIN; SET LOCAL enable_seqscan = off; DECLARE c BINARY CURSOR FOR SELECT id FROM outbox ORDER BY id"));
	for (;;)
	{
		result = PQexec(connection, "FETCH 100000 FROM c");
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			torture_die(PQerrorMessage(connection));
		if (PQntuples(result) == 0)
			break;
		for (int i = 0; i < PQntuples(result); i++)
			torture_add(list, torture_int64(result, i, 0));
		PQclear(result);
	}
	PQclear(result);
	PQfinish(connection);
}

static IdList tables[2];

void
readers_join(void)
{
	for (int i = 0; i < 2; i++)
	{
		read_table(i + 1, &tables[i]);
		last_id[i] = tables[i].count > 0 ? tables[i].ids[tables[i].count - 1] : 0;
	}
	__atomic_store_n(&is_complete, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < WAYS; i++)
		if (readers[i].is_started)
			pthread_join(readers[i].thread, NULL);
}

static int
compare_ids(const void *one, const void *other)
{
	int64_t		a = *(const int64_t *) one;
	int64_t		b = *(const int64_t *) other;

	return (a > b) - (a < b);
}

static void
reader_figure(const Reader *reader, const char *what, uint64_t value)
{
	char		name[64];

	snprintf(name, sizeof(name), "%s: %s", reader->way->name, what);
	torture_figure(name, value);
}

static void
check_reader(Reader *reader)
{
	const IdList *table = &tables[reader->way->database - 1];
	IdList	   *list = &reader->list;
	uint64_t	missed = 0;
	uint64_t	unknown = 0;
	uint64_t	out_of_order = 0;
	size_t		read = 0;

	for (size_t i = 1; i < list->count; i++)
		out_of_order += list->ids[i] <= list->ids[i - 1];
	if (out_of_order > 0)
		qsort(list->ids, list->count, sizeof(int64_t), compare_ids);
	for (size_t i = 0; i < table->count; i++)
	{
		for (; read < list->count && list->ids[read] < table->ids[i]; read++)
			unknown++;
		if (read < list->count && list->ids[read] == table->ids[i])
			read++;
		else
			missed++;
	}
	unknown += list->count - read;
	reader_figure(reader, "polls", reader->polls);
	reader_figure(reader, "rows", list->count);
	reader_figure(reader, "missed", missed);
	reader_figure(reader, "not in the table", unknown);
	reader_figure(reader, "out of order", out_of_order);
	reader_figure(reader, "went down", reader->went_down);
	reader_figure(reader, "left behind", !reader->way->must_miss && reader->refused == 0 && !reader->is_done);
	if (reader->way->horizon == NULL && !reader->way->must_miss)
		reader_figure(reader, "refused", reader->refused);
}

void
readers_check(void)
{
	torture_figure("rows", tables[0].count + tables[1].count);
	for (int i = 0; i < WAYS; i++)
		if (readers[i].is_started)
			check_reader(&readers[i]);
}
