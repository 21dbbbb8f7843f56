/*-------------------------------------------------------------------------
 *
 * segment_sequence.h
 *	  A sequence as a segment: what the catalogs say of it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_SEQUENCE_H
#define IDGEN_SEGMENT_SEQUENCE_H

#include "postgres_ext.h"

#include "segment/segment_options.h"

typedef struct SegmentSequence
{
	Oid			oid;
	Oid			file;			/* the number of its relation file */
	bool		is_private;		/* the file is of the current transaction; its
								 * numbers are only drawn from it if the root
								 * is local */
	Oid			owner;
	Oid			type;			/* of its numbers: int2, int4 or int8 */
	int64		increment;		/* 1 .. */
	int64		min;
	int64		max;
	int64		cache;			/* of nextval() */
	SegmentOptions options;
} SegmentSequence;

extern void segment_sequence_lock(Oid sequence);
extern void segment_sequence_check_privilege(Oid sequence);
extern SegmentSequence segment_sequence_read(Oid sequence);
extern bool segment_sequence_inspect(Oid oid, SegmentSequence *sequence, const char **objection);
extern void segment_sequence_report_ended(const SegmentSequence *sequence, uint64 requested);
extern void segment_sequence_report_refused(const SegmentSequence *sequence, uint64 requested);

/* The number of numbers of a chunk at first. */
static inline uint64
segment_sequence_step(const SegmentSequence *sequence)
{
	return sequence->options.step;
}

#endif							/* IDGEN_SEGMENT_SEQUENCE_H */
