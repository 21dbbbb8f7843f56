/*-------------------------------------------------------------------------
 *
 * load.c
 *	  Clients that draw IDs in every way there is, and write down each ID that
 *	  they have received, whatever became of its statement or transaction.
 *
 *		load DIRECTORY CLIENTS SEED HOST[,HOST...]
 *
 * A client is a thread with one connection at a time, to whichever of the hosts
 * is no standby.  Until SIGTERM, these are kept in DIRECTORY:
 *
 *		ids.N		records of client N (see record.h)
 *		sessions	SESSION CLIENT HOST DATABASE PID CONNECTED_US
 *		beyond		IDs beyond the drift limit; check.c knows about clock steps:
 *					SENT_US RECEIVED_US SESSION ID LIMIT_US IDS
 *		slow		statements that took long: SENT_US MS SESSION SHAPE OUTCOME
 *		errors		those that nobody expects: TIME_US SESSION SQLSTATE MESSAGE
 *		progress	IDs received until now
 *		counters	NAME<tab>NUMBER, in the end
 *
 *-------------------------------------------------------------------------
 */
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "record.h"

#define DATABASES 3
#define INT8_OID 20

/* From PostgreSQL's epoch, 2000, to that of Unix. */
#define POSTGRES_EPOCH_US (INT64_C(946684800) * 1000000)

/* Beyond idgen.max_wait, which is 10 s unless a session sets it. */
#define SLOW_US 12000000

/*
 * A way to draw.  The first column of a row is an ID, or an array of them, or the
 * first of a block of $1.  The second is how far the time of an ID may go; it is
 * worked out after the draw.
 */
typedef struct Shape
{
	const char *name;
	int			weight;
	int			least;			/* $1; 0: has none */
	int			most;
	const char *sql;
	const char *begin;			/* NULL: no explicit transaction */
	const char *end;
	bool		is_block;
	bool		is_parallel;	/* IDs come in any order */
	bool		is_canceled;
} Shape;

#define LIMIT "clock_timestamp() + current_setting('idgen.max_drift')::interval"
#define ROWS "SELECT snowflake_nextval(), " LIMIT " FROM generate_series(1, $1)"
#define BATCH "SELECT snowflake_nextvals($1), " LIMIT
#define INSERT "INSERT INTO drawn (n) SELECT generate_series(1, $1) RETURNING id, " LIMIT

static const Shape shapes[] = {
	{.name = "single",.weight = 50,
	.sql = "SELECT snowflake_nextval(), " LIMIT},
	{.name = "burst",.weight = 10,.least = 2,.most = 500,
	.sql = ROWS},
	{.name = "batch",.weight = 12,.least = 1000,.most = 10000,
	.sql = BATCH},
	{.name = "small batch",.weight = 5,.least = 1,.most = 100,
	.sql = BATCH},
	{.name = "large batch",.weight = 1,.least = 20000,.most = 100000,
	.sql = BATCH},
	{.name = "block",.weight = 8,.least = 1,.most = 4096,.is_block = true,
	.sql = "SELECT snowflake_next_block($1), " LIMIT},
	{.name = "parallel",.weight = 1,.is_parallel = true,
	.sql = "SELECT snowflake_nextval(), " LIMIT " FROM many"},
	{.name = "in a read-only transaction",.weight = 3,.least = 1,.most = 300,
	.sql = ROWS,.begin = "BEGIN READ ONLY",.end = "COMMIT"},
	{.name = "rolled back",.weight = 3,.least = 1,.most = 50,
	.sql = INSERT,.begin = "BEGIN READ WRITE",.end = "ROLLBACK"},
	{.name = "committed",.weight = 1,.least = 1,.most = 50,
	.sql = INSERT,.begin = "BEGIN READ WRITE",.end = "COMMIT"},
	{.name = "failing half-way",.weight = 3,.least = 2,.most = 1000,
	.sql = "SELECT snowflake_nextval(), " LIMIT ", 1 / ($1 / 2 - n) FROM generate_series(1, $1) AS n"},
	{.name = "canceled",.weight = 1,.least = 5000,.most = 20000,.is_canceled = true,
	.sql = ROWS},
};

#define SHAPES ((int) (sizeof(shapes) / sizeof(shapes[0])))

typedef enum Counter
{
	STATEMENTS,
	IDS,
	PARTIAL_IDS,
	SESSIONS,
	FAILED_CONNECTIONS,
	LOST_CONNECTIONS,
	REFUSED_BY_DRIFT,
	REFUSED_BY_STANDBY,
	REFUSED_BY_ORIGIN,
	CANCELED,
	FAILED_ON_PURPOSE,
	UNEXPECTED_ERRORS,
	COUNTERS
} Counter;

