/*-------------------------------------------------------------------------
 *
 * chunk.c
 *	  Issuing positions, usually from a chunk that this process has taken.
 *
 * A backend takes a chunk of positions from the timeline and keeps it for
 * itself.  A chunk serves one message of the client, usually a statement, and
 * one transaction, where a procedure runs several: it is forgotten when
 * PostgreSQL resets the memory of the message, and when the transaction ends.
 * Hence every ID of a message is above every ID of any message, in any
 * session, that had completed before it arrived, and the same is true of
 * transactions.  Within them the chunk doubles as long as it is used up within
 * a tick, and shrinks when it is not.  A chunk that the clock has passed is
 * dropped: positions in the past cost nothing.
 *
 * Parallel workers have chunks of their own.  A worker that exits increments a
 * counter in its leader's slot, because what is left of the leader's chunk may
 * lie below what the worker has issued (a function can run several parallel
 * queries in one statement).  PostgreSQL waits for the workers of a query to
 * exit before the query ends, so from then on the leader sees that its chunks
 * are stale.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "engine/chunk.h"
#include "engine/statement_end.h"

/* A busy backend writes to the shared cache line once in this many calls. */
#define LARGEST_CHUNK 64

/* The most to take at a time, so that others get their share of a tick. */
static uint64
get_tick_share(const SnowflakeLayout *layout)
{
	return Max(layout_tick_size(layout) / 4, 1);
}

/* The sources that have a chunk of the current statement, which is forgotten after it. */
static PositionSource *sources_of_statement = NULL;

/*
 * Forget the chunks, also in a child after fork().  In our slot, which it has,
 * only counts can get lost.  It has issued nothing of our chunks: we count that.
 */
static void
forget_chunks(StatementEnd end)
{
	while (sources_of_statement != NULL)
	{
		PositionSource *source = sources_of_statement;

		if (end == PROCESS_IS_COPY)
			source->counted = source->next;
		timeline_count_issued(source);
		source->end = 0;
		source->is_of_statement = false;
		sources_of_statement = source->next_of_statement;
	}
}

/*
 * Sources that share a timeline are generators with one ID space.  What one of
 * them takes is above what is left of the others' chunks, so these are
 * forgotten: then the IDs of all of them increase together.
 */
static void
forget_chunks_of_timeline(const Timeline *timeline)
{
	for (PositionSource *source = sources_of_statement; source != NULL; source = source->next_of_statement)
		if (source->timeline == timeline)
			source->end = 0;
}

/* Have chunks forgotten in time. */
void
chunk_init(void)
{
	statement_end_register(forget_chunks);
}

/* Count a take, up to position, in our slot. */
static void
note_take(const SnowflakeLayout *layout, uint64 position)
{
	shmem_add_own(&timeline_slot->chunks_taken, 1);
	pg_atomic_write_u64(&timeline_slot->last_id_us,
						layout_tick_start_us(layout, layout_position_tick(layout, position)));
}

/* Have the chunk forgotten when the statement is over. */
static void
forget_chunk_after_statement(PositionSource *source)
{
	if (likely(source->is_of_statement))
		return;
	statement_end_expect();
	source->chunk_size = 1;
	source->next_of_statement = sources_of_statement;
	sources_of_statement = source;
	source->is_of_statement = true;
}

/* The number of positions to take for the next chunk, when the clock is at tick. */
static uint64
get_next_chunk_size(PositionSource *source, int64 tick)
{
	uint64		largest = Min(get_tick_share(&source->layout), LARGEST_CHUNK);

	if (!source->is_of_statement)
		source->chunk_size = 1;
	else if (tick == source->chunk_tick)
		source->chunk_size = Min(source->chunk_size * 2, largest);
	else
		source->chunk_size = Max(source->chunk_size / 2, 1);

	source->chunk_tick = tick;
	return source->chunk_size;
}

/*
 * Take positions for a source whose chunks have been forgotten.  If the
 * server's worker ID has changed, the source is set up again and gets other
 * positions.  Errors as in timeline_take(), and those of renew_node().
 */
