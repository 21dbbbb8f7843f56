/*-------------------------------------------------------------------------
 *
 * segment_table.h
 *	  Tables of the extension with what is said of segments.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_TABLE_H
#define IDGEN_SEGMENT_TABLE_H

#include "access/htup.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

typedef enum SegmentTableName
{
	SEGMENT_OPTIONS_TABLE,
	SEGMENT_GRANTS_TABLE,
	SEGMENT_ROOTS_TABLE,
	SEGMENT_FREE_TABLE,
} SegmentTableName;

extern Oid	segment_table_find(SegmentTableName name);
extern void segment_table_forget_all(void);
extern HeapTuple segment_table_find_row(Relation table, Oid sequence);
extern List *segment_table_sequences(SegmentTableName name);

extern void segment_table_prevent_change(const char *function);
extern void segment_table_check_sequence(FunctionCallInfo fcinfo);
extern Relation segment_table_begin_change(SegmentTableName name);
extern void segment_table_delete_row(SegmentTableName name, Oid sequence);
extern void segment_table_write_row(Relation table, HeapTuple old, Datum *values, bool *nulls);
extern void segment_table_end_change(Relation table, Oid sequence);

#endif							/* IDGEN_SEGMENT_TABLE_H */
