/*-------------------------------------------------------------------------
 *
 * segment_agent.c
 *	  The process that takes ranges from roots elsewhere.
 *
 * One background worker serves all segments of the server.  Processes leave
 * requests at the desk (see segment_desk.h) and set its latch.  It takes from the
 * roots, several at the same time, and delivers to the segments' chunks.  It uses
 * no database.
 *
 * What is requested stays at the desk until it has been delivered or has failed.
 * So if the agent ends and is started again, it begins with what is wanted: a
 * range that was on its way is lost.
 *
 * Which root comes next and which numbers of a range may be used is decided in
 * segment_job.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "segment/segment_agent.h"
#include "segment/segment_desk.h"
#include "segment/segment_job.h"
#include "segment/segment_rounds.h"
#include "segment/segment_session.h"
#include "segment/segment_strict_job.h"

int			segment_root_timeout_ms = 3000;
char	   *segment_secret_file = NULL;

/* A session that is not used for so long is ended. */
#define IDLE_NS (300 * NS_PER_S)

/* How long to sleep if nothing is due. */
#define LONGEST_SLEEP_NS (60 * NS_PER_S)

/* Add a job to a session with its root, unless that is busy. */
static void
assign(int slot, const SegmentSlot *copy, SegmentJob *job)
{
	const char *address = segment_roots_address(&copy->roots, job->root);
	SegmentSession *session = segment_session_find(address, 0);
	LeaseTake	take = {
		.counter = copy->roots.counter,
		.count = segment_job_count(job, copy),
		.is_free = job->is_free,
		.least = (int64) Min(Max(copy->least, 1), (uint64) PG_INT64_MAX),
	};

	take.least = Min(take.least, take.count);
	job->asked = copy->states[job->root].watch;
	job->is_under_way = session != NULL && segment_session_add(session, slot, copy->requests, &take);
}

/* Let each slot for which something is wanted have a session do it.  Returns when to look again, at the latest. */
static int64
assign_all(int64 now_ns)
{
	static SegmentSlot copy;
	int64		due_ns = now_ns + LONGEST_SLEEP_NS;
	int			count = segment_desk_count();

	for (int i = 0; i < count; i++)
	{
		SegmentJob *job = segment_job_get(i);
		SegmentJobNext next;
		int64		retry_ns = 0;

		if (!segment_job_begin(i, &copy) || job->is_under_way)
			continue;
		next = segment_job_choose_root(job, &copy, now_ns, &retry_ns);
		if (next == SEGMENT_JOB_ASK)
			assign(i, &copy, job);
		else if (next == SEGMENT_JOB_WAIT)
			due_ns = Min(due_ns, retry_ns);
		else
			segment_job_give_up(i, &copy);
	}
	return due_ns;
}

/* A take has ended: tell those for whom it was.  error: why the operation has not been done; NULL: it has. */
static void
end_take(const SegmentSession *session, int take, const LeaseAnswer *answer, const char *error)
{
	const SegmentErrand *errand = &session->errands[take];
	const LeaseTake *wanted = &session->operation.takes[take];

	if (segment_strict_is_errand(errand))
	{
		if (error != NULL)
			segment_strict_fail(errand, error);
		else
			segment_strict_take(errand, wanted, &answer->taken[take], answer);
	}
	else if (error != NULL)
		segment_job_fail(errand, error);
	else
		segment_job_take(errand, wanted, &answer->taken[take], answer);
}

/* An operation has ended. */
static void
end_operation(SegmentSession *session, LeaseOutcome outcome, const LeaseAnswer *answer)
{
	int			count = session->operation.take_count;

	session->operation.take_count = 0;
	for (int i = 0; i < count; i++)
		end_take(session, i, answer,
				 outcome == LEASE_APPLIED ? NULL : (answer->error[0] == '\0' ? "no answer" : answer->error));
}

/* Start what has been assigned to a session.  Returns whether that has failed. */
static bool
start_session(SegmentSession *session, LeaseAnswer *answer)
{
	if (session->is_busy || session->operation.take_count == 0 || segment_session_start(session))
		return false;
	strlcpy(answer->error, session->error, LEASE_ERROR_SIZE);
	end_operation(session, LEASE_UNREACHABLE, answer);
	return true;
}

/* Start what has been assigned, and go on with what is under way.  Returns whether anything has ended. */
static bool
advance_all(void)
{
	LeaseAnswer *answer = palloc0(sizeof(LeaseAnswer));
	bool		has_ended = false;

	for (int i = 0; i < SEGMENT_MOST_SESSIONS; i++)
	{
		SegmentSession *session = segment_session_get(i);
		LeaseOutcome outcome;

		has_ended |= start_session(session, answer);
		if (segment_session_finish(session, &outcome, answer))
		{
			end_operation(session, outcome, answer);
			has_ended = true;
		}
	}
	pfree(answer);
	return has_ended;
}

static void
reload(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	/* Secrets may have changed.  What is under way begins again. */
	segment_session_close_all();
	segment_job_forget_all();
	segment_strict_forget_all();
}

/* Main function of the agent. */
void
idgen_segment_agent(Datum argument)
{
	agent_process_set_up();
	if (!agent_process_become(&segment_desk()->process))
		proc_exit(0);
	segment_rounds_fail_closed("The segment agent has been started again.");
	while (!ShutdownRequestPending)
	{
		int64		now_ns = clock_monotonic_ns();
		int64		due_ns;

		reload();
		due_ns = assign_all(now_ns);
		due_ns = Min(due_ns, segment_strict_assign_all(now_ns));
		if (!advance_all())
			segment_session_wait(Max(due_ns - clock_monotonic_ns(), 0));
		segment_session_close_idle(now_ns - IDLE_NS);
	}
	segment_session_close_all();
	/* Unless the server stops, the postmaster starts another agent. */
	proc_exit(1);
}
