/*-------------------------------------------------------------------------
 *
 * lease_limit.c
 *	  The lease of this server's worker ID, as the processes that issue IDs see
 *	  it, and as the agent publishes it.
 *
 * IDs with a leased worker ID are issued from start_us up to, but not
 * including, until_us.  The agent publishes a fence as until_us only after the
 * store has confirmed it.  What is below is ours for ever, so nobody has to
 * look at a clock, or to ask whether the agent lives: a process that sleeps
 * with what it has taken may issue it whenever it wakes up.
 *
 * The worker ID and its limits are one thing: with the limits of one worker ID
 * and the node of another, IDs would repeat.  So a change goes like this
 *
 *	agent: until_us = 0; count a restart of the timelines; read how far each
 *	timeline has got (see lease_close.c); and later, for the next worker ID,
 *	start_us, then holding, with its count of changes, and until_us last.
 *
 *	take: read the restarts, until_us, start_us, and holding last; swap the
 *	timeline; read the restarts again.
 *
 * If the restarts are the same in the end, no change has begun in between, but
 * one that had begun before may have gone on.  A take that finds room in
 * until_us finds holding, which was written before it and is read after it, at
 * least as new.  So if holding has the number of changes that the source's node
 * was read with, node and limits belong together.  And the agent sees the take
 * when it reads the timeline.  Model: worker.pml (worker-kept).
 *
 * A source whose node is of another change is set up again, by its own
 * function; see chunk.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "base/compat.h"
#include "engine/clock.h"
#include "engine/agent_process.h"
#include "engine/lease_limit.h"
#include "engine/wait.h"

ServerSetting lease_store = {
	.name = "idgen.lease_store",
	.str = "",
};

/* ------------------------------------------------------ for processes that issue IDs */

/* Set the agent's latch, if there is an agent. */
void
lease_wake_agent(void)
{
	agent_process_wake(&shmem_area()->lease.agent);
}

/*
 * Ask for an extension beyond IDs that reach up to reach_us, in us since 1970,
 * or, with 0, for a worker ID.  The latch is set once for each look of the
 * agent, so that many who ask do not keep it from waiting for the store.
 */
void
lease_ask(uint64 reach_us)
{
	Lease	   *lease = &shmem_area()->lease;

	shmem_raise_to(&lease->wanted_us, reach_us);
	if (pg_atomic_read_u32(&lease->is_asked) == 0 && pg_atomic_exchange_u32(&lease->is_asked, 1) == 0)
		lease_wake_agent();
}

/*
 * Wait about ns (1 ..), or until the agent has counted more changes than these.
 * Callers look again.  Raises what CHECK_FOR_INTERRUPTS raises.
 */
void
lease_await_change(uint64 changes, int64 ns)
{
	static uint32 wait_event = 0;
	Lease	   *lease = &shmem_area()->lease;

	ConditionVariablePrepareToSleep(&lease->changed);
	if (pg_atomic_read_u64(&lease->changes) == changes)
		(void) ConditionVariableTimedSleep(&lease->changed, (long) (ns / NS_PER_MS) + 1,
										   compat_wait_event(&wait_event, "IdgenLease"));
	ConditionVariableCancelSleep();
	CHECK_FOR_INTERRUPTS();
}

/* What the agent has reported last. */
LeaseReport
lease_read(void)
{
	SharedArea *area = shmem_area();
	LeaseReport report;

	LWLockAcquire(&area->lock, LW_SHARED);
	report = area->lease.report;
	LWLockRelease(&area->lock);
	return report;
}

/*
 * Has the lease ended, by the clock, although more has been asked for?  The
 * agent may have stopped, so that it reports no failure.
 */
bool
lease_is_overdue(void)
{
	SharedArea *area = shmem_area();
	uint64		until_us = pg_atomic_read_u64(&area->lease_limits.until_us);

	return until_us != 0 && until_us <= (uint64) clock_unix_ns() / NS_PER_US &&
		pg_atomic_read_u64(&area->lease.wanted_us) > until_us;
}

/* The state of the lease now, in a word; one of those of idgen_lease(). */
const char *
lease_describe_state(const LeaseReport *lease)
{
	switch (lease->state)
	{
		case LEASE_STATE_NONE:
			return "none";
		case LEASE_STATE_CLAIMING:
			return "claiming";
		case LEASE_STATE_LOST:
			return "lost";
		case LEASE_STATE_HELD:
			break;
	}
	if (lease_is_overdue())
		return "stopped";
	if (lease->machine.failures == 0)
		return "held";
	return (int64) pg_atomic_read_u64(&shmem_area()->lease_limits.until_us) > clock_unix_ns() / NS_PER_US ?
		"adrift" : "stopped";
}

