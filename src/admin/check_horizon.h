/*-------------------------------------------------------------------------
 *
 * check_horizon.h
 *	  Does a transaction hold back horizons for long?
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_HORIZON_H
#define IDGEN_CHECK_HORIZON_H

#include "nodes/execnodes.h"

extern void check_horizon(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_HORIZON_H */
