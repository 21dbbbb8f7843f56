/*-------------------------------------------------------------------------
 *
 * layout_habits.h
 *	  What is known of the systems behind the presets, beyond where their bits are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_HABITS_H
#define IDGEN_LAYOUT_HABITS_H

#include "layout.h"

typedef enum SequenceHabit
{
	SEQUENCE_ANYHOW,			/* goes on from tick to tick, starts at random, or is not known */
	SEQUENCE_FROM_START,		/* starts again with each tick, so is low where load is */
} SequenceHabit;

typedef struct LayoutHabits
{
	const char *name;			/* the preset's */
	bool		is_ours;		/* made for idgen */
	int			rarity;			/* of how many halvings such IDs are rarer than this server's own */
	int64		since_s;		/* no IDs before that but backdated ones, in s since 1970; 0: since the epoch */
	int			first_node;		/* the lowest number of a node */
	bool		nodes_at_random;	/* numbered by a part of an address, say; else small ones are likelier */
	SequenceHabit sequence;
	int			first_sequence;	/* what the sequence starts with */
	const char *note;			/* what someone who reads or makes such IDs should know, or NULL */
} LayoutHabits;

extern const LayoutHabits *layout_habits(const char *name);

#endif							/* IDGEN_LAYOUT_HABITS_H */
