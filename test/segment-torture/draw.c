/*-------------------------------------------------------------------------
 *
 * draw.c
 *	  Clients that draw numbers of one sequence from several servers, and mark each
 *	  number that they receive in a bitmap: one that is marked already came twice.
 *
 *		draw DIRECTORY CLIENTS SEED CONNECTION...
 *
 * A client is a thread with a connection to one of the servers, of which CLIENTS have
 * each.  In DIRECTORY are
 *
 *		numbers		the bitmap, a sparse file
 *		pause.N		clients of server N begin no statement while it exists
 *		progress	RECEIVED TWICE, and for each server RECEIVED RUNNING LOST: numbers
 *					received, statements under way, and numbers for which statements had
 *					asked that failed: they may have been drawn
 *		twice		the ranges in which numbers came twice
 *
 * It ends when there is the file "stop".  A client draws in a way that it chooses at
 * random for each statement.
 *
 *-------------------------------------------------------------------------
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
	const char *connection;
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

/* A way to draw: how often, of 16 times; for how many at most; whether the array has numbers, or the first of a block. */
typedef struct Shape
{
	int			often;
	int			most;
	bool		is_block;
	const char *query;
} Shape;

static const Shape shapes[] = {
	{8, 100000, true, "SELECT ARRAY[segment_next_block('numbers', $1)]"},
	{4, 20000, false, "SELECT segment_nextvals('numbers', $1)"},
	{3, 2000, false, "SELECT array_agg(segment_nextval('numbers')) FROM generate_series(1, $1)"},
	{1, 20, false, "INSERT INTO drawn SELECT segment_nextval('numbers') FROM generate_series(1, $1) RETURNING ARRAY[n]"},
};

static const char *directory;
static Server servers[MOST_SERVERS];
static int	server_count = 0;
static uint64_t received = 0;
static uint64_t twice = 0;
static uint64_t *bitmap;
static FILE *twice_file;
static volatile bool stopping = false;

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
is_asked_to(const char *what)
{
	char		path[1024];

	snprintf(path, sizeof(path), "%s/%s", directory, what);
	return access(path, F_OK) == 0;
}

static bool
is_paused(const Client *client)
{
	char		name[32];

	snprintf(name, sizeof(name), "pause.%d", client->number);
	return is_asked_to(name);
}

/* Marks numbers of one word of the bitmap. */
static void
mark_word(Client *client, uint64_t word, uint64_t bits)
{
	uint64_t	seen = __atomic_fetch_or(&bitmap[word], bits, __ATOMIC_RELAXED) & bits;

	if (seen == 0)
		return;
	__atomic_fetch_add(&twice, __builtin_popcountll(seen), __ATOMIC_RELAXED);
	fprintf(twice_file, "%llu + bits %llx of server %d\n",
			(unsigned long long) word * 64, (unsigned long long) seen, client->number);
	fflush(twice_file);
}

static void
mark(Client *client, int64_t first, int64_t count)
{
	uint64_t	next = (uint64_t) first;
	uint64_t	end = next + (uint64_t) count;

	if (first < 0 || end >= BITS)
	{
		fprintf(stderr, "draw: number %lld has no place\n", (long long) first);
		exit(1);
	}
	while (next < end)
	{
		uint64_t	from = next & 63;
		uint64_t	length = end - next < 64 - from ? end - next : 64 - from;

		mark_word(client, next >> 6, (length == 64 ? ~UINT64_C(0) : (UINT64_C(1) << length) - 1) << from);
		next += length;
	}
	__atomic_fetch_add(&client->server->received, count, __ATOMIC_RELAXED);
	__atomic_fetch_add(&received, count, __ATOMIC_RELAXED);
}

/* Arrays in binary: five words, then a length and a value for each. */
static void
mark_rows(Client *client, PGresult *result, int64_t count)
{
	for (int row = 0; row < PQntuples(result); row++)
	{
		const char *bytes = PQgetvalue(result, row, 0);
		int			length = PQgetlength(result, row, 0);

		for (int at = 20; at + 12 <= length; at += 12)
		{
			uint64_t	number;

			memcpy(&number, bytes + at + 4, sizeof(number));
			mark(client, (int64_t) be64toh(number), count);
		}
	}
}

static const Shape *
random_shape(Client *client)
{
	int			left = (int) next_random(client, 16);
	const Shape *shape = shapes;

	while (left >= shape->often)
		left -= shape++->often;
	return shape;
}

/* One statement; false if the connection is of no more use. */
static bool
draw(Client *client)
{
	const Shape *shape = random_shape(client);
	int			count = 1 + (int) next_random(client, shape->most);
	char		digits[16];
	const char *values[] = {digits};
	const Oid	int4 = 23;
	PGresult   *result;
	bool		is_good;

	snprintf(digits, sizeof(digits), "%d", count);
	__atomic_fetch_add(&client->server->running, 1, __ATOMIC_SEQ_CST);
	if (is_paused(client))
	{
		__atomic_fetch_sub(&client->server->running, 1, __ATOMIC_SEQ_CST);
		sleep_ms(2);
		return true;
	}
	result = PQexecParams(client->connection, shape->query, 1, &int4, values, NULL, NULL, 1);
	is_good = PQresultStatus(result) == PGRES_TUPLES_OK;
	if (is_good)
		mark_rows(client, result, shape->is_block ? count : 1);
	else if (!shape->is_block || PQstatus(client->connection) != CONNECTION_OK)
		__atomic_fetch_add(&client->server->lost, count, __ATOMIC_RELAXED);
	PQclear(result);
	__atomic_fetch_sub(&client->server->running, 1, __ATOMIC_SEQ_CST);
	return is_good && PQstatus(client->connection) == CONNECTION_OK;
}

static void *
run_client(void *argument)
{
	Client	   *client = argument;

	while (!stopping)
	{
		client->connection = PQconnectdb(client->server->connection);
		if (PQstatus(client->connection) == CONNECTION_OK)
			while (!stopping && draw(client))
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

	if (argc < 5 || argc - 4 > MOST_SERVERS)
		return 2;
	directory = argv[1];
	clients_each = atoi(argv[2]);
	for (int i = 4; i < argc; i++)
		servers[server_count++].connection = argv[i];
	open_files();
	count = clients_each * server_count;
	clients = calloc(count, sizeof(Client));
	for (int i = 0; i < count; i++)
	{
		clients[i].number = i % server_count;
		clients[i].server = &servers[i % server_count];
		clients[i].random = (strtoull(argv[3], NULL, 10) + 1) * UINT64_C(0x9E3779B97F4A7C15) ^ (uint64_t) i << 32;
		pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
	}
	while (!stopping)
	{
		write_progress();
		sleep_ms(5);
		stopping = is_asked_to("stop");
	}
	for (int i = 0; i < count; i++)
		pthread_join(clients[i].thread, NULL);
	write_progress();
	return 0;
}