static PositionRange
take_positions(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most)
{
	PositionRange taken;

	while (!timeline_take(source, now, from, least, most, &taken))
	{
		source->renew_node(source);
		forget_chunks_of_timeline(source->timeline);
		source->end = 0;
		now = drift_read_clocks();
	}
	return taken;
}

/* Replace our chunk with a new one.  Errors as in take_positions(). */
static void
take_chunk(PositionSource *source, ClockReading now)
{
	PositionRange chunk;

	/*
	 * The count is read before the take: if a worker exits after that, we
	 * take once more, so none is missed.  The chunk is dropped first, so that
	 * it does not become valid again if the take fails.  Litmus test: stale.
	 */
	forget_chunks_of_timeline(source->timeline);
	timeline_count_issued(source);
	source->end = 0;
	source->stale = pg_atomic_read_u32(&timeline_slot->stale);
	pg_memory_barrier();

	chunk = take_positions(source, now, 0, 1, get_next_chunk_size(source, layout_tick_at(&source->layout, now.wall_ns)));
	source->next = chunk.start;
	source->counted = chunk.start;
	source->end = chunk.end;
	note_take(&source->layout, chunk.start);
	forget_chunk_after_statement(source);
}

/*
 * The next position, from our chunk if it still holds a valid one, or else from
 * a new chunk.  Positions are valid from the clock's tick up to the drift
 * limit; the unsigned difference tests both ends.  Errors as in
 * take_positions().
 */
uint64
chunk_renew(PositionSource *source)
{
	const SnowflakeLayout *layout = &source->layout;
	int64		coarse_ns = clock_coarse_ns();
	ClockReading now = drift_read_clocks();
	uint64		floor = layout_tick_position(layout, layout_tick_at(layout, now.wall_ns));
	uint64		ahead = now.reference_ns == now.wall_ns ? 0 : (now.reference_ns - now.wall_ns) / (layout->tick_us * NS_PER_US);
	uint64		reach = layout_tick_position(layout, ahead + drift_ticks(layout) + 1);

	if (source->next >= source->end ||
		source->next - floor >= reach ||
		pg_atomic_read_u32(&timeline_slot->stale) != source->stale)
		take_chunk(source, now);

	/*
	 * The time before the take, which may have waited: then the next call
	 * checks again.
	 */
	source->checked_at = coarse_ns;
	return source->next;
}

/*
 * Take and issue positions at once, none of them below from.  What is left of our
 * chunk lies below them, and is forgotten.
 *
 * As with chunks, what is issued is added to the timeline's number of IDs when it has
 * become as much as a chunk, or when the statement ends.
 */
static PositionRange
issue_positions(PositionSource *source, ClockReading now, uint64 from, uint64 least, uint64 most)
{
	PositionRange range;
	uint64		uncounted;

	forget_chunks_of_timeline(source->timeline);
	range = take_positions(source, now, from, least, most);
	uncounted = source->next - source->counted;
	source->counted = range.start - uncounted;
	source->next = range.end;
	source->end = range.end;
	if (range.end - source->counted >= LARGEST_CHUNK)
		timeline_count_issued(source);
	forget_chunk_after_statement(source);
	shmem_add_own(&timeline_slot->ids_issued, range.end - range.start);
	note_take(&source->layout, range.end - 1);
	return range;
}

/* Issue at least one and at most most (1 ..) positions.  Errors as in take_positions(). */
PositionRange
chunk_issue_batch(PositionSource *source, uint64 most)
{
	return issue_positions(source, drift_read_clocks(), 0, 1, Min(most, get_tick_share(&source->layout)));
}

/* Issue size (1 .. layout_tick_size) positions of one tick.  Errors as in take_positions(). */
PositionRange
chunk_issue_block(PositionSource *source, uint64 size)
{
	return issue_positions(source, drift_read_clocks(), 0, size, size);
}

/*
 * Issue one position that is not below from, so that all positions that are taken
 * later, by any process, are above it, also after a crash: the timeline gets there
 * only as far as time is reserved durably, as always.  from should not be further
 * ahead of the clock than the drift allows, or the caller waits.  Errors as in
 * take_positions().
 */
uint64
chunk_issue_from(PositionSource *source, ClockReading now, uint64 from)
{
	return issue_positions(source, now, from, 1, 1).start;
}