/* What the store, or the agent, said last, as sentences. */
static char *
describe_last_error(void)
{
	LeaseReport report = lease_read();

	if (report.agent_pid == 0)
		return pstrdup("The lease agent is not running.");
	if (report.last_error[0] != '\0')
		return pstrdup(report.last_error);
	if (report.machine.is_held)
		return psprintf("The lease agent, which has PID %d, does not respond.", report.agent_pid);
	return pstrdup("The store has not answered yet.");
}

/*
 * ERROR OBJECT_NOT_IN_PREREQUISITE_STATE with what happened, and what the store
 * said.  That can contain its address, which only some users may see, as they
 * may see the setting; the log has it in any case.
 */
static void
report_unleased(const char *message, const char *detail)
{
	char	   *whole = psprintf("%s %s", detail, describe_last_error());
	bool		may_see = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_SETTINGS);

	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg_internal("%s", message),
			errdetail_internal("%s", may_see ? whole : detail),
			errdetail_log("%s", whole),
			errhint("See idgen_lease() and the server log for what the coordination store answers."));
}

/* The lease of the worker ID has not been extended within max_wait_ms: see report_unleased(). */
void
lease_report_end(int max_wait_ms)
{
	uint64		until_us = pg_atomic_read_u64(&shmem_area()->lease_limits.until_us);

	if (!lease_has_worker(lease_holding()))
		lease_report_no_worker(max_wait_ms);
	report_unleased(_("lease of this server's worker ID has not been extended in time"),
					until_us == 0 ?
					psprintf(_("No IDs may be issued yet, and \"idgen.max_wait\" is %d ms."), max_wait_ms) :
					psprintf(_("IDs may be issued up to %s, and \"idgen.max_wait\" is %d ms."),
							 timestamptz_to_str(clock_timestamptz(until_us)), max_wait_ms));
}

/* No worker ID could be leased within max_wait_ms: see report_unleased(). */
void
lease_report_no_worker(int max_wait_ms)
{
	report_unleased(_("this server holds no worker ID"),
					psprintf(_("None could be leased within \"idgen.max_wait\", which is %d ms."), max_wait_ms));
}

/* The pool has not been read within max_wait_ms: see report_unleased(). */
void
lease_report_no_pool(int max_wait_ms)
{
	report_unleased(_("pool of leased worker IDs is not known"),
					psprintf(_("A generator with a node of its own must not issue IDs of the pool, which could not be read within \"idgen.max_wait\", which is %d ms."), max_wait_ms));
}

/* Ask the agent for something and wake it up. */
void
lease_request(LeaseRequest request)
{
	pg_atomic_fetch_or_u32(&shmem_area()->lease.requests, request);
	lease_wake_agent();
}

/*
 * Have the agent give up the worker ID, if there is one, and wait until it has.
 * Errors: OBJECT_NOT_IN_PREREQUISITE_STATE after idgen.max_wait, and what
 * CHECK_FOR_INTERRUPTS raises.
 */
void
lease_release_and_wait(void)
{
	pg_atomic_uint64 *releases = &shmem_area()->lease.releases;
	uint64		before = pg_atomic_read_u64(releases);
	int64		until_ns = clock_monotonic_ns() + wait_max_ms * NS_PER_MS;

	lease_request(LEASE_REQUEST_RELEASE);
	for (;;)
	{
		uint64		changes = lease_changes();

		if (pg_atomic_read_u64(releases) != before)
			break;
		if (clock_monotonic_ns() >= until_ns)
			ereport(ERROR,
					errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("lease agent has not released the worker ID"),
					errdetail("\"idgen.max_wait\" is %d ms.", wait_max_ms),
					errhint("See the server log."));
		lease_await_change(changes, WAIT_LONGEST_POLL_NS);
	}
}

/*
 * Until lease_resume(), the agent claims no worker ID.  It may be about to claim
 * one, so the caller has it release what it has after that: it looks for
 * requests, and then here, before it claims.  More than one process may suspend
 * it; the last one to resume counts.
 */
void
lease_suspend(void)
{
	pg_atomic_fetch_add_u32(&shmem_area()->lease.suspensions, 1);
}

