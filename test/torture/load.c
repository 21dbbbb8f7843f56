/*-------------------------------------------------------------------------
 *
 * load.c
 *	  Clients that draw IDs in every way there is, and write down each ID that
 *	  they have received, whatever became of its statement or transaction.
 *
 *		load DIRECTORY CLIENTS SEED HOST[,HOST...] DISTURBANCES
 *
 * A client is a thread with one connection at a time, to whichever of the hosts
 * is no standby.  One thread more is in their way (see disturb.c).  From SIGUSR1
 * until SIGUSR2 they are quiet: they only draw what has the server's node; from
 * SIGHUP on, also what has a part of it.  Until
 * SIGTERM, these are kept in DIRECTORY:
 *
 *		ids.N		records of client N (see record.h)
 *		sessions	SESSION CLIENT HOST DATABASE PID CONNECTED_US
 *		beyond		IDs beyond the drift limit; check.c knows about clock steps:
 *					SENT_US RECEIVED_US SESSION SOURCE ID LIMIT_US IDS
 *		refused		calls that failed as a node must not issue IDs; check.c knows when:
 *					SENT_US RECEIVED_US SESSION SOURCE REASON
 *		slow		statements that took long: SENT_US MS SESSION SHAPE OUTCOME
 *		errors		those that nobody expects: TIME_US SESSION SQLSTATE MESSAGE
 *		altered		what disturb.c did: SENT_US RECEIVED_US SOURCE SQLSTATE COMMAND
 *		progress	IDs received until now, those of them that are the server's own,
 *					and whether all clients are quiet
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

#include "load.h"
#include "shape.h"

#define INT8_OID 20

/* From PostgreSQL's epoch, 2000, to that of Unix. */
#define POSTGRES_EPOCH_US (INT64_C(946684800) * 1000000)

/* Beyond idgen.max_wait, which is 10 s unless a session sets it. */
#define SLOW_US 12000000

typedef enum Counter
{
	STATEMENTS,
	IDS,
	SERVER_IDS,
	GENERATOR_STATEMENTS,		/* under way, but for those of followers and
								 * parts */
	PART_STATEMENTS,
	PARTIAL_IDS,
	SESSIONS,
	FAILED_CONNECTIONS,
	LOST_CONNECTIONS,
	REFUSED_BY_DRIFT,
	REFUSED_BY_STANDBY,
	REFUSED_BY_WRITER,
	REFUSED_BY_ORIGIN,
	REFUSED_BY_SETTING,
	REFUSED_BY_RESET,
	CANCELED,
	FAILED_ON_PURPOSE,
	UNEXPECTED_ERRORS,
	COUNTERS
} Counter;

static const char *const counter_names[COUNTERS] = {
	"statements", "ids", "the server's own ids", "generator statements under way", "statements of parts under way",
	"ids of failed statements",
	"sessions", "failed connections", "lost connections", "refused by drift", "refused by standby", "refused by writer",
	"refused by origin", "refused by a setting", "refused by a reset", "canceled", "failed on purpose",
	"unexpected errors"
};

static uint64_t counters[COUNTERS];

typedef struct Client
{
	int			number;
	Random		random;
	pthread_t	thread;
	FILE	   *records;
	PGconn	   *connection;
	int			database;
	uint32_t	session;

	/* of the statement at hand */
	int			source;
	int64_t    *ids;
	size_t		count;
	size_t		room;
	int64_t		beyond;			/* the ID furthest beyond its limit */
	int64_t		beyond_limit_us;
	uint64_t	beyond_count;
} Client;

const char *load_hosts;
volatile sig_atomic_t load_stopping = 0;

static const char *directory;
static FILE *sessions;
static FILE *beyond;
static FILE *refused;
static FILE *slow;
static FILE *errors;
static uint32_t last_session = 0;
static volatile sig_atomic_t quiet = 0; /* SIGUSR1, SIGHUP or 0 */
static int64_t clock_offset_us;

/* ---------------------------------------------------------------- small things */

void
load_die(const char *what)
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
int64_t
load_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC) + clock_offset_us;
}

static void
count(Counter counter, uint64_t n)
{
	__atomic_fetch_add(&counters[counter], n, __ATOMIC_RELAXED);
}

FILE *
load_create(const char *name)
{
	char		path[1024];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (file == NULL)
		load_die(path);
	return file;
}

/* xorshift64* */
static uint64_t
random_bits(Random *random)
{
	uint64_t	x = *random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*random = x;
	return x * UINT64_C(0x2545F4914F6CDD1D);
}

