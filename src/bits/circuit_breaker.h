/*-------------------------------------------------------------------------
 *
 * circuit_breaker.h
 *	  When to ask again what has failed to answer.
 *
 * After a failure, there is a short pause.  CIRCUIT_FAILURES in a row open the
 * breaker: nobody asks for 1 s, and then one request shows whether to go on; if
 * it fails, it is 2 s, 4 s, ... and at last 60 s.  Each time is up to a fifth
 * shorter or longer, at random, so that many who have failed together do not come
 * back together.
 *
 * Times are in ns, by a clock that does not go back.  No fmgr, no shared memory,
 * no allocation, no errors raised.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CIRCUIT_BREAKER_H
#define IDGEN_CIRCUIT_BREAKER_H

#define CIRCUIT_FAILURES 3

/* All zero: closed. */
typedef struct CircuitBreaker
{
	int			failures;		/* in a row */
	int64		retry_ns;		/* nothing is asked before */
} CircuitBreaker;

extern void circuit_breaker_fail(CircuitBreaker *breaker, int64 now_ns, uint32 random);

static inline void
circuit_breaker_succeed(CircuitBreaker *breaker)
{
	breaker->failures = 0;
	breaker->retry_ns = 0;
}

/* May somebody ask? */
static inline bool
circuit_breaker_allows(const CircuitBreaker *breaker, int64 now_ns)
{
	return now_ns >= breaker->retry_ns;
}

/* Is it not worth to wait for the next attempt? */
static inline bool
circuit_breaker_is_open(const CircuitBreaker *breaker, int64 now_ns)
{
	return breaker->failures >= CIRCUIT_FAILURES && now_ns < breaker->retry_ns;
}

#endif							/* IDGEN_CIRCUIT_BREAKER_H */
