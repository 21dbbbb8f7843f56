/*-------------------------------------------------------------------------
 *
 * circuit_breaker.c
 *	  When to ask again what has failed to answer.
 *
 *-------------------------------------------------------------------------
 */
#include "c.h"

#include "bits/circuit_breaker.h"

#define NS_PER_MS INT64CONST(1000000)

/* The pause after the first failures, and the times that the breaker is open. */
#define PAUSE_NS (100 * NS_PER_MS)
#define FIRST_OPEN_NS (1000 * NS_PER_MS)
#define LONGEST_OPEN_NS (60000 * NS_PER_MS)

/* A request has failed.  random is any number. */
void
circuit_breaker_fail(CircuitBreaker *breaker, int64 now_ns, uint32 random)
{
	int			openings;
	int64		pause_ns = PAUSE_NS;

	if (breaker->failures < CIRCUIT_FAILURES + 16)
		breaker->failures++;
	openings = breaker->failures - CIRCUIT_FAILURES;
	if (openings >= 0)
		pause_ns = Min(FIRST_OPEN_NS << openings, LONGEST_OPEN_NS);
	breaker->retry_ns = now_ns + pause_ns / 5 * 4 + (pause_ns / 5 * 2) / PG_UINT16_MAX * (random & PG_UINT16_MAX);
}
