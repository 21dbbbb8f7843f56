/*-------------------------------------------------------------------------
 *
 * segment_tail.h
 *	  Giving back the end of a range that nobody has used.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_TAIL_H
#define IDGEN_SEGMENT_TAIL_H

#include "segment/segment_memory.h"

extern uint64 segment_tail_return(SegmentPlace place, const SegmentSequence *sequence);
extern bool segment_tail_take_back(SegmentPlace place, const SegmentSequence *sequence, SegmentRange range,
								   uint64 number);

#endif							/* IDGEN_SEGMENT_TAIL_H */
