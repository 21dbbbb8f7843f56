/*-------------------------------------------------------------------------
 *
 * check_clock.h
 *	  What idgen_check() finds about the system clock.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_CLOCK_H
#define IDGEN_CHECK_CLOCK_H

#include "nodes/execnodes.h"

#include "engine/reference_clock.h"

extern void check_clock(ReturnSetInfo *result);
extern void check_reference_clock(ReturnSetInfo *result, const ReferenceLead *lead);

#endif							/* IDGEN_CHECK_CLOCK_H */
