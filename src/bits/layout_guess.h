/*-------------------------------------------------------------------------
 *
 * layout_guess.h
 *	  Of which layout an ID may be that comes from anywhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_GUESS_H
#define IDGEN_LAYOUT_GUESS_H

#include "bits/layout_presets.h"

/* A layout that IDs of this database are of. */
typedef struct OwnLayout
{
	SnowflakeLayout layout;
	const char *name;			/* what it is called where it is no preset */
	const char *owner;			/* whose it is */
} OwnLayout;

/* Room for candidates: all presets, own layouts that are none, other epochs, and what is no snowflake ID. */
#define LAYOUT_CANDIDATES(own_count) (layout_preset_count + (own_count) + 3)

typedef enum CandidateKind
{
	CANDIDATE_LAYOUT,
	CANDIDATE_OTHER_EPOCH,		/* the time is where the likeliest layout has it, but counts from elsewhere */
	CANDIDATE_COUNTER,			/* the next number of a sequence, as nextval() gives */
	CANDIDATE_RANDOM,			/* 64 random bits */
} CandidateKind;

/* Can it be?  What cannot comes last. */
typedef enum LayoutVerdict
{
	LAYOUT_FITS,
	LAYOUT_IN_FUTURE,			/* its time has not come */
	LAYOUT_STRAY_BITS,			/* bits are set that the layout does not use */
} LayoutVerdict;

/* What makes a layout less plausible than it would be. */
typedef struct LayoutDoubts
{
	bool		near_epoch;		/* so early after it that next to no IDs are from then */
	bool		before_system;	/* there was no such system yet */
	bool		node_too_low;	/* the system does not number its nodes so */
	bool		sequence_too_low;	/* nor starts its sequences so */
	bool		sequence_high;	/* would take a burst */
} LayoutDoubts;

typedef struct LayoutCandidate
{
	CandidateKind kind;
	const SnowflakeLayout *layout;	/* of CANDIDATE_LAYOUT */
	const LayoutPreset *preset; /* which that is; NULL if it is none */
	const OwnLayout *own;		/* if it is one of these; else NULL */
	LayoutVerdict verdict;
	LayoutDoubts doubts;
	double		surprise;		/* bits it takes to tell the number, knowing what it is */
	double		chance;			/* 0 .. 1, 1 in all */
} LayoutCandidate;

/* However plausible, a layout is not more certain where others differ from it in the epoch alone. */
#define MOST_CERTAIN 0.9

extern int layout_guess(uint64 id, const OwnLayout *own, int own_count, int64 now_us,
					   LayoutCandidate *candidates);

#endif							/* IDGEN_LAYOUT_GUESS_H */
