/*-------------------------------------------------------------------------
 *
 * segment_free.h
 *	  The free list of a root.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_FREE_H
#define IDGEN_SEGMENT_FREE_H

#include "segment/segment_root.h"

extern bool segment_free_add(const SegmentSequence *sequence, SegmentRange range);

#endif							/* IDGEN_SEGMENT_FREE_H */
