/*-------------------------------------------------------------------------
 *
 * planted.c
 *	  Errors made on purpose, by which test/sanitize sees that its server finds
 *	  errors at all.  Built only by that script, with idgen's own flags.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(planted_overrun);
PG_FUNCTION_INFO_V1(planted_overflow);
PG_FUNCTION_INFO_V1(planted_palloc_overrun);

/* Read an array of four where the caller says, which only AddressSanitizer can judge. */
Datum
planted_overrun(PG_FUNCTION_ARGS)
{
	int			array[4] = {0};
	int		   *volatile start = array;

	PG_RETURN_INT32(start[PG_GETARG_INT32(0)]);
}

/* Add to the largest number: UBSan's. */
Datum
planted_overflow(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(PG_INT32_MAX + PG_GETARG_INT32(0));
}

/* Write past what was allocated: found where the server tells AddressSanitizer of its allocations. */
Datum
planted_palloc_overrun(PG_FUNCTION_ARGS)
{
	volatile char *allocated = palloc(20);

	allocated[PG_GETARG_INT32(0)] = 1;
	PG_RETURN_INT32(allocated[0]);
}
