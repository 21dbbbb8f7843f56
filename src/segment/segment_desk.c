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

/* Slots if the server has not reserved memory for more. */
#define SLOTS_WITHOUT_PRELOADING 8

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
	return desk_size(Max(segments, 1));
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
	wanted_capacity = Max(segments, 1);
	(void) segment_desk();
}

static bool
is_same_place(SegmentPlace one, SegmentPlace other)
{
	return one.number == other.number && one.generation == other.generation;
}

/* The slot of a place; NULL if it has none.  The caller holds the lock. */
static SegmentSlot *
find_slot(SegmentPlace place)
{
	for (int i = 0; i < desk->count; i++)
		if (is_same_place(desk->slots[i].place, place))
			return &desk->slots[i];
	return NULL;
}

/* Slots that are, or have been, of a place: the first ones. */
int
segment_desk_count(void)
{
	int			count;

	LWLockAcquire(&segment_desk()->lock, LW_SHARED);
	count = desk->count;
	LWLockRelease(&desk->lock);
	return count;
}

/* Copy the slot of a place; false if it has none. */
bool
segment_desk_copy(SegmentPlace place, SegmentSlot *copy)
{
	const SegmentSlot *slot;

	LWLockAcquire(&segment_desk()->lock, LW_SHARED);
	slot = find_slot(place);
	if (slot != NULL)
		*copy = *slot;
	LWLockRelease(&desk->lock);
	return slot != NULL;
}

/* The slot of a place, with the lock held exclusively; NULL, without it, if it has none. */
SegmentSlot *
segment_desk_lock(SegmentPlace place)
{
	SegmentSlot *slot;

	LWLockAcquire(&segment_desk()->lock, LW_EXCLUSIVE);
	slot = find_slot(place);
	if (slot == NULL)
		LWLockRelease(&desk->lock);
	return slot;
}

/* A root has taken back what it gave last, from a number on, or may have: those numbers may come again. */
void
segment_desk_note_return(SegmentPlace place, int root, int64 first)
{
	SegmentSlot *slot = segment_desk_lock(place);

	if (slot == NULL)
		return;
	if (slot->states[root].last >= first)
	{
		SegmentRootState *state = &slot->states[root];

		state->last = first - 1;
		state->watch.highest = Min(state->watch.highest, first - 1);
		state->token = 0;
		slot->floor = Min(slot->floor, first - 1);
	}
	LWLockRelease(&desk->lock);
}

/* ---------------------------------------------------------------------- slots */

/* Does somebody rely on a slot?  The caller holds the lock exclusively. */
static bool
is_busy(SegmentSlot *slot)
{
	return slot->is_wanted || pg_atomic_read_u32(&slot->users) > 0;
}

/* The slot that was used last of those of a segment, whatever its place; NULL.  The caller holds the lock. */
static SegmentSlot *
find_former(const SegmentSequence *sequence)
{
	SegmentSlot *former = NULL;

	for (int i = 0; i < desk->count; i++)
	{
		SegmentSlot *slot = &desk->slots[i];

		if (slot->database == MyDatabaseId && slot->sequence == sequence->oid &&
			(former == NULL || slot->used > former->used))
			former = slot;
	}
	return former;
}

/*
 * A slot that can be taken: one that nobody has had, or else the one that was not
 * used for longest of those on which nobody relies; NULL if there is none.  The caller
 * holds the lock exclusively.
 */
static SegmentSlot *
find_room(void)
{
	SegmentSlot *best = NULL;

	if (desk->count < desk->capacity)
		return &desk->slots[desk->count++];
	for (int i = 0; i < desk->count; i++)
	{
		SegmentSlot *slot = &desk->slots[i];

		if (!is_busy(slot) && (best == NULL || slot->used < best->used))
			best = slot;
	}
	return best;
}

/* Are numbers from the same counter of the same roots?  How many to skip may differ. */
static bool
has_roots(const SegmentSlot *slot, const SegmentRoots *roots)
{
	return slot->roots.count == roots->count &&
		memcmp(slot->roots.addresses, roots->addresses, SEGMENT_ADDRESSES_SIZE) == 0 &&
		strcmp(slot->roots.counter, roots->counter) == 0;
}

/* Are two slots of one segment, which has got another place while somebody relied on the former one?  The caller holds the lock. */
bool
segment_desk_are_siblings(const SegmentSlot *slot, const SegmentSlot *other)
{
	return slot != other && slot->database == other->database && slot->sequence == other->sequence &&
		slot->file == other->file && has_roots(slot, &other->roots);
}

/* What the agent has found is so for a segment's new slot, too. */
static void
carry_over(SegmentSlot *slot, const SegmentSlot *former)
{
	memcpy(slot->states, former->states, sizeof(slot->states));
	slot->root = former->root;
	slot->root_since_ns = former->root_since_ns;
	slot->skipped = former->skipped;
}

/* A slot for a place that has none; NULL if there is no room.  The caller holds the lock exclusively. */
static SegmentSlot *
make_slot(SegmentPlace place, const SegmentSequence *sequence, const SegmentRoots *roots)
{
	SegmentSlot *former = find_former(sequence);
	SegmentSlot *slot = former != NULL && !is_busy(former) ? former : find_room();
	SegmentSlot new = {
		.place = place,
		.database = MyDatabaseId,
		.sequence = sequence->oid,
		.file = sequence->file,
		.floor = PG_INT64_MIN,
	};

	if (slot == NULL)
		return NULL;

	/*
	 * An answer to a former request that is still under way must not be taken
	 * for ours.
	 */
	new.requests = slot->requests;
	pg_atomic_init_u32(&new.users, 0);
	if (former != NULL && former->file == sequence->file && has_roots(former, roots))
		carry_over(&new, former);
	*slot = new;
	return slot;
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
		slot = make_slot(place, sequence, roots);
	if (slot == NULL)
		return NULL;
	slot->used = ++desk->uses;
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
	return root_watch_is_other(&state->watch, answer->incarnation, taken->identity);
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
 * above.  The slot remains the place's until it is released; NULL if there is no room
 * now.  Errors: those of start_agent().
 */
SegmentSlot *
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
	{
		slot->floor = Max(slot->floor, floor);
		pg_atomic_fetch_add_u32(&slot->users, 1);
	}
	LWLockRelease(&desk->lock);
	return slot;
}

/* A slot that was introduced is not needed any more.  Takes no lock, so it may be called after an ERROR. */
void
segment_desk_release(SegmentSlot *slot)
{
	pg_atomic_fetch_sub_u32(&slot->users, 1);
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
