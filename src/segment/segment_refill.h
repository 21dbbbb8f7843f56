/*-------------------------------------------------------------------------
 *
 * segment_refill.h
 *	  Refilling the chunk of a segment from its root.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_REFILL_H
#define IDGEN_SEGMENT_REFILL_H

#include "segment/segment_memory.h"

extern SegmentRootStatus segment_refill(SegmentPlace place, const SegmentSequence *sequence,
										uint64 least, uint64 most);
extern void segment_refill_early(SegmentPlace place, const SegmentSequence *sequence);
extern void segment_refill_drop(SegmentEntry *entry);
extern void segment_refill_note_strict(SegmentPlace place, const SegmentGrant *grant);
extern bool segment_refill_begin(SegmentPlace place);
extern void segment_refill_end(int code, Datum place);

#endif							/* IDGEN_SEGMENT_REFILL_H */
