/*-------------------------------------------------------------------------
 *
 * segment_chunk.h
 *	  The chunk of a segment, which all sessions of this server share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_CHUNK_H
#define IDGEN_SEGMENT_CHUNK_H

#include "segment/segment_memory.h"

/* Numbers of a chunk that a process has taken for itself. */
typedef struct SegmentShare
{
	SegmentRange range;
	uint32		drops;			/* of the segment's chunks, before the take */
	uint64		number;			/* as the entry counts shares; 0: of no chunk */
} SegmentShare;

extern bool segment_chunk_take(SegmentPlace place, const SegmentSequence *sequence,
							   uint64 least, uint64 most, SegmentShare *share);
extern bool segment_chunk_pass(SegmentPlace place, const SegmentSequence *sequence, int64 target);
extern bool segment_chunk_last(SegmentPlace place, int64 *last);
extern void segment_chunk_put_back(SegmentPlace place, const SegmentShare *share);
extern bool segment_chunk_check(SegmentPlace place, const SegmentSequence *sequence, uint32 *drops);

#endif							/* IDGEN_SEGMENT_CHUNK_H */
