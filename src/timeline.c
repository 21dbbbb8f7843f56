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
 * Limits: no position is issued that lies more than idgen.max_drift beyond the
 * clock, or past the end of the layout's time field.  window_at() is the one
 * place that knows them; a durable reservation is a further bound on the same
 * window.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "timeline.h"

/* A busy backend touches the shared line once in this many calls. */
#define LARGEST_CHUNK 64

/* Few enough that a batch leaves others their share of a tick. */
#define LARGEST_BATCH 1024

/* How far beyond the drift limit calls that wait may take positions. */
#define LONGEST_QUEUE_MS 100

ServerSetting timeline_max_drift = {.name = "idgen.max_drift",.value = 1000};
int			timeline_max_wait = 1000;

BackendSlot *timeline_slot = NULL;
int64		timeline_chunk_checked_at = 0;

/* Set when positions of the current tick must not be taken any more. */
static bool tick_is_over = false;

/*
 * What may be done at some moment, in whole ticks: positions from floor up to
 * ceiling may be issued; those from there up to queue_end may be taken, and
 * issued when their time comes.
 */
typedef struct Window
{
	uint64		floor;
	uint64		ceiling;
	uint64		queue_end;
} Window;

/*
 * Claim our slot of the shared area.  ERROR if there is no room for the area.
 */
void
timeline_attach(void)
{
	timeline_slot = shmem_claim_slot();
}

/*
 * The next position we take will be in a later tick than any we had.  For when
 * IDs change in a way that positions do not show.
 */
void
timeline_leave_tick(void)
{
	if (timeline_slot == NULL)
		return;
	tick_is_over = true;
	pg_atomic_write_u64(&timeline_slot->end, 0);
}

/* Whole ticks that idgen.max_drift spans. */
static int64
drift_ticks(const SnowflakeLayout *layout)
{
	return timeline_max_drift.value * NS_PER_MS / layout->tick_ns;
}

/* The first position of a tick, which may be before the epoch or past the end. */
static uint64
clamped_position(const SnowflakeLayout *layout, int64 tick)
{
	int64		end_tick = layout_position_tick(layout, layout_end(layout));

	return layout_tick_position(layout, Max(0, Min(tick, end_tick)));
}

/* patience_ns (0 ..) is how long the caller would wait. */
static Window
window_at(const SnowflakeLayout *layout, int64 unix_ns, int64 patience_ns)
{
	int64		tick = layout_tick_at(layout, unix_ns);
	int64		last_tick = tick + drift_ticks(layout);
	int64		queue_ns = Min(LONGEST_QUEUE_MS * NS_PER_MS, patience_ns);
	Window		window;

	window.floor = clamped_position(layout, tick);
	window.ceiling = clamped_position(layout, last_tick + 1);
	window.queue_end = clamped_position(layout, last_tick + 1 + queue_ns / layout->tick_ns);
	return window;
}

static void
report_exhausted(const SnowflakeLayout *layout)
{
	int64		end_us = layout_tick_start_us(layout, layout_position_tick(layout, layout_end(layout)));

	ereport(ERROR,
			errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			errmsg("time field of the snowflake layout is used up"),
			errdetail("The layout's last moment is %s.",
					  timestamptz_to_str(clock_timestamptz(end_us - 1))),
			errhint("Check the system clock. If it is right, IDs of this layout have come to their end."));
}

/*
 * Give up a wait.  position_us is the time of the first position we wanted, in
 * us since 1970.
 */
static void
report_beyond_drift(int64 position_us)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("snowflake timeline is too far ahead of the system clock"),
			errdetail("The next ID's time is %s, %.3f ms ahead of the clock. \"idgen.max_drift\" is %d ms, \"idgen.max_wait\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(position_us)),
					  (double) (position_us - now_us) / 1000,
					  timeline_max_drift.value, timeline_max_wait),
			errhint("If the clock was set back, correct it or wait until it has caught up. If more IDs are drawn than the layout has room for, raise \"idgen.max_wait\" or \"idgen.max_drift\"."));
}

/*
 * What is left of idgen.max_wait, in ns; not positive when it is over.
 * waiting_since is in monotonic ns, as the wall clock may step; 0 before the
 * first wait of a take.
 */
static int64
patience_left(int64 waiting_since)
{
	int64		max_wait_ns = timeline_max_wait * NS_PER_MS;

	return waiting_since == 0 ? max_wait_ns :
		waiting_since + max_wait_ns - clock_monotonic_ns();
}

/*
 * Wait until the clock allows position, or for as long as clock_wait() likes
 * to.  waiting_since is as for patience_left().
 */
