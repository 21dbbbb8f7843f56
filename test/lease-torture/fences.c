/*-------------------------------------------------------------------------
 *
 * fences.c
 *	  Compares IDs that writers.c has collected with the fences that the store had, and
 *	  finds out how long there were none after a fault.
 *
 *		fences DIRECTORY
 *
 * DIRECTORY/fences has a line "FROM_US WORKER FENCE_US" for each fence that was ever in
 * the store, FROM_US being a time at which it was not there yet.  So for an ID that has
 * been received, the highest fence of its worker ID with an earlier FROM_US is at least as
 * high as the one that its server may have known: what is found is wrong without doubt.
 * By how much an ID may be past the fence without being found is the time by which
 * FROM_US is too early.
 *
 * DIRECTORY/faults has a line "FROM_US TO_US KIND SERVER ..." for each fault.
 *
 * Prints NAME<tab>NUMBER, and "outage<tab>KIND<tab>COUNT<tab>MEASURED<tab>MEDIAN_S<tab>LONGEST_S".
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../torture/record.h"

#define MOST_WRITERS 1024
#define MOST_SERVERS 1024
#define MOST_KINDS 64
#define MOST_FAULTS 100000
#define OFFENDERS_SHOWN 5

/* A fault may show for so long after its end. */
#define AFTERMATH_US 1000000

/* A loss of the store shows for so long from its beginning: what there is no ID in is not another fault's. */
#define LOSS_US 30000000

typedef struct Fence
{
	int64_t		from_us;
	int64_t		fence_us;		/* the highest until then, once they are
								 * sorted */
} Fence;

typedef struct List
{
	void	   *items;
	int64_t		count;
	int64_t		room;
} List;

typedef struct Server
{
	char		name[16];
	List		received;		/* int64_t, us */
} Server;

typedef struct Kind
{
	char		name[32];
	int64_t		count;
	List		outages;		/* int64_t, us; not while a loss of the store
								 * showed */
} Kind;

static const char *directory;
static List fences[NODES];
static List session_servers;	/* int, by session */
static Server servers[MOST_SERVERS];
static int	server_count = 0;
static Kind kinds[MOST_KINDS];
static List losses;				/* int64_t, us: when the store was lost */
static int	kind_count = 0;
static int64_t past = 0;
static int64_t offenders = 0;

