/*-------------------------------------------------------------------------
 *
 * check_segments.h
 *	  What idgen_check() finds about the segments of this database.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_CHECK_SEGMENTS_H
#define IDGEN_CHECK_SEGMENTS_H

#include "nodes/execnodes.h"

extern void check_segments(ReturnSetInfo *result);

#endif							/* IDGEN_CHECK_SEGMENTS_H */
