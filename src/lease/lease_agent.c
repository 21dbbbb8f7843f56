/*-------------------------------------------------------------------------
 *
 * lease_agent.c
 *	  The process that leases this server's worker ID.
 *
 * One background worker talks to the coordination store; the processes that
 * issue IDs look at shared memory and set its latch.  It is registered when the
 * server starts, or started by the first process that needs a worker ID.  It
 * uses no database.
 *
 * What to ask of the store is decided by lease_machine.c.  The agent tells it
 * what is needed, does the operations, and publishes the results in the order
 * that lease_limit.c explains: after the store has confirmed them, and with the
 * limits closed before a worker ID is given up or replaced.
 *
 * The machine is kept in shared memory, too.  If the agent ends and is started
 * again while the server runs, it goes on where it was.  If the server starts
 * again, shared memory is new, and so is the claim.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/compat.h"
#include "engine/agent_process.h"
#include "engine/clock.h"
#include "engine/lease_close.h"
#include "engine/lease_limit.h"
#include "engine/node_settings.h"
#include "lease/lease_agent.h"
#include "lease/lease_report.h"
#include "lease/lease_store.h"
#include "lease/lease_terms.h"

/* Times between attempts, in ns. */
#define FIRST_RETRY_NS (50 * NS_PER_MS)
#define LONGEST_RETRY_NS NS_PER_S

/* How long a stop of the server may take for the release. */
#define RELEASE_NS (400 * NS_PER_MS)

/* How often the agent looks whether worker IDs may be claimed again; see lease_suspend(). */
#define SUSPENDED_POLL_NS (100 * NS_PER_MS)

/* How long a new worker ID is looked for whose IDs can begin at the clock. */
#define EXCHANGE_NS (10 * NS_PER_S)

/* No worker ID has been published by this agent. */
#define NOT_PUBLISHED (-1)

typedef struct Agent
{
	LeaseStore *store;			/* NULL: no session */
	char	   *address;		/* of the store and pool in use ... */
	char	   *pool;
	uint64		store_hash;		/* ... and a number for them */
	LeaseMachine machine;
	LeaseTermsText terms;
	int64		published_claims;	/* of the machine, when a worker ID was
									 * published last */
	int64		inherited_claims;	/* of the machine, when this agent started */
	char		published_pool[LEASE_POOL_SIZE];	/* its text at that time */
	bool		needs_worker;
	bool		is_releasing;
	bool		was_taken_over; /* another server has our last worker ID, and
								 * we have none since */
	int64		keep_ns;		/* when the hold is to be kept; monotonic */
	int64		retry_ns;		/* nothing is tried before; monotonic */
	int64		exchange_ns;	/* until then, IDs must begin at the clock;
								 * monotonic */
	LeaseLog	log;			/* what has been logged */
	char		error[LEASE_ERROR_SIZE];
} Agent;

static Agent agent;

/* When an operation is abandoned although nothing is wrong with it; monotonic ns, 0: never. */
static int64 give_up_ns = 0;

static bool
must_stop(void)
{
	if (give_up_ns != 0)
		return clock_monotonic_ns() >= give_up_ns;
	return ShutdownRequestPending;
}

/* ---------------------------------------------------------------- shared memory */

/* Let others see the machine, and a later agent go on with it. */
static void
share_machine(LeaseState state)
{
	SharedArea *area = shmem_area();

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->lease.report.machine = agent.machine;
	area->lease.report.store_hash = agent.store_hash;
	area->lease.report.state = state;
	strlcpy(area->lease.report.last_error, agent.error, LEASE_ERROR_SIZE);
	LWLockRelease(&area->lock);
}

static LeaseState
get_state(void)
{
	if (agent.machine.is_held)
		return LEASE_STATE_HELD;
	if (agent.was_taken_over)
		return LEASE_STATE_LOST;
	return agent.needs_worker ? LEASE_STATE_CLAIMING : LEASE_STATE_NONE;
}

static void
note_extension(void)
{
	SharedArea *area = shmem_area();

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	area->lease.report.extended_us = clock_unix_ns() / NS_PER_US;
	LWLockRelease(&area->lock);
}

/* Has an extension been asked for that the fence does not cover well enough? */
static bool
needs_extension(int64 wanted_us)
{
	return agent.machine.is_held && wanted_us > 0 &&
		wanted_us >= (int64) pg_atomic_read_u64(&shmem_area()->lease_limits.extend_at_us);
}

/*
 * Publish the fence that the store has confirmed, to be extended when half of
 * what is beyond the IDs has been used up.  A fence does not get lower, but an
 * extension may leave it as it is, so what was asked for counts, too.
 */