static const char *const counter_names[COUNTERS] = {
	"statements", "ids", "ids of failed statements", "sessions", "failed connections",
	"lost connections", "refused by drift", "refused by standby", "refused by origin", "canceled", "failed on purpose",
	"unexpected errors"
};

static uint64_t counters[COUNTERS];

typedef struct Client
{
	int			number;
	uint64_t	random;
	pthread_t	thread;
	FILE	   *records;
	PGconn	   *connection;
	uint32_t	session;

	/* of the statement at hand */
	int64_t    *ids;
	size_t		count;
	size_t		room;
	int64_t		beyond;			/* the first ID beyond its limit */
	int64_t		beyond_limit_us;
	uint64_t	beyond_count;
} Client;

static const char *directory;
static const char *hosts;
static FILE *sessions;
static FILE *beyond;
static FILE *slow;
static FILE *errors;
static uint32_t last_session = 0;
static volatile sig_atomic_t stopping = 0;
static int64_t clock_offset_us;

/* ---------------------------------------------------------------- small things */

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Since 1970, but steady. */
static int64_t
now_us(void)
{
	return clock_us(CLOCK_MONOTONIC) + clock_offset_us;
}

static void
count(Counter counter, uint64_t n)
{
	__atomic_fetch_add(&counters[counter], n, __ATOMIC_RELAXED);
}

static FILE *
create(const char *name)
{
	char		path[1024];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (file == NULL)
		die(path);
	return file;
}

/* xorshift64* */
static uint64_t
random_bits(Client *client)
{
	uint64_t	x = client->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	client->random = x;
	return x * UINT64_C(0x2545F4914F6CDD1D);
}

static int
random_between(Client *client, int least, int most)
{
	return least + (int) ((random_bits(client) >> 33) % (uint64_t) (most - least + 1));
}

static const Shape *
random_shape(Client *client)
{
	int			total = 0;
	int			at;

	for (int i = 0; i < SHAPES; i++)
		total += shapes[i].weight;
	at = random_between(client, 0, total - 1);
	for (int i = 0; i < SHAPES; i++)
	{
		at -= shapes[i].weight;
		if (at < 0)
			return &shapes[i];
	}
	abort();
}

/* ---------------------------------------------------------------- results */

static int64_t
read_int64(const char *bytes)
{
	uint64_t	value;

	memcpy(&value, bytes, sizeof(value));
	return (int64_t) be64toh(value);
}

static void
keep_id(Client *client, int64_t id)
{
	if (client->count == client->room)
	{
		client->room = client->room ? client->room * 2 : 4096;
		client->ids = realloc(client->ids, client->room * sizeof(int64_t));
		if (client->ids == NULL)
			die("realloc");
	}
	client->ids[client->count++] = id;
}

/* The binary form of int8[] without nulls: five words, then length and value each. */
static void
keep_array(Client *client, const char *bytes, int length)
{
	const int	header = 20;
	const int	element = 4 + 8;

	for (int at = header; at + element <= length; at += element)
		keep_id(client, read_int64(bytes + at + 4));
}

/* A row's IDs were drawn when the clock allowed limit_us, and the tick it lies in. */
static void
hold_against_limit(Client *client, size_t from, int64_t limit_us)
{
	for (size_t i = from; i < client->count; i++)
	{
		if (id_time_us(client->ids[i]) <= limit_us)
			continue;
		if (client->beyond_count++ > 0)
			continue;
		client->beyond = client->ids[i];
		client->beyond_limit_us = limit_us;
	}
}

static void
keep_row(Client *client, const Shape *shape, int argument, const PGresult *row)
{
	size_t		from = client->count;
	const char *value = PQgetvalue(row, 0, 0);

	if (PQftype(row, 0) != INT8_OID)
		keep_array(client, value, PQgetlength(row, 0, 0));
	else
	{
		for (int i = 0; i < (shape->is_block ? argument : 1); i++)
			keep_id(client, read_int64(value) + i);
	}
	hold_against_limit(client, from, read_int64(PQgetvalue(row, 0, 1)) + POSTGRES_EPOCH_US);
}

