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

Options options = {
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
};
Counts		counts;
ModelStore	store;
Server	   *servers;
int64		now_us = BEGIN_US;

static bool
set_option(const char *name, int64 number)
{
	if (strcmp(name, "servers") == 0)
		options.servers = number;
	else if (strcmp(name, "workers") == 0)
		options.workers = number;
	else if (strcmp(name, "seconds") == 0)
		options.seconds = number;
	else if (strcmp(name, "seed") == 0)
		options.seed = number;
	else if (strcmp(name, "faults") == 0)
		options.faults = number != 0;
	else if (strcmp(name, "clocks") == 0)
		options.clocks = number != 0;
	else if (strcmp(name, "restores") == 0)
		options.restores = number != 0;
	else if (strcmp(name, "idle") == 0)
		options.idle = number != 0;
	else if (strcmp(name, "tells") == 0)
		options.tells = (StoreTells) number;
	else if (strcmp(name, "ttl_ms") == 0)
		options.ttl_us = number * US_PER_MS;
	else if (strcmp(name, "reach_ms") == 0)
		options.reach_us = number * US_PER_MS;
	else
		return false;
	return true;
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
	return options.servers > 0 && options.workers > 0 && options.workers <= 1024;
}

static void
make_server(Server *server, int number)
{
	server->number = number;
	server->is_wild = options.clocks && number % 16 == 0;
	snprintf(server->holder, LEASE_HOLDER_SIZE, "server-%d", number);
	server->shared.next = calloc(options.workers, sizeof(int64));
	server->terms = (LeaseTerms)
	{
		.layout = LAYOUT,
		.holder = server->holder,
		.ttl_ms = options.ttl_us / US_PER_MS,
		.reach_us = options.reach_us,
		.drift_us = options.drift_us,
		.doubt_us = options.doubt_us,
		/* No clock is relied on, so wrong ones are let in, too. */
		.max_skew_us = options.clocks && options.seed % 2 == 0 ? PG_INT64_MAX / 2 : 10 * US_PER_S,
	};
	plan_event((Event) {.kind = EVENT_START,.server = server,.at_us = now_us + random_upto(2 * US_PER_S)});
}

static void
make_all(void)
{
	store = (ModelStore)
	{
		.worker_count = options.workers,
		.workers = calloc(options.workers, sizeof(ModelWorker)),
		.tells_revision = options.tells != TELLS_NOTHING,
		.tells_incarnation = options.tells == TELLS_INCARNATION,
		.incarnation = 1,
	};
	create_pool(0);
	servers = calloc(options.servers, sizeof(Server));
	for (int i = 0; i < options.servers; i++)
		make_server(&servers[i], i);
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

static void
report(void)
{
	printf("# seed %llu: %d servers, %d workers, %d s\n",
		   (unsigned long long) options.seed, options.servers, options.workers, options.seconds);
	printf("# %lld starts, %lld crashes, %lld clones, %lld pauses, %lld partitions, %lld steps of clocks\n",
		   (long long) counts.starts, (long long) counts.crashes, (long long) counts.clones,
		   (long long) counts.pauses, (long long) counts.cuts, (long long) counts.steps);
	printf("# %lld requests lost, %lld late; %lld answers lost, %lld late; store restored %lld times, wiped %lld times\n",
		   (long long) counts.lost_requests, (long long) counts.late_requests, (long long) counts.lost_answers,
		   (long long) counts.late_answers, (long long) counts.restores, (long long) counts.wipes);
	printf("# %lld claims, %lld releases, %.1f writes/s, %.1f keeps/s, longest time without IDs %.1f s\n",
		   (long long) counts.claims, (long long) counts.releases, (double) store.writes / options.seconds,
		   (double) store.keeps / options.seconds, (double) counts.longest_gap_us / US_PER_S);
	printf("%lld IDs, %lld duplicates, %lld not promised\n",
		   (long long) counts.ids, (long long) counts.duplicates, (long long) counts.unpromised);
}

int
main(int argc, char **argv)
{
	if (!read_options(argc, argv))
	{
		fprintf(stderr, "usage: simulator [servers=N] [workers=N] [seconds=N] [seed=N] [faults=0] [clocks=0] [restores=1] "
				"[idle=1] [tells=0|1|2] [ttl_ms=N] [reach_ms=N]\n");
		return 2;
	}
	make_all();
	run_events();
	report();
	return counts.duplicates > 0;
}
