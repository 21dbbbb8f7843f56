/*-------------------------------------------------------------------------
 *
 * timeline.c
 *	  Taking positions from a timeline, within its limits.
 *
 * The timeline is the next free position, an atomic that may never fall behind
 * the clock.  To take n positions is
 *
 *		start = max(next, now);  compare-and-swap next to start + n
 *
 * so no two takes overlap, whatever the clock does: if it goes back, max()
 * holds.  A backend that dies right after its swap leaves a gap, never a
 * repeat.
 *
 * A backend takes a chunk and keeps it for itself.  A chunk serves a single
 * message of the client, mostly a statement, and a single transaction, where a
 * procedure has several: it is forgotten when PostgreSQL resets the memory of the
 * message, and when the transaction ends.  Hence every ID of a message is above every
 * ID of any message that had been done when it came, in whatever session, and the same
 * is true of transactions.  Within them the chunk doubles as long as it is used up
 * within a tick, and shrinks when it is not.  A chunk that the clock has passed is
 * dropped: positions in the past cost nothing.
 *
 * Parallel workers have chunks of their own.  When one leaves, it counts up a
 * number in its leader's slot, because what the leader has left may lie below what
 * the worker has issued (a function can run several parallel queries in one
 * statement).  PostgreSQL waits for the workers of a query to exit before the query
 * ends, so from then on the leader sees that his chunks are stale.
 *
 * How far the timeline may go is in limit.c, who goes first at its limit in turn.c,
 * and waiting for it in waiting.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>

#include "access/xact.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "engine/random.h"
#include "engine/reservation.h"
#include "engine/timeline.h"
#include "engine/waiting.h"

/* A busy backend touches the shared line once in this many calls. */
#define LARGEST_CHUNK 64

BackendSlot *timeline_slot = NULL;

/* Few enough at a time that others have their share of a tick, too. */
static uint64
share_of_tick(const SnowflakeLayout *layout)
{
	return Max(layout_tick_size(layout) / 4, 1);
}

/* Those with a chunk of the current statement, which will be forgotten after it. */
static PositionSource *sources_of_statement = NULL;

/* Will PostgreSQL call end_statement()? */
static bool statement_has_end = false;

static void
forget_chunks(void)
{
	while (sources_of_statement != NULL)
	{
		PositionSource *source = sources_of_statement;

		source->end = 0;
		source->is_of_statement = false;
		sources_of_statement = source->next_of_statement;
	}
}

/*
 * Sources that share a timeline are generators with one ID space.  What one takes is
 * above what is left of the others' chunks, so these go: then the IDs of all of them
 * increase together.
 */
static void
forget_chunks_of(const Timeline *timeline)
{
	for (PositionSource *source = sources_of_statement; source != NULL; source = source->next_of_statement)
		if (source->timeline == timeline)
			source->end = 0;
}

static void
end_statement(void *arg)
{
	statement_has_end = false;
	forget_chunks();
}

/* A procedure may have committed, and go on. */
static void
end_transaction(XactEvent event, void *arg)
{
	forget_chunks();
}

/* Once a process, even if what follows fails and is tried again. */
static void
register_callbacks(void)
{
	static bool is_done = false;

	if (is_done)
		return;
	if ((errno = pthread_atfork(NULL, NULL, forget_chunks)) != 0)
		ereport(ERROR,
				errcode(ERRCODE_OUT_OF_MEMORY),
				errmsg("out of memory"));
	RegisterXactCallback(end_transaction, NULL);
	is_done = true;
}

/*
 * Claim our slot of the shared area, and find out where IDs begin.  ERROR if
 * there is no room for the area.
 *
 * A child of which PostgreSQL does not know has our chunks and our slot.  It must not issue
 * what is left of the chunks, as we do; in the slot only counts can get lost.
 */
void
timeline_attach(void)
{
	if (timeline_slot != NULL)
		return;
	wait_to_load();
	register_callbacks();
	timeline_slot = shmem_claim_slot();
}

