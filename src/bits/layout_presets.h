/*-------------------------------------------------------------------------
 *
 * layout_presets.h
 *	  Presets: layouts with a name, and what is known of the systems that use them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PRESETS_H
#define IDGEN_LAYOUT_PRESETS_H

#include "bits/layout.h"

typedef enum SequenceUsage
{
	SEQUENCE_FROM_ANYWHERE,		/* it continues across ticks, starts at
								 * random, or is unknown */
	SEQUENCE_FROM_START,		/* it restarts with each tick, so it is low
								 * under low load */
} SequenceUsage;

/* How a system issues its IDs: what its layout does not say, and layout_guess.c uses. */
typedef struct LayoutUsage
{
	bool		is_ours;		/* a layout of idgen */
	int			rarity;			/* log2 of how much rarer these IDs are than
								 * this server's own */
	int64		since_s;		/* earlier IDs are backdated, in s since 1970;
								 * 0 if none are */
	int			first_node;		/* the lowest node */
	uint32		usual_nodes;	/* values that the system gives its highest
								 * node field, as a bit mask; 0 if unknown */
	bool		nodes_at_random;	/* as from a part of an address; otherwise
									 * small nodes are likelier */
	SequenceUsage sequence;
	int			first_sequence; /* the lowest sequence */
} LayoutUsage;

/* A published name never changes its meaning. */
typedef struct LayoutPreset
{
	const char *name;
	const char *specification;
	const char *used_by;
	LayoutUsage usage;
	const char *note;			/* what a reader or issuer of such IDs should
								 * know, or NULL */
} LayoutPreset;

extern const LayoutPreset layout_presets[];
extern const int layout_preset_count;

extern const SnowflakeLayout *layout_by_preset_number(int number);
extern const SnowflakeLayout *layout_by_name(const char *name);
extern const LayoutPreset *layout_find_preset(const SnowflakeLayout *layout);
extern const char *layout_preset_name(const SnowflakeLayout *layout);

#endif							/* IDGEN_LAYOUT_PRESETS_H */
