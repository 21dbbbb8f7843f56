/*-------------------------------------------------------------------------
 *
 * issuer.c
 *	  A backend that issues IDs, as try_take() in src/engine/timeline.c does.
 *
 * Between any two of its reads and writes it may be suspended.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "simulator.h"

#define NO_ROOM_PAUSE_US (20 * US_PER_MS)
#define LONGEST_SUSPENSION_US (3 * US_PER_S)
#define MOST_TICKS 8			/* of a take */

/* Take ticks if there is room.  Returns whether there is. */
static bool
find_room(Server *server, Issuer *issuer)
{
	int64		most = 1 + random_upto(MOST_TICKS - 1);
	int64		until = issuer->until_us / TICK_US;

	/*
	 * If clocks are right, nothing is further ahead of the clock; else that
	 * would only keep IDs from being issued.
	 */
	if (!options.clocks)
		until = Min(until, (issuer->clock_us + options.doubt_us) / TICK_US);
	issuer->first = Max(issuer->next, Max(issuer->clock_us / TICK_US, issuer->start_us / TICK_US));
	issuer->end = Min(issuer->first + most, until);
	server->shared.asked_us = (issuer->first + most) * TICK_US;
	if (server->shared.asked_us > server->low_us || issuer->first >= until)
		wake_agent(server, now_us + 1);
	return issuer->first < until;
}

static bool
swap_next(Server *server, Issuer *issuer)
{
	if (server->shared.next[issuer->worker] != issuer->next)
		return false;
	server->shared.next[issuer->worker] = issuer->end;
	return true;
}

static void
issue(Issuer *issuer)
{
	for (int64 tick = issuer->first; tick < issuer->end; tick++)
		issue_tick(issuer->worker, tick, issuer->is_promised);
	if (issuer->issued_at_us > 0)
		counts.longest_gap_us = Max(counts.longest_gap_us, now_us - issuer->issued_at_us);
	issuer->issued_at_us = now_us;
}

/* Did the worker not change since the restarts were read? */
static bool
is_same_worker(const Server *server, const Issuer *issuer)
{
	return server->shared.restarts == issuer->restarts;
}

/* One step.  Returns false if the take is over. */
static bool
step_issuer(Server *server, Issuer *issuer)
{
	Shared	   *shared = &server->shared;

	switch (issuer->phase++)
	{
		case ISSUER_READ_RESTARTS:
			issuer->restarts = shared->restarts;
			issuer->clock_us = server_clock(server);
			return true;
		case ISSUER_READ_WORKER:
			issuer->worker = shared->worker;
			shared->asked_us = Max(issuer->clock_us, 1);
			return issuer->worker != NO_WORKER;
		case ISSUER_READ_UNTIL:
			issuer->until_us = shared->until_us;
			issuer->is_promised = server->is_promised;
			return true;
		case ISSUER_READ_START:
			issuer->start_us = shared->start_us;
			return true;
		case ISSUER_READ_NEXT:
			issuer->next = shared->next[issuer->worker];
			return find_room(server, issuer);
		case ISSUER_CHECK:
			return is_same_worker(server, issuer);
		case ISSUER_SWAP:
			return swap_next(server, issuer);
		case ISSUER_CHECK_AGAIN:
			return is_same_worker(server, issuer);
		case ISSUER_ISSUE:
			issue(issuer);
			return false;
	}
	return false;
}

/* Take ticks once, and issue them; then plan the next take. */
void
run_issuer(Server *server, int number)
{
	Issuer	   *issuer = &server->issuers[number];
	bool		has_issued;

	do
	{
		if (options.faults && chance(0.005))
		{
			issuer->paused_until_us = now_us + random_upto(LONGEST_SUSPENSION_US);
			plan_issuer(server, number, issuer->paused_until_us);
			return;
		}
	} while (step_issuer(server, issuer));
	has_issued = issuer->phase > ISSUER_ISSUE;
	issuer->phase = ISSUER_READ_RESTARTS;
	if (has_issued && options.idle)
		return;
	plan_issuer(server, number, now_us + 1 + random_upto(has_issued ? options.pause_us : NO_ROOM_PAUSE_US));
}
