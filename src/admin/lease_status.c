/*-------------------------------------------------------------------------
 *
 * lease_status.c
 *	  SQL functions that show the lease of this server, and the worker IDs of its
 *	  pool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "bits/lease_choice.h"
#include "engine/clock.h"
#include "engine/drift.h"
#include "engine/lease_limit.h"
#include "engine/wait.h"
#include "lease/lease_pool.h"
#include "lease/lease_store.h"

PG_FUNCTION_INFO_V1(idgen_lease_workers);
PG_FUNCTION_INFO_V1(idgen_lease);
PG_FUNCTION_INFO_V1(idgen_lease_release);

/* Columns of idgen_lease_workers() */
typedef enum WorkersColumn
{
	WORKERS_WORKER_ID,
	WORKERS_HOLDER,
	WORKERS_EPOCH,
	WORKERS_FENCE,
	WORKERS_IS_HELD,
	WORKERS_RESTING_UNTIL,
	WORKERS_IS_ACKNOWLEDGED,
	WORKERS_COLUMNS,
} WorkersColumn;

/* Columns of idgen_lease() */
typedef enum LeaseColumn
{
	LEASE_STATE,
	LEASE_STORE,
	LEASE_POOL,
	LEASE_WORKER_ID,
	LEASE_EPOCH,
	LEASE_FENCE,
	LEASE_EXTENDED_AT,
	LEASE_FAILURES,
	LEASE_LAST_ERROR,
	LEASE_SKEW,
	LEASE_COLUMNS,
} LeaseColumn;

/* A time of the store as a timestamp; one that is later than all that we can show is infinity. */
static Datum
store_timestamp(int64 unix_us)
{
	return TimestampTzGetDatum(unix_us > SHMEM_LAST_US ? DT_NOEND : clock_timestamptz(unix_us));
}

/* Until when a worker ID with this fence rests, if no server uses it: until this server could claim it. */
static void
set_resting_column(const LeasePool *pool, const LeaseWorker *stored, int64 fence_us, Datum *values, bool *nulls)
{
	int64		until_us = lease_start_us(pool, fence_us) - drift_max.value * US_PER_MS;

	nulls[WORKERS_RESTING_UNTIL] = (stored != NULL && stored->is_held) || until_us <= clock_unix_ns() / NS_PER_US;
	values[WORKERS_RESTING_UNTIL] = store_timestamp(until_us);
}

static void
set_record_columns(const LeasePool *pool, const LeaseWorker *stored, Datum *values, bool *nulls)
{
	LeaseRecord record;

	if (!lease_record_read(stored->record, &record))
		return;
	nulls[WORKERS_HOLDER] = nulls[WORKERS_EPOCH] = nulls[WORKERS_IS_ACKNOWLEDGED] = false;
	values[WORKERS_HOLDER] = CStringGetTextDatum(record.holder);
	values[WORKERS_EPOCH] = Int64GetDatum(record.epoch);
	nulls[WORKERS_FENCE] = record.fence_us == 0;
	values[WORKERS_FENCE] = store_timestamp(record.fence_us);
	set_resting_column(pool, stored, record.fence_us, values, nulls);
	nulls[WORKERS_IS_ACKNOWLEDGED] = pool->proposed[0] == '\0';
	values[WORKERS_IS_ACKNOWLEDGED] = BoolGetDatum(record.acknowledged == pool->proposal);
}

/* The row of a worker ID; stored is NULL if the store has nothing of it. */
static void
add_worker_row(ReturnSetInfo *result, const LeasePool *pool, int worker, const LeaseWorker *stored)
{
	Datum		values[WORKERS_COLUMNS] = {0};
	bool		nulls[WORKERS_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	nulls[WORKERS_WORKER_ID] = nulls[WORKERS_IS_HELD] = false;
	values[WORKERS_WORKER_ID] = Int32GetDatum(worker);
	values[WORKERS_IS_HELD] = BoolGetDatum(stored != NULL && stored->is_held);
	set_resting_column(pool, stored, 0, values, nulls);
	if (stored != NULL && stored->has_record)
		set_record_columns(pool, stored, values, nulls);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* idgen_lease_workers() */
Datum
idgen_lease_workers(PG_FUNCTION_ARGS)
{
	LeasePoolState *state = palloc(sizeof(LeasePoolState));
	const LeaseWorker *workers;
	int			next = 0;

	InitMaterializedSRF(fcinfo, 0);
	lease_pool_look(state);
	if (!state->exists)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("pool \"%s\" does not exist in the coordination store", lease_pool.str),
				errhint("Create it with idgen_lease_create_pool()."));
	lease_sort_workers(&state->answer);
	workers = state->answer.workers;
	for (int worker = state->pool.first_worker; worker <= state->pool.last_worker; worker++)
	{
		while (next < state->answer.worker_count && workers[next].worker < worker)
			next++;
		add_worker_row((ReturnSetInfo *) fcinfo->resultinfo, &state->pool, worker,
					   next < state->answer.worker_count && workers[next].worker == worker ? &workers[next] : NULL);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

static void
set_held_columns(const LeaseReport *lease, Datum *values, bool *nulls)
{
	uint64		until_us = pg_atomic_read_u64(&shmem_area()->lease_limits.until_us);

	nulls[LEASE_WORKER_ID] = nulls[LEASE_EPOCH] = !lease->machine.is_held;
	values[LEASE_WORKER_ID] = Int32GetDatum(lease->machine.worker);
	values[LEASE_EPOCH] = Int64GetDatum(lease->machine.record.epoch);
	nulls[LEASE_FENCE] = lease_holding().code == LEASE_BY_SETTING || until_us == 0;
	values[LEASE_FENCE] = store_timestamp(until_us);
	nulls[LEASE_EXTENDED_AT] = lease->extended_us == 0;
	values[LEASE_EXTENDED_AT] = store_timestamp(lease->extended_us);
}

/* idgen_lease() */
Datum
idgen_lease(PG_FUNCTION_ARGS)
{
	LeaseReport lease = lease_read();
	Datum		values[LEASE_COLUMNS] = {0};
	bool		nulls[LEASE_COLUMNS] = {false};
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[LEASE_STATE] = CStringGetTextDatum(lease_describe_state(&lease));
	nulls[LEASE_STORE] = nulls[LEASE_POOL] = !lease_is_configured() || !setting_is_valid(&lease_store);
	values[LEASE_STORE] = CStringGetTextDatum(nulls[LEASE_STORE] ? "" : lease_store.str);
	values[LEASE_POOL] = CStringGetTextDatum(lease_pool.str);
	set_held_columns(&lease, values, nulls);
	values[LEASE_FAILURES] = Int64GetDatum(lease.machine.failures);
	nulls[LEASE_LAST_ERROR] = lease.last_error[0] == '\0';
	values[LEASE_LAST_ERROR] = CStringGetTextDatum(lease.last_error);
	nulls[LEASE_SKEW] = lease.machine.skew_us == 0;
	values[LEASE_SKEW] = clock_interval(lease.machine.skew_us);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}

/* idgen_lease_release() */
Datum
idgen_lease_release(PG_FUNCTION_ARGS)
{
	PreventCommandDuringRecovery("idgen_lease_release()");
	if (!lease_has_worker(lease_holding()))
		PG_RETURN_BOOL(false);
	lease_release_and_wait();
	PG_RETURN_BOOL(true);
}
