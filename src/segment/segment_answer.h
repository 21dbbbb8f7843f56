/*-------------------------------------------------------------------------
 *
 * segment_answer.h
 *	  What an answer of a root says of it, whoever asked: a chunk's job or a round's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_ANSWER_H
#define IDGEN_SEGMENT_ANSWER_H

#include "segment/segment_desk.h"

/* Errors of roots that have answered, for people. */
#define SEGMENT_NO_COUNTER "the root has no such counter"
#define SEGMENT_NO_MORE_NUMBERS "the root has no more numbers"

/* Numbers that have been skipped, as a root may have gone back. */
typedef struct SegmentSkip
{
	int			root;
	int64		numbers;		/* 0: none */
} SegmentSkip;

extern bool segment_answer_is_late(const SegmentRootState *state, const RootWatch *asked, const LeaseTaken *taken,
								   const LeaseAnswer *answer);
extern SegmentSkip segment_answer_note(SegmentSlot *slot, int root, const LeaseTaken *taken, const LeaseAnswer *answer,
									   int64 last, bool has_gone_back);
extern void segment_answer_report_skip(SegmentSkip skip, const char *counter);
extern int	segment_answer_find_silent(const bool *has_refused, int roots);
extern bool segment_answer_is_refusal(const LeaseTaken *taken);
extern const char *segment_answer_why(const LeaseTaken *taken);
extern void segment_answer_note_refusal(SegmentRootState *state, const LeaseTaken *taken);

#endif							/* IDGEN_SEGMENT_ANSWER_H */
