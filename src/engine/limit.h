/*-------------------------------------------------------------------------
 *
 * limit.h
 *	  The limits on the positions that may be taken.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LIMIT_H
#define IDGEN_LIMIT_H

#include "bits/layout.h"
#include "engine/drift.h"
#include "engine/wait.h"

/* In order of precedence: the first limit that is in the way is waited for or reported. */
typedef enum LimitId
{
	LIMIT_LAYOUT,
	LIMIT_DRIFT,
	LIMIT_RESERVATION,
	LIMIT_LEASE,
} LimitId;

#define LIMITS (LIMIT_LEASE + 1)

/* A time and its position as last converted; the division takes longer than everything else. */
typedef struct KnownTime
{
	uint64		us;
	uint64		position;
} KnownTime;

/* Times converted to positions of one layout, cached; all zero at first. */
typedef struct KnownLimits
{
	KnownTime	start;
	KnownTime	lease_start;
	bool		has_server_worker;	/* the lease of the server's worker ID is
									 * one of the limits */
	KnownTime	ends[LIMITS];
} KnownLimits;

/*
 * The positions that may be taken now, in whole ticks: from floor up to, but
 * not including, ceiling, unless another limit is nearer.
 */
typedef struct OpenPositions
{
	uint64		floor;
	uint64		ceiling;		/* the end of the drift */
	uint64		end;			/* the nearest limit: no position from here on
								 * is taken */
	uint32		restarts;		/* of the timelines, before the limits were
								 * read */
} OpenPositions;

extern uint64 limit_start(const SnowflakeLayout *layout, KnownLimits *known);
extern OpenPositions limit_open_positions(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now, int64 patience_ns);
extern LimitId limit_in_the_way(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now,
								int64 patience_ns, uint64 position);
extern void limit_wait(LimitId id, Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts);
extern void limit_wait_until(Wait *wait, const SnowflakeLayout *layout, uint64 position, int64 due_ns);

#endif							/* IDGEN_LIMIT_H */
