/*-------------------------------------------------------------------------
 *
 * disturb.c
 *	  Who alters generators while they are drawn from, and cancels statements.
 *
 * Generators of a frame get other nodes and other words for their layout; tours go
 * through layouts whose numbers can meet at the same moment only, and are asked to
 * go where they could meet at another, which must be refused (if it is not, their
 * IDs come again: the epoch is a little later).  All this is random; what the
 * server made of it is noted in "altered".
 *
 *-------------------------------------------------------------------------
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

#define MOST_STATEMENTS 50

/*
 * A layout of tours.  A node is the number in the bits 12 .. 21; node_shift is how
 * many of these are the sequence's here, and node_bits how many the worker's.
 */
typedef struct TourLayout
{
	const char *name;
	int			weight;
	int			node_shift;
	int			node_bits;
	bool		has_datacenter;
	bool		repeats;		/* meets the others at another moment */
} TourLayout;

static const TourLayout tour_layouts[] = {
	{"default", 4, 0, 10, true, false},
	{"time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12", 2, 0, 10, false, false},
	{"wide", 3, 6, 4, false, false},
	{"time 42 bits of 500 us since 2020-01-01, worker 9, sequence 12", 3, 0, 9, false, false},
	{"time 41 bits of 1 ms since 2020-01-01 00:00:05, worker 10, sequence 12", 1, 0, 10, false, true},
	{"time 42 bits of 500 us since 2020-01-01 00:00:20, worker 9, sequence 12", 1, 0, 9, false, true},
};

#define TOUR_LAYOUTS ((int) (sizeof(tour_layouts) / sizeof(tour_layouts[0])))

/* Nodes that look alike in layouts with fewer bits for them. */
static const int tour_nodes[] = {0, 1, 64, 512};

#define TOUR_NODES ((int) (sizeof(tour_nodes) / sizeof(tour_nodes[0])))

static const char *const js_layouts[] = {
	"js53", "unused 9, time 42 bits of 1 ms since 2020-01-01, worker 5, sequence 7"
};

static pthread_t thread;
static bool is_running = false;
static Random random_state;
static FILE *altered;
static PGconn *connection = NULL;
static int	database;

static int
between(int least, int most)
{
	return load_random_between(&random_state, least, most);
}

/* ---------------------------------------------------------------- commands */

/* Does a refusal of an ALTER say what is expected: that others draw, or that IDs would repeat? */
static bool
is_expected(const char *sqlstate, bool may_be_refused)
{
	static const char *const reasons[] = {"22023", "55000", "55006", "0A000"};

	if (strcmp(sqlstate, "55P03") == 0)
		return true;
	for (int i = 0; may_be_refused && i < 4; i++)
	{
		if (strcmp(sqlstate, reasons[i]) == 0)
			return true;
	}
	return false;
}

/* Run it, and note it if it alters a source. */
static void
run(const char *command, int source, bool may_be_refused)
{
	int64_t		sent_us = load_now_us();
	PGresult   *result = PQexec(connection, command);
	ExecStatusType status = PQresultStatus(result);
	const char *sqlstate = "00000";

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
	{
		const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

		sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		if (load_is_lost(sqlstate, message))
			sqlstate = "lost";
		else if (!is_expected(sqlstate, may_be_refused))
			load_unexpected(0, sqlstate, message);
	}
	if (source != SERVER)
		fprintf(altered, "%lld %lld %d %s %s\n", (long long) sent_us, (long long) load_now_us(), source, sqlstate,
				command);
	PQclear(result);
}

/* The options of a generator, as rows of name and value. */
static PGresult *
options_of(SourceKind kind)
{
	char		query[200];

	snprintf(query, sizeof(query), "SELECT (pg_options_to_table(srvoptions)).* "
			 "FROM pg_foreign_server WHERE srvname = '%s'", source_names[kind]);
	return PQexec(connection, query);
}

/* NULL if there is none. */
static const char *
option_value(const PGresult *options, const char *name)
{
	for (int row = 0; row < PQntuples(options); row++)
	{
		if (strcmp(PQgetvalue(options, row, 0), name) == 0)
			return PQgetvalue(options, row, 1);
	}
	return NULL;
}

static int
option_number(const PGresult *options, const char *name)
{
	const char *value = option_value(options, name);

	return value == NULL ? 0 : atoi(value);
}

/* "SET name 'value'" or "ADD name 'value'", as the generator has it or not.  NULL: "DROP name" or nothing. */
static void
append_option(char *command, size_t size, const PGresult *present, const char *name, const char *value)
{
	size_t		length = strlen(command);
	const char *separator = command[length - 1] == '(' ? "" : ", ";
	bool		is_present = option_value(present, name) != NULL;

	if (value != NULL)
		snprintf(command + length, size - length, "%s%s %s '%s'", separator, is_present ? "SET" : "ADD", name, value);
	else if (is_present)
		snprintf(command + length, size - length, "%sDROP %s", separator, name);
}

