/*-------------------------------------------------------------------------
 *
 * segment_roots.h
 *	  Which segments have their roots elsewhere, and where: a table of the
 *	  extension, which dumps contain.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_ROOTS_H
#define IDGEN_SEGMENT_ROOTS_H

#define SEGMENT_MOST_ROOTS 4

/* Holds all addresses of a segment's roots. */
#define SEGMENT_ADDRESSES_SIZE 1024

/* Holds the name of a counter. */
#define SEGMENT_COUNTER_SIZE 256

/* The pool of counters in stores of keys. */
#define SEGMENT_POOL "segments"

/* Numbers that are skipped when a root may have gone back, if none are given: so many steps. */
#define SEGMENT_STEPS_SKIPPED 64

/* The most numbers that are taken at once, and that are skipped: far from where sums overflow. */
#define SEGMENT_MOST_NUMBERS (INT64CONST(1) << 48)
#define SEGMENT_MOST_SKIPPED (INT64CONST(1) << 47)

typedef struct SegmentRoots
{
	int			count;			/* 0: the root is local */
	char		addresses[SEGMENT_ADDRESSES_SIZE];	/* one after the other,
													 * each with its zero byte */
	char		counter[SEGMENT_COUNTER_SIZE];
	int64		skip;			/* numbers; 0: the default */
} SegmentRoots;

extern bool segment_roots_read(Oid sequence, SegmentRoots *roots);
extern bool segment_roots_is_postgres(const SegmentRoots *roots, int number);
extern uint32 segment_roots_hash(const SegmentRoots *roots);
extern const char *segment_roots_address(const SegmentRoots *roots, int number);

#endif							/* IDGEN_SEGMENT_ROOTS_H */
