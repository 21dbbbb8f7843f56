/*-------------------------------------------------------------------------
 *
 * draw.c
 *	  Clients that draw numbers of one sequence from several servers, and mark each
 *	  number that they receive in a bitmap: one that is marked already came twice.
 *
 *		draw DIRECTORY CLIENTS TARGET SEED HOST[,HOST...]
 *
 * A client is a thread with a connection to one of the servers, of which CLIENTS have
 * each.  In DIRECTORY are
 *
 *		numbers		the bitmap, a sparse file
 *		pause.N		clients of server N begin no statement while it exists
 *		progress	RECEIVED TWICE, and for each server RECEIVED RUNNING LOST: numbers
 *					received, statements under way, and statements that failed, whose
 *					numbers may have been drawn
 *		twice		the numbers that came twice
 *
 * It ends when TARGET numbers have been received, or upon SIGTERM.  A client draws in
 * a way that it chooses at random for each statement.
 *
 *-------------------------------------------------------------------------
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#define MOST_SERVERS 16

/* Numbers up to this one can be marked: a file of 8 GB, of which only what is used is there. */
#define BITS (UINT64_C(1) << 36)

typedef struct Server
{
	const char *host;
	uint64_t	received;
	uint64_t	lost;
	int			running;
} Server;

typedef struct Client
{
	pthread_t	thread;
	Server	   *server;
	int			number;			/* of the server */
	uint64_t	random;
	PGconn	   *connection;
} Client;

/* How to draw, and whether the result is an array. */
static const char *const shapes[] = {
	"SELECT segment_nextvals('numbers', $1)",
	"SELECT array_agg(segment_nextval('numbers')) FROM generate_series(1, $1)",
	"SELECT array_agg(first + i * increment_by) FROM (SELECT segment_next_block('numbers', $1) AS first) AS block,"
	" pg_sequences, generate_series(0, $1 - 1) AS i WHERE sequencename = 'numbers'",
	"INSERT INTO drawn SELECT segment_nextval('numbers') FROM generate_series(1, $1) RETURNING ARRAY[n]",
};

#define SHAPES (int) (sizeof(shapes) / sizeof(shapes[0]))

static const char *directory;
static Server servers[MOST_SERVERS];
static int	server_count = 0;
static uint64_t target;
static uint64_t received = 0;
static uint64_t twice = 0;
static uint64_t *bitmap;
static FILE *twice_file;
static volatile sig_atomic_t stopping = 0;

