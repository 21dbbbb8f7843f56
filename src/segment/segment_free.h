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

extern uint64 segment_free_epoch(const SegmentSequence *sequence);
extern bool segment_free_add(const SegmentSequence *sequence, SegmentRange range, uint64 epoch);

#endif							/* IDGEN_SEGMENT_FREE_H */
