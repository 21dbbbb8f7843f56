/*-------------------------------------------------------------------------
 *
 * set_rows.c
 *	  See set_rows.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/set_rows.h"

/*
 * Call a function without arguments, as C does: without a look at the caller's rights.  Its
 * rows are in memory of the caller's query; rows->setResult is to be ended.
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
