/*-------------------------------------------------------------------------
 *
 * segment_options.h
 *	  The options of segments: a table of the extension, which dumps contain.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_OPTIONS_H
#define IDGEN_SEGMENT_OPTIONS_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

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
	uint32		roots;			/* a number for roots elsewhere; 0: the root
								 * is local */
} SegmentOptions;

/* The tables of the extension, in whichever schema that is. */
typedef enum SegmentTableName
{
	SEGMENT_OPTIONS_TABLE,
	SEGMENT_GRANTS_TABLE,
	SEGMENT_ROOTS_TABLE,
} SegmentTableName;

extern SegmentOptions segment_options_read(Oid sequence);
extern List *segment_options_sequences(void);
extern Oid	segment_options_table(SegmentTableName name);
extern void segment_options_forget_tables(void);
extern HeapTuple segment_options_find_row(Relation table, Oid sequence);
extern void segment_options_remove_former(Relation table);

#endif							/* IDGEN_SEGMENT_OPTIONS_H */
