/*-------------------------------------------------------------------------
 *
 * events.c
 *	  The events that are planned, as a heap, and random numbers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/seeded_random.h"

#include "simulator.h"

static Event *heap;
static int	heap_size;
static int	heap_room;
static uint64 events_planned;
static uint64 random_state;

static bool
is_before(const Event *one, const Event *other)
{
	return one->at_us != other->at_us ? one->at_us < other->at_us : one->order < other->order;
}

static void
swap_events(int one, int other)
{
	Event		event = heap[one];

	heap[one] = heap[other];
	heap[other] = event;
}

void
plan_event(Event event)
{
	int			at = heap_size++;

	if (heap_size > heap_room)
	{
		heap_room = heap_room * 2 + 1024;
		heap = realloc(heap, heap_room * sizeof(Event));
	}
	event.order = events_planned++;
	heap[at] = event;
	for (; at > 0 && is_before(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap_events(at, (at - 1) / 2);
}

/* Plan an event of no server. */
void
plan_simple_event(EventKind kind, int64 at_us)
{
	Event		event = {
		.kind = kind,
		.at_us = at_us,
	};

	plan_event(event);
}

/* Plan an event of the server's present life. */
void
plan_server_event(Server *server, EventKind kind, int64 at_us)
{
	Event		event = {
		.kind = kind,
		.server = server,
		.life = server->life,
		.at_us = at_us,
	};

	plan_event(event);
}

/* Plan a step of an issuer. */
void
plan_issuer(Server *server, int number, int64 at_us)
{
	Event		event = {
		.kind = EVENT_ISSUER,
		.server = server,
		.life = server->life,
		.number = number,
		.at_us = at_us,
	};

	plan_event(event);
}

/* The earliest event; false if there is none. */
bool
next_event(Event *event)
{
	int			at = 0;

	if (heap_size == 0)
		return false;
	*event = heap[0];
	heap[0] = heap[--heap_size];
	for (;;)
	{
		int			child = 2 * at + 1;

		if (child + 1 < heap_size && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (child >= heap_size || !is_before(&heap[child], &heap[at]))
			return true;
		swap_events(at, child);
		at = child;
	}
}

static uint64
random_number(void)
{
	if (random_state == 0)
		random_state = options.seed * 1000003 + 1;
	return seeded_word(&random_state);
}

/* 0 .. most */
int64
random_upto(int64 most)
{
	return random_number() % ((uint64) most + 1);
}

bool
chance(double probability)
{
	return (random_number() >> 11) < probability * (double) (UINT64CONST(1) << 53);
}

void
fresh_nonce(char *nonce)
{
	uint64		words[2];
	uint8		random[16];

	words[0] = random_number();
	words[1] = random_number();
	memcpy(random, words, sizeof(random));
	lease_nonce_write(random, nonce);
}
