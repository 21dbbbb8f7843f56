/*-------------------------------------------------------------------------
 *
 * writers.c
 *	  Clients that take IDs in bulk from the servers of the lease torture, and write
 *	  down what they receive.
 *
 *		writers DIRECTORY SEED PAUSE_US
 *
 * Lines on stdin, until it ends:
 *
 *		add NAME DIRECTORY_OF_SOCKET PORT
 *		drop NAME
 *
 * What is written are the files "ids.N", "sessions", "errors" and "progress" of the
 * torture (see ../torture/record.h), and "counters" in the end.
 *
 *-------------------------------------------------------------------------
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "../torture/record.h"

#define WRITERS_OF_SERVER 2
#define MOST_WRITERS 1000
#define RECONNECT_US 50000

/* In an array of bigint: dimensions, flags, type, length and lower bound; and then each element after its size. */
#define ARRAY_HEADER 20
#define ARRAY_ELEMENT 12

typedef struct Writer
{
	pthread_t	thread;
	int			number;
	char		name[16];
	char		socket_directory[256];
	char		port[8];
	bool		is_dropped;
	unsigned	random;
	uint32_t	session;
	PGconn	   *connection;
	FILE	   *records;
} Writer;

/* A way to take IDs: $1 is how many, 1 .. most. */
typedef struct Way
{
	const char *sql;
	int			weight;
	int			most;
	bool		is_block;
} Way;

static const Way ways[] = {
	{"SELECT snowflake_next_block($1)", 5, 4096, true},
	{"SELECT snowflake_nextvals($1)", 2, 3000, false},
	{"SELECT snowflake_nextval() FROM generate_series(1, $1)", 2, 1000, false},
	{"SELECT snowflake_nextval() FROM generate_series(1, $1)", 1, 1, false},
};

static const char *const options_of_sessions[] = {
	"", "-c idgen.max_wait=0", "-c idgen.max_wait=300ms", "-c idgen.max_wait=2s"
};

static const char *directory;
static int	pause_us;
static unsigned seed;
static Writer writers[MOST_WRITERS];
static int	writer_count = 0;
static uint32_t last_session = 0;
static uint64_t ids = 0;
static uint64_t statements = 0;
static uint64_t refused = 0;
static uint64_t lost = 0;
static uint64_t unexpected = 0;
static volatile sig_atomic_t stopping = 0;
static FILE *sessions;
static FILE *errors;

