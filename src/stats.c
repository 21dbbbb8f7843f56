/*-------------------------------------------------------------------------
 *
 * stats.c
 *	  What idgen_slots and idgen_status() show of the shared area.
 *
 * Both need no slot, and work on a standby too; if the area does not exist yet,
 * they create it.  The rows of slots are read without a lock, so a backend may be
 * a few IDs further by the time it is shown, or just gone; the totals are exact.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "generator.h"
#include "shmem.h"

PG_FUNCTION_INFO_V1(idgen_get_slots);
PG_FUNCTION_INFO_V1(idgen_status);

static Datum
interval_of_us(int64 us)
{
	Interval   *interval = palloc0(sizeof(Interval));

	interval->time = us;
	PG_RETURN_INTERVAL_P(interval);
}

/* The time of the last position below next, in us since 1970. */
static int64
last_position_us(const SnowflakeLayout *layout, uint64 next)
{
	return layout_tick_start_us(layout, layout_position_tick(layout, next - 1));
}

static void
put_slot_row(ReturnSetInfo *result, const SnowflakeLayout *layout, int32 pid,
			 BackendSlot *slot)
{
	Datum		values[6];
	bool		nulls[6] = {false};
	uint64		ids_issued = pg_atomic_read_u64(&slot->ids_issued);
	uint64		next = pg_atomic_read_u64(&slot->next);

	values[0] = Int32GetDatum(pid);
	values[1] = Int64GetDatum(ids_issued);
	values[2] = Int64GetDatum(pg_atomic_read_u64(&slot->chunks_taken));
	values[3] = Int64GetDatum(pg_atomic_read_u64(&slot->waits));
	values[4] = interval_of_us(pg_atomic_read_u64(&slot->waited_us));
	if (ids_issued > 0)
		values[5] = TimestampTzGetDatum(clock_timestamptz(last_position_us(layout, next)));
	else
		nulls[5] = true;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * idgen_get_slots(OUT pid integer, OUT ids_issued bigint,
 *				   OUT chunks_taken bigint, OUT waits bigint,
 *				   OUT time_waited interval, OUT last_id_at timestamptz)
 */
Datum
idgen_get_slots(PG_FUNCTION_ARGS)
{
	SharedArea *area = shmem_area();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < area->slot_count; i++)
	{
		BackendSlot *slot = &area->slots[i].slot;
		int32		pid = *(volatile int32 *) &slot->pid;

		if (pid != 0)
			put_slot_row((ReturnSetInfo *) fcinfo->resultinfo, &area->layout, pid, slot);
	}
	return (Datum) 0;
}

/*
 * idgen_status(OUT datacenter_id integer, OUT worker_id integer,
 *				OUT layout text, OUT timeline_at timestamptz,
 *				OUT ahead_of_clock interval, OUT preloaded boolean,
 *				OUT ids_issued bigint, OUT chunks_taken bigint,
 *				OUT waits bigint, OUT time_waited interval)
 */
Datum
idgen_status(PG_FUNCTION_ARGS)
{
	SharedArea *area = shmem_area();
	IssueCounts counts = shmem_total_counts();
	uint64		next = pg_atomic_read_u64(&area->timeline.next);
	char		layout[128];
	Datum		values[10];
	bool		nulls[10] = {false};
	TupleDesc	row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	layout_describe(&area->layout, layout, sizeof(layout));
	values[0] = Int32GetDatum(generator_datacenter.value);
	values[1] = Int32GetDatum(generator_worker.value);
	values[2] = CStringGetTextDatum(layout);
	if (next > 0)
	{
		int64		timeline_us = last_position_us(&area->layout, next);
		int64		ahead_us = timeline_us - clock_unix_ns() / NS_PER_US;

		values[3] = TimestampTzGetDatum(clock_timestamptz(timeline_us));
		values[4] = interval_of_us(Max(ahead_us, 0));
	}
	else
		nulls[3] = nulls[4] = true;
	values[5] = BoolGetDatum(area->preloaded);
	values[6] = Int64GetDatum(counts.ids_issued);
	values[7] = Int64GetDatum(counts.chunks_taken);
	values[8] = Int64GetDatum(counts.waits);
	values[9] = interval_of_us(counts.waited_us);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
