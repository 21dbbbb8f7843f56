/*-------------------------------------------------------------------------
 *
 * segment_root.c
 *	  Which root a segment has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "segment/segment_root.h"

const SegmentRoot *
segment_root_of(const SegmentSequence *sequence)
{
	return &segment_root_local;
}
