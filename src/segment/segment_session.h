/*-------------------------------------------------------------------------
 *
 * segment_session.h
 *	  Sessions of the agent with roots, several of which ask at the same time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_SEGMENT_SESSION_H
#define IDGEN_SEGMENT_SESSION_H

#include "lease/lease_store.h"
#include "segment/segment_roots.h"

/* A take that a session does, and for whom. */
typedef struct SegmentErrand
{
	int			slot;			/* of the desk ... */
	uint32		request;		/* ... when it had counted so many requests */
	char		counter[SEGMENT_COUNTER_SIZE];
} SegmentErrand;

typedef struct SegmentSession
{
	char		address[SEGMENT_ADDRESSES_SIZE];	/* empty: not in use */
	int			lane;			/* sessions with one root differ in it */
	LeaseStore *store;			/* NULL: it could not be begun */
	bool		is_busy;
	int64		used_ns;		/* last; monotonic */
	LeaseOperation operation;
	SegmentErrand errands[LEASE_MOST_TAKES];
	char		error[LEASE_ERROR_SIZE];	/* why it could not be begun */
} SegmentSession;

#define SEGMENT_MOST_SESSIONS 16

extern SegmentSession *segment_session_find(const char *address, int lane);
extern SegmentSession *segment_session_get(int number);
extern bool segment_session_add(SegmentSession *session, int slot, uint32 request, const LeaseTake *take);
extern bool segment_session_start(SegmentSession *session);
extern bool segment_session_finish(SegmentSession *session, LeaseOutcome *outcome, LeaseAnswer *answer);
extern void segment_session_wait(int64 wait_ns);
extern void segment_session_close_idle(int64 before_ns);
extern void segment_session_close_all(void);

#endif							/* IDGEN_SEGMENT_SESSION_H */