/* Undo lease_suspend(), and ask for a worker ID whose IDs can begin at the clock. */
void
lease_resume(void)
{
	pg_atomic_fetch_sub_u32(&shmem_area()->lease.suspensions, 1);
	lease_request(LEASE_REQUEST_RESUME);
}

/* ------------------------------------------------------------------- for the agent */

/* May no worker ID be claimed now?  Requests are to be served first: see lease_suspend(). */
bool
lease_is_suspended(void)
{
	return pg_atomic_read_u32(&shmem_area()->lease.suspensions) != 0;
}

/* Wake all processes that wait for a change. */
void
lease_notify(void)
{
	Lease	   *lease = &shmem_area()->lease;

	pg_atomic_fetch_add_u64(&lease->changes, 1);
	ConditionVariableBroadcast(&lease->changed);
}

/* The worker ID has been given up, if there was one, and the store has been told as far as it answers. */
void
lease_notify_release(void)
{
	pg_atomic_fetch_add_u64(&shmem_area()->lease.releases, 1);
	lease_notify();
}

static void
leave_agent(int code, Datum arg)
{
	Lease	   *lease = &shmem_area()->lease;

	/* No lock is taken: an ERROR may have left us with one. */
	lease->report.agent_pid = 0;
	pg_write_barrier();
	pg_atomic_write_u32(&lease->agent, 0);
	lease_notify();
}

/* Become the agent of this server.  Returns false if there is one. */
bool
lease_become_agent(void)
{
	SharedArea *area = shmem_area();
	bool		is_free;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	is_free = pg_atomic_read_u32(&area->lease.agent) == 0;
	if (is_free)
	{
		area->lease.report.agent_pid = MyProcPid;
		pg_atomic_write_u32(&area->lease.agent, compat_proc_number(MyProc) + 1);
	}
	LWLockRelease(&area->lock);
	if (is_free)
		before_shmem_exit(leave_agent, (Datum) 0);
	return is_free;
}

static void
publish_holding(uint32 code)
{
	pg_atomic_uint64 *holding = &shmem_area()->lease_limits.holding;
	uint64		changes = (pg_atomic_read_u64(holding) >> 32) + 1;

	pg_atomic_write_u64(holding, changes << 32 | code);
}

/*
 * A worker ID of a datacenter has been claimed, by this agent just now or by an
 * earlier one, and its IDs begin at start_us (us since 1970).  The limits are closed.  None is
 * issued before lease_publish_fence().
 */
void
lease_publish_worker(int worker, int datacenter, uint64 start_us, bool is_new_claim)
{
	SharedArea *area = shmem_area();

	if (is_new_claim)
		area->lease.resets = pg_atomic_read_u32(&area->limits.resets);
	pg_atomic_write_u32(&area->lease_limits.datacenter, datacenter);
	pg_atomic_write_u64(&area->lease_limits.extend_at_us, 0);
	pg_atomic_write_u64(&area->lease_limits.start_us, Min(start_us, SHMEM_LAST_US));
	pg_write_barrier();
	publish_holding((uint32) worker + 1);
}

/*
 * The pool has changed, and the worker ID has not.  Sources are set up again,
 * so that generators are checked against the pool as it is now.
 */
void
lease_publish_pool_change(void)
{
	publish_holding(lease_holding().code);
}

/*
 * The store has confirmed that we may issue up to until_us; extend that when
 * IDs get to extend_at_us.  Both are in us since 1970.
 */
void
lease_publish_fence(uint64 until_us, uint64 extend_at_us)
{
	LeaseLimits *limits = &shmem_area()->lease_limits;

	pg_write_barrier();
	pg_atomic_write_u64(&limits->extend_at_us, extend_at_us);
	pg_atomic_write_u64(&limits->until_us, Min(until_us, SHMEM_LAST_US));
}

/*
 * There is no leased worker ID any more; the limits are closed.  by_setting
 * says that from now on the setting counts.
 */
void
lease_end(bool by_setting)
{
	LeaseLimits *limits = &shmem_area()->lease_limits;

	publish_holding(by_setting ? LEASE_BY_SETTING : LEASE_NO_WORKER);
	if (!by_setting)
		return;
	pg_write_barrier();
	pg_atomic_write_u64(&limits->start_us, 0);
	pg_atomic_write_u64(&limits->extend_at_us, SHMEM_LAST_US);
	pg_write_barrier();
	pg_atomic_write_u64(&limits->until_us, SHMEM_LAST_US);
}