static void
publish_fence(void)
{
	SharedArea *area = shmem_area();
	int64		fence_us = agent.machine.record.fence_us;
	int64		wanted_us = pg_atomic_read_u64(&area->lease.wanted_us);
	int64		from_us = Max(Max(wanted_us, clock_unix_ns() / NS_PER_US), agent.machine.start_us);

	if (fence_us <= agent.machine.start_us ||
		(fence_us <= (int64) pg_atomic_read_u64(&area->lease_limits.until_us) && !needs_extension(wanted_us)))
		return;
	lease_publish_fence(fence_us, fence_us - (fence_us - Min(from_us, fence_us)) / 2);
}

/* Publish what the machine holds. */
static void
publish(void)
{
	/*
	 * What is being released has been closed, even if the machine still holds
	 * it.
	 */
	if (!agent.machine.is_held || agent.is_releasing)
		return;
	if (agent.published_claims != agent.machine.claims)
	{
		(void) lease_close();
		lease_publish_worker(agent.machine.worker, agent.machine.pool.datacenter, agent.machine.start_us,
							 agent.machine.claims != agent.inherited_claims);
		agent.published_claims = agent.machine.claims;
		agent.exchange_ns = 0;
	}
	else if (strcmp(agent.published_pool, agent.machine.pool_text) != 0)
		lease_publish_pool_change();
	strlcpy(agent.published_pool, agent.machine.pool_text, LEASE_POOL_SIZE);
	publish_fence();
}

/* ---------------------------------------------------------------- operations */

/* Begin a session with the store, if there is none. */
static bool
open_store(void)
{
	MemoryContext context = CurrentMemoryContext;

	if (agent.store != NULL)
		return true;
	PG_TRY();
	{
		agent.store = lease_store_open(lease_store_agent_timeout());
	}
	PG_CATCH();
	{
		lease_store_note_error(context, agent.error, LEASE_ERROR_SIZE);
		agent.machine.problem = LEASE_STORE_FAILED;
		agent.machine.failures++;
	}
	PG_END_TRY();
	return agent.store != NULL;
}

static void
close_store(void)
{
	if (agent.store != NULL)
		lease_store_close(agent.store);
	agent.store = NULL;
}

/* When to try again after the last answer, by the monotonic clock in ns. */
static int64
get_retry_ns(LeaseOutcome outcome, int64 now_ns)
{
	int64		retry_ns = FIRST_RETRY_NS << Min(agent.machine.failures, 10);

	if (agent.machine.problem == LEASE_NO_PROBLEM || agent.machine.problem == LEASE_STORE_WENT_BACK)
		return now_ns;
	if (outcome == LEASE_UNKNOWN || outcome == LEASE_UNREACHABLE)
		return now_ns + Min(retry_ns, LONGEST_RETRY_NS);
	if (agent.machine.is_held || agent.machine.problem == LEASE_TAKEN_OVER)
		return now_ns;
	return now_ns + LONGEST_RETRY_NS;
}

/* The hold is kept each third of the TTL, and looked after more often if it is not ours. */
static void
schedule_keeping(int64 now_ns)
{
	int64		interval_ns = lease_ttl_ms * NS_PER_MS / 3;

	agent.keep_ns = now_ns + (agent.machine.is_attached ? interval_ns : Min(interval_ns, NS_PER_S));
}

/* Take what the store has answered into account. */
static void
digest(LeaseNeeds *needs, LeaseOutcome outcome, const LeaseAnswer *answer)
{
	LeaseStep	step = agent.machine.step;
	int64		now_ns = clock_monotonic_ns();

	needs->now_us = clock_unix_ns() / NS_PER_US;
	lease_machine_answer(&agent.machine, &agent.terms.terms, needs, outcome, answer);
	if (answer->error[0] != '\0')
		strlcpy(agent.error, answer->error, LEASE_ERROR_SIZE);
	lease_report_problem(&agent.machine, &agent.terms.terms, agent.error);
	if (agent.machine.is_held)
		agent.was_taken_over = false;
	else if (agent.machine.problem == LEASE_TAKEN_OVER)
		agent.was_taken_over = true;
	agent.retry_ns = get_retry_ns(outcome, now_ns);
	if (step == LEASE_KEEPING || step == LEASE_ATTACHING || step == LEASE_CLAIMING)
		schedule_keeping(now_ns);
	if (step == LEASE_EXTENDING && outcome == LEASE_APPLIED)
		note_extension();
	share_machine(get_state());
	publish();
	lease_notify();
	lease_report_change(&agent.log, &agent.machine, agent.error);
}

/* Do the next operation.  Returns false if there is none. */
static bool
do_operation(LeaseNeeds *needs)
{
	LeaseOperation operation;
	LeaseAnswer *answer;
	LeaseOutcome outcome;

	if (!lease_machine_next(&agent.machine, &agent.terms.terms, needs, &operation))
		return false;
	answer = palloc(sizeof(LeaseAnswer));
	share_machine(get_state());
	outcome = lease_store_do(agent.store, &operation, answer, must_stop);
	digest(needs, outcome, answer);
	pfree(answer);
	return true;
}

