/*-------------------------------------------------------------------------
 *
 * simulator.c
 *	  Many servers that lease their worker IDs from one store, in simulated time.
 *	  See README.md.
 *
 * Usage: simulator [NAME=NUMBER ...]; the names are in the table below.  Fails if IDs
 * were issued twice that must not be.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

Options		options = {
	.servers = 40,
	.workers = 30,
	.seconds = 120,
	.seed = 1,
	.faults = true,
	.clocks = true,
	.tells = TELLS_REVISION,
	.ttl_us = 3 * US_PER_S,
	.reach_us = 6 * US_PER_S,
	.drift_us = 1 * US_PER_S,
	.doubt_us = 3 * US_PER_S,
	.pause_us = 80 * US_PER_MS,
	.most_writes = PG_INT32_MAX,
};
Counts		counts;
ModelStore	store;
Server	   *servers;
int64		now_us = BEGIN_US;

/* What can be given by name, and in which unit. */
static const struct
{
	const char *name;
	int64	   *value;
	int64		unit;
}			option_names[] = {
	{"servers", &options.servers, 1},
	{"workers", &options.workers, 1},
	{"seconds", &options.seconds, 1},
	{"seed", &options.seed, 1},
	{"faults", &options.faults, 1},
	{"clocks", &options.clocks, 1},
	{"restores", &options.restores, 1},
	{"idle", &options.idle, 1},
	{"tells", &options.tells, 1},
	{"ttl_ms", &options.ttl_us, US_PER_MS},
	{"reach_ms", &options.reach_us, US_PER_MS},
	{"pause_ms", &options.pause_us, US_PER_MS},
	{"settle", &options.settle, 1},
	{"most_writes", &options.most_writes, 1},
};

static bool
set_option(const char *name, int64 number)
{
	for (int i = 0; i < lengthof(option_names); i++)
		if (strcmp(name, option_names[i].name) == 0)
		{
			*option_names[i].value = number * option_names[i].unit;
			return true;
		}
	return false;
}

static bool
read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
	{
		char	   *number = strchr(argv[i], '=');

		if (number == NULL)
			return false;
		*number++ = '\0';
		if (!set_option(argv[i], strtoll(number, NULL, 10)))
			return false;
	}
	return options.servers > 0 && options.workers > 0 && options.workers <= 1024 && options.settle < options.seconds;
}

static void
make_server(Server *server, int number)
{
	LeaseTerms	terms = {
		.layout = LAYOUT,
		.holder = server->holder,
		.ttl_ms = options.ttl_us / US_PER_MS,
		.reach_us = options.reach_us,
		.drift_us = options.drift_us,
		.doubt_us = options.doubt_us,
		.max_skew_us = 10 * US_PER_S,
	};

	/* No clock is relied on, so wrong ones are let in, too. */
	if (options.clocks && options.seed % 2 == 0)
		terms.max_skew_us = PG_INT64_MAX / 2;
	server->number = number;
	server->terms = terms;
	server->is_wild = options.clocks && number % 16 == 0;
	snprintf(server->holder, LEASE_HOLDER_SIZE, "server-%d", number);
	server->shared.next = calloc(options.workers, sizeof(int64));
	plan_server_event(server, EVENT_START, now_us + random_upto(2 * US_PER_S));
}

static void
make_all(void)
{
	store.worker_count = options.workers;
	store.workers = calloc(options.workers, sizeof(ModelWorker));
	store.tells_revision = options.tells != TELLS_NOTHING;
	store.tells_incarnation = options.tells == TELLS_INCARNATION;
	store.incarnation = 1;
	create_pool(0);
	servers = calloc(options.servers, sizeof(Server));
	for (int i = 0; i < options.servers; i++)
		make_server(&servers[i], i);
	plan_simple_event(EVENT_SETTLED, now_us + options.settle * US_PER_S);
	if (options.faults)
		begin_faults();
}

/* Until when what the event is for is suspended. */
static int64
suspended_until(const Event *event)
{
	if (event->kind == EVENT_ISSUER)
		return event->server->issuers[event->number].paused_until_us;
	if (event->kind == EVENT_AGENT || event->kind == EVENT_ANSWER || event->kind == EVENT_TIMEOUT)
		return event->server->paused_until_us;
	return 0;
}

