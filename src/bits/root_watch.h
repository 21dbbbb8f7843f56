/*-------------------------------------------------------------------------
 *
 * root_watch.h
 *	  What is remembered of a root of numbers, to use none that others may have.
 *
 * A root that has gone back gives numbers a second time: some of those from where it
 * goes on may be in use.  So from the first answer in which that is seen, so many
 * numbers are skipped.  Other takes may be under way then, whose answers are of
 * the same root, of the one before it, or of a later one.
 *
 * The invariant: no number below "least" is used, whoever asked for it and when, and
 * whichever answer was the first to show the change.  "least" is compared when a
 * number is about to be used, and never goes down.
 *
 * No fmgr, no shared memory, no allocation, no errors raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_ROOT_WATCH_H
#define IDGEN_ROOT_WATCH_H

/* All zero: nothing is known. */
typedef struct RootWatch
{
	bool		is_known;		/* it has answered */
	uint64		incarnation;	/* as in LeaseAnswer; 0: unknown */
	uint64		identity;		/* of the counter; 0: unknown */
	int64		highest;		/* is_known: number that has come from it
								 * since it may last have gone back */
	uint32		changes;		/* how often it may have gone back */
	int64		least;			/* changes > 0: the least number to use */
} RootWatch;

extern bool root_watch_is_other(const RootWatch *watch, uint64 incarnation, uint64 identity);
extern bool root_watch_is_late(const RootWatch *watch, const RootWatch *asked, uint64 incarnation, uint64 identity);
extern void root_watch_note(RootWatch *watch, uint64 incarnation, uint64 identity, int64 last);
extern void root_watch_note_change(RootWatch *watch, uint64 incarnation, uint64 identity, int64 first, int64 last,
								   int64 skip);
extern int64 root_watch_first(const RootWatch *watch, int64 first, int64 floor);
extern uint64 root_watch_missing(const RootWatch *watch);

#endif							/* IDGEN_ROOT_WATCH_H */
