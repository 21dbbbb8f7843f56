/*-------------------------------------------------------------------------
 *
 * faults.c
 *	  What befalls servers, their clocks and the store.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

/* Between two faults, for all servers together. */
#define INTERVAL_US (2 * US_PER_S)

/* Between two losses of the store's memory.  A message is not on its way for so long. */
#define LOSS_INTERVAL_US (45 * US_PER_S)

#define DAY_US (86400 * US_PER_S)

static int64 next_loss_us;

static Server *
random_server(void)
{
	return &servers[random_upto(options.servers - 1)];
}

static void
crash(Server *server)
{
	counts.crashes++;
	server->is_running = false;
	server->life++;
	plan_server_event(server, EVENT_START, now_us + random_upto(options.ttl_us * 3));
}

/* A server becomes a copy of another one, which goes on: it has the other's name, and what is on its disk. */
static void
clone(Server *server)
{
	Server	   *original = random_server();

	if (server == original)
		return;
	counts.clones++;
	strlcpy(server->holder, original->holder, LEASE_HOLDER_SIZE);
	server->clock_off_us = original->clock_off_us;
	server->life++;
	start_server(server);
}

/* Suspend the agent, the issuers, or all, for up to three TTLs. */
static void
suspend(Server *server)
{
	int64		until_us = now_us + random_upto(options.ttl_us * 3);
	int			which = random_upto(2);

	counts.pauses++;
	if (which != 0)
	{
		server->paused_until_us = Max(server->paused_until_us, until_us);
		server->wake_us = 0;
		wake_agent(server, until_us);
	}
	if (which != 1)
		for (int i = 0; i < ISSUERS; i++)
			server->issuers[i].paused_until_us = Max(server->issuers[i].paused_until_us, until_us);
}

static void
cut(Server *server)
{
	counts.cuts++;
	server->cut_until_us = now_us + random_upto(options.ttl_us * 3);
}

/* A few servers' clocks step by days; those of the others by seconds, or they are put right. */
static void
step_clock(Server *server)
{
	int64		most_us = server->is_wild ? 2 * DAY_US : 4 * US_PER_S;

	counts.steps++;
	server->clock_off_us = chance(0.3) ? 0 : random_upto(2 * most_us) - most_us;
}

static void
lose_memory(void)
{
	next_loss_us = now_us + LOSS_INTERVAL_US + random_upto(LOSS_INTERVAL_US);
	if (chance(0.3))
		wipe_store();
	else
		restore_store();
}

void
begin_faults(void)
{
	next_loss_us = now_us + LOSS_INTERVAL_US;
	plan_simple_event(EVENT_FAULT, now_us + INTERVAL_US);
}

/* One fault, and the plan for the next. */
void
cause_fault(void)
{
	Server	   *server = random_server();
	int			which = random_upto(options.clocks ? 5 : 4);

	if (options.restores && now_us >= next_loss_us)
		lose_memory();
	if (!server->is_running)
		;
	else if (which == 0)
		crash(server);
	else if (which == 1)
		clone(server);
	else if (which == 2)
		suspend(server);
	else if (which == 3)
		cut(server);
	else if (which == 4)
		server->must_release = true;
	else
		step_clock(server);
	plan_simple_event(EVENT_FAULT, now_us + random_upto(2 * INTERVAL_US * 20 / options.servers));
}
