/*-------------------------------------------------------------------------
 *
 * search.c
 *	  All that can happen to two servers with one worker ID, within bounds.
 *
 * Usage: search CLAIMS REQUESTS TIMES.  Visits all states that can be reached, those that take
 * fewer steps first.  Fails if a time is issued twice in one of them, or if a server
 * doubts the store, which forgets nothing here.  See ../README.md.
 *
 * Of a state that was visited, only 64 bits of hash are kept.  So another one may be
 * taken for it, and be missed; with 10 million states, the odds that any is are below
 * 1 to 180,000.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bytes.h"
#include "state.h"

/* ------------------------------------------------------------------ states that were seen */

/* How a state was reached first. */
typedef struct Origin
{
	uint32		before;			/* number of the state before it */
	uint8		step;
} Origin;

static uint64 *seen;			/* hashes of states, open addressing; 0: empty */
static uint64 seen_room = UINT64CONST(1) << 20;
static Origin *origins;
static uint32 state_count;
static uint32 doubt_count;		/* of states in which a server doubts the
								 * store */

static uint64 *
find_seen(uint64 hash)
{
	uint64		at = hash >> 1 & (seen_room - 1);

	while (seen[at] != 0 && seen[at] != hash)
		at = (at + 1) & (seen_room - 1);
	return &seen[at];
}

static void
make_room(void)
{
	uint64	   *before = seen;
	uint64		room_before = before == NULL ? 0 : seen_room;

	if (before != NULL)
		seen_room *= 2;
	seen = calloc(seen_room, sizeof(uint64));
	origins = realloc(origins, seen_room / 2 * sizeof(Origin));
	for (uint64 i = 0; i < room_before; i++)
		if (before[i] != 0)
			*find_seen(before[i]) = before[i];
	free(before);
}

/* Never 0. */
static uint64
hash_state(const State *state)
{
	return bytes_hash(state, sizeof(State)) | 1;
}

/* Note a state by its hash.  Returns whether it is new. */
static bool
note_state(uint64 hash, uint32 before, int step)
{
	uint64	   *place;

	if (state_count * UINT64CONST(2) >= seen_room || seen == NULL)
		make_room();
	place = find_seen(hash);
	if (*place != 0)
		return false;
	*place = hash;
	origins[state_count].before = before;
	origins[state_count++].step = step;
	return true;
}

/* ------------------------------------------------------------------ the search */

/* States that take the same number of steps. */
typedef struct Level
{
	State	   *states;
	uint32		count;
	uint32		room;
	uint32		first;			/* number of the first state */
} Level;

static void
add_to_level(Level *level, const State *state)
{
	if (level->count == level->room)
	{
		level->room = level->room * 2 + 1024;
		level->states = realloc(level->states, level->room * sizeof(State));
	}
	level->states[level->count++] = *state;
}

/* Print the steps to a state, and return it. */
static State
print_way(uint32 number, const Bounds *bounds)
{
	State		state = {.issued = 0};

	if (number == 0)
		return state;
	state = print_way(origins[number].before, bounds);
	(void) state_take_step(&state, bounds, origins[number].step);
	state_sort(&state);
	state_print(&state, origins[number].step);
	return state;
}

/* A state that is reached by a step from the one that is looked at. */
typedef struct Successor
{
	State		state;
	uint64		hash;
	int			step;
} Successor;

/* All of them; also has the processor fetch what will be looked at of each. */
static int
find_successors(const State *state, const Bounds *bounds, Successor *successors)
{
	int			count = 0;

	for (int step = 0; step < STATE_STEPS; step++)
	{
		Successor  *successor = &successors[count];

		successor->state = *state;
		if (!state_take_step(&successor->state, bounds, step))
			continue;
		state_sort(&successor->state);
		successor->hash = hash_state(&successor->state);
		successor->step = step;
		__builtin_prefetch(&seen[successor->hash >> 1 & (seen_room - 1)]);
		count++;
	}
	return count;
}

/* Note all states that can be reached by one step.  Returns false at one that is broken. */
static bool
search_level(const Level *level, const Bounds *bounds, Level *next)
{
	Successor	successors[STATE_STEPS];

	for (uint32 i = 0; i < level->count; i++)
	{
		int			count = find_successors(&level->states[i], bounds, successors);

		for (int j = 0; j < count; j++)
		{
			const State *state = &successors[j].state;

			if (!note_state(successors[j].hash, level->first + i, successors[j].step))
				continue;
			if (state->is_broken)
				return false;
			doubt_count += state->servers[0].machine.is_in_doubt || state->servers[1].machine.is_in_doubt;
			add_to_level(next, state);
		}
	}
	return true;
}

/* Returns false, with the way to it on stdout, if a state is broken. */
static bool
search(const Bounds *bounds)
{
	State		start = {.issued = 0};
	Level		level = {.count = 0};
	Level		next = {.count = 0};
	int			steps = 0;
	bool		holds = true;

	(void) note_state(hash_state(&start), 0, 0);
	add_to_level(&level, &start);
	for (; level.count > 0 && holds; steps++)
	{
		Level		former = level;

		next.count = 0;
		next.first = level.first + level.count;
		holds = search_level(&level, bounds, &next);
		if (!holds)
		{
			printf("# records as nonce/epoch/fence; servers may change places, and nonces be numbered anew\n");
			(void) print_way(state_count - 1, bounds);
			printf("# %d steps to a time that is issued twice\n", steps + 1);
		}
		level = next;
		next = former;
	}
	if (holds)
		printf("# no state takes more than %d steps\n", steps - 1);
	free(level.states);
	free(next.states);
	return holds;
}

static bool
read_bounds(int argc, char **argv, Bounds *bounds)
{
	if (argc != 4)
		return false;
	bounds->claims = atoi(argv[1]);
	bounds->requests = atoi(argv[2]);
	bounds->times = atoi(argv[3]);
	return bounds->claims > 0 && bounds->claims < 100 && bounds->requests > 0 && bounds->requests <= MOST_REQUESTS &&
		bounds->times > 0 && bounds->times <= MOST_TIMES;
}

int
main(int argc, char **argv)
{
	Bounds		bounds;
	bool		holds;

	if (!read_bounds(argc, argv, &bounds))
	{
		fprintf(stderr, "usage: search CLAIMS REQUESTS TIMES, of which the last two are at most %d and %d\n",
				MOST_REQUESTS, MOST_TIMES);
		return 2;
	}
	small_begin();
	holds = search(&bounds) && doubt_count == 0;
	printf("# %u states, with a doubt of the store in %u\n", state_count, doubt_count);
	printf("%s 1 - %d claims, %d requests at a time, %d times: none is issued twice\n1..1\n", holds ? "ok" : "not ok",
		   bounds.claims, bounds.requests, bounds.times);
	return holds ? 0 : 1;
}
