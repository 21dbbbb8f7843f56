/*-------------------------------------------------------------------------
 *
 * turn.c
 *	  Sharing a timeline by turns, when several backends request more than
 *	  there is.
 *
 * At the drift limit, positions can be taken from one tick, the last one that
 * is open.  A backend that waits there has taken nothing yet, or a single
 * position beyond a tick that is full.  So waits that are interrupted leave no
 * gaps of any size, and these rules decide which backend may take what:
 *
 *	- A backend that has had little of the tick, less than a part of what is left of
 *	  it, takes that at once.
 *	- The others wait in line, by tickets.  The part of the tick that is for the line
 *	  grows as the clock goes through the tick, up to all of it in the last quarter;
 *	  each backend leaves what those before it need.  So until then something is left
 *	  for backends that need little.
 *	- A block that does not fit into the rest of the tick takes the beginning of the
 *	  next one in the last quarter, before other backends can.  Skipping the rest of a
 *	  tick costs others their share, so it is done in one tick of two, and only by
 *	  the first of the backends in line that need it.
 *
 * Hence a backend that needs little waits about a tick or two, whatever the
 * others do, and one that needs a block waits two ticks for each block before
 * it.  If only one backend requests more than there is, it need not share: it
 * takes what there is at once, and takes the rest ahead.
 *
 * None of this decides whether a position is taken twice: positions are still
 * taken by a swap of timeline->next, which fails if it has moved.  So
 * everything is read without a lock, and the worst effect of a race is that a
 * turn is lost: a ticket is written too late, or two blocks in a row are taken
 * ahead.  A backend that dies leaves the line as it does after an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "engine/clock.h"
#include "engine/turn.h"

/* Less than this part of what is left of a tick is little. */
#define LITTLE_PART 64

/* The part of a tick after which the line may have all of it. */
#define OPEN_TO_ALL 0.75

/*
 * How long a crowd is expected to last: several backends that request more
 * than there is.
 */
#define CROWD_NS (100 * NS_PER_MS)

/*
 * A block that has been first in line for this many ticks skips what others
 * have of the next one.
 */
#define OVERDUE_TICKS 10

static int64
get_tick_ns(const SnowflakeLayout *layout)
{
	return layout->tick_us * NS_PER_US;
}

/* When the last open tick was opened, in ns since 1970. */
static int64
tick_opened_ns(const SnowflakeLayout *layout, ClockReading now)
{
	return now.reference_ns - now.reference_ns % get_tick_ns(layout);
}

/* The part of that tick that has gone by, 0 .. 1. */
static double
elapsed_part(const SnowflakeLayout *layout, ClockReading now)
{
	return (double) (now.reference_ns - tick_opened_ns(layout, now)) / get_tick_ns(layout);
}

static uint64
get_open_tick(const Turn *turn, const OpenPositions *open)
{
	return layout_position_tick(turn->layout, open->ceiling) - 1;
}

/* The largest part of a tick that the line may have. */
static double
largest_part(const Turn *turn)
{
	/*
	 * If the tick were full, others would get into the next one, which a
	 * block waits for.
	 */
	return turn->block_before ? OPEN_TO_ALL : 1;
}

/*
 * Have several backends recently wanted more than there was?  Also correct if
 * the clock has been set since.
 */
static bool
is_crowded(Timeline *timeline, ClockReading now)
{
	return pg_atomic_read_u64(&timeline->crowded_until_ns) - (uint64) now.reference_ns < CROWD_NS;
}

/* How much may be taken out of turn, from start on in the last open tick. */
static uint64
little_share(const Turn *turn, const OpenPositions *open, uint64 start)
{
	uint64		share = Max((open->ceiling - start) / LITTLE_PART, 1);
	uint64		taken = turn->last_tick.tick == get_open_tick(turn, open) ? turn->last_tick.positions : 0;

	return taken + turn->least <= share ? Min(turn->most, share - taken) : 0;
}

/* How much may be taken in turn, from start on in the last open tick. */
static uint64
share_of_line(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start)
{
	uint64		size = layout_tick_size(turn->layout);
	double		part = Min(elapsed_part(turn->layout, now) / OPEN_TO_ALL, largest_part(turn));
	uint64		end = open->ceiling - size + (uint64) (part * size);
	uint64		left = end > start ? end - start : 0;

	if (!turn->in_line || left < turn->before || left - turn->before < turn->least)
		return 0;
	return Min(turn->most, left - turn->before);
}

/* May the next block be taken ahead of its tick, after the last one that was? */
static bool
others_had_a_tick(const Turn *turn, const OpenPositions *open)
{
	/*
	 * The unsigned difference tests both ends: a reset may have left the last
	 * one far ahead.
	 */
	return pg_atomic_read_u64(&turn->timeline->ahead_tick) - get_open_tick(turn, open) > 2;
}

static bool
is_overdue(const Turn *turn, ClockReading now)
{
	return now.reference_ns - turn->first_since_ns > OVERDUE_TICKS * get_tick_ns(turn->layout);
}

