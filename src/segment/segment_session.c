/*-------------------------------------------------------------------------
 *
 * segment_session.c
 *	  Sessions of the agent with roots, several of which ask at the same time.
 *
 * A session does one operation at a time, with takes for several segments in it.
 * All of this is of the agent's process.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "engine/random.h"
#include "segment/segment_agent.h"
#include "segment/segment_session.h"

static SegmentSession sessions[SEGMENT_MOST_SESSIONS];

SegmentSession *
segment_session_get(int number)
{
	return &sessions[number];
}

static void
close_session(SegmentSession *session)
{
	LeaseStore *store = session->store;

	session->store = NULL;
	session->address[0] = '\0';
	session->is_busy = false;
	session->operation.take_count = 0;
	if (store != NULL)
		lease_store_close(store);
}

/* One that is free, or else the idle one that was not used for longest; NULL if all are busy. */
static SegmentSession *
find_free(void)
{
	SegmentSession *best = NULL;

	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
	{
		SegmentSession *session = &sessions[i];

		if (session->address[0] == '\0')
			return session;
		if (!session->is_busy && session->operation.take_count == 0 &&
			(best == NULL || session->used_ns < best->used_ns))
			best = session;
	}
	if (best != NULL)
		close_session(best);
	return best;
}

/*
 * The session with an address, which is begun if there is none; it is not
 * connected yet.  NULL if all are busy with others.
 */
SegmentSession *
segment_session_find(const char *address, int lane)
{
	SegmentSession *session;

	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
		if (strcmp(sessions[i].address, address) == 0 && sessions[i].lane == lane)
			return &sessions[i];
	session = find_free();
	if (session == NULL)
		return NULL;
	strlcpy(session->address, address, sizeof(session->address));
	session->lane = lane;
	session->used_ns = clock_monotonic_ns();
	return session;
}

/* Add a take to what the session is to do next; false if that is not possible now. */
bool
segment_session_add(SegmentSession *session, int slot, uint32 request, const LeaseTake *take)
{
	LeaseOperation *operation = &session->operation;
	LeaseTake  *added = &operation->takes[operation->take_count];
	SegmentErrand *errand = &session->errands[operation->take_count];
	uint64		token;

	if (session->is_busy || operation->take_count == LEASE_MOST_TAKES)
		return false;
	token = Max(random_word(), 1);
	for (int i = 0; i < operation->take_count; i++)
		if (strcmp(session->errands[i].counter, take->counter) == 0)
			return false;
	errand->slot = slot;
	errand->request = request;
	strlcpy(errand->counter, take->counter, sizeof(errand->counter));
	operation->kind = LEASE_TAKE;
	*added = *take;
	added->counter = errand->counter;
	added->token = token;
	operation->take_count++;
	return true;
}

/* Begin the session, if that has not been done; false, with the error in it, if it is not possible. */
static bool
open_store(SegmentSession *session)
{
	MemoryContext context = CurrentMemoryContext;

	if (session->store != NULL)
		return true;
	PG_TRY();
	{
		session->store = lease_store_open_at(session->address, SEGMENT_POOL, segment_secret_file, segment_root_timeout_ms);
	}
	PG_CATCH();
	{
		lease_store_note_error(context, session->error, LEASE_ERROR_SIZE);
	}
	PG_END_TRY();
	return session->store != NULL;
}

/* Start what has been added; false, with the error in the session, if it cannot be done. */
bool
segment_session_start(SegmentSession *session)
{
	session->used_ns = clock_monotonic_ns();
	if (!open_store(session))
		return false;
	session->is_busy = true;
	lease_store_start(session->store, &session->operation);
	return true;
}

/* Go on with what is under way.  Returns whether it has ended; what has been added is then to be cleared. */
bool
segment_session_finish(SegmentSession *session, LeaseOutcome *outcome, LeaseAnswer *answer)
{
	if (!session->is_busy)
		return false;
	*outcome = lease_store_step(session->store, answer);
	if (*outcome == LEASE_PENDING)
		return false;
	session->is_busy = false;
	session->used_ns = clock_monotonic_ns();
	return true;
}

/* Wait until a session can go on, our latch is set, or the time (0 .. ns) is over. */
void
segment_session_wait(int64 wait_ns)
{
	static uint32 wait_event = 0;
	WaitEventSet *set = compat_create_wait_set(SEGMENT_MOST_SESSIONS * LEASE_MOST_SOCKETS + 2);
	int64		wait_ms = (wait_ns + NS_PER_MS - 1) / NS_PER_MS;
	WaitEvent	event;

	AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
	{
		LeaseSocket sockets[LEASE_MOST_SOCKETS];
		int64		longest_ms = wait_ms;
		int			count;

		if (!sessions[i].is_busy)
			continue;
		count = lease_store_sockets(sessions[i].store, sockets, &longest_ms);
		for (int j = 0; j < count; j++)
			AddWaitEventToSet(set, sockets[j].events, sockets[j].socket, NULL, NULL);
		wait_ms = Max(Min(wait_ms, longest_ms), 0);
	}
	(void) WaitEventSetWait(set, (long) wait_ms, &event, 1, compat_wait_event(&wait_event, "IdgenSegmentAgent"));
	FreeWaitEventSet(set);
	ResetLatch(MyLatch);
}

/* End sessions that are idle, and were used last before a time. */
void
segment_session_close_idle(int64 before_ns)
{
	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
		if (sessions[i].address[0] != '\0' && !sessions[i].is_busy && sessions[i].used_ns < before_ns)
			close_session(&sessions[i]);
}

void
segment_session_close_all(void)
{
	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
		close_session(&sessions[i]);
}