static void
wait_for_clock(const SnowflakeLayout *layout, uint64 position, int64 *waiting_since)
{
	int64		tick = layout_position_tick(layout, position);
	int64		due_us = layout_tick_start_us(layout, tick - drift_ticks(layout));
	int64		began = clock_monotonic_ns();
	int64		patience;

	if (*waiting_since == 0)
	{
		*waiting_since = began;
		shmem_add_own(&timeline_slot->waits, 1);
	}

	patience = patience_left(*waiting_since);
	if (patience <= 0)
		report_beyond_drift(layout_tick_start_us(layout, tick));

	/* A clock that passed due_us since we looked makes this the shortest wait. */
	clock_wait(Max(1, Min(patience, due_us * NS_PER_US - clock_unix_ns())));
	shmem_add_own(&timeline_slot->waited_us, (clock_monotonic_ns() - began) / NS_PER_US);
}

/*
 * Take at most most positions; the first room of them lie in one tick, and all
 * of them if they have to wait for the clock.  If the queue is full, return
 * false, with the position that we would have had in range->start.
 *
 * The order is safe against the death of this process at any point: before the
 * swap nothing has happened, after it the positions are no one else's.
 */
static bool
try_take(const SnowflakeLayout *layout, Window window, uint64 room, uint64 most,
		 PositionRange *range)
{
	pg_atomic_uint64 *timeline = &shmem_area()->timeline.next;
	uint64		next = pg_atomic_read_u64(timeline);

	do
	{
		uint64		start = layout_fit_in_tick(layout, Max(next, window.floor), room);
		uint64		limit = window.ceiling;

		if (start >= window.ceiling)
			limit = layout_tick_position(layout, layout_position_tick(layout, start) + 1);
		range->start = start;
		range->end = start + Min(most, limit - start);
		if (start >= window.queue_end)
			return false;
	} while (!pg_atomic_compare_exchange_u64(timeline, &next, range->end));

	return true;
}

/*
 * Take at least least and at most most consecutive positions; the first least
 * of them lie in one tick.  unix_ns is the clock's time.
 *
 * At the drift limit, positions beyond it are taken first and waited for then.
 * So those in the queue are served in the order in which they came, and a large
 * block is not kept from its tick by small ones.  The queue is short, so what an
 * interrupted wait has taken in vain delays others but little.
 *
 * Errors: PROGRAM_LIMIT_EXCEEDED at the end of the time field,
 * OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, and what
 * CHECK_FOR_INTERRUPTS raises.
 */
static PositionRange
take(const SnowflakeLayout *layout, int64 unix_ns, uint64 least, uint64 most)
{
	uint64		room = tick_is_over ? layout_tick_size(layout) : least;
	int64		waiting_since = 0;
	PositionRange range;

	while (!try_take(layout, window_at(layout, unix_ns, Max(0, patience_left(waiting_since))),
					 room, most, &range))
	{
		if (range.start >= layout_end(layout))
			report_exhausted(layout);
		wait_for_clock(layout, range.start, &waiting_since);
		unix_ns = clock_unix_ns();
	}
	tick_is_over = false;

	while (range.start >= window_at(layout, unix_ns, 0).ceiling)
	{
		wait_for_clock(layout, range.start, &waiting_since);
		unix_ns = clock_unix_ns();
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

/*
 * Replace our chunk by a new one.  unix_ns is the clock's time.  Errors as in
 * take().
 */
static void
take_chunk(const SnowflakeLayout *layout, int64 unix_ns)
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

	chunk = take(layout, unix_ns, 1, next_chunk_size(layout_tick_at(layout, unix_ns)));
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
	int64		unix_ns = clock_unix_ns();
	uint64		now = layout_tick_position(layout, layout_tick_at(layout, unix_ns));
	uint64		reach = layout_tick_position(layout, drift_ticks(layout) + 1);
	uint64		position = pg_atomic_read_u64(&slot->next);

	if (position >= pg_atomic_read_u64(&slot->end) ||
		position - now >= reach ||
		pg_atomic_read_u32(&slot->stale) != 0)
		take_chunk(layout, unix_ns);

	/* As of before the take, which may have waited: then we look again. */
	timeline_chunk_checked_at = coarse_ns;
	return pg_atomic_read_u64(&slot->next);
}

/* Take and issue positions at once.  What is left of our chunk lies below them. */
static PositionRange
issue(const SnowflakeLayout *layout, uint64 least, uint64 most)
{
	BackendSlot *slot = timeline_slot;
	PositionRange range = take(layout, clock_unix_ns(), least, most);

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
