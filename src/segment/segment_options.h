/*-------------------------------------------------------------------------
 *
 * segment_options.h
 *	  The options of segments: a table of the extension, which dumps contain.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_OPTIONS_H
#define IDGEN_SEGMENT_OPTIONS_H

/* Within what a session's share of a chunk is kept. */
typedef enum SegmentOrder
{
	SEGMENT_ORDER_STATEMENT,	/* numbers increase from statement to
								 * statement of all sessions */
	SEGMENT_ORDER_SESSION,		/* and only within a session */
} SegmentOrder;

typedef struct SegmentOptions
{
	uint64		step;			/* numbers of a chunk at first; 0: the default
								 * of the sequence's type */
	SegmentOrder order;
	bool		has_grants;		/* ranges that are handed on are recorded */
	bool		has_free_list;	/* ranges that were given back are issued, out
								 * of order, when there are no others */
	uint32		roots;			/* a number for roots elsewhere; 0: the root
								 * is local */
} SegmentOptions;

extern SegmentOptions segment_options_read(Oid sequence);

#endif							/* IDGEN_SEGMENT_OPTIONS_H */
