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
 * Limits: no position is taken that lies at or beyond the reservation, or past
 * the end of the layout's time field, or below where the reservation says that
 * this life of the server begins; and none is issued that lies more than
 * idgen.max_drift beyond the clock.  window_now() is the one place that knows them.
 * It is always the position that is held against a limit, never the clock: after
 * a crash with the clock set back the timeline is far above the clock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "regression.h"
#include "timeline.h"

/* A busy backend touches the shared line once in this many calls. */
#define LARGEST_CHUNK 64

/* Few enough that a batch leaves others their share of a tick. */
#define LARGEST_BATCH 1024

/* How far beyond the drift limit calls that wait may take positions. */
#define LONGEST_QUEUE_MS 100

/* How often we look whether a standby has confirmed a reservation. */
#define STANDBY_POLL_NS NS_PER_MS

ServerSetting timeline_max_drift = {.name = "idgen.max_drift",.value = 1000};
int			timeline_max_wait = 5000;

BackendSlot *timeline_slot = NULL;
int64		timeline_chunk_checked_at = 0;

/* Set when positions of the current tick must not be taken any more. */
static bool tick_is_over = false;

/* The node whose IDs ours are, and whether shared memory knows that it makes some. */
static uint32 node = 0;
static bool node_is_marked = false;

/*
 * What may be done at some moment, in whole ticks: positions from floor up to
 * ceiling may be issued; those from there up to queue_end may be taken, and
 * issued when their time comes.  None may be taken from reserved on.
 */
typedef struct Window
{
	uint64		floor;
	uint64		ceiling;
	uint64		queue_end;
	uint64		reserved;
	uint32		restarts;		/* of the timeline, when the limits were read */
} Window;

/*
 * Claim our slot of the shared area, and find out where IDs begin.  ERROR if
 * there is no room for the area.
 */
void
timeline_attach(void)
{
	reservation_load(timeline_max_drift.value);
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
	pg_atomic_fetch_or_u32(&shmem_area()->nodes_used[number / 32], UINT32_C(1) << number % 32);
	node_is_marked = true;
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

/*
 * The clock, and how often the timeline had been restarted before we looked at
 * it: a restart may put right what a wrong clock has done, and must not be undone
 * by who still goes by that clock.
 */
typedef struct Moment
{
	int64		unix_ns;
	uint32		restarts;
} Moment;

static Moment
current_moment(void)
{
	Moment		moment;

	moment.restarts = pg_atomic_read_u32(&shmem_area()->limits.restarts);
	pg_read_barrier();
	moment.unix_ns = regression_clock_ns();
	return moment;
}

/* The first position of the tick that a limit, in us since 1970, lies in. */
static uint64
limit_position(const SnowflakeLayout *layout, pg_atomic_uint64 *limit)
{
	return clamped_position(layout, layout_tick_at(layout, pg_atomic_read_u64(limit) * NS_PER_US));
}

/* patience_ns (0 ..) is how long the caller would wait. */
static Window
window_at(const SnowflakeLayout *layout, Moment now, int64 patience_ns)
{
	Limits	   *limits = &shmem_area()->limits;
	int64		tick = layout_tick_at(layout, now.unix_ns);
	int64		last_tick = tick + drift_ticks(layout);
	int64		queue_ns = Min(LONGEST_QUEUE_MS * NS_PER_MS, patience_ns);
	uint64		start = limit_position(layout, &limits->start_us);
	Window		window;

	window.floor = Max(start, clamped_position(layout, tick));
	window.ceiling = clamped_position(layout, last_tick + 1);
	window.queue_end = clamped_position(layout, last_tick + 1 + queue_ns / layout->tick_ns);
	window.reserved = limit_position(layout, &limits->reserved_us);
	window.restarts = now.restarts;
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
 * Give up a wait for the clock.  position_us is the time of the first position
 * we wanted, in us since 1970.
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
			errhint("If the clock was set back, correct it or wait until it has caught up. If it was ahead and has been corrected, see idgen_reset_timeline(). If more IDs are drawn than the layout has room for, raise \"idgen.max_wait\" or \"idgen.max_drift\"."));
}

/* Give up a wait for a standby.  reserved_us is in us since 1970. */
static void
report_unconfirmed(int64 reserved_us)
{
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("no synchronous standby has confirmed the reservation of time for snowflake IDs"),
			errdetail("IDs are reserved up to %s, and \"idgen.max_wait\" is %d ms.",
					  timestamptz_to_str(clock_timestamptz(reserved_us)), timeline_max_wait),
			errhint("Bring back a standby that \"synchronous_standby_names\" names, or change that setting."));
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