static void
die(const char *what)
{
	fprintf(stderr, "writers: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static FILE *
create_file(const char *name)
{
	char		path[1024];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (file == NULL)
		die(path);
	return file;
}

static void
count(uint64_t *counter, uint64_t by)
{
	__atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

/* ---------------------------------------------------------------- IDs */

static int64_t
get_int64(const char *bytes)
{
	int64_t		value;

	memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

static void
write_record(Writer *writer, const Record *record)
{
	if (record->count > 0 && fwrite(record, sizeof(Record), 1, writer->records) != 1)
		die("writing IDs");
}

/* Adds an ID to a record, which is written when the ID does not continue it within a tick. */
static void
add_id(Writer *writer, Record *record, int64_t id)
{
	if (record->count > 0 && id == record_end(record) && id >> TICK_SHIFT == record->first >> TICK_SHIFT)
	{
		record->count++;
		return;
	}
	write_record(writer, record);
	record->first = id;
	record->count = 1;
}

static void
take_result(Writer *writer, const Way *way, int wanted, const PGresult *result, int64_t sent_us)
{
	Record		record = {
		.session = writer->session,
		.sent_us = sent_us,
		.received_us = now_us(),
	};
	int			rows = PQntuples(result);

	if (way->is_block)
	{
		record.first = get_int64(PQgetvalue(result, 0, 0));
		record.count = wanted;
	}
	else if (rows == 1 && PQgetlength(result, 0, 0) > (int) sizeof(int64_t))
	{
		const char *array = PQgetvalue(result, 0, 0);

		for (int i = 0; i < wanted; i++)
			add_id(writer, &record, get_int64(array + ARRAY_HEADER + i * ARRAY_ELEMENT + 4));
	}
	else
	{
		for (int i = 0; i < rows; i++)
			add_id(writer, &record, get_int64(PQgetvalue(result, i, 0)));
	}
	write_record(writer, &record);
	count(&ids, wanted);
	count(&statements, 1);
}

/* ---------------------------------------------------------------- statements */

static bool
is_lost(const Writer *writer, const char *state)
{
	return PQstatus(writer->connection) != CONNECTION_OK || state == NULL || strncmp(state, "08", 2) == 0 ||
		strncmp(state, "57P", 3) == 0;
}

/* The first ID of a server may take longer than a call may wait, with all else that the machine has to do. */
static bool
is_origin_in_creation(const char *state, const PGresult *result)
{
	return strcmp(state, "55006") == 0 && strstr(PQresultErrorMessage(result), "is being created by another session") != NULL;
}

static void
note_error(Writer *writer, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (is_lost(writer, state))
		count(&lost, 1);
	else if (strcmp(state, "55000") == 0 || is_origin_in_creation(state, result))
		count(&refused, 1);
	else
	{
		count(&unexpected, 1);
		fprintf(errors, "%lld %s %s: %s", (long long) now_us(), writer->name, state, PQresultErrorMessage(result));
	}
}

static const Way *
choose_way(Writer *writer)
{
	int			weight = rand_r(&writer->random) % 10;
	const Way  *way = ways;

	while ((weight -= way->weight) >= 0)
		way++;
	return way;
}

static void
take_ids(Writer *writer)
{
	const Way  *way = choose_way(writer);
	int			wanted = 1 + rand_r(&writer->random) % way->most;
	int64_t		sent_us = now_us();
	char		argument[16];
	const char *arguments[] = {argument};
	const Oid	types[] = {23};
	PGresult   *result;

	snprintf(argument, sizeof(argument), "%d", wanted);
	result = PQexecParams(writer->connection, way->sql, 1, types, arguments, NULL, NULL, 1);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		take_result(writer, way, wanted, result, sent_us);
	else
	{
		note_error(writer, result);
		usleep(20000);
	}
	PQclear(result);
}

/* ---------------------------------------------------------------- sessions */

static bool
open_session(Writer *writer)
{
	const char *const names[] = {"host", "port", "user", "dbname", "connect_timeout", "options", NULL};
	const char *const values[] = {
		writer->socket_directory, writer->port, "postgres", "postgres", "2",
		options_of_sessions[rand_r(&writer->random) % 4], NULL
	};

	writer->connection = PQconnectdbParams(names, values, 0);
	if (PQstatus(writer->connection) != CONNECTION_OK)
		return false;
	writer->session = __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED);
	fprintf(sessions, "%u %d %s postgres %d %lld\n", writer->session, writer->number, writer->name,
			PQbackendPID(writer->connection), (long long) now_us());
	return true;
}

static bool
must_end(const Writer *writer)
{
	return stopping || __atomic_load_n(&writer->is_dropped, __ATOMIC_RELAXED);
}

static void *
run_writer(void *argument)
{
	Writer	   *writer = argument;

	while (!must_end(writer))
	{
		if (!open_session(writer))
			usleep(RECONNECT_US);
		while (!must_end(writer) && PQstatus(writer->connection) == CONNECTION_OK)
		{
			take_ids(writer);
			usleep(rand_r(&writer->random) % (2 * pause_us + 1));
			/* Sessions are short or long. */
			if (rand_r(&writer->random) % 300 == 0)
				break;
		}
		PQfinish(writer->connection);
	}
	if (fclose(writer->records) != 0)
		die("writing IDs");
	return NULL;
}

static void
add_writer(const char *name, const char *socket_directory, const char *port)
{
	Writer	   *writer = &writers[writer_count];
	char		file[32];

	if (writer_count == MOST_WRITERS)
		die("too many writers");
	writer->number = ++writer_count;
	writer->random = seed + writer->number;
	snprintf(writer->name, sizeof(writer->name), "%s", name);
	snprintf(writer->socket_directory, sizeof(writer->socket_directory), "%s", socket_directory);
	snprintf(writer->port, sizeof(writer->port), "%s", port);
	snprintf(file, sizeof(file), "ids.%d", writer->number);
	writer->records = create_file(file);
	if (pthread_create(&writer->thread, NULL, run_writer, writer) != 0)
		die("pthread_create");
}

/* ---------------------------------------------------------------- the whole */

static void
obey(const char *line)
{
	char		name[16];
	char		socket_directory[256];
	char		port[8];

	if (sscanf(line, "add %15s %255s %7s", name, socket_directory, port) == 3)
	{
		for (int i = 0; i < WRITERS_OF_SERVER; i++)
			add_writer(name, socket_directory, port);
	}
	else if (sscanf(line, "drop %15s", name) == 1)
	{
		for (int i = 0; i < writer_count; i++)
			if (strcmp(writers[i].name, name) == 0)
				__atomic_store_n(&writers[i].is_dropped, true, __ATOMIC_RELAXED);
	}
}

/* Replaces the file as a whole, as somebody may be reading it. */
static void *
write_progress(void *argument)
{
	char		new_path[1024];
	char		path[1024];

	snprintf(new_path, sizeof(new_path), "%s/progress.new", directory);
	snprintf(path, sizeof(path), "%s/progress", directory);
	while (!stopping)
	{
		FILE	   *file = create_file("progress.new");

		fprintf(file, "%llu\n", (unsigned long long) __atomic_load_n(&ids, __ATOMIC_RELAXED));
		fclose(file);
		if (rename(new_path, path) != 0)
			die(path);
		usleep(200000);
	}
	return argument;
}

static void
write_counters(void)
{
	FILE	   *file = create_file("counters");

	fprintf(file, "sessions\t%u\nstatements\t%llu\nrefused\t%llu\nlost connections\t%llu\nunexpected errors\t%llu\n",
			last_session, (unsigned long long) statements, (unsigned long long) refused, (unsigned long long) lost,
			(unsigned long long) unexpected);
	if (fclose(file) != 0 || fclose(sessions) != 0 || fclose(errors) != 0)
		die("writing counters");
}

int
main(int argc, char **argv)
{
	pthread_t	progress;
	char		line[512];

	if (argc != 4)
	{
		fprintf(stderr, "usage: writers DIRECTORY SEED PAUSE_US\n");
		return 2;
	}
	directory = argv[1];
	seed = atoi(argv[2]);
	pause_us = atoi(argv[3]);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	sessions = create_file("sessions");
	errors = create_file("errors");
	setvbuf(sessions, NULL, _IOLBF, 0);
	setvbuf(errors, NULL, _IOLBF, 0);
	if (pthread_create(&progress, NULL, write_progress, NULL) != 0)
		die("pthread_create");
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	stopping = 1;
	for (int i = 0; i < writer_count; i++)
		pthread_join(writers[i].thread, NULL);
	pthread_join(progress, NULL);
	write_counters();
	return 0;
}
