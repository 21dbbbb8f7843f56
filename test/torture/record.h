/*-------------------------------------------------------------------------
 *
 * record.h
 *	  What load.c writes and check.c reads: IDs as clients received them.
 *
 * A file "ids.N" holds the records of client N in the order in which they came.
 * Consecutive IDs of one statement share a record, which makes a batch small;
 * they never go past the end of a tick, because the node's bits are in between.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TORTURE_RECORD_H
#define TORTURE_RECORD_H

#include <stdint.h>

/* Times are those of the machine, which nobody steps, in us since 1970. */
typedef struct Record
{
	int64_t		first;
	uint32_t	count;
	uint32_t	session;		/* a line of "sessions" */
	int64_t		sent_us;		/* the statement */
	int64_t		received_us;	/* the last of its answer */
} Record;

/* The layout: ms since 2020, then the node and the sequence. */
#define TICK_SHIFT 22
#define EPOCH_US (INT64_C(1577836800) * 1000000)

static inline int64_t
record_end(const Record *record)
{
	return record->first + record->count;
}

static inline int64_t
id_tick(int64_t id)
{
	return id >> TICK_SHIFT;
}

/* When the tick of an ID begins, in us since 1970. */
static inline int64_t
id_time_us(int64_t id)
{
	return id_tick(id) * 1000 + EPOCH_US;
}

#endif							/* TORTURE_RECORD_H */
