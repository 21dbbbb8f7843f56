/*-------------------------------------------------------------------------
 *
 * layout_plan.h
 *	  Which layouts are enough for so many IDs, nodes and years.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PLAN_H
#define IDGEN_LAYOUT_PLAN_H

#include "bits/layout.h"

/* The most that a demand may be.  No layout makes more IDs. */
#define MOST_IDS_PER_SECOND ((INT64CONST(1) << 31) * US_PER_S)
#define MOST_YEARS 10000

typedef struct LayoutDemand
{
	int64		ids_per_second; /* of each node: 1 .. MOST_IDS_PER_SECOND */
	int			nodes;			/* from 1 */
	int			years;			/* 1 .. MOST_YEARS */
} LayoutDemand;

/* Why a layout is not enough; all false where it is. */
typedef struct LayoutShortfalls
{
	bool		rate;
	bool		nodes;
	bool		years;			/* any of the next three, or the end comes too soon */
	bool		run_out;		/* has ended */
	bool		negative;		/* ends, for us, as bigint turns negative */
	bool		no_date;		/* the time counts within a slab */
} LayoutShortfalls;

typedef struct LayoutProposal
{
	SnowflakeLayout layout;
	LayoutShortfalls shortfalls;
	int			demands_missed; /* 0 .. 3 */
	int			origin;			/* ours, computed for the demand, or another system's: see layout_plan.c */
	int			place;			/* in which order they were proposed */
} LayoutProposal;

/* Room for all proposals. */
#define LAYOUT_PROPOSALS (layout_preset_count + 3)

extern int layout_plan(const LayoutDemand *demand, int64 now_us, LayoutProposal *proposals);
extern double layout_margin(const SnowflakeLayout *layout, const LayoutDemand *demand, int64 now_us);

#endif							/* IDGEN_LAYOUT_PLAN_H */
