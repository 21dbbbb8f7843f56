/*-------------------------------------------------------------------------
 *
 * timeline.c
 *	  Taking positions from a timeline, within its limits.
 *
 * The timeline is the next free position, an atomic that may never fall behind
 * the clock.  n positions are taken by
 *
 *		start = max(next, now);  compare-and-swap next to start + n
 *
 * so no two takes overlap, whatever the clock does: if it goes back, max()
 * holds.  A backend that dies right after its swap leaves a gap, never a
 * repeat.
 *
 * What a process issues from the positions that it has taken is in chunk.c,
 * how far the timeline may go in limit.c, whose turn it is at the limit in
 * turn.c, and waiting in wait.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/ipc.h"
#include "utils/timestamp.h"

#include "engine/failures.h"
#include "engine/horizon_mark.h"
#include "engine/lease_limit.h"
#include "engine/random.h"
#include "engine/reservation.h"
#include "engine/timeline.h"
#include "engine/wait.h"

BackendSlot *timeline_slot = NULL;

/*
 * Claim our slot of the shared area, and read where IDs begin.  Errors:
 * OUT_OF_MEMORY if there is no room for the area; those of wait_to_load().
 */
void
timeline_attach(void)
{
	if (timeline_slot != NULL)
		return;
	wait_to_load();
	timeline_slot = shmem_claim_slot();
}

/*
 * From now on, let the source issue IDs of this layout and node, which come
 * from this timeline.  If it issued others before, its next position will be in
 * a later tick than any it had, even if takes fail in between: within a tick,
 * positions do not show which ID is the larger, and another timeline may be
 * behind.
 */
void
timeline_set_source(PositionSource *source, const SnowflakeLayout *layout, uint64 node_bits,
					Timeline *timeline)
{
	bool		same_layout = layout_equal(&source->layout, layout);

	if (same_layout && source->node_bits == node_bits && source->timeline == timeline)
		return;
	timeline_count_issued(source);
	if (source->next > 0)
	{
		source->after_us = layout_position_end_us(&source->layout, source->next - 1);
		source->after_resets = source->resets;
	}
	if (!same_layout)
		memset(&source->limits, 0, sizeof(source->limits));
	source->layout = *layout;
	source->node_bits = node_bits;
	source->timeline = timeline;
	source->held.transaction = 0;
	source->of_tick.length_ns = 0;
	source->issued = shmem_issued(timeline);
	source->next = 0;
	source->counted = 0;
	source->end = 0;
}

/*
 * Add what the source has issued of its chunk to the timeline's number of IDs.
 * This is done once a chunk, when it is dropped, so that the hot path need not
 * count; the number of a timeline lacks what running statements have issued of
 * their last chunk.  The slots' counts are exact.
 */
void
timeline_count_issued(PositionSource *source)
{
	if (source->next == source->counted)
		return;
	pg_atomic_fetch_add_u64(source->issued, source->next - source->counted);
	source->counted = source->next;
}

/*
 * What the source was set up from depends on the server's worker ID, or on the
 * pool that it is leased from, as of this number of changes; after another
 * change, renew_node sets it up again.  has_server_worker says that the worker
 * ID is a part of the node, so that its lease limits the source.
 */
void
timeline_follow_worker(PositionSource *source, uint32 worker_changes, bool has_server_worker,
					   void (*renew_node) (PositionSource *source))
{
	source->worker_changes = worker_changes;
	source->renew_node = renew_node;
	source->of_tick.length_ns = 0;
	source->limits.has_server_worker = has_server_worker;
}

typedef enum TakeResult
{
	TAKE_DONE,
	TAKE_NO_ROOM,				/* within the limits, now */
	TAKE_NOT_OUR_TURN,			/* to take from the room that there is */
	TAKE_RESTARTED,				/* the limits that we used are void */
	TAKE_WOULD_REPEAT,			/* IDs from before idgen_reset_timeline() */
	TAKE_WORKER_CHANGED,		/* the source's node is of a worker ID that
								 * the server no longer has */
} TakeResult;

/*
 * The position to begin with, at or after floor, in a tick in which no ID has
 * been issued yet.  For SEQUENCE_CLOCK, floor already is the clock's part of
 * the tick.
 */
