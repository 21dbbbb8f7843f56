/*-------------------------------------------------------------------------
 *
 * segment_page.h
 *	  Taking numbers from the page of a sequence.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_PAGE_H
#define IDGEN_SEGMENT_PAGE_H

#include "segment/segment_root.h"

extern int64 segment_page_last(const SegmentSequence *sequence);
extern XLogRecPtr segment_page_raise(const SegmentSequence *sequence, int64 last);
extern XLogRecPtr segment_page_note_strict(const SegmentSequence *sequence, int64 last);
extern void segment_page_lower(const SegmentSequence *sequence, SegmentRange range, XLogRecPtr lsn);
extern bool segment_page_is_at(const SegmentSequence *sequence, XLogRecPtr lsn);
extern bool segment_page_take_private(const SegmentSequence *sequence, uint64 least, uint64 most, SegmentRange *range);
extern void segment_page_pass_private(const SegmentSequence *sequence, int64 target);
extern bool segment_page_state(const SegmentSequence *sequence, int64 *last);

#endif							/* IDGEN_SEGMENT_PAGE_H */