/* Is the event for a server that has ended meanwhile, or for an operation that is over? */
static bool
is_void(const Event *event)
{
	const Server *server = event->server;

	if (server == NULL || event->kind == EVENT_REQUEST)
		return false;
	if (event->life != server->life)
		return true;
	return (event->kind == EVENT_ANSWER || event->kind == EVENT_TIMEOUT) &&
		(event->number != server->operation || server->phase != AGENT_WAIT);
}

static void
handle_event(Event *event)
{
	switch (event->kind)
	{
		case EVENT_START:
			start_server(event->server);
			break;
		case EVENT_AGENT:
			run_agent(event->server);
			break;
		case EVENT_ISSUER:
			run_issuer(event->server, event->number);
			break;
		case EVENT_REQUEST:
			receive_request(event);
			break;
		case EVENT_ANSWER:
			receive_answer(event->server, event->message, event->message->outcome);
			drop_message(event->message);
			break;
		case EVENT_TIMEOUT:
			receive_answer(event->server, NULL, LEASE_UNKNOWN);
			break;
		case EVENT_FAULT:
			cause_fault();
			break;
		case EVENT_CREATE_POOL:
			create_pool(now_us + options.doubt_us + options.reach_us);
			break;
		case EVENT_SETTLED:
			counts.writes_before = store.writes;
			counts.keeps_before = store.keeps;
			break;
	}
}

static void
run_events(void)
{
	Event		event;
	int64		end_us = BEGIN_US + options.seconds * US_PER_S;

	while (next_event(&event) && event.at_us < end_us)
	{
		now_us = Max(now_us, event.at_us);
		if (is_void(&event))
			drop_message(event.message);
		else if (suspended_until(&event) > now_us)
		{
			event.at_us = suspended_until(&event);
			plan_event(event);
		}
		else
			handle_event(&event);
	}
}

/* A figure in a second, over the time in which writes are counted. */
static double
per_second(int64 number)
{
	return (double) number / (options.seconds - options.settle);
}

static void
report(void)
{
	printf("# %lld starts, %lld crashes, %lld clones, %lld suspensions, %lld partitions, %lld steps of clocks\n",
		   (long long) counts.starts, (long long) counts.crashes, (long long) counts.clones,
		   (long long) counts.pauses, (long long) counts.cuts, (long long) counts.steps);
	printf("# %lld requests lost, %lld late; %lld answers lost, %lld late; store restored %lld times, wiped %lld times\n",
		   (long long) counts.lost_requests, (long long) counts.late_requests, (long long) counts.lost_answers,
		   (long long) counts.late_answers, (long long) counts.restores, (long long) counts.wipes);
	printf("# %lld claims, %lld releases, %.1f writes/s, %.1f keeps/s, longest time without IDs %.1f s\n",
		   (long long) counts.claims, (long long) counts.releases, per_second(store.writes - counts.writes_before),
		   per_second(store.keeps - counts.keeps_before), (double) counts.longest_gap_us / US_PER_S);
	printf("# %lld IDs, %lld duplicates, %lld more that are not excluded\n",
		   (long long) counts.ids, (long long) counts.duplicates, (long long) counts.unpromised);
}

/* Has all been as it must be? */
static bool
judge(void)
{
	bool		is_good = counts.duplicates == 0 &&
		per_second(store.writes - counts.writes_before) <= options.most_writes;

	printf("%s 1 - %lld servers, %lld workers, %lld s, seed %lld: no ID twice, and no more writes than allowed\n1..1\n",
		   is_good ? "ok" : "not ok", (long long) options.servers, (long long) options.workers,
		   (long long) options.seconds, (long long) options.seed);
	return is_good;
}

int
main(int argc, char **argv)
{
	if (!read_options(argc, argv))
	{
		fprintf(stderr, "usage: simulator [NAME=NUMBER ...], with the names of:");
		for (int i = 0; i < lengthof(option_names); i++)
			fprintf(stderr, " %s", option_names[i].name);
		fprintf(stderr, "\n");
		return 2;
	}
	make_all();
	run_events();
	report();
	return judge() ? 0 : 1;
}
