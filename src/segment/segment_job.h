/*-------------------------------------------------------------------------
 *
 * segment_job.h
 *	  What the agent does for a segment whose root is elsewhere, from a request to
 *	  its delivery.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_JOB_H
#define IDGEN_SEGMENT_JOB_H

#include "segment/segment_desk.h"
#include "segment/segment_session.h"

/* A request that is served.  It is of the agent's process. */
typedef struct SegmentJob
{
	SegmentPlace place;
	uint32		request;
	bool		is_under_way;	/* a session does it */
	int			root;			/* that is asked */
	bool		has_tried[SEGMENT_MOST_ROOTS];
	int			takes;			/* from this root, so far */
	RootWatch	asked;			/* of this root, when it was asked */
	uint64		to_pass;		/* numbers that are taken in addition, as the
								 * first ones cannot be used */
	bool		is_refused;		/* a root has answered that it has no such
								 * counter, or ... */
	bool		has_ended;		/* ... not so many numbers */
	bool		has_refused[SEGMENT_MOST_ROOTS];	/* that is, one of the two */
	bool		ends_former;	/* as in SegmentGrant */
	bool		is_free;		/* the root has no other numbers than those
								 * that were given back */
} SegmentJob;

typedef enum SegmentJobNext
{
	SEGMENT_JOB_ASK,			/* job->root */
	SEGMENT_JOB_WAIT,			/* before asking */
	SEGMENT_JOB_GIVE_UP,		/* the request fails */
} SegmentJobNext;

extern SegmentJob *segment_job_get(int slot);
extern bool segment_job_begin(int slot, SegmentSlot *copy);
extern SegmentJobNext segment_job_choose_root(SegmentJob *job, const SegmentSlot *slot, int64 now_ns, int64 *retry_ns);
extern int64 segment_job_count(const SegmentJob *job, const SegmentSlot *slot);
extern void segment_job_give_up(int number, const SegmentSlot *slot);
extern void segment_job_fail(const SegmentErrand *errand, const char *error);
extern void segment_job_take(const SegmentErrand *errand, const LeaseTake *take, const LeaseTaken *taken,
							 const LeaseAnswer *answer);
extern void segment_job_forget_all(void);

#endif							/* IDGEN_SEGMENT_JOB_H */
