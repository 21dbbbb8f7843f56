/*-------------------------------------------------------------------------
 *
 * segment_range.h
 *	  Ranges of numbers as values of SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_RANGE_H
#define IDGEN_SEGMENT_RANGE_H

#include "fmgr.h"

#include "segment/segment_root.h"

extern void segment_range_check_count(int64 count);
extern Datum segment_range_datum(SegmentRange range, int64 increment);
extern Datum segment_range_row(FunctionCallInfo fcinfo, SegmentRange range, const uint64 *marks, int count);

#endif							/* IDGEN_SEGMENT_RANGE_H */
