/*-------------------------------------------------------------------------
 *
 * layout_guess.h
 *	  Guess the layout of an ID of unknown origin.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_GUESS_H
#define IDGEN_LAYOUT_GUESS_H

#include "bits/layout_presets.h"

/* A layout of IDs of this database. */
typedef struct OwnLayout
{
	SnowflakeLayout layout;
	const char *name;			/* shown if the layout is not a preset */
	const char *owner;			/* the server or a generator */
} OwnLayout;

/* All presets, own layouts that are not presets, CANDIDATE_OTHER_EPOCH, _COUNTER and _RANDOM. */
#define LAYOUT_CANDIDATES(own_count) (layout_preset_count + (own_count) + 3)

typedef enum CandidateKind
{
	CANDIDATE_LAYOUT,
	CANDIDATE_OTHER_EPOCH,		/* the likeliest layout with another epoch */
	CANDIDATE_COUNTER,			/* a number of a sequence, as from nextval() */
	CANDIDATE_RANDOM,			/* 64 random bits */
} CandidateKind;

/* Candidates that do not fit are ranked last. */
typedef enum LayoutVerdict
{
	LAYOUT_FITS,
	LAYOUT_IN_FUTURE,			/* the time is in the future */
	LAYOUT_STRAY_BITS,			/* bits are set that the layout does not use */
} LayoutVerdict;

/* What makes a layout less plausible. */
typedef struct LayoutDoubts
{
	bool		near_epoch;		/* so soon after the epoch that few IDs have
								 * such a time */
	bool		before_system;	/* the system did not exist yet */
	bool		node_too_low;	/* below the lowest node of the system */
	bool		sequence_too_low;	/* below the lowest sequence of the system */
	bool		sequence_high;	/* only a burst would reach it */
} LayoutDoubts;

typedef struct LayoutCandidate
{
	CandidateKind kind;
	const SnowflakeLayout *layout;	/* if kind is CANDIDATE_LAYOUT */
	const LayoutPreset *preset; /* NULL if the layout is not a preset */
	const OwnLayout *own;		/* NULL if the layout is not an own one */
	LayoutVerdict verdict;
	LayoutDoubts doubts;
	double		surprise;		/* bits needed to describe the ID to someone
								 * who knows the kind */
	double		chance;			/* 0 .. 1; all add up to 1 */
} LayoutCandidate;

/* The largest chance of a layout if systems are known that differ only in the epoch. */
#define MOST_CERTAIN 0.9

extern int	layout_guess(uint64 id, const OwnLayout *own, int own_count, int64 now_us,
						 LayoutCandidate *candidates);

#endif							/* IDGEN_LAYOUT_GUESS_H */