/* ---------------------------------------------------------------- needs */

static LeaseNeeds
get_needs(int64 now_ns)
{
	Lease	   *lease = &shmem_area()->lease;
	LeaseNeeds	needs = {
		.now_us = clock_unix_ns() / NS_PER_US,
		.worker = agent.needs_worker,
		.wanted_us = pg_atomic_read_u64(&lease->wanted_us),
		.keep = agent.machine.is_held && now_ns >= agent.keep_ns,
		.latest_start_us = PG_INT64_MAX,
	};

	needs.extension = needs_extension(needs.wanted_us);
	if (now_ns < agent.exchange_ns)
		needs.latest_start_us = needs.now_us;
	lease_make_nonce(needs.nonce);
	return needs;
}

/*
 * Give up the worker ID, if one is held.  IDs end first; the store is told as
 * long as it answers in time.
 */
static void
release(void)
{
	int64		used_until_us = lease_close();
	LeaseNeeds	needs = get_needs(clock_monotonic_ns());

	lease_end(false);
	pg_atomic_write_u64(&shmem_area()->lease.wanted_us, 0);
	needs.release = true;
	needs.used_until_us = used_until_us;
	agent.is_releasing = true;
	give_up_ns = clock_monotonic_ns() + RELEASE_NS;
	while (agent.machine.is_held && agent.store != NULL && !must_stop() && do_operation(&needs))
		lease_make_nonce(needs.nonce);
	give_up_ns = 0;
	agent.is_releasing = false;
	agent.was_taken_over = false;
	agent.machine.is_held = false;
	agent.machine.is_attached = false;
	agent.published_claims = agent.machine.claims;
	agent.retry_ns = 0;
	share_machine(get_state());
	lease_notify_release();
	lease_report_change(&agent.log, &agent.machine, agent.error);
}

/* Requests that have come together are served in this order. */
static void
serve_requests(uint32 requests)
{
	if ((requests & LEASE_REQUEST_RELEASE) != 0)
	{
		/*
		 * Who has asked before is woken up by the release, and asks again. So
		 * this comes first: once released, nothing is claimed that nobody
		 * waits for.
		 */
		agent.needs_worker = false;
		pg_atomic_write_u32(&shmem_area()->lease.is_asked, 0);
		release();
	}
	if ((requests & LEASE_REQUEST_RESUME) != 0)
	{
		int64		now_ns = clock_monotonic_ns();

		agent.retry_ns = now_ns;
		agent.exchange_ns = now_ns + EXCHANGE_NS;
		agent.needs_worker = true;
	}
	share_machine(get_state());
	lease_notify();
}

/* A release waits for the store and resets the latch, so what has come meanwhile is looked for. */
static void
serve_all_requests(void)
{
	uint32		requests;

	while ((requests = pg_atomic_exchange_u32(&shmem_area()->lease.requests, 0)) != 0)
		serve_requests(requests);
}

/* ---------------------------------------------------------------- settings */

static bool
is_same_store(void)
{
	return agent.address != NULL && strcmp(agent.address, lease_store.str) == 0 &&
		strcmp(agent.pool, lease_pool.str) == 0;
}

/* A worker ID of one store, or of one datacenter, is none of another. */
static bool
must_leave(const SnowflakeLayout *layout)
{
	int			datacenter = layout_has(layout, LAYOUT_DATACENTER) ? generator_datacenter.value : 0;

	if (!is_same_store())
		return true;
	return agent.machine.has_pool && agent.machine.is_held && datacenter != agent.machine.pool.datacenter;
}

/* A number for the store and the pool that are set. */
static uint64
hash_store(void)
{
	uint64		of_address = hash_bytes_extended((const unsigned char *) lease_store.str, strlen(lease_store.str), 0);

	return hash_bytes_extended((const unsigned char *) lease_pool.str, strlen(lease_pool.str), of_address);
}

static void
remember_store(void)
{
	MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);

	if (agent.address != NULL)
	{
		pfree(agent.address);
		pfree(agent.pool);
	}
	agent.address = pstrdup(lease_store.str);
	agent.pool = pstrdup(lease_pool.str);
	agent.store_hash = hash_store();
	agent.log.pool = agent.pool;
	MemoryContextSwitchTo(before);
}

/* Follow the settings as they are now. */
static void
follow_settings(const SnowflakeLayout *layout)
{
	if (agent.address != NULL && must_leave(layout))
		release();
	if (!is_same_store())
	{
		int64		claims = agent.machine.claims;

		close_store();
		memset(&agent.machine, 0, sizeof(agent.machine));
		agent.machine.claims = agent.published_claims = claims;
		agent.needs_worker = true;
		remember_store();
	}
	lease_terms_make(&agent.terms, layout, generator_datacenter.value);
}