/*
 * From here on the source is for IDs of this layout and node, which come from this
 * timeline.  If it was for others, its next position will be in a later tick than any
 * it had, even if takes fail in between: within a tick positions do not show which ID
 * is the larger, and another timeline may be behind.
 */
void
timeline_set_source(PositionSource *source, const SnowflakeLayout *layout, uint64 node_bits,
					Timeline *timeline)
{
	bool		same_layout = layout_equal(&source->layout, layout);

	if (same_layout && source->node_bits == node_bits && source->timeline == timeline)
		return;
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
	source->next = 0;
	source->end = 0;
}

typedef enum TakeResult
{
	TAKEN,
	NO_ROOM,					/* within the limits, now */
	NOT_OUR_TURN,				/* to have the room that there is */
	RESTARTED,					/* the limits we went by are void */
	LEFT,						/* idgen_reset_timeline() went back below IDs of the node */
} TakeResult;

/* Where in its tick, the clock's, the first ID of the tick is to be.  SEQUENCE_CLOCK has seen to it. */
static uint64
first_position(const PositionSource *source, uint64 floor, uint64 next)
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

/* Where the clock is in its tick, if the sequence counts parts of a tick; 0 beyond the layout's time. */
static uint64
clock_position(const SnowflakeLayout *layout, Moment now)
{
	int64		tick = layout_tick_at(layout, now.unix_ns);
	uint64		tick_ns = layout->tick_us * NS_PER_US;

	if (tick < 0 || tick >= layout_end_tick(layout))
		return 0;
	return layout_tick_position(layout, tick) |
		((uint64) now.unix_ns % tick_ns << layout->bits[LAYOUT_SEQUENCE]) / tick_ns;
}

/* The first position to have, where the next free one is next and room of them are to lie in one tick. */
static uint64
earliest_position(const PositionSource *source, const Window *window, Moment now, uint64 room, uint64 next)
{
	uint64		floor = window->floor;

	if (source->sequence_start == SEQUENCE_CLOCK)
		floor = Max(floor, clock_position(&source->layout, now));
	if (source->after_us > 0 && source->after_resets == pg_atomic_read_u32(&shmem_area()->limits.resets))
		floor = Max(floor, window_position_from(&source->layout, source->after_us));
	if (next >= floor)
		return next;
	return room == 1 ? first_position(source, floor, next) : floor;
}

/*
 * Note how far the node gets, before it does.  False if idgen_reset_timeline() has gone
 * back, and the node has issued IDs for this time before.
 */
static bool
record_node(const PositionSource *source, const PositionRange *range)
{
	int64		left_until_us = pg_atomic_read_u64(&source->record->left_until_us);

	if (left_until_us > 0 && range->start < window_position_from(&source->layout, left_until_us))
		return false;
	shmem_raise_to(&source->record->next, range->end);
	return true;
}

/*
 * Take what turn wants, or what it may have of that; the first room of the positions
 * lie in one tick.  If there is none, range->start is the position that we would have
 * had.
 *
 * The order is safe against the death of this process at any point: before the
 * swap nothing has happened, after it the positions are no one else's.
 *
 * A restart of the timelines counts itself before it changes any of them.  If it is
 * not counted yet after the swap, it sees what we have taken, and the record.  If it
 * is, the timeline may have come back to the number that we had read, and we may have
 * gone by limits that are void: what we took is not issued, and lost.  To look before
 * the swap as well keeps that from moving the timeline, which would undo the restart;
 * it takes a process that does not get on for so long, and chance.
 *
 * No barrier is needed between the swap and the look after it.  Both swap next: if the
 * restart finds what we have taken, all is well, and if not, we have swapped a number that
 * was written after the count.  Litmus tests: take, record.
 */