int
load_random_between(Random *random, int least, int most)
{
	return least + (int) ((random_bits(random) >> 33) % (uint64_t) (most - least + 1));
}

Random
load_random_start(uint64_t seed, int number)
{
	return (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t) number * UINT64_C(0xD1B54A32D192ED03);
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
			load_die("realloc");
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
		int64_t		excess_us = id_time_us(client->source, client->ids[i]) - limit_us;

		if (excess_us <= 0)
			continue;
		if (client->beyond_count++ > 0 &&
			excess_us <= id_time_us(client->source, client->beyond) - client->beyond_limit_us)
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
		Record		record = {client->ids[i], 1, client->source, client->session, sent_us, received_us};

		while (++i < client->count && client->ids[i] == record_end(&record))
			record.count++;
		if (fwrite(&record, sizeof(record), 1, client->records) != 1)
			load_die("writing IDs");
	}

	if (client->beyond_count > 0)
	{
		fprintf(beyond, "%lld %lld %u %d %lld %lld %llu\n", (long long) sent_us,
				(long long) received_us, client->session, client->source, (long long) client->beyond,
				(long long) client->beyond_limit_us, (unsigned long long) client->beyond_count);
		fflush(beyond);
	}
}

/* ---------------------------------------------------------------- errors */

static bool
begins(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

void
load_unexpected(uint32_t session, const char *sqlstate, const char *message)
{
	char		line[400];

	snprintf(line, sizeof(line), "%s", message);
	for (char *c = line; *c; c++)
	{
		if (*c == '\n')
			*c = ' ';
	}
	fprintf(errors, "%lld %u %s %s\n", (long long) load_now_us(), session, sqlstate, line);
	fflush(errors);
	count(UNEXPECTED_ERRORS, 1);
}

bool
load_is_lost(const char *sqlstate, const char *message)
{
	return sqlstate == NULL || message == NULL || begins(sqlstate, "57P") || begins(sqlstate, "08");
}

/* What kind of failure it is; all that servers which come and go cause is a lost connection. */
static Counter
classify(Client *client, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (load_is_lost(sqlstate, message) || strstr(message, "parallel worker"))
		return LOST_CONNECTIONS;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "too far ahead of the system clock"))
		return REFUSED_BY_DRIFT;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "standby"))
		return REFUSED_BY_STANDBY;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "still being written by another session"))
		return REFUSED_BY_WRITER;
	if (strcmp(sqlstate, "55006") == 0 && strstr(message, "replication origin"))
		return REFUSED_BY_ORIGIN;
	if (strcmp(sqlstate, "22023") == 0 && (strstr(message, "worker_id") || strstr(message, "datacenter_id")))
		return REFUSED_BY_SETTING;
	if (strcmp(sqlstate, "55000") == 0 && strstr(message, "has already issued"))
		return REFUSED_BY_RESET;
	if (strcmp(sqlstate, "57014") == 0)
		return CANCELED;
	if (strcmp(sqlstate, "22012") == 0)
		return FAILED_ON_PURPOSE;
	load_unexpected(client->session, sqlstate, message);
	return UNEXPECTED_ERRORS;
}

/* ---------------------------------------------------------------- statements */

