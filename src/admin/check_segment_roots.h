/*-------------------------------------------------------------------------
 *
 * check_segment_roots.h
 *	  What idgen_check() finds about roots of segments that are elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_SEGMENT_ROOTS_H
#define IDGEN_CHECK_SEGMENT_ROOTS_H

#include "nodes/execnodes.h"

extern void check_segment_roots(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_SEGMENT_ROOTS_H */
