/*-------------------------------------------------------------------------
 *
 * lease_administration.c
 *	  SQL functions that create and change the pool of leased worker IDs.
 *
 * A pool has the layout of its servers.  A change of it is proposed first; each
 * server acknowledges the proposal with the next extension of its lease.  When
 * all have, it can be committed: servers that run go on with the layout that
 * they have, and use the new one from their next start on.  So for a while, two
 * layouts are in use.  That is safe only if no ID of one worker ID can be equal
 * to an ID of another one, in whichever of the two layouts; others are refused.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "bits/layout_overlap.h"
#include "engine/clock.h"
#include "engine/node_settings.h"
#include "engine/reference_clock.h"
#include "engine/drift.h"
#include "generator/leased_numbers.h"
#include "generator/server_layout.h"
#include "lease/lease_pool.h"
#include "lease/lease_store.h"
#include "lease/lease_terms.h"

PG_FUNCTION_INFO_V1(idgen_lease_create_pool);
PG_FUNCTION_INFO_V1(idgen_lease_widen_pool);
PG_FUNCTION_INFO_V1(idgen_lease_propose_layout);
PG_FUNCTION_INFO_V1(idgen_lease_commit_layout);
PG_FUNCTION_INFO_V1(idgen_lease_abort_layout);

/* Arguments of SQL functions that give a range of worker IDs. */
typedef struct WorkerRange
{
	int			first;
	int			last;
	bool		after_loss;
} WorkerRange;

/* ERROR INVALID_PARAMETER_VALUE if servers with this layout cannot have all of these worker IDs. */
static void
check_range(const SnowflakeLayout *layout, const WorkerRange *range)
{
	int64		largest = layout_has(layout, LAYOUT_WORKER) ? Min(layout_max(layout, LAYOUT_WORKER), LEASE_MAX_WORKER) : -1;

	if (largest < 0)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("layout has no worker field"),
				errhint("Choose a layout with one for \"%s\", and for the pool.", server_layout_setting.name));
	if (range->first < 0 || range->last < range->first || range->last > largest)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid range of worker IDs: %d to %d", range->first, range->last),
				errdetail("Worker IDs of the layout go from 0 to " INT64_FORMAT ".", largest));
}

/* ERROR UNDEFINED_OBJECT if there is no pool. */
static void
check_exists(const LeasePoolState *state)
{
	if (!state->exists)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("pool \"%s\" does not exist in the coordination store", lease_pool.str),
				errhint("Create it with idgen_lease_create_pool()."));
}

/* Where IDs begin if the store has lost data: beyond all that other servers may issue, if clocks are right. */
static int64
get_floor_us(int64 reach_us)
{
	return clock_unix_ns() / NS_PER_US + reach_us + lease_most_ahead_us();
}

/* ERROR NULL_VALUE_NOT_ALLOWED if an argument is NULL. */
static void
check_arguments(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("arguments of functions that change a pool must not be null"));
}

/* ---------------------------------------------------------------- creating and widening */

static void
create_pool(const LeasePoolState *state, LeasePool *pool, void *argument)
{
	const WorkerRange *range = argument;
	const SnowflakeLayout *layout = server_layout();

	if (state->exists && !range->after_loss)
		ereport(ERROR,
				errcode(ERRCODE_DUPLICATE_OBJECT),
				errmsg("pool \"%s\" already exists", lease_pool.str),
				errdetail("It has worker IDs %d to %d and layout \"%s\".", pool->first_worker, pool->last_worker, pool->layout),
				errhint("If the store has lost data, use after_loss => true. To add worker IDs, use idgen_lease_widen_pool()."));
	lease_make_nonce(pool->identity);
	pool->datacenter = layout_has(layout, LAYOUT_DATACENTER) ? generator_datacenter.value : 0;
	pool->first_worker = range->first;
	pool->last_worker = range->last;
	pool->reach_us = lease_reach_ms * US_PER_MS;
	pool->incarnation = state->answer.incarnation;
	pool->proposed[0] = '\0';
	layout_write(layout, pool->layout, sizeof(pool->layout));
	if (range->after_loss)
		pool->floor_us = Max(pool->floor_us, get_floor_us(pool->reach_us));
}

/* idgen_lease_create_pool(first_worker integer, last_worker integer, after_loss boolean) */
Datum
idgen_lease_create_pool(PG_FUNCTION_ARGS)
{
	WorkerRange range = {PG_GETARG_INT32(0), PG_GETARG_INT32(1), PG_GETARG_BOOL(2)};

	check_arguments(fcinfo);
	setting_check(&generator_datacenter);
	check_range(server_layout(), &range);
	lease_pool_change(create_pool, &range);
	PG_RETURN_VOID();
}

static void
widen_pool(const LeasePoolState *state, LeasePool *pool, void *argument)
{
	const WorkerRange *range = argument;

	check_exists(state);
	if (range->first > pool->first_worker || range->last < pool->last_worker)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("range of worker IDs does not contain that of the pool"),
				errdetail("The pool has worker IDs %d to %d, and servers may hold any of them.",
						  pool->first_worker, pool->last_worker));
	pool->first_worker = range->first;
	pool->last_worker = range->last;
}

