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
#include "engine/wait.h"
#include "engine/window.h"

/* In order of precedence: the first limit that is in the way is waited for or reported. */
typedef enum LimitId
{
	LIMIT_LAYOUT,
	LIMIT_DRIFT,
	LIMIT_RESERVATION,
} LimitId;

#define LIMITS (LIMIT_RESERVATION + 1)

/* Times converted to positions of one layout, cached; all zero at first. */
typedef struct KnownLimits
{
	KnownTime	start;
	KnownTime	ends[LIMITS];
} KnownLimits;

extern IssueWindow limit_window(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now, int64 patience_ns);
extern LimitId limit_in_the_way(const SnowflakeLayout *layout, KnownLimits *known, ClockReading now,
								int64 patience_ns, uint64 position);
extern void limit_wait(LimitId id, Wait *wait, const SnowflakeLayout *layout, uint64 position, uint32 restarts);
extern void limit_wait_until(Wait *wait, const SnowflakeLayout *layout, uint64 position, int64 due_ns);

#endif							/* IDGEN_LIMIT_H */
