/*-------------------------------------------------------------------------
 *
 * horizon_holders.c
 *	  Which transactions hold back horizons, for the view idgen_horizon_holders
 *	  and for checks.
 *
 * The view joins PostgreSQL's own views.  activity.h says who sees which rows:
 * an ID shows when a transaction began to generate some.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "base/compat.h"
#include "engine/activity.h"
#include "engine/clock.h"
#include "engine/hold.h"
#include "engine/id_space.h"
#include "engine/prepared_hold.h"
#include "outbox/horizon_holders.h"

PG_FUNCTION_INFO_V1(idgen_get_horizon_holders);

int			horizon_lag_limit_ms = 5 * 60 * 1000;

/* A layout whose IDs have this tag; NULL if none has been used since the server started. */
static const SnowflakeLayout *
find_layout(uint16 tag)
{
	int			count = id_space_count();

	for (int i = 0; i < count; i++)
	{
		Timeline   *timeline = id_space_needed_by_number(i);

		if (timeline != NULL && prepared_hold_regards(tag, timeline, timeline->node_bits))
			return &timeline->layout;
	}
	return NULL;
}

/* The time of an ID, in us since 1970; 0 if that is not known. */
static int64
get_id_us(uint16 tag, uint64 id)
{
	const SnowflakeLayout *layout;

	if (tag == PREPARED_UNIQUE_TIMES)
		return layout_tick_start_us(&layout_unique_times, layout_position_tick(&layout_unique_times, id));
	layout = tag == PREPARED_ALL ? NULL : find_layout(tag);
	return layout == NULL ? 0 : layout_tick_start_us(layout, layout_get(layout, LAYOUT_TIME, id));
}

/* Add a row for each kind of IDs that a transaction holds.  A backend's has a pid, a prepared one's an xid. */
static void
add_holder_rows(ReturnSetInfo *result, int pid, const PreparedView *held)
{
	for (int i = 0; i < PREPARED_IDS; i++)
	{
		bool		is_snowflake = held->tags[i] != PREPARED_UNIQUE_TIMES;
		int64		id_us = held->tags[i] == 0 ? 0 : get_id_us(held->tags[i], held->ids[i]);
		Datum		values[6];
		bool		nulls[6] = {false};

		if (held->tags[i] == 0)
			continue;
		nulls[0] = pid == 0;
		values[0] = Int32GetDatum(pid);
		nulls[1] = pid != 0;
		values[1] = TransactionIdGetDatum(held->xid);
		values[2] = ObjectIdGetDatum(held->database);
		values[3] = CStringGetTextDatum(is_snowflake ? "snowflake" : "128 bits");
		nulls[4] = !is_snowflake || held->tags[i] == PREPARED_ALL;
		values[4] = Int64GetDatum((int64) held->ids[i]);
		nulls[5] = id_us == 0;
		values[5] = TimestampTzGetDatum(clock_timestamptz(id_us));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * idgen_get_horizon_holders(OUT pid integer, OUT xid xid, OUT database oid, OUT ids text,
 *							 OUT first_id bigint, OUT first_id_at timestamptz)
 */
Datum
idgen_get_horizon_holders(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SharedArea *area = shmem_area();
	HoldView	hold;
	PreparedView held;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < area->slot_count; i++)
	{
		PGPROC	   *proc = compat_proc_by_number(i);
		int			pid = proc->pid;
		Oid			role = proc->roleId;
		Oid			database = proc->databaseId;

		if (!hold_read(area, i, &hold) || !activity_role_is_visible(role))
			continue;
		prepared_hold_convert(area, &hold, database, &held);
		add_holder_rows(result, pid, &held);
	}
	if (!RecoveryInProgress())
		(void) prepared_hold_load(area);
	for (int i = 0; i < area->prepared_count; i++)
		if (prepared_hold_read(area, i, &held) &&
			(OidIsValid(held.role) ? activity_role_is_visible(held.role) : activity_all_is_visible()))
			add_holder_rows(result, 0, &held);
	return (Datum) 0;
}

static int
compare_pids(const void *a, const void *b)
{
	int			pid = *(const int *) a;
	int			other = *(const int *) b;

	return (pid > other) - (pid < other);
}

/* The backends whose transactions hold back a horizon, but ours, in order of their PIDs. */
static int *
read_holders(SharedArea *area, int *count)
{
	int		   *pids = palloc(area->slot_count * sizeof(int));
	HoldView	hold;

	*count = 0;
	for (int i = 0; i < area->slot_count; i++)
	{
		int			pid = compat_proc_by_number(i)->pid;

		if (pid != MyProcPid && hold_read(area, i, &hold))
			pids[(*count)++] = pid;
	}
	qsort(pids, *count, sizeof(int), compare_pids);
	return pids;
}

/*
 * When the oldest transaction of a backend began that holds back a horizon; 0 if
 * there is none.  PostgreSQL's snapshot of activity is read only if there is one,
 * and once, since it takes long with many connections.
 */
static TimestampTz
backends_held_since(void)
{
	int			count;
	int		   *pids = read_holders(shmem_area(), &count);
	int			backends = count == 0 ? 0 : pgstat_fetch_stat_numbackends();
	TimestampTz since = 0;

	for (int i = 1; i <= backends; i++)
	{
		const PgBackendStatus *status = &compat_activity_by_index(i)->backendStatus;
		TimestampTz start = status->st_xact_start_timestamp;

		if (start == 0 || (since != 0 && start >= since))
			continue;
		if (bsearch(&status->st_procpid, pids, count, sizeof(int), compare_pids) != NULL)
			since = start;
	}
	pfree(pids);
	return since;
}

/*
 * When the oldest transaction began that holds back a horizon, of whatever
 * database.  Returns false if there is none; our own does not count.
 */
bool
horizon_held_since(TimestampTz *since)
{
	SharedArea *area = shmem_area();
	bool		is_held;
	PreparedView held;

	*since = backends_held_since();
	is_held = *since != 0;
	if (!RecoveryInProgress())
		(void) prepared_hold_load(area);
	for (int i = 0; i < area->prepared_count; i++)
	{
		if (!prepared_hold_read(area, i, &held))
			continue;
		*since = is_held ? Min(*since, held.since) : held.since;
		is_held = true;
	}
	return is_held;
}