static int
compare_ids(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* What the statement has brought, in the order in which it came. */
static void
write_records(Client *client, const Shape *shape, int64_t sent_us, int64_t received_us)
{
	if (shape->is_parallel)
		qsort(client->ids, client->count, sizeof(int64_t), compare_ids);

	for (size_t i = 0; i < client->count;)
	{
		Record		record = {client->ids[i], 1, client->session, sent_us, received_us};

		while (++i < client->count && client->ids[i] == record_end(&record))
			record.count++;
		if (fwrite(&record, sizeof(record), 1, client->records) != 1)
			die("writing IDs");
	}

	if (client->beyond_count > 0)
	{
		fprintf(beyond, "%lld %lld %u %lld %lld %llu\n", (long long) sent_us,
				(long long) received_us, client->session, (long long) client->beyond,
				(long long) client->beyond_limit_us, (unsigned long long) client->beyond_count);
		fflush(beyond);
	}
}

/* ---------------------------------------------------------------- errors */

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void
write_unexpected(Client *client, const char *sqlstate, const char *message)
{
	char		line[400];

	snprintf(line, sizeof(line), "%s", message);
	for (char *c = line; *c; c++)
	{
		if (*c == '\n')
			*c = ' ';
	}
	fprintf(errors, "%lld %u %s %s\n", (long long) now_us(), client->session, sqlstate, line);
	fflush(errors);
}

/* What kind of failure it is; all that servers which come and go cause is a lost connection. */
static Counter
classify(Client *client, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (sqlstate == NULL || message == NULL || begins(sqlstate, "57P") || begins(sqlstate, "08") ||
		strstr(message, "parallel worker"))
		return LOST_CONNECTIONS;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "too far ahead of the system clock"))
		return REFUSED_BY_DRIFT;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "standby"))
		return REFUSED_BY_STANDBY;
	if (strcmp(sqlstate, "55006") == 0 && strstr(message, "replication origin"))
		return REFUSED_BY_ORIGIN;
	if (strcmp(sqlstate, "57014") == 0)
		return CANCELED;
	if (strcmp(sqlstate, "22012") == 0)
		return FAILED_ON_PURPOSE;
	write_unexpected(client, sqlstate, message);
	return UNEXPECTED_ERRORS;
}

/* ---------------------------------------------------------------- statements */

static void
cancel(Client *client)
{
	char		message[256];
	PGcancel   *handle = PQgetCancel(client->connection);

	usleep(random_between(client, 0, 10000));
	if (handle != NULL)
		PQcancel(handle, message, sizeof(message));
	PQfreeCancel(handle);
}

/* Ends or begins a transaction.  Returns STATEMENTS, or how it failed. */
static Counter
command(Client *client, const char *sql)
{
	PGresult   *result = PQexec(client->connection, sql);
	Counter		outcome = STATEMENTS;

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		outcome = classify(client, result);
	PQclear(result);
	return outcome;
}

/* Sends it and keeps what comes.  Returns STATEMENTS, or how it failed. */
static Counter
draw(Client *client, const Shape *shape, int argument)
{
	char		text[16];
	const char *values[] = {text};
	Counter		outcome = STATEMENTS;
	PGresult   *result;

	snprintf(text, sizeof(text), "%d", argument);
	if (!PQsendQueryParams(client->connection, shape->sql, shape->least > 0, NULL, values, NULL,
						   NULL, 1))
		return LOST_CONNECTIONS;
	PQsetSingleRowMode(client->connection);
	if (shape->is_canceled)
		cancel(client);

	while ((result = PQgetResult(client->connection)) != NULL)
	{
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_SINGLE_TUPLE)
			keep_row(client, shape, argument, result);
		else if (status != PGRES_TUPLES_OK)
			outcome = classify(client, result);
		PQclear(result);
	}
	return outcome;
}

/* Returns STATEMENTS, or how it failed. */
static Counter
run_statement(Client *client, const Shape *shape)
{
	int			argument = random_between(client, shape->least, shape->most);
	Counter		outcome;
	int64_t		sent_us;
	int64_t		received_us;

	if (shape->begin && (outcome = command(client, shape->begin)) != STATEMENTS)
		return outcome;

	client->count = 0;
	client->beyond_count = 0;
	sent_us = now_us();
	outcome = draw(client, shape, argument);
	received_us = now_us();

	write_records(client, shape, sent_us, received_us);
	count(IDS, client->count);
	if (outcome != STATEMENTS)
		count(PARTIAL_IDS, client->count);
	if (received_us - sent_us > SLOW_US)
	{
		fprintf(slow, "%lld %lld %u %s: %s\n", (long long) sent_us,
				(long long) (received_us - sent_us) / 1000, client->session, shape->name,
				counter_names[outcome]);
		fflush(slow);
	}
	if (shape->end && outcome != LOST_CONNECTIONS)
	{
		Counter		ended = command(client, shape->end);

		if (ended != STATEMENTS)
			outcome = ended;
	}
	return outcome;
}

/* ---------------------------------------------------------------- sessions */

