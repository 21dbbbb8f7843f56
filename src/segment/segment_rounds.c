/*-------------------------------------------------------------------------
 *
 * segment_rounds.c
 *	  Rounds in which processes that wait for numbers of a root are served
 *	  together.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "engine/shmem.h"
#include "segment/segment_roots.h"
#include "segment/segment_rounds.h"

/* Slots if the server has not reserved memory for more, and the most. */
#define SLOTS_WITHOUT_PRELOADING 8
#define MOST_SLOTS 64

/*
 * How long a round that is over keeps its place for processes that have yet to leave.
 * On a busy machine, they may well come late, and would be late again.
 */
#define LATEST_NS (200 * NS_PER_MS)

/* For how long who wants to be alone in a round keeps others from joining; he tries more often. */
#define SINGLE_NS (20 * NS_PER_MS)

typedef struct RoundsTable
{
	LWLock		lock;			/* of which slot is which segment's */
	int			capacity;
	SegmentRounds slots[FLEXIBLE_ARRAY_MEMBER];
} RoundsTable;

#define TABLE_NAME "IdgenSegmentRounds"

static RoundsTable *table = NULL;
static int	wanted_capacity = SLOTS_WITHOUT_PRELOADING;

static Size
table_size(int slots)
{
	return add_size(offsetof(RoundsTable, slots), mul_size(slots, sizeof(SegmentRounds)));
}

Size
segment_rounds_size(int segments)
{
	return table_size(Min(segments, MOST_SLOTS));
}

static void
init_table(void *piece, bool found)
{
	RoundsTable *new = piece;

	if (found && new->capacity > 0)
		return;
	memset(new, 0, table_size(wanted_capacity));
	LWLockInitialize(&new->lock, compat_new_tranche(TABLE_NAME));
	for (int i = 0; i < wanted_capacity; i++)
	{
		SpinLockInit(&new->slots[i].mutex);
		ConditionVariableInit(&new->slots[i].changed);
	}
	new->capacity = wanted_capacity;
}

static RoundsTable *
get_table(void)
{
	if (likely(table != NULL))
		return table;
	table = shmem_attach_piece("idgen segment rounds", table_size(wanted_capacity), init_table);
	compat_register_tranche(table->lock.tranche, TABLE_NAME);
	return table;
}

void
segment_rounds_startup(int segments)
{
	table = NULL;
	wanted_capacity = Max(Min(segments, MOST_SLOTS), 1);
	(void) get_table();
}

int
segment_rounds_capacity(void)
{
	return get_table()->capacity;
}

SegmentRounds *
segment_rounds_get(int number)
{
	return &get_table()->slots[number];
}

static SegmentRound *
get_round(SegmentRounds *rounds, uint64 number)
{
	return &rounds->rounds[number % SEGMENT_MOST_ROUNDS];
}

/* The round with this number; NULL if another one has its place.  The caller holds the mutex. */
static SegmentRound *
find_round(SegmentRounds *rounds, uint64 number)
{
	SegmentRound *round = get_round(rounds, number);

	return round->number == number ? round : NULL;
}

/* Open a round without members, in the place of one that is not needed any more.  The caller holds the mutex. */
static void
open_round(SegmentRounds *rounds, uint64 number)
{
	SegmentRound *round = get_round(rounds, number);

	memset(round, 0, sizeof(SegmentRound));
	round->number = number;
	rounds->open = number;
}

/*
 * Until when there is no place for the round after the open one: 0 if there is one;
 * PG_INT64_MAX if that depends on a round that is being served.  The caller holds the
 * mutex.
 */
static int64
is_held_until(SegmentRounds *rounds, int64 now_ns)
{
	const SegmentRound *former = get_round(rounds, rounds->open + 1);

	if (former->state == SEGMENT_ROUND_CLOSED)
		return PG_INT64_MAX;
	if (former->members == 0 || now_ns >= former->ended_ns + LATEST_NS)
		return 0;
	return former->ended_ns + LATEST_NS;
}

