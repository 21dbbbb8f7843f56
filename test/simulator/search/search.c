/*-------------------------------------------------------------------------
 *
 * search.c
 *	  All that can happen to two servers with one worker ID, within bounds.
 *
 * Usage: search CLAIMS.  Visits all states that can be reached, those that take
 * fewer steps first.  Fails if a time is issued twice in one of them.  See ../README.md.
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

/* Note a state.  Returns whether it is new. */
static bool
note_state(const State *state, Origin origin)
{
	uint64		hash = bytes_hash(state, sizeof(State)) | 1;
	uint64	   *place;

	if (state_count * UINT64CONST(2) >= seen_room || seen == NULL)
		make_room();
	place = find_seen(hash);
	if (*place != 0)
		return false;
	*place = hash;
	origins[state_count++] = origin;
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
print_way(uint32 number, int most_claims)
{
	State		state = {.issued = 0};

	if (number == 0)
		return state;
	state = print_way(origins[number].before, most_claims);
	(void) state_take_step(&state, most_claims, origins[number].step);
	state_sort(&state);
	state_print(&state, origins[number].step);
	return state;
}

/* Note all states that can be reached by one step.  Returns false at one that is broken. */
static bool
search_level(const Level *level, int most_claims, Level *next)
{
	for (uint32 i = 0; i < level->count; i++)
		for (int step = 0; step < state_steps(); step++)
		{
			State		state = level->states[i];

			if (!state_take_step(&state, most_claims, step))
				continue;
			state_sort(&state);
			if (!note_state(&state, (Origin) {level->first + i, step}))
				continue;
			if (state.is_broken)
				return false;
			add_to_level(next, &state);
		}
	return true;
}

/* Returns false, with the way to it on stdout, if a state is broken. */
static bool
search(int most_claims)
{
	State		start = {.issued = 0};
	Level		level = {.count = 0};
	Level		next = {.count = 0};
	int			steps = 0;

	(void) note_state(&start, (Origin) {0, 0});
	add_to_level(&level, &start);
	for (; level.count > 0; steps++)
	{
		Level		former = level;

		next.count = 0;
		next.first = level.first + level.count;
		if (!search_level(&level, most_claims, &next))
		{
			(void) print_way(state_count - 1, most_claims);
			return false;
		}
		level = next;
		next = former;
	}
	printf("# no state takes more than %d steps\n", steps - 1);
	return true;
}

int
main(int argc, char **argv)
{
	int			most_claims = argc == 2 ? atoi(argv[1]) : 0;
	bool		holds;

	if (most_claims < 1)
	{
		fprintf(stderr, "usage: search CLAIMS\n");
		return 2;
	}
	small_begin();
	holds = search(most_claims);
	printf("# %u states\n", state_count);
	printf("%s 1 - %d claims: no time is issued twice\n1..1\n", holds ? "ok" : "not ok", most_claims);
	return holds ? 0 : 1;
}
