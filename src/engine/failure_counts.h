/*-------------------------------------------------------------------------
 *
 * failure_counts.h
 *	  Counts of calls for IDs that have failed, by SQLSTATE, in shared memory.
 *
 * failures.c counts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_FAILURE_COUNTS_H
#define IDGEN_FAILURE_COUNTS_H

#include "port/atomics.h"
#include "utils/elog.h"

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
 * What calls usually fail with has entries from the start, so that monitoring
 * sees these counts grow from 0.
 */
static inline void
failure_counts_init(FailureCount *entries)
{
	static const int usual[] = {
		ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
		ERRCODE_OBJECT_IN_USE,
		ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
		ERRCODE_INVALID_PARAMETER_VALUE,
		ERRCODE_OUT_OF_MEMORY,
		ERRCODE_READ_ONLY_SQL_TRANSACTION,
		ERRCODE_QUERY_CANCELED,
	};

	StaticAssertStmt(lengthof(usual) < FAILURE_OTHERS, "there is room for unusual errors");
	for (int i = 0; i < FAILURE_KINDS; i++)
	{
		pg_atomic_init_u32(&entries[i].sqlstate, i < lengthof(usual) ? usual[i] : 0);
		pg_atomic_init_u64(&entries[i].count, 0);
	}
}

#endif							/* IDGEN_FAILURE_COUNTS_H */