static uint64
first_position_of_tick(const PositionSource *source, uint64 floor, uint64 next)
{
	switch (source->sequence_start)
	{
		case SEQUENCE_ZERO:
			break;
		case SEQUENCE_RANDOM:
			return floor | layout_position_sequence(&source->layout, random_word());
		case SEQUENCE_ROLLING:
			return floor | layout_position_sequence(&source->layout, next);
		case SEQUENCE_CLOCK:
			break;
	}
	return floor;
}

/*
 * The position of the clock, if the sequence counts parts of a tick; 0 outside
 * the layout's time.
 */
static uint64
clock_position(const SnowflakeLayout *layout, ClockReading now)
{
	int64		tick = layout_tick_at(layout, now.wall_ns);
	uint64		tick_ns = layout->tick_us * NS_PER_US;

	if (tick < 0 || tick >= layout_end_tick(layout))
		return 0;
	return layout_tick_position(layout, tick) |
		((uint64) now.wall_ns % tick_ns << layout->bits[LAYOUT_SEQUENCE]) / tick_ns;
}

/*
 * The earliest position to take that is not below from, where the next free one
 * is next and room positions must lie in one tick.
 */
static uint64
earliest_position(const PositionSource *source, const OpenPositions *open, ClockReading now, uint64 from,
				  uint64 room, uint64 next)
{
	uint64		floor = Max(open->floor, from);

	if (source->sequence_start == SEQUENCE_CLOCK)
		floor = Max(floor, clock_position(&source->layout, now));
	if (source->after_us > 0 && source->after_resets == pg_atomic_read_u32(&shmem_area()->limits.resets))
		floor = Max(floor, layout_position_from_us(&source->layout, source->after_us));
	if (next >= floor)
		return next;
	return room == 1 ? first_position_of_tick(source, floor, next) : floor;
}

/*
 * Record how far the node is about to get.  Returns false if
 * idgen_reset_timeline() has gone back, and the node has already issued IDs
 * for this time.
 */
static bool
record_node(const PositionSource *source, const PositionRange *range)
{
	int64		repeats_until_us = pg_atomic_read_u64(&source->record->repeats_until_us);

	if (repeats_until_us > 0 && range->start < layout_position_from_us(&source->layout, repeats_until_us))
		return false;
	shmem_raise_to(&source->record->next, range->end);
	return true;
}

/*
 * Take what turn requests, or as much of it as is allowed, from a position on; the
 * first turn->least positions lie in one tick.  Unless the result is TAKE_DONE,
 * range->start is the position at which the take would have begun.
 *
 * Before the first swap of a transaction, or one below those before, readers of
 * horizons are told from where on it takes; see hold.c.
 *
 * The order is safe if this process dies at any point: before the swap nothing
 * has happened, after it the positions belong to no other process.
 *
 * A restart of the timelines counts itself before it changes any of them.  If
 * it is not counted yet after the swap, it sees what we have taken, and the
 * record.  If it is counted, the timeline may have returned to the number that
 * we had read, and we may have used limits that are void: what we took is lost
 * and not issued.  Reading the count before the swap as well keeps our swap
 * from moving the timeline, which would undo the restart.  For the swap to
 * succeed after a restart, a process must be suspended for that long, and the
 * number must match by chance.
 *
 * A change of the server's worker ID counts as a restart, too; see
 * lease_limit.c.
 *
 * No barrier is needed between the swap and reading the count after it.  Both
 * we and the restart swap next: if the restart finds what we have taken, all is
 * well, and if not, we have swapped a number that was written after the count.
 * Litmus tests: take, record.
 */
