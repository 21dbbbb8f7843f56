/*-------------------------------------------------------------------------
 *
 * lease_limit.h
 *	  The lease of this server's worker ID, as the processes that issue IDs see
 *	  it, and as the agent publishes it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef IDGEN_LEASE_LIMIT_H
#define IDGEN_LEASE_LIMIT_H

#include "base/setting.h"
#include "engine/shmem.h"

/* idgen.lease_store: empty if worker IDs are not leased. */
extern ServerSetting lease_store;

/*
 * Who has this server's worker ID, as one atomic: the number of changes, and
 * below it 0 if the setting counts, LEASE_NO_WORKER if none is leased, or the
 * leased worker ID plus 1.  Sources that issue IDs with the server's worker ID
 * keep the number of changes with their node.
 */
typedef struct LeaseHolding
{
	uint32		changes;
	uint32		code;
} LeaseHolding;

#define LEASE_BY_SETTING 0
#define LEASE_NO_WORKER PG_UINT32_MAX

/* What a process asks the agent for. */
typedef enum LeaseRequest
{
	LEASE_REQUEST_RELEASE = 1 << 0, /* give up the worker ID until one is
									 * needed */
	LEASE_REQUEST_RESUME = 1 << 1,	/* claim one whose IDs can begin at the
									 * clock */
} LeaseRequest;

static inline LeaseHolding
lease_holding(void)
{
	uint64		holding = pg_atomic_read_u64(&shmem_area()->lease_limits.holding);
	LeaseHolding parts = {
		.changes = holding >> 32,
		.code = holding,
	};

	return parts;
}

static inline bool
lease_has_worker(LeaseHolding holding)
{
	return holding.code != LEASE_BY_SETTING && holding.code != LEASE_NO_WORKER;
}

/* The leased worker ID, if there is one. */
static inline int
lease_worker(LeaseHolding holding)
{
	return (int) (holding.code - 1);
}

/* Is the server's worker ID leased, or to be leased? */
static inline bool
lease_is_configured(void)
{
	return lease_store.str != NULL && lease_store.str[0] != '\0';
}

/* To be read before a process looks at what it waits for: see lease_await_change(). */
static inline uint64
lease_changes(void)
{
	uint64		changes = pg_atomic_read_u64(&shmem_area()->lease.changes);

	pg_read_barrier();
	return changes;
}

/* Is half of the lease used up by a caller that has got to reach_us? */
static inline bool
lease_is_low(uint64 reach_us)
{
	return pg_atomic_read_u64(&shmem_area()->lease_limits.extend_at_us) <= reach_us;
}

/* For processes that issue IDs. */
extern void lease_ask(uint64 reach_us);
extern void lease_wake_agent(void);
extern void lease_await_change(uint64 changes, int64 ns);
extern void lease_report_end(int max_wait_ms);
extern void lease_report_no_worker(int max_wait_ms);
extern void lease_report_no_pool(int max_wait_ms);
extern LeaseReport lease_read(void);
extern bool lease_is_overdue(void);
extern const char *lease_describe_state(const LeaseReport *lease);
extern void lease_request(LeaseRequest request);
extern void lease_release_and_wait(void);
extern void lease_suspend(void);
extern void lease_resume(void);
extern bool lease_is_suspended(void);

/* For the agent. */
extern bool lease_become_agent(void);
extern void lease_publish_worker(int worker, int datacenter, uint64 start_us, bool is_new_claim);
extern void lease_publish_pool_change(void);
extern void lease_publish_fence(uint64 until_us, uint64 extend_at_us);
extern void lease_end(bool by_setting);
extern void lease_notify(void);
extern void lease_notify_release(void);

#endif							/* IDGEN_LEASE_LIMIT_H */
