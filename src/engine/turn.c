/*-------------------------------------------------------------------------
 *
 * turn.c
 *	  Sharing a timeline by turns, where several want more than there is.
 *
 * At the drift limit there is one tick to take from, the last one that is open.  Of
 * several who wait there, each has taken nothing yet, or a single position beyond a tick
 * that is full.  So waits that are interrupted leave no gaps of any size behind, and
 * these rules say who may take what:
 *
 *	- Who has had little of the tick, less than a part of what is left of it, takes
 *	  that at once.
 *	- The others stand in line, by tickets.  What the line may have of the tick grows
 *	  as the clock goes through it, up to all of it in the last quarter; each leaves
 *	  there what those before him need.  So until then there is something left for
 *	  who wants little.
 *	- A block that does not fit into the rest of the tick takes the beginning of the
 *	  next one in the last quarter, before anybody can get in.  To skip the rest of a
 *	  tick costs others their share, so it is done in one tick of two; and only by the
 *	  first of those in line who need it.
 *
 * Hence the wait of one who wants little is about a tick or two, whatever the others
 * do, and that of a block as many times two ticks as there are blocks before it.
 * Where only one backend wants more than there is, nobody has to share: it takes what
 * there is at once, and takes ahead what it wants.
 *
 * Nothing here is about which positions are taken twice: to take them is still to
 * swap timeline->next, and to fail if it has moved.  So all is read without a lock,
 * and the worst of a race is a turn lost: a ticket written a moment too late, or two
 * blocks ahead in a row.  A backend that dies leaves the line as it does after an
 * error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "engine/clock.h"
#include "engine/turn.h"

/* To have had less than this part of what is left of a tick is little. */
#define LITTLE_PART 64

/* How much of a tick goes by until the line may have all of it. */
#define OPEN_TO_ALL 0.75

/* For how long several are expected to want more than there is, after they did. */
#define CROWD_NS (100 * NS_PER_MS)

/* A block that was the first for so many ticks skips what others have of the next one. */
#define OVERDUE_TICKS 10

static int64
get_tick_ns(const SnowflakeLayout *layout)
{
	return layout->tick_us * NS_PER_US;
}

/* When the tick that was opened last was opened, ns since 1970. */
static int64
tick_opened_ns(const SnowflakeLayout *layout, ClockReading now)
{
	return now.reference_ns - now.reference_ns % get_tick_ns(layout);
}

/* How much of it has gone by, 0 .. 1. */
static double
elapsed_part(const SnowflakeLayout *layout, ClockReading now)
{
	return (double) (now.reference_ns - tick_opened_ns(layout, now)) / get_tick_ns(layout);
}

static uint64
get_open_tick(const Turn *turn, const IssueWindow *window)
{
	return layout_position_tick(turn->layout, window->ceiling) - 1;
}

/* The part of a tick that the line may have at most. */
static double
largest_part(const Turn *turn)
{
	/* If it were full, others would get into the tick that a block waits for. */
	return turn->block_before ? OPEN_TO_ALL : 1;
}

/* Have several lately wanted more than there was?  Also if the clock was set since. */
static bool
is_crowded(Timeline *timeline, ClockReading now)
{
	return pg_atomic_read_u64(&timeline->crowded_until_ns) - (uint64) now.reference_ns < CROWD_NS;
}

/* What may be had out of turn, from start on in the last open tick. */
static uint64
little_share(const Turn *turn, const IssueWindow *window, uint64 start)
{
	uint64		share = Max((window->ceiling - start) / LITTLE_PART, 1);
	uint64		had = turn->had.tick == get_open_tick(turn, window) ? turn->had.positions : 0;

	return had + turn->least <= share ? Min(turn->most, share - had) : 0;
}

/* What may be had in turn. */
static uint64
share_of_line(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start)
{
	uint64		size = layout_tick_size(turn->layout);
	double		part = Min(elapsed_part(turn->layout, now) / OPEN_TO_ALL, largest_part(turn));
	uint64		end = window->ceiling - size + (uint64) (part * size);
	uint64		left = end > start ? end - start : 0;

	if (!turn->in_line || left < turn->before || left - turn->before < turn->least)
		return 0;
	return Min(turn->most, left - turn->before);
}

/* May the next block go ahead of its tick, after the last one that did? */
static bool
others_had_a_tick(const Turn *turn, const IssueWindow *window)
{
	/* Both ends count: a reset may have left the last one far ahead. */
	return pg_atomic_read_u64(&turn->timeline->ahead_tick) - get_open_tick(turn, window) > 2;
}

static bool
is_overdue(const Turn *turn, ClockReading now)
{
	return now.reference_ns - turn->first_since_ns > OVERDUE_TICKS * get_tick_ns(turn->layout);
}