static TakeResult
try_take(PositionSource *source, const OpenPositions *open, ClockReading now, uint64 from, const Turn *turn,
		 PositionRange *range)
{
	SharedArea *area = shmem_area();
	const SnowflakeLayout *layout = &source->layout;
	uint64		room = turn->least;
	uint64		next = pg_atomic_read_u64(&source->timeline->next);

	do
	{
		uint64		start = layout_fit_in_tick(layout, earliest_position(source, open, now, from, room, next), room);
		uint64		limit = Min(open->ceiling, open->end);
		uint64		allowed;

		if (start >= open->ceiling)
			limit = layout_tick_position(layout, layout_position_tick(layout, start) + 1);
		range->start = start;
		if (start >= open->end)
			return TAKE_NO_ROOM;
		allowed = turn_allowance(turn, open, now, start, next);
		if (allowed == 0)
			return TAKE_NOT_OUR_TURN;
		range->end = start + Min(allowed, limit - start);
		if (start < source->held.position)
			hold_from(&source->held, source->timeline, start);
		if (source->record != NULL && !record_node(source, range))
			return TAKE_WOULD_REPEAT;
		pg_read_barrier();
		if (pg_atomic_read_u32(&area->limits.restarts) != open->restarts)
			return TAKE_RESTARTED;
	} while (!pg_atomic_compare_exchange_u64(&source->timeline->next, &next, range->end));

	return pg_atomic_read_u32(&area->limits.restarts) == open->restarts ? TAKE_DONE : TAKE_RESTARTED;
}

/*
 * ERROR if IDs of the timeline would repeat, as idgen_reset_timeline() went
 * back below those it has issued, and the clock has not caught up with them.
 */
void
timeline_check_repeats(Timeline *timeline)
{
	int64		until_us = pg_atomic_read_u64(&timeline->repeats_until_us);

	if (until_us > clock_unix_ns() / NS_PER_US)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("node has already issued snowflake IDs for this time"),
				errdetail("idgen_reset_timeline() went back to a time before IDs of this node, so the node issues no IDs until %s. After a restart or a failover this is no longer known, and IDs would repeat.",
						  timestamptz_to_str(clock_timestamptz(until_us))),
				errhint("If the node was changed after this statement began, run the statement again. Otherwise set \"idgen.worker_id\" to a value that no server has used."));
}

/* A take that has to wait, or may have to. */
typedef struct TakeState
{
	PositionSource *source;
	uint64		from;			/* no position below is taken */
	Turn		turn;
	Wait		wait;
	ClockReading now;
	int64		patience_ns;
	OpenPositions open;
	TakeResult	result;
	PositionRange range;		/* what was taken, or else where it would
								 * begin */
	uint32		restarts;		/* of the timelines, before the take ... */
	uint32		resets;			/* ... and those that did not fail */
} TakeState;

/* Does the server still have the worker ID that is in the source's node?  The limits have been read. */
static bool
is_worker_current(const PositionSource *source)
{
	pg_read_barrier();
	return source->renew_node == NULL || lease_holding().changes == source->worker_changes;
}

static void
retry_take(TakeState *take)
{
	take->patience_ns = Max(0, wait_patience(&take->wait));
	take->open = limit_open_positions(&take->source->layout, &take->source->limits, take->now, take->patience_ns);
	take->restarts = take->open.restarts;
	take->resets = pg_atomic_read_u32(&shmem_area()->limits.resets);
	take->result = TAKE_WORKER_CHANGED;
	if (!is_worker_current(take->source))
		return;
	if (take->source->held.transaction != hold_transaction())
		take->source->held.position = PG_UINT64_MAX;
	if (take->turn.in_line)
		turn_count_line(&take->turn, &take->open, take->now);
	take->result = try_take(take->source, &take->open, take->now, take->from, &take->turn, &take->range);
}

/* Extend the limit that keeps us from taking, or wait for it. */
static void
make_room_for_take(TakeState *take)
{
	const SnowflakeLayout *layout = &take->source->layout;
	LimitId		limit = limit_in_the_way(layout, &take->source->limits, take->now,
										 take->patience_ns, take->range.start);

	timeline_check_repeats(take->source->timeline);
	if (limit == LIMIT_DRIFT)
		turn_note_wait(&take->turn, take->now);
	limit_wait(limit, &take->wait, layout, take->range.start, take->open.restarts);
}

/* Join the line, or wait in it. */
static void
await_turn(TakeState *take)
{
	if (!take->turn.in_line)
	{
		turn_join(&take->turn);
		return;
	}
	turn_note_wait(&take->turn, take->now);
	limit_wait_until(&take->wait, &take->source->layout, take->range.start,
					 turn_due_ns(&take->turn, &take->open, take->now, take->range.start));
}

