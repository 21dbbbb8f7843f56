/*-------------------------------------------------------------------------
 *
 * layout_plan.h
 *	  Which layouts meet a demand for IDs per second, nodes and years.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LAYOUT_PLAN_H
#define IDGEN_LAYOUT_PLAN_H

#include "bits/layout.h"

/* The limits of a demand.  No layout issues more IDs. */
#define MOST_IDS_PER_SECOND ((INT64CONST(1) << 31) * US_PER_S)
#define MOST_YEARS 10000

typedef struct LayoutDemand
{
	int64		ids_per_second; /* per node: 1 .. MOST_IDS_PER_SECOND */
	int			nodes;			/* at least 1 */
	int			years;			/* 1 .. MOST_YEARS */
} LayoutDemand;

/* Why a layout does not meet a demand; all false if it does. */
typedef struct LayoutShortfalls
{
	bool		rate;
	bool		nodes;
	bool		years;			/* any of the next three, or it ends too soon */
	bool		run_out;		/* it has ended */
	bool		negative;		/* it ends for idgen because IDs turn negative */
	bool		no_date;		/* the time counts within a slab */
} LayoutShortfalls;

typedef struct LayoutProposal
{
	SnowflakeLayout layout;
	LayoutShortfalls shortfalls;
	int			demands_missed; /* 0 .. 3 */
	int			origin;			/* idgen's, computed, or another system's: see
								 * layout_plan.c */
	int			place;			/* in the order of proposal */
} LayoutProposal;

/* Room for all proposals. */
#define LAYOUT_PROPOSALS (layout_preset_count + 3)

extern int	layout_plan(const LayoutDemand *demand, int64 now_us, LayoutProposal *proposals);
extern double layout_margin(const SnowflakeLayout *layout, const LayoutDemand *demand, int64 now_us);

#endif							/* IDGEN_LAYOUT_PLAN_H */