static void
stop(int signal)
{
	(void) signal;
	stopping = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "draw: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64* */
static uint64_t
next_random(Client *client, uint64_t below)
{
	client->random ^= client->random >> 12;
	client->random ^= client->random << 25;
	client->random ^= client->random >> 27;
	return ((client->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

static void
sleep_ms(int ms)
{
	struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&pause, NULL);
}

static bool
is_paused(const Client *client)
{
	char		path[1024];

	snprintf(path, sizeof(path), "%s/pause.%d", directory, client->number);
	return access(path, F_OK) == 0;
}

static void
mark(Client *client, int64_t number)
{
	uint64_t	bit = UINT64_C(1) << (number & 63);

	if (number < 0 || (uint64_t) number >= BITS)
	{
		fprintf(stderr, "draw: number %lld has no place\n", (long long) number);
		exit(1);
	}
	if (__atomic_fetch_or(&bitmap[number >> 6], bit, __ATOMIC_RELAXED) & bit)
	{
		__atomic_fetch_add(&twice, 1, __ATOMIC_RELAXED);
		fprintf(twice_file, "%lld of server %d\n", (long long) number, client->number);
		fflush(twice_file);
	}
	__atomic_fetch_add(&client->server->received, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
}

/* Arrays in binary: five words, then a length and a value for each. */
static void
mark_rows(Client *client, PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
	{
		const char *bytes = PQgetvalue(result, row, 0);
		int			length = PQgetlength(result, row, 0);

		for (int at = 20; at + 12 <= length; at += 12)
		{
			uint64_t	number;

			memcpy(&number, bytes + at + 4, sizeof(number));
			mark(client, (int64_t) be64toh(number));
		}
	}
}

/* One statement; false if the connection is of no more use. */
static bool
draw(Client *client)
{
	int			shape = (int) next_random(client, 16);
	char		count[16];
	const char *values[] = {count};
	const Oid	int4 = 23;
	PGresult   *result;
	bool		is_good;

	shape = shape < SHAPES ? shape : 0;
	snprintf(count, sizeof(count), "%d", 1 + (int) next_random(client, shape == 0 ? 20000 : shape == 3 ? 20 : 2000));
	__atomic_fetch_add(&client->server->running, 1, __ATOMIC_SEQ_CST);
	if (is_paused(client))
	{
		__atomic_fetch_sub(&client->server->running, 1, __ATOMIC_SEQ_CST);
		sleep_ms(2);
		return true;
	}
	result = PQexecParams(client->connection, shapes[shape], 1, &int4, values, NULL, NULL, 1);
	is_good = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (is_good)
		mark_rows(client, result);
	else
		__atomic_fetch_add(&client->server->lost, 1, __ATOMIC_RELAXED);
	PQclear(result);
	__atomic_fetch_sub(&client->server->running, 1, __ATOMIC_SEQ_CST);
	return is_good && PQstatus(client->connection) == CONNECTION_OK;
}

static void *
run_client(void *argument)
{
	Client	   *client = argument;
	char		options[1024];

	snprintf(options, sizeof(options), "host=%s dbname=torture user=postgres connect_timeout=5", client->server->host);
	while (!stopping && __atomic_load_n(&received, __ATOMIC_RELAXED) < target)
	{
		client->connection = PQconnectdb(options);
		if (PQstatus(client->connection) == CONNECTION_OK)
			while (!stopping && __atomic_load_n(&received, __ATOMIC_RELAXED) < target && draw(client))
				;
		PQfinish(client->connection);
		sleep_ms(20);
	}
	return NULL;
}

static void
write_progress(void)
{
	char		path[1024];
	char		new_path[1040];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/progress", directory);
	snprintf(new_path, sizeof(new_path), "%s.new", path);
	file = fopen(new_path, "w");
	if (file == NULL)
		die(new_path);
	fprintf(file, "%llu %llu", (unsigned long long) received, (unsigned long long) twice);
	for (int i = 0; i < server_count; i++)
		fprintf(file, " %llu %d %llu", (unsigned long long) __atomic_load_n(&servers[i].received, __ATOMIC_SEQ_CST),
				__atomic_load_n(&servers[i].running, __ATOMIC_SEQ_CST), (unsigned long long) servers[i].lost);
	fprintf(file, "\n");
	fclose(file);
	rename(new_path, path);
}

static void
open_files(void)
{
	char		path[1024];
	int			file;

	snprintf(path, sizeof(path), "%s/numbers", directory);
	file = open(path, O_RDWR | O_CREAT, 0600);
	if (file < 0 || ftruncate(file, BITS / 8) != 0)
		die(path);
	bitmap = mmap(NULL, BITS / 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (bitmap == MAP_FAILED)
		die("mmap");
	snprintf(path, sizeof(path), "%s/twice", directory);
	twice_file = fopen(path, "w");
	if (twice_file == NULL)
		die(path);
}

int
main(int argc, char **argv)
{
	Client	   *clients;
	int			clients_each;
	int			count;

	if (argc != 6)
		return 2;
	directory = argv[1];
	clients_each = atoi(argv[2]);
	target = strtoull(argv[3], NULL, 10);
	for (char *host = strtok(argv[5], ","); host != NULL && server_count < MOST_SERVERS; host = strtok(NULL, ","))
		servers[server_count++].host = host;
	signal(SIGTERM, stop);
	open_files();
	count = clients_each * server_count;
	clients = calloc(count, sizeof(Client));
	for (int i = 0; i < count; i++)
	{
		clients[i].number = i % server_count;
		clients[i].server = &servers[i % server_count];
		clients[i].random = (strtoull(argv[4], NULL, 10) + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t) i << 32;
		pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
	}
	while (!stopping && __atomic_load_n(&received, __ATOMIC_RELAXED) < target)
	{
		write_progress();
		sleep_ms(5);
	}
	for (int i = 0; i < count; i++)
		pthread_join(clients[i].thread, NULL);
	write_progress();
	return 0;
}