static TakeResult
try_take(PositionSource *source, const Window *window, Moment now, const Turn *turn,
		 PositionRange *range)
{
	SharedArea *area = shmem_area();
	const SnowflakeLayout *layout = &source->layout;
	uint64		room = turn->least;
	uint64		next = pg_atomic_read_u64(&source->timeline->next);

	do
	{
		uint64		start = layout_fit_in_tick(layout, earliest_position(source, window, now, room, next), room);
		uint64		limit = Min(window->ceiling, window->end);
		uint64		allowed;

		if (start >= window->ceiling)
			limit = layout_tick_position(layout, layout_position_tick(layout, start) + 1);
		range->start = start;
		if (start >= window->end)
			return NO_ROOM;
		allowed = turn_allowance(turn, window, now, start, next);
		if (allowed == 0)
			return NOT_OUR_TURN;
		range->end = start + Min(allowed, limit - start);
		if (source->record != NULL && !record_node(source, range))
			return LEFT;
		pg_read_barrier();
		if (pg_atomic_read_u32(&area->limits.restarts) != window->restarts)
			return RESTARTED;
	} while (!pg_atomic_compare_exchange_u64(&source->timeline->next, &next, range->end));

	return pg_atomic_read_u32(&area->limits.restarts) == window->restarts ? TAKEN : RESTARTED;
}

/* ERROR if idgen_reset_timeline() has left these IDs behind, and the clock has not caught up with them. */
void
timeline_check_not_left(Timeline *timeline)
{
	int64		until_us = pg_atomic_read_u64(&timeline->left_until_us);

	if (until_us > clock_unix_ns() / NS_PER_US)
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("node has already issued snowflake IDs for this time"),
				errdetail("idgen_reset_timeline() went back to a time before IDs of this node, so the node issues no IDs until %s. After a restart or a failover this is no longer known, and IDs would repeat.",
						  timestamptz_to_str(clock_timestamptz(until_us))),
				errhint("If the node was changed after this statement began, run the statement again. Otherwise set \"idgen.worker_id\" to a value that no server has used."));
}

/* A take that has to wait, or may have to. */
typedef struct Take
{
	PositionSource *source;
	Turn		turn;
	Wait		wait;
	Moment		now;
	int64		patience_ns;
	Window		window;
	TakeResult	result;
	PositionRange range;		/* if TAKEN, or else where it would begin */
	uint32		restarts;		/* of the timeline that it is on ... */
	uint32		resets;			/* ... as far as they were resets */
} Take;

static void
try_again(Take *take)
{
	take->patience_ns = Max(0, wait_patience(&take->wait));
	take->window = limit_window(&take->source->layout, &take->source->limits, take->now, take->patience_ns);
	take->restarts = take->window.restarts;
	take->resets = pg_atomic_read_u32(&shmem_area()->limits.resets);
	if (take->turn.in_line)
		turn_look(&take->turn, &take->window, take->now);
	take->result = try_take(take->source, &take->window, take->now, &take->turn, &take->range);
	if (take->result == LEFT)
		timeline_check_not_left(take->source->record);
}

/* Wait for whatever keeps us from taking, or do something about it. */
static void
make_room(Take *take)
{
	const SnowflakeLayout *layout = &take->source->layout;
	LimitId		limit = limit_in_the_way(layout, &take->source->limits, take->now,
										 take->patience_ns, take->range.start);

	timeline_check_not_left(take->source->timeline);
	if (limit == LIMIT_DRIFT)
		turn_note_wait(&take->turn, take->now);
	limit_wait(limit, &take->wait, layout, take->range.start, take->window.restarts);
}

/* Stand in line, or wait there. */
static void
await_turn(Take *take)
{
	if (!take->turn.in_line)
	{
		turn_join(&take->turn);
		return;
	}
	turn_note_wait(&take->turn, take->now);
	limit_wait_until(&take->wait, &take->source->layout, take->range.start,
					 turn_due_ns(&take->turn, &take->window, take->now, take->range.start));
}

/* Wait until what has been taken may be issued. */
static void
await_range(Take *take)
{
	const SnowflakeLayout *layout = &take->source->layout;

	if (take->turn.in_line && take->range.start >= take->window.ceiling)
		turn_note_ahead(&take->turn, take->range.start);
	turn_leave(&take->turn);
	while (take->range.start >= take->window.ceiling)
	{
		turn_note_wait(&take->turn, take->now);
		limit_wait(LIMIT_DRIFT, &take->wait, layout, take->range.start, take->window.restarts);
		take->now = window_moment();
		take->window = limit_window(layout, &take->source->limits, take->now, 0);
	}
}

