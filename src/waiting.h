/*-------------------------------------------------------------------------
 *
 * waiting.h
 *	  Waiting until a position may be taken or issued, and giving up.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_WAITING_H
#define IDGEN_WAITING_H

#include "layout.h"
#include "shmem.h"

/* idgen.max_wait, in ms. */
extern int	waiting_max;

/* What a take has waited so far. */
typedef struct Wait
{
	BackendSlot *slot;			/* where it is counted */
	int64		since;			/* monotonic ns; 0 before the first wait */
} Wait;

extern int64 wait_patience(const Wait *wait);
extern void wait_until(Wait *wait, const SnowflakeLayout *layout, uint64 position, int64 due_ns);
extern void wait_for_clock(Wait *wait, const SnowflakeLayout *layout, uint64 position);
extern void wait_for_reservation(Wait *wait, const SnowflakeLayout *layout, uint64 position,
								 uint32 restarts);
extern void wait_to_load(void);
extern void wait_to_write(void);

#endif							/* IDGEN_WAITING_H */
