/*-------------------------------------------------------------------------
 *
 * timeline.c
 *	  Taking positions from the server's one timeline, within its limits.
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
 * A backend takes a chunk and keeps it in its slot.  A chunk serves a single
 * message of the client, mostly a statement: it is forgotten when PostgreSQL
 * resets the memory of that message.  Hence every ID of a message is above every
 * ID of any message that had been done when it came, in whatever session.
 * Within a message the chunk doubles as long as it is used up within a tick, and
 * shrinks when it is not.  A chunk that the clock has passed is dropped: positions
 * in the past cost nothing.
 *
 * Parallel workers have slots and chunks of their own.  When one leaves, it
 * marks its leader's slot as stale, because what the leader has left may lie
 * below what the worker has issued (a function can run several parallel queries
 * in one statement).  PostgreSQL waits for the workers of a query to exit
 * before the query ends, so from then on the leader sees the mark.
 *
 * How far the timeline may go is in window.c, and waiting for it in waiting.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "reservation.h"
#include "timeline.h"
#include "waiting.h"

/* A busy backend touches the shared line once in this many calls. */
#define LARGEST_CHUNK 64

/* Few enough that a batch leaves others their share of a tick. */
#define LARGEST_BATCH 1024

BackendSlot *timeline_slot = NULL;
int64		timeline_chunk_checked_at = 0;

/* Set when positions of the current tick must not be taken any more. */
static bool tick_is_over = false;

/* The node whose IDs ours are, and whether shared memory knows that it makes some. */
static uint32 node = 0;
static bool node_is_marked = false;

/*
 * Claim our slot of the shared area, and find out where IDs begin.  ERROR if
 * there is no room for the area.
 */
void
timeline_attach(void)
{
	reservation_load();
	timeline_slot = shmem_claim_slot();
}

/*
 * IDs are another node's from here on.  The next position we take will be in a
 * later tick than any we had: within a tick positions do not show which ID is
 * the larger.
 */
void
timeline_change_node(uint32 new_node)
{
	node = new_node;
	node_is_marked = false;
	if (timeline_slot == NULL)
		return;
	tick_is_over = true;
	pg_atomic_write_u64(&timeline_slot->end, 0);
}

/* Let it be known that this node makes IDs, before it does. */
static void
mark_node(void)
{
	uint32		number = node % NODES_REMEMBERED;

	if (node_is_marked)
		return;
	shmem_add_nodes(&shmem_area()->nodes_used, number / 32, UINT32_C(1) << number % 32);
	node_is_marked = true;
}

typedef enum TakeResult
{
	TAKEN,
	NO_ROOM,					/* within the limits, now */
	RESTARTED,					/* the limits we went by are void */
	BARRED,						/* our node must not make these IDs */
} TakeResult;

/*
 * Take at most most positions; the first room of them lie in one tick, and all
 * of them if they have to wait for the clock.  If there is no room, range->start
 * is the position that we would have had.
 *
 * The order is safe against the death of this process at any point: before the
 * swap nothing has happened, after it the positions are no one else's.  A restart
 * of the timeline counts itself, looks which nodes have made IDs, and sets the
 * timeline, in this order.  So if it is not counted yet when we have marked our
 * node and read the timeline, it sees our mark, or else our swap fails.
 */
static TakeResult
try_take(const SnowflakeLayout *layout, const Window *window, uint64 room, uint64 most,
		 PositionRange *range)
{
	SharedArea *area = shmem_area();
	uint64		next = pg_atomic_read_u64(&area->timeline.next);

	do
	{
		uint64		start = layout_fit_in_tick(layout, Max(next, window->floor), room);
		uint64		limit = Min(window->ceiling, window->reserved);

		if (start >= window->ceiling)
			limit = layout_tick_position(layout, layout_position_tick(layout, start) + 1);
		range->start = start;
		range->end = start + Min(most, limit - start);
		if (start >= Min(window->queue_end, window->reserved))
			return NO_ROOM;
		mark_node();
		pg_read_barrier();
		if (pg_atomic_read_u32(&area->limits.restarts) != window->restarts)
			return RESTARTED;
		if (start < window->barred && shmem_has_node(&area->nodes_barred, node))
			return BARRED;
	} while (!pg_atomic_compare_exchange_u64(&area->timeline.next, &next, range->end));

	return TAKEN;
}

static void
report_barred(const SnowflakeLayout *layout, uint64 barred)
{
	int64		until_us = layout_tick_start_us(layout, layout_position_tick(layout, barred));

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("this node has made the snowflake IDs of this time before"),
			errdetail("The timeline was set back by idgen_reset_timeline(); nodes that had been in use make no IDs up to %s. A restart or a failover forgets this, and IDs would repeat then.",
					  timestamptz_to_str(clock_timestamptz(until_us))),
			errhint("If this statement began before the node was changed, run it again. Otherwise set \"idgen.worker_id\" to one that no server has used."));
}

/* Wait for whatever keeps us from start, or do something about it. */
static void
make_room(Wait *wait, const SnowflakeLayout *layout, const Window *window, uint64 start)
{
	if (start >= layout_end(layout))
		window_report_exhausted(layout);
	if (start >= window->queue_end)
		wait_for_clock(wait, layout, start);
	else
		wait_for_reservation(wait, layout, start, window->restarts);
}

