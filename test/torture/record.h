/*-------------------------------------------------------------------------
 *
 * record.h
 *	  What load.c writes and check.c reads: IDs as clients received them, and which
 *	  generators there are.
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
	uint32_t	count:24;
	uint32_t	source:8;		/* see below */
	uint32_t	session;		/* a line of "sessions" */
	int64_t		sent_us;		/* the statement */
	int64_t		received_us;	/* the last of its answer */
} Record;

_Static_assert(sizeof(Record) == 32, "a record is written as it is");

#define DATABASES 3

/*
 * Who issues IDs.  All but tours keep to two frames, in whatever words and with
 * whatever node: that of the layout "default" and that of "js53", whose numbers
 * are too small to be of the other.  So a number that any two of them have issued
 * is a duplicate.  A tour goes through layouts of different sequences, of which
 * others may have the same numbers; it alone must not repeat one.
 */
typedef enum SourceKind
{
	SERVER,						/* the server's own IDs, in all databases */
	FIXED,						/* a node for good, that of FIXED_NODE */
	MOVED,						/* a node of its own, altered under load */
	PART,						/* a worker of its own, altered; the server's
								 * datacenter */
	FOLLOWER,					/* the server's node */
	JS,							/* 53 bits; a worker of its own, altered */
	TOUR,						/* layout and node altered */
	SOURCE_KINDS
} SourceKind;

/* A source is the server, or a generator of a database: generators of one name are others in each. */
#define SOURCES (1 + DATABASES * (SOURCE_KINDS - 1))

static const char *const source_names[SOURCE_KINDS] = {
	"server", "fixed", "moved", "part", "follower", "js", "tour"
};

/* Databases count from 1. */
static inline int
source_number(SourceKind kind, int database)
{
	return kind == SERVER ? 0 : (database - 1) * (SOURCE_KINDS - 1) + kind;
}

static inline SourceKind
source_kind(int source)
{
	return source == 0 ? SERVER : (SourceKind) ((source - 1) % (SOURCE_KINDS - 1) + 1);
}

/* Two sources of one class must not issue the same number. */
static inline int
source_class(int source)
{
	return source_kind(source) == TOUR ? source : 0;
}

/* Frames: ms since 2020, then the node and the sequence. */
#define EPOCH_US (INT64_C(1577836800) * 1000000)
#define TICK_SHIFT 22
#define NODE_SHIFT 12
#define NODES 1024
#define WORKER_BITS 5
#define JS_TICK_SHIFT 12
#define JS_NODE_SHIFT 7
#define JS_NODES 32
#define SPACES (NODES + JS_NODES)

#define FIXED_NODE 3

static inline int64_t
record_end(const Record *record)
{
	return record->first + record->count;
}

/* When the tick of an ID begins, in us since 1970.  A tour's layouts count alike but for half a tick. */
static inline int64_t
id_time_us(int source, int64_t id)
{
	return (id >> (source_kind(source) == JS ? JS_TICK_SHIFT : TICK_SHIFT)) * 1000 + EPOCH_US;
}

/* Datacenter and worker, or a JS worker. */
static inline int
id_node(int source, int64_t id)
{
	return source_kind(source) == JS ? id >> JS_NODE_SHIFT & (JS_NODES - 1) : id >> NODE_SHIFT & (NODES - 1);
}

/* IDs of a space are of one timeline, so they are in order across sessions.  -1: cannot be told. */
static inline int
id_space(int source, int64_t id)
{
	if (source_kind(source) == TOUR)
		return -1;
	return id_node(source, id) + (source_kind(source) == JS ? NODES : 0);
}

#endif							/* TORTURE_RECORD_H */
