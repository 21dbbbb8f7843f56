/*-------------------------------------------------------------------------
 *
 * segment_desk.c
 *	  Where processes leave requests for ranges of roots elsewhere.
 *
 * The local sequence says what was taken before: numbers are used only if they
 * are above it.  So a root that gives less has gone back, or is not the one that
 * numbers came from before; and who moves a segment to a root cannot forget the
 * numbers that were used until then.  It is raised, durably, to the end of each
 * range before that is used.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "engine/shmem.h"
#include "segment/segment_desk.h"
#include "segment/segment_page.h"

#define DESK_NAME "IdgenSegmentDesk"

/* Slots if the server has not reserved memory for more, and the most. */
#define SLOTS_WITHOUT_PRELOADING 8
#define MOST_SLOTS 64

static SegmentDesk *desk = NULL;
static int	wanted_capacity = SLOTS_WITHOUT_PRELOADING;

static Size
desk_size(int slots)
{
	return add_size(offsetof(SegmentDesk, slots), mul_size(slots, sizeof(SegmentSlot)));
}

/* Bytes of the desk, if there is room for so many segments. */
Size
segment_desk_size(int segments)
{
	return desk_size(Min(segments, MOST_SLOTS));
}

static void
init_desk(void *piece, bool found)
{
	SegmentDesk *new = piece;

	if (found && new->capacity > 0)
		return;
	memset(new, 0, desk_size(wanted_capacity));
	LWLockInitialize(&new->lock, compat_new_tranche(DESK_NAME));
	pg_atomic_init_u32(&new->process.agent, 0);
	pg_atomic_init_u64(&new->process.start_tried_ns, 0);
	new->capacity = wanted_capacity;
}

/* The desk, which is created if it does not exist yet.  ERROR OUT_OF_MEMORY if there is no room. */
SegmentDesk *
segment_desk(void)
{
	if (likely(desk != NULL))
		return desk;
	desk = shmem_attach_piece("idgen segment desk", desk_size(wanted_capacity), init_desk);
	compat_register_tranche(desk->lock.tranche, DESK_NAME);
	return desk;
}

/* Create the desk while the server starts; see shmem_startup(). */
void
segment_desk_startup(int segments)
{
	desk = NULL;
	wanted_capacity = Max(Min(segments, MOST_SLOTS), 1);
	(void) segment_desk();
}

static bool
is_same_place(SegmentPlace one, SegmentPlace other)
{
	return one.number == other.number && one.generation == other.generation;
}

/* Copy the slot of a place; false if it has none. */
bool
segment_desk_copy(SegmentPlace place, SegmentSlot *copy)
{
	bool		found = false;

	LWLockAcquire(&segment_desk()->lock, LW_SHARED);
	for (int i = 0; i < desk->capacity && !found; i++)
	{
		found = is_same_place(desk->slots[i].place, place);
		if (found)
			*copy = desk->slots[i];
	}
	LWLockRelease(&desk->lock);
	return found;
}

/* A root has taken back what it gave last, from a number on, or may have: those numbers may come again. */
void
segment_desk_note_return(SegmentPlace place, int root, int64 first)
{
	LWLockAcquire(&segment_desk()->lock, LW_EXCLUSIVE);
	for (int i = 0; i < desk->capacity; i++)
	{
		SegmentSlot *slot = &desk->slots[i];
		SegmentRootState *state = &slot->states[root];

		if (!is_same_place(slot->place, place) || state->last < first)
			continue;
		state->last = first - 1;
		state->token = 0;
		slot->floor = Min(slot->floor, first - 1);
	}
	LWLockRelease(&desk->lock);
}

/*
 * A slot for a place: its own, one of an earlier generation, a free one, or one
 * for which nothing is wanted; NULL if there is none.  The caller holds the lock
 * exclusively.
 */
static SegmentSlot *
find_slot(SegmentPlace place)
{
	SegmentSlot *best = NULL;

	for (int i = 0; i < desk->capacity; i++)
	{
		SegmentSlot *slot = &desk->slots[i];

		if (slot->place.generation != 0 && slot->place.number == place.number)
			return slot;
		if (slot->place.generation == 0 || (best == NULL && !slot->is_wanted))
			best = slot;
	}
	return best;
}

/* ---------------------------------------------------------------------- requests */

/* Is it in vain to ask, as all roots have failed lately?  If so, error is why. */
static bool
is_in_vain(const SegmentSlot *slot, int64 now_ns, char *error, size_t size)
{
	for (int i = 0; i < slot->roots.count; i++)
		if (!circuit_breaker_is_open(&slot->states[i].breaker, now_ns))
			return false;
	snprintf(error, size, "%s", slot->states[0].error);
	return true;
}

/* ERROR FEATURE_NOT_SUPPORTED unless numbers are consecutive. */
static void
check_increment(const SegmentSequence *sequence)
{
	if (sequence->increment != 1)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("sequence \"%s\" cannot have its root elsewhere", get_rel_name(sequence->oid)),
				errdetail("Its increment is %lld.", (long long) sequence->increment),
				errhint("Use ALTER SEQUENCE ... INCREMENT BY 1."));
}

/*
 * The slot of a segment with these roots; NULL if there is no room.  The caller
 * holds the lock exclusively.
 */
