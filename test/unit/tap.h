/*-------------------------------------------------------------------------
 *
 * tap.h
 *	  What the programs of test/unit report with: TAP.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_TAP_H
#define IDGEN_TAP_H

static int	tests_run = 0;
static int	tests_failed = 0;

static inline void
check(bool ok, const char *name)
{
	tests_run++;
	tests_failed += !ok;
	printf("%s %d - %s\n", ok ? "ok" : "not ok", tests_run, name);
}

/* The name of a test that is run on many things, with one of them.  It lasts until the next. */
static inline const char *
of(const char *name, const char *thing)
{
	static char both[512];

	snprintf(both, sizeof(both), "%s: %s", thing, name);
	return both;
}

static inline void
is_number(int64 got, int64 expected, const char *name)
{
	check(got == expected, name);
	if (got != expected)
		printf("# got %lld, expected %lld\n", (long long) got, (long long) expected);
}

static inline void
is_text(const char *got, const char *expected, const char *name)
{
	check(strcmp(got, expected) == 0, name);
	if (strcmp(got, expected) != 0)
		printf("# got \"%s\"\n# expected \"%s\"\n", got, expected);
}

/* The plan.  Returns the program's exit status. */
static inline int
done_testing(void)
{
	printf("1..%d\n", tests_run);
	return tests_failed > 0;
}

#endif							/* IDGEN_TAP_H */
