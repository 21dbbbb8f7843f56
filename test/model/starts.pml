/*
 * starts.pml
 *	  How far starts can put IDs ahead of the clock: reservation_length_us() in src/engine/reservation.c,
 *	  and where src/engine/reference_clock.c begins.
 *
 * One server issues IDs as it likes, extends its reservation whenever it likes, and
 * crashes whenever it likes; time goes by when it likes, so the worst is that it does
 * not.  All times are relative to the wall clock, in tenths of idgen.reserve_ahead.
 *
 * What must be true, in crash(): after so many starts since the clock was last caught up
 * with, IDs begin no further ahead of it than docs/reliability.md says; and in issue():
 * no ID is beyond the reservation.
 *
 * FAULT_... breaks the algorithm; test/model/run knows what that must lead to.
 */

#define FULL 10					/* idgen.reserve_ahead */
#define TENTH 1
#define MAX_DRIFT 3

/* What the last flush took. */
#ifndef FLUSH
#define FLUSH 0
#endif
#define MOST_STARTS 6

#define larger(a, b)			((a) > (b) -> (a) : (b))
#define smaller(a, b)			((a) < (b) -> (a) : (b))
#define less(a, b)				((a) > (b) -> (a) - (b) : 0)

byte ids = 0;					/* the last one, or where they begin */
byte reference = 0;
byte reserved = 0;
byte durable = 0;
byte starts = 0;				/* since the reference clock was the wall clock */

/* A reservation is no shorter than four flushes. */
#define LEAST					larger(TENTH, smaller(4 * FLUSH, FULL))

#if defined(FAULT_LEAD_IGNORED)
#define reach					FULL
#elif defined(FAULT_FULL_IF_SLOW)
#define reach					(FLUSH > 0 -> FULL : larger(LEAST, FULL - smaller(less(ids, MAX_DRIFT), FULL)))
#else
#define reach					larger(LEAST, FULL - smaller(less(ids, MAX_DRIFT), FULL))
#endif

inline issue()
{
	ids++;
	assert(ids <= durable)
}

inline extend()
{
	reserved = larger(reserved, ids + reach);
	durable = reserved;
	printf("  IDs are %d ahead, and reserved to %d\n", ids, reserved)
}

inline go_by(slower)
{
	ids = less(ids, 1);
	reserved = less(reserved, 1);
	durable = reserved;
	reference = less(reference, slower);
	starts = (reference == 0 -> 0 : starts)
}

/* The next life begins at the reservation. */
inline crash()
{
	ids = durable;
	reserved = durable;
	reference = durable;
	starts = (reference == 0 -> 0 : starts + 1);
	printf("  THE SERVER CRASHES; IDs begin %d ahead\n", ids);
	assert(starts == 0 || ids <= FULL + (starts - 1) * LEAST + starts * MAX_DRIFT)
}

active proctype server()
{
end_of_time:
	do
	:: d_step { ids < reserved && ids < reference + MAX_DRIFT -> issue() }
	:: d_step { extend() }
	:: d_step { ids > 0 || reserved > 0 || reference > 0 -> go_by(0) }
	:: d_step { ids > 0 || reserved > 0 || reference > 0 -> go_by(1) }
	:: d_step { starts < MOST_STARTS -> crash() }
	od
}
