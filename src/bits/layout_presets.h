/*-------------------------------------------------------------------------
 *
 * layout_presets.h
 *	  The layouts that have names, and what is known of the systems behind them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PRESETS_H
#define IDGEN_LAYOUT_PRESETS_H

#include "bits/layout.h"

typedef enum SequenceHabit
{
	SEQUENCE_ANYHOW,			/* goes on from tick to tick, starts at random, or is not known */
	SEQUENCE_FROM_START,		/* starts again with each tick, so is low where load is */
} SequenceHabit;

/* What is known of the IDs of a system, beyond where their bits are. */
typedef struct LayoutHabits
{
	bool		is_ours;		/* made for idgen */
	int			rarity;			/* of how many halvings such IDs are rarer than this server's own */
	int64		since_s;		/* no IDs before that but backdated ones, in s since 1970; 0: since the epoch */
	int			first_node;		/* the lowest number of a node */
	uint32		usual_nodes;	/* numbers that the system itself gives its highest node field, as bits; 0: not known */
	bool		nodes_at_random;	/* numbered by a part of an address, say; else small ones are likelier */
	SequenceHabit sequence;
	int			first_sequence;	/* what the sequence starts with */
} LayoutHabits;

/* A name, once published, means the same layout for ever. */
typedef struct LayoutPreset
{
	const char *name;
	const char *specification;
	const char *used_by;
	LayoutHabits habits;
	const char *note;			/* what someone who reads or issues such IDs should know, or NULL */
} LayoutPreset;

extern const LayoutPreset layout_presets[];
extern const int layout_preset_count;

extern const SnowflakeLayout *layout_by_preset_number(int number);
extern const SnowflakeLayout *layout_by_name(const char *name);
extern const LayoutPreset *layout_find_preset(const SnowflakeLayout *layout);
extern const char *layout_preset_name(const SnowflakeLayout *layout);

#endif							/* IDGEN_LAYOUT_PRESETS_H */
