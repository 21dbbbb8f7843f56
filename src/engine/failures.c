/*-------------------------------------------------------------------------
 *
 * failures.c
 *	  Counting calls for IDs that fail, by the SQLSTATE of their error.
 *
 * A call fails where it gets its generator ready, or where it waits; these are
 * watched over, and nothing else is, so that a call that does not fail pays
 * nothing.  Errors that a statement catches count, too.  The end of a session
 * that is terminated meanwhile does not.
 *
 * An entry for an SQLSTATE is claimed by compare-and-swap from 0 and never
 * given up, so an entry counts for one SQLSTATE only, and there is one entry
 * for each: who loses the race finds the winner's SQLSTATE in the entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/proc.h"

#include "engine/failures.h"
#include "engine/shmem.h"

/* How many steps are being watched over. */
static int	watch_depth = 0;

/* The entry of an SQLSTATE, which is claimed if there is none. */
static FailureCount *
get_entry(FailureCount *entries, uint32 sqlstate)
{
	for (int i = 0; i < FAILURE_OTHERS; i++)
	{
		uint32		found = 0;

		if (pg_atomic_compare_exchange_u32(&entries[i].sqlstate, &found, sqlstate) || found == sqlstate)
			return &entries[i];
	}
	return &entries[FAILURE_OTHERS];
}

/*
 * To be called before PG_TRY().  The shared area is attached here, as the count
 * must not raise.  If there is no room for it, or the process has no part in
 * shared memory, nothing is counted.
 */
int
failures_begin(void)
{
	if (watch_depth == 0 && MyProc != NULL)
		(void) shmem_area_if_room();
	return watch_depth++;
}

/* To be called in PG_CATCH(), with what failures_begin() has returned. */
void
failures_caught(int depth)
{
	SharedArea *area = shmem_area_if_attached();

	watch_depth = depth;
	if (depth == 0 && area != NULL)
		pg_atomic_fetch_add_u64(&get_entry(area->slow_counts.failures, geterrcode())->count, 1);
}

/* To be called when nothing was raised. */
void
failures_end(int depth)
{
	watch_depth = depth;
}