/* May positions from start on, beyond the last open tick, be taken? */
static bool
may_go_ahead(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start, uint64 next)
{
	bool		is_full = next >= open->ceiling;

	if (is_full && (turn->least == 1 || !is_crowded(turn->timeline, now)))
		return true;
	return turn->in_line && turn->first_since_ns != 0 && others_had_a_tick(turn, open) &&
		(is_full || elapsed_part(turn->layout, now) >= OPEN_TO_ALL) &&
		(layout_position_tick(turn->layout, start) == get_open_tick(turn, open) + 1 || is_overdue(turn, now));
}

/* The slow path of turn_allowance(). */
uint64
turn_at_limit(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start, uint64 next)
{
	uint64		little;

	if (start >= open->ceiling && !may_go_ahead(turn, open, now, start, next))
		return 0;
	if (!is_crowded(turn->timeline, now))
		return turn->most;
	if (start >= open->ceiling)
		return Min(turn->least, turn->most);
	little = little_share(turn, open, start);
	return little > 0 ? little : share_of_line(turn, open, now, start);
}

/*
 * Join the line at its end.  The ticket is written last, for is_before_us().
 * Litmus test: published.
 */
void
turn_join(Turn *turn)
{
	BackendSlot *slot = turn->slot;
	uint64		ticket = pg_atomic_fetch_add_u64(&turn->timeline->tickets, 1) + 1;

	pg_atomic_write_u32(&slot->line, shmem_timeline_key(shmem_area(), turn->timeline));
	pg_atomic_write_u32(&slot->least, Min(turn->least, PG_UINT32_MAX));
	pg_write_barrier();
	pg_atomic_write_u64(&slot->ticket, ticket);
	turn->in_line = true;
}

void
turn_leave(Turn *turn)
{
	pg_atomic_write_u64(&turn->slot->ticket, 0);
	turn->in_line = false;
	turn->first_since_ns = 0;
}

/* Is the slot's owner before us in the line? */
static bool
is_before_us(const Turn *turn, BackendSlot *slot)
{
	uint64		ticket = pg_atomic_read_u64(&slot->ticket);

	if (ticket == 0 || ticket >= pg_atomic_read_u64(&turn->slot->ticket))
		return false;
	pg_read_barrier();
	return pg_atomic_read_u32(&slot->line) == shmem_timeline_key(shmem_area(), turn->timeline);
}

/* Find out which backends are before us in the line, and what they need. */
void
turn_count_line(Turn *turn, const OpenPositions *open, ClockReading now)
{
	SharedArea *area = shmem_area();
	uint64		next = pg_atomic_read_u64(&turn->timeline->next);
	uint64		left = next < open->ceiling ? open->ceiling - next : 0;

	turn->before = 0;
	turn->block_before = false;
	for (int i = 0; i < area->slot_count; i++)
	{
		BackendSlot *slot = &area->slots[i].slot;

		if (!is_before_us(turn, slot))
			continue;
		if (pg_atomic_read_u32(&slot->least) > Max(left, 1))
			turn->block_before = true;
		else
			turn->before += pg_atomic_read_u32(&slot->least);
	}
	if (turn->block_before)
		turn->first_since_ns = 0;
	else if (turn->first_since_ns == 0)
		turn->first_since_ns = now.reference_ns;
}

/*
 * Note that we are about to wait for the clock.  If others have done so
 * recently, there is a crowd.
 */
void
turn_note_wait(const Turn *turn, ClockReading now)
{
	Timeline   *timeline = turn->timeline;
	uint64		since_last_ns = now.reference_ns - pg_atomic_read_u64(&timeline->last_wait_ns);
	uint32		last_waiter = pg_atomic_read_u32(&timeline->last_waiter);

	pg_atomic_write_u64(&timeline->last_wait_ns, now.reference_ns);
	if (last_waiter == (uint32) MyProcPid)
		return;
	pg_atomic_write_u32(&timeline->last_waiter, MyProcPid);
	if (since_last_ns < CROWD_NS)
		pg_atomic_write_u64(&timeline->crowded_until_ns, now.reference_ns + CROWD_NS - 1);
}

/* Note that we have taken a block from start on before its tick was open. */
void
turn_note_ahead(const Turn *turn, uint64 start)
{
	pg_atomic_write_u64(&turn->timeline->ahead_tick, layout_position_tick(turn->layout, start));
}

/*
 * When to try again, in ns since 1970, if it is not our turn to take from start
 * on.  Not earlier than necessary, because many may be waiting; if many are
 * before us, after half of the time that they would take, because they may
 * leave.
 */
int64
turn_due_ns(const Turn *turn, const OpenPositions *open, ClockReading now, uint64 start)
{
	int64		tick = get_tick_ns(turn->layout);
	int64		opened = tick_opened_ns(turn->layout, now);
	int64		open_to_all = opened + (int64) (OPEN_TO_ALL * tick);
	double		size = layout_tick_size(turn->layout);
	double		wanted = ((double) start - (open->ceiling - size) + turn->before + turn->most) / size;

	if (wanted <= largest_part(turn))
		return Min(Max(opened + (int64) (wanted * OPEN_TO_ALL * tick), now.reference_ns + tick / 4), open_to_all);
	if (turn->least > 1 && turn->first_since_ns != 0 && now.reference_ns < open_to_all)
		return open_to_all;
	if (turn->most <= Max(size / LITTLE_PART, 1))
		return opened + tick;
	return opened + (int64) Max(wanted / 2, 1) * tick;
}
