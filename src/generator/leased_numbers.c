/*-------------------------------------------------------------------------
 *
 * leased_numbers.c
 *	  Generators whose IDs could be equal to IDs of other servers of the pool.
 *
 * A lease covers the IDs that contain the worker number that is leased.  A
 * generator with a node of its own is not covered, so its numbers must not be
 * among those that any worker ID of the pool stands for.  What counts is the
 * numbers, as for generators of one server: a layout without a worker field can
 * issue those of all of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "bits/layout_text.h"
#include "engine/lease_limit.h"
#include "generator/leased_numbers.h"
#include "generator/server_worker.h"

#define NO_WORKER (-1)

/* The numbers of one worker ID of a pool, in a layout that has a worker field. */
IdNumbers
leased_numbers_of_worker(const SnowflakeLayout *layout, const LeasePool *pool, int worker)
{
	uint64		node_bits = layout_put(layout, LAYOUT_WORKER, worker);

	if (layout_has(layout, LAYOUT_DATACENTER))
		node_bits |= layout_put(layout, LAYOUT_DATACENTER, pool->datacenter);
	return layout_node_numbers(layout, node_bits);
}

/*
 * The first worker ID of the pool, some numbers of which can be equal to these
 * ones and are not kept apart by the lease; NO_WORKER (-1) if there is none.
 * The lease of own_worker, which may be NO_WORKER, keeps apart what shares a
 * timeline with its IDs.
 */
int
leased_numbers_clash(const LeasePool *pool, const IdNumbers *numbers, int own_worker)
{
	SnowflakeLayout layout;
	LayoutProblem problem;

	if (!layout_read(pool->layout, &layout, &problem))
		return NO_WORKER;
	for (int worker = pool->first_worker; worker <= pool->last_worker; worker++)
	{
		IdNumbers	leased = leased_numbers_of_worker(&layout, pool, worker);

		if (layout_may_be_equal(numbers, &leased) &&
			!(worker == own_worker && layout_shares_timeline(numbers, &leased)))
			return worker;
		CHECK_FOR_INTERRUPTS();
	}
	return NO_WORKER;
}

/* The pool as the agent has read it.  Errors: those of server_worker_await_pool(). */
static LeasePool
get_pool(void)
{
	LeaseReport report;

	/* If the agent turns to another store, it forgets the pool. */
	do
	{
		server_worker_await_pool();
		report = lease_read();
	} while (lease_is_configured() && !report.machine.has_pool);
	return report.machine.pool;
}

/*
 * ERROR OBJECT_NOT_IN_PREREQUISITE_STATE if a generator could issue numbers
 * that belong to another server.  has_server_worker says that its node contains
 * the server's worker number.  Other errors: those of
 * server_worker_await_pool().
 */
void
leased_numbers_check(const char *generator, const IdNumbers *numbers, bool has_server_worker)
{
	LeasePool	pool;
	int			own_worker;
	int			worker;

	if (!lease_is_configured())
		return;
	pool = get_pool();

	/* The one in the numbers: the server may have another one by now. */
	own_worker = has_server_worker ? (int) layout_get(&numbers->layout, LAYOUT_WORKER, numbers->value) : NO_WORKER;
	worker = leased_numbers_clash(&pool, numbers, own_worker);
	if (worker == NO_WORKER)
		return;
	ereport(ERROR,
			errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("IDs of generator \"%s\" could be equal to IDs of other servers", generator),
			errdetail("Worker ID %d of the pool of leased worker IDs stands for some of its numbers. The pool has worker IDs %d to %d and layout \"%s\".",
					  worker, pool.first_worker, pool.last_worker, pool.layout),
			errhint("Give the generator a node outside of the pool, or let it use the server's worker ID in the layout of the pool."));
}
