/*-------------------------------------------------------------------------
 *
 * kills.h
 *	  Ends of processes at the worst of times: the idgen that the torture builds
 *	  kills its own process before or after a flush, when it is told to.
 *
 * It is told by a file in the data directory, which the process removes before it
 * dies, so that one file kills one process.  Before the flush, the page of the
 * sequence is changed and its WAL inserted; after it, nobody has been told of the
 * range.
 *
 * Compilers include this before everything else (-include), so the sources need no
 * change.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SEGMENT_TORTURE_KILLS_H
#define SEGMENT_TORTURE_KILLS_H

#include "postgres.h"

#include <signal.h>
#include <unistd.h>

#include "access/xlog.h"

static inline void
die_if_told(const char *file)
{
	if (unlink(file) == 0)
		kill(getpid(), SIGKILL);
}

/* In parentheses, as a macro does not expand itself. */
#define XLogFlush(lsn) \
	(die_if_told("torture.before_flush"), (XLogFlush) (lsn), die_if_told("torture.after_flush"))

#endif							/* SEGMENT_TORTURE_KILLS_H */
