/*-------------------------------------------------------------------------
 *
 * root_watch.c
 *	  What is remembered of a root of numbers, to use none that others may have.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/root_watch.h"
#include "common/int.h"

static int64
add_or_most(int64 number, int64 more)
{
	int64		sum;

	return pg_add_s64_overflow(number, more, &sum) ? PG_INT64_MAX : sum;
}

/* Is an answer of another store, or another counter, than the one that had answered before? */
bool
root_watch_is_other(const RootWatch *watch, uint64 incarnation, uint64 identity)
{
	return watch->is_known &&
		((incarnation != 0 && watch->incarnation != 0 && incarnation != watch->incarnation) ||
		 (identity != 0 && watch->identity != 0 && identity != watch->identity));
}

/*
 * Does an answer say nothing of the root as it is, as more has been learned since it
 * was asked, when the watch was *asked?  It is of a root before the present one, or
 * the next answer will show that it is not; or what was known has been forgotten.  Its
 * numbers are not to be used, and it is not to be noted.
 */
bool
root_watch_is_late(const RootWatch *watch, const RootWatch *asked, uint64 incarnation, uint64 identity)
{
	return (asked->is_known && !watch->is_known) ||
		(asked->changes != watch->changes && root_watch_is_other(watch, incarnation, identity));
}

/* The root has answered with numbers up to last. */
void
root_watch_note(RootWatch *watch, uint64 incarnation, uint64 identity, int64 last)
{
	watch->highest = watch->is_known ? Max(watch->highest, last) : last;
	watch->is_known = true;
	if (incarnation != 0)
		watch->incarnation = incarnation;
	if (identity != 0)
		watch->identity = identity;
}

/* It may have gone back, and has answered with numbers from first to last: skip so many (0 ..) from first on. */
void
root_watch_note_change(RootWatch *watch, uint64 incarnation, uint64 identity, int64 first, int64 last, int64 skip)
{
	int64		least = add_or_most(first, skip);

	watch->least = watch->changes > 0 ? Max(watch->least, least) : least;
	/* 0 is for none. */
	if (++watch->changes == 0)
		watch->changes = 1;
	watch->highest = last;
	root_watch_note(watch, incarnation, identity, last);
}

/* The first number that may be used of those from first on which are above floor. */
int64
root_watch_first(const RootWatch *watch, int64 first, int64 floor)
{
	if (watch->changes > 0)
		first = Max(first, watch->least);
	return first > floor ? first : add_or_most(floor, 1);
}

/* How many numbers the root has yet to give before one can be used. */
uint64
root_watch_missing(const RootWatch *watch)
{
	if (watch->changes == 0 || watch->least <= watch->highest)
		return 0;
	return (uint64) watch->least - (uint64) watch->highest - 1;
}
