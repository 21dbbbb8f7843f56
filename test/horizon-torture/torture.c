/*-------------------------------------------------------------------------
 *
 * torture.c
 *	  Writers and readers of a table, until they are told to end; then what each
 *	  reader got is compared with the table.
 *
 *		torture SOCKET_DIRECTORY SEED WRITERS MOST_ROWS READERS KINDS
 *
 * SIGTERM ends it.  It writes the figures to stdout, "NAME<tab>VALUE" each, and
 * how many rows there are to the file "progress" while it runs.
 *
 *-------------------------------------------------------------------------
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

#define MOST_SHOWN 20

volatile sig_atomic_t torture_stopping = 0;

static const char *socket_directory;
static uint64_t unexpected = 0;
static uint64_t workers_launched = 0;

void
torture_die(const char *what)
{
	fprintf(stderr, "torture: %s: %s\n", what, strerror(errno));
	exit(1);
}

int64_t
torture_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
torture_add(IdList *list, int64_t id)
{
	if (list->count == list->room)
	{
		list->room = list->room == 0 ? 1 << 16 : 2 * list->room;
		list->ids = realloc(list->ids, list->room * sizeof(int64_t));
		if (list->ids == NULL)
			torture_die("realloc");
	}
	list->ids[list->count++] = id;
}

int64_t
torture_int64(const PGresult *result, int row, int column)
{
	int64_t		value;

	memcpy(&value, PQgetvalue(result, row, column), sizeof(value));
	return be64toh(value);
}

/* Of a server that ends; errors of statements are seen elsewhere. */
static void
ignore_notice(void *arg, const char *message)
{
	(void) arg;
	(void) message;
}

PGconn *
torture_connect(int database, const char *application)
{
	char		name[16];
	const char *const names[] = {"host", "port", "user", "dbname", "application_name", "connect_timeout", "options", NULL};
	const char *const values[] = {socket_directory, "5432", "postgres", name, application, "5", "-c idgen.max_wait=20s", NULL};
	PGconn	   *connection;

	snprintf(name, sizeof(name), "torture_%d", database);
	connection = PQconnectdbParams(names, values, 0);
	PQsetNoticeProcessor(connection, ignore_notice, NULL);
	if (PQstatus(connection) == CONNECTION_OK)
		return connection;
	PQfinish(connection);
	return NULL;
}

/* What kills cause, what others have finished, and more prepared transactions than there may be. */
static bool
is_expected(PGconn *connection, const char *state)
{
	static const char *const states[] = {"57", "08", "42704", "55000", "53200", "53000", "25P02"};

	if (PQstatus(connection) != CONNECTION_OK || state == NULL)
		return true;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(state, states[i], strlen(states[i])) == 0)
			return true;
	return false;
}

bool
torture_is_good(PGconn *connection, const PGresult *result, const char *what)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
		return true;
	if (!is_expected(connection, PQresultErrorField(result, PG_DIAG_SQLSTATE)) &&
		__atomic_fetch_add(&unexpected, 1, __ATOMIC_RELAXED) < MOST_SHOWN)
		fprintf(stderr, "%s: %s", what, PQresultErrorMessage(result));
	return false;
}

void
torture_count_workers(int launched)
{
	__atomic_fetch_add(&workers_launched, launched, __ATOMIC_RELAXED);
}

void
torture_figure(const char *name, uint64_t value)
{
	printf("%s\t%llu\n", name, (unsigned long long) value);
}

static void
stop(int signal_number)
{
	(void) signal_number;
	torture_stopping = 1;
}

/* Replaces the file as a whole, as somebody may be reading it. */
static void
write_progress(void)
{
	FILE	   *file = fopen("progress.new", "w");

	if (file == NULL)
		torture_die("progress.new");
	fprintf(file, "%llu\n", (unsigned long long) writers_rows());
	if (fclose(file) != 0 || rename("progress.new", "progress") != 0)
		torture_die("progress");
}

int
main(int argc, char **argv)
{
	if (argc != 7)
	{
		fprintf(stderr, "usage: torture SOCKET_DIRECTORY SEED WRITERS MOST_ROWS READERS KINDS\n");
		return 2;
	}
	socket_directory = argv[1];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, stop);
	readers_start(argv[5]);
	writers_start(atoi(argv[3]), atoi(argv[2]), argv[6], atoi(argv[4]));
	while (!torture_stopping)
	{
		write_progress();
		usleep(200000);
	}
	writers_join();
	readers_join();
	readers_check();
	torture_figure("parallel workers launched", workers_launched);
	torture_figure("unexpected errors", unexpected);
	return 0;
}