static bool
is_of(const SegmentRounds *rounds, SegmentPlace place)
{
	return rounds->place.number == place.number && rounds->place.generation == place.generation;
}

/*
 * The slot of a place, with a user more; it becomes the place's if it has none.
 * NULL if all are in use.  Who has changed the place of a slot holds the lock
 * and the mutex.
 */
static SegmentRounds *
enter(SegmentPlace place, bool is_remote)
{
	SegmentRounds *found = NULL;

	LWLockAcquire(&get_table()->lock, LW_EXCLUSIVE);
	for (int i = 0; i < table->capacity; i++)
	{
		SegmentRounds *slot = &table->slots[i];

		if (is_of(slot, place))
		{
			found = slot;
			break;
		}
		if (*(volatile int *) &slot->users == 0 && (found == NULL || slot->place.generation == 0))
			found = slot;
	}
	if (found != NULL)
	{
		SpinLockAcquire(&found->mutex);
		if (!is_of(found, place))
		{
			memset(found->rounds, 0, sizeof(found->rounds));
			memset(&found->gathering, 0, sizeof(found->gathering));

			/*
			 * What is still taken for a former round is of none that is here
			 * now.
			 */
			open_round(found, found->open + SEGMENT_MOST_ROUNDS);
			found->place = place;
		}
		found->is_remote = is_remote;
		found->users++;
		SpinLockRelease(&found->mutex);
	}
	LWLockRelease(&table->lock);
	return found;
}

/* Callers in the open round, and in those under way.  The caller holds the mutex. */
static int
count_waiting(const SegmentRounds *rounds)
{
	int			waiting = 0;

	for (int i = 0; i < SEGMENT_MOST_ROUNDS; i++)
		if (rounds->rounds[i].state == SEGMENT_ROUND_OPEN || rounds->rounds[i].state == SEGMENT_ROUND_CLOSED)
			waiting += rounds->rounds[i].members;
	return waiting;
}

/*
 * Can one more join the open round?  If he wants to be alone and cannot, the others
 * let him, for a while.  The caller holds the mutex.
 */
static bool
has_room(SegmentRounds *rounds, uint64 count, bool is_single, int64 now_ns)
{
	const SegmentRound *round = get_round(rounds, rounds->open);
	bool		has_room = !round->is_single && round->count <= (uint64) SEGMENT_MOST_NUMBERS - count &&
		(is_single ? round->members == 0 : now_ns >= rounds->single_until_ns);

	if (is_single)
		rounds->single_until_ns = has_room ? 0 : now_ns + SINGLE_NS;
	return has_room;
}

/*
 * Join the open round of a place, for count numbers (1 .. SEGMENT_MOST_NUMBERS), with
 * others or alone.  After SEGMENT_JOIN_DONE it must be left.
 */
SegmentJoin
segment_rounds_join(SegmentPlace place, bool is_remote, uint64 count, bool is_single, SegmentMember *member)
{
	SegmentRounds *rounds = enter(place, is_remote);
	SegmentRound *round;
	int64		now_ns = clock_monotonic_ns();

	if (rounds == NULL)
		return SEGMENT_JOIN_NO_SLOT;
	SpinLockAcquire(&rounds->mutex);
	round = get_round(rounds, rounds->open);
	if (!has_room(rounds, count, is_single, now_ns))
	{
		rounds->users--;
		SpinLockRelease(&rounds->mutex);
		return SEGMENT_JOIN_FULL;
	}
	member->rounds = rounds;
	member->round = rounds->open;
	member->offset = round->count;
	round->members++;
	round->count += count;
	round->is_single = is_single;
	round_gathering_join(&rounds->gathering, count_waiting(rounds));
	SpinLockRelease(&rounds->mutex);
	return SEGMENT_JOIN_DONE;
}

