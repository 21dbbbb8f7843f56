/*-------------------------------------------------------------------------
 *
 * horizon_use.h
 *	  Horizons that are read where rows would be missed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_HORIZON_USE_H
#define IDGEN_HORIZON_USE_H

#include "fmgr.h"

extern void horizon_use_init(void);
extern void horizon_check_use(FunctionCallInfo fcinfo, const char *name);

#endif							/* IDGEN_HORIZON_USE_H */
