/*-------------------------------------------------------------------------
 *
 * delays.h
 *	  Delays where processes read and write what others do: each full barrier, and
 *	  each swap, of the idgen that the torture builds may last longer.
 *
 * Compilers include this before everything else (-include), so the sources, and
 * mutants of them, need no change.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HORIZON_TORTURE_DELAYS_H
#define HORIZON_TORTURE_DELAYS_H

#include "postgres.h"

#include <unistd.h>

#include "port/atomics.h"

#ifndef MOST_DELAY_US
#define MOST_DELAY_US 1500
#endif
#define ONE_DELAY_IN 16

/* Backends are forked with the same state. */
static inline void
torture_delay(void)
{
	static uint64 state = 0;

	state = (state + (uint64) getpid()) * UINT64CONST(6364136223846793005) + UINT64CONST(1442695040888963407);
	if ((state >> 33) % ONE_DELAY_IN == 0)
		usleep((state >> 40) % (MOST_DELAY_US + 1));
}

#undef pg_memory_barrier
#define pg_memory_barrier() \
	(torture_delay(), __atomic_thread_fence(__ATOMIC_SEQ_CST), torture_delay())

/* In parentheses, as a macro does not expand itself, but would be one again in another. */
#define pg_atomic_compare_exchange_u64(pointer, expected, value) \
	(torture_delay(), torture_delay_after((pg_atomic_compare_exchange_u64) (pointer, expected, value)))

static inline bool
torture_delay_after(bool result)
{
	torture_delay();
	return result;
}

#endif							/* HORIZON_TORTURE_DELAYS_H */