/*
 * Leave a round, whatever has become of it.  Its numbers that we have not taken are lost.
 * Returns whether the open round may be closed now, and could not before, so that whoever
 * serves it has to know; processes have been told.
 */
bool
segment_rounds_leave(const SegmentMember *member)
{
	SegmentRounds *rounds = member->rounds;
	SegmentRound *round;
	bool		makes_room = false;

	SpinLockAcquire(&rounds->mutex);
	round = find_round(rounds, member->round);
	rounds->users--;
	if (round != NULL && --round->members == 0)
	{
		if (round->state == SEGMENT_ROUND_OPEN)
		{
			round->count = 0;
			round->is_single = false;
		}
		makes_room = round == get_round(rounds, rounds->open + 1) && round->state != SEGMENT_ROUND_CLOSED &&
			get_round(rounds, rounds->open)->members > 0;
	}
	if (get_round(rounds, rounds->open)->members == 0)
		round_gathering_leave(&rounds->gathering);
	SpinLockRelease(&rounds->mutex);
	if (makes_room)
		ConditionVariableBroadcast(&rounds->changed);
	return makes_room;
}

/* What has become of our round. */
SegmentRoundState
segment_rounds_look(const SegmentMember *member, SegmentRoundEnd *end)
{
	SegmentRounds *rounds = member->rounds;
	const SegmentRound *round;

	memset(end, 0, sizeof(SegmentRoundEnd));
	end->state = SEGMENT_ROUND_LOST;
	SpinLockAcquire(&rounds->mutex);
	round = find_round(rounds, member->round);
	if (round != NULL)
	{
		end->state = round->state;
		end->first = round->first;
		end->count = round->count;
		strlcpy(end->error, round->error, sizeof(end->error));
	}
	SpinLockRelease(&rounds->mutex);
	return end->state;
}

/* Close the open round; false if nobody is in it, or there is no room for another one yet. */
bool
segment_rounds_close(SegmentRounds *rounds, SegmentPlace *place, uint64 *number, uint64 *count)
{
	SegmentRound *round;
	bool		is_closed;
	int64		now_ns = clock_monotonic_ns();

	SpinLockAcquire(&rounds->mutex);
	round = get_round(rounds, rounds->open);
	is_closed = round->members > 0 && is_held_until(rounds, now_ns) == 0;
	if (is_closed)
	{
		round->state = SEGMENT_ROUND_CLOSED;
		round->closed_ns = now_ns;
		round_gathering_close(&rounds->gathering, count_waiting(rounds));
		*number = rounds->open;
		*place = rounds->place;
		*count = round->count;
		open_round(rounds, rounds->open + 1);
	}
	SpinLockRelease(&rounds->mutex);
	return is_closed;
}

/* A closed round is over.  The caller holds the mutex. */
static void
end_round(SegmentRound *round, SegmentRoundState state, int64 first, const char *error, int64 now_ns)
{
	round->state = state;
	round->ended_ns = now_ns;
	round->first = first;
	strlcpy(round->error, error, sizeof(round->error));
}

/* A closed round, if it is there, is over. */
static void
end_closed(SegmentRounds *rounds, SegmentPlace place, uint64 number, SegmentRoundState state, int64 first,
		   const char *error)
{
	int64		now_ns = clock_monotonic_ns();
	SegmentRound *round;

	SpinLockAcquire(&rounds->mutex);
	round = is_of(rounds, place) ? find_round(rounds, number) : NULL;
	if (round != NULL && round->state == SEGMENT_ROUND_CLOSED)
	{
		if (state == SEGMENT_ROUND_DONE)
			round_gathering_note_time(&rounds->gathering, now_ns - round->closed_ns);
		end_round(round, state, first, error, now_ns);
	}
	SpinLockRelease(&rounds->mutex);
	ConditionVariableBroadcast(&rounds->changed);
}

