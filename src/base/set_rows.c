/*-------------------------------------------------------------------------
 *
 * set_rows.c
 *	  Reading the rows of PostgreSQL's own set-returning functions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/set_rows.h"

/*
 * Call a function without arguments, without checking the caller's privileges.
 * Its rows are allocated in the caller's query context; the caller ends
 * rows->setResult.
 */
void
set_rows_read(Oid function, ReturnSetInfo *caller, ReturnSetInfo *rows)
{
	LOCAL_FCINFO(call, 0);
	FmgrInfo	lookup;

	memset(rows, 0, sizeof(ReturnSetInfo));
	rows->type = T_ReturnSetInfo;
	rows->econtext = caller->econtext;
	rows->allowedModes = SFRM_Materialize;
	fmgr_info(function, &lookup);
	InitFunctionCallInfoData(*call, &lookup, 0, InvalidOid, NULL, (Node *) rows);
	(void) FunctionCallInvoke(call);
}
