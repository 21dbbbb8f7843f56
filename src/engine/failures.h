/*-------------------------------------------------------------------------
 *
 * failures.h
 *	  Counting calls for IDs that fail, by the SQLSTATE of their error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_FAILURES_H
#define IDGEN_FAILURES_H

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

extern int	failures_begin(void);
extern void failures_caught(int depth);
extern void failures_end(int depth);

#endif							/* IDGEN_FAILURES_H */