/*
 * Give back what was taken on the timeline as it was after so many restarts, and not
 * issued, if it is still the last that was taken.
 *
 * To lower next is safe here.  If it is our end, nobody has taken positions from there
 * on who still has them: who takes moves it further, and who gives back moves it only
 * to where his own began.  Who has read it before us finds his swap fail, or
 * else finds it at our end again, and that those below have been taken anew.  But a
 * timeline that was set back by hand could have come to our end, too, with others'
 * positions right below it.  Only the writer of the reservation restarts timelines; while
 * we are that, and the restarts are those before our take, the timeline is ours.  Where
 * there is another one, the positions are lost, which does no harm.
 */
static void
give_back(Timeline *timeline, PositionRange range, uint32 restarts)
{
	SharedArea *area = shmem_area();
	uint64		next = range.end;

	if (!reservation_begin_writing())
		return;
	if (pg_atomic_read_u32(&area->limits.restarts) == restarts)
		(void) pg_atomic_compare_exchange_u64(&timeline->next, &next, range.start);
	reservation_end_writing(0, (Datum) 0);
}

/* A wait has ended by an error, or with the process. */
static void
abandon_take(int code, Datum arg)
{
	Take	   *take = (Take *) DatumGetPointer(arg);

	turn_leave(&take->turn);
	if (take->result == TAKEN)
		give_back(take->source->timeline, take->range, take->restarts);
}

/* Go on with a take that was tried once. */
static void
wait_and_take(Take *take)
{
	PG_ENSURE_ERROR_CLEANUP(abandon_take, PointerGetDatum(take));
	{
		while (take->result != TAKEN)
		{
			if (take->result == NO_ROOM)
				make_room(take);
			else if (take->result == NOT_OUR_TURN)
				await_turn(take);
			take->now = window_moment();
			try_again(take);
		}
		await_range(take);
	}
	PG_END_ENSURE_ERROR_CLEANUP(abandon_take, PointerGetDatum(take));
}

/*
 * Take at least least and at most most consecutive positions; the first least
 * of them lie in one tick.
 *
 * At the drift limit, those who want little of a tick take it while there is some; then
 * they take a single position beyond the limit and wait for its time.  The others wait
 * for their turn.
 *
 * When half of the reservation is used up, whoever notices first extends it; the
 * others go on.
 *
 * Errors: PROGRAM_LIMIT_EXCEEDED at the end of the time field,
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, those of
 * reservation_extend(), and what CHECK_FOR_INTERRUPTS raises.
 */
static PositionRange
take(PositionSource *source, Moment now, uint64 least, uint64 most)
{
	const SnowflakeLayout *layout = &source->layout;
	Take		take = {
		.source = source,
		.turn = {
			.timeline = source->timeline,
			.layout = layout,
			.slot = timeline_slot,
			.least = least,
			.most = most,
			.had = source->portion,
		},
		.wait = {.slot = timeline_slot},
		.now = now,
	};
	PositionRange range;

	try_again(&take);
	if (take.result != TAKEN || take.range.start >= take.window.ceiling)
		wait_and_take(&take);
	range = take.range;
	if (source->before_issue != NULL)
		source->before_issue(source, layout_position_end_us(layout, range.end - 1));
	source->after_us = 0;
	source->resets = take.resets;
	turn_note_portion(&source->portion, layout, range.start, range.end - range.start);

	if (reservation_is_low(layout_position_end_us(layout, range.end - 1)))
		reservation_extend_early(layout_position_end_us(layout, range.end - 1), take.restarts);
	return range;
}

/* Let it be seen in our slot that we took something, up to position. */
static void
note_take(const SnowflakeLayout *layout, uint64 position)
{
	shmem_add_own(&timeline_slot->chunks_taken, 1);
	pg_atomic_write_u64(&timeline_slot->last_id_us,
						layout_tick_start_us(layout, layout_position_tick(layout, position)));
}

