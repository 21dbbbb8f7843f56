/*-------------------------------------------------------------------------
 *
 * segment_report.h
 *	  What can be told of a segment from shared memory.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_REPORT_H
#define IDGEN_SEGMENT_REPORT_H

#include "engine/clock.h"
#include "segment/segment_memory.h"

extern double segment_report_rate(const SegmentEntry *entry);

#endif							/* IDGEN_SEGMENT_REPORT_H */