/* Give a generator this layout, worker and datacenter.  worker < 0, datacenter < 0: has none of its own. */
static void
alter(SourceKind kind, const char *layout, int worker, int datacenter, bool may_be_refused)
{
	char		command[400];
	char		str[16];
	PGresult   *present = options_of(kind);

	if (PQresultStatus(present) == PGRES_TUPLES_OK)
	{
		snprintf(command, sizeof(command), "ALTER SERVER %s OPTIONS (", source_names[kind]);
		append_option(command, sizeof(command), present, "layout", layout);
		snprintf(str, sizeof(str), "%d", worker);
		append_option(command, sizeof(command), present, "worker_id", worker < 0 ? NULL : str);
		snprintf(str, sizeof(str), "%d", datacenter);
		append_option(command, sizeof(command), present, "datacenter_id", datacenter < 0 ? NULL : str);
		strcat(command, ")");
		run(command, source_number(kind, database), may_be_refused);
	}
	PQclear(present);
}

/* ---------------------------------------------------------------- what is done */

static void
alter_moved(void)
{
	int			worker = between(1, 6);
	int			datacenter = between(0, 1);

	if (between(0, 1) == 0)
		alter(MOVED, "default", worker, datacenter, false);
	else
		alter(MOVED, tour_layouts[1].name, datacenter << WORKER_BITS | worker, -1, false);
}

static void
alter_part(void)
{
	alter(PART, "default", between(1, 6), -1, false);
}

static void
alter_js(void)
{
	alter(JS, js_layouts[between(0, 1)], between(1, 3), -1, false);
}

/* The node that the tour has, in the bits 12 .. 21 of its IDs. */
static int
node_of_tour(void)
{
	PGresult   *options = options_of(TOUR);
	const char *layout = option_value(options, "layout");
	int			node = option_number(options, "datacenter_id") << WORKER_BITS | option_number(options, "worker_id");

	for (int i = 0; layout != NULL && i < TOUR_LAYOUTS; i++)
	{
		if (strcmp(tour_layouts[i].name, layout) == 0)
			node <<= tour_layouts[i].node_shift;
	}
	PQclear(options);
	return node;
}

/* Where IDs would repeat, the node must be one with which they do. */
static void
alter_tour(void)
{
	int			node = tour_nodes[between(0, TOUR_NODES - 1)];
	int			total = 0;
	const TourLayout *layout = tour_layouts;

	for (int i = 0; i < TOUR_LAYOUTS; i++)
		total += tour_layouts[i].weight;
	for (int at = between(0, total - 1); (at -= layout->weight) >= 0;)
		layout++;

	if (layout->repeats)
		node = node_of_tour();
	node = node >> layout->node_shift & ((1 << layout->node_bits) - 1);
	if (layout->has_datacenter)
		alter(TOUR, layout->name, node % (1 << WORKER_BITS), node >> WORKER_BITS, layout->repeats);
	else
		alter(TOUR, layout->name, node, -1, layout->repeats);
}

static void
cancel_some(void)
{
	run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = '" LOAD_APPLICATION "' AND "
		"state = 'active' ORDER BY random() LIMIT 2", SERVER, false);
}

/* What there is to do, and how often it is done. */
typedef struct Disturbance
{
	const char *name;
	int			weight;
	void		(*act) (void);
} Disturbance;

static Disturbance disturbances[] = {
	{"tour", 40, alter_tour},
	{"moved", 20, alter_moved},
	{"part", 12, alter_part},
	{"js", 13, alter_js},
	{"cancel", 15, cancel_some},
};

#define DISTURBANCES ((int) (sizeof(disturbances) / sizeof(disturbances[0])))

/* Leave only those that are named; the number of those. */
static int
choose(const char *names)
{
	int			chosen = 0;

	for (int i = 0; i < DISTURBANCES; i++)
	{
		if (strstr(names, disturbances[i].name) == NULL)
			disturbances[i].weight = 0;
		else
			chosen++;
	}
	return chosen;
}

/* One of them at random: to take turns would be too regular. */
static void
disturb(void)
{
	int			total = 0;
	const Disturbance *disturbance = disturbances;

	for (int i = 0; i < DISTURBANCES; i++)
		total += disturbances[i].weight;
	for (int at = between(0, total - 1); (at -= disturbance->weight) >= 0;)
		disturbance++;
	disturbance->act();
}

/* For a while in one of the databases. */
static void *
disturb_all(void *arg)
{
	(void) arg;
	while (!load_stopping)
	{
		database = between(1, DATABASES);
		connection = load_connect(database, "disturb", "-c lock_timeout=200ms");
		for (int left = between(1, MOST_STATEMENTS); connection != NULL && left > 0 && !load_stopping; left--)
		{
			disturb();
			if (PQstatus(connection) != CONNECTION_OK)
				break;
			usleep(between(0, 100000));
		}
		if (connection == NULL)
			usleep(100000);
		PQfinish(connection);
	}
	return NULL;
}

void
disturb_start(uint64_t seed, const char *names)
{
	altered = load_create("altered");
	random_state = load_random_start(seed, 0);
	is_running = choose(names) > 0;
	if (is_running && pthread_create(&thread, NULL, disturb_all, NULL) != 0)
		load_die("pthread_create");
}

void
disturb_join(void)
{
	if (is_running)
		pthread_join(thread, NULL);
	fclose(altered);
}