/*
 * Have the chunk forgotten when the statement is over.  This costs nothing on
 * the hot path.  A background worker has no client's message; its transaction
 * serves.
 */
static void
forget_chunk_after_statement(PositionSource *source)
{
	static MemoryContextCallback callback = {.func = end_statement};

	if (source->is_of_statement)
		return;
	if (!statement_has_end)
		MemoryContextRegisterResetCallback(MessageContext ? MessageContext : TopTransactionContext,
										   &callback);
	statement_has_end = true;
	source->next_of_statement = sources_of_statement;
	sources_of_statement = source;
	source->is_of_statement = true;
}

/* Positions to take for the next chunk, at the clock's tick. */
static uint64
next_chunk_size(PositionSource *source, int64 tick)
{
	uint64		largest = Min(share_of_tick(&source->layout), LARGEST_CHUNK);

	if (!source->is_of_statement)
		source->chunk_size = 1;
	else if (tick == source->chunk_tick)
		source->chunk_size = Min(source->chunk_size * 2, largest);
	else
		source->chunk_size = Max(source->chunk_size / 2, 1);

	source->chunk_tick = tick;
	return source->chunk_size;
}

/* Replace our chunk by a new one.  Errors as in take(). */
static void
take_chunk(PositionSource *source, Moment now)
{
	PositionRange chunk;

	/*
	 * The count is read before the take: a worker that leaves after that makes us
	 * take once more, and none is overlooked.  The chunk goes first, so that it
	 * does not come back to life if the take fails.  Litmus test: stale.
	 */
	forget_chunks_of(source->timeline);
	source->end = 0;
	source->stale = pg_atomic_read_u32(&timeline_slot->stale);
	pg_memory_barrier();

	chunk = take(source, now, 1, next_chunk_size(source, layout_tick_at(&source->layout, now.unix_ns)));
	source->next = chunk.start;
	source->end = chunk.end;
	note_take(&source->layout, chunk.start);
	forget_chunk_after_statement(source);
}

/*
 * The next position, from our chunk if it still holds one that is good, or else
 * from a new one.  Good is what lies from the clock's tick up to the drift limit;
 * the unsigned difference tests both ends.  Errors as in take().
 */
uint64
timeline_renew_chunk(PositionSource *source)
{
	const SnowflakeLayout *layout = &source->layout;
	int64		coarse_ns = clock_coarse_ns();
	Moment		now = window_moment();
	uint64		floor = layout_tick_position(layout, layout_tick_at(layout, now.unix_ns));
	uint64		ahead = now.reference_ns == now.unix_ns ? 0 : (now.reference_ns - now.unix_ns) / (layout->tick_us * NS_PER_US);
	uint64		reach = layout_tick_position(layout, ahead + window_drift_ticks(layout) + 1);

	if (source->next >= source->end ||
		source->next - floor >= reach ||
		pg_atomic_read_u32(&timeline_slot->stale) != source->stale)
		take_chunk(source, now);

	/* As of before the take, which may have waited: then we look again. */
	source->checked_at = coarse_ns;
	return source->next;
}

/* Take and issue positions at once.  What is left of our chunk lies below them. */
static PositionRange
issue(PositionSource *source, uint64 least, uint64 most)
{
	PositionRange range;

	forget_chunks_of(source->timeline);
	range = take(source, window_moment(), least, most);
	source->next = range.end;
	source->end = range.end;
	shmem_add_own(&timeline_slot->ids_issued, range.end - range.start);
	note_take(&source->layout, range.end - 1);
	return range;
}

/*
 * Issue some positions, at least one and at most most (1 ..).  Errors as in
 * take().
 */
PositionRange
timeline_take_batch(PositionSource *source, uint64 most)
{
	return issue(source, 1, Min(most, share_of_tick(&source->layout)));
}

/*
 * Issue size (1 .. layout_tick_size) positions of one tick.  Errors as in
 * take().
 */
PositionRange
timeline_take_block(PositionSource *source, uint64 size)
{
	return issue(source, size, size);
}
