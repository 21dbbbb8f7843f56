/*-------------------------------------------------------------------------
 *
 * circuit_breaker.c
 *	  Tests of circuit_breaker.h, in TAP.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "bits/circuit_breaker.h"

#include "tap.h"

#define S_NS INT64CONST(1000000000)

static void
test_opening(void)
{
	CircuitBreaker breaker = {0};
	int64		now = 1000 * S_NS;

	check(circuit_breaker_allows(&breaker, now), "at first, everybody may ask");
	for (int i = 1; i < CIRCUIT_FAILURES; i++)
		circuit_breaker_fail(&breaker, now, 0);
	check(!circuit_breaker_is_open(&breaker, now), "few failures do not open it");
	check(!circuit_breaker_allows(&breaker, now), "but there is a pause");
	check(circuit_breaker_allows(&breaker, now + S_NS / 5), "which is short");
	circuit_breaker_fail(&breaker, now, 0);
	check(circuit_breaker_is_open(&breaker, now), "the third in a row opens it");
	check(circuit_breaker_is_open(&breaker, now + S_NS * 7 / 10), "for about a second");
	check(!circuit_breaker_is_open(&breaker, now + S_NS * 13 / 10), "and not for longer");
	circuit_breaker_succeed(&breaker);
	check(circuit_breaker_allows(&breaker, now), "an answer closes it");
}

static void
test_times(void)
{
	static const int seconds[] = {1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60};
	CircuitBreaker breaker = {.failures = CIRCUIT_FAILURES - 1};

	for (int i = 0; i < lengthof(seconds); i++)
	{
		CircuitBreaker longest = breaker;
		int64		time_ns = seconds[i] * S_NS;

		circuit_breaker_fail(&longest, 0, PG_UINT32_MAX);
		circuit_breaker_fail(&breaker, 0, 0);
		check(breaker.retry_ns == time_ns / 5 * 4, "at the least, it is open for four fifths of its time");
		check(longest.retry_ns <= time_ns / 5 * 6 && longest.retry_ns > time_ns, "at the most, for six");
	}
}

int
main(void)
{
	test_opening();
	test_times();
	return done_testing();
}
