/*-------------------------------------------------------------------------
 *
 * segment_root_report.h
 *	  What is known of roots elsewhere, for views and checks.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_ROOT_REPORT_H
#define IDGEN_SEGMENT_ROOT_REPORT_H

#include "segment/segment_desk.h"

/* Called with the slot of a segment of this database, and its sequence. */
typedef void (*SegmentSlotVisitor) (const SegmentSlot *slot, Oid sequence, void *argument);

extern void segment_root_report_visit(SegmentSlotVisitor visitor, void *argument);

#endif							/* IDGEN_SEGMENT_ROOT_REPORT_H */