/* Count a wait; a take that waits for several reasons counts for the first. */
static void
begin_wait(WaitCause cause, int64 now, int64 *waiting_since)
{
	if (*waiting_since != 0)
		return;
	*waiting_since = now;
	shmem_add_own(&timeline_slot->waits[cause], 1);
}

static void
end_wait(int64 began)
{
	shmem_add_own(&timeline_slot->waited_us, (clock_monotonic_ns() - began) / NS_PER_US);
}

/* Why is the timeline ahead of the clock? */
static WaitCause
cause_of_lead(void)
{
	int64		start_us = pg_atomic_read_u64(&shmem_area()->limits.start_us);

	return regression_is_on() || start_us > clock_unix_ns() / NS_PER_US ? WAIT_DRIFT : WAIT_SEQUENCE;
}

/*
 * Wait until the clock allows position, or for as long as clock_wait() likes
 * to.  waiting_since is as for patience_left().
 */
static void
wait_for_clock(const SnowflakeLayout *layout, uint64 position, int64 *waiting_since)
{
	static uint32 wait_event = 0;
	int64		tick = layout_position_tick(layout, position);
	int64		due_us = layout_tick_start_us(layout, tick - drift_ticks(layout));
	int64		began = clock_monotonic_ns();
	int64		patience;

	begin_wait(cause_of_lead(), began, waiting_since);
	patience = patience_left(*waiting_since);
	if (patience <= 0)
		report_beyond_drift(layout_tick_start_us(layout, tick));

	/* A clock that passed due_us since we looked makes this the shortest wait. */
	clock_wait(Max(1, Min(patience, due_us * NS_PER_US - clock_unix_ns())),
			   compat_wait_event(&wait_event, "IdgenClock"));
	end_wait(began);
}

/* When the tick of a position is over, in us since 1970. */
static uint64
tick_end_us(const SnowflakeLayout *layout, uint64 position)
{
	return layout_tick_start_us(layout, layout_position_tick(layout, position) + 1);
}

/*
 * Have time reserved for position; if that takes a standby, wait for a while.
 * waiting_since is as for patience_left().
 */
static void
wait_for_reservation(const SnowflakeLayout *layout, uint64 position, int64 *waiting_since)
{
	static uint32 wait_event = 0;
	int64		began = clock_monotonic_ns();
	bool		reserved;

	begin_wait(WAIT_RESERVATION, began, waiting_since);
	reserved = reservation_extend(tick_end_us(layout, position), true);
	if (!reserved && patience_left(*waiting_since) <= 0)
		report_unconfirmed(pg_atomic_read_u64(&shmem_area()->limits.reserved_us));
	if (!reserved)
		clock_wait(STANDBY_POLL_NS, compat_wait_event(&wait_event, "IdgenReservation"));
	end_wait(began);
}

typedef enum TakeResult
{
	TAKEN,
	NO_ROOM,					/* within the limits, now */
	RESTARTED,					/* the limits we went by are void */
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
	} while (!pg_atomic_compare_exchange_u64(&area->timeline.next, &next, range->end));

	return TAKEN;
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
	int64		waiting_since = 0;
	PositionRange range;
	Window		window;
	TakeResult	result;

	for (;;)
	{
		window = window_at(layout, now, Max(0, patience_left(waiting_since)));
		result = try_take(layout, &window, room, most, &range);
		if (result == TAKEN)
			break;
		if (result == NO_ROOM && range.start >= layout_end(layout))
			report_exhausted(layout);
		if (result == NO_ROOM && range.start >= window.queue_end)
			wait_for_clock(layout, range.start, &waiting_since);
		else if (result == NO_ROOM)
			wait_for_reservation(layout, range.start, &waiting_since);
		now = current_moment();
	}
	tick_is_over = false;

	if (reservation_is_low(tick_end_us(layout, range.end - 1)))
		(void) reservation_extend(tick_end_us(layout, range.end - 1), false);

	while (range.start >= window_at(layout, now, 0).ceiling)
	{
		wait_for_clock(layout, range.start, &waiting_since);
		now = current_moment();
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
	Moment		now = current_moment();
	uint64		floor = layout_tick_position(layout, layout_tick_at(layout, now.unix_ns));
	uint64		reach = layout_tick_position(layout, drift_ticks(layout) + 1);
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
	PositionRange range = take(layout, current_moment(), least, most);

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