static void
die(const char *what)
{
	fprintf(stderr, "fences: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *
add_item(List *list, size_t size)
{
	if (list->count == list->room)
	{
		list->room = list->room == 0 ? 64 : 2 * list->room;
		list->items = realloc(list->items, list->room * size);
		if (list->items == NULL)
			die("realloc");
	}
	return (char *) list->items + list->count++ * size;
}

static FILE *
open_file(const char *name, bool must_be_there)
{
	char		path[1024];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	if (file == NULL && must_be_there)
		die(path);
	return file;
}

static int
compare_times(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* ---------------------------------------------------------------- fences */

/* Each becomes the highest of those that came no later. */
static void
accumulate(List *list)
{
	Fence	   *all = list->items;

	if (list->count == 0)
		return;
	qsort(all, list->count, sizeof(Fence), compare_times);
	for (int64_t i = 1; i < list->count; i++)
		if (all[i].fence_us < all[i - 1].fence_us)
			all[i].fence_us = all[i - 1].fence_us;
}

static void
read_fences(void)
{
	FILE	   *file = open_file("fences", true);
	long long	from_us,
				fence_us;
	int			worker;

	while (fscanf(file, "%lld %d %lld", &from_us, &worker, &fence_us) == 3)
	{
		Fence	   *fence;

		if (worker < 0 || worker >= NODES)
			continue;
		fence = add_item(&fences[worker], sizeof(Fence));
		fence->from_us = from_us;
		fence->fence_us = fence_us;
	}
	fclose(file);
	for (int i = 0; i < NODES; i++)
		accumulate(&fences[i]);
}

/* The highest fence that a worker ID can have had by then; 0 if it had none. */
static int64_t
fence_at(int worker, int64_t us)
{
	const Fence *all = fences[worker].items;
	int64_t		low = 0;
	int64_t		high = fences[worker].count;

	while (low < high)
	{
		int64_t		middle = (low + high) / 2;

		if (all[middle].from_us <= us)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? 0 : all[low - 1].fence_us;
}

/* The tick that contains a fence is the next holder's.  A record lies in one tick. */
static void
check_record(const Record *record)
{
	int			worker = id_node(0, record->first);
	int64_t		time_us = id_time_us(0, record->first);
	int64_t		fence_us = fence_at(worker, record->received_us);

	if (time_us < fence_us / 1000 * 1000)
		return;
	if (past == 0)
		fprintf(stderr, "IDs PAST THE FENCE, with the times of ID, fence and receipt in us:\n");
	if (offenders++ < OFFENDERS_SHOWN)
		fprintf(stderr, "    %lld .. %lld, worker %d: %lld, %lld, %lld; server %s\n", (long long) record->first,
				(long long) record_end(record) - 1, worker, (long long) time_us, (long long) fence_us,
				(long long) record->received_us,
				record->session < session_servers.count ?
				servers[((int *) session_servers.items)[record->session]].name : "?");
	past += record->count;
}

/* ---------------------------------------------------------------- servers */

static int
server_number(const char *name)
{
	int			i = 0;

	while (i < server_count && strcmp(servers[i].name, name) != 0)
		i++;
	if (i == MOST_SERVERS)
		die("too many servers");
	if (i == server_count)
		snprintf(servers[server_count++].name, sizeof(servers[i].name), "%s", name);
	return i;
}

static void
read_sessions(void)
{
	FILE	   *file = open_file("sessions", true);
	unsigned	session;
	char		name[16];

	while (fscanf(file, "%u %*d %15s %*s %*d %*d", &session, name) == 2)
	{
		int			server = server_number(name);

		while (session_servers.count <= session)
			*(int *) add_item(&session_servers, sizeof(int)) = server;
		((int *) session_servers.items)[session] = server;
	}
	fclose(file);
}

static bool
read_records(int number)
{
	char		name[32];
	FILE	   *file;
	Record		record;

	snprintf(name, sizeof(name), "ids.%d", number);
	file = open_file(name, false);
	if (file == NULL)
		return false;
	while (fread(&record, sizeof(Record), 1, file) == 1)
	{
		check_record(&record);
		if (record.session < session_servers.count)
			*(int64_t *) add_item(&servers[((int *) session_servers.items)[record.session]].received, sizeof(int64_t)) =
				record.received_us;
	}
	fclose(file);
	return true;
}

/* ---------------------------------------------------------------- outages */

static Kind *
kind_by_name(const char *name)
{
	int			i = 0;

	while (i < kind_count && strcmp(kinds[i].name, name) != 0)
		i++;
	if (i == MOST_KINDS)
		die("too many kinds");
	if (i == kind_count)
		snprintf(kinds[kind_count++].name, sizeof(kinds[i].name), "%s", name);
	return &kinds[i];
}

static bool
is_of_loss(int64_t from_us, int64_t to_us)
{
	const int64_t *lost = losses.items;

	for (int64_t i = 0; i < losses.count; i++)
		if (from_us < lost[i] + LOSS_US && to_us > lost[i])
			return true;
	return false;
}

/*
 * The longest time without an ID of a server that began, or went on, from a time to
 * another.  The time after its last ID does not count: it may have been removed.
 */
static int64_t
longest_outage(const Server *server, int64_t from_us, int64_t to_us)
{
	const int64_t *received = server->received.items;
	int64_t		longest_us = 0;

	for (int64_t i = 1; i < server->received.count; i++)
	{
		int64_t		begin_us = received[i - 1] > from_us ? received[i - 1] : from_us;

		if (received[i - 1] > to_us)
			break;
		if (received[i] - begin_us > longest_us)
			longest_us = received[i] - begin_us;
	}
	return longest_us;
}

static bool
is_loss_by_name(const char *kind)
{
	return strncmp(kind, "store_", 6) == 0;
}

static void
read_losses(void)
{
	FILE	   *file = open_file("faults", true);
	char		line[512];
	char		kind[32];
	long long	from_us;

	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lld %*s %31s", &from_us, kind) == 2 && is_loss_by_name(kind))
			*(int64_t *) add_item(&losses, sizeof(int64_t)) = from_us;
	fclose(file);
}

static void
read_faults(void)
{
	FILE	   *file = open_file("faults", true);
	char		line[512];

	while (fgets(line, sizeof(line), file))
	{
		char	   *from = strtok(line, " \n");
		char	   *to = strtok(NULL, " \n");
		char	   *kind_name = strtok(NULL, " \n");
		char	   *name;
		Kind	   *kind;
		int64_t		longest_us = 0;

		if (kind_name == NULL)
			continue;
		while ((name = strtok(NULL, " \n")) != NULL)
		{
			int64_t		outage_us = longest_outage(&servers[server_number(name)], atoll(from), atoll(to) + AFTERMATH_US);

			if (outage_us > longest_us)
				longest_us = outage_us;
		}
		kind = kind_by_name(kind_name);
		kind->count++;
		if (is_loss_by_name(kind_name) || !is_of_loss(atoll(from), atoll(to) + AFTERMATH_US))
			*(int64_t *) add_item(&kind->outages, sizeof(int64_t)) = longest_us;
	}
	fclose(file);
}

static void
tell_outages(void)
{
	for (int i = 0; i < kind_count; i++)
	{
		int64_t    *outages = kinds[i].outages.items;
		int64_t		count = kinds[i].outages.count;

		if (count == 0)
		{
			printf("outage\t%s\t%lld\t0\t0\t0\n", kinds[i].name, (long long) kinds[i].count);
			continue;
		}
		qsort(outages, count, sizeof(int64_t), compare_times);
		printf("outage\t%s\t%lld\t%lld\t%.1f\t%.1f\n", kinds[i].name, (long long) kinds[i].count, (long long) count,
			   outages[count / 2] / 1e6, outages[count - 1] / 1e6);
	}
}

int
main(int argc, char **argv)
{
	int			number = 1;
	int64_t		fence_count = 0;

	if (argc != 2)
	{
		fprintf(stderr, "usage: fences DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	read_fences();
	read_sessions();
	while (number < MOST_WRITERS && read_records(number))
		number++;
	for (int i = 0; i < server_count; i++)
		if (servers[i].received.count > 0)
			qsort(servers[i].received.items, servers[i].received.count, sizeof(int64_t), compare_times);
	read_losses();
	read_faults();
	for (int i = 0; i < NODES; i++)
		fence_count += fences[i].count;
	printf("fences\t%lld\nids past the fence\t%lld\n", (long long) fence_count, (long long) past);
	tell_outages();
	return 0;
}
