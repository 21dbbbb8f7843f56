/*-------------------------------------------------------------------------
 *
 * lease_report.c
 *	  What the agent tells people: problems as sentences, and changes in the log.
 *
 * Each change is logged once.  A store that fails a hundred times in a row is
 * one change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "engine/clock.h"
#include "lease/lease_report.h"
#include "lease/lease_store.h"

/* Why this server cannot have a worker ID of the pool; false if the problem is another one. */
static bool
describe_pool_problem(const LeaseMachine *machine, const LeaseTerms *terms, char *error)
{
	const LeasePool *pool = &machine->pool;

	switch (machine->problem)
	{
		case LEASE_NO_POOL:
			snprintf(error, LEASE_ERROR_SIZE, "The store has no pool \"%s\". If it never had one, idgen_lease_create_pool() creates it; if it has lost its data, use after_loss => true.",
					 lease_pool.str);
			return true;
		case LEASE_POOL_UNREADABLE:
			snprintf(error, LEASE_ERROR_SIZE, "The record of pool \"%s\" was written by another version of idgen.", lease_pool.str);
			return true;
		case LEASE_OTHER_LAYOUT:
			snprintf(error, LEASE_ERROR_SIZE, "This server's layout is not that of pool \"%s\", which is \"%s\". Set \"idgen.layout\" to it, and restart the server.",
					 lease_pool.str, pool->layout);
			return true;
		case LEASE_OTHER_DATACENTER:
			snprintf(error, LEASE_ERROR_SIZE, "This server's datacenter is %d, and that of pool \"%s\" is %d.",
					 terms->datacenter, lease_pool.str, pool->datacenter);
			return true;
		case LEASE_OUT_OF_RANGE:
			snprintf(error, LEASE_ERROR_SIZE, "Worker ID %d is no longer one of pool \"%s\", %d to %d.",
					 machine->worker, lease_pool.str, pool->first_worker, pool->last_worker);
			return true;
		default:
			return false;
	}
}

/*
 * Write the problem of the machine as sentences to error (LEASE_ERROR_SIZE).
 * If the store failed, error has what it said already.
 */
void
lease_report_problem(const LeaseMachine *machine, const LeaseTerms *terms, char *error)
{
	const LeasePool *pool = &machine->pool;

	if (describe_pool_problem(machine, terms, error))
		return;
	switch (machine->problem)
	{
		case LEASE_NO_PROBLEM:
			error[0] = '\0';
			break;
		case LEASE_CLOCK_SKEW:
			snprintf(error, LEASE_ERROR_SIZE, "The clock of the store differs from this server's by %.3f s, and \"idgen.lease_max_skew\" is %d ms.",
					 (double) machine->skew_us / US_PER_S, lease_max_skew_ms);
			break;
		case LEASE_NONE_FREE:
			snprintf(error, LEASE_ERROR_SIZE, "All worker IDs of pool \"%s\", %d to %d, are held. Stop a server, or add worker IDs with idgen_lease_widen_pool(); the hold of a server that has crashed expires after its TTL.",
					 lease_pool.str, pool->first_worker, pool->last_worker);
			break;
		case LEASE_ALL_REST:
			snprintf(error, LEASE_ERROR_SIZE, "No worker ID of pool \"%s\" is free: the first one that another server no longer uses can be claimed at %s.",
					 lease_pool.str, timestamptz_to_str(clock_timestamptz(machine->problem_us)));
			break;
		case LEASE_TAKEN_OVER:
			snprintf(error, LEASE_ERROR_SIZE, "Another server has claimed worker ID %d.", machine->worker);
			break;
		case LEASE_STORE_WENT_BACK:
			snprintf(error, LEASE_ERROR_SIZE, "The store has lost data. IDs begin beyond all that other servers may have been told.");
			break;
		default:
			break;
	}
}

static void
log_claim(const LeaseLog *log, const LeaseMachine *machine)
{
	ereport(LOG,
			errmsg("claimed worker ID %d of pool \"%s\"", machine->worker, log->pool),
			machine->start_us == 0 ?
			errdetail("This is claim " INT64_FORMAT " of the worker ID, which has not been used before.", machine->record.epoch) :
			errdetail("This is claim " INT64_FORMAT " of the worker ID, and its IDs begin at %s.",
					  machine->record.epoch, timestamptz_to_str(clock_timestamptz(machine->start_us))));
}

static void
log_problem(const LeaseMachine *machine, const char *error)
{
	if (machine->is_held)
		ereport(WARNING,
				errmsg("could not extend the lease of worker ID %d", machine->worker),
				machine->record.fence_us <= machine->start_us ?
				errdetail("No IDs may be issued yet. %s", error) :
				errdetail("IDs may be issued up to %s. %s",
						  timestamptz_to_str(clock_timestamptz(machine->record.fence_us)), error));
	else
		ereport(WARNING,
				errmsg("this server holds no worker ID"),
				errdetail("%s", error));
}

/* Log what has changed since the last call. */
void
lease_report_change(LeaseLog *log, const LeaseMachine *machine, const char *error)
{
	bool		is_new_claim = machine->is_held && log->claims != machine->claims;

	if (is_new_claim)
		log_claim(log, machine);
	if (machine->problem != LEASE_NO_PROBLEM &&
		(machine->problem != log->problem || machine->is_held != log->is_held))
		log_problem(machine, error);
	else if (machine->problem == LEASE_NO_PROBLEM && machine->is_held && log->problem != LEASE_NO_PROBLEM && !is_new_claim)
		ereport(LOG,
				errmsg("extended the lease of worker ID %d again", machine->worker));
	else if (machine->problem == LEASE_NO_PROBLEM && !machine->is_held && log->is_held)
		ereport(LOG,
				errmsg("released worker ID %d of pool \"%s\"", machine->worker, log->pool));
	log->is_held = machine->is_held;
	log->claims = machine->claims;
	log->problem = machine->problem;
}