static SegmentSlot *
prepare_slot(SegmentPlace place, const SegmentSequence *sequence, const SegmentRoots *roots)
{
	SegmentSlot *slot = find_slot(place);

	if (slot == NULL)
		return NULL;
	if (!is_same_place(slot->place, place) || segment_roots_hash(&slot->roots) != segment_roots_hash(roots))
	{
		uint32		requests = slot->requests;

		/*
		 * An answer to a former one that is still under way must not be taken
		 * for ours.
		 */
		memset(slot, 0, sizeof(SegmentSlot));
		slot->requests = requests;
	}
	slot->place = place;
	slot->roots = *roots;
	slot->max = sequence->max;
	slot->first_step = segment_sequence_step(sequence);
	slot->accepts_free = sequence->options.has_free_list;
	return slot;
}

/* Is what answers another store, or another counter, than the one that had answered before?  0 is not known. */
bool
segment_root_is_other(const SegmentRootState *state, const LeaseTaken *taken, const LeaseAnswer *answer)
{
	return state->is_known &&
		((answer->incarnation != 0 && state->incarnation != 0 && answer->incarnation != state->incarnation) ||
		 (taken->identity != 0 && state->identity != 0 && taken->identity != state->identity));
}

/* How many numbers to skip when a root may have gone back. */
int64
segment_slot_skip(const SegmentSlot *slot)
{
	return slot->roots.skip > 0 ? slot->roots.skip : (int64) slot->first_step * SEGMENT_STEPS_SKIPPED;
}

/* Start the agent, if there is none.  Errors: those of agent_process_start(). */
static void
start_agent(void)
{
	static const AgentKind kind = {
		.name = "idgen segment agent",
		.function = "idgen_segment_agent",
		.purpose = "take numbers from a root elsewhere",
	};
	AgentProcess *process = &segment_desk()->process;

	agent_process_start(&kind, &process->agent, &process->start_tried_ns);
}

/*
 * Let the agent know the roots of a segment, and the numbers that its own must be
 * above.  False if there is no room.  Errors: those of start_agent().
 */
bool
segment_desk_introduce(SegmentPlace place, const SegmentSequence *sequence)
{
	SegmentRoots roots;
	int64		floor;
	SegmentSlot *slot;

	check_increment(sequence);
	start_agent();
	(void) segment_roots_read(sequence->oid, &roots);
	floor = segment_page_last(sequence);
	LWLockAcquire(&segment_desk()->lock, LW_EXCLUSIVE);
	slot = prepare_slot(place, sequence, &roots);
	if (slot != NULL)
		slot->floor = Max(slot->floor, floor);
	LWLockRelease(&desk->lock);
	return slot != NULL;
}

/* Leave a request in its slot.  SEGMENT_ROOT_UNREACHABLE, with the reason in error, if it is in vain. */
static SegmentRootStatus
leave_request(const SegmentRequest *request, const SegmentRoots *roots, int64 floor, char *error, size_t size)
{
	SegmentSlot *slot;
	SegmentRootStatus status = SEGMENT_ROOT_ASKED;

	LWLockAcquire(&segment_desk()->lock, LW_EXCLUSIVE);
	slot = prepare_slot(request->place, request->sequence, roots);
	if (slot == NULL)
	{
		snprintf(error, size, "Too many segments with roots elsewhere are being refilled.");
		LWLockRelease(&desk->lock);
		return SEGMENT_ROOT_UNREACHABLE;
	}
	slot->is_early = request->is_early;
	slot->least = request->least;
	slot->most = request->most;
	slot->floor = floor;
	if (is_in_vain(slot, clock_monotonic_ns(), error, size))
		status = SEGMENT_ROOT_UNREACHABLE;
	slot->is_wanted = status == SEGMENT_ROOT_ASKED;
	slot->requests++;
	LWLockRelease(&desk->lock);
	return status;
}

/* See SegmentRoot.  The agent may deliver before we return. */
SegmentRootStatus
segment_desk_take(const SegmentRequest *request, SegmentGrant *grant)
{
	const SegmentSequence *sequence = request->sequence;
	SegmentRoots roots;
	char		error[LEASE_TAKE_ERROR_SIZE];
	int64		floor;

	if (request->is_early && pg_atomic_read_u32(&segment_desk()->process.agent) == 0)
		return SEGMENT_ROOT_UNREACHABLE;
	check_increment(sequence);
	start_agent();
	if (!segment_roots_read(sequence->oid, &roots))
		return SEGMENT_ROOT_UNREACHABLE;
	if (request->has_taken)
		(void) segment_page_raise(sequence, request->last_taken);
	floor = segment_page_last(sequence);
	if (request->has_taken)
		floor = Max(floor, request->last_taken);
	if (floor >= sequence->max && !sequence->options.has_free_list)
		return SEGMENT_ROOT_ENDED;

	segment_chunk_ask(request->place);
	if (leave_request(request, &roots, floor, error, sizeof(error)) == SEGMENT_ROOT_UNREACHABLE)
	{
		segment_chunk_fail(request->place, error);
		return SEGMENT_ROOT_UNREACHABLE;
	}
	agent_process_wake(&desk->process.agent);
	return SEGMENT_ROOT_ASKED;
}
