/*-------------------------------------------------------------------------
 *
 * failures.h
 *	  Counting calls for IDs that fail, by the SQLSTATE of their error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_FAILURES_H
#define IDGEN_FAILURES_H

#include "port/atomics.h"

/* How many calls have failed with an SQLSTATE, as errcode() packs it; 0: the entry is free. */
typedef struct FailureCount
{
	pg_atomic_uint32 sqlstate;
	pg_atomic_uint64 count;
} FailureCount;

/* The last entry counts all for which there is no other. */
#define FAILURE_KINDS 32
#define FAILURE_OTHERS (FAILURE_KINDS - 1)

/*
 * Watch over a step of a call for IDs that is not on the hot path, as with
 * PG_TRY().  If the step fails, that is counted; of steps within each other,
 * the outermost counts.
 */
#define FAILURES_BEGIN_WATCH() \
	do { \
		int			failures_depth = failures_begin(); \
		PG_TRY()

#define FAILURES_END_WATCH() \
		PG_CATCH(); \
		{ \
			failures_caught(failures_depth); \
			PG_RE_THROW(); \
		} \
		PG_END_TRY(); \
		failures_end(failures_depth); \
	} while (0)

extern void failures_init(FailureCount *entries);
extern int	failures_begin(void);
extern void failures_caught(int depth);
extern void failures_end(int depth);

#endif							/* IDGEN_FAILURES_H */