/* The numbers of a closed round have been taken, from *first on; or not (NULL), for the reason in error. */
void
segment_rounds_end(SegmentRounds *rounds, SegmentPlace place, uint64 number, const int64 *first, const char *error)
{
	if (first != NULL)
		end_closed(rounds, place, number, SEGMENT_ROUND_DONE, *first, "");
	else
		end_closed(rounds, place, number, SEGMENT_ROUND_FAILED, 0, error);
}

/*
 * There are not as many numbers as the members of a closed round want together.  error:
 * why it is not known whether there are; empty if it is.
 */
void
segment_rounds_refuse(SegmentRounds *rounds, SegmentPlace place, uint64 number, const char *error)
{
	end_closed(rounds, place, number, SEGMENT_ROUND_REFUSED, 0, error);
}

/*
 * If our round is open and nobody serves one, be the one who does.  It can then be
 * closed.  If it cannot be closed yet, *until_ns, which is monotonic, is set to when to try
 * again, if that is earlier; before that, changed is signaled if it can be.
 */
bool
segment_rounds_lead(const SegmentMember *member, int64 *until_ns)
{
	SegmentRounds *rounds = member->rounds;
	int64		now_ns = clock_monotonic_ns();
	int64		held_until_ns;
	bool		leads;

	SpinLockAcquire(&rounds->mutex);
	held_until_ns = is_held_until(rounds, now_ns);
	leads = rounds->leader == 0 && rounds->open == member->round && held_until_ns == 0;
	if (leads)
		rounds->leader = MyProcPid;
	SpinLockRelease(&rounds->mutex);
	if (held_until_ns > 0)
		*until_ns = Min(*until_ns, held_until_ns);
	return leads;
}

/* Stop serving, if we do.  Takes nothing that an ERROR may have left us with. */
void
segment_rounds_end_leading(SegmentRounds *rounds)
{
	SpinLockAcquire(&rounds->mutex);
	if (rounds->leader == MyProcPid)
		rounds->leader = 0;
	SpinLockRelease(&rounds->mutex);
	ConditionVariableBroadcast(&rounds->changed);
}

/* For the agent: is it to serve the open round of a slot?  If so, of which place? */
bool
segment_rounds_are_wanted(SegmentRounds *rounds, SegmentPlace *place)
{
	bool		result;

	SpinLockAcquire(&rounds->mutex);
	result = rounds->is_remote && get_round(rounds, rounds->open)->members > 0;
	*place = rounds->place;
	SpinLockRelease(&rounds->mutex);
	return result;
}

/*
 * For the agent, which could serve the open round now: the time, monotonic in ns,
 * until which it is to be kept open for others to join it, or as there is no place for
 * the next one; 0: it need not be.
 */
int64
segment_rounds_open_until(SegmentRounds *rounds)
{
	int64		now_ns = clock_monotonic_ns();
	int64		until_ns;

	SpinLockAcquire(&rounds->mutex);
	until_ns = is_held_until(rounds, now_ns);
	if (until_ns == 0 && !get_round(rounds, rounds->open)->is_single)
		until_ns = round_gathering_until(&rounds->gathering, count_waiting(rounds), now_ns);
	SpinLockRelease(&rounds->mutex);
	return until_ns;
}

/* For a new agent: what the former one was about to serve is lost. */
void
segment_rounds_fail_closed(const char *error)
{
	int64		now_ns = clock_monotonic_ns();

	for (int i = 0; i < get_table()->capacity; i++)
	{
		SegmentRounds *rounds = &table->slots[i];

		SpinLockAcquire(&rounds->mutex);
		for (int j = 0; j < SEGMENT_MOST_ROUNDS && rounds->is_remote; j++)
			if (rounds->rounds[j].state == SEGMENT_ROUND_CLOSED)
				end_round(&rounds->rounds[j], SEGMENT_ROUND_FAILED, 0, error, now_ns);
		SpinLockRelease(&rounds->mutex);
		ConditionVariableBroadcast(&rounds->changed);
	}
}
