/*-------------------------------------------------------------------------
 *
 * histogram.h
 *	  Durations counted in shared memory, for monitoring, by powers of ten.
 *
 * Any process adds to a histogram, by atomics and without a lock.  A reader may
 * find a duration counted whose time is not in the sum yet; nothing is lost.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HISTOGRAM_H
#define IDGEN_HISTOGRAM_H

#include "port/atomics.h"

/* Durations up to 10 us, 100 us, 1 ms, 10 ms, 100 ms, 1 s, 10 s, and longer ones. */
#define HISTOGRAM_BUCKETS 8
#define HISTOGRAM_FIRST_BOUND_US 10

typedef struct Histogram
{
	pg_atomic_uint64 buckets[HISTOGRAM_BUCKETS];
	pg_atomic_uint64 sum_us;
} Histogram;

static inline void
histogram_init(Histogram *histogram)
{
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		pg_atomic_init_u64(&histogram->buckets[i], 0);
	pg_atomic_init_u64(&histogram->sum_us, 0);
}

/* Count a duration, in us (0 ..). */
static inline void
histogram_add(Histogram *histogram, uint64 us)
{
	uint64		bound_us = HISTOGRAM_FIRST_BOUND_US;
	int			bucket = 0;

	for (; bucket < HISTOGRAM_BUCKETS - 1 && us > bound_us; bucket++)
		bound_us *= 10;
	pg_atomic_fetch_add_u64(&histogram->sum_us, us);
	pg_atomic_fetch_add_u64(&histogram->buckets[bucket], 1);
}

#endif							/* IDGEN_HISTOGRAM_H */