static void
cancel(Client *client)
{
	char		message[256];
	PGcancel   *handle = PQgetCancel(client->connection);

	usleep(load_random_between(&client->random, 0, 10000));
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

/* The same, until it is not canceled any more, as no transaction may be left open. */
static Counter
command_at_last(Client *client, const char *sql)
{
	Counter		outcome;

	do
		outcome = command(client, sql);
	while (outcome == CANCELED);
	return outcome;
}

/* Sends it and keeps what comes.  Returns STATEMENTS, or how it failed. */
static Counter
draw(Client *client, const Shape *shape, int argument)
{
	char		str[16];
	char		sql[512];
	const char *values[] = {str};
	Counter		outcome = STATEMENTS;
	PGresult   *result;

	snprintf(str, sizeof(str), "%d", argument);
	shape_write_sql(sql, sizeof(sql), shape, source_kind(client->source));
	if (!PQsendQueryParams(client->connection, sql, shape->least > 0, NULL, values, NULL,
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

/* A statement's trace beside its IDs. */
static void
note_outcome(Client *client, const Shape *shape, Counter outcome, int64_t sent_us, int64_t received_us)
{
	count(IDS, client->count);
	if (client->source == SERVER)
		count(SERVER_IDS, client->count);
	if (outcome != STATEMENTS)
		count(PARTIAL_IDS, client->count);
	if (outcome == REFUSED_BY_SETTING || outcome == REFUSED_BY_RESET)
		fprintf(refused, "%lld %lld %u %d %s\n", (long long) sent_us, (long long) received_us,
				client->session, client->source, outcome == REFUSED_BY_SETTING ? "setting" : "reset");
	if (received_us - sent_us > SLOW_US)
	{
		fprintf(slow, "%lld %lld %u %s: %s\n", (long long) sent_us,
				(long long) (received_us - sent_us) / 1000, client->session, shape->name,
				counter_names[outcome]);
		fflush(slow);
	}
}

/* Returns STATEMENTS, or how it failed. */
static Counter
run_statement(Client *client, const Shape *shape)
{
	int			argument = shape_choose_argument(&client->random, shape, source_kind(client->source));
	Counter		outcome;
	int64_t		sent_us;
	int64_t		received_us;

	if (shape->begin && (outcome = command(client, shape->begin)) != STATEMENTS)
	{
		if (outcome == CANCELED)
			(void) command_at_last(client, "ROLLBACK");
		return outcome;
	}

	client->count = 0;
	client->beyond_count = 0;
	sent_us = load_now_us();
	outcome = draw(client, shape, argument);
	received_us = load_now_us();

	write_records(client, shape, sent_us, received_us);
	note_outcome(client, shape, outcome, sent_us, received_us);
	if (shape->end && outcome != LOST_CONNECTIONS)
	{
		Counter		ended = command_at_last(client, shape->end);

		if (ended != STATEMENTS)
			outcome = ended;
	}
	return outcome;
}

/* Is it not for the quiet? */
static bool
is_loud(SourceKind kind)
{
	return kind != FOLLOWER && kind != SERVER;
}

static uint64_t *
statements_under_way(SourceKind kind)
{
	return &counters[kind == PART ? PART_STATEMENTS : GENERATOR_STATEMENTS];
}

static void
leave(SourceKind kind)
{
	__atomic_fetch_sub(statements_under_way(kind), 1, __ATOMIC_SEQ_CST);
}

/* May a statement of this kind begin?  It is counted before we look, so none is overlooked. */
static bool
enter(SourceKind kind)
{
	if (!is_loud(kind))
		return true;
	__atomic_fetch_add(statements_under_way(kind), 1, __ATOMIC_SEQ_CST);
	if (quiet == 0 || (quiet == SIGHUP && kind == PART))
		return true;
	leave(kind);
	return false;
}

/* In one way, from one source. */
static Counter
run_any_statement(Client *client)
{
	const Shape *shape = shape_choose(&client->random);
	SourceKind	kind = shape_choose_source(&client->random);
	Counter		outcome;

	if (shape->is_of_server || !enter(kind))
		kind = SERVER;
	client->source = source_number(kind, client->database);
	outcome = run_statement(client, shape);
	if (is_loud(kind))
		leave(kind);
	return outcome;
}

/* ---------------------------------------------------------------- sessions */

PGconn *
load_connect(int database, const char *application, const char *options)
{
	char		name[16];
	const char *const names[] = {
		"host", "user", "dbname", "target_session_attrs", "connect_timeout", "application_name", "options", NULL
	};
	const char *const values[] = {load_hosts, "postgres", name, "primary", "2", application, options, NULL};
	PGconn	   *connection;

	snprintf(name, sizeof(name), "torture_%d", database);
	connection = PQconnectdbParams(names, values, 0);
	if (PQstatus(connection) == CONNECTION_OK)
		return connection;
	PQfinish(connection);
	return NULL;
}

/* A connection, or false. */
static bool
open_session(Client *client)
{
	static const char *const options[] = {
		"", "", "", "-c idgen.max_wait=0", "-c idgen.max_wait=300ms",
		"-c default_transaction_read_only=on"
	};
	const char *option = options[load_random_between(&client->random, 0, 5)];

	client->database = load_random_between(&client->random, 1, DATABASES);
	client->connection = load_connect(client->database, LOAD_APPLICATION, option);
	if (client->connection == NULL)
	{
		count(FAILED_CONNECTIONS, 1);
		return false;
	}

	client->session = __atomic_add_fetch(&last_session, 1, __ATOMIC_RELAXED);
	fprintf(sessions, "%u %d %s %s %d %lld\n", client->session, client->number,
			PQhost(client->connection), PQdb(client->connection), PQbackendPID(client->connection),
			(long long) load_now_us());
	count(SESSIONS, 1);
	return true;
}

/* Short or long, busy or idle most of the time. */
static void
use_session(Client *client)
{
	static const int pauses_us[] = {0, 5000, 10000, 20000, 50000};
	Random	   *random = &client->random;
	int			pause_us = pauses_us[load_random_between(random, 0, 4)];
	int			statements = load_random_between(random, 0, 3) == 0 ?
		load_random_between(random, 1, 5) : load_random_between(random, 20, 2000);

	for (int i = 0; i < statements && !load_stopping; i++)
	{
		Counter		outcome = run_any_statement(client);

		if (outcome != UNEXPECTED_ERRORS)
			count(outcome, 1);
		if (PQstatus(client->connection) != CONNECTION_OK)
			break;
		if (outcome >= REFUSED_BY_DRIFT && outcome <= REFUSED_BY_RESET)
			usleep(20000);
		if (pause_us > 0)
			usleep(load_random_between(random, 0, 2 * pause_us));
	}
	PQfinish(client->connection);
}

static void *
run_client(void *arg)
{
	Client	   *client = arg;

	while (!load_stopping)
	{
		if (open_session(client))
			use_session(client);
		else
			usleep(20000);
	}
	if (fclose(client->records) != 0)
		load_die("writing IDs");
	return NULL;
}

/* ---------------------------------------------------------------- the whole */

static void
stop(int signal_number)
{
	(void) signal_number;
	load_stopping = 1;
}

static void
be_quiet(int signal_number)
{
	quiet = signal_number == SIGUSR2 ? 0 : signal_number;
}

/* Replaces the file as a whole, as somebody may be reading it. */
static void
write_progress(void)
{
	char		old[1024];
	char		new[1024];
	FILE	   *file = load_create("progress.new");
	int			asked = quiet;
	bool		is_quiet = asked != 0 && __atomic_load_n(&counters[GENERATOR_STATEMENTS], __ATOMIC_SEQ_CST) == 0 &&
		(asked == SIGHUP || __atomic_load_n(&counters[PART_STATEMENTS], __ATOMIC_SEQ_CST) == 0);

	fprintf(file, "%llu %llu %d\n",
			(unsigned long long) __atomic_load_n(&counters[IDS], __ATOMIC_RELAXED),
			(unsigned long long) __atomic_load_n(&counters[SERVER_IDS], __ATOMIC_RELAXED), is_quiet);
	fclose(file);
	snprintf(old, sizeof(old), "%s/progress.new", directory);
	snprintf(new, sizeof(new), "%s/progress", directory);
	if (rename(old, new) != 0)
		load_die(new);
}

static void
start_client(Client *client, int number, uint64_t seed)
{
	char		name[32];

	client->number = number;
	client->random = load_random_start(seed, number);
	snprintf(name, sizeof(name), "ids.%d", number);
	client->records = load_create(name);
	if (pthread_create(&client->thread, NULL, run_client, client) != 0)
		load_die("pthread_create");
}

int
main(int argc, char **argv)
{
	int			number;
	uint64_t	seed;
	Client	   *clients;
	FILE	   *file;

	if (argc != 6 || (number = atoi(argv[2])) < 1)
	{
		fprintf(stderr, "usage: load DIRECTORY CLIENTS SEED HOST[,HOST...] DISTURBANCES\n");
		return 2;
	}
	directory = argv[1];
	load_hosts = argv[4];
	seed = strtoull(argv[3], NULL, 10);
	clock_offset_us = clock_us(CLOCK_REALTIME) - clock_us(CLOCK_MONOTONIC);
	signal(SIGTERM, stop);
	signal(SIGUSR1, be_quiet);
	signal(SIGUSR2, be_quiet);
	signal(SIGHUP, be_quiet);
	/* Not to outlive the script. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);

	sessions = load_create("sessions");
	setvbuf(sessions, NULL, _IOLBF, 0);
	beyond = load_create("beyond");
	refused = load_create("refused");
	slow = load_create("slow");
	errors = load_create("errors");
	clients = calloc(number, sizeof(Client));
	for (int i = 0; i < number; i++)
		start_client(&clients[i], i + 1, seed);
	disturb_start(seed, argv[5]);

	while (!load_stopping)
	{
		write_progress();
		usleep(100000);
	}
	for (int i = 0; i < number; i++)
		pthread_join(clients[i].thread, NULL);
	disturb_join();

	file = load_create("counters");
	fprintf(file, "clients\t%d\n", number);
	for (int i = 0; i < COUNTERS; i++)
		fprintf(file, "%s\t%llu\n", counter_names[i], (unsigned long long) counters[i]);
	return fclose(file) != 0 || fclose(sessions) != 0 || fclose(refused) != 0;
}
