/*-------------------------------------------------------------------------
 *
 * layout_plausibility.h
 *	  Of which layout an ID may be that comes from anywhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PLAUSIBILITY_H
#define IDGEN_LAYOUT_PLAUSIBILITY_H

#include "layout.h"

/* Room for candidates: all presets, a layout that is none, and what is no snowflake ID. */
#define LAYOUT_CANDIDATES (layout_preset_count + 3)

typedef enum CandidateKind
{
	CANDIDATE_LAYOUT,
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
	const char *name;			/* the preset's; NULL if it is none */
	LayoutVerdict verdict;
	LayoutDoubts doubts;
	double		surprise;		/* bits it takes to tell the number, knowing what it is */
	double		chance;			/* 0 .. 1, 1 in all */
} LayoutCandidate;

extern int layout_rank(uint64 id, const SnowflakeLayout *own, int64 now_us, LayoutCandidate *candidates);

#endif							/* IDGEN_LAYOUT_PLAUSIBILITY_H */