/* idgen_lease_widen_pool(first_worker integer, last_worker integer) */
Datum
idgen_lease_widen_pool(PG_FUNCTION_ARGS)
{
	WorkerRange range = {PG_GETARG_INT32(0), PG_GETARG_INT32(1)};

	check_arguments(fcinfo);
	check_range(server_layout(), &range);
	lease_pool_change(widen_pool, &range);
	PG_RETURN_VOID();
}

/* ---------------------------------------------------------------- changing the layout */

/* ERROR INVALID_PARAMETER_VALUE if IDs of two worker IDs could be equal while both layouts are in use. */
static void
check_keeps_apart(const LeasePool *pool, const SnowflakeLayout *present, const SnowflakeLayout *proposed)
{
	for (int one = pool->first_worker; one <= pool->last_worker; one++)
	{
		IdNumbers	before = leased_numbers_of_worker(present, pool, one);

		for (int other = pool->first_worker; other <= pool->last_worker; other++)
		{
			IdNumbers	after = leased_numbers_of_worker(proposed, pool, other);

			if (layout_may_be_equal(&before, &after) && !(one == other && layout_shares_timeline(&before, &after)))
				ereport(ERROR,
						errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("layout cannot be that of the pool while servers use the present one"),
						errdetail("IDs of worker ID %d in the present layout could be equal to IDs of worker ID %d in the proposed one.", one, other),
						errhint("Create another pool, and stop all servers of this one before the first server uses it."));
		}
		CHECK_FOR_INTERRUPTS();
	}
}

static void
propose_layout(const LeasePoolState *state, LeasePool *pool, void *argument)
{
	const SnowflakeLayout *proposed = argument;
	WorkerRange range = {pool->first_worker, pool->last_worker};
	SnowflakeLayout present;
	LayoutProblem problem;

	check_exists(state);
	if (pool->proposed[0] != '\0')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("another layout has been proposed for the pool"),
				errdetail("It is \"%s\".", pool->proposed),
				errhint("Use idgen_lease_commit_layout() or idgen_lease_abort_layout()."));
	check_range(proposed, &range);
	(void) layout_read(pool->layout, &present, &problem);
	if (layout_equal(&present, proposed))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("the pool has this layout already"));
	if (pool->datacenter != 0 && !layout_has(proposed, LAYOUT_DATACENTER))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("layout has no datacenter field"),
				errdetail("The pool is that of datacenter %d, so servers with this layout could not use it.", pool->datacenter));
	check_keeps_apart(pool, &present, proposed);
	layout_write(proposed, pool->proposed, sizeof(pool->proposed));
	pool->proposal++;
}

/* idgen_lease_propose_layout(layout snowflake_layout) */
Datum
idgen_lease_propose_layout(PG_FUNCTION_ARGS)
{
	SnowflakeLayout *layout = (SnowflakeLayout *) PG_GETARG_POINTER(0);

	check_arguments(fcinfo);
	if (!server_layout_is_possible(layout))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("layout cannot be that of a server"),
				errhint("Set it as \"%s\" with ALTER SYSTEM to learn why.", server_layout_setting.name));
	lease_pool_change(propose_layout, layout);
	PG_RETURN_VOID();
}

static void
check_proposed(const LeasePool *pool)
{
	if (pool->proposed[0] == '\0')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("no layout has been proposed for the pool"),
				errhint("Use idgen_lease_propose_layout()."));
}

/* The holders that may still issue IDs and have not acknowledged the proposal, for a message. */
static char *
list_unaware_holders(const LeasePoolState *state, const LeasePool *pool)
{
	int64		now_us = clock_unix_ns() / NS_PER_US;
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < state->answer.worker_count; i++)
	{
		const LeaseWorker *stored = &state->answer.workers[i];
		LeaseRecord record;

		if (!stored->has_record || !lease_record_read(stored->record, &record) ||
			record.acknowledged == pool->proposal || (!stored->is_held && record.fence_us <= now_us))
			continue;
		appendStringInfo(&list, "%s%s (worker ID %d)", list.len == 0 ? "" : ", ", record.holder, stored->worker);
	}
	return list.data;
}

static void
commit_layout(const LeasePoolState *state, LeasePool *pool, void *argument)
{
	char	   *unaware;

	check_exists(state);
	check_proposed(pool);
	unaware = list_unaware_holders(state, pool);
	if (unaware[0] != '\0')
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_IN_USE),
				errmsg("not all servers have acknowledged the proposed layout"),
				errdetail("These have not: %s.", unaware),
				errhint("A server acknowledges it when it extends its lease, which it does when it issues IDs. Otherwise release its worker ID with idgen_lease_release()."));
	strlcpy(pool->layout, pool->proposed, sizeof(pool->layout));
	pool->proposed[0] = '\0';
}

/* idgen_lease_commit_layout() */
Datum
idgen_lease_commit_layout(PG_FUNCTION_ARGS)
{
	lease_pool_change(commit_layout, NULL);
	PG_RETURN_VOID();
}

static void
abort_layout(const LeasePoolState *state, LeasePool *pool, void *argument)
{
	check_exists(state);
	check_proposed(pool);
	pool->proposed[0] = '\0';
}

/* idgen_lease_abort_layout() */
Datum
idgen_lease_abort_layout(PG_FUNCTION_ARGS)
{
	lease_pool_change(abort_layout, NULL);
	PG_RETURN_VOID();
}