/* Worker IDs are no longer leased: the setting counts. */
static void
leave_leases(void)
{
	release();
	lease_end(true);
	agent.needs_worker = false;
	share_machine(get_state());
	lease_notify();
	proc_exit(0);
}

/* Secrets may have changed, so the session is begun again. */
static void
reload(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	if (!lease_is_configured())
		leave_leases();
	if (is_same_store())
		close_store();

	/* What is wrong now may be something else, so it is logged again. */
	agent.log.problem = LEASE_NO_PROBLEM;
}

/* ---------------------------------------------------------------- the process */

/*
 * Go on with what an agent of this run of the server had before us.  It may
 * have ended by an error while it asked the store for something.  What it was
 * about to release is another server's as soon as the store has been told.
 */
static void
inherit_machine(void)
{
	LeaseReport report = lease_read();

	agent.machine = report.machine;
	if (agent.machine.step == LEASE_RELEASING || report.store_hash != hash_store())
	{
		agent.machine.is_held = agent.machine.is_attached = false;
		(void) lease_close();
		lease_end(false);
		lease_notify_release();
	}
	if (agent.machine.step == LEASE_CLAIMING)
		agent.machine.step = LEASE_CHECKING;
	else if (agent.machine.step != LEASE_CHECKING)
		agent.machine.step = LEASE_AT_REST;
	/* It may have ended before it published this. */
	agent.published_claims = NOT_PUBLISHED;
	agent.inherited_claims = agent.machine.claims;
	agent.needs_worker = true;
	if (report.store_hash == hash_store())
		remember_store();
	if (!lease_has_worker(lease_holding()))
		lease_end(false);
}

/* Wait until something is due; the latch may say so earlier. */
static void
wait_for_work(int64 due_ns)
{
	static uint32 wait_event = 0;
	int64		wait_ns = due_ns - clock_monotonic_ns();

	if (wait_ns > 0)
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 (long) (wait_ns / NS_PER_MS) + 1, compat_wait_event(&wait_event, "IdgenLeaseAgent"));
	ResetLatch(MyLatch);
}

/*
 * The first process that needs an ID fixes the layout, and then sets our latch.  Until
 * then, say if that is in vain.
 */
static int64
wait_for_layout(int64 now_ns)
{
	const char *error = setting_is_valid(&server_layout_setting) ? "" : "No worker ID is leased while \"idgen.layout\" is invalid.";

	if (strcmp(agent.error, error) != 0)
	{
		strlcpy(agent.error, error, LEASE_ERROR_SIZE);
		share_machine(LEASE_STATE_NONE);
	}
	return now_ns + NS_PER_S;
}

/* Do what is to be done now.  Returns when to look again, by the monotonic clock in ns. */
static int64
work(void)
{
	const SnowflakeLayout *layout = shmem_server_layout(shmem_area());
	int64		now_ns = clock_monotonic_ns();
	LeaseNeeds	needs;

	if (layout == NULL)
		return wait_for_layout(now_ns);
	follow_settings(layout);
	serve_all_requests();
	now_ns = clock_monotonic_ns();
	if (now_ns < agent.retry_ns)
		return agent.retry_ns;
	if (!agent.machine.is_held && lease_is_suspended())
		return now_ns + SUSPENDED_POLL_NS;

	if (pg_atomic_exchange_u32(&shmem_area()->lease.is_asked, 0) != 0)
		agent.needs_worker = true;
	if (lease_settings_objection() != NULL || !open_store())
	{
		if (lease_settings_objection() != NULL)
			strlcpy(agent.error, lease_settings_objection(), LEASE_ERROR_SIZE);
		agent.retry_ns = now_ns + LONGEST_RETRY_NS;
		share_machine(get_state());
		lease_report_change(&agent.log, &agent.machine, agent.error);
		return agent.retry_ns;
	}
	needs = get_needs(now_ns);
	if (do_operation(&needs))
		return now_ns;
	return agent.machine.is_held ? agent.keep_ns : now_ns + NS_PER_S;
}

/* Main function of the agent. */
void
idgen_lease_agent(Datum argument)
{
	agent_process_set_up();
	if ((!lease_is_configured() && lease_holding().code == LEASE_BY_SETTING) || !lease_become_agent())
		proc_exit(0);
	inherit_machine();
	if (!lease_is_configured())
		leave_leases();
	if (lease_is_suspended())
		release();
	else
		publish();
	lease_notify();
	while (!ShutdownRequestPending)
	{
		reload();
		wait_for_work(work());
	}
	release();
	close_store();
	/* Unless the server stops, the postmaster starts another agent. */
	proc_exit(1);
}
