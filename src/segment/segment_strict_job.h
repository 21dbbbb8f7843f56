/*-------------------------------------------------------------------------
 *
 * segment_strict_job.h
 *	  How the agent serves rounds of strict numbers from roots elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_STRICT_JOB_H
#define IDGEN_SEGMENT_STRICT_JOB_H

#include "segment/segment_session.h"

extern int64 segment_strict_assign_all(int64 now_ns);
extern bool segment_strict_is_errand(const SegmentErrand *errand);
extern void segment_strict_fail(const SegmentErrand *errand, const char *error);
extern void segment_strict_take(const SegmentErrand *errand, const LeaseTake *take, const LeaseTaken *taken,
								const LeaseAnswer *answer);
extern void segment_strict_forget_all(void);

#endif							/* IDGEN_SEGMENT_STRICT_JOB_H */
