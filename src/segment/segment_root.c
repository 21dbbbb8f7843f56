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
	return sequence->options.roots == 0 ? &segment_root_local : &segment_root_remote;
}