/* May we take from start on, beyond the last open tick? */
static bool
may_go_ahead(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start, uint64 next)
{
	bool		is_full = next >= window->ceiling;

	if (is_full && (turn->least == 1 || !is_crowded(turn->timeline, now)))
		return true;
	return turn->in_line && turn->first_since_ns != 0 && others_had_a_tick(turn, window) &&
		(is_full || elapsed_part(turn->layout, now) >= OPEN_TO_ALL) &&
		(layout_position_tick(turn->layout, start) == get_open_tick(turn, window) + 1 || is_overdue(turn, now));
}

/* See turn_allowance(). */
uint64
turn_at_limit(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start, uint64 next)
{
	uint64		little;

	if (start >= window->ceiling && !may_go_ahead(turn, window, now, start, next))
		return 0;
	if (!is_crowded(turn->timeline, now))
		return turn->most;
	if (start >= window->ceiling)
		return Min(turn->least, turn->most);
	little = little_share(turn, window, start);
	return little > 0 ? little : share_of_line(turn, window, now, start);
}

/* Stand in line, behind all who do.  The ticket comes last, for is_before_us().  Litmus test: published. */
void
turn_join(Turn *turn)
{
	BackendSlot *slot = turn->slot;
	uint64		ticket = pg_atomic_fetch_add_u64(&turn->timeline->tickets, 1) + 1;

	pg_atomic_write_u64(&slot->line, (uintptr_t) turn->timeline);
	pg_atomic_write_u64(&slot->least, turn->least);
	pg_write_barrier();
	pg_atomic_write_u64(&slot->ticket, ticket);
	turn->in_line = true;
}

/* Leave the line, if we are in it. */
void
turn_leave(Turn *turn)
{
	pg_atomic_write_u64(&turn->slot->ticket, 0);
	turn->in_line = false;
	turn->first_since_ns = 0;
}

/* Does the slot's owner stand before us? */
static bool
is_before_us(const Turn *turn, BackendSlot *slot)
{
	uint64		ticket = pg_atomic_read_u64(&slot->ticket);

	if (ticket == 0 || ticket >= pg_atomic_read_u64(&turn->slot->ticket))
		return false;
	pg_read_barrier();
	return pg_atomic_read_u64(&slot->line) == (uintptr_t) turn->timeline;
}

/* See who stands before us, and what they need. */
void
turn_count_line(Turn *turn, const IssueWindow *window, ClockReading now)
{
	SharedArea *area = shmem_area();
	uint64		next = pg_atomic_read_u64(&turn->timeline->next);
	uint64		left = next < window->ceiling ? window->ceiling - next : 0;

	turn->before = 0;
	turn->block_before = false;
	for (int i = 0; i < area->slot_count; i++)
	{
		BackendSlot *slot = &area->slots[i].slot;

		if (!is_before_us(turn, slot))
			continue;
		if (pg_atomic_read_u64(&slot->least) > Max(left, 1))
			turn->block_before = true;
		else
			turn->before += pg_atomic_read_u64(&slot->least);
	}
	if (turn->block_before)
		turn->first_since_ns = 0;
	else if (turn->first_since_ns == 0)
		turn->first_since_ns = now.reference_ns;
}

/* We are about to wait for the clock: if others lately did, too, there is a crowd. */
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

/* We have taken a block from start on, before its tick was open. */
void
turn_note_ahead(const Turn *turn, uint64 start)
{
	pg_atomic_write_u64(&turn->timeline->ahead_tick, layout_position_tick(turn->layout, start));
}

/*
 * When to look again, ns since 1970, if it is not our turn to take from start on.
 * Not more often than it takes, as many may be waiting; where many are before us, at
 * half the time that it would take, as they may leave.
 */
int64
turn_due_ns(const Turn *turn, const IssueWindow *window, ClockReading now, uint64 start)
{
	int64		tick = get_tick_ns(turn->layout);
	int64		opened = tick_opened_ns(turn->layout, now);
	int64		open_to_all = opened + (int64) (OPEN_TO_ALL * tick);
	double		size = layout_tick_size(turn->layout);
	double		wanted = ((double) start - (window->ceiling - size) + turn->before + turn->most) / size;

	if (wanted <= largest_part(turn))
		return Min(Max(opened + (int64) (wanted * OPEN_TO_ALL * tick), now.reference_ns + tick / 4), open_to_all);
	if (turn->least > 1 && turn->first_since_ns != 0 && now.reference_ns < open_to_all)
		return open_to_all;
	if (turn->most <= Max(size / LITTLE_PART, 1))
		return opened + tick;
	return opened + (int64) Max(wanted / 2, 1) * tick;
}
