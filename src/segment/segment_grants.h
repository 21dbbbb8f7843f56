/*-------------------------------------------------------------------------
 *
 * segment_grants.h
 *	  A record of the ranges that were handed on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_GRANTS_H
#define IDGEN_SEGMENT_GRANTS_H

#include "segment/segment_root.h"

extern void segment_grants_record(const SegmentSequence *sequence, SegmentRange range);

#endif							/* IDGEN_SEGMENT_GRANTS_H */