/*
 * Take at least least and at most most consecutive positions; the first least
 * of them lie in one tick.
 *
 * At the drift limit, positions beyond it are taken first and waited for then.
 * So those in the queue are served in the order in which they came, and a large
 * block is not kept from its tick by small ones.  The queue is short, so what an
 * interrupted wait has taken in vain delays others but little.
 *
 * When half of the reservation is used up, whoever notices first extends it; the
 * others go on.
 *
 * Errors: PROGRAM_LIMIT_EXCEEDED at the end of the time field,
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, those of
 * reservation_extend(), and what CHECK_FOR_INTERRUPTS raises.
 */
static PositionRange
take(const SnowflakeLayout *layout, Moment now, uint64 least, uint64 most)
{
	uint64		room = tick_is_over ? layout_tick_size(layout) : least;
	Wait		wait = {.slot = timeline_slot};
	PositionRange range;
	Window		window;
	TakeResult	result;
	OriginStatus origin_status;

	for (;;)
	{
		window = window_at(layout, now, Max(0, wait_patience(&wait)));
		result = try_take(layout, &window, room, most, &range);
		if (result == TAKEN)
			break;
		if (result == BARRED)
			report_barred(layout, window.barred);
		if (result == NO_ROOM)
			make_room(&wait, layout, &window, range.start);
		now = window_moment();
	}
	tick_is_over = false;

	if (reservation_is_low(layout_position_end_us(layout, range.end - 1)))
		(void) reservation_extend(layout_position_end_us(layout, range.end - 1), window.restarts,
								  false, &origin_status);

	while (range.start >= window.ceiling)
	{
		wait_for_clock(&wait, layout, range.start);
		window = window_at(layout, window_moment(), 0);
	}
	return range;
}

/* Is the chunk one of the current statement, and will be forgotten after it? */
static bool chunk_is_of_statement = false;

static void
forget_chunk(void *arg)
{
	pg_atomic_write_u64(&timeline_slot->end, 0);
	chunk_is_of_statement = false;
}

/*
 * Have the chunk forgotten when the statement is over.  This costs nothing on
 * the hot path.  A background worker has no client's message; its transaction
 * serves.
 */
static void
forget_chunk_after_statement(void)
{
	static MemoryContextCallback callback = {.func = forget_chunk};

	if (chunk_is_of_statement)
		return;
	MemoryContextRegisterResetCallback(MessageContext ? MessageContext : TopTransactionContext,
									   &callback);
	chunk_is_of_statement = true;
}

/* Positions to take for the next chunk, at the clock's tick. */
static uint64
next_chunk_size(int64 tick)
{
	static uint64 size = 1;
	static int64 last_tick = 0;

	if (!chunk_is_of_statement)
		size = 1;
	else if (tick == last_tick)
		size = Min(size * 2, LARGEST_CHUNK);
	else
		size = Max(size / 2, 1);

	last_tick = tick;
	return size;
}

/* Replace our chunk by a new one.  Errors as in take(). */
static void
take_chunk(const SnowflakeLayout *layout, Moment now)
{
	BackendSlot *slot = timeline_slot;
	PositionRange chunk;

	/*
	 * The mark is cleared before the take: a worker that sets it after that
	 * makes us take once more, and none is lost.  The chunk goes with it, so
	 * that it does not come back to life if the take fails.
	 */
	pg_atomic_write_u64(&slot->end, 0);
	pg_atomic_write_u32(&slot->stale, 0);
	pg_memory_barrier();

	chunk = take(layout, now, 1, next_chunk_size(layout_tick_at(layout, now.unix_ns)));
	pg_atomic_write_u64(&slot->next, chunk.start);
	pg_atomic_write_u64(&slot->end, chunk.end);
	shmem_add_own(&slot->chunks_taken, 1);
	forget_chunk_after_statement();
}

/*
 * The next position, from our chunk if it still holds one that is good, or else
 * from a new one.  Good is what lies from the clock's tick up to the drift limit;
 * the unsigned difference tests both ends.  Errors as in take().
 */
uint64
timeline_renew_chunk(const SnowflakeLayout *layout)
{
	BackendSlot *slot = timeline_slot;
	int64		coarse_ns = clock_coarse_ns();
	Moment		now = window_moment();
	uint64		floor = layout_tick_position(layout, layout_tick_at(layout, now.unix_ns));
	uint64		reach = layout_tick_position(layout, window_drift_ticks(layout) + 1);
	uint64		position = pg_atomic_read_u64(&slot->next);

	if (position >= pg_atomic_read_u64(&slot->end) ||
		position - floor >= reach ||
		pg_atomic_read_u32(&slot->stale) != 0)
		take_chunk(layout, now);

	/* As of before the take, which may have waited: then we look again. */
	timeline_chunk_checked_at = coarse_ns;
	return pg_atomic_read_u64(&slot->next);
}

/* Take and issue positions at once.  What is left of our chunk lies below them. */
static PositionRange
issue(const SnowflakeLayout *layout, uint64 least, uint64 most)
{
	BackendSlot *slot = timeline_slot;
	PositionRange range = take(layout, window_moment(), least, most);

	pg_atomic_write_u64(&slot->end, range.end);
	pg_atomic_write_u64(&slot->next, range.end);
	shmem_add_own(&slot->ids_issued, range.end - range.start);
	shmem_add_own(&slot->chunks_taken, 1);
	return range;
}

/*
 * Issue some positions, at least one and at most most (1 ..).  Errors as in
 * take().
 */
PositionRange
timeline_take_batch(const SnowflakeLayout *layout, uint64 most)
{
	return issue(layout, 1, Min(most, LARGEST_BATCH));
}

/*
 * Issue size (1 .. layout_tick_size) positions of one tick.  Errors as in
 * take().
 */
PositionRange
timeline_take_block(const SnowflakeLayout *layout, uint64 size)
{
	return issue(layout, size, size);
}
