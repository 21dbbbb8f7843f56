/*-------------------------------------------------------------------------
 *
 * segment_root.h
 *	  Where a segment gets its ranges of numbers from.
 *
 * A chunk of a segment is refilled from its root.  The local root is the
 * sequence itself, on this server; see segment_page.c.  A root elsewhere is
 * reached by another process, which delivers what it has got.
 *
 * The contract of take():
 *
 *	- The process that calls it is the segment's only refiller, on this server: it
 *	  is marked in shared memory and holds no lock of ours.  The caller ends the
 *	  mark, also after an ERROR.
 *	- Numbers of a range that is returned or delivered belong to this server alone,
 *	  durably: no crash, promotion or restart of the root makes it hand them out
 *	  again.  WAL of this server may still wait for a synchronous standby; the
 *	  range is used after that has got it up to lsn.
 *	- Ranges of one segment, as its sequence's file identifies it, increase: all
 *	  is above request->last_taken, whatever happens to the root.  Those of a
 *	  grant with is_free, which the segment's options have to allow, need not be.
 *	- It may return less than request->most, but at least one number.
 *	- SEGMENT_ROOT_ENDED: fewer than request->least numbers in a row are left, with
 *	  request->rest if they follow it.  None has been taken, so callers that want
 *	  fewer still get them.  A root elsewhere that has fewer gives what it has.
 *	- With request->is_early, nobody needs the numbers yet: it neither waits nor
 *	  raises for what can be tried again later.
 *
 * SEGMENT_ROOT_ASKED says that another process will deliver.  take() has called
 * segment_chunk_ask() before it asked.  Until that process calls
 * segment_chunk_deliver(), segment_chunk_fail(), segment_chunk_refuse() or
 * segment_chunk_end(), callers wait, for no longer than idgen.max_wait, and nobody asks
 * again.  After segment_chunk_refuse(), those who want no fewer numbers than were
 * refused give up, and the others ask; is_end says whether that is the end of the
 * numbers, or error is why they are not to be had.  After segment_chunk_end(), which says that the
 * root has no numbers that the sequence may have, nobody asks for a second.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_ROOT_H
#define IDGEN_SEGMENT_ROOT_H

#include "access/xlogdefs.h"
#include "nodes/execnodes.h"

#include "segment/segment_sequence.h"

/* Consecutive numbers of a sequence, count of them, each its increment above the one before. */
typedef struct SegmentRange
{
	int64		first;
	uint64		count;			/* 0: none, and first has no meaning */
} SegmentRange;

/* A place in shared memory, as long as it is of this generation; see segment_memory.h. */
typedef struct SegmentPlace
{
	int			number;
	uint32		generation;		/* never 0 */
} SegmentPlace;

typedef struct SegmentRequest
{
	const SegmentSequence *sequence;
	SegmentPlace place;			/* to deliver to */
	uint64		least;			/* numbers that must be consecutive (1 ..) */
	uint64		most;			/* numbers wanted (least ..) */
	SegmentRange rest;			/* of the chunk, which they may follow */
	bool		has_taken;		/* numbers since the place was made ... */
	int64		last_taken;		/* ... and the last of them */
	bool		is_early;
} SegmentRequest;

typedef enum SegmentRootStatus
{
	SEGMENT_ROOT_TAKEN,
	SEGMENT_ROOT_ENDED,			/* the sequence has not so many numbers */
	SEGMENT_ROOT_ASKED,			/* another process will deliver them */
	SEGMENT_ROOT_UNREACHABLE,	/* and segment_chunk_fail() has been told why */
} SegmentRootStatus;

/* What a root has given. */
typedef struct SegmentGrant
{
	SegmentRange range;
	XLogRecPtr	lsn;			/* of this server's WAL, flushed; invalid:
								 * note_use() will say */
	bool		ends_former;	/* what is left of what was taken before must
								 * not be used any more */
	bool		is_free;		/* somebody has given it back, so that it may
								 * be below what was taken before */
	uint64		epoch;			/* of the root, by which it may get on its
								 * free list; 0: it may not */
} SegmentGrant;

/* What has become of a range that was to be given back. */
typedef enum SegmentReturn
{
	SEGMENT_RETURN_KEPT,		/* it is ours */
	SEGMENT_RETURN_DONE,		/* it is the root's */
	SEGMENT_RETURN_UNKNOWN,		/* it may be the root's */
} SegmentReturn;

/* What is to be given back. */
typedef struct SegmentGiving
{
	const SegmentSequence *sequence;
	SegmentPlace place;
	SegmentRange range;
	uint64		epoch;			/* as in SegmentGrant */
	XLogRecPtr	taken_lsn;
	uint32		drops;			/* of the chunk, when the range was closed */
} SegmentGiving;

typedef struct SegmentRoot
{
	const char *name;			/* in the view "segments" */

	SegmentRootStatus (*take) (const SegmentRequest *request, SegmentGrant *grant);

	/*
	 * Has the root been changed by others, so that what is left of what was
	 * taken from it, up to last_taken, must not be used any more?  NULL:
	 * never.  Called once in a transaction, before its first number.
	 */
	bool		(*has_changed) (const SegmentSequence *sequence, int64 last_taken);

	/*
	 * Numbers up to last are about to be used: note that on this server.
	 * Returns the WAL that has to be flushed first.  NULL: take() has done
	 * so.
	 */
	XLogRecPtr	(*note_use) (const SegmentSequence *sequence, int64 last);

	/*
	 * Give back a range that nobody has used, the last one that was taken, by
	 * WAL at taken_lsn; SEGMENT_RETURN_KEPT, without a change, if others have
	 * taken since.  The caller is the refiller, and has closed the range.
	 * *fate, which is SEGMENT_RETURN_KEPT, is set before anything is raised.
	 */
	void		(*give_back) (const SegmentGiving *giving, volatile SegmentReturn *fate);

	/*
	 * Does the root take back no more than what is left of the range that it
	 * gave last?
	 */
	bool		returns_newest;
} SegmentRoot;

extern const SegmentRoot segment_root_local;
extern const SegmentRoot segment_root_remote;

/* The root of a segment.  Errors: those of a root that is not known. */
extern const SegmentRoot *segment_root_of(const SegmentSequence *sequence);

/*
 * For the process that fetches from roots elsewhere; they do nothing if the
 * place is of another generation, or nothing was asked for.
 */
extern void segment_chunk_ask(SegmentPlace place);
extern void segment_chunk_deliver(SegmentPlace place, const SegmentGrant *grant);
extern void segment_chunk_fail(SegmentPlace place, const char *error);
extern void segment_chunk_refuse(SegmentPlace place, uint64 refused, bool is_end, const char *error);
extern void segment_chunk_end(SegmentPlace place);

#endif							/* IDGEN_SEGMENT_ROOT_H */