/* Wait until what has been taken may be issued. */
static void
await_range(TakeState *take)
{
	const SnowflakeLayout *layout = &take->source->layout;

	if (take->turn.in_line && take->range.start >= take->open.ceiling)
		turn_note_ahead(&take->turn, take->range.start);
	turn_leave(&take->turn);
	while (take->range.start >= take->open.ceiling)
	{
		turn_note_wait(&take->turn, take->now);
		limit_wait(LIMIT_DRIFT, &take->wait, layout, take->range.start, take->open.restarts);
		take->now = drift_read_clocks();
		take->open = limit_open_positions(layout, &take->source->limits, take->now, 0);
	}
}

/*
 * Give back positions that were taken after this many restarts of the timeline,
 * and not issued, if they are still the last that were taken.
 *
 * Lowering next is safe here.  If next is our end, no process holds positions
 * from there on: a take moves next further, and giving back moves it only to
 * where the process's own positions began.  A process that read next before us
 * has its swap fail, or finds next at our end again, after the positions below
 * it have been taken again.  But a timeline that was set back by hand could
 * also have come to our end, with positions of others right below it.  Only the
 * writer of the reservation restarts timelines; while we are the writer, and
 * the restarts are those before our take, the timeline is ours.  If another
 * process is the writer, the positions are lost, which does no harm.  So are
 * those below a horizon that a reader has got.
 */
static void
give_back(const PositionSource *source, PositionRange range, uint32 restarts)
{
	SharedArea *area = shmem_area();
	uint64		next = range.end;

	if (!reservation_begin_writing())
		return;
	SpinLockAcquire(&area->horizons.mutex);
	if (pg_atomic_read_u32(&area->limits.restarts) == restarts &&
		!horizon_mark_is_beyond(source->timeline, &source->layout, range.start) &&
		pg_atomic_compare_exchange_u64(&source->timeline->next, &next, range.start))
		pg_atomic_fetch_add_u32(&area->horizons.given_back, 1);
	SpinLockRelease(&area->horizons.mutex);
	reservation_end_writing(0, (Datum) 0);
}

/* Called when a wait ends by an error, or with the process. */
static void
abandon_take(int code, Datum arg)
{
	TakeState  *take = (TakeState *) DatumGetPointer(arg);

	turn_leave(&take->turn);
	wait_count_call(&take->wait);
	if (take->result == TAKE_DONE)
		give_back(take->source, take->range, take->restarts);
}

static bool
is_complete(const TakeState *take)
{
	return take->result == TAKE_DONE || take->result == TAKE_WORKER_CHANGED;
}

/* Try until the take is done, and may be issued, or the worker ID has changed. */
static void
retry_until_complete(TakeState *take)
{
	FAILURES_BEGIN_WATCH();
	{
		while (!is_complete(take))
		{
			if (take->result == TAKE_WOULD_REPEAT)
				timeline_check_repeats(take->source->record);
			else if (take->result == TAKE_NO_ROOM)
				make_room_for_take(take);
			else if (take->result == TAKE_NOT_OUR_TURN)
				await_turn(take);
			take->now = drift_read_clocks();
			retry_take(take);
		}
		if (take->result == TAKE_DONE)
			await_range(take);
	}
	FAILURES_END_WATCH();
}

/* Complete a take that was tried once and has to wait. */
static void
wait_and_take(TakeState *take)
{
	PG_ENSURE_ERROR_CLEANUP(abandon_take, PointerGetDatum(take));
	{
		retry_until_complete(take);
		turn_leave(&take->turn);
	}
	PG_END_ENSURE_ERROR_CLEANUP(abandon_take, PointerGetDatum(take));
	wait_count_call(&take->wait);
}

/*
 * Keep the limits of a take for those that follow in the same tick of the clock, if
 * they will need nothing else.  That is so for the hybrid logical clock
 * alone: each generator of snowflakes has renew_node.
 */
static void
keep_limits(PositionSource *source, const TakeState *take)
{
	uint64		tick_ns = source->layout.tick_us * NS_PER_US;

	source->of_tick.length_ns = 0;
	if (take->wait.since != 0 || take->now.reference_ns != take->now.wall_ns || source->record != NULL ||
		source->before_issue != NULL || source->renew_node != NULL || source->sequence_start != SEQUENCE_ZERO)
		return;
	source->of_tick.open = take->open;
	source->of_tick.began_ns = take->now.wall_ns - take->now.wall_ns % (int64) tick_ns;
	source->of_tick.length_ns = tick_ns;
}

