/*-------------------------------------------------------------------------
 *
 * hogging.c
 *	  A library as another extension may be: it takes all shared memory that there is to have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "storage/shmem.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(hogging_use_up_shared_memory);

/* hogging_use_up_shared_memory(): how many bytes that were. */
Datum
hogging_use_up_shared_memory(PG_FUNCTION_ARGS)
{
	int64		taken = 0;

	for (Size size = 1024 * 1024; size >= PG_CACHE_LINE_SIZE;)
	{
		if (ShmemAllocNoError(size) != NULL)
			taken += size;
		else
			size /= 2;
	}
	PG_RETURN_INT64(taken);
}