/* A connection, or false. */
static bool
open_session(Client *client)
{
	static const char *const options[] = {
		"", "", "", "-c idgen.max_wait=0", "-c idgen.max_wait=300ms",
		"-c default_transaction_read_only=on"
	};
	const char *option = options[random_between(client, 0, 5)];
	char		database[16];
	const char *const names[] = {
		"host", "user", "dbname", "target_session_attrs", "connect_timeout", "options", NULL
	};
	const char *const values[] = {hosts, "postgres", database, "primary", "2", option, NULL};

	snprintf(database, sizeof(database), "torture_%d", random_between(client, 1, DATABASES));
	client->connection = PQconnectdbParams(names, values, 0);
	if (PQstatus(client->connection) != CONNECTION_OK)
	{
		PQfinish(client->connection);
		count(FAILED_CONNECTIONS, 1);
		return false;
	}

	client->session = __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED);
	fprintf(sessions, "%u %d %s %s %d %lld\n", client->session, client->number,
			PQhost(client->connection), database, PQbackendPID(client->connection),
			(long long) now_us());
	count(SESSIONS, 1);
	return true;
}

/* Short or long, busy or idle most of the time. */
static void
use_session(Client *client)
{
	static const int pauses_us[] = {0, 5000, 10000, 20000, 50000};
	int			pause_us = pauses_us[random_between(client, 0, 4)];
	int			statements = random_between(client, 0, 3) == 0 ?
		random_between(client, 1, 5) : random_between(client, 20, 2000);

	for (int i = 0; i < statements && !stopping; i++)
	{
		Counter		outcome = run_statement(client, random_shape(client));

		count(outcome, 1);
		if (PQstatus(client->connection) != CONNECTION_OK)
			break;
		if (outcome == REFUSED_BY_DRIFT || outcome == REFUSED_BY_STANDBY || outcome == REFUSED_BY_ORIGIN)
			usleep(20000);
		if (pause_us > 0)
			usleep(random_between(client, 0, 2 * pause_us));
	}
	PQfinish(client->connection);
}

static void *
run_client(void *arg)
{
	Client	   *client = arg;

	while (!stopping)
	{
		if (open_session(client))
			use_session(client);
		else
			usleep(20000);
	}
	if (fclose(client->records) != 0)
		die("writing IDs");
	return NULL;
}

/* ---------------------------------------------------------------- the whole */

static void
stop(int signal_number)
{
	(void) signal_number;
	stopping = 1;
}

/* Replaces the file as a whole, as somebody may be reading it. */
static void
write_progress(void)
{
	char		old[1024];
	char		new[1024];
	FILE	   *file = create("progress.new");

	fprintf(file, "%llu\n", (unsigned long long) __atomic_load_n(&counters[IDS], __ATOMIC_RELAXED));
	fclose(file);
	snprintf(old, sizeof(old), "%s/progress.new", directory);
	snprintf(new, sizeof(new), "%s/progress", directory);
	if (rename(old, new) != 0)
		die(new);
}

static void
start_client(Client *client, int number, uint64_t seed)
{
	char		name[32];

	client->number = number;
	client->random = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^
		(uint64_t) number * UINT64_C(0xD1B54A32D192ED03);
	snprintf(name, sizeof(name), "ids.%d", number);
	client->records = create(name);
	if (pthread_create(&client->thread, NULL, run_client, client) != 0)
		die("pthread_create");
}

int
main(int argc, char **argv)
{
	int			number;
	Client	   *clients;
	FILE	   *file;

	if (argc != 5 || (number = atoi(argv[2])) < 1)
	{
		fprintf(stderr, "usage: load DIRECTORY CLIENTS SEED HOST[,HOST...]\n");
		return 2;
	}
	directory = argv[1];
	hosts = argv[4];
	clock_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	signal(SIGTERM, stop);
	/* Not to outlive the script. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);

	sessions = create("sessions");
	setvbuf(sessions, NULL, _IOLBF, 0);
	beyond = create("beyond");
	slow = create("slow");
	errors = create("errors");
	clients = calloc(number, sizeof(Client));
	for (int i = 0; i < number; i++)
		start_client(&clients[i], i + 1, strtoull(argv[3], NULL, 10));

	while (!stopping)
	{
		write_progress();
		usleep(100000);
	}
	for (int i = 0; i < number; i++)
		pthread_join(clients[i].thread, NULL);

	file = create("counters");
	fprintf(file, "clients\t%d\n", number);
	for (int i = 0; i < COUNTERS; i++)
		fprintf(file, "%s\t%llu\n", counter_names[i], (unsigned long long) counters[i]);
	return fclose(file) != 0 || fclose(sessions) != 0;
}