/* What a take got, and the restarts of the timelines before, with those that did not fail. */
typedef struct Taken
{
	PositionRange range;
	uint32		restarts;
	uint32		resets;
} Taken;

/* As timeline_take(), by the limits as they are now. */
static bool
take_by_limits(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most, Taken *taken)
{
	TakeState	take = {
		.source = source,
		.from = from,
		.turn = {
			.timeline = source->timeline,
			.layout = &source->layout,
			.slot = timeline_slot,
			.least = least,
			.most = most,
			.last_tick = source->last_tick,
		},
		.wait = {.slot = timeline_slot},
		.now = now,
	};

	retry_take(&take);
	if (take.result != TAKE_DONE || take.range.start >= take.open.ceiling)
		wait_and_take(&take);
	if (take.result != TAKE_DONE)
		return false;
	keep_limits(source, &take);
	taken->range = take.range;
	taken->restarts = take.restarts;
	taken->resets = take.resets;
	return true;
}

/*
 * The same by the limits of an earlier take in the same tick of the clock.  Returns
 * false if these are not enough, or the take fails: then nothing has been taken that
 * could be issued.
 *
 * The ends of limits only grow, except by a restart of the timelines, which is counted, and
 * by a lower idgen.max_drift, which counts from the next tick on: to use them late is the
 * same as to be interrupted between reading them and the swap.
 * So what try_take() says of the order is true here, too.
 */
static bool
take_within_tick(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most, Taken *taken)
{
	const SnowflakeLayout *layout = &source->layout;
	const OpenPositions *open = &source->of_tick.open;
	Limits	   *limits = &shmem_area()->limits;
	uint64		next;

	if ((uint64) (now.wall_ns - source->of_tick.began_ns) >= source->of_tick.length_ns ||
		now.reference_ns != now.wall_ns || now.restarts != open->restarts ||
		source->after_us > 0 || source->held.transaction != hold_transaction())
		return false;
	taken->restarts = open->restarts;
	taken->resets = pg_atomic_read_u32(&limits->resets);
	next = pg_atomic_read_u64(&source->timeline->next);
	do
	{
		uint64		start = layout_fit_in_tick(layout, Max(Max(open->floor, from), next), least);

		taken->range.start = start;
		taken->range.end = start + most;
		if (start < source->held.position || start + layout_tick_size(layout) >= open->ceiling ||
			taken->range.end > open->end)
			return false;
		pg_read_barrier();
		if (pg_atomic_read_u32(&limits->restarts) != open->restarts)
			return false;
	} while (!pg_atomic_compare_exchange_u64(&source->timeline->next, &next, taken->range.end));
	return pg_atomic_read_u32(&limits->restarts) == open->restarts;
}

/*
 * Take at least least and at most most consecutive positions, none of them below
 * from; the first least of them lie in one tick.
 *
 * At the drift limit, callers that need little of a tick take it while some is
 * left; then they take a single position beyond the limit and wait for its
 * time.  The others wait for their turn.
 *
 * When half of the reservation is used up, the first process that notices
 * extends it; the others continue.  When half of the lease is used up, the
 * agent is asked to extend it.
 *
 * Returns false, with nothing taken, if the source's node has the server's
 * worker ID, and that has changed.
 *
 * Errors: PROGRAM_LIMIT_EXCEEDED at the end of the time field,
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, those of
 * reservation_extend(), and what CHECK_FOR_INTERRUPTS raises.
 */
bool
timeline_take(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most, PositionRange *range)
{
	const SnowflakeLayout *layout = &source->layout;
	Taken		taken;
	int64		end_us;

	if (!take_within_tick(source, now, from, least, most, &taken) &&
		!take_by_limits(source, now, from, least, most, &taken))
		return false;
	*range = taken.range;
	end_us = layout_position_end_us(layout, range->end - 1);
	if (source->before_issue != NULL)
		source->before_issue(source, end_us);
	source->after_us = 0;
	source->resets = taken.resets;
	turn_note_use(&source->last_tick, layout, range->start, range->end - range->start);

	if (reservation_is_low(end_us))
		reservation_extend_early(end_us, taken.restarts);
	if (source->limits.has_server_worker && lease_is_low(end_us))
		lease_ask(end_us);
	return true;
}
